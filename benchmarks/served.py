"""The real app under measurement: its server, and a headless Chromium with a probe in the page.

Rates come from the run's own (step, seconds) pairs in the headers of its frames, so that it does not matter when a
frame is drawn; what a visitor feels comes from ``performance.now()`` in the page.
"""

from __future__ import annotations

import subprocess
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any, Final

import psutil
from playwright.sync_api import Browser, CDPSession, Page, Request, ViewportSize, sync_playwright
from playwright.sync_api import Error as PlaywrightError

from benchmarks.app import BROWSERS, App, browser_path, launch
from benchmarks.bare import Rate, ThreadClock, environment, thread_clocks
from gan_core.record.frame import decode

VIEWPORT: Final[ViewportSize] = {"width": 1440, "height": 1500}
"""So tall that every panel is in sight: a plot that nobody sees is not drawn."""
PATIENCE_MS: Final = 90_000

# Counters only: a probe that gathers would grow, and growth is one of the things measured.
_PROBE: Final = """
(() => {
  const probe = { drawn: 0, step: 0, state: '', stateAt: {}, clickAt: 0, urlAt: 0, longest: 0, lastAt: 0, plots: [] };
  window.ganProbe = probe;
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
      probe.firstFrameAt ??= now;
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
    }
  }).observe(document, { subtree: true, attributes: true, attributeFilter: ['data-frame', 'data-step', 'data-state'] });
})();
"""


# -- the server ---------------------------------------------------------------------------------------------------


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
        self._log: IO[bytes] = log or tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the server
        self.started = time.time()
        self._app = App(environment(changes), python=(*python, "-m", "streamlit"), errors=self._log)
        self.url = self._app.url
        self._process = self._app.process
        self.pid = self._process.pid
        self.healthy = 0.0

    def __enter__(self) -> Server:
        end = time.monotonic() + PATIENCE_MS / 1000
        while time.monotonic() < end and self._process.poll() is None:
            if self._app.answers():
                self.healthy = time.time()
                return self
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

    def kill(self) -> None:
        """End it as a power cut does."""
        self._process.kill()
        self._process.wait()

    def hosts(self) -> list[int]:
        """Return its host processes; the one that begins them is none."""
        begins = [child for child in psutil.Process(self.pid).children() if "json.loads" in " ".join(child.cmdline())]
        return [host.pid for begin in begins for host in begin.children()]

    def log(self) -> str:
        """Return what the server wrote so far."""
        self._log.seek(0)
        return self._log.read().decode(errors="replace")

    def clocks(self) -> dict[str, ThreadClock]:
        """Read the clocks of all its threads, those of its host processes included."""
        own = psutil.Process(self.pid)
        return {
            tid: clock
            for process in (own, *own.children(recursive=True))
            for tid, clock in thread_clocks(process.pid).items()
        }

    def cpu(self) -> float:
        """Processor time that it has used, in seconds."""
        times = psutil.Process(self.pid).cpu_times()
        return float(times.user + times.system)

    def memory(self) -> dict[str, float]:
        """Resident and unshared memory, in MB."""
        info = psutil.Process(self.pid).memory_full_info()
        return {"rss": info.rss / 1e6, "uss": info.uss / 1e6}


# -- the browser --------------------------------------------------------------------------------------------------


@contextmanager
def chromium() -> Iterator[Browser]:
    """Headless Chromium as the system has it."""
    with sync_playwright() as playwright:
        path = browser_path()
        if path is None:
            raise SystemExit(f"no browser: none of {', '.join(BROWSERS)} is installed")
        browser = launch(playwright, path)
        try:
            yield browser
        finally:
            browser.close()


@dataclass(frozen=True)
class Window:
    """Course of a page and its run for some seconds.

    Attributes:
        rate: Of its trainer.
        frames_per_second: Frames drawn in the page.
        longest_gap: Between two of them, in seconds.
        blocked: Share of the time that the trainer's thread neither ran nor waited for a core: mostly it waited for
            the interpreter's lock.
    """

    rate: Rate
    frames_per_second: float
    longest_gap: float
    blocked: float


class LivePage:
    """One visitor: the Train page with a run, in a browser context of its own.

    Args:
        browser: Where to open it.
        server: The app.
        query: What the address says after the question mark.
    """

    def __init__(self, browser: Browser, server: Server, query: Mapping[str, str]) -> None:
        self.server = server
        self._token = ""
        self._context = browser.new_context(viewport=VIEWPORT)
        self._context.add_init_script(_PROBE)
        self.page: Page = self._context.new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        self.page.on("request", self._note)
        self.page.goto(f"{server.url}/?{urllib.parse.urlencode(query)}", wait_until="commit")

    def _note(self, request: Request) -> None:
        if "gan/frame" in request.url:
            self._token = request.headers["x-gan-token"]
            self.page.remove_listener("request", self._note)  # or every frame would pass through here

    def close(self) -> None:
        """Leave."""
        self._context.close()

    def wait_for(self, condition: str) -> None:
        """Wait until a condition in the page holds.

        Raises:
            RuntimeError: If it does not for long; with what the page and the server say.
        """
        try:
            self.page.wait_for_function(condition, polling=20)
        except PlaywrightError as error:
            seen = self.page.inner_text("body")[:500]
            log = self.server.log()[-2000:]
            raise RuntimeError(f"{condition}: never so.\nPage: {seen}\nProbe: {self.probe()}\nServer: {log}") from error

    def wait_for_first_step(self) -> None:
        """Wait until a picture of a training run is drawn."""
        self.wait_for("ganProbe.state === 'playing' && ganProbe.step > 0")

    def wait_for_plots(self) -> None:
        """Wait until every plot that is in sight is drawn."""
        self.wait_for(
            "[...document.querySelectorAll('.gan-live .plot')]"
            ".every((plot) => plot.offsetParent === null || plot.classList.contains('js-plotly-plot'))"
        )

    def complete(self) -> None:
        """Wait until all is there that a run shows, and switch on what is off."""
        page = self.page
        self.wait_for_first_step()
        for layer in page.locator(".gan-live button.layer[aria-pressed=false]").all():
            if layer.is_visible():
                layer.click()
        page.get_by_text("Advanced", exact=True).click()
        if self.header()["kind"] == "plane":  # the first scores bring one more plot
            page.locator(".gan-live [data-plot=scores]").wait_for()
        self.wait_for_plots()
        page.evaluate("ganProbe.plots = [...document.querySelectorAll('.js-plotly-plot')]")

    def header(self) -> dict[str, Any]:
        """Fetch the header of the run's newest frame."""
        asked = urllib.request.Request(f"{self.server.url}/gan/frame", headers={"X-Gan-Token": self._token})
        with urllib.request.urlopen(asked, timeout=30) as reply:
            header, _ = decode(reply.read())
        return header

    def probe(self) -> dict[str, Any]:
        """Read the probe's counters, with the page's clock (ms) as ``now`` and its zero (Unix) as ``origin``."""
        counters: dict[str, Any] = self.page.evaluate(
            "({ ...ganProbe, plots: null, now: performance.now(), origin: performance.timeOrigin })"
        )
        return counters

    def plots_replaced(self) -> int:
        """Plot nodes that are gone since the page was complete; one that came since, with the first scores, is not."""
        same = "node.isConnected && node.classList.contains('js-plotly-plot')"
        return int(self.page.evaluate(f"ganProbe.plots.filter((node) => !({same})).length"))

    def pause(self) -> float:
        """Click on Pause; returns the seconds from the click to the page's showing that the run stands."""
        self.page.locator(".gan-live button.primary", has_text="Pause").click()
        self.wait_for("ganProbe.state === 'paused' && ganProbe.stateAt.paused > ganProbe.clickAt")
        probe = self.probe()
        return float(probe["stateAt"]["paused"] - probe["clickAt"]) / 1000

    def play(self) -> None:
        """Click on Play and wait until the run trains."""
        self.page.locator(".gan-live button.primary", has_text="Play").click()
        self.wait_for("ganProbe.state === 'playing' && ganProbe.stateAt.playing > ganProbe.clickAt")

    def change_setting(self, *, up: bool) -> float:
        """Click on + or − of "G β₁", which is live; returns the seconds to the answer, the page's new address."""
        button = f"stNumberInputStep{'Up' if up else 'Down'}"
        self.page.locator(f".st-key-w-betas_g-0 [data-testid={button}]").click()
        self.wait_for("ganProbe.urlAt > ganProbe.clickAt")
        probe = self.probe()
        return float(probe["urlAt"] - probe["clickAt"]) / 1000

    def cdp(self) -> CDPSession:
        """Open a session of the browser's developer protocol."""
        return self._context.new_cdp_session(self.page)


def watch(pages: Sequence[LivePage], seconds: float) -> tuple[list[Window], float]:
    """Let the pages of one server train undisturbed.

    The trainers' threads are taken to be the server's busiest, as many as there are pages; what they waited is
    shared evenly among the pages.

    Returns:
        What each page did, and how many cores the server took beside its trainers.

    Raises:
        RuntimeError: If a run does not train all the time.
    """
    server = pages[0].server
    for page in pages:
        page.page.evaluate("ganProbe.longest = 0")
    clocks, began = server.clocks(), time.perf_counter()
    before = [(page.header(), page.probe()) for page in pages]
    time.sleep(seconds)
    after = [(page.header(), page.probe()) for page in pages]
    elapsed = time.perf_counter() - began
    spent = [clock - clocks[tid] for tid, clock in server.clocks().items() if tid in clocks]
    spent.sort(key=lambda clock: -clock.running)
    trainers, others = spent[: len(pages)], spent[len(pages) :]
    waiting = sum(clock.waiting for clock in trainers) / len(pages) / elapsed
    running = sum(clock.running for clock in trainers) / len(pages) / elapsed
    windows = []
    for (header, probe), (header_after, probe_after) in zip(before, after, strict=True):
        if header_after["state"] != "playing" or header_after["run"] != header["run"]:
            raise RuntimeError(f"the run is {header_after['state']}: {header_after['message']}")
        rate = (header_after["step"] - header["step"]) / (header_after["seconds"] - header["seconds"])
        drawn, milliseconds = probe_after["drawn"] - probe["drawn"], probe_after["now"] - probe["now"]
        windows.append(
            Window(
                Rate(rate, rate / max(1e-3, 1 - waiting)),
                frames_per_second=1000 * drawn / milliseconds,
                longest_gap=probe_after["longest"] / 1000,
                blocked=1 - running - waiting,
            )
        )
    return windows, sum(clock.running for clock in others) / elapsed
