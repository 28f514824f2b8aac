"""What a visitor asks for: it does what it says, once, and a stranger's nonsense does nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any, get_args

import pytest
from streamlit.testing.v1 import AppTest

from gan_core.config.presets import from_query, presets
from gan_core.live.commands import Retune
from pages.ui import changes, commands
from pages.ui.commands import LAB, LESSON, LIVE, MAX_BEFORE, Command, Pace, Plain, StopAt, parse, parse_all
from pages.ui.effects import Effects, Notify, Redraw
from pages.ui.presence import Rooms, Visit
from tests.pages.conftest import Seen, newest_stats, stand_at
from tests.pages.test_opening import SMALL, toasts

Do = Callable[..., str]
CONFIG = from_query(SMALL)[0]


@pytest.fixture(scope="module")
def rooms() -> Iterator[Rooms]:
    found = Rooms(4, release_after=60)
    yield found
    found.close()


@pytest.fixture
def visit(rooms: Rooms) -> Iterator[Visit]:
    found = rooms.open(CONFIG, (), "ring-8")
    assert Seen(found).wait(lambda r: r.state == "playing" and r.step > 0)
    yield found
    Seen(found).close()


@pytest.fixture
def runner(visit: Visit) -> Seen:
    return Seen(visit)


def text_of(effects: Effects) -> str:
    return " ".join(effect.text for effect in effects if isinstance(effect, Notify))


@pytest.fixture
def effects() -> list[Effects]:
    """What each request has left to do, in order."""
    return []


@pytest.fixture
def do(visit: Visit, effects: list[Effects]) -> Do:
    """Ask for things as the live view does; returns what is said."""
    nonce = iter(range(1, 10_000))

    def ask(*names: str, value: Any = None, n: int | None = None) -> str:
        for name in names:
            command = parse({"name": name, "value": value, "n": next(nonce) if n is None else n})
            assert command is not None
            effects.append(commands.carry_out(visit, command))
        return text_of(effects[-1])

    return ask


def stopped(runner: Seen) -> int:
    assert runner.wait(lambda r: r.state == "paused")
    step: int = runner.step
    return step


# -- what each command does ----------------------------------------------------------------------------------


def test_pause_and_play(do: Do, runner: Seen) -> None:
    do("pause")
    step = stopped(runner)
    time.sleep(0.1)
    assert runner.step == step
    do("play")
    assert runner.wait(lambda r: r.step > step and r.state == "playing")


def test_one_step_is_one_step_and_lone_updates_are_none(do: Do, runner: Seen, effects: list[Effects]) -> None:
    do("pause")
    step = stopped(runner)
    do("step")
    assert effects[-1] == (), "the view sees it by itself"
    assert runner.flush()
    assert runner.step == step + 1
    do("step_d", "step_g")
    assert effects[-2:] == [(Redraw(),)] * 2, "the page must be drawn again for its link"
    assert runner.step == step + 1
    assert [(i.step, i.update) for i in runner.interventions] == [(step + 1, "d"), (step + 1, "g")]


def test_a_step_while_it_plays_pauses_it(do: Do, runner: Seen) -> None:
    do("step")
    step = stopped(runner)
    time.sleep(0.1)
    assert runner.step == step


def test_reset_repeats_the_same_numbers_and_a_new_seed_does_not(do: Do, runner: Seen, effects: list[Effects]) -> None:
    seen = []
    for n, command in enumerate(("reset", "reset", "new_seed"), 2):
        do("pause", command)
        assert effects[-1][-1] == Redraw()
        assert runner.wait(lambda r, n=n: r.run == n and r.state == "paused")  # type: ignore[misc]
        assert runner.step == 0
        for _ in range(4):
            do("step")
        assert runner.flush(), "the newest frame is of this run"
        seen.append(newest_stats(runner, 4))
    assert seen[0] == seen[1] != seen[2]
    assert runner.config.seed == 1


def test_reset_keeps_what_was_tuned(do: Do, runner: Seen) -> None:
    runner.send(Retune({"lr_g": 0.01}))
    do("reset")
    assert runner.wait(lambda r: r.run == 2)
    assert runner.initial_config.lr_g == 0.01
    assert not runner.interventions


def test_a_pace_and_a_place_to_stop(do: Do, runner: Seen) -> None:
    do("pause", "reset")
    assert runner.wait(lambda r: r.run == 2 and r.state == "paused")
    do("stop_at", value=5.0)
    do("play")
    assert runner.wait(lambda r: r.step == 5 and r.state == "paused")
    assert "step 5" in runner.message
    do("pace", value=30)
    do("play")
    begun = time.monotonic()
    assert runner.wait(lambda r: r.step >= 11)
    assert time.monotonic() - begun > 5 / 30, "at most 30 a second"
    do("pace", value=None)
    assert runner.wait(lambda r: r.step > 100)


def test_a_place_to_stop_that_lies_behind_is_refused_and_the_run_goes_on(
    do: Do, runner: Seen, effects: list[Effects]
) -> None:
    assert runner.wait(lambda r: r.step > 10)
    assert "already" in do("stop_at", value=10.0)
    assert effects[-1][-1] == Redraw(), "there is something to say"
    step = runner.step
    assert runner.wait(lambda r: r.step > step + 20)
    assert runner.state == "playing"


def test_a_preset_can_be_opened_from_the_live_view(do: Do, runner: Seen) -> None:
    do("pace", value=1)
    do("pause")
    assert do("open", value="collapse") == ""
    assert runner.wait(lambda r: r.run == 2 and r.state == "playing" and r.step > 20)
    assert runner.config == presets()["collapse"].config
    assert "no-such" in do("open", value="no-such")
    assert runner.preset == "collapse"


@pytest.mark.parametrize("value", ["../../etc/passwd", "<b>x</b>", "digits\n", "Ä", "__class__", "DIGITS"])
def test_a_preset_that_is_none_is_refused_in_words(do: Do, runner: Seen, value: str) -> None:
    assert "no preset" in do("open", value=value)
    assert runner.run == 1


def test_a_pace_too_slow_is_refused_in_words(do: Do, runner: Seen) -> None:
    assert "0.1 to 1000" in do("pace", value=1e-9)
    step = runner.step
    assert runner.wait(lambda r: r.step > step + 3)


def test_a_click_that_arrives_twice_acts_once(do: Do, runner: Seen) -> None:
    do("pause")
    step = stopped(runner)
    for _ in range(3):
        do("step", n=777)
    do("step", "step", n=778)
    assert runner.flush()
    assert runner.step == step + 2


def test_a_run_goes_on_from_a_kept_step(do: Do, visit: Visit, runner: Seen) -> None:
    stand_at(runner, 30)
    assert Seen(visit).contents()["states"][-1] == 30
    first = Seen(visit).contents()["states"][0]
    before = runner.run
    assert do("branch", value=29).startswith(f"This run goes on from step {first}")
    assert runner.wait(lambda r: r.run == before + 1 and r.step == first)


def test_every_command_of_the_live_view_is_carried_out(do: Do, runner: Seen) -> None:
    values: dict[str, Any] = {
        "pace": 30, "stop_at": 10**6, "open": "moons", "branch": 1, "cure": 0, "alarm": False, "follow": False
    }  # fmt: skip
    stand_at(runner, 3)
    before = runner.run
    for name in sorted(LIVE - {"branch"}):
        do(name, value=values.get(name))
        assert runner.flush()
    assert runner.wait(lambda r: r.run == before + 3), "reset, new seed, preset"


# -- what a browser sends ------------------------------------------------------------------------------------

BAD_PACES: list[Any] = [0, -1, 1e9, "1", True, float("nan"), float("inf"), [1], {}, 10**400]
BAD_STOPS: list[Any] = [0, -1, 1.5, 1e300, "9", True, float("nan"), float("inf"), 10**400]
BAD_NAMES: list[Any] = [None, 3, "", "x" * 65, ["digits"], {"name": "digits"}]
HOSTILE: list[Any] = [
    None,
    7,
    "step",
    ["step"],
    {},
    {"name": "step"},
    {"name": "step", "n": "1"},
    {"name": "step", "n": True},
    {"name": "step", "n": -1},
    {"name": "step", "n": 2.0**60},
    {"name": "step", "n": 10**400},
    {"name": "step", "n": float("nan")},
    {"name": "step", "n": float("inf")},
    {"name": "step", "n": 1, "value": 5},
    {"name": "step", "n": 1, "value": {"a": []}},
    {"name": ["step"], "n": 1},
    {"name": {"a": 1}, "n": 1},
    {"name": "close", "n": 1},
    {"name": "__init__", "n": 1},
    {"name": "retune", "n": 1, "value": {"lr_g": 1}},
    {"name": "take", "value": 0, "n": 1},
    {"name": "save", "direction": "a", "vector": "zAAAA", "n": 1},
    *({"name": "pace", "n": 1, "value": v} for v in BAD_PACES),
    *({"name": "stop_at", "n": 1, "value": v} for v in BAD_STOPS),
    *({"name": "open", "n": 1, "value": v} for v in BAD_NAMES),
    *({"name": "branch", "n": 1, "value": v} for v in (None, -1, 1.5, "3", 10**12, True)),
    *({"name": "cure", "n": 1, "value": v} for v in (None, -1, 0.5, "0", 10, True)),
    *({"name": "alarm", "n": 1, "value": v} for v in (None, 0, 1, "yes", [])),
]


@pytest.mark.parametrize("raw", HOSTILE, ids=lambda raw: repr(raw)[:80])
def test_nonsense_is_no_command(raw: Any) -> None:
    assert parse(raw) is None


def test_a_command_is_taken_as_it_was_sent() -> None:
    assert parse({"name": "stop_at", "value": 5.0, "n": 3.0}) == StopAt(value=5, n=3)
    assert parse({"name": "pace", "value": None, "n": 3}) == Pace(value=None, n=3)
    assert parse({"name": "step", "n": 0, "other": 1}) == Plain(name="step", n=0)


@pytest.mark.parametrize("value", [0, 1200, 1200.0])
def test_going_on_from_a_step_is_a_command(value: float) -> None:
    command = parse({"name": "branch", "value": value, "n": 1})
    assert isinstance(command, commands.Branch)
    assert command.value == int(value)


def test_every_name_is_a_command_and_each_view_asks_for_its_own() -> None:
    models = get_args(get_args(Command)[0])
    names = {name for model in models for name in get_args(model.model_fields["name"].annotation)}
    assert names == LIVE | LAB | {"save"}
    assert LESSON < LIVE & LAB
    for name in names - LESSON:
        assert parse({"name": name, "value": {"alarm": True, "open": "x"}.get(name), "n": 1}, LESSON) is None


def test_what_was_dropped_comes_along_with_what_was_sent_next() -> None:
    first, second = {"name": "step", "value": None, "n": 1}, {"name": "play", "n": 2}
    assert parse_all(second | {"before": [first]}) == [Plain(name="step", n=1), Plain(name="play", n=2)]
    assert parse_all(second) == [Plain(name="play", n=2)]
    assert parse_all(second | {"before": "step"}) == [Plain(name="play", n=2)]
    assert parse_all(second | {"before": [None, {"name": "rm"}, first]})[0] == Plain(name="step", n=1)
    assert len(parse_all(second | {"before": [first] * 100})) == MAX_BEFORE + 1
    assert parse_all(None) == []


# -- the wiring: a trigger of the live view, and the page ----------------------------------------------------


def script() -> None:
    """A page that takes commands as the live view sends them."""
    import streamlit as st

    from pages.ui import session
    from pages.ui.commands import parse

    session.visit()
    for raw in st.session_state.pop("raw", []):
        command = parse(raw)
        if command is not None:
            session.obey(command)
    st.session_state["redraw"] = session.recall("redraw", False)
    notice = session.take_notice()
    if notice:
        st.toast(notice)
    session.update_link()


@pytest.fixture
def app(opened: list[AppTest]) -> AppTest:
    page = AppTest.from_function(script, default_timeout=60)
    for name, value in SMALL.items():
        page.query_params[name] = value
    opened.append(page)
    return page.run()


def test_what_was_done_stands_in_the_link_and_is_said(app: AppTest) -> None:
    runner: Seen = Seen(app.session_state["gan.visit"])
    assert runner.wait(lambda r: r.state == "playing" and r.step > 0)
    app.session_state["raw"] = HOSTILE
    app.run()
    assert not app.exception
    assert not app.toast
    assert not app.session_state["redraw"]
    assert runner.flush()
    assert (runner.run, runner.state, runner.interventions) == (1, "playing", ())
    step = runner.step
    assert runner.wait(lambda r: r.step > step)

    app.session_state["raw"] = [{"name": "step_d", "n": 1}]
    app.run()
    assert "changes" in app.query_params
    assert app.session_state["redraw"], "the page must be drawn again for its link"
    app.session_state["raw"] = [{"name": "new_seed", "n": 2}]
    app.run()
    assert app.query_params["seed"] in (["1"], "1")
    app.session_state["raw"] = [{"name": "open", "value": "collapse", "n": 3}]
    app.run()
    assert dict(app.query_params) == {"preset": "collapse"}
    app.session_state["raw"] = [{"name": "open", "value": "no-such", "n": 4}]
    app.run()
    assert "no-such" in toasts(app)


def changing() -> None:
    """A page on which a setting is changed; it notes what the address says right then."""
    import streamlit as st

    from pages.ui import session

    session.visit()
    session.update_link()
    if "wanted" in st.session_state:
        session.change(st.session_state.pop("wanted"))
        st.session_state["said"] = st.query_params.to_dict()


def test_the_address_says_a_change_before_the_form_is_drawn_anew(opened: list[AppTest]) -> None:
    page = AppTest.from_function(changing, default_timeout=60)
    for name, value in SMALL.items():
        page.query_params[name] = value
    opened.append(page)
    page.run()
    page.session_state["wanted"] = {"lr_g": 0.0123}
    page.run()
    assert not page.exception
    assert "changes" in page.session_state["said"]


def test_a_change_is_told_in_words_of_a_sentence() -> None:
    kept = {"generator": (4, 4), "discriminator": (2, 6)}
    assert changes.kept_words(kept) == "all of G, 2 of 6 tensors of D"
    assert changes.kept_words({"generator": (0, 4), "discriminator": (0, 6)}) == "nothing of G, nothing of D"
