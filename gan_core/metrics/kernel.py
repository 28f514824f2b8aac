"""Distances between two clouds of features: of their first two moments, and by a kernel of degree three."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["frechet", "kid"]

Floats = NDArray[np.floating]


def frechet(real: Floats, fake: Floats) -> float:
    r"""Fréchet distance of two Gaussians with the moments of the samples.

    $\|\mu - \mu'\|^2 + tr(\Sigma + \Sigma' - 2 (\Sigma \Sigma')^{1/2})$ (Heusel et al. 2017, arXiv:1706.08500; only
    with the features of Inception is it called FID). It is biased by about 1/n: compare equal n alone.

    Args:
        real: `[n, dim]`, n >= 2.
        fake: `[m, dim]`, m >= 2.
    """
    real, fake = real.astype(np.float64), fake.astype(np.float64)
    mean = np.square(real.mean(0) - fake.mean(0)).sum()
    a, b = (np.atleast_2d(np.cov(x, rowvar=False)) for x in (real, fake))
    root = _root(a)
    # The eigenvalues of (a b) are those of (root b root), which is symmetric: real, and no worse than zero.
    cross = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ b @ root), 0.0)).sum()
    return float(max(0.0, mean + np.trace(a) + np.trace(b) - 2 * cross))


def _root(a: Floats) -> NDArray[np.float64]:
    values, vectors = np.linalg.eigh(a)
    root: NDArray[np.float64] = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
    return root


def kid(real: Floats, fake: Floats) -> float:
    r"""Kernel distance: unbiased $MMD^2$ with $k(x, y) = (x \cdot y / dim + 1)^3$ (arXiv:1801.01401).

    Zero on average for equal distributions at any n, so it may be negative.

    Args:
        real: `[n, dim]`, n >= 2.
        fake: `[m, dim]`, m >= 2.
    """
    real, fake = real.astype(np.float64), fake.astype(np.float64)
    return float(_within(real) + _within(fake) - 2 * _kernel(real, fake).mean())


def _kernel(a: Floats, b: Floats) -> NDArray[np.float64]:
    base: NDArray[np.float64] = a @ b.T / a.shape[1] + 1
    return base * base * base  # a power would take five times as long


def _within(a: Floats) -> float:
    table, n = _kernel(a, a), len(a)
    return float((table.sum() - np.trace(table)) / (n * (n - 1)))
