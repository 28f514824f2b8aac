"""Faults of own data: each is found where it is, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from gan_core.data import load
from gan_core.data.checks import FAULTS, check
from gan_core.data.images import Images
from gan_core.data.own_data import OwnData, OwnImages, OwnPoints
from gan_core.data.points import Points

Pixels = NDArray[np.uint8]


def ring(n: int = 500, seed: int = 0) -> NDArray[np.float64]:
    rng = np.random.default_rng(seed)
    angle = rng.integers(0, 8, n) * np.pi / 4
    return np.stack((np.cos(angle), np.sin(angle)), 1) * 2 + rng.normal(0, 0.05, (n, 2))


def points(values: NDArray[np.float64]) -> OwnPoints:
    return OwnPoints(values.astype(np.float32))


def pictures(n: int = 300, side: int = 32, seed: int = 0) -> Pixels:
    """Bright discs of many sizes and places on grounds of many shades."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:side, :side]
    out = np.empty((n, side, side, 1), np.uint8)
    for picture in out:
        cx, cy = rng.uniform(0, side, 2)
        r = rng.uniform(2, side / 2)
        ground, disc = rng.integers(0, 256, 2)
        picture[..., 0] = np.where((x - cx) ** 2 + (y - cy) ** 2 < r * r, disc, ground)
    return out


def names(data: OwnData) -> list[str]:
    return [fault.name for fault in check(data)]


FAULTY: dict[str, OwnData] = {
    "outliers": points(np.vstack((ring(), [[50_000, 50_000]]))),
    "sentinels": points(np.vstack((ring(), np.full((40, 2), -999.0)))),
    "unequal_scales": points(ring() * [1, 1000]),
    "steps": points(np.random.default_rng(0).poisson([4, 9], (600, 2))),
    "no_variation": OwnImages(
        np.repeat(pictures(1), 300, 0) + (np.arange(300) % 2).astype(np.uint8)[:, None, None, None]
    ),
    "duplicates": OwnImages(np.repeat(pictures(100), 3, 0)),
    "narrow_range": OwnImages(100 + pictures() // 8),
    "common_border": OwnImages(np.pad(pictures(side=20), ((0, 0), (6, 6), (6, 6), (0, 0)))),
    "imbalance": OwnImages(pictures(608), labels=np.repeat([0, 1], [600, 8]), classes=("cats", "dogs")),
    "too_few": OwnImages(pictures(50)),
}


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_is_found_where_it_is(name: str) -> None:
    found = check(FAULTY[name])
    assert name in [fault.name for fault in found]
    mine = next(fault for fault in found if fault.name == name)
    assert mine.evidence
    assert mine.remedy
    assert any(c.isdigit() for c in mine.evidence), "the numbers that show it"


@pytest.mark.parametrize(
    "name", ["outliers", "sentinels", "unequal_scales", "steps", "imbalance", "common_border", "too_few"]
)
def test_a_single_fault_is_named_alone(name: str) -> None:
    assert names(FAULTY[name]) == [name]


def test_a_column_without_variation_is_named() -> None:
    values = ring()
    values[:, 1] = 7
    assert "no_variation" in names(points(values))


def test_columns_are_unequal_only_if_the_whole_of_them_is() -> None:
    rng = np.random.default_rng(0)
    clumps = np.repeat([[-3.0, 0.0], [3.0, 0.0], [0.0, 2.0]], [290, 290, 120], 0) + rng.normal(0, 0.1, (700, 2))
    assert names(points(clumps)) == [], "most of the second column is narrow, not all of it"
    assert names(points(clumps * [10, 1])) == ["unequal_scales"]


def test_steps_of_any_size_in_one_column_are_named_and_fine_ones_are_not() -> None:
    rng = np.random.default_rng(0)
    wide, ratings = rng.normal(0, 1, 900), rng.integers(2, 11, 900) / 2
    assert names(points(np.stack((wide, ratings), 1))) == ["steps"]
    (found,) = check(points(np.stack((wide, ratings), 1)))
    assert "column 2 has 9 different values, 0.5 apart" in found.evidence
    assert names(points(np.stack((wide, rng.normal(40, 5, 900).round() / 5), 1))) == [], "a fifth of the spread"
    assert names(points(np.stack((wide, rng.choice([0.0, 1.0, 2.7, 3.9], 900)), 1))) == [], "values, but no steps"


def test_copied_points_are_named() -> None:
    assert names(points(np.repeat(ring(200), 4, 0))) == ["duplicates"]


@pytest.mark.parametrize("seed", range(20))
def test_sound_data_have_no_fault(seed: int) -> None:
    rng = np.random.default_rng(seed)
    assert names(points(ring(seed=seed))) == []
    assert names(points(rng.normal(0, 1, (2000, 2)))) == []
    assert names(points(rng.exponential(1, (2000, 2)))) == []
    assert names(points(rng.poisson([30, 50], (600, 2)).astype(float))) == []
    assert names(OwnImages(pictures(seed=seed))) == []


@pytest.mark.parametrize("name", ["gaussians-2", "ring", "blobs-3", "line", "ring-8", "grid-25", "moons", "swiss-roll"])
def test_the_shipped_points_have_no_fault(name: str) -> None:
    import torch

    data = load(name)
    assert isinstance(data, Points)
    drawn = data.to_data(data.sample(2_000, torch.Generator().manual_seed(0))).numpy()
    assert names(OwnPoints(drawn.astype(np.float32))) == []


def test_the_shipped_digits_have_no_fault() -> None:
    data = load("digits")
    assert isinstance(data, Images)
    assert names(OwnImages(data.to_uint8(data.train))) == []
