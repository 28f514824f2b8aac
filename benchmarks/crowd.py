"""What a crowd gets from one server with host processes: ``python -m benchmarks.crowd``.

Visitors are plain ones (`benchmarks.plain`), which cost hardly anything; where a page's own time matters one of them is
a page in headless Chromium. Parts, each with a server of its own:

first     seconds from a visitor's coming to a first picture, with hosts and without, in turn
memory    what an idle visitor adds to the server, and a playing digits run to its host beyond what that takes empty
controls  eight play: a page's pause and a setting of it, each from the click to the page's showing it, and the pauses
          of the others, from the command to a frame that says so
fair      ten play for two minutes on slots for four: everybody's steps over the mean

Memory is a process's own and its part of what it shares (PSS). At the end stands a plan on paper: what thirty visitors
need on 4, 16 and 64 cores, by what was measured here.
"""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Iterator
from typing import Final

import psutil

from benchmarks.classroom import late
from benchmarks.hosts import pss
from benchmarks.plain import PlainVisitor
from benchmarks.rows import Row, parser, report
from benchmarks.served import LivePage, Server, chromium

PAUSE_MS: Final = 150.0
CONTROL_MS: Final = 300.0
IDLE_MB: Final = 15.0
RUN_MB: Final = 60.0
FAIR: Final = 2.0
N_IDLE: Final = 10
N_DIGITS: Final = 2
PARTS: Final = ("first", "memory", "controls", "fair")
_SETTLED: Final = 3.0


def server(hosts: int, slots: int) -> Server:
    """Make a server that keeps nothing."""
    changes = {"GAN_EXPLORER_HOSTS": str(hosts), "GAN_EXPLORER_SLOTS": str(slots), "GAN_EXPLORER_RUNS": "off"}
    return Server(changes | {"GAN_EXPLORER_USERS": "many"})


def visitors(at: Server, n: int, preset: str = "ring-8", *, looks: bool = True) -> list[PlainVisitor]:
    """Let visitors come, one after the other."""
    return [PlainVisitor(at.url, {"preset": preset, "seed": str(i)}, looks=looks) for i in range(n)]


def first(hosts: int, repeats: int) -> Iterator[Row]:
    """Time a first picture, with hosts and without."""
    took: dict[str, list[float]] = {"hosts": [], "the server's own process": []}
    for _ in range(repeats):
        for name, n in zip(took, (hosts, 0), strict=True):
            with server(n, 4) as at:
                PlainVisitor(at.url, {}).leave()  # the first one of all waits for what is loaded
                began = time.perf_counter()
                visitor = PlainVisitor(at.url, {"preset": "ring-8"})
                while visitor.header().get("step", 0) < 1:
                    time.sleep(0.01)
                took[name].append(time.perf_counter() - began)
                visitor.leave()
    for name, seconds in took.items():
        yield Row("first picture, s", f"runs in {name}", seconds, 2)


def memory(hosts: int, found: dict[str, float]) -> Iterator[Row]:
    """Measure what visitors and runs take."""
    with server(hosts, 4) as at:
        PlainVisitor(at.url, {"preset": "digits"}).leave()
        time.sleep(_SETTLED)
        empty, theirs = pss(at.pid), sum(pss(pid) for pid in at.hosts())
        idle = visitors(at, N_IDLE, looks=False)
        for visitor in idle:
            visitor.timed("pause", "paused")
        time.sleep(_SETTLED)
        here = (pss(at.pid) - empty) / N_IDLE
        each = here + (sum(pss(pid) for pid in at.hosts()) - theirs) / N_IDLE
        yield Row("memory, MB (PSS)", "server without visitors", [empty], 1)
        yield Row("memory, MB (PSS)", "idle visitor, with the run that stands in a host", [each], 1, "<=", IDLE_MB)
        yield Row("memory, MB (PSS)", "of which in the server's process", [here], 1)
        for visitor in idle:
            visitor.leave()
        found |= {"server": empty, "idle": each}
    with server(hosts, 4) as at:
        PlainVisitor(at.url, {"preset": "ring-8"}, looks=False).timed("pause", "paused")
        time.sleep(_SETTLED)
        base = [pss(pid) for pid in at.hosts()]
        playing = visitors(at, N_DIGITS * hosts, "digits")
        while any(visitor.header()["step"] < 200 for visitor in playing):
            time.sleep(0.2)
        grown = [pss(pid) - was for pid, was in zip(at.hosts(), base, strict=True)]
        run = sum(grown) / len(playing)
        yield Row("memory, MB (PSS)", "host without playing runs", base, 1)
        yield Row("memory, MB (PSS)", "playing digits run, 200 steps of past included", [run], 1, "<=", RUN_MB)
        found |= {"host": statistics.mean(base), "run": run}
        for visitor in playing:
            visitor.leave()


def controls(hosts: int, n_clicks: int) -> Iterator[Row]:
    """Time controls while eight play."""
    with server(hosts, 8) as at, chromium() as browser:
        others = visitors(at, 7)
        page = LivePage(browser, at, {"preset": "ring-8"})
        page.complete()
        pauses, settings, theirs = [], [], []
        for i in range(n_clicks):
            settings.append(1000 * page.change_setting(up=i % 2 == 0))
            pauses.append(1000 * page.pause())
            page.play()
            other = others[i % len(others)]
            theirs.append(1000 * other.timed("pause", "paused"))
            other.timed("play", "playing")
            time.sleep(0.3)
        name = f"eight play, 95th percentile of {n_clicks}"
        yield Row(name, "pause of a page, ms", [late(pauses)], 0, "<=", PAUSE_MS)
        yield Row(name, "pause of a page, ms: median", pauses, 0)
        yield Row(name, "another control of a page, ms", [late(settings)], 0, "<=", CONTROL_MS)
        yield Row(name, "another control of a page, ms: median", settings, 0)
        yield Row(name, "pause of a plain visitor, ms", [late(theirs)], 0, "<=", PAUSE_MS)
        yield Row(name, "pause of a plain visitor, ms: median", theirs, 0)
        page.close()
        for visitor in others:
            visitor.leave()


def fair(hosts: int, n: int, seconds: float) -> Iterator[Row]:
    """Count everybody's steps."""
    with server(hosts, 2 * hosts) as at:
        found: dict[int, PlainVisitor] = {}

        def come(i: int) -> None:
            found[i] = PlainVisitor(at.url, {"preset": "ring-8", "seed": str(i)})

        PlainVisitor(at.url, {}).leave()
        arrivals = [threading.Thread(target=come, args=(i,)) for i in range(n)]
        for arrival in arrivals:
            arrival.start()
        for arrival in arrivals:
            arrival.join()
        before = {i: visitor.header().get("step", 0) for i, visitor in found.items()}
        time.sleep(seconds)
        steps = [found[i].header()["step"] - before[i] for i in range(n)]
        mean = statistics.mean(steps)
        name = f"{n} play for {seconds:.0f} s, slots for {2 * hosts}"
        yield Row(name, "steps, mean", [mean], 0)
        yield Row(name, "steps of who has most, over the mean", [max(steps) / mean], 2, "<=", FAIR)
        yield Row(name, "steps of who has fewest, over the mean", [min(steps) / mean], 2, ">=", 1 / FAIR)
        for visitor in found.values():
            visitor.leave()


def plan(found: dict[str, float]) -> list[str]:
    """Reckon what thirty visitors need, by what was measured."""
    lines = []
    for cores, hosts in ((4, 4), (16, 16), (64, 32)):
        slots = 2 * cores
        runs = min(30, slots)
        whole = found["server"] + 30 * found["idle"] + hosts * found["host"] + runs * found["run"]
        kept = max(1024, 256 * hosts)
        lines.append(
            f"30 visitors on {cores} cores: {hosts} hosts, {slots} slots, {runs} of 30 play at once; "
            f"{whole / 1000:.1f} GB, and up to {kept / 1000:.1f} GB of kept states, which have a budget of their own"
        )
    return lines


def main() -> None:
    """Measure and print."""
    options = parser(__doc__, repeats=2)
    options.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS), help="what to measure")
    options.add_argument("--hosts", type=int, default=psutil.cpu_count() or 1, help="host processes")
    options.add_argument("--seconds", type=float, default=120, help="length of the part on fairness")
    options.add_argument("--visitors", type=int, default=10, help="how many play in it")
    options.add_argument("--clicks", type=int, default=20, help="of each kind, in the part on controls")
    given = options.parse_args()
    rows: list[Row] = []
    found: dict[str, float] = {}
    load = psutil.getloadavg()[0]
    if "first" in given.parts:
        rows += first(given.hosts, given.repeats)
    if "memory" in given.parts:
        rows += memory(given.hosts, found)
    if "controls" in given.parts:
        rows += controls(given.hosts, given.clicks)
    if "fair" in given.parts:
        rows += fair(given.hosts, given.visitors, given.seconds)
    notes = [f"{given.hosts} hosts on {psutil.cpu_count()} cores; load average before {load:.1f}"]
    report("crowd", rows, notes + (plan(found) if found else []), given.json)


if __name__ == "__main__":
    main()
