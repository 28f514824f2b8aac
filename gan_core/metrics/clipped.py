r"""Clipped density and clipped coverage of Salvy et al. 2025 (arXiv:2507.01761; departs in nothing from their code).

Both are neighbourhood scores whose parts cannot outweigh each other: a sample counts for 1 at most however many balls
it lies in, an outlier's ball is no larger than the median one, and a ball is full once it holds k samples. They fall
evenly with the share of bad samples, so that each reads as a share of good ones.

Rows are real samples, columns fake ones: ``table`` has their distances, `[n, m]`.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

__all__ = ["clipped_coverage", "clipped_density", "expected_filling"]


def clipped_density(table: Tensor, radius: Tensor, k: int, crowding: float) -> float:
    r"""$\frac{1}{m} \sum_j \min(c_j / k, 1)$ over the same of the real samples, at most 1.

    $c_j$ is the number of real balls that hold fake sample $j$.

    Args:
        table: Distances.
        radius: Of the real balls, none larger than their median, `[n]`.
        k: Neighbours in a ball before it was clipped.
        crowding: The same mean of the real samples in each other's balls.
    """
    held = (table <= radius[:, None]).sum(0)
    return min(1.0, _mean((held.double() / k).clamp(max=1)) / crowding)


def clipped_coverage(table: Tensor, radius: Tensor, k: int) -> float:
    r"""$f^{-1}\left(\frac{1}{n} \sum_i \min(c_i, k) / k\right)$ with $c_i$ the fake samples in real ball $i$.

    Args:
        table: Distances.
        radius: Of the real balls, `[n]`.
        k: Neighbours in a ball.
    """
    n, m = table.shape
    filled = (table < radius[:, None]).sum(1).clamp(max=k)
    expected = expected_filling(n, m, k)
    return int(np.searchsorted(expected, _mean(filled) / k)) / len(expected)


@lru_cache(maxsize=32)
def expected_filling(n: int, m: int, k: int) -> NDArray[np.float64]:
    r"""Compute $f$, how full the balls of n real samples are on average of 0..m others of theirs, `[m + 1]`.

    A ball that reaches the k-th neighbour of n - 1 others holds a share of the distribution that follows
    $Beta(k, n - k)$, whatever the distribution; so that of $j$ samples the number inside is beta-binomial and
    $f(j) = E[\min(c, k)] / k$. Fewer than k fill nothing there, nor here.
    """
    inside = torch.arange(k, dtype=torch.float64)  # what is missing from k depends on these counts alone
    drawn = torch.arange(m + 1, dtype=torch.float64)[:, None]
    outside = (drawn - inside).clamp(min=0)
    choose = torch.lgamma(drawn + 1) - torch.lgamma(inside + 1) - torch.lgamma(outside + 1)
    beta = torch.lgamma(k + inside) + torch.lgamma(n - k + outside) - torch.lgamma(n + drawn)
    one = torch.lgamma(torch.tensor([float(k), float(n - k), float(n)], dtype=torch.float64))
    chance = (choose + beta - (one[0] + one[1] - one[2])).exp()
    filling: NDArray[np.float64] = 1 - (chance * (k - inside)).sum(1).numpy() / k
    filling[:k] = 0
    return filling


def _mean(values: Tensor) -> float:
    return float(values.double().mean())
