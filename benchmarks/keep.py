"""Cost of keeping a run: ``python -m benchmarks.keep``.

A runner with time machine and autosave against one without, looked at six times a second, by turns in one process; how
much of the processor's time goes into keeping, which no other work on the machine disturbs; the loading of a
checkpoint, and of files to take home; a film; and the memory that the past of a long run takes.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, ParamSpec, TypeVar

import torch

from benchmarks.live import write_stand_in
from benchmarks.rows import Row, parser, report
from gan_core.config.presets import preset
from gan_core.export.common import GeneratorCopy
from gan_core.export.film import film
from gan_core.export.onnx import generator_onnx
from gan_core.export.pictures import thumbnail
from gan_core.export.questions import has_onnx
from gan_core.export.weights import generator_safetensors
from gan_core.live.recorder import MAX_RUN_BYTES, Recorder
from gan_core.live.runner import Runner
from gan_core.storage import checkpoint
from gan_core.storage.autosave import Autosave
from gan_core.training import Trainer

CASES: Final = ("ring-8", "digits", "mnist-dcgan")
LOOK_EVERY: Final = 1 / 6
LONG_RUN: Final = 200_000
P = ParamSpec("P")
T = TypeVar("T")


class Meter:
    """Adds up the processor's time that some work takes on the threads that do it.

    Attributes:
        seconds: So far.
    """

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self, work: Callable[P, T]) -> Callable[P, T]:
        """Measure the same work again."""

        def measured(*args: P.args, **kwargs: P.kwargs) -> T:
            began = time.thread_time()
            try:
                return work(*args, **kwargs)
            finally:
                self.seconds += time.thread_time() - began

        return measured


class MeteredAutosave(Autosave):
    """Autosave whose writing is measured."""

    def __init__(self, folder: Path, interval: float, meter: Meter) -> None:
        super().__init__(folder, interval=interval)
        self._measured = meter(super()._write)

    def _write(self, *args: Any) -> None:
        self._measured(*args)


def rate(runner: Runner, seconds: float) -> float:
    """Measure steps a second while the run is watched."""
    runner.play()
    runner.wait(lambda r: r.state == "playing")
    time.sleep(0.3)
    steps, began = runner.step_count, time.perf_counter()
    while time.perf_counter() - began < seconds:
        runner.frame()
        time.sleep(LOOK_EVERY)
    found = (runner.step_count - steps) / (time.perf_counter() - began)
    runner.pause()
    runner.wait(lambda r: r.state == "paused")
    return found


def rows_of_cost(name: str, folder: Path, repeats: int, seconds: float) -> Iterator[Row]:
    """With and without, by turns: plain, keeping, plain."""
    meter = Meter()
    autosave = MeteredAutosave(folder / name, min(15.0, seconds), meter)
    recorder = Recorder(autosave, name, thumbnail)
    keeping = Runner(preset(name), observers=[meter(recorder)], on_frame=meter(recorder.show))
    plain = Runner(preset(name), observers=[lambda runner, trainer: None])
    for runner in (keeping, plain):
        runner.wait(lambda r: r.snapshot is not None, 120)
        rate(runner, 1)
    ratios, shares = [], []
    for _ in range(repeats):
        before = rate(plain, seconds)
        meter.seconds, began = 0.0, time.process_time()
        kept = rate(keeping, seconds)
        shares.append(100 * meter.seconds / (time.process_time() - began))
        ratios.append(kept / statistics.mean((before, rate(plain, seconds))))
    yield Row(f"preset {name}", "steps a second, keeping over plain", ratios, 3, ">=", 0.98)
    yield Row(f"preset {name}", "keeping's share of the processor's time, %", shares, 2, "<=", 2)
    yield Row(f"preset {name}", "memory of the past, MB", [recorder.n_bytes / 1e6], 1, "<=", MAX_RUN_BYTES / 1e6)
    for runner in (keeping, plain):
        runner.close()
        runner.join(5)
    autosave.close()


def seconds_of(action: Callable[[], object]) -> float:
    """Measure how long it takes, in seconds."""
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def rows_of_files(folder: Path, repeats: int) -> Iterator[Row]:
    """Time a checkpoint of the article's pair, its exports, and a film of digits."""
    trainer = Trainer(preset("article-mnist"))
    trainer.step()
    path = folder / "article.safetensors"
    checkpoint.save(trainer, path)
    loads = [seconds_of(lambda: checkpoint.load(path)) for _ in range(repeats)]
    yield Row("the article's pair", "checkpoint, MB", [path.stat().st_size / 1e6], 1)
    yield Row("the article's pair", "loading it, s", loads, 3, "<=", 0.3)
    home: dict[str, Callable[[], object]] = {
        "the whole run": lambda: checkpoint.encode(trainer.state_dict()),
        "the generator": lambda: generator_safetensors(GeneratorCopy.of(trainer)),
    }
    if has_onnx():
        home["ONNX"] = lambda: generator_onnx(GeneratorCopy.of(trainer))
    for what, make in home.items():
        yield Row("the article's pair", f"{what} to take home, s", [seconds_of(make) for _ in range(repeats)], 3)
    digits = Trainer(preset("digits"))
    # Each picture another one: equal ones cost a film nothing.
    moments = [(digits.step().step, digits.snapshot().arrays["fake_images"]) for _ in range(100)]
    films = [seconds_of(lambda: film(moments)) for _ in range(repeats)]
    yield Row("digits", "film of 100 frames (GIF), s", films, 2, "<=", 3)


def rows_of_length() -> Iterator[Row]:
    """Measure the memory of a long run's recorder: a state and a frame at every thousandth of the way."""
    trainer, recorder = Trainer(preset("digits")), Recorder()
    trainer.step()
    state = trainer.state_dict()
    size = sum(t.nbytes for part in ("generator", "discriminator", "ema") for t in state[part].values())
    peak = 0
    with recorder._lock:
        for step in range(0, LONG_RUN, 100):
            recorder._states.add(step, state, 3 * size, MAX_RUN_BYTES)
            recorder._frames.add(step, b"", 40_000, MAX_RUN_BYTES // 4)
            peak = max(peak, recorder._states.n_bytes + recorder._frames.n_bytes)
    yield Row("digits", f"memory of the past over {LONG_RUN:,} steps, at most, MB", [peak / 1e6], 1, "<=", 268.4)


def main() -> None:
    """Measure and print."""
    options = parser(__doc__)
    options.add_argument("--cases", nargs="+", choices=CASES, default=CASES, help="presets to measure")
    options.add_argument("--seconds", type=float, default=5, help="length of each part of a repeat")
    given = options.parse_args()
    torch.set_num_threads(1)
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_stand_in(folder / "data")
        os.environ["GAN_EXPLORER_DATA"] = str(folder / "data")
        for case in given.cases:
            rows += rows_of_cost(case, folder, given.repeats, given.seconds)
        rows += rows_of_files(folder, given.repeats)
        rows += rows_of_length()
    report(
        "keep",
        rows,
        [f"one thread; MNIST is a stand-in of its size; a file every {min(15.0, given.seconds):g} s"],
        given.json,
    )


if __name__ == "__main__":
    main()
