"""A real server and a real browser: the app as a visitor has it.

Servers are started once and shared. Every page is watched: an error in its console fails the test, as does a server
that ends with anything but a clean exit.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import psutil
import pytest
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    ElementHandle,
    Error,
    Page,
    expect,
    sync_playwright,
)

from benchmarks.app import BROWSERS, App, browser_path, launch
from tests.browser.aim import aiming
from tests.browser.tabs import Tabs

# Other hosts do not exist, on any machine.
ARGS = ("--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",)
TIMEOUT = 90.0
OWN = re.compile(r"(https?|wss?)://127\.0\.0\.1:\d+/|data:|blob:")
"""All that a page may ask for: nothing leaves the app's own host."""
LOST = re.compile("ERR_|WebSocket|server endpoint|not responding|disconnected")
"""What a page may say in its console while its server is away."""
SMALL = "preset=ring-8&batch_size=16&generator.width=8&discriminator.width=8"


def until(ready: Callable[[], Any], what: str, timeout: float = TIMEOUT, now: Callable[[], str] = str) -> Any:
    """Ask until the answer is true, and return it; ``now`` tells how things stand if it never is."""
    end = time.monotonic() + timeout
    while True:
        answer = ready()
        if answer:
            return answer
        assert time.monotonic() < end, f"{what}: not within {timeout:g} s; {now()}"
        time.sleep(0.1)


@contextlib.contextmanager
def lossy(page: Page, name: str, n: int = 1) -> Iterator[Callable[[], int]]:
    """Lose the first ``n`` messages to the server that hold the command of this name; gives how many were lost so far.

    Of the two ways of a command these are those of the websocket; the route of commands cannot be reached meanwhile.

    Args:
        page: Which page's messages.
        name: Of the command.
        n: How many to lose.
    """
    script = """([name, n]) => {
        const send = WebSocket.prototype.send, reach = window.fetch;
        const lossy = { lost: 0, mend: () => { WebSocket.prototype.send = send; window.fetch = reach; } };
        window.fetch = (url, options) =>
            options?.method === 'POST' ? Promise.reject(new TypeError('nobody there')) : reach(url, options);
        WebSocket.prototype.send = function (message) {
            const words = typeof message === 'string' ? message : new TextDecoder().decode(message);
            if (lossy.lost === n || !words.includes(`"name":"${name}"`)) send.call(this, message);
            else lossy.lost += 1;
        };
        return lossy;
    }"""
    handle = page.evaluate_handle(script, [name, n])
    yield lambda: int(handle.evaluate("lossy => lossy.lost"))
    handle.evaluate("lossy => lossy.mend()")


@contextlib.contextmanager
def held(page: Page) -> Iterator[Callable[[], int]]:
    """Hold all messages to the server back that would go by the websocket; gives how many commands are held so far."""
    script = """() => {
        const send = WebSocket.prototype.send, kept = [];
        WebSocket.prototype.send = function (message) { kept.push([this, message]); };
        const words = (message) => (typeof message === 'string' ? message : new TextDecoder().decode(message));
        return { count: () => kept.filter(([, message]) => words(message).includes('"name":"')).length, release: () => {
            WebSocket.prototype.send = send;
            for (const [socket, message] of kept) if (socket.readyState === WebSocket.OPEN) socket.send(message);
        } };
    }"""
    handle = page.evaluate_handle(script)
    yield lambda: int(handle.evaluate("held => held.count()"))
    handle.evaluate("held => held.release()")


# As `streamlit`, but that it says where its threads are when it is sent SIGUSR1.
STREAMLIT = """
import faulthandler, signal, sys
from streamlit.web.cli import main
faulthandler.register(signal.SIGUSR1)
sys.argv[0] = "streamlit"
main()
"""


class Server:
    """``streamlit run app.py`` as a process of its own.

    Args:
        log: Where its output goes.
        slots: Runs that may play at once.
        options: More options of ``streamlit run``.
        hosts: Processes for the runs; None for what the surroundings say.
        cluster: Address of a Dask scheduler whose workers take the runs; "" for none.
    """

    def __init__(self, log: Path, slots: int, *options: str, hosts: int | None = None, cluster: str = "") -> None:
        self.log = log
        data = log.parent / "data"
        broken = data / "MNIST" / "raw" / "train-images-idx3-ubyte"  # nor does any test download the real one
        broken.parent.mkdir(parents=True, exist_ok=True)
        broken.write_bytes(b"no images")
        environment = os.environ | {
            "GAN_EXPLORER_SLOTS": str(slots),
            "GAN_EXPLORER_PACE": "80",  # the machine's other cores have tests to run
            "GAN_EXPLORER_DATA": str(data),
            "GAN_EXPLORER_RUNS": str(log.parent / "runs"),
            "OMP_NUM_THREADS": "1",
            "PYTHONUNBUFFERED": "1",
        }
        if hosts is not None:
            environment["GAN_EXPLORER_HOSTS"] = str(hosts)
        if cluster:
            environment["GAN_EXPLORER_CLUSTER"] = cluster
        with log.open("wb") as output:
            self._app = App(environment, *options, python=("-c", STREAMLIT), output=output)
        self._process = self._app.process
        self.port = self._app.port
        self.url = f"{self._app.url}/"
        until(self._answers, "the server answers", now=self.words)

    def _answers(self) -> bool:
        assert self._process.poll() is None, f"the server ended: {self.words()}"
        return self._app.answers()

    def words(self) -> str:
        """All that it printed."""
        return self.log.read_text(errors="replace")

    @property
    def process(self) -> psutil.Process:
        """The process itself."""
        return psutil.Process(self._process.pid)

    def stacks(self) -> str:
        """Where its threads are."""
        before = len(self.words())
        self._process.send_signal(signal.SIGUSR1)
        time.sleep(1)
        return self.words()[before:]

    def busiest(self) -> tuple[int, float]:
        """The thread that worked most in the last second, and its share of that second: the one that trains."""
        before = self._worked()
        time.sleep(1)
        used = {id_: worked - before.get(id_, 0.0) for id_, worked in self._worked().items()}
        id_ = max(used, key=lambda id_: used[id_])
        return id_, used[id_]

    def threads(self) -> set[int]:
        """All its threads."""
        return set(self._worked())

    def _worked(self) -> dict[int, float]:
        """Processor time of all its threads, those of its host processes included."""
        own = self.process
        found = [thread for process in (own, *own.children(recursive=True)) for thread in process.threads()]
        return {thread.id: thread.user_time + thread.system_time for thread in found}

    def kill(self) -> None:
        """End it as a power cut does."""
        self._process.kill()
        self._process.wait(30)

    def stop(self) -> None:
        """End it as Ctrl-C does; it must end well, whatever is still in training."""
        self._process.send_signal(signal.SIGINT)
        try:
            status = self._process.wait(30)
        finally:
            self._process.kill()
        words = self.words()
        assert status in (0, 1), f"the server ended with {status}: {words}"  # 1: click's answer to Ctrl-C
        assert "Traceback" not in words, words
        assert "terminate called" not in words, words


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The app with the project's own settings."""
    found = Server(tmp_path_factory.mktemp("server") / "log.txt", 32)
    yield found
    found.stop()


@pytest.fixture(scope="session")
def small_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The app with one slot, forgetting a visitor after four seconds."""
    found = Server(tmp_path_factory.mktemp("small") / "log.txt", 1, "--server.disconnectedSessionTTL", "4")
    yield found
    found.stop()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = browser_path()
    if path is None:
        pytest.skip(f"no browser: none of {', '.join(BROWSERS)} is installed")
    with sync_playwright() as playwright:
        expect.set_options(timeout=TIMEOUT * 1000)  # a busy machine is not a failure
        browser = launch(playwright, path, *ARGS)
        with aiming():
            yield browser
        browser.close()


@dataclass
class View:
    """The live view on a page, by the hooks that it offers to everybody."""

    page: Page
    server: Server
    errors: list[str] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)
    may_lose_connection: bool = False

    def get(self, name: str) -> str:
        """An attribute ``data-<name>`` of the root, or ""."""
        script = "(name) => document.querySelector('.gan-live')?.getAttribute('data-' + name) ?? ''"
        return str(self.page.evaluate(script, name))

    @property
    def state(self) -> str:
        return self.get("state")

    @property
    def step(self) -> int:
        return int(self.get("step") or 0)

    @property
    def serial(self) -> int:
        return int(self.get("frame") or 0)

    def wait_for(self, state: str, timeout: float = TIMEOUT) -> None:
        until(lambda: self.state == state, state, timeout, self.report)

    def wait_beyond(self, step: int, timeout: float = TIMEOUT) -> int:
        until(lambda: self.step > step, f"a step beyond {step}", timeout, self.report)
        return self.step

    def report(self) -> str:
        """How things stand, for a test that fails."""
        if not self.state:  # not even a view
            asked = "\n".join(self.addresses[-40:])
            return f"{self.outside_the_view()}\n{self.errors}\n{asked}\n{self.server.stacks()}"
        return f"{self.state} at step {self.step}: {self.words()[:300]} {self.errors}"

    def outside_the_view(self) -> str:
        """What is on the page, the components' places, and whether a script runs."""
        script = """() => {
            const all = (where) => [...document.querySelectorAll(where)];
            const places = all('[data-testid^="stBidiComponent"]').map((node) => node.outerHTML.slice(0, 300));
            const scripts = all('[data-test-script-state]').map((node) => node.dataset.testScriptState);
            const names = performance.getEntriesByType('resource').map(({ name }) => name);
            const loaded = names.filter((name) => name.includes('/gan/'));
            const main = document.querySelector('[data-testid="stMain"]')?.innerText.slice(0, 1500);
            return { main, places, scripts, loaded, hidden: document.hidden, connected: navigator.onLine };
        }"""
        return str(self.page.evaluate(script))

    def click(self, name: str) -> None:
        """Click a button of the view."""
        self.page.locator(".gan-live").get_by_role("button", name=name, exact=True).click(timeout=TIMEOUT * 1000)

    def pause(self) -> int:
        """Pause, and give the step at which it stands."""
        if self.state != "paused":
            self.click("Pause")
        self.wait_for("paused")
        return self.step

    def single_steps(self, n: int) -> None:
        """Steps by the button, one after another."""
        for _ in range(n):
            step = self.step
            self.click("One step")
            until(lambda step=step: self.step == step + 1, f"step {step + 1}", now=self.report)  # type: ignore[misc]

    def reset(self) -> None:
        """Reset a paused run."""
        serial = self.serial
        self.click("Reset")
        until(lambda: self.step == 0 and self.serial > serial and self.state == "paused", "step 0", now=self.report)

    def numbers(self) -> dict[str, str]:
        """The numbers of the last step, as they are shown beside their formulas."""
        script = "rows => Object.fromEntries(rows.map(row => [row.dataset.value, row.textContent]))"
        found: dict[str, str] = self.page.eval_on_selector_all(".gan-live [data-value]", script)
        assert {"d_loss", "g_loss"} <= set(found)
        return {"step": str(self.step), **found}

    def words(self) -> str:
        """The sentence above the picture."""
        return str(self.page.evaluate("() => document.querySelector('.gan-live .verdict')?.textContent ?? ''"))

    def picture(self) -> str:
        """The pixels of the large picture."""
        return str(self.page.evaluate("() => document.querySelector('.gan-live .samples canvas').toDataURL()"))

    def colours(self) -> int:
        """How many colours the large picture has."""
        script = """() => {
            const canvas = document.querySelector('.gan-live .samples canvas');
            const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
            return new Set(new Uint32Array(pixels.buffer)).size;
        }"""
        return int(self.page.evaluate(script))

    def nodes(self) -> list[ElementHandle]:
        """The root, every canvas and every plot."""
        return self.page.query_selector_all(
            ".gan-live, .gan-live canvas, .gan-live .js-plotly-plot, .gan-live .main-svg"
        )

    def knob(self, path: str) -> Any:
        """The part of the form that holds the setting at a path."""
        return self.page.locator(f'[class~="st-key-w-{path.replace(".", "-")}"]')


class Opener(Protocol):
    """Opens the app in a browser of its own (no cookies or storage in common)."""

    def __call__(
        self,
        query: str = ...,
        *,
        at: Server | None = ...,
        url: str = ...,
        wait: str = ...,
        **options: Any,
    ) -> View: ...


@pytest.fixture(scope="session")
def tabs(chromium: Browser) -> Tabs:
    """The browser's tabs."""
    return Tabs(chromium, TIMEOUT)


@contextlib.contextmanager
def opener(tabs: Tabs, standard: Callable[[], Server]) -> Iterator[Opener]:
    """Opens views, and at the end leaves them and asks whether anything was wrong on their pages.

    Args:
        tabs: Where.
        standard: Gives the server of those who name none.
    """
    views: list[View] = []

    with tabs.lent() as lend:

        def open_(
            query: str = SMALL,
            *,
            at: Server | None = None,
            url: str = "",
            wait: str = "playing",
            **look: Any,
        ) -> View:
            server = at or standard()
            address = url or server.url
            tab = lend(**look)
            view = View(tab.page, server)
            views.append(view)
            tab.on("console", lambda message: _note(view, message))
            tab.on("pageerror", lambda error: view.errors.append(f"uncaught: {error}"))
            tab.on("request", lambda asked: view.addresses.append(asked.url))
            tab.on("websocket", lambda asked: view.addresses.append(asked.url))
            view.page.goto(f"{address}?{query}" if query else address, timeout=TIMEOUT * 1000)
            if wait:
                view.wait_for(wait)
            return view

        yield open_
        for view in views:
            if not view.page.is_closed():
                # Its run would go on for some seconds and slow the next test down.
                with contextlib.suppress(Error):
                    button = view.page.locator(".gan-live button.primary")
                    if view.state == "playing" and button.count():
                        button.click(timeout=5000)
                        view.page.wait_for_selector('.gan-live[data-state="paused"]', timeout=5000)
    assert not [error for view in views for error in view.errors]
    assert not [address for view in views for address in view.addresses if not OWN.match(address)]


@pytest.fixture
def open_app(tabs: Tabs, request: pytest.FixtureRequest) -> Iterator[Opener]:
    """Open the app with a link's query; waits until the run has this state ("" to wait for nothing)."""
    with opener(tabs, lambda: request.getfixturevalue("server")) as found:
        yield found


@pytest.fixture(scope="session")
def _page(tabs: Tabs, server: Server) -> Iterator[View]:
    with opener(tabs, lambda: server) as found:
        yield found()


@pytest.fixture
def view(_page: View) -> Iterator[View]:
    """A page that plays: opened once, for all tests that leave its settings as they were, but for the run's seed."""
    if not _page.state:  # a test has gone to another page
        _page.page.get_by_role("link", name="Train").click()
        until(lambda: _page.state in ("playing", "paused"), "the Train page", now=_page.report)
    if _page.state == "paused":
        _page.click("Play")
    _page.wait_for("playing")
    yield _page
    if _page.state == "playing":
        _page.pause()  # while others have pages of their own, it would train and draw for nobody
    wrong, _page.errors = _page.errors, []
    assert not wrong


def _note(view: View, message: ConsoleMessage) -> None:
    """Keep what is wrong in a page's console, save what is known to be harmless."""
    if message.type not in ("error", "warning"):
        return
    where = message.location.get("url", "")
    if (
        re.search(r"/(apply|classroom|collapse|guide|latent|learn|runs|watch)/_stcore/(health|host-config)$", where)
        and "404" in message.text
    ):
        return  # Streamlit's front end looks for its base path, where a sub-page is opened directly
    if message.type == "warning" and "/static/" in where:
        return  # deprecations in Streamlit's own bundle
    if view.may_lose_connection and re.search(
        "ERR_|WebSocket|server endpoint|not responding|disconnected", message.text
    ):
        return
    view.errors.append(f"{message.type}: {message.text[:300]} ({where})")
