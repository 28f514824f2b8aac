"""Scores for data with known modes: which are reached, how sharply, and how evenly.

Definitions of PacGAN (arXiv:1712.04086, section 4.1; its code for the details), extended to modes of
uneven share and of other regions than discs (`gan_core.data.modes`). Points are `[n, 2]` in data units.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gan_core.data.modes import Modes

__all__ = ["ModeScores", "kl_divergence", "score_modes"]

Floats = NDArray[np.floating]

FAIR_FRACTION = 0.2
"""A mode counts as reached when it is nearest to at least this fraction of its share."""

_FEW = 8  # a standard deviation of fewer points says nothing


@dataclass(frozen=True)
class ModeScores:
    """Scores of one set of samples against the known modes.

    Attributes:
        modes: Captured modes: those whose region holds at least one sample, or `captured_share` of
            its true share where the data set asks for more.
        modes_reached: Modes nearest to at least a fifth of their share of all samples.
        high_quality: Share of all samples that lie inside the region of their nearest mode.
        reverse_kl: KL divergence (nats) of the high-quality samples' shares of the modes from the true
            ones; NaN when there is no such sample.
        all_sample_kl: The same over the nearest modes of all samples: it tells collapse from blur.
        std_ratio: Standard deviation of a mode's high-quality samples over the true one, averaged over
            modes with more than 8 of them. NaN where the data set declares no common `sigma`.
    """

    modes: int
    modes_reached: int
    high_quality: float
    reverse_kl: float
    all_sample_kl: float
    std_ratio: float


def kl_divergence(p: Floats, q: Floats) -> float:
    r"""$\sum_i p_i \log(p_i / q_i)$ in nats, with $0 \log 0 = 0$; `q` is positive where `p` is."""
    there = p > 0
    return float((p[there] * np.log(p[there] / q[there])).sum())


def score_modes(points: Floats, modes: Modes) -> ModeScores:
    """All mode scores of finite points `[n, 2]`, n >= 1."""
    n, k = len(points), len(modes)
    points = points.astype(np.float64, copy=False)  # squares of a diverging generator's points fit
    nearest, inside = modes.assign(points)
    near_count = np.bincount(nearest, minlength=k)
    owner = nearest[inside]
    count = np.bincount(owner, minlength=k)
    n_inside = len(owner)
    true_inside = modes.inside_shares / modes.inside_shares.sum()
    needed = np.maximum(modes.captured_share * modes.inside_shares * n, 1.0)
    return ModeScores(
        modes=int((count >= needed).sum()),
        modes_reached=int((near_count >= FAIR_FRACTION * modes.shares * n).sum()),
        high_quality=n_inside / n,
        reverse_kl=kl_divergence(count / n_inside, true_inside) if n_inside else float("nan"),
        all_sample_kl=kl_divergence(near_count / n, modes.shares),
        std_ratio=_std_ratio(points[inside], owner, count, modes),
    )


def _std_ratio(points: Floats, owner: NDArray[np.intp], count: NDArray[np.intp], modes: Modes) -> float:
    enough = count > _FEW
    if modes.sigma is None or not enough.any():
        return float("nan")
    k = len(modes)
    # About the mode's centre first: the sums of squares are then small numbers and lose no digits.
    x, y = (points - modes.centres[owner]).T
    of_means = (np.bincount(owner, x, k) ** 2 + np.bincount(owner, y, k) ** 2) / np.maximum(count, 1)
    squares = np.bincount(owner, x * x + y * y, k) - of_means
    # n - 1 and two coordinates: unbiased, or a mode of forty points would look 1 % too sharp.
    variance = np.maximum(squares, 0.0) / (2 * np.maximum(count - 1, 1))
    return float(np.sqrt(variance[enough]).mean() / modes.sigma)
