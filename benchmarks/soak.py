"""Does anything grow while a page is left open? ``python -m benchmarks.soak``.

One page trains in the plane and one on images, in one app. After two minutes, when the past of both runs is full, and
from then on once a minute, the garbage of each page is collected and its heap is read, and with it the memory of the
server. The bars are on the last reading over the first.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any, Final

from benchmarks.rows import Row, parser, report
from benchmarks.served import LivePage, Server, chromium

PRESETS: Final = ("ring-8", "digits")
GROWTH: Final = 5.0
WARM_UP: Final = 120.0
"""By then the time machine is full."""


def read(server: Server, pages: dict[str, LivePage]) -> dict[str, float]:
    """Memory now, in MB, and each page's counts of what it holds."""
    found: dict[str, float] = {}
    for name, page in pages.items():
        line = page.cdp()
        line.send("Performance.enable")
        for _ in range(2):  # what the first frees may hold more
            line.send("HeapProfiler.collectGarbage")
        metrics: dict[str, Any] = {m["name"]: m["value"] for m in line.send("Performance.getMetrics")["metrics"]}
        line.detach()
        found[f"{name}: browser heap, MB"] = metrics["JSHeapUsedSize"] / 1e6
        found[f"{name}: nodes in the page"] = metrics["Nodes"]
        found[f"{name}: listeners in the page"] = metrics["JSEventListeners"]
        found[f"{name}: step"] = page.header()["step"]
    found |= {f"server: {kind}, MB": value for kind, value in server.memory().items()}
    return found


def rows_of(readings: list[dict[str, float]]) -> Iterator[Row]:
    """First, last and growth of everything that was read."""
    for name in readings[0]:
        case, _, what = name.partition(": ")
        values = [reading[name] for reading in readings]
        yield Row(case, f"{what}, first", values[:1], 1)
        yield Row(case, f"{what}, last", values[-1:], 1)
        if what.endswith("MB"):
            growth = 100 * (values[-1] / values[0] - 1)
            yield Row(case, f"{what.removesuffix(', MB')}, growth in %", [growth], 1, "<=", GROWTH)


def curve(readings: list[dict[str, float]], name: str) -> str:
    """All readings of one quantity: growth that goes on looks different from growth that ends."""
    return " ".join(f"{reading[name]:.1f}" for reading in readings)


def main() -> None:
    """Measure and print."""
    options = parser(__doc__, repeats=1)
    options.add_argument("--minutes", type=float, default=5, help="between the first reading and the last")
    given = options.parse_args()
    rows: list[Row] = []
    notes = [f"Readings once a minute, the first after {WARM_UP:.0f} s."]
    for _ in range(given.repeats):
        with Server() as server, chromium() as browser:
            pages: dict[str, LivePage] = {}
            for name in PRESETS:
                pages[name] = LivePage(browser, server, {"preset": name})
                pages[name].complete()
            time.sleep(WARM_UP)
            readings = [read(server, pages)]
            began = time.monotonic()
            while (left := 60 * given.minutes - (time.monotonic() - began)) > 0:
                time.sleep(min(60, left))
                readings.append(read(server, pages))
            rows += rows_of(readings)
            notes += [f"{name}: {curve(readings, name)}" for name in readings[0] if name.endswith("MB")]
    report("soak", rows, notes, given.json)


if __name__ == "__main__":
    main()
