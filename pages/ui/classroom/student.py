"""The student's side: choose a task, predict, play, see how far the run has come, hand in."""

from __future__ import annotations

from typing import Final

import streamlit as st

from gan_core.config import KNOBS
from gan_core.errors import GanExplorerError
from gan_core.experiments.classroom import Task, tasks
from gan_core.experiments.classroom.tasks import ANYTHING
from pages.ui import session
from pages.ui.classroom import state
from pages.ui.prose import number, plain

_POLL: Final = 2.0
"""Seconds between two looks at how far the run has come."""
_CODE: Final = "class:code"


def choose() -> None:
    """Show the tasks that come with the app, and where a room's code is typed."""
    st.subheader("Join a class", anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input("Code, six letters", key=_CODE, max_chars=12, width=260)
        st.button("Join", key="class:join", on_click=_join)
    st.subheader("Tasks", anchor=False)
    st.caption("Each begins with a run that fails, says what may be changed, and is checked from the run itself.")
    for name, key in tasks().items():
        with st.container(border=True, key=f"task-{name}"):
            what, go = st.columns([9, 2], vertical_alignment="center")
            what.markdown(f"**{key.task.title}**")
            what.caption(f"{key.task.text}")
            go.button("Open", key=f"task:{name}", on_click=state.take, args=(key.task,), width="stretch")


def _join() -> None:
    try:
        state.enter(str(session.value_of(_CODE)))
    except GanExplorerError as error:
        session.notify(f"{error}.")


def work(task: Task) -> None:
    """Show a task, and what this visitor has come to in it."""
    st.subheader(plain(task.title), anchor=False)
    st.text(task.text)
    if task.goals:
        st.text(f"To be reached by step {task.within:,}: {'; '.join(str(goal).lower() for goal in task.goals)}.")
    st.text(f"You may change {_may_change(task)}.")
    if session.recall(state.BEGUN):
        _begun(task)
    else:
        _predict(task)
    st.button("Another task", key="class:away", on_click=state.put_away)


def _may_change(task: Task) -> str:
    if ANYTHING in task.allowed:
        what = "any setting but data and seed"
    else:
        what = ", ".join(KNOBS[path].label for path in task.allowed) or "nothing"
    return what + (f", {task.max_changes} of them at most" if task.max_changes else "")


def _predict(task: Task) -> None:
    """Ask for the predictions; the run begins with them."""
    chosen: dict[str, int] = {}
    asked = [question for question in task.questions if question.choices]
    for question in asked:
        words = [plain(choice) for choice in question.choices]
        choice: int | None = st.radio(
            plain(question.text),
            range(len(words)),
            format_func=words.__getitem__,
            index=None,
            key=f"class:choice:{task.digest}:{question.name}",
        )
        if choice is not None:
            chosen[question.name] = choice
    missing = len(chosen) < len(asked)
    st.button(
        "Begin", key="class:begin", on_click=state.begin, args=(chosen,), type="primary", disabled=missing,
        help="Predict first: every question above has an answer then." if missing else None,
    )  # fmt: skip


def _begun(task: Task) -> None:
    for question in task.questions:
        if question.choices:
            place = session.recall(state.PREDICTED, {}).get(question.name)
            said = "no answer" if place is None else question.choices[place]
            st.text(f"{question.text} You said: {said}.")
    _progress(task)
    with st.container(horizontal=True):
        if st.button("To the run", key="class:run", type="primary"):
            st.switch_page("pages/train.py")
        st.button("Begin again", key="class:again", on_click=state.start_run, args=(task,))
    _hand_in(task)


@st.fragment(run_every=_POLL)
def _progress(task: Task) -> None:
    """Say how far the run has come, by its newest scores."""
    here = state.own_run()
    if here is None:
        st.text("No run is open: begin again.")
        return
    config, step = here
    departures = task.departures(config)
    for departure in departures:
        st.text(f"Not allowed: {departure}.")
    reached = state.result("")
    if not task.goals:
        st.text(f"The run stands at step {step:,}.")
    elif reached is None:
        st.text(f"The run stands at step {step:,}; nothing has been measured yet.")
    else:
        late = reached.step > task.within
        for goal, holds in reached.goals.items():
            value = reached.values.get(goal)
            told = "not measured" if value is None else f"{number(value)} at step {reached.step:,}"
            st.text(f"{'Reached' if holds else 'Not reached'}: {goal}; {told}.")
        if late:
            st.text(f"Step {reached.step:,} is beyond the {task.within:,} that this task allows.")


def _hand_in(task: Task) -> None:
    st.markdown("**Hand in**")
    answers = {}
    for question in task.questions:
        if not question.choices:
            answers[question.name] = st.text_area(
                plain(question.text), key=f"class:words:{task.digest}:{question.name}", max_chars=2_000
            )
    student = st.text_input("Your name, as your teacher knows it", key="class:name", max_chars=60)
    st.button(
        "Hand in", key="class:hand-in", on_click=state.hand_in, args=(student, answers), disabled=not student.strip()
    )
    content: bytes = session.recall(state.HANDED_IN, b"")
    if content:
        told = "It is in the room, and" if state.room() else "This file is"
        st.caption(f"{told} {'this file is ' if state.room() else ''}what your teacher can check by running it again.")
        st.download_button(
            "Save my hand-in", content, file_name=f"{task.name}.handin.json", mime="application/json", key="class:file",
            on_click="ignore",
        )  # fmt: skip
