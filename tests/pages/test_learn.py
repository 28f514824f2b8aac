"""The Learn page without a browser: every part opens, a lesson is predicted, watched and explained."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, Protocol, cast

import pytest
from streamlit.testing.v1 import AppTest

from gan_core.errors import ConfigError
from gan_core.experiments.lessons import lessons
from gan_core.experiments.zoo import Variant, plain, variants
from gan_core.training.debugger import lines
from pages.ui.collapse.link import parse_link
from pages.ui.learn.progress import parse
from pages.ui.learn.visit import LessonVisit, beside
from tests.pages.conftest import APP, VISIT, Seen, by_address

LESSON = "gan.learn.visit"
BENCH = "gan.lab.bench"


class Learner(Protocol):
    def __call__(self, **query: str) -> AppTest: ...


@pytest.fixture
def open_learn() -> Iterator[Learner]:
    """Open the page with a link's query; runs end with the test."""
    apps: list[AppTest] = []

    def open_(**query: str) -> AppTest:
        app = AppTest.from_file(APP, default_timeout=60)
        apps.append(app)
        by_address(app, "learn")
        for name, value in query.items():
            app.query_params[name] = value
        app.run()
        assert not app.exception
        return app

    yield open_
    for app in apps:
        beside.clear()  # type: ignore[attr-defined]
        for key in (LESSON, f"{LESSON}_before", VISIT, BENCH):
            if key in app.session_state:
                Seen(app.session_state[key]).close()


@pytest.fixture
def open_theory(open_learn: Learner) -> Callable[[str], AppTest]:
    """Open a section of the theory."""

    def open_(section: str) -> AppTest:
        app = open_learn(part="theory")
        return turn_to(app, section)

    return open_


def turn_to(app: AppTest, section: str) -> AppTest:
    app.session_state["learn:theory"] = section
    return app.run()


def words(app: AppTest) -> str:
    return " ".join(str(m.value) for m in app.markdown)


def visit_of(app: AppTest) -> LessonVisit:
    visit: LessonVisit = app.session_state[LESSON]
    return visit


def predict(app: AppTest, choice: int) -> AppTest:
    app.radio[0].set_value(choice).run()
    visit = visit_of(app)
    assert Seen(visit).wait(lambda _: visit.done, 60)
    return app.run()


@pytest.fixture
def brief() -> Iterator[Callable[..., None]]:
    """Have these lessons stop after so many steps: some suffice for words and pictures."""
    kept = {name: lesson.stop_at for name, lesson in lessons().items()}

    def cut(stop_at: int, *names: str) -> None:
        for name in names:
            object.__setattr__(lessons()[name], "stop_at", stop_at)

    yield cut
    for name, stop_at in kept.items():
        cut(stop_at, name)


@pytest.mark.parametrize("name", lessons())
def test_every_lesson_opens_with_its_question_and_waits(open_learn: Learner, name: str) -> None:
    app = open_learn(lesson=name)
    visit = visit_of(app)
    assert visit.lesson.name == name
    assert not visit.begun
    assert lessons()[name].question in words(app)
    assert list(app.radio[0].options) == list(lessons()[name].choices)


def test_a_lesson_is_predicted_run_and_explained(open_learn: Learner, brief: Callable[..., None]) -> None:
    brief(150, "discriminator-wins")
    app = predict(open_learn(lesson="discriminator-wins"), 0)
    assert not app.exception
    assert "otherwise than you predicted" in words(app)
    facts = visit_of(app).facts
    assert f"at step {facts.words['step']}" in words(app)
    assert "{" not in words(app)
    assert "✓ 3." in str(app.get("button_group")[1].proto)


def test_a_collapse_says_which_mode_vanished_first_and_shows_it(
    open_learn: Learner, brief: Callable[..., None]
) -> None:
    brief(60, "collapse")
    app = predict(open_learn(lesson="collapse"), 2)
    assert "You predicted it" in words(app)
    assert "First lost: the mode at the" in words(app)
    assert app.dataframe[0].value.shape[0] == 1


def test_the_cure_stands_beside_the_collapse_from_its_own_seed(open_learn: Learner, brief: Callable[..., None]) -> None:
    brief(60, "cure", "collapse")
    app = predict(open_learn(lesson="cure"), 1)
    assert visit_of(app).facts.row["packing"] == "2"
    assert "D sees 2 samples at once, not 1." in words(app)
    table = app.dataframe[0].value
    assert list(table["lesson"]) == [lessons()[name].title for name in ("cure", "collapse")]
    assert list(table["packing"]) == ["2", "1"]
    assert set(table["seed"]) == {"0"}


def test_a_lesson_offers_its_link_for_a_class(open_learn: Learner, brief: Callable[..., None]) -> None:
    brief(100, "discriminator-wins")
    app = predict(open_learn(lesson="discriminator-wins"), 1)
    assert any("?lesson=discriminator-wins&lock=1" in c.value for c in app.caption)


def test_both_troubles_are_demonstrated(open_theory: Callable[[str], AppTest], brief: Callable[..., None]) -> None:
    brief(60, "collapse", "cure")
    app = open_theory("The two open troubles")
    assert "**With R1**: eigenvalues `−0.1500\u00a0+0.9887\u00a0i`" in words(app)
    app.button(key="troubles:show").click().run()
    assert not app.exception
    assert "**The plain GAN**:" in words(app)
    assert "**D judges two samples at a time**:" in words(app)


def test_try_it_yourself_opens_train_with_the_lessons_config(open_learn: Learner, brief: Callable[..., None]) -> None:
    brief(100, "discriminator-wins")
    app = predict(open_learn(lesson="discriminator-wins"), 1)
    app.button(key="lesson:try").click().run()
    assert not app.exception
    assert Seen(app.session_state[VISIT]).initial_config == lessons()["discriminator-wins"].config()


def test_a_locked_lesson_has_no_controls_but_the_prediction(open_learn: Learner) -> None:
    app = predict(open_learn(lesson="two-turns", lock="1"), 1)
    assert {button.key for button in app.button} == {"lesson:again", "lesson:next"}
    assert not app.get("button_group")
    assert "The zeros are exact" in words(app)
    app.button(key="lesson:again").click().run()
    assert list(app.radio[0].options) == list(lessons()["two-turns"].choices)
    predict(app, 0).button(key="lesson:next").click().run()
    assert visit_of(app).lesson.name == "discriminator-wins"
    assert dict(app.query_params) == {"lesson": "discriminator-wins", "lock": "1"}
    assert not app.get("button_group")


def test_what_came_of_a_lesson_is_there_on_return(open_learn: Learner) -> None:
    app = predict(open_learn(lesson="two-turns"), 0)
    cast("Any", app.get("button_group")[1]).set_value("collapse").run()
    assert "The zeros are exact" not in words(app)
    cast("Any", app.get("button_group")[1]).set_value("two-turns").run()
    assert not app.exception
    assert "It came out otherwise than you predicted" in words(app)
    assert "The zeros are exact" in words(app)
    assert not app.radio
    assert not visit_of(app).begun


def test_the_run_of_the_last_lesson_ends_once_it_is_no_longer_looked_at(open_learn: Learner) -> None:
    app = open_learn(lesson="collapse")
    first = visit_of(app)
    choices = cast("Any", app.get("button_group")[1])
    choices.set_value("cure").run()
    second = visit_of(app)
    assert second.lesson.name == "cure"
    assert Seen(first).state != "closed"
    cast("Any", app.get("button_group")[1]).set_value("digits").run()
    assert Seen(first).wait(lambda r: r.state == "closed")
    assert Seen(second).state != "closed"


def test_a_link_to_no_lesson_opens_the_first(open_learn: Learner) -> None:
    assert visit_of(open_learn(lesson="<b>nothing</b>")).lesson.name == next(iter(lessons()))


@pytest.mark.parametrize("raw", [None, "x", {"a": 1}, [1, None, "nothing"], [["collapse"]]])
def test_what_a_browser_says_of_its_progress_is_taken_for_names_of_lessons_only(raw: Any) -> None:
    assert parse(raw, lessons()) == frozenset()
    assert parse(["collapse", 1], lessons()) == {"collapse"}


def test_the_step_is_executed_line_by_line(open_learn: Learner) -> None:
    app = open_learn(part="step")
    app.button(key="step:next").click().run()
    assert "Just executed:** `x = sample_real()`" in words(app)
    app.button(key="step:end").click().run()
    assert not app.exception
    assert any("1 step done" in c.value for c in app.caption)
    assert len(app.code[0].value.splitlines()) == len(lines()) + 2


def shown(app: AppTest) -> list[str]:
    """Exhibits on the page, as they are asked for."""
    given = (json.loads(cast("Any", e).proto.json) for e in app.get("bidi_component") if cast("Any", e).proto.json)
    return [data["ask"].removeprefix("gan/theory?") for data in given if "gan/theory" in str(data.get("ask"))]


def test_one_section_of_the_theory_is_made_at_a_time(open_learn: Learner) -> None:
    app = open_learn(part="theory")
    assert shown(app) == ["show=best"]
    turn_to(app, "The vanishing gradient")
    assert shown(app) == ["show=pulls", "show=frozen"]


def test_the_smallest_gan_is_asked_for_as_it_was_chosen(open_theory: Callable[[str], AppTest]) -> None:
    app = open_theory("The smallest GAN")
    assert shown(app) == ["show=dirac&objective=non_saturating&penalty=&methods=alternating%2Csimultaneous"]
    app.multiselect(key="dirac:methods").set_value(["averaging"]).run()
    assert "Plays as alternating does and shows the mean" in words(app)
    app.selectbox(key="dirac:penalty").select("r1").run()
    assert shown(app) == ["show=dirac&objective=non_saturating&penalty=r1&methods=averaging"]
    assert not app.exception


def test_the_zoo_is_searched_and_run(open_learn: Learner) -> None:
    app = open_learn(part="zoo")
    assert any(f"{len(variants())} variants" in c.value for c in app.caption)
    app.text_input(key="zoo:words").set_value("dragan").run()
    assert any("1 variant, 1 of them runs here" in c.value for c in app.caption)
    app.text_input(key="zoo:words").set_value("no such thing").run()
    assert "No variant" in app.info[0].value
    assert not app.exception


def test_a_variant_is_compared_with_the_plain_gan(open_learn: Learner) -> None:
    app = open_learn(part="zoo")
    lsgan = next(v for v in variants() if v.name == "LSGAN")
    app.session_state["zoo:LSGAN"] = True
    app.text_input(key="zoo:words").set_value("lsgan").run()
    app.button(key="zoo:compare:LSGAN").click().run()
    assert not app.exception
    assert not any("could not be followed" in toast.value for toast in app.toast)
    assert any("LSGAN beside the plain GAN" in toast.value for toast in app.toast)
    assert app.query_params["zoo"] in ("LSGAN", ["LSGAN"])
    entries = app.session_state[BENCH].entries
    assert [(e.title, e.config) for e in entries] == [("plain GAN", plain("ring-8")), ("LSGAN", lsgan.config)]
    told = " ".join(text.value for text in app.markdown)
    assert f"**LSGAN, {lsgan.year}, beside the plain GAN.**" in told
    assert "What you see" not in told, "words of a failure that is not shown"
    assert app.pills(key="lab:failure").value is None


@pytest.mark.parametrize("variant", [v for v in variants() if v.runs], ids=lambda v: v.name)
def test_a_link_to_a_comparison_brings_it_back(variant: Variant) -> None:
    _, entries = parse_link({"zoo": variant.name, "seed": "3"})
    title, beside = variant.beside
    if not variant.config.conditioned:
        assert (title, beside) == ("the plain GAN", plain(variant.base))
    assert [e.title for e in entries] == [title.removeprefix("the "), variant.name]
    assert [e.config for e in entries] == [c.changed({"seed": 3}) for c in (beside, variant.config)]


@pytest.mark.parametrize("name", ["<b>nothing</b>", "StyleGAN"])
def test_a_link_to_a_variant_that_does_not_run_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="zoo"):
        parse_link({"zoo": name})
