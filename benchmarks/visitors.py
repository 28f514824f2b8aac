"""What four visitors at once get: ``python -m benchmarks.visitors``.

Four pages in headless Chromium train at the same time in one app, in the server's own process or in host processes;
beside it four bare trainers train, each on a thread of one process, or each in a process of its own. Each repeat goes
bare, app, bare, the other one always at rest. The bar is on the sum of the pages' steps per second over the mean of the
two bare halves; on a busy machine, where these differ by more than a tenth, on the same ratio without the time that
the threads waited for a core. With more trainers than cores some waiting is their own doing; both sides have it.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from typing import Final

from playwright.sync_api import Browser

from benchmarks.bare import Bare, Rate
from benchmarks.live import Case, Found, browser_cpu, cases
from benchmarks.rows import Row, parser, report
from benchmarks.served import LivePage, Server, chromium, watch
from gan_core.config.presets import to_query

N_VISITORS: Final = 4
RATIO: Final = 0.9
FRAMES: Final = 2.0
_CHANGES: Final = {"GAN_EXPLORER_SLOTS": str(N_VISITORS)}
"""All of them are to train at once, however few cores there are."""


def measure(
    case: Case, browser: Browser, *, repeats: int, seconds: float, hosts: int = 0, processes: bool = False
) -> Found:
    """All repeats of one case; frames and gaps are those of the page that fares worst."""
    found = Found()
    n_processes, n_threads = (N_VISITORS, 1) if processes else (1, N_VISITORS)
    changes = _CHANGES | {"GAN_EXPLORER_HOSTS": str(hosts)}
    bare_ones = Bare(case.config, n_processes=n_processes, n_threads=n_threads)
    with Server(changes) as server, bare_ones as bare:
        visitors: list[LivePage] = []
        for i in range(N_VISITORS):
            config = case.config.changed({"seed": case.config.seed + i})
            visitors.append(LivePage(browser, server, to_query(config, case.preset)))
            visitors[-1].complete()
        for _ in range(repeats):
            for visitor in visitors:
                found.pause.append(1000 * visitor.pause())
            before = bare.run(seconds)
            for visitor in visitors:
                visitor.play()
            time.sleep(1)
            cpu, began = browser_cpu(), time.perf_counter()
            windows, server_cpu = watch(visitors, seconds)
            found.browser.append((browser_cpu() - cpu) / (time.perf_counter() - began))
            for visitor in visitors:
                visitor.pause()
            after = bare.run(seconds)
            for visitor in visitors:
                visitor.play()
            together = sum((window.rate for window in windows), Rate(0, 0))
            found.compare(before, together, after)
            found.frames.append(min(window.frames_per_second for window in windows))
            found.gap.append(1000 * max(window.longest_gap for window in windows))
            found.blocked.append(statistics.mean(window.blocked for window in windows))
            found.server.append(server_cpu)
            found.replaced.append(sum(visitor.plots_replaced() for visitor in visitors))
        for visitor in visitors:
            visitor.close()
    return found


def rows_of(case: Case, found: Found) -> Iterator[Row]:
    """Format one case's part of the table."""
    name = f"{N_VISITORS} x {case.name}"
    yield Row(name, "steps a second together, bare", found.alone, 1)
    yield Row(name, "steps a second together, in the app", found.app, 1)
    yield Row(name, "ratio", found.ratio, 3)
    yield Row(name, "ratio without waiting for a core", found.undisturbed, 3)
    yield Row(name, f"what counts ({found.n_busy} of {len(found.ratio)} repeats busy)", found.counts, 3, ">=", RATIO)
    yield Row(name, "frames a second, the page that has fewest", found.frames, 1, ">=", FRAMES)
    yield Row(name, "longest time between two frames, ms", found.gap, 0)
    yield Row(name, "pause, ms from the click to its showing", found.pause, 0)
    yield Row(name, "plot nodes replaced", found.replaced, 0, "<=", 0)
    yield Row(name, "trainers waiting for the interpreter's lock, share", found.blocked, 3)
    yield Row(name, "server beside the trainers, cores", found.server, 3)
    yield Row(name, "browser, cores", found.browser, 2)


def main() -> None:
    """Measure and print."""
    options = parser(__doc__)
    options.add_argument("--seconds", type=float, default=6, help="length of each part of a repeat")
    options.add_argument(
        "--cases", nargs="+", choices=["a", "a-preset", "b"], default=["a", "b"], help="which to measure"
    )
    options.add_argument("--hosts", type=int, default=0, help="host processes of the app; 0 for its own process")
    options.add_argument("--processes", action="store_true", help="compare with bare processes in place of threads")
    given = options.parse_args()
    rows: list[Row] = []
    with chromium() as browser:
        for name in given.cases:
            case = cases()[name]
            found = measure(
                case,
                browser,
                repeats=given.repeats,
                seconds=given.seconds,
                hosts=given.hosts,
                processes=given.processes,
            )
            rows += rows_of(case, found)
    report("visitors", rows, [], given.json)


if __name__ == "__main__":
    main()
