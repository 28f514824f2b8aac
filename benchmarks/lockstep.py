"""Cost of lockstep and the lab page: ``python -m benchmarks.lockstep``.

First lockstep itself, in one process: a failure of the gallery and its first cure train together, with metrics, and are
asked for frames as the page asks; and each of the two configs by `Trainer.step` alone, one after the other, for a
second at a time in turn.

Then the same failure and cure train on the Collapse page in headless Chromium. Beside it each of the two
configs trains alone, one after the other: steps of both a second are then 1 / (1/a + 1/b). Each repeat goes bare, page,
bare, the others always at rest. Where the bare halves differ by more than a tenth the machine was busy with something
else, and what counts is the ratio of the rates without the time that the threads waited for a core.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import torch
from playwright.sync_api import Browser, Page

from benchmarks.bare import Bare, Rate, thread_clocks
from benchmarks.live import BUSY
from benchmarks.rows import Row, parser, report
from benchmarks.served import PATIENCE_MS, VIEWPORT, Server, chromium
from gan_core.experiments.gallery import find
from gan_core.live.lockstep import Lockstep
from gan_core.live.monitor import Monitor
from gan_core.training import Trainer

RATIO: Final = 0.9
FRAMES: Final = 3.0
ASKED_EVERY: Final = 0.25
FAILURES: Final = ("ring-collapse", "digits-collapse")


@dataclass
class Found:
    """Results of the repeats of one comparison, a value each."""

    alone: list[float] = field(default_factory=list)
    page: list[float] = field(default_factory=list)
    ratio: list[float] = field(default_factory=list)
    undisturbed: list[float] = field(default_factory=list)
    counts: list[float] = field(default_factory=list)
    frames: list[float] = field(default_factory=list)
    n_busy: int = 0


def in_turn(rates: Sequence[Rate]) -> Rate:
    """Measure the steps a second of all runs that share a core."""
    return Rate(
        1 / sum(1 / rate.steps_per_second for rate in rates),
        1 / sum(1 / rate.undisturbed for rate in rates),
    )


def apart(trainers: Sequence[Trainer], seconds: float) -> float:
    """Seconds that a step of all takes, one trainer after the other."""
    found = 0.0
    for trainer in trainers:
        begun, taken, n = time.perf_counter(), 0.0, 0
        while taken < seconds / len(trainers):
            trainer.step()
            taken, n = time.perf_counter() - begun, n + 1
        found += taken / n
    return found


def together(group: Lockstep, seconds: float) -> float:
    """Seconds that a step of all takes in lockstep, while frames are asked for."""
    group.play()
    assert group.wait(lambda runs: runs.state == "playing", PATIENCE_MS / 1000)
    before, begun = group.step_count, time.perf_counter()
    while time.perf_counter() - begun < seconds:
        group.frame()
        time.sleep(ASKED_EVERY)
    found = (time.perf_counter() - begun) / max(1, group.step_count - before)
    group.pause()
    assert group.wait(lambda runs: runs.state == "paused", PATIENCE_MS / 1000)
    return found


def measure_together(name: str, *, repeats: int, seconds: float) -> Row:
    """Lockstep without a page; the machine's moods fall on both in turn, so that the ratio is one of sums."""
    failure = find(name)
    configs = failure.config(), failure.cured(failure.cures[0])
    trainers, monitor = [Trainer(config) for config in configs], Monitor()
    group = Lockstep(configs, observers=(monitor,))
    apart(trainers, seconds), together(group, seconds)
    found = []
    for _ in range(repeats):
        pairs = [(apart(trainers, seconds), together(group, seconds)) for _ in range(10)]
        found.append(sum(alone for alone, _ in pairs) / sum(both for _, both in pairs))
    group.close()
    monitor.close()
    return Row(name, "ratio, frames made but nobody draws", found, 3, ">=", RATIO)


class LabPage:
    """The Collapse page with one comparison."""

    def __init__(self, browser: Browser, server: Server, failure: str) -> None:
        self._server = server
        self._context = browser.new_context(viewport=VIEWPORT)
        self._page: Page = self._context.new_page()
        self._page.set_default_timeout(PATIENCE_MS)
        self._page.goto(f"{server.url}/collapse?failure={failure}", wait_until="commit")
        self._page.wait_for_function("Number(document.querySelector('.gan-lab')?.dataset.step) > 20")
        self._page.wait_for_function("document.querySelectorAll('.gan-lab .js-plotly-plot').length >= 2")

    def close(self) -> None:
        """Leave."""
        self._context.close()

    def click(self, name: str, state: str) -> None:
        """Press Play or Pause, and wait until it shows."""
        self._page.locator(".gan-lab button.primary", has_text=name).click()
        self._page.wait_for_function(f"document.querySelector('.gan-lab').dataset.state === '{state}'")

    def _count(self) -> tuple[int, int]:
        step, drawn = self._page.evaluate(
            "() => [Number(document.querySelector('.gan-lab').dataset.step), window.labDrawn]"
        )
        return int(step), int(drawn)

    def watch(self, seconds: float) -> tuple[Rate, float]:
        """Measure steps of all sides a second, and frames drawn a second."""
        self._page.evaluate(
            """() => {
                const root = document.querySelector('.gan-lab');
                window.labDrawn = 0;
                window.labWatch?.disconnect();
                window.labWatch = new MutationObserver(() => { window.labDrawn += 1; });
                window.labWatch.observe(root, { attributeFilter: ['data-frame'] });
            }"""
        )
        clocks, before, began = thread_clocks(self._server.pid), self._count(), time.perf_counter()
        time.sleep(seconds)
        after, elapsed = self._count(), time.perf_counter() - began
        spent = [clock - clocks[tid] for tid, clock in thread_clocks(self._server.pid).items() if tid in clocks]
        waiting = max(spent, key=lambda clock: clock.running).waiting / elapsed
        rate = (after[0] - before[0]) / elapsed
        return Rate(rate, rate / max(1e-3, 1 - waiting)), (after[1] - before[1]) / elapsed


def measure(name: str, browser: Browser, *, repeats: int, seconds: float) -> Found:
    """All repeats of one comparison."""
    failure, found = find(name), Found()
    configs = failure.config(), failure.cured(failure.cures[0])
    with Server({}) as server, Bare(configs[0]) as first, Bare(configs[1]) as second:
        lab = LabPage(browser, server, name)
        for _ in range(repeats):
            lab.click("Pause", "paused")
            before = in_turn([bare.run(seconds / 2) for bare in (first, second)])
            lab.click("Play", "playing")
            time.sleep(1)
            page, frames = lab.watch(seconds)
            lab.click("Pause", "paused")
            after = in_turn([bare.run(seconds / 2) for bare in (first, second)])
            lab.click("Play", "playing")
            halves = before.steps_per_second, after.steps_per_second
            busy = max(halves) - min(halves) > BUSY * max(halves)
            ratio = page.steps_per_second / statistics.mean(halves)
            undisturbed = page.undisturbed / statistics.mean((before.undisturbed, after.undisturbed))
            found.n_busy += busy
            found.alone.append(statistics.mean(halves))
            found.page.append(page.steps_per_second)
            found.ratio.append(ratio)
            found.undisturbed.append(undisturbed)
            found.counts.append(undisturbed if busy else ratio)
            found.frames.append(frames)
        lab.close()
    return found


def rows_of(name: str, found: Found) -> Iterator[Row]:
    """Format one comparison's part of the table."""
    yield Row(name, "steps of both a second, alone in turn", found.alone, 1)
    yield Row(name, "steps of both a second, in lockstep on the page", found.page, 1)
    yield Row(name, "ratio, on the page", found.ratio, 3)
    yield Row(name, "ratio without waiting for a core", found.undisturbed, 3)
    yield Row(name, f"what counts ({found.n_busy} of {len(found.ratio)} repeats busy)", found.counts, 3, ">=", RATIO)
    yield Row(name, "frames of both a second", found.frames, 1, ">=", FRAMES)


def main() -> None:
    """Measure and print."""
    options = parser(__doc__)
    options.add_argument("--seconds", type=float, default=6, help="length of each part of a repeat")
    options.add_argument("--failures", nargs="+", default=list(FAILURES), help="which to show beside their first cures")
    given = options.parse_args()
    torch.set_num_threads(1)
    rows = [measure_together(name, repeats=given.repeats, seconds=1) for name in given.failures]
    with chromium() as browser:
        for name in given.failures:
            rows += rows_of(name, measure(name, browser, repeats=given.repeats, seconds=given.seconds))
    report("lockstep", rows, [], given.json)


if __name__ == "__main__":
    main()
