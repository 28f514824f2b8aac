"""The Classroom page as a teacher and a student have it: a task of one's own, a room, predictions, a hand-in, marks."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from gan_core.experiments.classroom import Key, read_hand_in, tasks
from gan_core.experiments.classroom.marking import mark
from pages.ui.classroom import state
from tests.pages.conftest import APP, VISIT, Seen, by_address

Open = Callable[..., AppTest]
TASK = "one-change"


@pytest.fixture
def open_class(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """Opens the page by its address, for one browser after the other; rooms are this test's own."""
    monkeypatch.setenv("GAN_EXPLORER_RUNS", str(tmp_path / "runs"))
    state.rooms.cache_clear()
    apps: list[AppTest] = []

    def open_(**query: str) -> AppTest:
        app = AppTest.from_file(APP, default_timeout=60)
        apps.append(app)
        by_address(app, "classroom")
        for name, value in query.items():
            app.query_params[name] = value
        app.run()
        assert not app.exception
        return app

    yield open_
    for app in apps:
        if VISIT in app.session_state:
            Seen(app.session_state[VISIT]).close()
    state.rooms.cache_clear()


def words(app: AppTest) -> str:
    found = [*app.text, *app.markdown, *app.caption, *app.subheader]
    return " ".join(str(each.value) for each in found)


def begin(student: AppTest, choice: int = 0) -> None:
    """Predict and begin."""
    assert student.button(key="class:begin").disabled, "a prediction comes first"
    for radio in student.radio:
        radio.set_value(choice)
    student.run()
    student.button(key="class:begin").click().run()
    assert student.session_state[VISIT].run.status().playing, "the Train page is shown, and the run plays"
    student.switch_page("pages/classroom.py").run()
    assert not student.exception


def address(app: AppTest, name: str) -> str:
    value = app.query_params[name]
    return value if isinstance(value, str) else value[0]


def test_a_room_from_its_opening_to_its_end(open_class: Open) -> None:
    teacher = open_class(task=TASK)
    teacher.button(key="class:room").click().run()
    code = address(teacher, "room")
    assert f"Room {code}" in words(teacher)
    assert "0 predicted" in words(teacher)

    student = open_class()
    student.text_input(key="class:code").set_value(code.lower())
    student.button(key="class:join").click().run()
    assert "predicted" not in words(student), "who has not predicted sees no predictions"
    begin(student)
    assert "1 predicted" in words(student)
    teacher.run()
    assert "1 predicted" in words(teacher), "before any run has reached anything"
    assert "Nobody has handed in yet." in words(teacher)

    run = Seen(student.session_state[VISIT])
    assert run.wait(lambda r: r.step > 30)
    student.text_input(key="class:name").set_value("Ada <b>")
    for area in student.text_area:
        area.set_value("I changed *one* thing")
    student.run()
    student.button(key="class:hand-in").click().run()
    handed = student.session_state[f"gan.{state.HANDED_IN}"]
    assert json.loads(handed)["student"] == "Ada <b>"
    teacher.run()
    assert list(teacher.dataframe[0].value["student"]) == ["Ada <b>"]
    assert "Ada <b>: I changed *one* thing" in [each.value for each in teacher.text]

    assert "class:end" not in [button.key for button in student.button], "a student ends no room"
    teacher.button(key="class:end").click().run()
    late = open_class(room=code)
    assert "could not be followed" in " ".join(str(toast.value) for toast in late.toast)


def test_the_page_offers_a_dozen_tasks_and_a_link_opens_one(open_class: Open) -> None:
    page = open_class()
    offered = [button.key for button in page.button if str(button.key).startswith("task:")]
    assert offered == [f"task:{name}" for name in tasks()]
    assert len(offered) >= 12
    page.button(key="task:all-eight").click().run()
    assert address(page, "task") == "all-eight"
    assert tasks()["all-eight"].task.title in words(open_class(task="all-eight"))


def test_a_teacher_makes_a_task_gives_it_away_as_a_link_and_marks_what_comes_back(open_class: Open) -> None:
    teacher = open_class(task="name-it")
    begin(teacher)  # any open run will do
    teacher.button(key="class:away").click().run()
    for key, value in (("title", "Mine & <i>"), ("question", "What will it be?")):
        teacher.text_input(key=f"make:{key}").set_value(value)
    teacher.text_area(key="make:text").set_value("Do something")
    teacher.text_area(key="make:choices").set_value("good\nbad")
    teacher.number_input(key="make:within").set_value(40)
    teacher.run()
    teacher.selectbox(key="make:right").set_value("bad")
    teacher.run()
    teacher.button(key="make:use").click().run()
    link = address(teacher, "task")
    assert "bad" not in link

    student = open_class(task=link)
    assert "Mine" in words(student)
    begin(student, 1)
    run = Seen(student.session_state[VISIT])
    assert run.wait(lambda r: r.step == 40 and r.state == "paused"), "it stops at the task's last step"
    end = time.monotonic() + 30
    while run.handle.status().scores_step < 40 and time.monotonic() < end:
        time.sleep(0.05)
    student.text_input(key="class:name").set_value("Bo").run()
    student.button(key="class:hand-in").click().run()
    task = student.session_state[f"gan.{state.TASK}"]
    marks = mark(read_hand_in(student.session_state[f"gan.{state.HANDED_IN}"]), Key(task=task, answers={"predict": 1}))
    assert not marks.problem
    assert {point.name: point.points for point in marks.points}["predict"] > 0
    assert marks.curves == "equal"
