"""Cost of metrics and diagnosis for the training: ``python -m benchmarks.watching``.

`Trainer.step` runs alone and with the app's `Monitor` asked ten times a second, as a playing run asks it, in turns:
alone, watched, alone. The monitor works on its own thread, on copies of the weights. The bar is on steps a second,
watched over the mean of the two halves beside it; on a machine that others use as well, the share of the processor time
that went into looks, scores and copies says more.
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path
from typing import Final

import torch

from benchmarks.rows import Row, report
from gan_core.config.presets import preset
from gan_core.diagnosis.report import Report
from gan_core.live.monitor import Monitor
from gan_core.training import Trainer

PRESETS: Final = ("ring-8", "digits")
ASKED_EVERY: Final = 0.1
BAR: Final = 0.97


class _Run:
    """Run as the monitor needs it; counts what it is told."""

    run = n_together = 1
    scoring = -1

    def __init__(self) -> None:
        self.n_looks = self.n_scores = 0
        self.spent = self.total = 0.0

    def report(self, report: Report) -> None:
        self.n_looks += 1
        self.n_scores += bool(report.scores)


def rate(trainer: Trainer, seconds: float, monitor: Monitor | None, run: _Run) -> float:
    """Measure steps a second; if watched, add up the processor time in ``run``."""
    steps, asked, copying = 0, 0.0, 0.0
    process, thread = time.process_time(), time.thread_time()
    begun = now = time.perf_counter()
    while now - begun < seconds:
        trainer.step()
        steps += 1
        now = time.perf_counter()
        if monitor is not None and now - asked > ASKED_EVERY:
            asked, before = now, time.thread_time()
            monitor(run, trainer)
            copying += time.thread_time() - before
    total = time.process_time() - process
    if monitor is not None:
        run.spent += total - (time.thread_time() - thread) + copying
        run.total += total
    return steps / (now - begun)


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument("--repeats", type=int, default=9)
    options.add_argument("--seconds", type=float, default=4.0, help="length of each part of a repeat")
    options.add_argument("--json", type=Path)
    given = options.parse_args()
    torch.set_num_threads(1)
    rows = []
    for name in PRESETS:
        trainer, monitor, run = Trainer(preset(name)), Monitor(), _Run()
        rate(trainer, 2 * given.seconds, monitor, run)  # the first scores find out what real data reach
        ratios, n = [], (run.n_looks, run.n_scores)
        run.spent = run.total = 0.0
        for _ in range(given.repeats):
            before, watched, after = (rate(trainer, given.seconds, m, run) for m in (None, monitor, None))
            ratios.append(watched / statistics.mean((before, after)))
        monitor.close()
        seconds = given.repeats * given.seconds
        rows.append(Row(name, "steps a second, watched over alone", ratios, 3, ">=", BAR))
        rows.append(Row(name, "share of the processor time", [run.spent / run.total], 4, "<=", 1 - BAR))
        rows.append(Row(name, "looks a second", [(run.n_looks - n[0]) / seconds], 2))
        rows.append(Row(name, "scores a second", [(run.n_scores - n[1]) / seconds], 2))
    report("watching", rows, [], given.json)


if __name__ == "__main__":
    main()
