"""The teacher's side: open a room, see what it predicts and reaches, make a task of one's own."""

from __future__ import annotations

import re
from typing import Final

import streamlit as st

from gan_core.config import KNOBS
from gan_core.errors import GanExplorerError
from gan_core.experiments.classroom import Task
from gan_core.experiments.classroom.room import KEPT_DAYS, Summary
from gan_core.experiments.classroom.tasks import ANYTHING, MAX_STEPS, task_of
from gan_core.metrics import METRICS
from pages.ui import session
from pages.ui.classroom import state
from pages.ui.prose import number, plain

_POLL: Final = 3.0
_OF_SAMPLES: Final = {name: metric.label for name, metric in METRICS.items() if metric.card or metric.curve}


def offer_room(task: Task) -> None:
    """Offer to open a room for a task."""
    with st.expander("For a class: open a room with this task"):
        st.caption(
            "Students type its code of six letters, predict, and hand in; you see the room's predictions and who "
            f"reached what. No accounts; kept on this server alone, for {KEPT_DAYS} days, or until you end it."
        )
        st.button("Open a room", key="class:room", on_click=_open_room, args=(task,))


def _open_room(task: Task) -> None:
    try:
        code, key = state.rooms().open(task)
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
        st.caption(
            "The address bar holds your own link, with the room's key: keep it to come back, and do not share it."
        )
    if teaches or session.recall(state.BEGUN):
        _predictions(found)
        _board(found)
    if teaches:
        _answers(found)
        st.button("End this room and delete what is in it", key="class:end", on_click=_end)


def _end() -> None:
    try:
        state.rooms().end(state.room(), str(session.recall(state.KEY, "")))
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
        if not session.has_run():
            st.caption("Open a run on the Train page first: a task begins with its settings.")
            return
        now = session.visit().run.status()
        st.caption("It begins with the settings that the open run began with.")
        title = st.text_input("Title; give nothing away", key="make:title", max_chars=80)
        text = st.text_area("What is to be done", key="make:text", max_chars=1_000)
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
        choices = st.text_area("Its choices, one a line", key="make:choices", max_chars=1_000).splitlines()
        asked = (
            [{"name": "predict", "text": question, "choices": [c for c in choices if c.strip()]}] if question else []
        )
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


def _label(path: str) -> str:
    return f"{KNOBS[path].label} ({path})"


def _slug(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:40].strip("-") or "task"
