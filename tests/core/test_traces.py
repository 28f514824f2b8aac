"""The diagnosis on recorded runs: each failure is named within 500 steps of its onset, and nothing else is alarmed.

The runs in ``traces`` are as `benchmarks.diagnosis` wrote them (``--traces``); the onsets are the oracle's, of
`benchmarks.oracle`, which knows the modes and the densities that the diagnosis does not. No run is trained here: what
is tested is what the diagnosis says of them today.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.cases import FAILING, HEALTHY
from benchmarks.verdicts import GOOD, MAX_CHANGES, WITHIN, changes, delay, first, said, trace_file

FOLDER = Path(__file__).parent / "traces"


def recorded(name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(gzip.decompress(trace_file(FOLDER, name).read_bytes()))
    return rows


@pytest.mark.parametrize("name", FAILING)
def test_a_failure_is_named_within_500_steps_of_its_onset_in_nine_of_ten_runs(name: str) -> None:
    case, recordings = FAILING[name], recorded(name)
    rows = [row for row in recordings if row["onset"] is not None]
    assert len({row["seed"] for row in recordings}) >= 10
    assert len(rows) >= 7, "a failure that never begins is no test"
    delays = [delay(row, said(row), case.expected) for row in rows]
    assert sum(d is not None and d <= WITHIN for d in delays) >= 0.9 * len(rows), delays


def test_healthy_runs_raise_one_false_alarm_in_fifty_at_most_and_their_verdicts_hardly_change() -> None:
    alarms: list[tuple[str, int, str]] = []
    n_runs = 0
    for name, well in HEALTHY.items():
        for row in recorded(name):
            verdicts = said(row)
            n_runs += 1
            assert verdicts[-1][0] == well.steps
            assert changes(verdicts) <= MAX_CHANGES, (name, row["seed"])
            alarms += [(name, row["seed"], finding) for finding in first(verdicts) if finding not in GOOD]
    assert n_runs >= 50
    assert len({alarm[:2] for alarm in alarms}) <= n_runs // 50, alarms
