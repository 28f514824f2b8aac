"""Pitch of a sound: its fundamental, the share of it that is a tone, and its spectrogram.

Sounds are `[n, length]`, float, in [-1, 1]; frequencies in hertz. Everything is computed from spectra; nothing was
trained.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

__all__ = ["Heard", "coarse", "hear", "spectrogram", "tuning"]

LOWEST: Final = 60.0
"""Lowest fundamental that is looked for."""
_FINER: Final = 8
"""Points of the spectrum for each one that the samples give, so that a peak is found between them."""
_OCTAVE: Final = 0.3
"""A peak at half of the strongest one's frequency is the fundamental from so much of its height."""
_WIDTHS: Final = 3.0
"""Half the width of a harmonic, in steps of the unrefined spectrum: Hann's window spreads a tone over two of them."""
_SILENCE: Final = 1e-9

ROWS: Final = 32
COLUMNS: Final = 32
_WINDOW: Final = 4 * ROWS
_DRAWN: Final = 40.0
"""Decibels from silence to a full tone, in a picture."""
_HEARD: Final = 20.0
"""The same where sounds are compared: a little noise beside a tone does not make another sound of it."""


@dataclass(frozen=True)
class Heard:
    """Pitch, tuning and purity of each of some sounds.

    Attributes:
        pitch: Fundamental in hertz, `[n]`, float64; NaN of silence.
        purity: Share of the energy that lies in the fundamental and its double, `[n]`, in [0, 1].
    """

    pitch: Tensor
    purity: Tensor


def hear(sounds: Tensor, rate: float) -> Heard:
    """Find the fundamental of each sound: its strongest peak, or the one an octave below if that is no mere ripple.

    Args:
        sounds: `[n, length]`, finite.
        rate: Samples a second.
    """
    length = sounds.shape[1]
    step = rate / (_FINER * length)
    lowest = max(2, round(LOWEST / step))
    window = torch.hann_window(length, dtype=torch.float64)
    spectra = torch.fft.rfft(sounds.double() * window, _FINER * length).abs()
    peak = spectra[:, lowest:-1].argmax(1) + lowest
    below = _highest_near(spectra, peak // 2, 2 * _FINER)
    height, before, after = (_at(spectra, below + d) for d in (0, -1, 1))
    # What only rises towards the strongest peak is no peak of its own.
    lower = (below >= lowest) & (height >= _OCTAVE * _at(spectra, peak)) & (height >= before) & (height >= after)
    peak = torch.where(lower, below, peak)
    left, middle, right = (torch.log(_at(spectra, peak + d) + 1e-12) for d in (-1, 0, 1))
    bend = left - 2 * middle + right  # a parabola through the peak and its neighbours
    shift = torch.where(bend < 0, 0.5 * (left - right) / bend.clamp(max=-1e-12), 0.0).clamp(-0.5, 0.5)
    pitch = (peak + shift) * step
    energy = spectra.square()
    at = torch.arange(spectra.shape[1]) * step
    near = torch.zeros(spectra.shape, dtype=torch.bool)
    for harmonic in (1, 2):
        near |= (at - harmonic * pitch[:, None]).abs() <= _WIDTHS * rate / length
    whole = energy.sum(1)
    silent = whole < _SILENCE
    purity = (energy * near).sum(1) / whole.clamp(min=_SILENCE)
    return Heard(torch.where(silent, torch.nan, pitch), torch.where(silent, 0.0, purity))


def _at(spectra: Tensor, places: Tensor) -> Tensor:
    return spectra.gather(1, places[:, None])[:, 0]


def _highest_near(spectra: Tensor, centre: Tensor, reach: int) -> Tensor:
    """Return the place of each row's largest value within ``reach`` of its centre."""
    places = (centre[:, None] + torch.arange(-reach, reach + 1)).clamp(1, spectra.shape[1] - 2)
    return places.gather(1, spectra.gather(1, places).argmax(1, keepdim=True))[:, 0]


def tuning(pitch: Tensor, of: Tensor) -> tuple[Tensor, Tensor]:
    """Find the nearest of some pitches, and how far off each sound is, in hundredths of a semitone.

    Args:
        pitch: Fundamentals in hertz, `[n]`; NaN is nearest to the first and NaN cents away.
        of: The pitches, `[k]`.
    """
    away = 1200 * torch.log2(pitch[:, None] / of)
    nearest = away.abs().nan_to_num(nan=torch.inf).argmin(1)
    return nearest, away.gather(1, nearest[:, None])[:, 0]


def spectrogram(sounds: Tensor) -> Tensor:
    """Draw each sound over time and frequency, `[n, 32, 32]`: 0 for silence to 1 for a full tone, 40 dB apart.

    Rows are frequencies, the highest (half of the rate) first, columns are times.

    Args:
        sounds: `[n, length]`, length a multiple of 32, at least 64.
    """
    # Two frequencies a row; the louder one counts, or a tone between two rows would look faint.
    return _loudness(functional.max_pool2d(_magnitudes(sounds), (2, 1)), _DRAWN).flip(1)


def coarse(sounds: Tensor) -> Tensor:
    """Place sounds by what is heard at each time and frequency, `[n, 512]`; those that sound alike lie near.

    Phases do not count, nor what is 20 dB below a full tone at its own frequency: a little noise.

    Args:
        sounds: As for `spectrogram`.
    """
    return functional.avg_pool1d(_loudness(_magnitudes(sounds), _HEARD), COLUMNS // 8).flatten(1)


def _magnitudes(sounds: Tensor) -> Tensor:
    """Magnitudes of 64 frequencies at 32 times, `[n, 64, 32]`, in windows around the middle of each time."""
    x = sounds.detach().float().cpu()
    hop = x.shape[1] // COLUMNS
    ends = _WINDOW // 2 - hop // 2
    x = functional.pad(x, (ends, ends))
    window = torch.hann_window(_WINDOW)
    return torch.stft(x, _WINDOW, hop, window=window, center=False, return_complex=True).abs()[:, 1:, :COLUMNS]


def _loudness(magnitudes: Tensor, decibels: float) -> Tensor:
    """Scale to 1 for a full tone and 0 for what is so much quieter."""
    return (1 + 20 * torch.log10(magnitudes / (_WINDOW / 4) + 1e-6) / decibels).clamp(0, 1)
