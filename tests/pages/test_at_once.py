"""Commands that act at once, by a route of their own: as a browser sends them, and as a stranger would."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request

from gan_core.errors import CheckpointError
from gan_core.experiments.lessons.catalogue import lessons
from gan_core.live import commands as do
from gan_core.record.frame import decode
from pages.ui import commands
from pages.ui.collapse import bench as lab
from pages.ui.collapse import route as lab_route
from pages.ui.collapse.bench import Bench, Entry
from pages.ui.commands import AT_ONCE, LAB, LIVE, MAX_STEP, Command, Plain, StopAt, carry_out, parse
from pages.ui.effects import Notify
from pages.ui.following.route import routes as following_routes
from pages.ui.learn.visit import LessonVisit
from pages.ui.live import asking
from pages.ui.live.asking import MAX_BODY
from pages.ui.live.route import COMMAND, FRAME, HEARD, routes
from pages.ui.presence import Rooms, Visit
from tests.pages.conftest import Seen, host_of
from tests.pages.test_routes import CONFIG, Reply, ask

VALUES: dict[str, Any] = {"pace": 30, "stop_at": MAX_STEP, "alarm": True, "point": "flow"}


@pytest.fixture(scope="module")
def rooms() -> Iterator[Rooms]:
    found = Rooms(4, release_after=60)
    host_of(found).monitor.close()
    yield found
    found.close()


@pytest.fixture
def visit(rooms: Rooms) -> Iterator[Visit]:
    found = rooms.open(CONFIG, (), "")
    assert Seen(found).wait(lambda r: r.state == "playing" and r.step > 0)
    yield found
    Seen(found).close()


@dataclass
class Post:
    """Sends commands as the view does, each with the next number unless it has one."""

    rooms: Rooms
    token: str
    where: str = COMMAND
    n: int = 0

    def __call__(self, name: str, value: Any = None, *, n: int | None = None, since: str = "") -> Reply:
        self.n += n is None
        return self.raw(json.dumps({"name": name, "value": value, "n": self.n if n is None else n}), since=since)

    def raw(self, body: str | bytes, *, since: str = "", method: str = "POST") -> Reply:
        content = body.encode() if isinstance(body, str) else body
        parts = [content[i : i + 300] for i in range(0, len(content), 300)] or [b""]
        return ask(self.app, f"/{self.where}?t={self.token}&since={since}", method, body=parts)

    @property
    def app(self) -> Starlette:
        found = [*routes(self.rooms, ""), *lab_route.routes(self.rooms, ""), *following_routes(self.rooms, "")]
        return Starlette(routes=found)


@pytest.fixture
def post(rooms: Rooms, visit: Visit) -> Post:
    return Post(rooms, visit.token)


def header(reply: Reply) -> dict[str, Any]:
    assert reply.status == 200, reply.body
    return dict(decode(reply.body)[0])


# -- what it does --------------------------------------------------------------------------------------------


def test_the_answer_is_a_frame_that_shows_what_was_done(post: Post, visit: Visit) -> None:
    paused = post("pause")
    assert header(paused)["state"] == "paused"
    assert paused.headers[HEARD.lower()] == "1"
    assert paused.headers["cache-control"] == "no-store"
    stood = header(paused)["step"]
    assert header(post("step"))["step"] == stood + 1 == Seen(visit).step
    assert header(post("pace", 30))["pace"] == 30
    assert header(post("stop_at", stood + 3))["stop_at"] == stood + 3
    assert header(post("play"))["state"] == "playing"
    assert Seen(visit).wait(lambda r: r.state == "paused" and r.step == stood + 3)


def test_who_has_the_newest_frame_hears_that_it_was_done(post: Post, visit: Visit) -> None:
    serial = header(post("pause"))["serial"]
    again = post("point", "flow", since=str(serial))
    assert (again.status, again.headers[HEARD.lower()], visit.point) == (204, "2", "flow")


@pytest.mark.parametrize("playing", [True, False])
@pytest.mark.parametrize("name", sorted(AT_ONCE))
def test_what_acts_at_once_leaves_the_page_as_it_is(visit: Visit, name: str, *, playing: bool) -> None:
    runner = Seen(visit)
    if not playing:
        runner.pause()
        assert runner.wait(lambda r: r.state == "paused")
    before = runner.handle.status()
    command = parse({"name": name, "value": VALUES.get(name), "n": 1})
    assert command is not None
    assert carry_out(visit, command) == (), "nothing is said, and nothing drawn anew"
    assert runner.flush()
    now = runner.handle.status()
    same = ("run", "config", "initial_config", "interventions", "preset")
    assert [getattr(now, name) for name in same] == [getattr(before, name) for name in same], "form and link stand"
    assert visit.lead is None


def test_in_the_lab_as_well(rooms: Rooms) -> None:
    sides = [Entry("a", "", CONFIG), Entry("b", "", CONFIG.changed({"lr_g": 0.001}))]
    bench = Bench(sides, "", rooms)
    rooms.admit(bench)
    assert Seen(bench).wait(lambda r: r.step > 3)
    send = Post(rooms, bench.token, lab_route.COMMAND)
    paused = header(send("pause"))
    assert (paused["state"], {"side_0", "side_1"} <= set(decode(send("step").body)[1])) == ("paused", True)
    assert Seen(bench).step == paused["step"] + 1
    for name in sorted(AT_ONCE & LAB):
        command = parse({"name": name, "value": VALUES.get(name), "n": 100 + len(name)}, LAB)
        assert command is not None
        before = bench.entries
        assert lab.carry_out(bench, command) == ()
        assert bench.entries == before
    assert send("alarm", True).status == 400, "none of the lab's"
    assert Post(rooms, bench.token)("pause").status == 410, "a comparison is no run of the Train page"
    bench.run.close()


def test_a_run_that_is_closed_meanwhile_has_no_frame(post: Post, visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    def shown(since: int, which: str) -> bytes:
        raise CheckpointError("this run has ended")

    monkeypatch.setattr(visit.run, "shown", shown)
    reply = post("pause")
    assert (reply.status, reply.headers[HEARD.lower()]) == (204, "1")


# -- once, and in order --------------------------------------------------------------------------------------


def test_a_command_acts_once_whichever_way_it_comes(post: Post, visit: Visit) -> None:
    stood = header(post("pause"))["step"]
    for _ in range(3):
        assert post("step", n=10).status in (200, 204)
    carry_out(visit, Plain(name="step", n=10))
    carry_out(visit, Plain(name="step", n=11))
    assert post("step", n=11).status in (200, 204)
    assert Seen(visit).flush()
    assert Seen(visit).step == stood + 2


def test_one_that_comes_after_a_later_one_does_nothing(post: Post, visit: Visit) -> None:
    assert header(post("pause", n=20))["state"] == "paused"
    late = post("play", n=19)
    assert late.headers[HEARD.lower()] == "20", "the view sends no older one again"
    assert Seen(visit).flush()
    assert Seen(visit).state == "paused"


def test_what_is_refused_is_left_to_the_script_which_says_why(post: Post, visit: Visit) -> None:
    assert Seen(visit).wait(lambda r: r.step > 5)
    assert post("stop_at", 1, n=5).status == 409
    assert visit.heard == "0", "it comes again by the trigger"
    said = carry_out(visit, StopAt(value=1, n=5))[0]
    assert isinstance(said, Notify)
    assert "already" in said.text


def test_it_waits_for_what_is_being_done_and_not_for_ever(
    post: Post, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "BUSY", 0.05)
    begun, done = threading.Event(), threading.Event()

    def script() -> None:
        with visit.acting:
            begun.set()
            done.wait(20)

    working = threading.Thread(target=script)
    working.start()
    assert begun.wait(20)
    assert post("pause").status == 409
    assert Seen(visit).state == "playing"
    done.set()
    working.join()
    assert header(post("pause"))["state"] == "paused"


def test_one_visitor_holds_one_of_the_threads_that_answer(post: Post, visit: Visit) -> None:
    visit.asking = True
    assert post("pause").status == 409
    visit.asking = False
    assert header(post("pause"))["state"] == "paused"
    assert not visit.asking


# -- what a stranger sends -----------------------------------------------------------------------------------

HOSTILE: list[str | bytes] = [
    "",
    "pause",
    "null",
    "7",
    "[]",
    '{"name": "pause"}',
    '{"name": "pause", "n": "1"}',
    '{"name": "pause", "n": -1}',
    '{"name": "pause", "n": NaN}',
    '{"name": "pause", "n": 1e999}',
    '{"name": "pause", "n": 1, "value": 5}',
    '{"name": ["pause"], "n": 1}',
    '{"name": "pace", "n": 1, "value": 0}',
    '{"name": "point", "n": 1, "value": "<b>"}',
    '{"name": "__init__", "n": 1}',
    '{"name": "pause", "n": ' + "9" * 900 + "}",
    "[" * MAX_BODY,
    b"\xff\xfe\x00",
    b"\x00",
]


@pytest.mark.parametrize("body", HOSTILE, ids=lambda body: repr(body)[:60])
def test_nonsense_is_refused_in_words_and_does_nothing(post: Post, visit: Visit, body: str | bytes) -> None:
    reply = post.raw(body)
    assert reply.status == 400
    assert "allowed" in json.loads(reply.body)["message"].lower()
    assert b"Traceback" not in reply.body
    assert (visit.heard, Seen(visit).state) == ("0", "playing")


@pytest.mark.parametrize("name", sorted((LIVE | LAB | {"save", "close"}) - AT_ONCE))
def test_what_needs_the_script_is_not_done_here(post: Post, visit: Visit, name: str) -> None:
    run = Seen(visit).run
    reply = post(name, {"open": "moons", "branch": 1, "cure": 0, "follow": True}.get(name))
    assert reply.status == 400
    assert "pause" in json.loads(reply.body)["message"], "what is allowed"
    assert (visit.heard, visit.lead, Seen(visit).run) == ("0", None, run)


def test_a_body_is_bounded_before_it_is_read(post: Post, visit: Visit) -> None:
    long = json.dumps({"name": "pause", "n": 1, "other": "x" * 100_000})
    assert post.raw(long).status == 413
    assert Seen(visit).state == "playing"


@pytest.mark.parametrize("ends", ["never", "at once"])
def test_a_body_that_does_not_come_is_not_waited_for(visit: Visit, monkeypatch: pytest.MonkeyPatch, ends: str) -> None:
    monkeypatch.setattr(asking, "PATIENCE", 0.05)

    async def receive() -> dict[str, Any]:
        if ends == "never":
            await asyncio.sleep(20)
        return {"type": "http.disconnect"}

    def act(guest: Visit, command: Command) -> bool:
        raise AssertionError

    scope: dict[str, Any] = {"type": "http", "method": "POST", "headers": []}
    begun = time.monotonic()
    found: list[int] = []

    def wait() -> None:
        asked = asking.act_at_once(Request(scope, receive), visit, LIVE, act, (-1, "ema"), answer)
        found.append(asyncio.run(asked).status_code)

    answer: Callable[[bytes | None], Any] = print
    thread = threading.Thread(target=wait)  # a browser test of the same session leaves a loop running on this one
    thread.start()
    thread.join(20)
    assert found == [408 if ends == "never" else 400]
    assert time.monotonic() - begun < 10


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_it_is_asked_by_post_alone_and_another_site_gets_no_leave(post: Post, visit: Visit, method: str) -> None:
    for where in (COMMAND, lab_route.COMMAND):
        reply = Post(post.rooms, visit.token, where).raw('{"name": "pause", "n": 1}', method=method)
        assert reply.status == 405
        assert not [name for name in reply.headers if name.startswith("access-control")]
    assert visit.heard == "0"


@pytest.mark.parametrize("token", ["", "x", "%00", "A" * 5000])
def test_no_other_token_does_anything(post: Post, visit: Visit, token: str) -> None:
    for text in (token, visit.token[:-1], visit.token + "x", visit.token.swapcase()):
        post.token = text
        assert post("pause").status == 410
    body = [b'{"name": "pause", "n": 1}']
    in_address = ask(post.app, f"/{COMMAND}?t={visit.token}", "POST", raw=True, body=body)
    assert in_address.status == 410, "a token in an address opens nothing"
    assert (visit.heard, Seen(visit).state) == ("0", "playing")


def test_a_run_that_has_ended_is_gone(post: Post, visit: Visit) -> None:
    Seen(visit).close()
    assert Seen(visit).wait(lambda r: r.state == "closed")
    assert post("pause").status == 410


def test_who_follows_can_command_nothing(post: Post, rooms: Rooms, visit: Visit) -> None:
    mine = rooms.leads.join(rooms.leads.open(visit).code, "somebody")
    assert ask(post.app, f"/gan/follow?t={mine}").status == 200, "they look"
    for where in (COMMAND, lab_route.COMMAND):
        assert Post(rooms, mine, where)("pause").status == 410
    assert (visit.heard, Seen(visit).state) == ("0", "playing")


def test_a_lesson_which_may_be_locked_is_the_script_s(rooms: Rooms) -> None:
    lesson = LessonVisit(next(iter(lessons().values())), None, rooms, "somebody")
    rooms.admit(lesson)
    lesson.begin()
    assert lesson.run.wait(lambda status: status.playing)  # it is begun on the run's own thread
    send = Post(rooms, lesson.token)
    assert send("pause").status == 409
    assert ask(send.app, f"/{FRAME}?t={lesson.token}").status in (200, 204)
    assert lesson.run.status().playing
    lesson.run.send(do.Close())
