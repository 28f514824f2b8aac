"""From the command to a GAN in training: ``python -m benchmarks.startup``.

The clock starts with ``streamlit run app.py`` and stops when the page has drawn a frame of a run that has made its
first step. The first start only warms the machine up and does not count. The browser is open already, with an empty
page and an empty cache, and loads the app as soon as the server answers. One start more, with Python's own clock
of imports, says which packages take the time.
"""

from __future__ import annotations

import re
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from typing import Final

from playwright.sync_api import Browser

from benchmarks.rows import Row, parser, report
from benchmarks.served import LivePage, Server, chromium

FIRST_PICTURE: Final = 6.0
PAINT_TO_RUN: Final = 3.0
N_PACKAGES: Final = 10
_CASE: Final = "streamlit run app.py"
_IMPORT: Final = re.compile(r"^import time:\s+(\d+) \|\s+\d+ \|\s+([\w.]+)", re.MULTILINE)
_PAINTED: Final = "performance.getEntriesByName('first-contentful-paint').length > 0"
_PAINT: Final = "performance.getEntriesByName('first-contentful-paint')[0].startTime"


def start(browser: Browser) -> dict[str, float]:
    """Start the app and open it.

    Returns:
        Seconds from the command to each event, in their order, and what the server has worked.
    """
    with Server() as server:
        page = LivePage(browser, server, {})
        page.wait_for_first_step()
        probe, spent = page.probe(), server.cpu()
        page.wait_for_plots()
        plots = time.time()
        page.wait_for(_PAINTED)
        paint = page.page.evaluate(_PAINT)
        page.close()
        zero = probe["origin"] / 1000 - server.started
        return {
            "server answers": server.healthy - server.started,
            "first paint": zero + paint / 1000,
            "first frame of the run": zero + probe["firstFrameAt"] / 1000,
            "first picture of a training GAN": zero + probe["firstStepAt"] / 1000,
            "all plots drawn": plots - server.started,
            "processor time of the server until the first picture": spent,
        }


def rows_of(starts: list[dict[str, float]]) -> Iterator[Row]:
    """Format the events' part of the table."""
    for name in starts[0]:
        values = [times[name] for times in starts]
        if name == "first picture of a training GAN":
            yield Row(_CASE, f"{name}, s", values, 2, "<=", FIRST_PICTURE)
        else:
            yield Row(_CASE, f"{name}, s", values)
    waits = [times["first picture of a training GAN"] - times["first paint"] for times in starts]
    yield Row(_CASE, "from the first paint to a run in progress, s", waits, 2, "<=", PAINT_TO_RUN)


def import_times(browser: Browser) -> Iterator[Row]:
    """List the packages that the server spends its start on; their own modules' time, without what they import."""
    with tempfile.TemporaryFile() as log, Server(python=("-X", "importtime"), log=log) as server:
        page = LivePage(browser, server, {})
        page.wait_for_first_step()
        page.close()
        before_healthy = server.log()
    spent: Counter[str] = Counter()
    for microseconds, module in _IMPORT.findall(before_healthy):
        spent[module.partition(".")[0]] += int(microseconds)
    case = "imports, with their clock on"
    yield Row(case, "all packages, s", [sum(spent.values()) / 1e6])
    for package, total in spent.most_common(N_PACKAGES):
        yield Row(case, f"{package}, s", [total / 1e6])


def main() -> None:
    """Measure and print."""
    given = parser(__doc__).parse_args()
    with chromium() as browser:
        start(browser)
        rows = list(rows_of([start(browser) for _ in range(given.repeats)]))
        rows += import_times(browser)
    report("startup", rows, [], given.json)


if __name__ == "__main__":
    main()
