"""Data sets of sounds: one tensor in memory, `[n, 1, length]`, float32 in [-1, 1].

Notes are synthesised, so nothing is fetched: plucked strings of eight pitches, each a little out of tune, louder or
softer, brighter or duller, shorter or longer than the others.
"""

from __future__ import annotations

import io
import math
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor

from gan_core.data.pitch import coarse, hear, spectrogram, tuning
from gan_core.data.shapes import SOUND_LENGTH
from gan_core.data.signals import Signals

__all__ = ["IN_TUNE", "NOTES", "PITCHES", "PURE", "RATE", "Judged", "Sounds", "notes", "synthesise", "wav"]

RATE: Final = 2048
"""Samples a second."""
LENGTH: Final = SOUND_LENGTH
NOTES: Final = ("A3", "B3", "C4", "D4", "E4", "F4", "G4", "A4")
PITCHES: Final = tuple(220 * 2 ** (semitones / 12) for semitones in (0, 2, 3, 5, 7, 8, 10, 12))
"""Fundamental of each note in hertz: the white keys from A3 to A4, tuned evenly with A4 at 440 Hz."""

IN_TUNE: Final = 20.0
"""Cents from a note within which a sound is in tune: a fifth of a semitone."""
PURE: Final = 0.5
"""Share of its energy that a sound has in its harmonics, if it is heard as a note at all."""

_DETUNE: Final = 3.0
"""Standard deviation of the tuning of real notes, in cents."""
_LEAST_RATE: Final = 8_000
_N_TRAIN: Final = 4_000
_N_HELD_OUT: Final = 1_000


@dataclass(frozen=True)
class Judged:
    """Notes heard in some sounds, beside the notes that are known.

    Attributes:
        note: Place of the nearest note of each, `[n]`, int64.
        off: How far each is from it, in cents, `[n]`; NaN of silence.
        purity: Share of the energy that lies in its harmonics, `[n]`.
    """

    note: Tensor
    off: Tensor
    purity: Tensor

    @property
    def is_note(self) -> Tensor:
        """Tell which are heard as a note of some pitch, `[n]`."""
        return self.purity >= PURE

    @property
    def in_tune(self) -> Tensor:
        """Tell which are heard as one of the notes, `[n]`."""
        return self.is_note & (self.off.abs() <= IN_TUNE)


@dataclass(frozen=True, eq=False)
class Sounds(Signals):
    """A fixed set of sounds of one length, part of it held out.

    Attributes:
        rate: Samples a second.
        notes: Names of the notes that the sounds are; () where they are none, as of somebody's own.
        pitches: Fundamental of each note, in hertz.
        train_notes: Place of each training sound's note in `notes`, `[n_train]`, int64, or None.
        held_out_notes: Likewise of those held out.
    """

    kind: ClassVar[Literal["sound"]] = "sound"
    n_shown: ClassVar[int] = 24
    placed: ClassVar[bool] = True
    rate: int = RATE
    notes: tuple[str, ...] = ()
    pitches: tuple[float, ...] = ()
    train_notes: Tensor | None = None
    held_out_notes: Tensor | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one sound: (1, length)."""
        return tuple(self.train.shape[1:])

    @property
    def groups(self) -> Tensor | None:
        """Known note of each training sound."""
        return self.train_notes

    def places(self, x: Tensor) -> Tensor:
        """Place sounds by what is heard of them, `[n, 512]`."""
        return coarse(x.flatten(1))

    def judge(self, sounds: Tensor) -> Judged:
        """Hear which notes sounds are.

        Args:
            sounds: ``[n, 1, length]``, finite.
        """
        heard = hear(sounds.flatten(1), self.rate)
        return Judged(*tuning(heard.pitch, torch.tensor(self.pitches, dtype=torch.float64)), heard.purity)

    def shown(self, x: Tensor) -> NDArray[np.uint8]:
        """Convert to bytes to draw and to hear, ``[n, length]``: -1 to 0 and 1 to 255, cut off beyond."""
        levels = x.detach().flatten(1).mul(127.5).add_(128.0).clamp_(0.0, 255.0).to(torch.uint8)
        samples: NDArray[np.uint8] = levels.cpu().numpy()
        return samples

    def pictured(self, x: Tensor) -> NDArray[np.uint8]:
        """Draw spectrograms, ``[n, 32, 32, 1]``: a full tone is bright."""
        seen: NDArray[np.uint8] = spectrogram(x.flatten(1)).mul(255).to(torch.uint8)[..., None].numpy()
        return seen

    def told(self) -> dict[str, Any]:
        """Tell how quickly the samples follow each other."""
        return {"rate": float(self.rate)}

    def files(self, x: Tensor, start: int) -> Iterator[tuple[str, bytes]]:
        """Write each sound as a WAV file that any player plays; see `wav`."""
        for i, sound in enumerate(x.detach().flatten(1).cpu()):
            yield f"sound-{start + i:05d}.wav", wav(sound, self.rate)


def wav(sound: Tensor, rate: int) -> bytes:
    """Write one sound as a WAV file, 16 bits a sample, mono.

    Players often refuse rates below 8,000 a second, so the same sound is written with more samples.

    Args:
        sound: ``[length]`` in [-1, 1].
        rate: Samples a second.
    """
    times = max(1, -(-_LEAST_RATE // rate))
    n = len(sound)
    finer = torch.fft.irfft(torch.fft.rfft(sound.double()), times * n) * times
    levels = finer.clamp(-1, 1).mul(32767).round().to(torch.int16).numpy().astype("<i2")
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(times * rate)
        file.writeframes(levels.tobytes())
    return out.getvalue()


def notes() -> Sounds:
    """Synthesise 4,000 notes to train on and 1,000 others that are held out; the same at every call."""
    sounds, which = synthesise(_N_TRAIN + _N_HELD_OUT, Generator().manual_seed(0))
    n = _N_TRAIN
    return Sounds("notes", sounds[:n], sounds[n:], RATE, NOTES, PITCHES, which[:n], which[n:])


def synthesise(n: int, rng: Generator) -> tuple[Tensor, Tensor]:
    """Synthesise notes of random pitches: two harmonics, which die away after a quick attack.

    Args:
        n: How many.
        rng: Source of all that differs between them.

    Returns:
        Sounds, ``[n, 1, 512]``, float32 in [-1, 1], and the place of each one's pitch in `PITCHES`, ``[n]``, int64.
    """
    which = torch.randint(len(PITCHES), (n,), generator=rng)
    cents = _DETUNE * torch.randn(n, 1, generator=rng, dtype=torch.float64)
    level, bright, decay, attack = (
        low + (high - low) * torch.rand(n, 1, generator=rng, dtype=torch.float64)
        for low, high in ((0.5, 0.9), (0.1, 0.5), (0.08, 0.25), (0.004, 0.012))
    )
    pitch = torch.tensor(PITCHES, dtype=torch.float64)[which][:, None] * 2 ** (cents / 1200)
    t = torch.arange(LENGTH, dtype=torch.float64) / RATE
    phase = 2 * math.pi * pitch * t
    sound = (phase.sin() + bright * (2 * phase).sin()) / (1 + bright)
    sound = level * sound * (1 - torch.exp(-t / attack)) * torch.exp(-t / decay)
    return sound.float()[:, None], which
