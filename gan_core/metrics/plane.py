"""All scores of generated points in the plane at once, cheap enough for a live page.

Everything that depends on the real data alone (their histogram, their sorted projections and what they
reach against themselves) is computed once per data set and sample size.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray

from gan_core.data.points import Points
from gan_core.metrics.distances import (
    even_directions,
    histogram,
    js_of_histograms,
    sorted_projections,
    spread,
)
from gan_core.metrics.modes import score_modes
from gan_core.metrics.table import Score

__all__ = ["score_plane"]

_N = 2_500  # the published sample size of mode counts, high quality and KL
_N_JS = 12_000  # 900 cells need more
_HUGE = 1e32  # sums of coordinates beyond this overflow single precision
_FLOOR_DRAWS = 20
# Single precision halves the time of sorting, and its rounding is far below the floors.
_DIRECTIONS = even_directions().astype(np.float32)

Floats = NDArray[np.floating]


@dataclass(frozen=True, eq=False)
class _Reference:
    """One real sample of each size, in the form that comparisons take."""

    histogram: NDArray[np.float64]
    projections: Floats


def score_plane(data: Points, fake: Floats, *, rng_seed: int = 0, n: int = _N, n_js: int = _N_JS) -> dict[str, Score]:
    """Scores generated points against a data set in the plane.

    The first call for a data set and a size takes about a tenth of a second longer: it finds out what
    real data reach.

    Args:
        data: The data set.
        fake: Generated points `[m, 2]`, m >= 1, data units, in random order.
        rng_seed: Seed of the real samples; the same seed gives the same scores.
        n: All scores but `js` use the first `n` points. The default is the published size; a score
            with a finer claim (high quality to a tenth of a percent) takes 20,000.
        n_js: `js` uses the first `n_js` points.

    Returns:
        Scores by name, keys of `METRICS`: `js`, `sliced_wasserstein` and `spread`, and for data with
        known modes `modes`, `n_modes`, `modes_reached`, `high_quality`, `reverse_kl`, `all_sample_kl`
        and, where all modes are round and alike, `std_ratio`. Fewer points than asked for are used
        as they are; each score says how many. Every value is NaN if a coordinate is NaN or beyond 1e32:
        a generator that diverged is no error.

    Raises:
        ValueError: `fake` is not `[m, 2]` with m >= 1.
    """
    if fake.ndim != 2 or fake.shape[1] != 2 or not len(fake):
        raise ValueError(f"points of shape [m, 2] are needed, got {list(fake.shape)}")
    size, size_js = min(n, len(fake)), min(n_js, len(fake))
    points = fake[: max(size, size_js)].astype(np.float64)
    floors = _floors(data, size, size_js, rng_seed)
    if np.abs(points).max() < _HUGE:  # not so for NaN either
        values = _values(data, points, size, size_js, rng_seed)
    else:
        values = dict.fromkeys(floors, math.nan)
    sizes = dict.fromkeys(values, size) | {"js": size_js}
    return {name: Score(value, floors[name], sizes[name]) for name, value in values.items()}


def _values(data: Points, points: Floats, size: int, size_js: int, seed: int) -> dict[str, float]:
    reference = _reference(data, size, size_js, seed)
    few = points[:size]
    values: dict[str, float] = {}
    if data.modes is not None:
        values |= asdict(score_modes(few, data.modes)) | {"n_modes": len(data.modes)}
        if data.modes.sigma is None:
            del values["std_ratio"]
    projections = sorted_projections(few.astype(np.float32), _DIRECTIONS)
    projections -= reference.projections
    values["js"] = js_of_histograms(reference.histogram, histogram(points[:size_js], data.frame))
    values["sliced_wasserstein"] = float(np.abs(projections, out=projections).mean())
    values["spread"] = spread(few) / data.scale
    return values


def _real(data: Points, n: int, seed: int) -> NDArray[np.float64]:
    samples = data.sample(n, torch.Generator().manual_seed(seed))
    return data.to_data(samples.double()).numpy()


@lru_cache(maxsize=32)
def _reference(data: Points, size: int, size_js: int, seed: int) -> _Reference:
    points = _real(data, max(size, size_js), seed)
    return _Reference(
        histogram(points[:size_js], data.frame),
        sorted_projections(points[:size].astype(np.float32), _DIRECTIONS),
    )


@lru_cache(maxsize=32)
def _floors(data: Points, size: int, size_js: int, seed: int) -> dict[str, float]:
    """Mean scores of fresh real samples of the same size."""
    n_draws = min(_FLOOR_DRAWS, max(4, _FLOOR_DRAWS * _N // size))
    draws = [_values(data, _real(data, max(size, size_js), seed + 1 + i), size, size_js, seed) for i in range(n_draws)]
    floors = {name: float(np.mean([draw[name] for draw in draws])) for name in draws[0]}
    if data.modes is not None:
        floors["high_quality"] = float(data.modes.inside_shares.sum())  # known exactly
    return floors
