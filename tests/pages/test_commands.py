"""What a visitor asks for in the live view: it does what it says, once, and a stranger's nonsense does nothing."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from gan_core import Runner
from gan_core.config.presets import presets
from pages.ui.live import COMMANDS, MAX_BEFORE, Command, parse_command, parse_commands
from tests.pages.conftest import newest_stats
from tests.pages.test_opening import SMALL, toasts

Send = Callable[..., AppTest]


def script() -> None:
    """A page that takes commands as the live view sends them."""
    import streamlit as st

    from pages.ui import session
    from pages.ui.live import parse_command

    session.visit()
    for raw in st.session_state.pop("raw", []):
        command = parse_command(raw)
        st.session_state["redraw"] = command is not None and session.obey(command)
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


@pytest.fixture
def runner(app: AppTest) -> Runner:
    found: Runner = app.session_state["gan.visit"].runner
    assert found.wait(lambda r: r.state == "playing" and r.step_count > 0)
    return found


@pytest.fixture
def send(app: AppTest) -> Send:
    nonce = iter(range(1, 10_000))

    def ask(*names: str, value: Any = None, n: int | None = None) -> AppTest:
        app.session_state["raw"] = [{"name": x, "value": value, "n": next(nonce) if n is None else n} for x in names]
        app.run()
        assert not app.exception
        return app

    return ask


def stopped(runner: Runner) -> int:
    assert runner.wait(lambda r: r.state == "paused")
    return runner.step_count


def test_pause_and_play(send: Send, runner: Runner) -> None:
    send("pause")
    step = stopped(runner)
    time.sleep(0.1)
    assert runner.step_count == step
    send("play")
    assert runner.wait(lambda r: r.step_count > step and r.state == "playing")


def test_one_step_is_one_step_and_lone_updates_are_none(send: Send, runner: Runner, app: AppTest) -> None:
    send("pause")
    step = stopped(runner)
    send("step")
    assert runner.flush()
    assert runner.step_count == step + 1
    send("step_d")
    send("step_g")
    assert runner.step_count == step + 1
    assert [(i.step, i.update) for i in runner.interventions] == [(step + 1, "d"), (step + 1, "g")]
    assert "changes" in app.query_params
    assert app.session_state["redraw"], "the page must be drawn again for its link"


def test_a_step_while_it_plays_pauses_it(send: Send, runner: Runner) -> None:
    send("step")
    step = stopped(runner)
    time.sleep(0.1)
    assert runner.step_count == step


def test_reset_repeats_the_same_numbers_and_a_new_seed_does_not(send: Send, runner: Runner, app: AppTest) -> None:
    seen = []
    for n, command in enumerate(("reset", "reset", "new_seed"), 2):
        send("pause", command)
        assert runner.wait(lambda r, n=n: r.run == n and r.state == "paused")  # type: ignore[misc]
        assert runner.step_count == 0
        for _ in range(4):
            send("step")
        seen.append(newest_stats(runner, 4))
    assert seen[0] == seen[1] != seen[2]
    assert runner.config.seed == 1
    assert app.query_params["seed"] == ["1"] or app.query_params["seed"] == "1"


def test_reset_keeps_what_was_tuned(send: Send, runner: Runner) -> None:
    runner.retune({"lr_g": 0.01})
    send("reset")
    assert runner.wait(lambda r: r.run == 2)
    assert runner.initial_config.lr_g == 0.01
    assert not runner.interventions


def test_a_pace_and_a_place_to_stop(send: Send, runner: Runner) -> None:
    send("pause", "reset")
    assert runner.wait(lambda r: r.run == 2 and r.state == "paused")
    send("stop_at", value=5.0)
    send("play")
    assert runner.wait(lambda r: r.step_count == 5 and r.state == "paused")
    assert "step 5" in runner.message
    send("pace", value=30)
    send("play")
    begun = time.monotonic()
    assert runner.wait(lambda r: r.step_count >= 11)
    assert time.monotonic() - begun > 5 / 30, "at most 30 a second"
    send("pace", value=None)
    assert runner.wait(lambda r: r.step_count > 100)


def test_a_place_to_stop_that_lies_behind_is_refused_and_the_run_goes_on(
    send: Send, runner: Runner, app: AppTest
) -> None:
    assert runner.wait(lambda r: r.step_count > 10)
    send("stop_at", value=10.0)
    assert "already" in toasts(app)
    step = runner.step_count
    assert runner.wait(lambda r: r.step_count > step + 20)
    assert runner.state == "playing"


def test_a_preset_can_be_opened_from_the_live_view(send: Send, runner: Runner, app: AppTest) -> None:
    send("pace", value=1)
    send("pause")
    send("open", value="collapse")
    assert runner.wait(lambda r: r.run == 2 and r.state == "playing" and r.step_count > 20)
    assert runner.config == presets()["collapse"].config
    assert dict(app.query_params) == {"preset": "collapse"}
    send("open", value="no-such")
    assert "no-such" in toasts(app)
    assert runner.preset == "collapse"


def test_a_click_that_arrives_twice_acts_once(send: Send, runner: Runner) -> None:
    send("pause")
    step = stopped(runner)
    for _ in range(3):
        send("step", n=777)
    send("step", "step", n=778)
    assert runner.flush()
    assert runner.step_count == step + 2


def test_every_command_is_known_to_the_session(send: Send, runner: Runner) -> None:
    values: dict[str, Any] = {"pace": 30, "stop_at": 10**6, "open": "moons"}
    for name in COMMANDS:
        before = (runner.state, runner.step_count, runner.run, len(runner.interventions))
        send(name, value=values.get(name))
        assert runner.flush()
        assert before is not None
    assert runner.wait(lambda r: r.run == 4), "reset, new seed, preset"


BAD_PACES: list[Any] = [0, -1, 1e9, "1", True, float("nan"), float("inf"), [1], {}]
BAD_STOPS: list[Any] = [0, -1, 1.5, 1e300, "9", True, float("nan"), float("inf")]
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
    {"name": "step", "n": float("nan")},
    {"name": "step", "n": float("inf")},
    {"name": "step", "n": 1, "value": 5},
    {"name": "step", "n": 1, "value": {"a": []}},
    {"name": ["step"], "n": 1},
    {"name": {"a": 1}, "n": 1},
    {"name": "close", "n": 1},
    {"name": "__init__", "n": 1},
    {"name": "retune", "n": 1, "value": {"lr_g": 1}},
    *({"name": "pace", "n": 1, "value": v} for v in BAD_PACES),
    *({"name": "stop_at", "n": 1, "value": v} for v in BAD_STOPS),
    *({"name": "open", "n": 1, "value": v} for v in BAD_NAMES),
]


@pytest.mark.parametrize("raw", HOSTILE, ids=repr)
def test_nonsense_is_no_command(raw: Any) -> None:
    assert parse_command(raw) is None


def test_nonsense_leaves_the_run_alone(app: AppTest, runner: Runner) -> None:
    app.session_state["raw"] = HOSTILE
    app.run()
    assert not app.exception
    assert not app.toast
    assert runner.flush()
    assert (runner.run, runner.state, runner.interventions) == (1, "playing", ())
    step = runner.step_count
    assert runner.wait(lambda r: r.step_count > step)


@pytest.mark.parametrize("value", ["../../etc/passwd", "<b>x</b>", "digits\n", "Ä", "__class__", "DIGITS"])
def test_a_preset_that_is_none_is_refused_in_words(send: Send, app: AppTest, runner: Runner, value: str) -> None:
    send("open", value=value)
    assert "no preset" in toasts(app)
    assert runner.run == 1


def test_a_pace_too_slow_is_refused_in_words(send: Send, app: AppTest, runner: Runner) -> None:
    send("pace", value=1e-9)
    assert "0.1 to 1000" in toasts(app)
    step = runner.step_count
    assert runner.wait(lambda r: r.step_count > step + 3)


def test_a_command_is_taken_as_it_was_sent() -> None:
    assert parse_command({"name": "stop_at", "value": 5.0, "n": 3.0}) == Command("stop_at", 5, 3)
    assert parse_command({"name": "pace", "value": None, "n": 3}) == Command("pace", None, 3)
    assert parse_command({"name": "step", "n": 0, "other": 1}) == Command("step", None, 0)


def test_what_was_dropped_comes_along_with_what_was_sent_next() -> None:
    first, second = {"name": "step", "value": None, "n": 1}, {"name": "play", "n": 2}
    assert parse_commands(second | {"before": [first]}) == [Command("step", None, 1), Command("play", None, 2)]
    assert parse_commands(second) == [Command("play", None, 2)]
    assert parse_commands(second | {"before": "step"}) == [Command("play", None, 2)]
    assert parse_commands(second | {"before": [None, {"name": "rm"}, first]})[0] == Command("step", None, 1)
    assert len(parse_commands(second | {"before": [first] * 100})) == MAX_BEFORE + 1
    assert parse_commands(None) == []
