"""Scores in the plane: known corruption in, known value out."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from gan_core.config import DATA_SHAPES
from gan_core.data import DATASETS, Modes, Points, load
from gan_core.metrics import (
    METRICS,
    even_directions,
    histogram,
    js,
    kl_divergence,
    random_directions,
    score_modes,
    score_plane,
    sliced_wasserstein,
    spread,
)

Array = NDArray[np.float64]
PLANE = [name for name in DATASETS if DATA_SHAPES.get(name) == (2,) and name != "own-points"]
WITH_MODES = [name for name in PLANE if name not in ("moons", "swiss-roll")]
UNIT = (0.0, 1.0, 0.0, 1.0)


def points(name: str) -> Points:
    data = load(name)
    assert isinstance(data, Points)
    return data


def modes_of(name: str) -> Modes:
    modes = points(name).modes
    assert modes is not None
    return modes


def draw(name: str, n: int, seed: int) -> Array:
    data = points(name)
    return data.to_data(data.sample(n, torch.Generator().manual_seed(seed)).double()).numpy()


# ---- calibration: the 25-Gaussian grid, 2,500 true and 2,500 corrupted points


def grid(rng: np.random.Generator, weights: Array | None = None, width: float = 1.0, n: int = 2500) -> Array:
    """Points of the grid, its modes weighted and widened."""
    modes = modes_of("grid-25")
    assert modes.sigma is not None
    chosen = rng.choice(25, n, p=None if weights is None else weights / weights.sum())
    return modes.centres[chosen] + width * modes.sigma * rng.standard_normal((n, 2))


FIRST = np.arange(25)
# Case: corruption; then (mean, standard deviation) of high quality, KL, SW1, JS; number of modes; width.
CALIBRATION: dict[str, tuple[dict[str, Any], list[tuple[float, float]], int, float]] = {
    "true": ({}, [(0.989, 0.002), (0.004, 0.002), (0.085, 0.019), (0.0102, 0.0011)], 25, 0.974),
    "first 20 modes only": (
        {"weights": (FIRST < 20) * 1.0},
        [(0.990, 0.002), (0.226, 0.001), (0.63, 0.06), (0.081, 0.003)],
        20,
        0.974,
    ),
    "first mode only": (
        {"weights": (FIRST < 1) * 1.0},
        [(0.990, 0.002), (3.219, 0.0003), (4.07, 0.09), (0.610, 0.007)],
        1,
        0.974,
    ),
    "weights 4 to 1": (
        {"weights": np.linspace(4, 1, 25)},
        [(0.988, 0.002), (0.073, 0.008), (0.65, 0.06), (0.028, 0.003)],
        25,
        0.974,
    ),
    "blur": ({"width": 3.0}, [(0.396, 0.009), (0.012, 0.003), (0.103, 0.019), (0.141, 0.005)], 25, 1.436),
    "collapse within modes": (
        {"width": 0.2},
        [(1.0, 0.0), (0.004, 0.001), (0.102, 0.027), (0.0103, 0.0013)],
        25,
        0.200,
    ),
}


@pytest.mark.parametrize("case", CALIBRATION)
def test_known_corruption_gives_the_known_values(case: str) -> None:
    corruption, expected, n_modes, width = CALIBRATION[case]
    rows, widths = [], []
    for seed in range(4):
        rng = np.random.default_rng(seed)
        real, fake = grid(rng), grid(rng, **corruption)
        scores = score_modes(fake, modes_of("grid-25"))
        assert scores.modes == n_modes
        rows.append(
            (
                scores.high_quality,
                scores.reverse_kl,
                sliced_wasserstein(real, fake, random_directions(64, 2, rng)),
                js(real, fake, (-5, 5, -5, 5), bins=50, eps=0.0, base=math.e),
            )
        )
        widths.append(scores.std_ratio)
    for value, (mean, std) in zip(np.mean(rows, axis=0), expected, strict=True):
        # Half a unit of the last digit of the published mean comes on top.
        assert value == pytest.approx(mean, abs=3 * std + 5e-4)
    assert np.mean(widths) == pytest.approx(width, rel=0.02)


@pytest.mark.parametrize("case", ["true", "blur", "collapse within modes"])
def test_balance_over_all_samples_is_blind_to_sharpness(case: str) -> None:
    fake = grid(np.random.default_rng(0), **CALIBRATION[case][0])
    scores = score_modes(fake, modes_of("grid-25"))
    assert scores.all_sample_kl < 0.01
    assert scores.modes_reached == 25


def test_exact_values() -> None:
    """What the formulas say, at a size where chance is small."""
    rng, n, modes = np.random.default_rng(3), 200_000, modes_of("grid-25")
    true = score_modes(grid(rng, n=n), modes)
    assert true.high_quality == pytest.approx(1 - math.exp(-4.5), abs=0.001)
    assert true.std_ratio == pytest.approx(math.sqrt(1 - 4.5 * math.exp(-4.5) / (1 - math.exp(-4.5))), abs=0.002)
    blur = score_modes(grid(rng, width=3.0, n=n), modes)
    assert blur.high_quality == pytest.approx(1 - math.exp(-0.5), abs=0.004)
    for weights, exact in (
        ((FIRST < 20) * 1.0, math.log(1.25)),
        ((FIRST < 1) * 1.0, math.log(25)),
        (np.linspace(4, 1, 25), 0.0679),
    ):
        scores = score_modes(grid(rng, weights, n=n), modes)
        assert scores.reverse_kl == pytest.approx(exact, abs=0.002)
        assert scores.all_sample_kl == pytest.approx(exact, abs=0.002)


@pytest.mark.parametrize(("name", "k"), [("ring-8", 8), ("grid-25", 25)])
def test_floors_are_those_of_a_perfect_sampler_of_the_published_size(name: str, k: int) -> None:
    scores = score_plane(points(name), draw(name, 12_000, 77))
    assert scores["high_quality"].floor == pytest.approx(1 - math.exp(-4.5))
    for kl in ("reverse_kl", "all_sample_kl"):
        assert scores[kl].floor == pytest.approx((k - 1) / (2 * 2500), rel=0.35)
    assert scores["std_ratio"].floor == pytest.approx(0.974, abs=0.006)
    assert scores["spread"].floor == pytest.approx(1, abs=0.01)
    assert [scores[m].floor for m in ("modes", "n_modes", "modes_reached")] == [k, k, k]


# ---- modes


def at(centres: Array, counts: list[int]) -> Array:
    return np.repeat(centres, counts, axis=0)


def test_one_sharp_sample_captures_a_mode_but_does_not_reach_it() -> None:
    modes = modes_of("ring-8")
    scores = score_modes(at(modes.centres, [993, 1, 1, 1, 1, 1, 1, 1]), modes)
    assert (scores.modes, scores.modes_reached) == (8, 1)


def test_a_mode_is_reached_from_a_fifth_of_its_share_on() -> None:
    modes = modes_of("ring-8")
    # A fair share is 125 of 1,000, a fifth of it 25; sharp or not does not matter.
    fake = at(modes.centres * 1.5, [825, 25, 25, 25, 25, 25, 25, 25])
    assert score_modes(fake, modes).modes_reached == 8
    fake = at(modes.centres * 1.5, [826, 24, 25, 25, 25, 25, 25, 25])
    assert score_modes(fake, modes).modes_reached == 7


def test_gan_labs_modes_need_a_quarter_of_their_share() -> None:
    modes = modes_of("blobs-3")
    # The true share of the first is 0.333 (1 - exp(-8)) of 12,000 = 3,995, a quarter 998.7.
    for count, captured in ((998, 2), (999, 3)):
        assert score_modes(at(modes.centres, [count, 6_000, 6_000 - count]), modes).modes == captured


def test_uneven_shares_are_no_divergence() -> None:
    modes = modes_of("blobs-3")
    scores = score_modes(at(modes.centres, [333, 333, 334]), modes)
    assert scores.reverse_kl == pytest.approx(0, abs=1e-9)
    assert scores.all_sample_kl == pytest.approx(0, abs=1e-9)


def test_without_a_sharp_sample_the_divergence_is_undefined() -> None:
    scores = score_modes(np.full((100, 2), 0.5), modes_of("ring-8"))
    assert (scores.modes, scores.high_quality) == (0, 0)
    assert math.isnan(scores.reverse_kl)
    assert math.isnan(scores.std_ratio)
    assert scores.all_sample_kl == pytest.approx(math.log(8))


def test_kl_divergence_takes_empty_cells() -> None:
    assert kl_divergence(np.array([1.0, 0.0]), np.array([0.5, 0.5])) == pytest.approx(math.log(2))
    assert kl_divergence(np.array([0.75, 0.25]), np.array([0.5, 0.5])) == pytest.approx(
        0.75 * math.log(1.5) + 0.25 * math.log(0.5)
    )


# ---- Jensen-Shannon


@pytest.mark.parametrize(
    ("name", "js_floor", "sw_floor"),
    [
        ("gaussians-2", 0.013, 0.003),
        ("ring", 0.007, 0.002),
        ("blobs-3", 0.002, 0.002),
        ("line", 0.002, 0.002),
    ],
)
def test_floors_on_gan_labs_data(name: str, js_floor: float, sw_floor: float) -> None:
    scores = score_plane(points(name), draw(name, 12_000, 78), n=12_000)
    for metric, floor in (("js", js_floor), ("sliced_wasserstein", sw_floor)):
        assert scores[metric].floor == pytest.approx(floor, abs=0.001)
        assert scores[metric].value < 2 * floor
        assert scores[metric].n == 12_000
    assert scores["high_quality"].floor == pytest.approx(scores["high_quality"].value, abs=0.003)


@pytest.mark.parametrize("name", ["gaussians-2", "ring", "blobs-3", "line"])
@pytest.mark.parametrize("place", [0.5, 1.0, 40.0, -1e30])
def test_a_single_point_is_far_from_all_data_wherever_it_lies(name: str, place: float) -> None:
    score = score_plane(points(name), np.full((12_000, 2), place))["js"].value
    assert 0.79 < score < 0.91


def test_cells_are_counted_where_they_are() -> None:
    x = np.array([[0.05, 0.05], [0.95, 0.05], [0.05, 0.95], [0.05, 0.95]])
    counts = 4 * histogram(x, UNIT, bins=10)
    assert counts[[0, 9, 90, 100]].tolist() == [1, 1, 2, 0]
    # Outside is outside, also where a running index would land in another row or cast to an integer wrap.
    out = np.array([[1.05, 0.5], [0.5, -0.01], [1.0, 0.5], [1e300, 0.0], [-1e300, 1e300], [0.5, 0.5]])
    counts = 6 * histogram(out, UNIT, bins=10)
    assert counts[[100, 55]].tolist() == [5, 1]
    assert counts.sum() == 6
    # Just below the upper edges, where rounding would lead out of the frame: into the last cell.
    assert histogram(np.nextafter([[5.0, 5.0]], 0), (-5, 5, -5, 5), bins=30)[899] == 1


def test_js_has_its_closed_forms() -> None:
    left, right = np.full((50, 2), 0.1), np.full((200, 2), 0.9)
    assert js(left, right, UNIT, eps=0.0) == 1
    assert js(left, right, UNIT, eps=0.0, base=math.e) == pytest.approx(math.log(2))
    assert js(left, left, UNIT) == 0
    half = np.concatenate([left, np.full((50, 2), 0.9)])
    # KL(p|m) with p = (1, 0), m = (3/4, 1/4), and KL(q|m) with q = (1/2, 1/2).
    exact = (math.log2(4 / 3) + 0.5 * math.log2(2 / 3) + 0.5 * math.log2(2)) / 2
    assert js(left, half, UNIT, eps=0.0) == pytest.approx(exact)
    assert js(half, left, UNIT, eps=0.0) == pytest.approx(exact)
    # By hand with two cells and the one outside: shares (1, 0, 0) and (0, 1, 0), 0.5 added, over 2.5.
    p, q = np.array([1.5, 0.5, 0.5, 0.5, 0.5]) / 3.5, np.array([0.5, 0.5, 0.5, 1.5, 0.5]) / 3.5
    m = (p + q) / 2
    exact = (kl_divergence(p, m) + kl_divergence(q, m)) / 2 / math.log(2)
    assert js(left, right, UNIT, bins=2, eps=0.5) == pytest.approx(exact)


# ---- sliced Wasserstein and spread


def test_a_shift_costs_its_length_times_the_mean_cosine() -> None:
    x = np.random.default_rng(0).standard_normal((500, 2))
    shift = np.array([0.3, -0.4])
    exact = 0.5 * 2 / math.pi
    assert sliced_wasserstein(x, x + shift, even_directions(2_000)) == pytest.approx(exact, rel=1e-4)
    assert sliced_wasserstein(x, x + shift) == pytest.approx(exact, rel=1e-3)
    assert sliced_wasserstein(x, x[::-1]) == pytest.approx(0, abs=1e-12)
    with pytest.raises(ValueError, match="same shape"):
        sliced_wasserstein(x, x[:-1])


def test_directions_are_unit_vectors() -> None:
    directions = even_directions()
    angles = np.pi * np.arange(64) / 64
    np.testing.assert_allclose(directions, np.stack([np.cos(angles), np.sin(angles)], axis=1))
    lengths = np.linalg.norm(random_directions(20, 7, np.random.default_rng(0)), axis=1)
    np.testing.assert_allclose(lengths, 1)


def test_spread_is_the_root_mean_variance() -> None:
    assert spread(np.array([[0.0, 1.0], [2.0, 1.0]])) == pytest.approx(math.sqrt(0.5))
    assert spread(np.full((10, 2), 3.0)) == 0


# ---- all at once


@pytest.mark.parametrize("name", PLANE)
def test_real_data_score_as_their_floor(name: str) -> None:
    scores = score_plane(points(name), draw(name, 12_000, 79))
    expected = {"js", "sliced_wasserstein", "spread"}
    if name in WITH_MODES:
        expected |= {"modes", "n_modes", "modes_reached", "high_quality", "reverse_kl", "all_sample_kl"}
    if name in ("ring-8", "grid-25", "blobs-3"):
        expected |= {"std_ratio"}
    assert set(scores) == expected
    assert expected <= set(METRICS)
    for metric, score in scores.items():
        low, high = METRICS[metric].range
        assert low <= score.value <= high
        assert score.floor is not None
        assert score.n == (12_000 if metric == "js" else 2_500)
        # By chance the distances of one sample vary by their own size, the shares by little.
        slack = 1.5 * score.floor + 1e-4 if not METRICS[metric].higher_is_better else 0.03 * score.floor
        assert abs(score.value - score.floor) <= slack, metric


def blurred(x: Array, data: Points) -> Array:
    return x + 0.3 * data.scale * np.random.default_rng(0).standard_normal(x.shape)


def collapsed(x: Array, data: Points) -> Array:
    return np.repeat(x[:1], len(x), axis=0)


def moved(x: Array, data: Points) -> Array:
    return x + 0.5 * data.scale


@pytest.mark.parametrize("name", PLANE)
@pytest.mark.parametrize("corrupt", [blurred, collapsed, moved])
def test_corrupted_data_score_worse_than_their_floor(name: str, corrupt: Callable[[Array, Points], Array]) -> None:
    data = points(name)
    scores = score_plane(data, corrupt(draw(name, 12_000, 80), data))
    # Blur hardly costs any transport: it moves each point a little, to all sides.
    for metric in ("js",) if corrupt is blurred else ("js", "sliced_wasserstein"):
        floor = scores[metric].floor
        assert floor is not None
        assert scores[metric].value > 2 * floor
    if name in WITH_MODES:
        assert scores["n_modes"].value == len(modes_of(name))
        if corrupt is collapsed:
            assert scores["modes_reached"].value == 1
            assert scores["all_sample_kl"].value == pytest.approx(math.log(len(modes_of(name))), rel=0.01)
        else:
            assert scores["high_quality"].value < 0.95
    assert scores["spread"].value == pytest.approx(
        {blurred: math.hypot(1, 0.3), collapsed: 0, moved: 1}[corrupt], abs=0.03
    )


def test_scores_say_how_many_samples_they_used() -> None:
    few = score_plane(points("ring-8"), draw("ring-8", 300, 81))
    assert {score.n for score in few.values()} == {300}
    many = score_plane(points("ring-8"), draw("ring-8", 20_000, 81), n=20_000)
    assert {name: score.n for name, score in many.items() if score.n != 20_000} == {"js": 12_000}
    floors = [scores["js"].floor for scores in (few, many)]
    assert floors[0] is not None
    assert floors[1] is not None
    assert floors[0] > 10 * floors[1]


@pytest.mark.parametrize("name", ["ring-8", "moons"])
def test_scores_repeat_and_leave_their_input_alone(name: str) -> None:
    fake = draw(name, 3_000, 82)
    before = fake.copy()
    np.random.seed(11)  # noqa: NPY002  (to show that nobody reads it)
    torch.manual_seed(12345)
    state, torch_state = np.random.get_state()[1], torch.get_rng_state()  # noqa: NPY002
    first = score_plane(points(name), fake)
    assert first == score_plane(points(name), fake)
    assert first != score_plane(points(name), fake, rng_seed=1)
    np.testing.assert_array_equal(fake, before)
    np.testing.assert_array_equal(state, np.random.get_state()[1])  # noqa: NPY002
    assert torch.equal(torch_state, torch.get_rng_state())
    single = score_plane(points(name), fake.astype(np.float32))
    assert single["js"].value == pytest.approx(first["js"].value, abs=0.002)
    assert single["sliced_wasserstein"].value == pytest.approx(first["sliced_wasserstein"].value, abs=1e-4)


@pytest.mark.parametrize("broken", [math.nan, math.inf, 3e38])
def test_a_diverged_generator_has_no_scores_and_no_error(broken: float) -> None:
    fake = draw("ring-8", 3_000, 83)
    fake[17, 1] = broken
    scores = score_plane(points("ring-8"), fake)
    assert all(math.isnan(score.value) for score in scores.values())
    assert set(scores) == set(score_plane(points("ring-8"), draw("ring-8", 3_000, 83)))


@pytest.mark.parametrize("shape", [(0, 2), (5, 3), (10,)])
def test_points_are_pairs(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"\[m, 2\]"):
        score_plane(points("ring-8"), np.zeros(shape))


def test_each_metric_explains_itself() -> None:
    for name, metric in METRICS.items():
        assert name == metric.name
        assert metric.label
        assert metric.source
        assert metric.definition.endswith(".")
        assert metric.range[0] < metric.range[1]
