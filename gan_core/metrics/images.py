"""Scores of images: by pixels, by neighbours, and by a judge where the data set has one.

Compared with held-out images where there are as many as half of the training images, or as many as are ever used; else
with half of the training images. The floor is what the training images (or the other half) reach in place of the
generated ones.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gan_core.data import Images
from gan_core.data.images import network_units
from gan_core.metrics.any_data import score_any
from gan_core.metrics.distances import random_directions, sliced_wasserstein
from gan_core.metrics.judge import find_judge
from gan_core.metrics.kernel import frechet, kid
from gan_core.metrics.neighbours import K, distances, even_chance, sooner
from gan_core.metrics.table import Score

__all__ = ["class_shares", "score_images"]

Floats = NDArray[np.floating]

_N = 2_500
_N_LARGE = 1_000  # of more than `_LARGE` pixels: tables of distances would take half a minute
_LARGE = 1_024
_N_DIRECTIONS = 128


def score_images(data: Images, fake: Floats, *, rng_seed: int = 0) -> dict[str, Score]:
    """All scores of images.

    Args:
        data: The data set.
        fake: `[m, c, h, w]` in [-1, 1], m >= 2, in random order; at most 2,500 are used, 1,000 of large images,
            and no more than there are real ones to compare with.
        rng_seed: Of the choice of real images.

    Returns:
        `sliced_wasserstein` over 128 random directions in pixel space; with enough images those of `score_any`
        (`closer_to_train` only beside held-out images) and `kid`; with a judge `frechet_classifier`, `class_kl` and
        `confident`, and `kid` in its features. Without one `kid` is one of pixels. Every value is NaN if a pixel is
        not finite: a generator that diverged is no error.
    """
    rng = np.random.default_rng(rng_seed)
    real, other = _two_real_sets(data, rng)
    limit = _N_LARGE if real[0].numel() > _LARGE else _N
    n = min(len(fake), len(real), len(other), limit)
    if not np.isfinite(fake[:n]).all():
        floors = score_images(data, other[:n].numpy(), rng_seed=rng_seed)
        return {name: replace(score, value=math.nan) for name, score in floors.items()}
    real, other = real[:n], other[:n]
    images = torch.from_numpy(np.ascontiguousarray(fake[:n], dtype=np.float32)).reshape(real.shape)
    flat, flat_real, flat_other = (x.flatten(1) for x in (images, real, other))
    directions = random_directions(_N_DIRECTIONS, flat.shape[1], rng).astype(np.float32)
    scores = {
        "sliced_wasserstein": Score(
            sliced_wasserstein(flat_real.numpy(), flat.numpy(), directions),
            sliced_wasserstein(flat_real.numpy(), flat_other.numpy(), directions),
            n,
        )
    }
    if n <= K:
        return scores
    scores |= score_any(flat_real, flat_other, flat, held_out=_held_out_serves(data))
    if data.held_out is not None and not _held_out_serves(data):
        scores["closer_to_train"] = Score(_closer_to_train(data, flat, rng), 0.5, len(flat))
    judge = find_judge(data)
    if judge is None:
        distance, floor = (kid(flat_real.numpy(), x.numpy()) for x in (flat, flat_other))
        return scores | {"kid": Score(distance, floor, n)}
    (features, seen), (other_features, other_seen) = judge.look(images), judge.look(other)
    real_features, _ = judge.look(real)
    return scores | {
        "kid": Score(kid(real_features, features), kid(real_features, other_features), n),
        "frechet_classifier": Score(frechet(real_features, features), frechet(real_features, other_features), n),
        "class_kl": Score(seen.class_kl, other_seen.class_kl, n),
        "confident": Score(seen.confident, other_seen.confident, n),
    }


def class_shares(data: Images, fake: Floats) -> dict[str, float]:
    """Measure the share of images that the judge takes for each class, by its name; empty without a judge.

    Args:
        data: The data set.
        fake: `[m, c, h, w]` in [-1, 1].
    """
    judge = find_judge(data)
    if judge is None:
        return {}
    _, seen = judge.look(torch.from_numpy(np.ascontiguousarray(fake[:_N], dtype=np.float32)))
    return dict(zip(data.classes, seen.classes, strict=True))


def _two_real_sets(data: Images, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Two disjoint sets of real images in random order: to compare with, and for the floor."""
    order = torch.from_numpy(rng.permutation(data.n_train))
    if data.held_out is None or not _held_out_serves(data):
        half = len(order) // 2
        first, order = data.train[order[:half][:_N]], order[half:]
    else:
        chosen = torch.from_numpy(rng.permutation(len(data.held_out)))
        first = data.held_out[chosen[:_N]]
    return network_units(first), network_units(data.train[order[:_N]])


def _held_out_serves(data: Images) -> bool:
    """Tell whether the held-out images are enough to compare with: a few would make every score a matter of luck."""
    return data.held_out is not None and len(data.held_out) >= min(_N, data.n_train // 2)


def _closer_to_train(data: Images, fake: Tensor, rng: np.random.Generator) -> float:
    """Compare with all held-out images and with many more training images, as copies of others would not be seen."""
    assert data.held_out is not None
    chosen = torch.from_numpy(rng.permutation(data.n_train)[:_N])
    train, held_out = (network_units(x).flatten(1) for x in (data.train[chosen], data.held_out))
    near = distances(fake, torch.cat((train, held_out)))
    share = sooner(near[:, : len(train)].min(1).values, near[:, len(train) :].min(1).values)
    return even_chance(share, len(train), len(held_out))
