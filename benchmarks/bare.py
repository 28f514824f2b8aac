"""The bare loop: `Trainer.step` and nothing else, in a process of its own, for what the app is measured against.

As ``python -m benchmarks.bare CONFIG THREADS`` it is that process: it trains for as many seconds as each line of its
input says, and answers with one line of JSON.

Clocks: ``/proc/<pid>/task/<thread>/schedstat`` says how long a thread was on a core and how long it waited for one.
"Undisturbed" rates leave the waiting out, so that they can be compared on a busy machine.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gan_core.config import RunConfig, parse_config

if TYPE_CHECKING:  # the process that measures does without torch
    from gan_core.training import Trainer

ROOT: Final = Path(__file__).resolve().parents[1]


def environment(changes: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment that app and bare loop share: what ``make app`` sets, and ``changes``."""
    return {**os.environ, "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2", **(changes or {})}


@dataclass(frozen=True)
class ThreadClock:
    """Times of a thread since it began, in seconds.

    Attributes:
        running: On a core.
        waiting: Ready to run, but waiting for a core.
    """

    running: float
    waiting: float

    def __sub__(self, other: ThreadClock) -> ThreadClock:
        return ThreadClock(self.running - other.running, self.waiting - other.waiting)


def thread_clock(task: Path = Path("/proc/thread-self")) -> ThreadClock | None:
    """Read the clock of a thread, by default the caller's; None where the system has none or the thread has ended."""
    try:
        running, waiting, _ = (int(field) for field in (task / "schedstat").read_text().split())
    except (OSError, ValueError):
        return None
    return ThreadClock(running / 1e9, waiting / 1e9)


def thread_clocks(pid: int) -> dict[str, ThreadClock]:
    """Read the clocks of all threads of a process, by thread id."""
    clocks = {task.name: thread_clock(task) for task in Path(f"/proc/{pid}/task").glob("*")}
    return {tid: clock for tid, clock in clocks.items() if clock is not None}


@dataclass(frozen=True)
class Rate:
    """Speed of a trainer, or of several together.

    Attributes:
        steps_per_second: By the wall clock.
        undisturbed: The same without the time that the thread waited for a core.
    """

    steps_per_second: float
    undisturbed: float

    def __add__(self, other: Rate) -> Rate:
        return Rate(self.steps_per_second + other.steps_per_second, self.undisturbed + other.undisturbed)


class Bare:
    """One process, or several; they wait when they are not asked. Use it in a ``with``.

    Args:
        config: What to train.
        n_threads: Trainers that train at once, each on a thread; a single one trains on the main thread.
        n_processes: Processes that train at once, each with so many.
        changes: Environment variables beside the usual ones.
    """

    def __init__(
        self,
        config: RunConfig,
        *,
        n_threads: int = 1,
        n_processes: int = 1,
        changes: Mapping[str, str] | None = None,
    ) -> None:
        self._processes = []
        for i in range(n_processes):
            seeded = config.changed({"seed": config.seed + i})
            command = [sys.executable, "-m", "benchmarks.bare", seeded.model_dump_json(), str(n_threads)]
            self._processes.append(
                subprocess.Popen(
                    command,
                    cwd=ROOT,
                    env=environment(changes),
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )

    def __enter__(self) -> Bare:
        self.run(1.0)  # the first steps are slower
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes:
            process.kill()
            process.communicate()

    def run(self, seconds: float) -> Rate:
        """Train for so long; returns the rate of all trainers together."""
        for process in self._processes:
            assert process.stdin is not None
            print(seconds, file=process.stdin, flush=True)
        rates = []
        for process in self._processes:
            assert process.stdout is not None
            answer = process.stdout.readline()
            if not answer:
                raise RuntimeError("the bare loop ended early")
            rates.append(Rate(**json.loads(answer)))
        return sum(rates[1:], rates[0])


def _train(trainer: Trainer, seconds: float, rates: list[Rate]) -> None:
    before, steps, began = thread_clock(), 0, time.perf_counter()
    end = began + seconds
    while time.perf_counter() < end:
        trainer.step()
        steps += 1
    elapsed, after = time.perf_counter() - began, thread_clock()
    waited = (after - before).waiting if before is not None and after is not None else 0.0
    rates.append(Rate(steps / elapsed, steps / max(1e-3, elapsed - waited)))


def _serve(config: RunConfig, n_threads: int) -> None:
    import torch

    from gan_core.training import Trainer

    torch.set_num_threads(1)
    trainers = [Trainer(config.changed({"seed": config.seed + i})) for i in range(n_threads)]
    for line in sys.stdin:
        rates: list[Rate] = []
        if n_threads == 1:
            _train(trainers[0], float(line), rates)
        else:
            threads = [threading.Thread(target=_train, args=(trainer, float(line), rates)) for trainer in trainers]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        together = sum(rates[1:], rates[0])
        print(json.dumps(vars(together)), flush=True)


if __name__ == "__main__":
    _serve(parse_config(json.loads(sys.argv[1])), int(sys.argv[2]))
