r"""Scores of words: how many are real, how many differ, and whether their letters follow each other as in real ones.

The pairs of letters are compared by the Jensen-Shannon divergence in nats,
$H(\tfrac12 p + \tfrac12 q) - \tfrac12 H(p) - \tfrac12 H(q)$, 0 for equal shares and $\ln 2$ for none in common.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gan_core.data.bigrams import made_of_pairs, pairs
from gan_core.data.words import Words
from gan_core.metrics.entry import Score

__all__ = ["divergence", "nearest", "score_pairs", "score_text", "score_words"]

_SEED: Final = 2333
"""Of the real words that the floors are measured on."""


def score_text(data: Words, fake: Tensor) -> dict[str, Score]:
    """Score generated words beside as many real ones.

    Args:
        data: What is imitated.
        fake: ``[n, length, alphabet]``; at each place the likeliest letter counts.
    """
    return score_words(data, data.shown(fake))


def score_pairs(data: Words, n: int, rng: np.random.Generator) -> dict[str, Score]:
    """Score the words of a model of pairs of letters, fitted to the training words: what one has without a GAN.

    Args:
        data: What is imitated.
        n: How many words.
        rng: Source of the letters.
    """
    shares = pairs(data.written, len(data.alphabet))
    return score_words(data, made_of_pairs(shares, n, data.shape[0], rng))


def score_words(data: Words, codes: NDArray[np.uint8]) -> dict[str, Score]:
    """Score words of any origin beside as many real ones.

    Args:
        data: What is imitated.
        codes: Numbers of letters, ``[n, length]``.
    """
    n, letters = len(codes), len(data.alphabet)
    real = data.shown(data.sample(n, torch.Generator().manual_seed(_SEED)))
    usual = pairs(data.written, letters)
    known, trained = data.known, frozenset(data.trained)

    def measured(rows: NDArray[np.uint8]) -> dict[str, float]:
        words = data.read(rows)
        counts = Counter(words)
        return {
            "grammatical" if data.by_rule else "in_dictionary": sum(word in known for word in words) / n,
            "unique": len(counts) / n,
            "pairs_js": divergence(pairs(rows, letters), usual),
            "commonest": max(counts.values()) / n,
            "novel": sum(word not in trained for word in words) / n,
        }

    floors = measured(real)
    return {name: Score(value, floors[name], n) for name, value in measured(codes).items()}


def nearest(word: str, data: Words) -> tuple[str, int]:
    """Find the training word with the fewest edits to a word, and their number: the distance of Levenshtein.

    Args:
        word: Of the data's letters.
        data: Whose training words.
    """
    codes, lengths = data.train.numpy(), np.array([len(other) for other in data.trained])
    given = [data.alphabet.index(letter) for letter in word]
    # Row by row of the usual table, for all training words at once; beyond a word's end nothing is read.
    before = np.tile(np.arange(codes.shape[1] + 1), (len(codes), 1))
    for i, letter in enumerate(given, 1):
        now = np.empty_like(before)
        now[:, 0] = i
        for j in range(1, before.shape[1]):
            least = np.minimum(before[:, j], now[:, j - 1]) + 1
            now[:, j] = np.minimum(least, before[:, j - 1] + (codes[:, j - 1] != letter))
        before = now
    edits = before[np.arange(len(codes)), lengths]
    first = int(edits.argmin())
    return data.trained[first], int(edits[first])


def divergence(p: NDArray[np.float64], q: NDArray[np.float64]) -> float:
    """Jensen-Shannon divergence of two sets of shares, in nats."""
    return max(0.0, _entropy((p + q) / 2) - _entropy(p) / 2 - _entropy(q) / 2)


def _entropy(p: NDArray[np.float64]) -> float:
    some = p[p > 0]
    return float(-(some * np.log(some)).sum())
