"""Calibration: known corruptions in, known values out.

Twenty-five Gaussians on a grid, standard deviation 0.05, 2,500 true points beside 2,500 corrupted ones. The table has
mean and standard deviation over sixteen seeds; one seed must lie within three and a half of them and the rounding.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from gan_core.data import Points, load
from gan_core.metrics import (
    METRICS,
    Cloud,
    closer_to_train,
    compare,
    coverage_of_real,
    frechet,
    js,
    kid,
    random_directions,
    score_modes,
    score_plane,
    score_plane_neighbours,
    sliced_wasserstein,
)

N = 2_500
CASES = {
    "true": {},
    "first 20 modes": {"n_modes": 20},
    "first mode": {"n_modes": 1},
    "weights 4:1": {"weights": 4.0},
    "blur": {"sigma": 0.15},
    "within modes": {"sigma": 0.01},
}
COLUMNS = (
    "high_quality",
    "modes",
    "kl",
    "sw1",
    "js50",
    "precision",
    "recall",
    "density",
    "coverage",
    "two_sample",
    "diversity",
)
TABLE: dict[str, list[tuple[float, float]]] = {
    "true": [(0.989, 0.002), (25, 0), (0.004, 0.002), (0.085, 0.019), (0.0102, 0.0011), (0.985, 0.003), (0.986, 0.003),
             (0.998, 0.009), (0.970, 0.005), (0.499, 0.008), (0.99, 0.02)],
    "first 20 modes": [(0.990, 0.002), (20, 0), (0.226, 0.001), (0.63, 0.06), (0.081, 0.003), (0.986, 0.003),
                       (0.793, 0.006), (1.005, 0.016), (0.790, 0.006), (0.554, 0.008), (0.89, 0.02)],
    "first mode": [(0.990, 0.002), (1, 0), (3.219, 0), (4.07, 0.09), (0.610, 0.007), (0.980, 0.014), (0.039, 0.004),
                   (1.00, 0.05), (0.039, 0.004), (0.962, 0.005), (0.017, 0.001)],
    "weights 4:1": [(0.988, 0.002), (25, 0), (0.073, 0.008), (0.65, 0.06), (0.028, 0.003), (0.985, 0.003),
                    (0.986, 0.004), (1.000, 0.011),
                    (0.947, 0.007), (0.515, 0.010), (0.96, 0.01)],
    "blur": [(0.396, 0.009), (25, 0), (0.012, 0.003), (0.103, 0.019), (0.141, 0.005), (0.486, 0.015), (1.0, 0.0005),
             (0.325, 0.010), (0.648, 0.019), (0.761, 0.008), (0.99, 0.02)],
    "within modes": [(1.0, 0), (25, 0), (0.004, 0.001), (0.102, 0.027), (0.0103, 0.0013), (0.999, 0.001),
                     (0.220, 0.009), (1.06, 0.03), (0.301, 0.009), (0.872, 0.008), (1.00, 0.02)],
}  # fmt: skip


@pytest.fixture(scope="module")
def grid() -> Points:
    data = load("grid-25")
    assert isinstance(data, Points)
    return data


def draw(
    grid: Points, seed: int, *, n: int = N, sigma: float = 0.05, n_modes: int = 25, weights: float = 1.0
) -> NDArray[np.float64]:
    assert grid.modes is not None
    rng = np.random.default_rng(seed)
    p = np.linspace(weights, 1, n_modes)
    index = rng.choice(n_modes, n, p=p / p.sum())
    return np.asarray(grid.modes.centres[index] + sigma * rng.standard_normal((n, 2)))


@pytest.fixture(scope="module")
def real(grid: Points) -> Cloud:
    return Cloud.of(draw(grid, 100))


@pytest.mark.parametrize("case", TABLE)
def test_a_known_corruption_has_its_known_scores(case: str, grid: Points, real: Cloud) -> None:
    assert grid.modes is not None
    fake = draw(grid, 101, **CASES[case])  # type: ignore[arg-type]
    true = real.points.numpy()
    modes, near = score_modes(fake, grid.modes), compare(real, Cloud.of(fake))
    found = (
        modes.high_quality,
        modes.modes,
        modes.reverse_kl,
        sliced_wasserstein(true, fake, random_directions(64, 2, np.random.default_rng(0))),
        js(true, fake, grid.frame, bins=50, eps=0, base=math.e),
        near.precision,
        near.recall,
        near.density,
        near.coverage,
        near.two_sample,
        near.diversity,
    )
    for name, value, (mean, deviation) in zip(COLUMNS, found, TABLE[case], strict=True):
        rounding = {"first mode": 0.05}.get(case, 0.02) if name == "diversity" else 0.0015
        assert value == pytest.approx(mean, abs=3.5 * deviation + rounding), name


def test_within_mode_collapse_is_perfect_to_the_usual_two_and_not_to_the_others(grid: Points) -> None:
    scores = score_plane(grid, draw(grid, 102, n=3_000, sigma=0.01))
    assert scores["high_quality"].value == 1 > scores["high_quality"].floor  # type: ignore[operator]
    assert scores["modes"].value == 25
    assert scores["std_ratio"].value == pytest.approx(0.2, abs=0.01)
    assert scores["std_ratio"].floor == pytest.approx(0.974, abs=0.01)
    blurred = score_plane(grid, draw(grid, 103, n=3_000, sigma=0.15))
    assert blurred["std_ratio"].value == pytest.approx(1.436, abs=0.03)
    assert blurred["high_quality"].value == pytest.approx(1 - math.exp(-0.5), abs=0.02)


def test_coverage_has_the_floor_that_theory_gives(grid: Points, real: Cloud) -> None:
    assert coverage_of_real(N, N) == pytest.approx(0.969, abs=0.0005)
    found = np.mean([compare(real, Cloud.of(draw(grid, 200 + i))).coverage for i in range(3)])
    assert found == pytest.approx(coverage_of_real(N, N), abs=0.01)


def test_a_report_says_what_real_points_reach(grid: Points) -> None:
    scores = score_plane_neighbours(grid, draw(grid, 104, n=700, n_modes=1), n=600)
    expected = {"precision", "recall", "density", "coverage", "two_sample", "diversity", "kid"}
    expected |= {"clipped_density", "clipped_coverage"}
    assert set(scores) == expected <= set(METRICS)
    assert {score.n for score in scores.values()} == {600}
    floors = {name: score.floor for name, score in scores.items()}
    assert floors["coverage"] == pytest.approx(coverage_of_real(600, 600), abs=0.03)
    assert floors["two_sample"] == pytest.approx(0.5, abs=0.06)
    assert floors["kid"] == pytest.approx(0, abs=0.2)
    assert scores["kid"].value > 1
    assert scores["recall"].value < 0.1


def test_points_that_are_no_numbers_have_no_scores(grid: Points) -> None:
    broken = draw(grid, 105, n=100)
    broken[3] = np.nan
    assert all(math.isnan(score.value) for score in score_plane_neighbours(grid, broken).values())
    far = score_plane_neighbours(grid, np.full((100, 2), 1e30))
    assert far["precision"].value == 0
    assert math.isfinite(far["kid"].value)


def test_copies_are_nearer_to_what_was_copied() -> None:
    rng = torch.Generator().manual_seed(0)
    train, held_out = torch.randn(200, 8, generator=rng), torch.randn(200, 8, generator=rng)
    honest = torch.randn(2_000, 8, generator=rng)
    assert closer_to_train(honest, train, held_out) == pytest.approx(0.5, abs=0.05)
    assert closer_to_train(train + 1e-3, train, held_out) == 1
    assert closer_to_train(torch.zeros(3, 8), train, train) == 0.5
    with pytest.raises(ValueError, match="one shape"):
        closer_to_train(honest, train, held_out[:100])


def test_few_samples_have_no_neighbourhoods() -> None:
    with pytest.raises(ValueError, match="more than 5 are needed"):
        Cloud.of(np.zeros((5, 2)))


def test_the_frechet_distance_is_that_of_gaussians() -> None:
    rng = np.random.default_rng(0)
    a = rng.standard_normal((40_000, 3))
    assert frechet(a, a) == pytest.approx(0, abs=1e-9)
    assert frechet(a, a + np.array([2, 0, 0])) == pytest.approx(4, abs=1e-9)
    assert frechet(a, 3 * rng.standard_normal((40_000, 3))) == pytest.approx(3 * (3 - 1) ** 2, rel=0.03)
    # Correlated: tr(S + I - 2 S^(1/2)) with the eigenvalues 1.9, 0.1 and 1.
    mixed = rng.multivariate_normal([0, 0, 0], [[1, 0.9, 0], [0.9, 1, 0], [0, 0, 1]], 40_000)
    assert frechet(a, mixed) == pytest.approx((math.sqrt(1.9) - 1) ** 2 + (math.sqrt(0.1) - 1) ** 2, abs=0.02)


def test_the_kernel_distance_is_unbiased() -> None:
    rng = np.random.default_rng(0)
    draws = [kid(rng.standard_normal((30, 4)), rng.standard_normal((30, 4))) for _ in range(400)]
    assert abs(np.mean(draws)) < 4 * np.std(draws) / 20
    assert min(draws) < 0
    # By hand: k(1, 1) = 8, k(0, anything) = 1, k(1, 2) = 27, k(2, 2) = 125.
    assert kid(np.array([[0.0], [1.0]]), np.array([[1.0], [2.0]])) == pytest.approx(1 + 27 - (1 + 1 + 8 + 27) / 2)
