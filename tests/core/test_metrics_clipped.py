"""Clipped density and clipped coverage: the definition, worked out plainly, and what it is for."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from gan_core.metrics import Cloud, compare
from gan_core.metrics.clipped import expected_filling

Floats = NDArray[np.float64]
N, K = 900, 5


def apart(a: Floats, b: Floats) -> Any:
    return np.sqrt(np.square(a[:, None] - b[None]).sum(2))


def scores(real: Floats, fake: Floats) -> tuple[float, float]:
    found = compare(Cloud.of(real), Cloud.of(fake))
    return found.clipped_density, found.clipped_coverage


def plainly(real: Floats, fake: Floats) -> tuple[float, float]:
    """The same in the words of the paper, one sample after the other."""
    among = apart(real, real)
    radius = np.sort(among, axis=1)[:, K]  # 0 is the sample itself
    clipped = np.minimum(radius, np.median(radius))
    table = apart(real, fake)
    drawn = [min(1, sum(table[i, j] <= clipped[i] for i in range(len(real))) / K) for j in range(len(fake))]
    there = [min(1, sum(among[i, j] <= clipped[i] for i in range(len(real)) if i != j) / K) for j in range(len(real))]
    filling = float(np.mean([min(K, int((table[i] < radius[i]).sum())) / K for i in range(len(real))]))
    lower = sum(_filling(len(real), j) < filling for j in range(len(fake) + 1))
    return min(1, float(np.mean(drawn)) / float(np.mean(there))), lower / (len(fake) + 1)


def _filling(n: int, m: int) -> float:
    """Sum the beta-binomial over all counts, where the product takes only those that are missing."""
    if m < K:
        return 0.0

    def beta(a: float, b: float) -> float:
        return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)

    ways = [math.lgamma(m + 1) - math.lgamma(j + 1) - math.lgamma(m - j + 1) for j in range(m + 1)]
    chances = [math.exp(ways[j] + beta(K + j, n - K + m - j) - beta(K, n - K)) for j in range(m + 1)]
    assert sum(chances) == pytest.approx(1)
    return sum(min(j, K) * chance for j, chance in enumerate(chances)) / K


@pytest.mark.parametrize("shift", [0.0, 0.7, 9.0])
def test_the_scores_are_those_of_the_paper(shift: float) -> None:
    rng = np.random.default_rng(1)
    real, fake = rng.standard_normal((90, 3)), rng.standard_normal((70, 3)) + shift
    assert scores(real, fake) == pytest.approx(plainly(real, fake), abs=1e-12)


def test_the_expected_filling_is_the_sum_over_all_counts() -> None:
    assert expected_filling(40, 30, K) == pytest.approx([_filling(40, j) for j in range(31)], abs=1e-12)
    assert (np.diff(expected_filling(N, N, K)) >= 0).all()


@pytest.mark.parametrize("dim", [2, 8])
@pytest.mark.parametrize("bad", [0.0, 0.1, 0.3, 0.5, 0.8, 1.0])
def test_both_fall_evenly_with_the_share_of_bad_samples(dim: int, bad: float) -> None:
    rng = np.random.default_rng(2)
    real, fake = rng.standard_normal((N, dim)), rng.standard_normal((N, dim))
    fake[: int(bad * N)] += 50
    assert scores(real, fake) == pytest.approx((1 - bad, 1 - bad), abs=0.05)


def test_outliers_of_the_data_and_copies_of_one_sample_raise_neither() -> None:
    rng = np.random.default_rng(3)
    real, fake = rng.standard_normal((N, 2)), rng.standard_normal((N, 2)) + 50
    outliers = real.copy()
    outliers[:20] = 50 + 100 * rng.standard_normal((20, 2))  # their balls are wide, and the samples lie among them
    assert compare(Cloud.of(outliers), Cloud.of(fake)).precision > 0.9
    assert max(scores(outliers, fake)) < 0.05
    held = (apart(real, real) <= np.sort(apart(real, real), axis=1)[:, [K]]).sum(0)
    copies = real[held.argmax()] + 1e-6 * rng.standard_normal((N, 2))
    found = compare(Cloud.of(real), Cloud.of(copies))
    assert found.density > 1.5
    assert (found.clipped_density, found.clipped_coverage) == pytest.approx((1, 0), abs=0.04)
