"""Following a teacher's run: codes, tokens, frames that are made once, and what is said when it is over."""

from __future__ import annotations

import gzip
import itertools
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from starlette.applications import Starlette
from streamlit.testing.v1 import AppTest

from gan_core.config import RunConfig, parse_config
from gan_core.errors import ConfigError
from gan_core.live import commands as do
from gan_core.record.frame import decode, encode
from gan_core.record.slim import KEPT_BITS, slim
from pages.ui import session
from pages.ui.commands import carry_out, parse
from pages.ui.following import leads as following
from pages.ui.following.leads import MAX_BYTES_PER_SECOND, PERIOD, Leads, OverError, TooManyError
from pages.ui.following.route import ABOUT, FOLLOW, JOIN, routes
from pages.ui.live.route import FRAME
from pages.ui.live.route import routes as live_routes
from pages.ui.presence import Rooms, Visit
from tests.pages.conftest import APP, VISIT, Seen, by_address, host_of
from tests.pages.test_routes import Reply, ask

CONFIG: RunConfig = parse_config(
    {"data": {"name": "ring-8"}, "batch_size": 8, "generator": {"width": 8, "depth": 1},
     "discriminator": {"width": 8, "depth": 1}}
)  # fmt: skip


class Clock:
    """A clock that is turned by hand."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


class Run:
    """A run that counts how often it is asked for a frame."""

    closed = False

    def __init__(self) -> None:
        self.serial = 0
        self.asked = self.asked_back = 0

    def frame(self, since: int, which: str) -> bytes | None:
        self.asked += 1
        header = {"serial": self.serial, "which": which}
        return None if since == self.serial else encode(header, {"x": np.zeros(2_000, np.float32)})

    def kept(self, at: int) -> bytes | None:
        self.asked_back += 1
        return encode({"serial": 3, "step": at, "state": "playing"}, {}) if at >= 0 else None


class Page:
    """As much of a visit as is followed."""

    def __init__(self, visitor: str = "teacher") -> None:
        self.run, self.visitor = Run(), visitor
        self.which, self.point = "ema", ""
        self.looks_back: int | None = None
        self.lead: Any = None
        self.gone_at: float | None = None


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def leads(clock: Clock) -> Leads:
    return Leads(clock)


NONCE = itertools.count(1)
HELD: list[Page] = []
"""As sessions hold their visits: nothing else does."""


def open_(leads: Leads, page: Page) -> following.Lead:
    HELD.append(page)
    return leads.open(page)  # type: ignore[arg-type]


def test_a_code_is_six_letters_and_stays_one_runs(leads: Leads) -> None:
    page, other = Page(), Page("another")
    lead = open_(leads, page)
    assert re.fullmatch("[A-Z]{6}", lead.code)
    assert open_(leads, page) is lead
    assert open_(leads, other).code != lead.code
    assert leads.find(f" {lead.code.lower()} ") is lead


def test_each_frame_is_fetched_and_made_once_for_all_who_follow(leads: Leads, clock: Clock) -> None:
    page = Page()
    lead = open_(leads, page)
    for serial in range(5):
        page.run.serial = serial
        clock.now += PERIOD + 0.01
        for _ in range(30):
            if lead.claim():
                lead.refresh()
            found = lead.newer(-1)
            assert found is not None
            assert found.serial == serial
    assert (lead.n_made, page.run.asked) == (5, 5)
    assert lead.newer(4) is None


def test_who_follows_looks_back_with_the_teacher_and_forward_again(leads: Leads, clock: Clock) -> None:
    page = Page()
    lead = open_(leads, page)

    def sees(since: int = -1) -> dict[str, Any] | None:
        clock.now += 1.0
        if lead.claim():
            lead.refresh()
        found = lead.newer(since)
        return None if found is None else decode(gzip.decompress(found.content))[0]

    now = sees()
    assert now is not None
    page.looks_back = 40
    back = sees(now["serial"])
    assert back is not None
    assert (back["step"], back["state"]) == (40, "paused")
    assert sees(back["serial"]) is None
    assert page.run.asked_back == 1, "made once"
    page.looks_back = 30
    further = sees(back["serial"])
    assert further is not None
    assert further["step"] == 30
    page.looks_back = -1  # whatever a browser may have asked for
    assert sees(further["serial"]) is None
    page.looks_back = None
    again = sees(further["serial"])
    assert again is not None
    assert "step" not in again


def test_what_a_follower_is_sent_in_a_second_is_bounded(leads: Leads, clock: Clock) -> None:
    token = leads.join(open_(leads, Page()).code)
    follower = leads.follower(token)
    assert follower is not None
    sent = 0
    for _ in range(100):
        if follower.ready_at <= clock.now:
            follower.sent(40_000, clock.now)
            sent += 40_000
        clock.now += 0.1
    assert sent <= 10 * MAX_BYTES_PER_SECOND + 40_000
    assert sent >= 9 * MAX_BYTES_PER_SECOND


def test_a_run_whose_frames_are_large_is_shown_less_often(leads: Leads, clock: Clock, monkeypatch: Any) -> None:
    monkeypatch.setattr(following, "slim", lambda frame: (1, bytes(75_000)))
    lead = open_(leads, Page())
    lead.refresh()
    assert lead.wait == pytest.approx(0.5)


@pytest.mark.parametrize("code", ["", "ABC", "ABCDEFG", "ABC1EF", "<img src=x onerror=alert(1)>", "ÄÖÜABC", "A" * 9999])
def test_a_wrong_code_is_said_to_be_one(leads: Leads, code: str) -> None:
    with pytest.raises(ConfigError, match="look at it once more") as error:
        leads.find(code)
    assert len(str(error.value)) < 200


def test_wrong_codes_are_counted_by_visitor_and_by_address_and_right_ones_are_not(leads: Leads, clock: Clock) -> None:
    right = open_(leads, Page()).code
    for _ in range(10):
        leads.find(right, "student", "here")
        with pytest.raises(ConfigError, match="no class of this code"):
            leads.find("ABCDEF" if right != "ABCDEF" else "BBCDEF", "student", "here")
    with pytest.raises(TooManyError):
        leads.find(right, "student", "here")
    leads.find(right, "another", "here")
    for i in range(50):
        with pytest.raises(ConfigError, match="no class"):
            leads.find("ZZZZZZ" if right != "ZZZZZZ" else "BBCDEF", f"cookie {i}", "here")
    with pytest.raises(TooManyError):
        leads.find(right, "a new cookie", "here")
    leads.find(right, "a new cookie", "elsewhere")
    clock.now += 61
    leads.find(right, "student", "here")


def test_it_is_over_with_the_button_or_the_run_and_goes_on_when_the_teachers_page_is_loaded_anew(
    leads: Leads, clock: Clock
) -> None:
    page = Page()
    code = open_(leads, page).code
    token = leads.join(code)
    page.run.closed = True
    assert leads.follower(token) is None
    with pytest.raises(OverError, match="not shown any more"):
        leads.find(code)
    again = Page()
    assert open_(leads, again).code == code
    assert leads.follower(token) is not None
    leads.end(again)  # type: ignore[arg-type]
    assert leads.follower(token) is None
    with pytest.raises(OverError):
        leads.join(code)
    assert open_(leads, again).code != code, "what was ended stays so"
    clock.now += following.KEPT + 1
    open_(leads, Page("somebody"))
    with pytest.raises(ConfigError, match="no class"):
        leads.find(code)


@pytest.mark.parametrize(("teacher", "other"), [("teacher", "another"), ("address 10.0.0.1", "address 10.0.0.1")])
def test_nobody_else_takes_a_code_over(leads: Leads, teacher: str, other: str) -> None:
    page = Page(teacher)
    code = open_(leads, page).code
    page.run.closed = True
    assert open_(leads, Page(other)).code != code


def test_followers_and_runs_are_bounded_and_who_left_makes_room(
    leads: Leads, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "MAX_FOLLOWERS", 3)
    lead = open_(leads, first := Page())
    for _ in range(3):
        leads.join(lead.code)
    with pytest.raises(TooManyError, match="follow this run already"):
        leads.join(lead.code)
    assert leads.n_following(lead) == 3
    clock.now += following.AWAY
    assert leads.n_following(lead) == 0
    assert leads.join(lead.code)
    monkeypatch.setattr(following, "MAX_LEADS", 1)
    with pytest.raises(ConfigError, match="no more can be: end one"):
        open_(leads, Page("another"))
    assert first.lead is lead


def test_a_slim_frame_has_the_same_header_and_steps_and_nearly_the_same_numbers() -> None:
    rng = np.random.default_rng(0)
    header = {"serial": 7, "stats": {"d_loss": 0.1234567}, "message": "“x”"}
    numbers = rng.normal(size=500).astype(np.float32) * np.float32(10.0) ** rng.integers(-6, 6, 500).astype(np.float32)
    numbers[:4] = np.nan, np.inf, -np.inf, 0
    steps = np.arange(123_456, 123_956, dtype=np.float32)
    tiles = rng.integers(0, 256, (3, 4, 4, 1)).astype(np.uint8)
    frame = encode(header, {"fake": numbers, "curve_step": steps, "real_images": tiles})
    serial, content = slim(frame)
    got, arrays = decode(gzip.decompress(content))
    assert (serial, got) == (7, header)
    np.testing.assert_array_equal(arrays["curve_step"], steps)
    np.testing.assert_array_equal(arrays["real_images"], tiles)
    np.testing.assert_allclose(arrays["fake"], numbers, rtol=2.0 ** -(KEPT_BITS + 1))
    assert len(content) < len(frame) * 0.75
    assert slim(frame) == (serial, content), "the same bytes each time"


# -- with a real run -----------------------------------------------------------------------------------------


@pytest.fixture
def rooms() -> Iterator[Rooms]:
    found = Rooms(4, release_after=60)
    host_of(found).monitor.close()
    yield found
    found.close()


@pytest.fixture
def visit(rooms: Rooms) -> Visit:
    found = rooms.open(CONFIG, (), "")
    assert Seen(found).wait(lambda r: r.step > 3)
    Seen(found).pause()
    assert Seen(found).wait(lambda r: decode(r.frame() or b"")[0]["state"] == "paused")
    return found


def command(visit: Visit, name: str, value: object) -> None:
    found = parse({"name": name, "value": value, "n": next(NONCE)})
    assert found is not None
    carry_out(visit, found)


Get = Callable[..., Reply]


@pytest.fixture
def get(rooms: Rooms) -> Get:
    app = Starlette(routes=routes(rooms, ""))
    return lambda path, method="GET", **how: ask(app, f"/{path}", method, **how)


def token(get: Get, code: str) -> str:
    reply = get(JOIN, code=code)
    assert reply.status == 200, reply.body
    return str(json.loads(reply.body)["token"])


def test_a_run_is_followed_by_its_code_and_its_own_token_stays_secret(get: Get, visit: Visit) -> None:
    command(visit, "follow", True)
    assert visit.lead is not None
    mine = token(get, visit.lead.code)
    reply = get(f"{FOLLOW}?t={mine}&since=")
    assert (reply.status, reply.headers["content-encoding"]) == (200, "gzip")
    header, arrays = decode(gzip.decompress(reply.body))
    assert header["step"] == visit.run.status().step
    assert arrays["fake"].shape[1] == 2
    assert visit.token.encode() not in reply.body
    about = json.loads(get(f"{ABOUT}?t={mine}").body)
    assert {row["id"] for row in about["formulas"]} >= {"d_loss", "g_loss"}
    for path in (FOLLOW, ABOUT):
        for other in ("", "guess", visit.token, visit.lead.code):
            assert get(f"{path}?t={other}").status == 410
        assert get(f"{path}?t={mine}", "POST").status == 405


def test_what_the_teacher_points_at_comes_at_once_and_without_a_frame(get: Get, visit: Visit) -> None:
    command(visit, "follow", True)
    assert visit.lead is not None
    mine = token(get, visit.lead.code)
    serial = decode(gzip.decompress(get(f"{FOLLOW}?t={mine}").body))[0]["serial"]
    command(visit, "point", "losses")
    reply = get(f"{FOLLOW}?t={mine}&since={serial}&point=")
    assert (reply.status, reply.headers["x-point"]) == (204, "losses")
    command(visit, "point", None)
    assert get(f"{FOLLOW}?t={mine}&since={serial}&point=losses").headers["x-point"] == ""


def test_the_teachers_questions_say_what_is_looked_at(get: Get, visit: Visit, rooms: Rooms) -> None:
    command(visit, "follow", True)
    assert visit.lead is not None
    mine = token(get, visit.lead.code)
    app = Starlette(routes=live_routes(rooms, ""))
    first = visit.run.contents()["frames"][0]
    ask(app, f"/{FRAME}?t={visit.token}&at={first}")
    ask(app, f"/{FRAME}?t={visit.token}&since=7&past=1")  # how the run goes meanwhile
    reply = get(f"{FOLLOW}?t={mine}&since=")
    assert reply.headers["x-past"] == "1"
    assert decode(gzip.decompress(reply.body))[0]["step"] == first
    ask(app, f"/{FRAME}?t={visit.token}&since=")
    reply = get(f"{FOLLOW}?t={mine}&since={reply.headers['x-serial']}")
    assert "x-past" not in reply.headers
    assert decode(gzip.decompress(reply.body))[0]["step"] == visit.run.status().step


def test_a_wrong_code_an_ended_run_and_too_many_tries_are_told_apart(get: Get, visit: Visit) -> None:
    command(visit, "follow", True)
    assert visit.lead is not None
    code, mine = visit.lead.code, token(get, visit.lead.code)
    assert get(JOIN).status == 404
    command(visit, "follow", False)
    assert get(f"{FOLLOW}?t={mine}").status == 410
    assert get(JOIN, code=code).status == 410
    for _ in range(20):
        reply = get(JOIN, code="<b>")
    assert reply.status == 429
    assert "wait a minute" in json.loads(reply.body)["message"]


@pytest.mark.parametrize("value", ["<img>", "A" * 99, 7, ["losses"], {"a": 1}, "Losses", ""])
def test_only_a_panels_name_can_be_pointed_at(value: object) -> None:
    assert parse({"name": "point", "value": value, "n": 1}) is None


# -- the page ------------------------------------------------------------------------------------------------


@pytest.fixture
def led() -> Iterator[Visit]:
    """A teacher's run of this process, with a change, that others may follow."""
    made = session.rooms().open(CONFIG, (), "", "a teacher")
    assert Seen(made).wait(lambda r: r.step > 3)
    made.run.send(do.Retune({"lr_g": 0.0004}))
    assert made.run.flush()
    made.leads.open(made)
    yield made
    made.leads.end(made)
    made.run.close()


def test_who_follows_has_no_run_until_they_take_a_copy_with_the_same_changes(opened: list[AppTest], led: Visit) -> None:
    assert led.lead is not None
    app = by_address(AppTest.from_file(APP, default_timeout=60), "classroom")
    app.query_params["follow"] = led.lead.code
    app.run()
    assert not app.exception
    assert VISIT not in app.session_state
    opened.append(app)
    app.button(key="follow:copy").click().run()
    assert not app.exception
    copy, source = app.session_state[VISIT].run.status(), led.run.status()
    assert copy.initial_config == source.initial_config
    assert Seen(app.session_state[VISIT]).wait(lambda r: len(r.interventions) == len(source.interventions), 60)
    assert app.session_state[VISIT].run.status().interventions == source.interventions
    assert len(source.interventions) == 1


def test_a_code_is_typed_and_what_is_over_or_wrong_is_said(opened: list[AppTest], led: Visit) -> None:
    assert led.lead is not None
    code = led.lead.code
    app = by_address(AppTest.from_file(APP, default_timeout=60), "classroom").run()
    app.text_input(key="class:code").set_value(code.lower()).run()
    app.button(key="class:join").click().run()
    assert dict(app.query_params) == {"follow": code}
    assert app.button(key="follow:leave").label == "Leave"
    led.leads.end(led)
    app.button(key="follow:copy").click().run()
    assert any("not shown any more" in toast.value for toast in app.toast)
    app.button(key="follow:leave").click().run()
    app.text_input(key="class:code").set_value("QQQQQQ").run()
    app.button(key="class:join").click().run()
    assert any("no class of this code" in toast.value for toast in app.toast)
    assert not app.exception
