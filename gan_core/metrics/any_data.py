"""Scores for data of any kind: by neighbours and by a kernel, beside what a second set of real samples reaches."""

from __future__ import annotations

from dataclasses import asdict
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gan_core.data.points import Points
from gan_core.metrics.kernel import kid
from gan_core.metrics.neighbours import Cloud, closer_to_train, compare
from gan_core.metrics.table import Score

__all__ = ["score_any", "score_plane_neighbours"]

Floats = NDArray[np.floating]

_N = 2_500
_FLOOR_DRAWS = 3


def score_any(real: Tensor, other: Tensor, fake: Tensor, *, held_out: bool) -> dict[str, Score]:
    """Precision, recall, density, coverage, two-sample accuracy, diversity; and P(closer to train).

    Args:
        real: Real samples to compare with, `[n, dim]`.
        other: Other real samples, `[n, dim]`: what they reach is the floor.
        fake: Generated ones, `[n, dim]`.
        held_out: True if the generator was trained on samples such as `other` and never saw `real`: then
            `closer_to_train` says whether it copies. Its floor is that of an honest sampler, ½.
    """
    cloud = Cloud.of(real)
    found, floor = (asdict(compare(cloud, Cloud.of(x))) for x in (fake, other))
    scores = {name: Score(value, floor[name], len(fake)) for name, value in found.items()}
    if held_out:
        scores["closer_to_train"] = Score(closer_to_train(fake, other, real), 0.5, len(fake))
    return scores


def score_plane_neighbours(data: Points, fake: Floats, *, rng_seed: int = 0, n: int = _N) -> dict[str, Score]:
    """Score points in the plane as `score_any` does, and by KID: for a report, not for every frame.

    Half a second for 2,500 points, a tenth of that for 1,000; the first call for a data set and a size takes four
    times as long.

    Args:
        data: The data set.
        fake: Generated points `[m, 2]`, m > 5, data units, in random order.
        rng_seed: Of the real samples.
        n: The first so many points are used.

    Returns:
        Scores by name; every value is NaN if a coordinate is not finite.
    """
    size = min(n, len(fake))
    floors = _floors(data, size, rng_seed)
    points = torch.from_numpy(np.ascontiguousarray(fake[:size], dtype=np.float64))
    if bool(torch.isfinite(points).all()) and float(points.abs().max()) < 1e100:
        values = _values(data, points, size, rng_seed)
    else:
        values = dict.fromkeys(floors, float("nan"))
    return {name: Score(value, floors[name], size) for name, value in values.items()}


def _values(data: Points, points: Tensor, size: int, seed: int) -> dict[str, float]:
    real = _real(data, size, seed)
    units = data.to_network(points)
    # A kernel of degree three overflows where a generator is far away; what is beyond is equally bad.
    distance = kid(data.to_network(real.points).numpy(), units.clamp(-1e3, 1e3).numpy())
    return asdict(compare(real, Cloud.of(points))) | {"kid": distance}


@lru_cache(maxsize=8)
def _real(data: Points, size: int, seed: int) -> Cloud:
    return Cloud.of(_draw(data, size, seed))


@lru_cache(maxsize=32)
def _floors(data: Points, size: int, seed: int) -> dict[str, float]:
    draws = [_values(data, _draw(data, size, seed + 1 + i), size, seed) for i in range(_FLOOR_DRAWS)]
    return {name: float(np.mean([draw[name] for draw in draws])) for name in draws[0]}


def _draw(data: Points, size: int, seed: int) -> Tensor:
    return data.to_data(data.sample(size, torch.Generator().manual_seed(seed)).double())
