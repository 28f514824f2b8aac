"""Frames for thirty who follow one run, and the cost for their teacher: ``python -m benchmarks.classroom``.

One page in headless Chromium is the teacher's; thirty plain HTTP clients in a process of their own join by its code and
ask for frames one after the other, as the browser's view does. Each repeat goes without followers, with them: the
teacher's pause is timed from the click to the page's showing it, and frames are counted while nobody touches anything.
Server, browser and clients share this machine's cores; in a class the browsers are elsewhere.
"""

from __future__ import annotations

import http.client
import json
import multiprocessing
import statistics
import threading
import time
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Final

import psutil
from playwright.sync_api import Browser

from benchmarks.live import Case, cases
from benchmarks.rows import Row, parser, report
from benchmarks.served import LivePage, Server, chromium
from gan_core.config.presets import to_query

FRAMES: Final = 4.0
KILOBYTES: Final = 150.0
CONTROL_MS: Final = 300.0


# -- the clients --------------------------------------------------------------------------------------------------


@dataclass
class Seen:
    """Frames sent to one client.

    Attributes:
        frames: Frames.
        n_bytes: Their bytes, as they were sent.
    """

    frames: int = 0
    n_bytes: int = 0


def _follow(address: str, code: str, seen: Seen, stop: threading.Event) -> None:
    """Join, and ask for one frame after the other until told to stop."""
    where = urllib.parse.urlsplit(address)
    line = http.client.HTTPConnection(where.hostname or "", where.port, timeout=30)
    line.request("GET", "/gan/follow/join", headers={"X-Gan-Code": code})
    token = json.loads(line.getresponse().read()).get("token", "")
    serial = ""
    while not stop.is_set():
        line.request("GET", f"/gan/follow?since={serial}", headers={"X-Gan-Token": token, "Accept-Encoding": "gzip"})
        reply = line.getresponse()
        content = reply.read()
        if reply.status == 200:
            seen.frames += 1
            seen.n_bytes += len(content)
            serial = reply.headers["X-Serial"]
        elif reply.status != 204:
            raise RuntimeError(f"the server answers {reply.status} to one who follows")
    line.close()


def _clients(address: str, code: str, n: int, orders: Connection) -> None:
    """Be ``n`` clients; "count" is answered with what each was sent since the last time, anything else ends it."""
    stop = threading.Event()
    seen = [Seen() for _ in range(n)]
    threads = [threading.Thread(target=_follow, args=(address, code, one, stop), daemon=True) for one in seen]
    for thread in threads:
        thread.start()
    while orders.recv() == "count":
        orders.send([(one.frames, one.n_bytes) for one in seen])
    stop.set()
    for thread in threads:
        thread.join(5)


class Clients:
    """Plain clients in a process of their own; use it in a ``with``.

    Args:
        address: The server's.
        code: What they follow.
        n: How many.
    """

    def __init__(self, address: str, code: str, n: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._orders, theirs = context.Pipe()
        self._process = context.Process(target=_clients, args=(address, code, n, theirs), daemon=True)

    def __enter__(self) -> Clients:
        self._process.start()
        end = time.monotonic() + 60
        while any(frames == 0 for frames, _ in self.count()):
            if time.monotonic() > end:
                raise RuntimeError("not all clients were sent a frame within a minute")
            time.sleep(0.2)
        return self

    def __exit__(self, *_: object) -> None:
        self._orders.send("stop")
        self._process.join(20)

    def count(self) -> list[tuple[int, int]]:
        """Return frames and bytes of each so far."""
        self._orders.send("count")
        found: list[tuple[int, int]] = self._orders.recv()
        return found

    def cpu(self) -> float:
        """Processor time of the clients, in seconds."""
        times = psutil.Process(self._process.pid).cpu_times()
        return float(times.user + times.system)


# -- the measurement ----------------------------------------------------------------------------------------------


@dataclass
class Found:
    """Results of each repeat."""

    least: list[float] = field(default_factory=list)
    usual: list[float] = field(default_factory=list)
    kilobytes: list[float] = field(default_factory=list)
    alone: list[float] = field(default_factory=list)
    followed: list[float] = field(default_factory=list)
    server: list[float] = field(default_factory=list)
    clients: list[float] = field(default_factory=list)
    busy: list[float] = field(default_factory=list)
    steps: list[float] = field(default_factory=list)
    steps_alone: list[float] = field(default_factory=list)


def measure(case: Case, browser: Browser, *, n: int, repeats: int, seconds: float, pauses: int) -> Found:
    """All repeats of one case."""
    found = Found()
    with Server() as server:
        teacher = LivePage(browser, server, to_query(case.config, case.preset))
        teacher.complete()
        teacher.page.get_by_role("button", name="Let others follow").click()
        place = teacher.page.locator(".gan-live .code")
        place.wait_for()  # until it is seen
        code = place.inner_text()
        teacher.page.keyboard.press("Escape")
        for _ in range(repeats):
            teacher.pause()
            found.busy.append(psutil.cpu_percent(2.0) / 100 * (psutil.cpu_count() or 1))
            teacher.play()
            found.alone += _pauses(teacher, pauses)
            found.steps_alone.append(_rate(teacher, seconds))
            with Clients(server.url, code, n) as clients:
                time.sleep(2)
                spent, theirs, before = server.cpu(), clients.cpu(), clients.count()
                began = time.perf_counter()
                found.steps.append(_rate(teacher, seconds))
                after, elapsed = clients.count(), time.perf_counter() - began
                found.server.append((server.cpu() - spent) / elapsed)
                found.clients.append((clients.cpu() - theirs) / elapsed)
                rates = [(b[0] - a[0]) / elapsed for a, b in zip(before, after, strict=True)]
                found.least.append(min(rates))
                found.usual.append(statistics.median(rates))
                found.kilobytes.append(max((b[1] - a[1]) / elapsed / 1e3 for a, b in zip(before, after, strict=True)))
                found.followed += _pauses(teacher, pauses)
        teacher.close()
    return found


def _rate(teacher: LivePage, seconds: float) -> float:
    before = teacher.header()
    time.sleep(seconds)
    after = teacher.header()
    return float((after["step"] - before["step"]) / (after["seconds"] - before["seconds"]))


def _pauses(teacher: LivePage, n: int) -> list[float]:
    """Pause and play so many times; returns the milliseconds that each pause took."""
    took = []
    for _ in range(n):
        took.append(1000 * teacher.pause())
        teacher.play()
        time.sleep(0.7)
    return took


def late(values: list[float]) -> float:
    """Return the 95th percentile."""
    return statistics.quantiles(values, n=20, method="inclusive")[-1] if len(values) > 1 else values[0]


def rows_of(case: Case, found: Found, n: int) -> Iterator[Row]:
    """Format one case's part of the table."""
    name = f"{n} follow {case.name}"
    yield Row(name, "frames a second, the client that has fewest", found.least, 2, ">=", FRAMES)
    yield Row(name, "frames a second, median client", found.usual, 2)
    yield Row(name, "kB a second, the client that has most", found.kilobytes, 1, "<=", KILOBYTES)
    yield Row(name, f"pause, ms, 95th percentile of {len(found.followed)}", [late(found.followed)], 0, "<=", CONTROL_MS)
    yield Row(name, "pause, ms, median", found.followed, 0)
    yield Row(name, f"without followers: 95th percentile of {len(found.alone)}", [late(found.alone)], 0)
    yield Row(name, "without followers: pause, ms, median", found.alone, 0)
    yield Row(name, "the run's steps a second", found.steps, 1)
    yield Row(name, "without followers: steps a second", found.steps_alone, 1)
    yield Row(name, "server with the run, cores", found.server, 2)
    yield Row(name, "clients, cores", found.clients, 2)
    yield Row(name, "machine's load while the run stands, cores", found.busy, 2)


def main() -> None:
    """Measure and print."""
    options = parser(__doc__, repeats=3)
    options.add_argument("--clients", type=int, default=30, help="how many follow")
    options.add_argument("--seconds", type=float, default=8, help="length of each count of frames")
    options.add_argument("--pauses", type=int, default=7, help="pauses that are timed, in each half of a repeat")
    options.add_argument("--cases", nargs="+", choices=sorted(cases()), default=["a-preset", "b"], help="which to run")
    given = options.parse_args()
    rows: list[Row] = []
    with chromium() as browser:
        for name in given.cases:
            case = cases()[name]
            found = measure(
                case, browser, n=given.clients, repeats=given.repeats, seconds=given.seconds, pauses=given.pauses
            )
            rows += rows_of(case, found, given.clients)
    cores = psutil.cpu_count()
    report("classroom", rows, [f"server, browser and clients share {cores} cores"], given.json)


if __name__ == "__main__":
    main()
