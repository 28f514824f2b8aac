"""Some of a person's own sounds and words, to look at and to hear before training."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from gan_core.config import DataConfig
from gan_core.data.own_signals import OwnSounds, OwnWords
from gan_core.data.pitch import spectrogram
from gan_core.data.sounds import wav

__all__ = ["SomeSounds", "some_sounds", "some_words"]


@dataclass(frozen=True)
class SomeSounds:
    """Some of a person's sounds, to look at and to hear.

    Attributes:
        spectrograms: Grey squares.
        alts: What each shows, in words.
        wav: All of them after each other, as a WAV file.
    """

    spectrograms: NDArray[np.uint8]
    alts: list[str]
    wav: bytes


def some_sounds(data: OwnSounds, n: int) -> SomeSounds:
    """Take some sounds at even distances."""
    all_of_them = data.made(DataConfig(name=data.name, hash=data.hash)).train[:, 0]
    some = all_of_them[:: max(1, len(all_of_them) // n)][:n]
    seen = spectrogram(some).mul(255).to(torch.uint8).numpy()
    return SomeSounds(seen, [f"spectrogram of sound {i + 1}" for i in range(len(some))], wav(some.flatten(), data.rate))


def some_words(data: OwnWords, n: int) -> list[str]:
    """Take the words that are written most often; strangers' words, to be shown as text."""
    letters = np.array(list(data.alphabet))
    commonest = np.argsort(-data.counts, kind="stable")[:n]
    return ["".join(row).rstrip() for row in letters[data.codes[commonest]]]
