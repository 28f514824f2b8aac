"""Pairs of neighbouring letters: how often each is written, and words made by them alone, without a GAN.

The blank, number 0, stands before the first letter of a word and behind its last; pairs of two blanks are not counted.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["made_of_pairs", "pairs"]

Codes = NDArray[np.uint8]


def pairs(codes: Codes, n_letters: int) -> NDArray[np.float64]:
    """Measure the share of each pair of neighbouring letters, ``[n_letters, n_letters]``.

    Args:
        codes: Numbers of letters, ``[n, length]``; at least one is no blank.
        n_letters: Letters of the alphabet.
    """
    rows = np.pad(codes.astype(np.int64), ((0, 0), (1, 1)))
    flat = (rows[:, :-1] * n_letters + rows[:, 1:]).ravel()
    counts = np.bincount(flat, minlength=n_letters**2).astype(np.float64)
    counts[0] = 0.0
    shares: NDArray[np.float64] = counts.reshape(n_letters, n_letters) / max(counts.sum(), 1.0)
    return shares


def made_of_pairs(shares: NDArray[np.float64], n: int, length: int, rng: np.random.Generator) -> Codes:
    """Draw words letter by letter, each letter by how often it follows the one before: a Markov chain.

    A word ends where a blank is drawn, or where there is no more place.

    Args:
        shares: From `pairs`.
        n: How many words.
        length: Places of a word.
        rng: Source of the letters.
    """
    sums = shares.sum(1, keepdims=True)
    ends = np.cumsum(np.where(sums > 0, shares / np.where(sums > 0, sums, 1.0), 1.0 / len(shares)), 1)
    codes = np.zeros((n, length), np.uint8)
    before, going = np.zeros(n, np.int64), np.ones(n, bool)
    for place in range(length):
        drawn = (rng.random((n, 1)) > ends[before]).sum(1).clip(max=len(shares) - 1)
        going &= drawn > 0
        before = np.where(going, drawn, 0)
        codes[:, place] = before
    return codes
