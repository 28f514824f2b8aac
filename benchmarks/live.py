"""Cost of the live view for the training: ``python -m benchmarks.live``.

The real app trains in headless Chromium, every panel in sight and every layer on; beside it `Trainer.step` trains
alone. Each repeat goes bare, app, bare, the other one always at rest. The bar is on the app's steps per second over
the mean of the two bare halves. Where these differ by more than a tenth the machine was busy with something else;
then what counts is the ratio of the rates without the time that the threads waited for a core.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
import psutil
from playwright.sync_api import Browser

from benchmarks.bare import Bare, Rate
from benchmarks.rows import Row, parser, report
from benchmarks.served import LivePage, Server, chromium, watch
from gan_core.config import RunConfig
from gan_core.config.presets import preset, to_query
from gan_core.data.download import data_folder

BUSY: Final = 0.1
"""Bare halves that differ by more than this share of the larger say that the machine was busy."""
APPLIED: Final = ("digits-sr", "notes", "words")
"""Presets of applications: one with a condition, one of sounds, one of words."""
N_CLICKS: Final = 3
"""Of each kind, in each repeat."""
_PLAIN: Final = {"objective": "non_saturating", "regularisers": [], "ema": 0.0}


@dataclass(frozen=True)
class Case:
    """One run.

    Attributes:
        name: In the table.
        preset: Where it comes from.
        config: What is trained.
        ratio: Bar on app over bare.
        frames: Bar on frames per second.
    """

    name: str
    preset: str
    config: RunConfig
    ratio: float
    frames: float


def cases() -> dict[str, Case]:
    """Return the runs by the names that ``--cases`` takes."""
    plane, digits, article = preset("ring-8"), preset("digits"), preset("article-mnist")
    return {
        "a": Case("(a) plane, 2x128, batch 256", "ring-8", plane.changed(_PLAIN), 0.97, 5),
        "a-preset": Case("(a) plane, preset ring-8", "ring-8", plane, 0.97, 5),
        "b": Case("(b) digits MLP, batch 64", "digits", digits.changed(_PLAIN), 0.95, 4),
        "c": Case("(c) the article's pair, batch 64", "article-mnist", article.changed(_PLAIN), 0.95, 4),
        **{name: Case(f"application, preset {name}", name, preset(name), 0.95, 4) for name in APPLIED},
    }


@dataclass
class Found:
    """Results of the repeats of one case, a value each."""

    alone: list[float] = field(default_factory=list)
    app: list[float] = field(default_factory=list)
    ratio: list[float] = field(default_factory=list)
    undisturbed: list[float] = field(default_factory=list)
    counts: list[float] = field(default_factory=list)
    frames: list[float] = field(default_factory=list)
    gap: list[float] = field(default_factory=list)
    pause: list[float] = field(default_factory=list)
    answer: list[float] = field(default_factory=list)
    blocked: list[float] = field(default_factory=list)
    server: list[float] = field(default_factory=list)
    browser: list[float] = field(default_factory=list)
    replaced: list[float] = field(default_factory=list)
    n_busy: int = 0

    def compare(self, before: Rate, app: Rate, after: Rate) -> None:
        """Take in one repeat's rates."""
        halves = before.steps_per_second, after.steps_per_second
        ratio = app.steps_per_second / statistics.mean(halves)
        undisturbed = app.undisturbed / statistics.mean((before.undisturbed, after.undisturbed))
        busy = max(halves) - min(halves) > BUSY * max(halves)
        self.n_busy += busy
        self.alone.append(statistics.mean(halves))
        self.app.append(app.steps_per_second)
        self.ratio.append(ratio)
        self.undisturbed.append(undisturbed)
        self.counts.append(undisturbed if busy else ratio)


def browser_cpu() -> float:
    """Seconds of processor time that the Chromium started by this process has used."""
    total = 0.0
    for process in psutil.Process().children(recursive=True):
        try:
            if "chrom" in process.name():
                times = process.cpu_times()
                total += times.user + times.system
        except psutil.NoSuchProcess:
            continue
    return total


def measure(case: Case, browser: Browser, *, repeats: int, seconds: float, changes: dict[str, str]) -> Found:
    """All repeats of one case."""
    found = Found()
    with Server(changes) as server, Bare(case.config, changes=changes) as bare:
        visitor = LivePage(browser, server, to_query(case.config, case.preset))
        visitor.complete()
        for _ in range(repeats):
            for i in range(N_CLICKS):
                found.answer.append(1000 * visitor.change_setting(up=i % 2 == 0))
                found.pause.append(1000 * visitor.pause())
                time.sleep(0.3)
                if i < N_CLICKS - 1:
                    visitor.play()
                    time.sleep(0.7)
            before = bare.run(seconds)
            visitor.play()
            time.sleep(1)
            cpu, began = browser_cpu(), time.perf_counter()
            (window,), server_cpu = watch([visitor], seconds)
            found.browser.append((browser_cpu() - cpu) / (time.perf_counter() - began))
            visitor.pause()
            after = bare.run(seconds)
            visitor.play()
            found.compare(before, window.rate, after)
            found.frames.append(window.frames_per_second)
            found.gap.append(1000 * window.longest_gap)
            found.blocked.append(window.blocked)
            found.server.append(server_cpu)
            found.replaced.append(visitor.plots_replaced())
        visitor.close()
    return found


def rows_of(case: Case, found: Found) -> Iterator[Row]:
    """Format one case's part of the table."""
    name = case.name
    yield Row(name, "steps a second, Trainer.step() alone", found.alone, 1)
    yield Row(name, "steps a second, in the app", found.app, 1)
    yield Row(name, "ratio", found.ratio, 3)
    yield Row(name, "ratio without waiting for a core", found.undisturbed, 3)
    yield Row(
        name, f"what counts ({found.n_busy} of {len(found.ratio)} repeats busy)", found.counts, 3, ">=", case.ratio
    )
    yield Row(name, "frames a second", found.frames, 1, ">=", case.frames)
    yield Row(name, "longest time between two frames, ms", found.gap, 0)
    yield Row(name, "pause, ms from the click to its showing", found.pause, 0, "<=", 150)
    yield Row(name, "another control, ms from the click to its answer", found.answer, 0, "<=", 300)
    yield Row(name, "plot nodes replaced", found.replaced, 0, "<=", 0)
    yield Row(name, "trainer waiting for the interpreter's lock, share", found.blocked, 3)
    yield Row(name, "server beside the trainer, cores", found.server, 3)
    yield Row(name, "browser, cores", found.browser, 2)


def write_stand_in(folder: Path) -> None:
    """Write a file in MNIST's format: 10,000 real 8 by 8 digits, enlarged to 28 by 28 and shifted."""
    from sklearn.datasets import load_digits

    rng = np.random.default_rng(0)
    small = load_digits().images[rng.integers(0, 1797, 10_000)] / 16 * 255
    images = np.zeros((10_000, 28, 28), np.uint8)
    for image, digit in zip(images, small, strict=True):
        y, x = rng.integers(0, 5, 2)
        image[y : y + 24, x : x + 24] = np.kron(digit, np.ones((3, 3)))
    raw = folder / "MNIST" / "raw"
    raw.mkdir(parents=True)
    header = np.array([2051, *images.shape], ">u4").tobytes()
    (raw / "t10k-images-idx3-ubyte").write_bytes(header + images.tobytes())


def mnist_environment(folder: Path) -> tuple[dict[str, str], str]:
    """Find MNIST, or write a stand-in to ``folder`` if no disk has it; return the place and a note."""
    raw = data_folder() / "MNIST" / "raw"
    if raw.is_dir() and any(raw.glob("*-images-idx3-ubyte*")):
        return {}, "(c) trains on the MNIST files of this machine."
    write_stand_in(folder)
    return {"GAN_EXPLORER_DATA": str(folder)}, (
        "(c) trains on a stand-in of MNIST's size (enlarged 8x8 digits): MNIST itself is not on this machine."
    )


def main() -> None:
    """Measure and print."""
    options = parser(__doc__)
    options.add_argument("--seconds", type=float, default=6, help="length of each part of a repeat")
    options.add_argument("--cases", nargs="+", choices=list(cases()), default=list(cases()), help="which to measure")
    given = options.parse_args()
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        changes, note = mnist_environment(Path(folder))
        for name in given.cases:
            case = cases()[name]
            found = measure(case, browser, repeats=given.repeats, seconds=given.seconds, changes=changes)
            rows += rows_of(case, found)
    report("live", rows, [note] if "c" in given.cases else [], given.json)


if __name__ == "__main__":
    main()
