"""The random bench: runs are drawn by their numbers alone, and the oracle says of them what their densities say.

``draws/oracle.jsonl.gz`` holds what the oracle saw of the first runs of draw 0, as `benchmarks.draws` wrote them.
"""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from benchmarks import draws
from benchmarks.densities import density_of
from benchmarks.drawing import draw_run
from benchmarks.draws import NAMES, Judged, judge_row, table, wilson
from benchmarks.keeping import looked_anew, read_rows, record, seen_of
from benchmarks.sources import IMAGES, PLANE, DigitSource, PlaneSource, make
from benchmarks.truth import LABELS, Seen, Truth, judge, labels_of, turned
from gan_core.config import DATA_SHAPES
from gan_core.data import DATASETS, Points, load
from gan_core.diagnosis import FINDINGS

ROWS = {row["number"]: row for row in read_rows(Path(__file__).parent / "draws" / "oracle.jsonl.gz")}
IN_THE_PLANE = [name for name, info in DATASETS.items() if DATA_SHAPES.get(name) == (2,) and not info.own]
EVEN = np.full(4, 0.25)
GOOD = Seen(100, True, 0.98, (0.25,) * 4, 0.95, 0.1, 0.06, 1.0, 1.2, math.nan, math.nan, 0.55, 1.0)


def look(**changes: Any) -> Seen:
    return dataclasses.replace(GOOD, **changes)


def run_of(*looks: Seen, broke: int | None = None) -> Truth:
    return judge([dataclasses.replace(seen, step=100 * i) for i, seen in enumerate(looks)], EVEN, broke)


@pytest.mark.parametrize("name", IN_THE_PLANE)
def test_the_density_of_a_data_set_is_that_of_its_samples(name: str) -> None:
    data, density = load(name), density_of(name)
    assert isinstance(data, Points)
    points = data.to_data(data.sample(6_000, torch.Generator().manual_seed(5)).double()).numpy()
    on, region = density.place(points)
    assert on.mean() == pytest.approx(0.99, abs=0.005)
    assert np.bincount(region, minlength=len(density.shares)) / len(points) == pytest.approx(density.shares, abs=0.02)
    assert not density.place(points + 100)[0].any()


@pytest.mark.parametrize("kind", [*PLANE, *IMAGES])
def test_a_source_is_made_again_by_its_seed_and_its_shares_are_those_of_its_samples(kind: str) -> None:
    first, again = make(kind, 3), make(kind, 3)
    assert first.settings == again.settings
    assert first.shares.sum() == pytest.approx(1)
    if isinstance(first, PlaneSource):
        points = first.density.draw(5_000, np.random.default_rng(0))
        assert first.density.place(points)[0].mean() == pytest.approx(0.99, abs=0.01)
    else:
        assert isinstance(first, DigitSource)
        assert first.train.shape == first.unseen.shape
        assert first.train.abs().max() <= 1


def test_a_run_is_drawn_by_two_numbers_and_draws_differ() -> None:
    assert [draw_run(1, i)[0] for i in range(6)] == [draw_run(1, i)[0] for i in range(6)]
    runs = [draw_run(1, i)[0] for i in range(60)]
    assert len({run.config for run in runs}) == 60
    assert runs[0].config != draw_run(2, 0)[0].config
    assert sum(run.usual for run in runs) == 48
    assert sum(run.kind in IMAGES for run in runs) == 15
    assert len({run.kind for run in runs}) > 15
    assert len({run.config.objective for run in runs}) == 7


@pytest.mark.parametrize(
    ("changes", "label"),
    [
        ({"whole": False, "shares": ()}, "diverged"),
        ({"spread": 20.0}, "diverged"),
        ({"moved": 0.01, "distance": 0.9}, "not begun"),
        ({"on": 0.1, "distance": 0.95}, "off the data"),
        ({"on": 0.4}, "blurred"),
        ({"shares": (0.33, 0.33, 0.33, 0.01)}, "collapse"),
        ({"spread": 0.05}, "collapse"),
        ({"shares": (0.6, 0.1, 0.1, 0.2)}, "skewed"),
        ({"width": 0.3}, "narrow"),
        ({"frame": 0.4}, "frame wrong"),
        ({"closer": 0.9}, "copied"),
    ],
)
def test_each_label_is_of_its_own_fault(changes: dict[str, Any], label: str) -> None:
    assert labels_of(GOOD, EVEN) == ()
    assert label in labels_of(look(**changes), EVEN)
    assert run_of(*[look(**changes)] * 12).verdict == "bad"


def test_a_rare_region_is_missing_though_little_is() -> None:
    shares = np.array([0.49, 0.49, 0.02])
    assert labels_of(look(shares=(0.5, 0.5, 0.0)), shares) == ("region missing",)
    assert labels_of(look(shares=(0.49, 0.49, 0.02)), shares) == ()
    assert set(LABELS) > {"region missing"}


def test_a_run_is_good_bad_or_neither() -> None:
    bad = look(shares=(0.5, 0.5, 0.0, 0.0), distance=0.6)
    assert run_of(*[GOOD] * 12).verdict == "good"
    assert run_of(*[bad] * 12) == Truth("bad", ("collapse",), ("D tells nothing",), under_way=False)
    assert run_of(*[bad] * 6, *[GOOD] * 6).verdict == "good", "the end counts"
    assert run_of(*[GOOD] * 10, *[bad] * 2).verdict == "between"
    nearer = [dataclasses.replace(bad, distance=0.9 * 0.8**i) for i in range(12)]
    assert run_of(*nearer).verdict == "between", "it is still under way"
    assert run_of(GOOD, GOOD).verdict == "good", "one late look is enough"
    assert run_of(GOOD, GOOD, broke=150).labels == ("diverged",)


def test_samples_that_move_to_and_fro_turn() -> None:
    here, there = look(shares=(0.9, 0.1, 0.0, 0.0)), look(shares=(0.0, 0.0, 0.1, 0.9))
    assert turned([here, here, there, there]) == [False, False, True, True]
    assert "turning" in run_of(*[here, there] * 6).labels
    assert "turning" not in run_of(*[here] * 12).labels


def test_the_oracle_says_of_recorded_runs_what_their_numbers_say() -> None:
    told = {n: judge(seen_of(row), np.array(row["shares"]), row["broke"]) for n, row in ROWS.items()}
    assert {truth.verdict for truth in told.values()} == {"good", "bad", "between"}
    for number, truth in told.items():
        last = seen_of(ROWS[number])[-1]
        if truth.verdict == "good":
            assert last.on > 0.3
            assert last.distance < 0.7
        if "off the data" in truth.labels:
            assert last.on < 0.3


def test_every_finding_has_its_names() -> None:
    assert set(FINDINGS) <= set(NAMES)
    for name, names in NAMES.items():
        assert not (names.praise and (names.labels or names.causes)), name


def test_what_was_looked_at_while_training_is_seen_again_from_the_kept_weights(tmp_path: Path) -> None:
    drawn, source = draw_run(4, 0)
    row = record(dataclasses.replace(drawn, steps=200), source, tmp_path / "run.safetensors")
    assert [seen.step for seen in seen_of(row)] == [0, 100, 200]
    anew = looked_anew(row, tmp_path / "run.safetensors")
    assert json.dumps(anew) == json.dumps(row)  # NaN is written, and equal, there
    judged = judge_row(row)
    assert judged.truth.verdict in ("good", "bad", "between")
    assert "bad runs named rightly" in table([judged], 1)


def test_the_table_counts_names_alarms_and_praise() -> None:
    bad, good = Truth("bad", ("collapse",), (), under_way=False), Truth("good", (), (), under_way=False)
    runs = [
        Judged({}, bad, ("mode_collapse",), True, {}, ()),
        Judged({}, bad, ("improving",), False, {}, ("improving",)),
        Judged({}, good, ("mode_collapse",), False, {"mode_collapse": 300}, ()),
        Judged({}, good, ("converged",), False, {}, ("converged",)),
    ]
    said = table(runs, 3)
    assert "named rightly at the end: 1 of 2" in said
    assert "false alarm, ever: 1 of 2" in said
    assert "converged at the end: 1 of 2" in said
    assert said.endswith("draws looked at so far: 3")


@pytest.mark.parametrize(("count", "of", "low", "high"), [(0, 50, 0.0, 0.0713), (9, 10, 0.5958, 0.9821), (0, 0, 0, 1)])
def test_intervals_are_wilson_s(count: int, of: int, low: float, high: float) -> None:
    assert wilson(count, of) == pytest.approx((low, high), abs=1e-4)


def test_a_draw_that_was_looked_at_is_counted_once(tmp_path: Path) -> None:
    assert [draws._looked(tmp_path, given) for given in ([0], [0, 1], [1])] == [1, 2, 2]
