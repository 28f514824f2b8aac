"""Sounds of any rate and length as pieces of one length: other rates, beginnings of sounds, silence.

Sounds are ``[n]``, float32, in [-1, 1].
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["Samples", "bands", "cut", "resample"]

Samples = NDArray[np.float32]

_MAX_BLOCK: Final = 12_000
"""Largest denominator of a ratio of rates: exact for all usual rates, and less than 0.1 cents off for others."""
_MARGIN: Final = 32
"""Samples of silence put at the end, as a spectrum takes the end to be followed by the beginning."""
_FADE_OF_BAND: Final = 0.05
"""Share of the frequencies that are kept over which they fade out."""

_HOP: Final = 32
"""Samples over which loudness is measured."""
_LOUD: Final = -40.0
"""Decibels below the loudest part of a sound from which on it is heard."""
_RISE: Final = 9.0
"""Decibels by which loudness rises within two hops where something begins."""
_BEGINS: Final = 0.1
"""Share of the largest sample of a beginning at which it is there."""
_BEFORE: Final = 8
"""Samples left before a beginning."""
_FADE: Final = 32
"""Samples over which a piece fades out where its sound goes on."""


def resample(sound: Samples, rate: int, wanted: int) -> Samples:
    """Change the rate of a sound; what cannot be heard at the lower rate is left out.

    Args:
        sound: At least one sample.
        rate: Its samples a second.
        wanted: Samples a second of the result.
    """
    if rate == wanted:
        return sound
    ratio = Fraction(wanted, rate).limit_denominator(_MAX_BLOCK)
    up, down = ratio.numerator, ratio.denominator
    least = -(-(len(sound) + _MARGIN * max(1, down // up)) // down)
    blocks = min(odd * 2 ** max(0, math.ceil(math.log2(least / odd))) for odd in (1, 3, 5))  # quickly transformed
    spectrum = np.fft.rfft(sound, blocks * down)
    if up < down:
        n = blocks * up // 2 + 1
        spectrum = spectrum[:n]
        fade = max(1, round(_FADE_OF_BAND * n))
        spectrum[-fade:] *= np.cos(np.linspace(0, np.pi / 2, fade, dtype=np.float32)) ** 2
    changed = np.fft.irfft(spectrum, blocks * up)[: max(1, round(len(sound) * ratio))]
    return (changed * (up / down)).astype(np.float32)


def bands(sound: Samples, rate: int, edges: Sequence[float]) -> NDArray[np.float64]:
    """Measure the share of a sound's energy below each of some frequencies, ``[len(edges)]``.

    Args:
        sound: Not silent.
        rate: Samples a second.
        edges: In hertz.
    """
    energy = np.square(np.abs(np.fft.rfft(sound, 2 ** math.ceil(math.log2(len(sound) + 1)))))
    places = [round(edge / rate * 2 * (len(energy) - 1)) for edge in edges]
    sums = np.cumsum(energy, dtype=np.float64)
    shares: NDArray[np.float64] = sums[np.minimum(places, len(energy) - 1)] / max(sums[-1], 1e-30)
    return shares


def cut(sound: Samples, length: int) -> tuple[list[Samples], int]:
    """Cut a sound into pieces that do not overlap, each from where something begins, and leave silence out.

    A piece begins where loudness rises, if it does so within half a piece; else where the last one ended, if the sound
    goes on for half a piece at least. One that the sound ends in is filled up with silence, and left out if less than a
    quarter of it is there.

    Args:
        sound: Not silent.
        length: Samples of a piece.

    Returns:
        The pieces, each ``[length]``, and the number of samples that are in none.
    """
    n_hops = -(-len(sound) // _HOP)
    padded = np.zeros(n_hops * _HOP, np.float32)
    padded[: len(sound)] = sound
    hops = padded.reshape(n_hops, _HOP)
    level = 10 * np.log10(np.square(hops, dtype=np.float64).mean(1) + 1e-12)
    level = np.maximum(level - level.max(), 2 * _LOUD)
    before = np.concatenate(([2 * _LOUD] * 2, level))[:n_hops]
    begins = np.flatnonzero((level > _LOUD) & (level - before > _RISE))
    loud = np.flatnonzero(level > _LOUD)
    found: list[Samples] = []
    at, free, used = 0, 0, 0
    while at < len(sound):
        next_loud = np.searchsorted(loud, at // _HOP)
        if next_loud == len(loud):
            break
        at = max(at, int(loud[next_loud]) * _HOP)
        place = np.searchsorted(begins, at // _HOP)
        if place < len(begins) and begins[place] * _HOP < at + length // 2:
            at = max(free, _beginning(sound, int(begins[place]) * _HOP))
        elif (level[at // _HOP : (at + length) // _HOP] > _LOUD).sum() < length // _HOP // 2:
            at += _HOP  # the end of what was cut before, and no more
            continue
        there = sound[at : at + length]
        if len(there) < length // 4:
            break
        piece = np.zeros(length, np.float32)
        piece[: len(there)] = there
        if at + length < len(sound):
            piece[-_FADE:] *= np.linspace(1, 0, _FADE, dtype=np.float32)
        found.append(piece)
        used += len(there)
        at = free = at + length
    return found, len(sound) - used


def _beginning(sound: Samples, at: int) -> int:
    """Place a beginning within its hop by the first large sample, with a little before it."""
    near = np.abs(sound[max(0, at - _HOP) : at + 2 * _HOP])
    first = int((near > _BEGINS * near.max()).argmax())
    return max(0, max(0, at - _HOP) + first - _BEFORE)
