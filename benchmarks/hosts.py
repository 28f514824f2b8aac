"""What host processes cost and bring, without browsers: ``python -m benchmarks.hosts``.

Runs train at the same time in host processes, and as many in threads of this process; somebody looks at each four
times a second, as a page does. Beside them as many bare trainers train, each in a process of its own. Each repeat goes
bare, hosts, threads, bare, all others at rest; ratios are of the steps a second of all runs together over the mean of
the bare halves, with and without the time that trainers wait for a core (see `benchmarks.live`).

Memory is what a process has for itself plus its share of what it shares with others (PSS).
"""

from __future__ import annotations

import os
import statistics
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from benchmarks.bare import Bare, Rate, thread_clocks
from benchmarks.live import Case, Found, cases
from benchmarks.rows import Row, parser, report
from gan_core.config.presets import preset
from gan_core.live import commands as do
from gan_core.live.handle import RunHandle, RunSpec
from gan_core.live.host import Place, make_place
from gan_core.live.hosts import Hosts

LOOKS: Final = 4.0
"""Frames a second that somebody asks for, of each run."""
N_CALLS: Final = 300
N_OPENED: Final = 10


def pids(place: Place) -> list[int]:
    """Return the processes that train."""
    return [usage.pid for usage in place.usage()] if isinstance(place, Hosts) else [os.getpid()]


def pss(pid: int) -> float:
    """Return a process's memory and its share of what it shares, in MB."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1000
    return 0.0


class Watchers:
    """Looks at runs while a ``with`` lasts."""

    def __init__(self, runs: Sequence[RunHandle]) -> None:
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._look, args=(run,)) for run in runs]

    def _look(self, run: RunHandle) -> None:
        while not self._stop.wait(1 / LOOKS):
            run.frame()

    def __enter__(self) -> None:
        for thread in self._threads:
            thread.start()

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()


def rate(place: Place, runs: Sequence[RunHandle], seconds: float) -> Rate:
    """Let the runs play so long; returns how fast all were together."""
    for run in runs:
        run.send(do.Play())
        run.wait(lambda status: status.state == "playing")
    with Watchers(runs):
        time.sleep(0.5)
        clocks = {pid: thread_clocks(pid) for pid in pids(place)}
        began, before = time.perf_counter(), [run.status().step for run in runs]
        time.sleep(seconds)
        elapsed, after = time.perf_counter() - began, [run.status().step for run in runs]
        spent = [
            clock - known[tid]
            for pid, known in clocks.items()
            for tid, clock in thread_clocks(pid).items()
            if tid in known
        ]
    for run in runs:
        run.send(do.Pause())
    for run in runs:
        run.wait(lambda status: status.state == "paused")
    spent.sort(key=lambda clock: -clock.running)
    waiting = sum(clock.waiting for clock in spent[: len(runs)]) / len(runs) / elapsed
    steps = (sum(after) - sum(before)) / elapsed
    return Rate(steps, steps / max(1e-3, 1 - waiting))


def compare(case: Case, hosts: Hosts, n: int, *, repeats: int, seconds: float) -> tuple[Found, Found]:
    """All repeats of one case: in hosts, and in threads."""
    apart, here = Found(), Found()
    threads = make_place(0, n)
    specs = [RunSpec(case.config.changed({"seed": case.config.seed + i}), visitor=str(i)) for i in range(n)]
    runs = [(place, [place.open(spec) for spec in specs]) for place in (hosts, threads)]
    with Bare(case.config, n_processes=n) as bare:
        for _ in range(repeats):
            before = bare.run(seconds)
            rates = [rate(place, opened, seconds) for place, opened in runs]
            after = bare.run(seconds)
            for found, together in zip((apart, here), rates, strict=True):
                found.compare(before, together, after)
    for _, opened in runs:
        for run in opened:
            run.close()
            run.join(10)
    threads.close()
    return apart, here


def rows_of(case: Case, n: int, found: Found, where: str) -> Iterator[Row]:
    """Format one part of the table."""
    name = f"{n} x {case.name}, {where}"
    yield Row(name, "steps a second together, bare processes", found.alone, 1)
    yield Row(name, "steps a second together", found.app, 1)
    yield Row(name, "ratio", found.ratio, 3)
    yield Row(
        name, f"ratio without waiting for a core ({found.n_busy} of {len(found.ratio)} busy)", found.undisturbed, 3
    )


def memory(hosts: Hosts) -> Iterator[Row]:
    """Measure what a host takes, what runs add to it, and what stays of them."""
    base = [pss(pid) for pid in pids(hosts)]
    yield Row("memory, MB (PSS)", "host without runs", base, 1)
    config = preset("digits")
    runs = [hosts.open(RunSpec(config.changed({"seed": i}), visitor="one", play=True)) for i in range(3)]
    with Watchers(runs):
        for run in runs:
            run.wait(lambda status: status.step > 200)
        time.sleep(3)
        taken = max(pss(pid) - was for pid, was in zip(pids(hosts), base, strict=True))
    yield Row(
        "memory, MB (PSS)", "playing digits run beyond it, its kept states included", [taken / len(runs)], 1, "<=", 60
    )
    for run in runs:
        run.close()
        run.join(10)
    for _ in range(N_OPENED):
        run = hosts.open(RunSpec(config, visitor="one", play=True))
        run.wait(lambda status: status.step > 50)
        run.close()
        run.join(10)
    grown = [pss(pid) - was for pid, was in zip(pids(hosts), base, strict=True)]
    yield Row(
        "memory, MB (PSS)", f"what stays after {N_OPENED + len(runs)} runs that were opened and closed", [max(grown)], 1
    )


def latency(hosts: Hosts) -> Iterator[Row]:
    """Measure calls of a run that stands and of one that plays."""
    run = hosts.open(RunSpec(preset("ring-8")))
    run.wait(lambda status: status.run == 1)
    for state in ("stands", "plays"):
        if state == "plays":
            run.send(do.Play())
        for name, call in (("status", run.status), ("frame", run.frame)):
            took = []
            for _ in range(N_CALLS):
                began = time.perf_counter()
                call()
                took.append(1000 * (time.perf_counter() - began))
            took.sort()
            yield Row(f"call, ms, of a run that {state}", f"{name}, median", [statistics.median(took)], 2)
            yield Row(f"call, ms, of a run that {state}", f"{name}, 95th percentile", [took[int(0.95 * N_CALLS)]], 2)
    run.close()
    run.join(10)


def main() -> None:
    """Measure and print."""
    options = parser(__doc__)
    options.add_argument("--seconds", type=float, default=5, help="length of each part of a repeat")
    options.add_argument("--hosts", type=int, default=2, help="host processes")
    options.add_argument("--runs", type=int, nargs="+", default=[1, 4], help="runs at once")
    options.add_argument(
        "--cases", nargs="*", choices=list(cases()), default=["a", "b"], help="none: memory and calls alone"
    )
    given = options.parse_args()
    began = time.perf_counter()
    hosts = Hosts(given.hosts, max(given.runs) * given.hosts)
    hosts.warm()
    rows = [Row("start", "seconds until all hosts are ready", [time.perf_counter() - began], 1)]
    rows += [*latency(hosts), *memory(hosts)]
    for name in given.cases:
        for n in given.runs:
            case = cases()[name]
            apart, here = compare(case, hosts, n, repeats=given.repeats, seconds=given.seconds)
            rows += [
                *rows_of(case, n, apart, f"{given.hosts} hosts"),
                *rows_of(case, n, here, "threads of one process"),
            ]
    hosts.close()
    report("hosts", rows, [], given.json)


if __name__ == "__main__":
    main()
