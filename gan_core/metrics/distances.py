"""Distances between two sets of samples that need no known modes.

Each is split in two, a part that depends on one set alone and a cheap comparison, so that the part
of the real samples can be computed once.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from gan_core.metrics.modes import kl_divergence

__all__ = [
    "even_directions",
    "histogram",
    "js",
    "js_of_histograms",
    "random_directions",
    "sliced_wasserstein",
    "sorted_projections",
    "spread",
]

Floats = NDArray[np.floating]
Frame = tuple[float, float, float, float]


def histogram(points: Floats, frame: Frame, bins: int = 30) -> NDArray[np.float64]:
    """Shares of points in `bins` x `bins` cells of a frame and, last, in one cell for all outside.

    Args:
        points: `[n, 2]`, finite, n >= 1.
        frame: x0, x1, y0, y1; the upper edges are outside.
        bins: Cells along each axis.

    Returns:
        `[bins * bins + 1]`, sums to 1.
    """
    x0, x1, y0, y1 = frame
    x, y = points[:, 0], points[:, 1]
    inside = (x >= x0) & (x < x1) & (y >= y0) & (y < y1)
    # Points far outside would not fit an integer: they are dropped before the cast, and counted after.
    column = ((x[inside] - x0) * (bins / (x1 - x0))).astype(np.intp)
    row = ((y[inside] - y0) * (bins / (y1 - y0))).astype(np.intp)
    # A point a rounding error below the upper edge may come out as `bins`.
    cell = np.minimum(column, bins - 1) + bins * np.minimum(row, bins - 1)
    counts = np.bincount(cell, minlength=bins * bins + 1)
    counts[-1] = len(points) - len(cell)
    return counts / len(points)


def js_of_histograms(p: NDArray[np.float64], q: NDArray[np.float64], *, eps: float = 1e-4, base: float = 2.0) -> float:
    r"""Jensen-Shannon divergence $\frac12 KL(p\|m) + \frac12 KL(q\|m)$ with $m = (p + q)/2$.

    Args:
        p: Shares, `[cells]`.
        q: Shares, `[cells]`.
        eps: Added to each cell before both are normalised again; 0 allowed.
        base: Of the logarithm: 2 gives 0 to 1, e gives 0 to log 2.
    """
    p, q = p + eps, q + eps
    p, q = p / p.sum(), q / q.sum()
    middle = (p + q) / 2
    # Two equal histograms may come out a rounding error below zero.
    return max(0.0, (kl_divergence(p, middle) + kl_divergence(q, middle)) / 2 / math.log(base))


def js(real: Floats, fake: Floats, frame: Frame, *, bins: int = 30, eps: float = 1e-4, base: float = 2.0) -> float:
    """Jensen-Shannon divergence of two histograms with a cell for everything outside the frame.

    The value depends on the number of samples: two sets of 12,000 from the same distribution are some
    thousandths apart. Sets of different size may be compared, with the noise of the smaller.

    Args:
        real: `[n, 2]`.
        fake: `[m, 2]`.
        frame: x0, x1, y0, y1.
        bins: Cells along each axis.
        eps: Added to each cell's share before it is normalised again.
        base: Of the logarithm.
    """
    return js_of_histograms(histogram(real, frame, bins), histogram(fake, frame, bins), eps=eps, base=base)


def even_directions(k: int = 64) -> NDArray[np.float64]:
    """Return unit vectors of the plane at the angles i pi / k, `[k, 2]`: no chance in the score."""
    angles = np.pi * np.arange(k) / k
    return np.stack([np.cos(angles), np.sin(angles)], axis=1)


def random_directions(k: int, dim: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Draw unit vectors uniformly from the sphere, `[k, dim]`."""
    vectors = rng.standard_normal((k, dim))
    lengths: NDArray[np.float64] = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / lengths


def sorted_projections(points: Floats, directions: Floats) -> Floats:
    """Points `[n, dim]` along each of `[k, dim]` directions, in ascending order, `[k, n]`."""
    projections: Floats = directions @ points.T
    projections.sort(axis=1)
    return projections


def sliced_wasserstein(real: Floats, fake: Floats, directions: Floats | None = None) -> float:
    """Wasserstein-1 distance of the projections, averaged over directions (arXiv:1710.10196, sect. 5).

    Departs from that paper, which sums over patches of an image pyramid: here it is of the samples.

    Args:
        real: `[n, dim]`.
        fake: `[n, dim]`: as many, because sorted samples are compared one by one.
        directions: Unit vectors `[k, dim]`; without them `even_directions()`, for the plane.

    Raises:
        ValueError: The two sets differ in shape.
    """
    if real.shape != fake.shape:
        raise ValueError(f"real {real.shape} and fake {fake.shape} must have the same shape")
    if directions is None:
        directions = even_directions()
    difference = sorted_projections(real, directions) - sorted_projections(fake, directions)
    return float(np.abs(difference).mean())


def spread(points: Floats) -> float:
    """Root mean variance over the coordinates of `[n, dim]`: 0 when all points are one."""
    return float(np.sqrt(points.var(axis=0).mean()))
