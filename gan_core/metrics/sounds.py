"""Scores of sounds: by their spectrograms, and by what is heard of known pitches.

As with images, held-out sounds are compared with, and the floor is what training sounds reach in place of the
generated ones. The judge of pitches computes them from spectra (`gan_core.data.pitch`); nothing was trained.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gan_core.data.sounds import Judged, Sounds
from gan_core.metrics.any_data import score_any
from gan_core.metrics.distances import random_directions, sliced_wasserstein
from gan_core.metrics.kernel import kid
from gan_core.metrics.modes import FAIR_FRACTION, kl_divergence
from gan_core.metrics.neighbours import K
from gan_core.metrics.table import Score

__all__ = ["note_shares", "score_sounds"]

_N: Final = 1_000
_N_DIRECTIONS: Final = 128


def score_sounds(data: Sounds, fake: Tensor, *, rng_seed: int = 0) -> dict[str, Score]:
    """All scores of sounds.

    Args:
        data: The data set.
        fake: `[m, 1, length]` in [-1, 1], m >= 2, in random order; at most 1,000 are used, and no more than there are
            real ones to compare with.
        rng_seed: Of the choice of real sounds.

    Returns:
        Of spectrograms `sliced_wasserstein`, and with enough sounds those of `score_any` and `kid`. With known pitches
        `notes_reached`, `n_notes`, `in_tune`, `cents`, `purity` and `note_kl`. Every value is NaN if a sample is not
        finite: a generator that diverged is no error.
    """
    rng = np.random.default_rng(rng_seed)
    real, other = _two_real_sets(data, rng)
    n = min(len(fake), len(real), len(other), _N)
    real, other, made = real[:n], other[:n], fake[:n].float()
    if not bool(torch.isfinite(made).all()):
        floors = score_sounds(data, other, rng_seed=rng_seed)
        return {name: replace(score, value=math.nan) for name, score in floors.items()}
    flat_real, flat_other, flat = (data.places(x) for x in (real, other, made))
    directions = random_directions(_N_DIRECTIONS, flat.shape[1], rng).astype(np.float32)
    distance, floor = (sliced_wasserstein(flat_real.numpy(), x.numpy(), directions) for x in (flat, flat_other))
    scores = {"sliced_wasserstein": Score(distance, floor, n)}
    if n > K:
        scores |= score_any(flat_real, flat_other, flat, held_out=data.held_out is not None)
        distance, floor = (kid(flat_real.numpy(), x.numpy()) for x in (flat, flat_other))
        scores["kid"] = Score(distance, floor, n)
    if data.pitches:
        found, floors_of = _judged(data, made), _judged(data, other)
        scores |= {name: Score(value, floors_of[name], n) for name, value in found.items()}
    return scores


def note_shares(data: Sounds, fake: Tensor) -> dict[str, float]:
    """Measure the share of sounds that are each note, in tune, by its name; empty where no pitches are known.

    Args:
        data: The data set.
        fake: `[m, 1, length]` in [-1, 1].
    """
    if not data.pitches:
        return {}
    judged = data.judge(fake.float())
    return dict(zip(data.notes, _shares(judged, len(data.pitches)).tolist(), strict=True))


def _shares(judged: Judged, k: int) -> NDArray[np.float64]:
    """Return the share of all sounds that are each note, in tune, `[k]`."""
    counts = torch.bincount(judged.note[judged.in_tune], minlength=k)
    shares: NDArray[np.float64] = (counts.double() / len(judged.note)).numpy()
    return shares


def _judged(data: Sounds, sounds: Tensor) -> dict[str, float]:
    judged, k = data.judge(sounds), len(data.pitches)
    shares = _shares(judged, k)
    heard = judged.off[judged.is_note].abs()
    return {
        "notes_reached": int((shares >= FAIR_FRACTION / k).sum()),
        "n_notes": k,
        "in_tune": float(shares.sum()),
        "cents": float(heard.mean()) if len(heard) else math.nan,
        "purity": float(judged.purity.mean()),
        "note_kl": kl_divergence(shares / shares.sum(), np.full(k, 1 / k)) if shares.sum() else math.nan,
    }


def _two_real_sets(data: Sounds, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Draw two disjoint sets of real sounds in random order: to compare with, and for the floor."""
    order = torch.from_numpy(rng.permutation(data.n_train))
    if data.held_out is None:
        half = len(order) // 2
        return data.train[order[:half][:_N]], data.train[order[half:][:_N]]
    first = torch.from_numpy(rng.permutation(len(data.held_out)))[:_N]
    return data.held_out[first], data.train[order[:_N]]
