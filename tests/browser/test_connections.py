"""Cut lines, closed tabs, and more visitors than slots."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Route, WebSocketRoute

from gan_core.record.frame import decode, encode
from pages.ui.presence import GRACE
from tests.browser.conftest import Opener, Server, View, held, lossy, until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


class Line:
    """A TCP line to a server that can be cut."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._ends: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._whole = True
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                if not self._whole:
                    near.close()
                    continue
                far = socket.create_connection(("127.0.0.1", self._port))
                self._ends |= {near, far}
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self._pump, args=(one, other), daemon=True).start()

    def _pump(self, one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := one.recv(65536):
                other.sendall(data)
        for end in (one, other):
            self._hang_up(end)

    def _hang_up(self, end: socket.socket) -> None:
        with self._lock:
            self._ends.discard(end)
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()

    def cut(self) -> None:
        """Break every connection, and refuse new ones."""
        with self._lock:
            self._whole = False
            ends = list(self._ends)
        for end in ends:
            self._hang_up(end)

    def mend(self) -> None:
        """Let connections through again."""
        self._whole = True

    def close(self) -> None:
        self.cut()
        self._listener.close()


@pytest.fixture
def line(server: Server) -> Iterator[Line]:
    found = Line(server.port)
    yield found
    found.close()


def stands(view: View) -> bool:
    """Whether nothing new is drawn for half a second: two frames at the slowest."""
    step = view.step
    time.sleep(0.5)
    return view.step == step


@pytest.mark.parametrize("seconds", [pytest.param(2, marks=pytest.mark.full), 9])
def test_a_cut_connection_loses_nothing(open_app: Opener, line: Line, seconds: int) -> None:
    view = open_app(url=line.url)
    view.may_lose_connection = True
    view.wait_beyond(50)
    line.cut()
    cut = time.monotonic()
    time.sleep(1)  # what had arrived before the cut is still being drawn
    until(lambda: stands(view), "the line was not cut", timeout=seconds)
    step, serial = view.step, view.serial
    steps = [step]
    end = cut + seconds
    while time.monotonic() < end:
        steps.append(view.step)
        time.sleep(0.1)
    assert set(steps) == {step}, "the line was not cut"
    line.mend()
    until(lambda: steps.append(view.step) or (view.serial > serial and steps[-1] > steps[0]), "the run goes on")
    until(lambda: steps.append(view.step) or time.monotonic() > cut + GRACE + 3, "nobody misses the browser any more")
    until(lambda: steps.append(view.step) or view.state == "playing", "it plays", now=view.report)
    assert steps == sorted(steps), "another run, or one begun anew"
    # Commands arrive too, and at the same run.
    last = view.pause()
    assert last >= steps[-1]
    view.single_steps(2)
    assert view.step == last + 2


def test_an_answer_that_never_comes_is_asked_for_again(view: View) -> None:
    asked: list[str] = []
    frames = "**/gan/frame*"
    view.page.route(frames, lambda route: asked.append(route.request.url) or len(asked) == 1 or route.continue_())
    until(lambda: view.page.title() and asked, "a frame is asked for")
    view.wait_beyond(view.step)
    assert len(asked) > 1
    view.page.unroute(frames)


def test_a_server_that_is_away_is_said_and_so_is_a_place_in_the_queue(view: View) -> None:
    frames = "**/gan/frame*"
    view.may_lose_connection = True
    view.page.route(frames, lambda route: route.abort())
    root = view.page.locator(".gan-live")
    until(lambda: root.get_attribute("data-state") == "unreached", "the page says that nobody answers")
    assert "The server does not answer." in view.words()
    assert view.page.get_by_role("button", name="Play", exact=True).is_disabled()
    view.page.unroute(frames)
    view.wait_for("playing")

    def queued(route: Route) -> None:
        """Answer as if others were before this visitor."""
        reply = route.fetch()
        header, arrays = decode(reply.body()) if reply.status == 200 else ({}, {})
        if header:
            words = {"state": "queued", "position": 2, "message": "Waiting for a free place."}
            route.fulfill(response=reply, body=encode({**header, **words}, arrays))
        else:
            route.fulfill(response=reply)

    view.page.route(frames, queued)
    place(view, 2)
    assert "Waiting for a free place." in view.words()
    view.page.unroute(frames)
    view.wait_for("playing")
    view.may_lose_connection = False


def place(view: View, number: int) -> None:
    """Wait until a visitor has this place; slots rotate, so that each place comes to each who waits."""
    until(lambda: f"Place {number} in the queue" in view.words(), f"place {number}", now=view.report)


@pytest.mark.full
def test_who_leaves_the_queue_lets_others_move_up(open_app: Opener, small_server: Server) -> None:
    first = open_app(at=small_server)
    second, third = (open_app(at=small_server, wait="queued") for _ in range(2))
    place(third, 2)
    place(second, 2)
    first.pause()
    place(third, 1)
    third.click("Pause")  # out of the queue again
    third.wait_for("paused")
    assert "queue" not in third.words()
    second.wait_for("playing")


@pytest.mark.full
def test_more_visitors_than_slots_wait_in_a_queue_and_closed_tabs_make_room(
    open_app: Opener, small_server: Server
) -> None:
    first = open_app(at=small_server)
    first.wait_beyond(20)
    trains, share = small_server.busiest()
    assert share > 0.1, "nothing trains"
    second = open_app(at=small_server, wait="queued")
    first.pause()
    second.wait_for("playing")
    assert second.wait_beyond(0)

    first.click("Play")
    place(first, 1)
    first.click("Pause")  # out of the queue again
    first.wait_for("paused")
    assert "queue" not in first.words()
    first.click("Play")
    first.wait_for("queued")
    begun = time.monotonic()
    second.page.close()
    first.wait_for("playing", timeout=20)
    assert time.monotonic() - begun < 15, "a closed tab holds its slot for at most ten seconds"

    first.page.close()
    until(lambda: small_server.busiest()[1] < 0.1, "nothing trains any more", timeout=30)
    until(lambda: trains not in small_server.threads(), "the thread of a closed tab ends", timeout=30)


def test_a_form_that_comes_together_with_its_second_drawing_shows_the_run(chromium: Browser, server: Server) -> None:
    page = chromium.new_page()  # its route cannot be taken away again
    asked, kept, whole = list[str | bytes](), list[str | bytes](), threading.Event()
    ends: list[tuple[WebSocketRoute, WebSocketRoute]] = []

    def connect(near: WebSocketRoute) -> None:
        far = near.connect_to_server()
        ends.append((near, far))

        def ask(message: str | bytes) -> None:
            asked.append(message)
            far.send(message)

        near.on_message(ask)
        far.on_message(lambda message: near.send(message) if whole.is_set() else kept.append(message))

    def drawn(n: int) -> None:
        """Wait until the server has drawn the page, and says nothing more."""
        end = time.monotonic() + 60
        known = -1
        while (len(kept) > known or len(kept) < n) and time.monotonic() < end:
            known = len(kept)
            page.wait_for_timeout(1000)
        assert len(kept) >= n, "the page was drawn"

    page.route_web_socket("**/_stcore/stream", connect)
    page.goto(f"{server.url}?preset=digits-plain")
    drawn(40)
    first = len(kept)
    ends[-1][1].send(asked[-1])  # as a visitor's second click
    drawn(first + 20)
    whole.set()
    for message in kept:
        ends[-1][0].send(message)
    page.wait_for_selector(".gan-live[data-state=playing]")
    form = page.get_by_test_id("stSidebar")
    for label, value in (("Start from", "digits-plain: "), ("data set", "digits"), ("objective", "non-saturating")):
        box = form.get_by_test_id("stSelectbox").filter(has_text=label).get_by_role("combobox").first
        until(lambda box=box, value=value: box.input_value().startswith(value), f"{label} {value}")  # type: ignore[misc]
    page.close()


def test_what_needs_no_script_acts_while_the_page_s_own_messages_are_held_back(view: View) -> None:
    before = view.page.locator(".gan-live .pace").input_value()
    with held(view.page) as waiting:
        stood = view.pause()
        view.single_steps(2)
        assert view.step == stood + 2
        view.page.locator(".gan-live .pace").select_option("5")
        view.click("Play")
        view.wait_for("playing")
        assert view.wait_beyond(stood + 2) > stood + 2
        view.click("Pause")
        view.wait_for("paused")
        assert waiting() == 0, "no command went by the script"
        stood = view.step
        view.click("D update")  # the link is to name it
        until(lambda: waiting() == 1, "this one did", now=view.report)
        view.click("One step")  # it may not overtake the other
        until(lambda: waiting() == 2, "and this went behind it", now=view.report)
        time.sleep(0.5)
        assert view.step == stood
    until(lambda: view.step == stood + 1, "both came", now=view.report)
    view.reset()
    view.page.locator(".gan-live .pace").select_option(before)


def test_a_command_that_is_lost_on_its_way_comes_again_and_acts_once(view: View) -> None:
    stood = view.pause()
    with lossy(view.page, "step") as lost:
        view.click("One step")
        until(lambda: view.step > stood, "the step", now=view.report)
        assert lost() == 1
    time.sleep(2.5)  # longer than until it would come once more
    assert view.step == stood + 1
