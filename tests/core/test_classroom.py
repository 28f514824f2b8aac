"""Tasks, hand-ins, and marking by making the run again."""

from __future__ import annotations

import csv
import dataclasses
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gan_core.__main__ import main
from gan_core.config import Intervention
from gan_core.errors import ConfigError
from gan_core.experiments.classroom import Goal, HandIn, Key, hand_in, read_hand_in, read_key, tasks
from gan_core.experiments.classroom import handin as handins
from gan_core.experiments.classroom.marking import mark, mark_file
from gan_core.experiments.classroom.room import Reached, Rooms
from gan_core.training import Trainer

SMALL = {
    "preset": "ring-8", "generator.width": "16", "discriminator.width": "16", "batch_size": "32",
}  # fmt: skip
WORDS: dict[str, Any] = {
    "task": {
        "name": "small", "title": "Small", "text": "Come nearer.", "start": SMALL, "allowed": ["lr_g", "lr_d"],
        "goals": [{"metric": "modes_reached", "at_least": 0}], "within": 40,
        "questions": [
            {"name": "sees", "text": "What will you see?", "choices": ["a ring", "one spot", "noise"]},
            {"name": "why", "text": "Why?"},
        ],
    },
    "answers": {"sees": 1}, "points": {"goal": 2},
}  # fmt: skip
KEY = Key.model_validate(WORDS)


def handed(*, lr_g: float = 0.002, steps: int = 30, seed: int | None = None, **changes: Any) -> HandIn:
    """The hand-in of a student who changed G's rate after ten steps."""
    config = KEY.task.config().changed({} if seed is None else {"seed": seed})
    trainer = Trainer(config)
    for step in range(steps):
        if step == 10:
            trainer.retune({"lr_g": lr_g})
        trainer.step()
    made = hand_in(
        KEY.task, student="A  student", config=config, interventions=tuple(trainer.interventions),
        step=trainer.step_count, history=trainer.history, predictions={"sees": 1}, answers={"why": "It was slow."},
    )  # fmt: skip
    return made.model_copy(update=changes)


@pytest.fixture(scope="module")
def good() -> HandIn:
    return handed()


def test_an_honest_hand_in_gets_its_points_with_evidence(good: HandIn) -> None:
    found = mark(read_hand_in(good.model_dump_json().encode()), KEY)
    assert (found.total, found.of, found.curves, found.problem) == (3.0, 3.0, "equal", "")
    goal, sees = found.points
    assert "at step 30 of the run made again" in goal.evidence
    assert "reached" in goal.evidence
    assert "one spot" in sees.evidence
    assert found.answers == {"why": "It was slow."}
    assert found.student == "A student"


def test_edited_curves_are_found(good: HandIn) -> None:
    curves = {**good.curves, "d_loss": (*good.curves["d_loss"][:-1], 0.693)}
    found = mark(good.model_copy(update={"curves": curves}), KEY)
    assert found.curves == "differ"
    assert found.points[0].points == 0
    assert "not those that this config and these interventions give" in found.points[0].evidence


def test_another_seed_is_found_and_a_changed_one_refused(good: HandIn) -> None:
    other = handed(seed=5)
    assert mark(good.model_copy(update={"curves": other.curves}), KEY).curves == "differ"
    assert "seed was changed to 5" in mark(other, KEY).points[0].evidence


def test_on_another_build_the_run_made_here_decides(good: HandIn) -> None:
    curves = {name: tuple(value * 1.0001 for value in values if value) for name, values in good.curves.items()}
    found = mark(good.model_copy(update={"curves": curves, "build": "torch 9, riscv"}), KEY)
    assert found.curves == "another build"
    assert found.total == 3.0


def test_a_goal_that_is_missed_says_by_how_much(good: HandIn) -> None:
    goals = (Goal(metric="high_quality", at_least=0.999),)
    key = KEY.model_copy(update={"task": KEY.task.model_copy(update={"goals": goals})})
    found = mark(good.model_copy(update={"digest": key.task.digest}), key)
    assert found.points[0].points == 0
    assert "High quality: at least 0.999 (missed: " in found.points[0].evidence


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"interventions": (Intervention(step=1, changes={"d_steps": 2}),)}, "d_steps was changed"),
        ({"interventions": (Intervention(step=1, update="d"),)}, "updates of one player alone"),
        ({"step": 41}, "beyond the 40"),
    ],
)
def test_what_the_task_does_not_allow_has_no_points(good: HandIn, change: dict[str, Any], said: str) -> None:
    found = mark(good.model_copy(update=change), KEY)
    assert said in found.points[0].evidence
    assert (found.points[0].points, found.curves) == (0.0, "not made")


def test_a_change_that_was_taken_back_on_the_way_still_counts(good: HandIn) -> None:
    hidden = (Intervention(step=1, changes={"g_steps": 3}), Intervention(step=2, changes={"g_steps": 1}))
    assert "on the way" in mark(good.model_copy(update={"interventions": hidden}), KEY).points[0].evidence


def test_only_so_many_changes_are_allowed(good: HandIn) -> None:
    task = KEY.task.model_copy(update={"max_changes": 1})
    both = task.config().changed({"lr_g": 0.01, "lr_d": 0.01})
    assert task.departures(both) == ["2 settings were changed; this task allows 1"]
    assert task.departures(task.config().changed({"lr_g": 0.01})) == []


def test_a_hand_in_of_another_task_is_not_marked(good: HandIn) -> None:
    found = mark(good.model_copy(update={"digest": "0" * 16}), KEY)
    assert "not of this one" in found.problem
    assert found.of == 0


def test_a_run_that_would_take_too_long_is_not_made(good: HandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gan_core.experiments.classroom.marking.MAX_COST", 1e3)
    assert "are allowed for a hand-in" in mark(good, KEY).problem


BAD: dict[str, tuple[bytes | Callable[[dict[str, Any]], object], str]] = {
    "nothing": (b"", "no JSON"),
    "no table": (b"[1]", "no table"),
    "deep": (b"[" * 100_000, "no JSON"),
    "huge": (b" " * 1_000_001, "more than 1,000,000 bytes"),
    "a task": (json.dumps(WORDS["task"]).encode(), "this is no hand-in"),
    "unknown": (lambda w: w.update(more=1), "more"),
    "many interventions": (lambda w: w.update(interventions=[{"step": 1}] * 501), "interventions"),
    "a step of NaN": (lambda w: w.update(step="x"), "step"),
    "a later format": (lambda w: w.update(format=2), "format"),
    "curves that are no numbers": (lambda w: w["curves"].update(d_loss=["NaN"]), "curves"),
    "a config that is none": (lambda w: w.update(config={"lr_g": -1}), "lr_g"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_no_hand_in_is_a_line_of_the_table(tmp_path: Path, good: HandIn, case: str) -> None:
    make, said = BAD[case]
    if not isinstance(make, bytes):
        words = json.loads(good.model_dump_json())
        make(words)
        make = json.dumps(words).encode()
    (tmp_path / "x.json").write_bytes(make)
    found = mark_file(tmp_path / "x.json", KEY)
    assert said in found.problem
    assert "\n" not in found.problem
    assert found.total == 0


def test_a_folder_is_graded_on_the_command_line(
    tmp_path: Path, good: HandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, key = tmp_path / "in", tmp_path / "key.json"
    folder.mkdir()
    key.write_text(json.dumps(WORDS))
    (folder / "a.json").write_text(good.model_dump_json())
    (folder / "b.json").write_text(good.model_copy(update={"student": "=1+1", "predictions": {}}).model_dump_json())
    (folder / "c.json").write_text("nonsense")
    (folder / "notes.txt").write_text("mine")
    words = ["grade", str(folder), "--key", str(key), "--jobs", "1", "--csv", str(tmp_path / "out.csv")]
    assert main(words) == 0
    said = capsys.readouterr().out
    assert "A student: 3 of 3" in said
    assert "not answered" in said
    assert "not marked: this file is no JSON" in said
    rows = list(csv.DictReader((tmp_path / "out.csv").read_text(encoding="utf-8").splitlines()))
    assert [(row["student"], row["points"]) for row in rows] == [("A student", "3"), ("'=1+1", "2"), ("", "0")]
    assert main([*words, "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert [entry["points"] for entry in record["marks"]] == [3, 2, 0]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nowhere", "--key", "all-eight"], "cannot be read"),
        ([".", "--key", "no-such-task"], "neither a task"),
        ([".", "--key", "all-eight", "--jobs", "0"], "1 to 64"),
    ],
)
def test_wrong_use_is_a_line(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["grade", *words])
    assert stopped.value.code == 2
    assert said in capsys.readouterr().err


# -- the tasks that come with the app ------------------------------------------------------------------------


def test_a_dozen_tasks_come_with_the_app() -> None:
    assert len(tasks()) >= 12
    titles = [key.task.title for key in tasks().values()]
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize("name", tasks())
def test_a_task_can_be_done_and_its_file_gives_no_answer(name: str) -> None:
    key = read_key(name)
    task = key.task
    assert task.departures(task.config()) == []
    assert "answers" not in task.model_dump(mode="json")
    asked = [question.name for question in task.questions if question.choices]
    assert set(key.answers) == set(asked), "each choice has a right one"
    assert read_key(task.model_dump_json().encode()).answers == {}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"goals": [{"metric": "fid", "at_most": 1}]}, "no metric"),
        ({"goals": [{"metric": "js"}]}, "needs at_least or at_most"),
        ({"allowed": ["nothing"]}, "no settings"),
        ({"start": {"preset": "nothing"}}, "no preset"),
        ({"within": 10**9}, "within"),
        ({"name": "A B"}, "name"),
        ({"text": ""}, "text"),
    ],
)
def test_a_task_that_cannot_be_is_refused(change: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        read_key(json.dumps({**WORDS["task"], **change}).encode())


def test_an_answer_is_one_of_the_choices() -> None:
    with pytest.raises(ConfigError, match="none of the task's choices"):
        read_key(json.dumps({**WORDS, "answers": {"sees": 3}}).encode())


def test_points_are_of_few_steps(good: HandIn) -> None:
    trainer = Trainer(KEY.task.config())
    for _ in range(100):
        trainer.step()
    steps, curves = handins.points_of(trainer.history)
    assert len(steps) <= handins.N_POINTS
    assert steps[-1] == 100
    assert all(len(values) == len(steps) for values in curves.values())
    assert set(dataclasses.asdict(mark(good, KEY))) >= {"points", "curves", "scores"}


# -- rooms ---------------------------------------------------------------------------------------------------


class Days:
    now = 1e9

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def rooms(tmp_path: Path) -> Rooms:
    return Rooms(tmp_path / "rooms")


def reached(student: str, step: int, good: bool) -> Reached:
    return Reached(student, step, {"all eight": good}, {"all eight": 8.0 if good else 3.0}, "g_steps 1")


def test_a_room_gathers_predictions_and_results(rooms: Rooms) -> None:
    code, key = rooms.open(KEY.task)
    assert re.fullmatch("[A-Z]{6}", code)
    assert rooms.task(code.lower()) == KEY.task
    for who, place in (("a", 0), ("b", 1), ("c", 1), ("a", 1)):
        rooms.predict(code, who, {"sees": place})
    rooms.hand_in(code, "a", reached("Ann", 900, good=False), {"why": "It was slow."})
    rooms.hand_in(code, "b", reached("Ben", 1_200, good=True), {"why": "", "unasked": "x"})
    rooms.hand_in(code, "c", reached("Cas", 700, good=True), {})
    rooms.hand_in(code, "a", reached("Ann", 950, good=True), {"why": "It was too slow."})
    found = rooms.summary(code)
    assert found.predictions == {"sees": {1: 3}}, "the last choice of each counts"
    assert [(line.student, line.step) for line in found.board] == [("Cas", 700), ("Ann", 950), ("Ben", 1_200)]
    assert found.answers == {"why": (("Ann", "It was too slow."),)}
    assert found.n_students == 3
    assert rooms.is_teacher(code, key)
    assert not rooms.is_teacher(code, "é")


def test_the_browser_that_opened_a_room_finds_its_key_again_and_no_other_does(rooms: Rooms) -> None:
    code, key = rooms.open(KEY.task, "fingerprint")
    assert rooms.key_of(code, "fingerprint") == key
    assert not rooms.key_of(code, "another")
    assert not rooms.key_of("ABCDEF", "fingerprint")
    anonymous, _ = rooms.open(KEY.task)
    assert not rooms.key_of(anonymous, ""), "a browser that says nothing of itself is nobody's"


def test_only_its_teacher_ends_a_room(rooms: Rooms) -> None:
    code, key = rooms.open(KEY.task)
    with pytest.raises(ConfigError, match="only the room's teacher"):
        rooms.end(code, "guess")
    rooms.end(code, key)
    with pytest.raises(ConfigError, match="no room"):
        rooms.summary(code)


@pytest.mark.parametrize("code", ["", "abc", "../../x", "ABCDE1", "A" * 300])
def test_what_is_no_code_opens_nothing(rooms: Rooms, code: str) -> None:
    with pytest.raises(ConfigError, match="no code"):
        rooms.summary(code)


def test_rooms_end_after_thirty_days(tmp_path: Path) -> None:
    clock = Days()
    rooms = Rooms(tmp_path, clock)
    old, _ = rooms.open(KEY.task)
    clock.now = (tmp_path / f"{old}.room.jsonl").stat().st_mtime + 31 * 86_400
    new, _ = rooms.open(KEY.task)
    assert [path.name for path in tmp_path.iterdir()] == [f"{new}.room.jsonl"]


def test_a_room_is_bounded(rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    code, _ = rooms.open(KEY.task)
    with pytest.raises(ConfigError, match="none of this task's"):
        rooms.predict(code, "a", {"sees": 9})
    monkeypatch.setattr("gan_core.experiments.classroom.room.MAX_STUDENTS", 2)
    for who in "ab":
        rooms.predict(code, who, {"sees": 0})
    with pytest.raises(ConfigError, match="full"):
        rooms.predict(code, "c", {"sees": 0})
    rooms.predict(code, "a", {"sees": 2})
    monkeypatch.setattr("gan_core.experiments.classroom.room.MAX_ROOMS", 1)
    with pytest.raises(ConfigError, match="1 are allowed"):
        rooms.open(KEY.task)
    with pytest.raises(ConfigError, match="too long"):
        rooms.hand_in(code, "a", dataclasses.replace(reached("A", 1, True), goals={"x" * 9_000: True}), {})


def test_a_half_written_line_loses_itself_alone(rooms: Rooms, tmp_path: Path) -> None:
    code, _ = rooms.open(KEY.task)
    rooms.predict(code, "a", {"sees": 0})
    with (tmp_path / "rooms" / f"{code}.room.jsonl").open("ab") as file:
        file.write(b'{"kind":"predic')
    assert rooms.summary(code).predictions == {"sees": {0: 1}}
    rooms.predict(code, "b", {"sees": 2})
    assert rooms.summary(code).predictions == {"sees": {0: 1, 2: 1}}
