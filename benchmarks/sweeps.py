"""Gain of a second worker for a sweep: ``python -m benchmarks.sweeps``.

The same runs are trained by one process and by two, in turn. Each pool has trained something small before, so that
importing PyTorch, once a worker, is not counted. Two workers need two cores for themselves: how much of one each had
is printed, and what the speed-up would be if they had not waited for cores.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from typing import Any, Final

from benchmarks.rows import Row, parser, report
from gan_core.config.presets import preset
from gan_core.experiments.sweep import Job, plan, processes, run

BAR: Final = 1.8


def train(jobs: Sequence[Job], workers: int) -> tuple[float, list[dict[str, Any]]]:
    """Seconds that a pool takes for the jobs once it is warm, and their rows in order."""
    warm = plan(jobs[0].config, {}, seeds=range(1000, 1000 + 4 * workers), steps=1)
    with processes(workers) as pool:
        list(run(warm, pool))
        began = time.perf_counter()
        rows = list(run(jobs, pool))
        seconds = time.perf_counter() - began
    return seconds, sorted(rows, key=lambda row: str(row["run"]))


def without_time(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the part of a row that must not depend on the worker that trained it."""
    return [{name: value for name, value in row.items() if name != "seconds"} for row in rows]


def main() -> None:
    """Measure and print."""
    options = parser(__doc__, repeats=3)
    options.add_argument("--runs", type=int, default=6, help="runs of each sweep")
    options.add_argument("--steps", type=int, default=800, help="of each run")
    given = options.parse_args()
    jobs = plan(preset("ring-8"), {}, seeds=range(given.runs), steps=given.steps)
    ratios, fair, shares, equal = [], [], [], True
    for _ in range(given.repeats):
        (alone, first), (together, second) = train(jobs, 1), train(jobs, 2)
        equal &= without_time(first) == without_time(second)
        ratios.append(alone / together)
        spent = [sum(row["seconds"] for row in rows) for rows in (first, second)]
        fair.append(2 * spent[0] / spent[1])
        shares.append(statistics.mean((spent[0] / alone, spent[1] / together / 2)))
    case = f"{given.runs} runs of {given.steps} steps"
    rows = [
        Row(case, "one worker's time over two workers'", ratios, 2, ">=", BAR),
        Row(case, "the same by processor time", fair, 2, ">=", BAR),
        Row(case, "share of a core that a worker had", shares, 2),
        Row(case, "rows are equal (1: yes)", [float(equal)], 0, ">=", 1),
    ]
    report("sweeps", rows, [], given.json)


if __name__ == "__main__":
    main()
