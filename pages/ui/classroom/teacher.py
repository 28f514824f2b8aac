"""The teacher's side: open a room, see what it predicts and reaches, make a task of one's own."""

from __future__ import annotations

import re
from typing import Any, Final

import streamlit as st

from gan_core.config import KNOBS
from gan_core.errors import GanExplorerError
from gan_core.experiments.classroom import Key, Task
from gan_core.experiments.classroom.room import KEPT_DAYS, Summary
from gan_core.experiments.classroom.tasks import ANYTHING, MAX_STEPS, read_key, task_of
from gan_core.metrics import METRICS
from pages.ui import session
from pages.ui.classroom import plan, state
from pages.ui.prose import number, plain

_POLL: Final = 3.0
_KEY: Final = "class:key"
_OF_SAMPLES: Final = {name: metric.label for name, metric in METRICS.items() if metric.card or metric.curve}


def offer_room(task: Task) -> None:
    """Offer to open a room for a task."""
    with st.expander("For a class: open a room with this task"):
        st.caption(
            "Students type its code of six letters, predict, and hand in; you see the room's predictions and who "
            f"reached what. No accounts; kept on this server alone, for {KEPT_DAYS} days, or until you end it."
        )
        with st.container(horizontal=True):
            st.button("Open a room", key="class:room", on_click=_open_room, args=(task,))
            plan.sheet_of(task)


def _open_room(task: Task) -> None:
    try:
        code, key = state.rooms().open(task, session.owner())
    except GanExplorerError as error:
        session.notify(f"{error}.")
        return
    state.take(task, code, key)


@st.fragment(run_every=_POLL)
def room() -> None:
    """Show what the room has come to, to its teacher and to those who have predicted."""
    code = state.room()
    try:
        found = state.rooms().summary(code)
    except GanExplorerError as error:
        st.text(f"{error}.")
        return
    st.subheader(f"Room {code}", anchor=False)
    teaches = state.teaches()
    if teaches:
        st.text(
            f"Students open the Classroom page and type {code}, or follow the link that ends in /classroom?room={code}."
        )
        with st.expander("Your key to this room", key="class:my-key"):
            st.caption("This browser knows you again. On another one, join with the code and then type this key.")
            st.code(state.key(), language=None)
    if teaches or session.recall(state.BEGUN):
        _predictions(found)
        _board(found)
    if teaches:
        _answers(found)
        st.button("End this room and delete what is in it", key="class:end", on_click=_end)


def ask_key() -> None:
    """Ask a visitor of a room whether they are its teacher."""
    with st.expander("I am the teacher of this room"):
        st.text_input("Key of the room", type="password", key=_KEY, max_chars=60)
        st.button("Show me the room", key="class:show-key", on_click=_show_key)


def _show_key() -> None:
    try:
        state.show_key(str(session.value_of(_KEY)))
    except GanExplorerError as error:
        session.notify(f"{error}.")


def _end() -> None:
    try:
        state.rooms().end(state.room(), state.key())
    except GanExplorerError as error:
        session.notify(f"{error}.")
        return
    state.put_away()


def _predictions(found: Summary) -> None:
    for question in found.task.questions:
        if not question.choices:
            continue
        counts = found.predictions.get(question.name, {})
        n = sum(counts.values())
        st.text(f"{question.text} ({n} predicted)")
        for place, words in enumerate(question.choices):
            share = counts.get(place, 0) / n if n else 0.0
            st.progress(share, text=plain(f"{words}: {counts.get(place, 0)}"))


def _board(found: Summary) -> None:
    if not found.board:
        st.caption("Nobody has handed in yet.")
        return
    rows = [
        {
            "student": line.student,
            "reached": "all" if line.all else f"{sum(line.goals.values())} of {len(line.goals)}",
            "step": line.step,
            "measured": "; ".join(f"{goal}: {number(value)}" for goal, value in line.values.items()),
            "changed": line.changes,
        }
        for line in found.board
    ]
    st.dataframe(rows, hide_index=True, key="class:board")


def _answers(found: Summary) -> None:
    for question in found.task.questions:
        given = found.answers.get(question.name, ())
        if given:
            st.text(question.text)
            for student, words in given:
                st.text(f"{student}: {words}")


def make_task() -> None:
    """Make a task of the open run."""
    with st.expander("For teachers: make a task of your own"):
        _open_file()
        if not session.has_run():
            st.caption("Open a run on the Train page first: a task begins with its settings.")
            return
        now = session.visit().run.status()
        st.caption("It begins with the settings that the open run began with.")
        title = st.text_input("Title; give nothing away", key="make:title", max_chars=80)
        text = st.text_area("What to do", key="make:text", max_chars=1_000)
        within = st.number_input("Steps at most", 1, MAX_STEPS, 2_000, key="make:within")
        anything = st.toggle("Any setting but data and seed may be changed", value=True, key="make:any")
        allowed = [ANYTHING]
        if not anything:
            allowed = st.multiselect(
                "Settings that may be changed", list(KNOBS), format_func=_label, key="make:allowed"
            )
        metric = st.selectbox(
            "What is measured", list(_OF_SAMPLES), format_func=_OF_SAMPLES.__getitem__, key="make:metric"
        )
        better = METRICS[metric].higher_is_better
        bound = st.number_input("At least" if better else "At most", value=0.0, format="%.4g", key="make:bound")
        question = st.text_input("A question to predict; leave it empty for none", key="make:question", max_chars=300)
        lines = st.text_area("Its choices, one a line", key="make:choices", max_chars=1_000).splitlines()
        choices = [line for line in lines if line.strip()]
        asked: list[dict[str, Any]] = [{"name": "predict", "text": question, "choices": choices}] if question else []
        right = st.selectbox("Its right answer", choices, key="make:right") if question and len(choices) > 1 else None
        asked.append({"name": "why", "text": "In your own words: what did you change, and why does it help?"})
        if not (title.strip() and text.strip()):
            st.caption("A title and a text make it a task.")
            return
        try:
            made = task_of(
                now.initial_config, _slug(title), preset=now.preset, title=title, text=text, allowed=allowed,
                goals=[{"metric": metric, "at_least" if better else "at_most": bound}], within=int(within),
                questions=asked,
            )  # fmt: skip
        except GanExplorerError as error:
            st.text(f"This is no task yet: {error}.")
            return
        with st.container(horizontal=True):
            st.button("Use it", key="make:use", on_click=state.take, args=(made,), type="primary")
            st.download_button(
                "Save it", made.model_dump_json(indent=1), file_name=f"{made.name}.task.json", key="make:save",
                mime="application/json", on_click="ignore",
            )  # fmt: skip
            answers = {} if right is None else {"predict": choices.index(right)}
            st.download_button(
                "Save it with the answer, to mark hand-ins", Key(task=made, answers=answers).model_dump_json(indent=1),
                file_name=f"{made.name}.key.json", key="make:save-key", mime="application/json", on_click="ignore",
            )  # fmt: skip
        st.caption("Use it, and the address bar holds a link to it, which you can give to students.")


def _open_file() -> None:
    """Offer to open a task that was saved."""
    file = st.file_uploader("Open a task that was saved", type="json", key="make:file", max_upload_size=1)
    if file is None:
        return
    try:
        made = read_key(file.getvalue()).task
    except GanExplorerError as error:
        st.text(f"This file cannot be used: {error}.")
        return
    st.button("Use the task of this file", key="make:use-file", on_click=state.take, args=(made,))


def _label(path: str) -> str:
    return f"{KNOBS[path].label} ({path})"


def _slug(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:40].strip("-") or "task"
