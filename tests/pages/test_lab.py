"""The Collapse lab without a browser: the gallery, the sides, links, and what differs in words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import Executor, Future
from typing import Any

import pytest
from starlette.applications import Starlette
from streamlit.testing.v1 import AppTest

from gan_core import ConfigError, GanExplorerError, preset
from gan_core.experiments import seeds as repeats
from gan_core.experiments.gallery import find
from gan_core.experiments.published import PROTOCOLS
from gan_core.experiments.trials import Trial
from gan_core.live.commands import Pause
from gan_core.record.frame import decode
from pages.ui import session
from pages.ui.collapse.bench import Bench, Entry, carry_out
from pages.ui.collapse.link import parse_link
from pages.ui.collapse.route import FRAMES, routes
from pages.ui.collapse.words import differences
from pages.ui.commands import LAB, OneSide, Pace, Plain, StopAt, parse, parse_all
from pages.ui.effects import Notify, OpenOnTrain, Redraw
from pages.ui.presence import Rooms
from tests.pages.conftest import APP, VISIT, Seen, by_address
from tests.pages.test_routes import ask

BENCH = "gan.lab.bench"


@pytest.fixture
def apps() -> Iterator[list[AppTest]]:
    made: list[AppTest] = []
    yield made
    for app in made:
        for key in (BENCH, VISIT):
            if key in app.session_state:
                Seen(app.session_state[key]).close()


@pytest.fixture
def open_lab(apps: list[AppTest]) -> Any:
    def open_(**query: str) -> AppTest:
        app = AppTest.from_file(APP, default_timeout=60)
        apps.append(app)
        by_address(app, "collapse")
        for name, value in query.items():
            app.query_params[name] = value
        app.run()
        assert not app.exception
        return app

    return open_


def bench_of(app: AppTest) -> Bench:
    bench: Bench = app.session_state[BENCH]
    bench.run.send(Pause())
    assert bench.run.wait(lambda _: bench.run.frame() is not None)
    return bench


def test_the_page_opens_with_a_failure_beside_a_cure_and_plays_at_once(open_lab: Any) -> None:
    app = open_lab()
    bench: Bench = app.session_state[BENCH]
    assert bench.run.wait(lambda s: s.step > 3)
    assert [entry.cure for entry in bench.entries] == ["", find("ring-collapse").cures[0].name]
    assert VISIT not in app.session_state  # the Train page's run is not begun by looking at this one
    assert any("What you see" in text.value for text in app.markdown)


@pytest.mark.parametrize("query", [{"zoo": "LSGAN"}, {"protocol": next(iter(PROTOCOLS))}], ids=str)
def test_what_is_no_failure_is_not_told_as_one(open_lab: Any, query: dict[str, str]) -> None:
    app = open_lab(**query)
    told = " ".join(text.value for text in app.markdown)
    assert ("**LSGAN, " if "zoo" in query else "**A published protocol: ") in told
    assert "What you see" not in told
    assert app.pills(key="lab:failure").value is None
    app.pills(key="lab:failure").set_value("digits-collapse").run()
    assert any("What you see" in text.value for text in app.markdown)
    assert app.query_params["failure"] in ("digits-collapse", ["digits-collapse"])


def test_one_click_shows_another_failure(open_lab: Any) -> None:
    app = open_lab()
    app.pills(key="lab:failure").set_value("digits-collapse").run()
    bench = bench_of(app)
    assert {side.config.data.name for side in bench.run.sides} == {"digits"}
    assert bench.run.sides[0].config == find("digits-collapse").config()
    assert app.query_params["failure"] == "digits-collapse"


def test_a_cure_takes_the_place_of_the_last_one_or_stands_beside_it(open_lab: Any) -> None:
    app = open_lab()
    second = find("ring-collapse").cures[1].name
    app.button(key=f"lab:cure:{second}").click().run()
    assert [entry.cure for entry in bench_of(app).entries] == ["", second]
    app.toggle(key="lab:more").set_value(True).run()
    third = find("ring-collapse").cures[2].name
    app.button(key=f"lab:cure:{third}").click().run()
    bench = bench_of(app)
    assert [entry.cure for entry in bench.entries] == ["", second, third]
    assert len(bench.run.sides) == 3


def test_a_link_brings_the_same_comparison(open_lab: Any) -> None:
    cure = find("oscillation").cures[1].name
    app = open_lab(failure="oscillation", sides=f"{cure},none,own", seed="5", changeC=json.dumps({"lr_g": 0.02}))
    bench = bench_of(app)
    assert [side.config.seed for side in bench.run.sides] == [5, 5, 5]
    assert bench.run.sides[0].config == find("oscillation").cured(find("oscillation").cure(cure), 5)
    assert bench.run.sides[2].config.lr_g == 0.02
    assert app.query_params["changeC"] == '{"lr_g":0.02}'


def test_a_bad_link_is_said_and_the_page_still_opens(open_lab: Any) -> None:
    app = open_lab(failure="boredom")
    assert "no failure 'boredom'" in app.toast[0].value
    assert bench_of(app).entries


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"seed": "-1"}, "no seed"),
        ({"seed": "99999999999"}, "no seed"),
        ({"sides": "none,none,none,none,none"}, "1 to 4"),
        ({"sides": "luck"}, "no cure 'luck'"),
        ({"sides": "own", "changeA": "[1]"}, "changeA="),
        ({"sides": "own", "changeA": "{" * 5000}, "changeA="),
        ({"sides": "own", "changeA": '{"seed": 3}'}, "without data and seed"),
        ({"sides": "own", "changeA": '{"data.name": "mnist"}'}, "without data and seed"),
        ({"sides": "own", "changeA": '{"lr_g": "fast"}'}, "lr_g"),
        ({"protocol": "mine"}, "no protocol"),
        ({"colour": "red"}, "no parameter 'colour'"),
    ],
)
def test_links_of_strangers_are_refused_in_one_line(query: dict[str, str], said: str) -> None:
    with pytest.raises(GanExplorerError, match=said) as caught:
        parse_link(query)
    assert isinstance(caught.value, ConfigError)
    assert "\n" not in str(caught.value)


def test_one_setting_of_one_side_can_be_changed(open_lab: Any) -> None:
    app = open_lab()
    bench = bench_of(app)
    before = bench.run.sides[0].config
    app.selectbox(key="lab:path").set_value("lr_g").run()
    value = next(field for field in app.text_input if field.label == "Value")
    value.set_value("0.004").run()
    next(button for button in app.button if button.label == "Change").click().run()
    assert bench.run.sides[1].config.lr_g == 0.004
    assert bench.run.sides[0].config == before
    assert bench.entries[1].cure == "own"
    assert json.loads(app.query_params["changeB"])["lr_g"] == 0.004


def test_a_published_protocol_is_shown_beside_its_table_and_can_be_begun(open_lab: Any) -> None:
    app = open_lab()
    assert any("23.8 ± 0.7" in str(table.value) for table in app.dataframe)
    app.button(key="lab:protocol:pacgan-grid").click().run()
    bench = bench_of(app)
    assert [side.config.packing for side in bench.run.sides] == [1, 2]
    assert app.query_params["protocol"] == "pacgan-grid"


class _Held(Executor):
    """Does nothing until it is told to."""

    def __init__(self) -> None:
        self.waiting: list[Future[Trial]] = []

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
        self.waiting.append(Future())
        return self.waiting[-1]


def test_the_comparison_is_repeated_over_seeds_row_by_row(open_lab: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    held = _Held()
    monkeypatch.setattr(repeats, "pool", lambda: held)
    app = open_lab()
    app.selectbox(key="lab:seeds").set_value(3).run()
    app.button(key="lab:repeat").click().run()
    bench = app.session_state[BENCH]
    assert bench.run.wait(lambda s: s.state == "paused")  # the processors are for the trials now
    assert len(held.waiting) == 6
    for seed, modes in enumerate((1.0, 3.0)):
        held.waiting[2 * seed].set_result(Trial(seed, modes, 0.0))
    app.run()
    assert app.dataframe[0].value.to_dict("records")[0] == {
        "side": "A: as it fails",
        "seeds": 2,
        "good": 0,
        "diverged": 0,
        "median": "2",
        "middle 80 %": "1.2 to 2.8",
        "each seed": "1, 3",
    }
    app.button(key="lab:cancel").click().run()
    app.run()
    assert not app.exception
    assert all(future.done() for future in held.waiting)
    assert not app.button(key="lab:repeat").disabled


@pytest.mark.parametrize(
    "raw",
    [
        None,
        {"name": "take", "value": 4, "n": 1},
        {"name": "take", "value": True, "n": 1},
        {"name": "remove", "value": "0", "n": 1},
        {"name": "remove", "value": 0.5, "n": 1},
        {"name": "open", "value": "digits", "n": 1},
        {"name": "step_d", "n": 1},
        {"name": "take", "value": 0, "n": -1},
    ],
)
def test_what_a_browser_sends_is_checked(raw: Any) -> None:
    assert parse(raw, LAB) is None


def test_what_was_dropped_comes_along_with_what_was_sent_next() -> None:
    raw = {"name": "play", "n": 3, "before": [{"name": "remove", "value": 1, "n": 1}, {"name": "step_d", "n": 2}]}
    assert parse_all(raw, LAB) == [OneSide(name="remove", value=1, n=1), Plain(name="play", n=3)]


def test_commands_of_the_transport_are_taken() -> None:
    assert parse({"name": "pace", "value": 5, "n": 1}, LAB) == Pace(value=5, n=1)
    assert parse({"name": "remove", "value": 3, "n": 2}, LAB) == OneSide(name="remove", value=3, n=2)
    assert parse({"name": "take", "value": 1, "n": 5}, LAB) == OneSide(name="take", value=1, n=5)


@pytest.fixture
def three_sides() -> Iterator[Bench]:
    """A comparison of three sides, without a page."""
    failure, rooms = find("ring-collapse"), Rooms(4, release_after=60)
    entries = [Entry(f"side {i}", "", failure.config(i).changed({"batch_size": 8})) for i in (3, 3, 3)]
    bench = Bench(entries, failure.preset, rooms)
    rooms.admit(bench)
    assert bench.run.wait(lambda _: bench.run.frame() is not None)
    yield bench
    rooms.close()


def test_every_command_of_the_sides_is_carried_out_once(three_sides: Bench) -> None:
    bench, run = three_sides, three_sides.run
    assert carry_out(bench, Plain(name="pause", n=1)) == ()
    assert run.wait(lambda s: s.state == "paused")
    step = run.status().step
    for _ in range(2):
        assert carry_out(bench, Plain(name="step", n=2)) == ()
    assert run.flush()
    assert run.status().step == step + 1
    assert carry_out(bench, Plain(name="new_seed", n=3)) == (Redraw(),)
    assert [side.config.seed for side in run.sides] == [entry.config.seed for entry in bench.entries] == [4, 4, 4]
    assert carry_out(bench, OneSide(name="remove", value=1, n=4)) == (Redraw(),)
    assert [entry.title for entry in bench.entries] == ["side 3", "side 3"]
    assert len(run.sides) == 2
    assert carry_out(bench, OneSide(name="remove", value=3, n=5)) == (), "there is no such side"
    assert carry_out(bench, OneSide(name="take", value=3, n=6)) == ()
    carry_out(bench, StopAt(value=3, n=7))
    carry_out(bench, Plain(name="reset", n=8))
    carry_out(bench, StopAt(value=3, n=9))
    carry_out(bench, Plain(name="play", n=10))
    assert run.wait(lambda s: s.step == 3 and s.state == "paused")
    assert carry_out(bench, OneSide(name="take", value=0, n=11)) == (
        OpenOnTrain(bench.entries[0].config, find("ring-collapse").preset),
    )
    said, redraw = carry_out(bench, Pace(value=1e-6, n=12))
    assert isinstance(said, Notify)
    assert "0.1 to 1000" in said.text
    assert redraw == Redraw()


def test_the_route_gives_all_sides_of_one_step_for_the_token_alone(open_lab: Any) -> None:
    bench = bench_of(open_lab())
    site = Starlette(routes=routes(session.rooms(), ""))
    reply = ask(site, f"/{FRAMES}?t={bench.token}")
    assert reply.status == 200
    header, arrays = decode(reply.body)
    sides = [decode(arrays[name].tobytes())[0] for name in ("side_0", "side_1")]
    assert {side["step"] for side in sides} == {header["step"]}
    assert ask(site, f"/{FRAMES}?t={bench.token}&since={header['serial']}").status == 204
    assert ask(site, f"/{FRAMES}?t=guess").status == 410
    assert reply.headers["x-heard"] == "0"
    bench.is_new(7)
    for since in ("", header["serial"]):
        assert ask(site, f"/{FRAMES}?t={bench.token}&since={since}").headers["x-heard"] == "7"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"packing": 2}, "D sees 2 samples at once, not 1."),
        ({"regularisers": []}, "No penalty on D."),
        ({"regularisers.0.weight": 1}, "Its penalty's weight is 1, not 0.1."),
        ({"discriminator.spectral_norm": True}, "D has spectral norm."),
        ({"ema": 0}, "G is shown as it is at each step."),
        (
            {"betas_g": [0.5, 0.999], "betas_d": [0.5, 0.999]},
            "Both optimisers have betas 0.5, 0.999, not 0, 0.99.",
        ),
        ({"lr_g": 0.002, "g_steps": 5}, "G is updated 5 times a step, not 1; G learns at a rate of 0.002, not 0.001."),
        ({"discriminator.logit_gain": 30.0}, "D's logit is multiplied by 30, not by 1."),
        ({}, ""),
    ],
)
def test_what_differs_is_said_in_words(changes: dict[str, Any], words: str) -> None:
    ring = preset("ring-8")
    assert differences(ring.changed(changes), ring) == words


def test_other_data_are_named_without_what_goes_with_them() -> None:
    failure = find("memorising-d")
    few, many = failure.config(), failure.cured(failure.cure("more-images"))
    assert differences(many, few) == "Data set: digits, not own-images."
