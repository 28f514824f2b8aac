"""The sanity checks of metrics: each does what it says on its label, and the known weaknesses are found."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.sanity import AIMS, CHECKS, WORLDS, Check, Ends, Reading, readings, unbounded, verdict
from gan_core.metrics import METRICS

BY_TITLE = {check.title: check for check in CHECKS}
PLAIN = BY_TITLE["fresh real samples"]


def read(title: str) -> dict[str, Reading]:
    return readings(BY_TITLE[title], "clusters")


def test_every_metric_that_is_measured_has_an_aim_and_every_check_a_world() -> None:
    assert set(AIMS) <= set(METRICS)
    rng = np.random.default_rng(0)
    for world in WORLDS.values():
        assert set(world.scores(world.real(300, rng)[0])) <= {*AIMS, "n_modes"}
    assert all(set(check.worlds) <= set(WORLDS) for check in CHECKS)


def test_real_samples_read_as_real_ones() -> None:
    found = read(PLAIN.title)
    assert {"precision", "clipped_coverage", "kid", "two_sample", "closer_to_train"} <= set(found)
    assert all(reading.passed for reading in found.values()), found


def test_outliers_of_the_data_fool_precision_and_density_but_not_the_clipped_one() -> None:
    found = read("outliers in the data, a third of the samples there")
    assert {name for name, reading in found.items() if not reading.passed} == {"precision", "density"}
    assert found["clipped_density"].value == pytest.approx(1 / 3, abs=0.05)


def test_dropped_modes_are_seen_by_coverage_and_hardly_by_diversity() -> None:
    found = read("a third of the modes dropped")
    assert found["coverage"].passed
    assert found["clipped_coverage"].passed
    assert not found["diversity"].passed
    assert found["precision"].passed, "what is left is as good as it was"


def test_a_reading_lies_between_real_and_worst() -> None:
    share = Ends(0.96, 0.01, 0.0)
    assert (share.read("precision", 0.96), share.read("precision", 0.0)) == (0, 1)
    assert Ends(1.0, 0.5, 9.0).read("kid", 2.0) == 2
    assert unbounded("kid")
    assert not unbounded("density")
    spoilt = Check("", PLAIN.spoil, {"quality": "falls", "both": "falls"})
    assert [verdict("precision", value, spoilt) for value in (0.1, 0.2)] == [False, True]
    assert [verdict("kid", value, spoilt) for value in (4.0, 6.0)] == [False, True]
    assert [verdict("precision", value, PLAIN) for value in (-0.2, 0.05)] == [False, True]
