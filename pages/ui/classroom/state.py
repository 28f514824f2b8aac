"""This visitor's part in a class: which task, which room, what was predicted, what was handed in."""

from __future__ import annotations

import base64
import binascii
import functools
import tempfile
import zlib
from pathlib import Path
from typing import Final

import streamlit as st

from gan_core import RunConfig, __version__
from gan_core.errors import ConfigError, GanExplorerError
from gan_core.experiments.classroom import Task, tasks
from gan_core.experiments.classroom.questions import HandInOf
from gan_core.experiments.classroom.room import Reached, Rooms
from gan_core.experiments.classroom.tasks import MAX_BYTES, read_task
from gan_core.live.commands import Pause, SetStopAt
from gan_core.storage.autosave import autosave_folder
from pages.ui import session
from pages.ui.following import panel

TASK: Final = "class.task"
ROOM: Final = "class.room"
KEY: Final = "class.key"
PREDICTED: Final = "class.predicted"
BEGUN: Final = "class.begun"
HANDED_IN: Final = "class.handed-in"
_MAX_LINK: Final = 6_000


@functools.cache
def rooms() -> Rooms:
    """Return the rooms of this server; where nothing is saved, they last as long as the server."""
    folder = autosave_folder()
    return Rooms(Path(tempfile.mkdtemp(prefix="gan-explorer-rooms-")) if folder is None else folder / "rooms")


def follow_link() -> None:
    """Take the task or the room that the address names, once."""
    query = {name: st.query_params.get(name, "") for name in ("task", "room", "key", "follow")}
    if query == session.recall("class.link") or not (query["task"] or query["room"] or query["follow"]):
        return
    session.remember("class.link", query)
    try:
        if query["follow"]:
            panel.begin(query["follow"])
        elif query["room"]:
            join(query["room"], query["key"])
        else:
            take(task_from_text(query["task"]))
    except GanExplorerError as error:
        session.notify(f"The link could not be followed: {error}.")


def task() -> Task | None:
    """Return the task at hand."""
    found: Task | None = session.recall(TASK)
    return found


def room() -> str:
    """Return the code of the room that this visitor is in, or ""."""
    return str(session.recall(ROOM, ""))


def teaches() -> bool:
    """Tell whether this visitor has opened the room."""
    return bool(room()) and rooms().is_teacher(room(), key())


def key() -> str:
    """Return the room's key, if this visitor has it: from opening the room, from typing it, or from this browser."""
    return str(session.recall(KEY, "")) or rooms().key_of(room(), session.owner())


def show_key(text: str) -> None:
    """Become the room's teacher, if this is its key.

    Raises:
        ConfigError: If it is not.
    """
    panel.listen()
    if not rooms().is_teacher(room(), text.strip()):
        panel.count_wrong()
        raise ConfigError("this is not the key of this room")
    session.remember(KEY, text.strip())


def take(given: Task, code: str = "", key: str = "") -> None:
    """Take a task, from its beginning."""
    for name, value in ((TASK, given), (ROOM, code), (KEY, key), (PREDICTED, {}), (BEGUN, False), (HANDED_IN, b"")):
        session.remember(name, value)
    st.query_params.from_dict({"room": code} if code else {"task": task_as_text(given)})  # a key is in no address
    session.remember("class.link", {name: st.query_params.get(name, "") for name in ("task", "room", "key", "follow")})


def put_away() -> None:
    """Go back to the list of tasks."""
    session.remember(TASK, None)
    session.remember(ROOM, "")
    st.query_params.clear()


def enter(code: str) -> None:
    """Go where a code leads: into a room, or to a run that can be followed.

    Raises:
        ConfigError: If it leads nowhere.
    """
    panel.listen()
    try:
        _join(code)
    except ConfigError:
        panel.begin(code)


def join(code: str, key: str = "") -> None:
    """Go into a room.

    Raises:
        ConfigError: If there is none of this code, or too many codes were wrong.
    """
    panel.listen()
    try:
        _join(code, key)
    except ConfigError:
        panel.count_wrong()
        raise


def _join(code: str, key: str = "") -> None:
    code = code.strip().upper()
    take(rooms().task(code), code, key if rooms().is_teacher(code, key) else "")


def begin(predicted: dict[str, int]) -> None:
    """Note what was predicted, and start the task's run on the Train page; it stops at the task's last step."""
    given = task()
    if given is None:
        return
    try:
        if room():
            rooms().predict(room(), who(), predicted)
        start_run(given)
    except GanExplorerError as error:
        session.notify(f"{error}.")
        return
    session.remember(PREDICTED, predicted)
    session.remember(BEGUN, True)
    session.remember("train", True)


def start_run(given: Task) -> None:
    """Start a task's run, playing, in place of this visitor's run."""
    session.open_config(given.config(), given.start.get("preset", ""))
    session.visit().run.send(SetStopAt(given.within))


def who() -> str:
    """Tell this browser from others; nobody sees it."""
    return session.owner() or session.visitor()


def own_run() -> tuple[RunConfig, int] | None:
    """Return config and step of the open run, or None if there is none."""
    if not session.has_run():
        return None
    now = session.visit().run.status()
    return now.config, now.step


def result(student: str) -> Reached | None:
    """Measure how far this visitor's run has come, by its newest scores; None before the first."""
    given = task()
    if given is None or not session.has_run():
        return None
    now = session.visit().run.status()
    if now.scores_step < 0 or not now.scores:
        return None
    values = {str(goal): now.scores[goal.metric].value for goal in given.goals if goal.metric in now.scores}
    fair = not given.departures(now.config) and now.scores_step <= given.within
    goals = {str(goal): fair and str(goal) in values and goal.holds(values[str(goal)]) for goal in given.goals}
    differ = given.config().differences(now.config)
    changes = ", ".join(f"{path} {value}" for path, value in differ.items())
    return Reached(student, now.scores_step, goals, values, changes)


def hand_in(student: str, answers: dict[str, str]) -> None:
    """Pause the run, write its hand-in, and tell the room."""
    given = task()
    if given is None or not session.has_run():
        return
    run = session.visit().run
    run.send(Pause())
    run.wait(lambda status: status.state != "playing", 5.0)
    try:
        question = HandInOf(given, student, session.recall(PREDICTED, {}), answers, __version__)
        session.remember(HANDED_IN, run.ask(question))
        reached = result(student)
        if room():
            rooms().hand_in(room(), who(), reached or Reached(student, run.status().step, {}, {}, ""), answers)
    except GanExplorerError as error:
        session.notify(f"This was not handed in: {error}.")


def task_as_text(given: Task) -> str:
    """Write a task for a link: its name if it comes with the app, else all of it."""
    known = tasks().get(given.name)
    if known is not None and known.task == given:
        return given.name
    return "z" + base64.urlsafe_b64encode(zlib.compress(given.model_dump_json().encode(), 9)).decode().rstrip("=")


def task_from_text(text: str) -> Task:
    """Read a task from a link.

    Raises:
        ConfigError: If it is none, or too long.
    """
    known = tasks().get(text)
    if known is not None:
        return known.task
    if not text.startswith("z") or len(text) > _MAX_LINK:
        raise ConfigError(f"no task {text[:40]!r}; there are: {', '.join(tasks())}")
    try:
        opener = zlib.decompressobj()
        raw = opener.decompress(base64.urlsafe_b64decode(text[1:] + "=" * (-len(text[1:]) % 4)), MAX_BYTES)
    except (ValueError, binascii.Error, zlib.error):
        raise ConfigError("the link's task is damaged: copy the whole link") from None
    if not opener.eof:
        raise ConfigError("the link's task is damaged: copy the whole link")
    return read_task(raw)
