"""The real app under measurement: its server, a headless Chromium with a probe in the page, and the bare loop beside it.

Clocks: ``performance.now()`` in the page, the run's own (step, seconds) pairs from the headers of its frames for rates,
``/proc/<pid>/task/<thread>/schedstat`` for time on a core and time spent waiting for one. The bare loop runs in a
process of its own, which also serves as ``python -m benchmarks.served CONFIG THREADS``: it trains for as many seconds
as each line of its input says, and answers with one line of JSON.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

import psutil
from playwright.sync_api import Browser, CDPSession, Page, Request, sync_playwright

from gan_core import RunConfig, Trainer
from gan_core.config import parse_config
from gan_core.frame import decode
from gan_core.presets import to_query

ROOT: Final = Path(__file__).resolve().parents[1]
CHROMIUM: Final = "/usr/bin/chromium"
VIEWPORT: Final = {"width": 1440, "height": 1500}
"""So tall that every panel is in sight: a plot that nobody sees is not drawn."""
PATIENCE_MS: Final = 90_000

_CHROMIUM_ARGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# Counters only: a probe that gathers would grow, and growth is one of the things measured.
_PROBE: Final = """
(() => {
  const probe = window.ganProbe = { drawn: 0, step: 0, state: '', stateAt: {}, clickAt: 0, urlAt: 0, longest: 0, lastAt: 0 };
  addEventListener('click', (event) => { probe.clickAt = event.timeStamp; }, true);
  for (const name of ['pushState', 'replaceState']) {
    const change = history[name].bind(history);
    history[name] = (...args) => {
      const before = location.href;
      change(...args);
      if (location.href !== before) probe.urlAt = performance.now();
    };
  }
  new MutationObserver((records) => {
    const now = performance.now(), names = new Set(records.map((record) => record.attributeName));
    const root = records[records.length - 1].target;
    if (names.has('data-frame')) {
      probe.drawn += 1;
      if (probe.lastAt) probe.longest = Math.max(probe.longest, now - probe.lastAt);
      probe.lastAt = now;
    }
    if (names.has('data-step')) {
      probe.step = Number(root.dataset.step);
      if (probe.step > 0) probe.firstStepAt ??= now;
    }
    if (names.has('data-state')) {
      probe.state = root.dataset.state;
      probe.stateAt[probe.state] = now;
      if (probe.state === 'playing') probe.firstPlayingAt ??= now;
    }
  }).observe(document, { subtree: true, attributes: true, attributeFilter: ['data-frame', 'data-step', 'data-state'] });
})();
"""


# -- the server ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ThreadClock:
    """What a thread has had since it began, in seconds.

    Attributes:
        running: On a core.
        waiting: Ready to run, but waiting for a core.
    """

    running: float
    waiting: float

    def __sub__(self, other: ThreadClock) -> ThreadClock:
        return ThreadClock(self.running - other.running, self.waiting - other.waiting)


def thread_clocks(pid: int) -> dict[int, ThreadClock]:
    """The clocks of all threads of a process; empty where the system has no schedstat."""
    clocks = {}
    for path in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        try:
            running, waiting, _ = (int(field) for field in path.read_text().split())
        except (OSError, ValueError):  # the thread has just ended
            continue
        clocks[int(path.parent.name)] = ThreadClock(running / 1e9, waiting / 1e9)
    return clocks


def environment(changes: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of server and bare loop alike: what ``make app`` sets, and ``changes``."""
    return {**os.environ, "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2", **(changes or {})}


class Server:
    """``streamlit run app.py`` with the project's own configuration, on a free port; use it in a ``with``.

    Args:
        changes: Environment variables beside the usual ones.
        python: Options of the interpreter.
        log: Where its output goes; by default to a temporary file, which is shown if it does not start.

    Attributes:
        url: Its address.
        pid: Its process.
        started: When the command was given, `time.time()`.
        healthy: When it answered for the first time, `time.time()`.
    """

    def __init__(
        self, changes: Mapping[str, str] | None = None, *, python: Sequence[str] = (), log: IO[bytes] | None = None
    ) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        options = [f"--server.port={port}", "--server.address=127.0.0.1", "--server.headless=true"]
        command = [sys.executable, *python, "-m", "streamlit", "run", "app.py", *options]
        self._log: IO[bytes] = log or tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the server
        self.started = time.time()
        self._process = subprocess.Popen(
            command, cwd=ROOT, env=environment(changes), stdout=subprocess.DEVNULL, stderr=self._log
        )
        self.pid = self._process.pid
        self.healthy = 0.0

    def __enter__(self) -> Server:
        end = time.monotonic() + PATIENCE_MS / 1000
        while time.monotonic() < end and self._process.poll() is None:
            try:
                with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=5):
                    self.healthy = time.time()
                    return self
            except OSError:
                time.sleep(0.01)
        self.__exit__()
        raise RuntimeError(f"the app did not start:\n{self.log()}")

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def log(self) -> str:
        """What it wrote so far."""
        self._log.seek(0)
        return self._log.read().decode(errors="replace")

    def memory(self) -> dict[str, float]:
        """Resident and unshared memory, in MB."""
        info = psutil.Process(self.pid).memory_full_info()
        return {"rss": info.rss / 1e6, "uss": info.uss / 1e6}


# -- the browser --------------------------------------------------------------------------------------------------


@contextmanager
def chromium() -> Iterator[Browser]:
    """Headless Chromium as the system has it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(_CHROMIUM_ARGS))
        try:
            yield browser
        finally:
            browser.close()


@dataclass(frozen=True)
class Window:
    """What a page and its run did for some seconds.

    Attributes:
        steps_per_second: By the run's own clock.
        undisturbed: The same without the time that its thread waited for a core; None if that is unknown.
        frames_per_second: Frames drawn in the page.
        longest_gap: Between two of them, in seconds.
        server_cpu: Cores taken by the server beside its busiest threads, the trainers.
    """

    steps_per_second: float
    undisturbed: float | None
    frames_per_second: float
    longest_gap: float
    server_cpu: float | None


class LivePage:
    """One visitor: the Train page of a run, in a browser context of its own.

    Args:
        browser: Where to open it.
        server: The app.
        config: The run.
        preset: The preset that it comes from.
        wait: False to return as soon as the page is asked for.
    """

    def __init__(self, browser: Browser, server: Server, config: RunConfig, preset: str, *, wait: bool = True) -> None:
        self.server = server
        self._frame_url = ""
        self._context = browser.new_context(viewport={"width": VIEWPORT["width"], "height": VIEWPORT["height"]})
        self._context.add_init_script(_PROBE)
        self.page: Page = self._context.new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        self.page.on("request", self._note)
        self.page.goto(f"{server.url}/?{urllib.parse.urlencode(to_query(config, preset))}", wait_until="commit")
        if wait:
            self.wait_until_complete()

    def _note(self, request: Request) -> None:
        if "gan/frame?" in request.url:
            self._frame_url = request.url.split("&")[0]

    def close(self) -> None:
        """Leave."""
        self._context.close()

    def wait_until_complete(self) -> None:
        """Wait until the run trains and every plot that belongs to it is drawn; switch all layers on."""
        page = self.page
        page.wait_for_function("ganProbe.state === 'playing' && ganProbe.step > 0")
        for layer in page.locator(".gan-live button.layer[aria-pressed=false]").all():
            if layer.is_visible():
                layer.click()
        page.get_by_text("Advanced", exact=True).click()
        if self.header()["kind"] == "plane":  # the first scores bring one more plot
            page.wait_for_function("document.querySelector('.gan-live [data-plot=scores].js-plotly-plot')")
        page.wait_for_function(
            "[...document.querySelectorAll('.gan-live .plot')]"
            ".every((plot) => plot.offsetParent === null || plot.classList.contains('js-plotly-plot'))"
        )
        page.evaluate("ganProbe.plots = [...document.querySelectorAll('.js-plotly-plot')]")

    def header(self) -> dict[str, Any]:
        """The header of the run's newest frame."""
        with urllib.request.urlopen(self._frame_url, timeout=30) as reply:
            header, _ = decode(reply.read())
        return header

    def probe(self) -> dict[str, Any]:
        """The probe's counters, with the page's clock as ``now`` (milliseconds)."""
        counters: dict[str, Any] = self.page.evaluate(
            "(() => { const { plots, ...rest } = ganProbe; return { ...rest, now: performance.now() }; })()"
        )
        return counters

    def plots_replaced(self) -> int:
        """Plot nodes that are gone or new since the page was complete."""
        return int(
            self.page.evaluate(
                "(() => { const now = new Set(document.querySelectorAll('.js-plotly-plot')), then = new Set(ganProbe.plots);"
                " return [...then].filter((node) => !node.isConnected || !now.has(node)).length"
                " + [...now].filter((node) => !then.has(node)).length; })()"
            )
        )

    def pause(self) -> float:
        """Click on Pause; returns the seconds from the click to the page's showing that the run stands."""
        self.page.locator(".gan-live button.primary", has_text="Pause").click()
        self.page.wait_for_function("ganProbe.state === 'paused' && ganProbe.stateAt.paused > ganProbe.clickAt")
        probe = self.probe()
        return float(probe["stateAt"]["paused"] - probe["clickAt"]) / 1000

    def play(self) -> None:
        """Click on Play and wait until the run trains."""
        self.page.locator(".gan-live button.primary", has_text="Play").click()
        self.page.wait_for_function("ganProbe.state === 'playing' && ganProbe.stateAt.playing > ganProbe.clickAt")

    def change_control(self, *, up: bool) -> float:
        """Click on the + or − of "G β₁", a live setting; returns the seconds until its answer, the page's new address."""
        button = f"stNumberInputStep{'Up' if up else 'Down'}"
        self.page.locator(f".st-key-w-betas_g-0 [data-testid={button}]").click()
        self.page.wait_for_function("ganProbe.urlAt > ganProbe.clickAt")
        probe = self.probe()
        return float(probe["urlAt"] - probe["clickAt"]) / 1000

    def cdp(self) -> CDPSession:
        """A line to the browser's own instruments."""
        return self._context.new_cdp_session(self.page)


def watch(pages: Sequence[LivePage], seconds: float) -> list[Window]:
    """Let pages of one server train undisturbed and say what each did.

    The run-queue waiting is that of the server's busiest threads, as many as there are pages; with several pages
    each is given their mean.

    Raises:
        RuntimeError: If a run does not train all the time.
    """
    server = pages[0].server
    for page in pages:
        page.page.evaluate("ganProbe.longest = 0")
    clocks, began = thread_clocks(server.pid), time.perf_counter()
    before = [(page.header(), page.probe()) for page in pages]
    time.sleep(seconds)
    after = [(page.header(), page.probe()) for page in pages]
    elapsed = time.perf_counter() - began
    spent = [clock - clocks[tid] for tid, clock in thread_clocks(server.pid).items() if tid in clocks]
    spent.sort(key=lambda clock: -clock.running)
    trainers, others = spent[: len(pages)], spent[len(pages) :]
    waiting = sum(clock.waiting for clock in trainers) / len(pages) / elapsed if trainers else None
    windows = []
    for (header, probe), (header_after, probe_after) in zip(before, after, strict=True):
        if header_after["state"] != "playing" or header_after["run"] != header["run"]:
            raise RuntimeError(f"the run is {header_after['state']}: {header_after['message']}")
        rate = (header_after["step"] - header["step"]) / (header_after["seconds"] - header["seconds"])
        windows.append(
            Window(
                steps_per_second=rate,
                undisturbed=None if waiting is None else rate / max(1e-3, 1 - waiting),
                frames_per_second=1000 * (probe_after["drawn"] - probe["drawn"]) / (probe_after["now"] - probe["now"]),
                longest_gap=probe_after["longest"] / 1000,
                server_cpu=sum(clock.running for clock in others) / elapsed if trainers else None,
            )
        )
    return windows


# -- the bare loop ------------------------------------------------------------------------------------------------


class Bare:
    """`Trainer.step` alone, in a process of its own that waits when it is not asked; use it in a ``with``.

    Args:
        config: What to train.
        n_threads: Trainers that train at once, each on a thread; one trains on the main thread.
        changes: Environment variables beside the usual ones.
    """

    def __init__(self, config: RunConfig, *, n_threads: int = 1, changes: Mapping[str, str] | None = None) -> None:
        command = [sys.executable, "-m", "benchmarks.served", config.model_dump_json(), str(n_threads)]
        self._process = subprocess.Popen(
            command, cwd=ROOT, env=environment(changes), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __enter__(self) -> Bare:
        self.run(0.5)  # the first steps are slower
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def run(self, seconds: float) -> dict[str, float]:
        """Train for so long.

        Returns:
            ``steps_per_second`` (of all trainers together), and ``undisturbed``: the same without waiting for a core.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(seconds, file=self._process.stdin, flush=True)
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError("the bare loop ended early")
        rates: dict[str, float] = json.loads(answer)
        return rates


def _train(trainer: Trainer, seconds: float, rates: list[dict[str, float]]) -> None:
    own = Path("/proc/thread-self/schedstat")
    waited = int(own.read_text().split()[1]) if own.exists() else 0
    steps, began = 0, time.perf_counter()
    end = began + seconds
    while time.perf_counter() < end:
        trainer.step()
        steps += 1
    elapsed = time.perf_counter() - began
    waited = (int(own.read_text().split()[1]) if own.exists() else 0) - waited
    rates.append({"steps_per_second": steps / elapsed, "undisturbed": steps / max(1e-3, elapsed - waited / 1e9)})


def _serve_bare(config: RunConfig, n_threads: int) -> None:
    import torch

    torch.set_num_threads(1)
    trainers = [Trainer(config.changed({"seed": config.seed + i})) for i in range(n_threads)]
    for line in sys.stdin:
        rates: list[dict[str, float]] = []
        if n_threads == 1:
            _train(trainers[0], float(line), rates)
        else:
            threads = [threading.Thread(target=_train, args=(t, float(line), rates)) for t in trainers]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        print(json.dumps({name: sum(rate[name] for rate in rates) for name in rates[0]}), flush=True)


if __name__ == "__main__":
    _serve_bare(parse_config(json.loads(sys.argv[1])), int(sys.argv[2]))
