"""Panels of the lessons: predict, watch, read why."""

from __future__ import annotations

from typing import Final

import streamlit as st

from gan_core.experiments.lessons.catalogue import Lesson, lessons
from pages.ui import commands, session
from pages.ui import live as view
from pages.ui.learn import lesson_answer, progress
from pages.ui.learn.visit import LessonVisit, Result, begin, carry_out, finished, open_lesson, result_of
from pages.ui.live.route import FRAME, PAST, plotly_url
from pages.ui.prose import reading
from pages.ui.train.panels import formulas

_LIVE: Final = "lesson-live"
_POLL: Final = 0.4
"""Seconds between two looks whether a run is done."""


def panel(name: str, *, locked: bool) -> None:
    """Show a lesson.

    Args:
        name: Which; the first one if there is none of this name.
        locked: True for a link of a teacher's: nothing but the prediction can be changed.
    """
    all_ = lessons()
    name = name if name in all_ else next(iter(all_))
    if finished():
        progress.add(finished())
    progress.keep(all_)
    if not locked:
        name = _choose(name)
        st.query_params.from_dict({"lesson": name})
    lesson = all_[name]
    visit = open_lesson(lesson)
    result = result_of(visit)
    _predict(lesson, visit, result)
    if result is not None:
        lesson_answer.panel(lesson, result, locked=locked)
    elif visit.begun:
        _wait(visit)
    if result is not None and not visit.begun:
        st.caption("This is what your run of before showed; *Once more* runs it again.")
        return
    with st.container(key="lesson-view-locked" if locked else "lesson-view"):
        _live(visit, locked=locked)


def _choose(name: str) -> str:
    finished = progress.done()
    names = list(lessons())

    def label(one: str) -> str:
        return f"{'✓ ' if one in finished else ''}{names.index(one) + 1}. {lessons()[one].title}"

    picked = st.pills(
        "Lesson",
        names,
        default=name,
        format_func=label,
        key="learn:lesson",
        label_visibility="collapsed",
        wrap=True,
    )
    return picked or name


def _predict(lesson: Lesson, visit: LessonVisit, result: Result | None) -> None:
    with st.container(key="lesson-question"):
        st.subheader(lesson.title, anchor=False)
        st.markdown(lesson.question)
        if visit.begun or result is not None:
            st.markdown(_predicted(lesson, result))
            return
        said = st.radio(
            "What do you predict?",
            range(len(lesson.choices)),
            format_func=lesson.choices.__getitem__,
            index=None,
            key=f"learn:said:{lesson.name}:{visit.token[:6]}",
        )
    if said is not None:
        session.remember("learn.said", said)
        begin(visit)
        st.rerun()


def _predicted(lesson: Lesson, result: Result | None) -> str:
    """Show the prediction; once the run is done all choices, and which was right if that is known."""
    if result is None:
        return f"You predict: **{lesson.choices[session.recall('learn.said', lesson.right)]}**"
    lines = []
    for i, choice in enumerate(lesson.choices):
        turned_out = result.facts.held and i == lesson.right
        notes = ["your prediction"] * (i == result.said) + ["as it turned out"] * turned_out
        lines.append(f"- {choice}" + (f" **({', '.join(notes)})**" if notes else ""))
    return "\n".join(lines)


@st.fragment(run_every=_POLL)
def _wait(visit: LessonVisit) -> None:
    """Look whether the run is done, and have the page say what happened."""
    if visit.done or visit.run.status().state in ("diverged", "error", "closed"):
        st.rerun(scope="app")
    st.caption(f"Watch: the run stops by itself at step {visit.lesson.stop_at:,}, and is then explained.")


@st.fragment(key="lesson-live-fragment")
def _live(visit: LessonVisit, *, locked: bool) -> None:
    def obey() -> None:
        command = commands.parse(session.value_of(_LIVE).get("command"), commands.LESSON)
        if command is not None and not locked:
            session.apply(carry_out(visit, command))

    config = visit.run.status().initial_config
    view.mount(
        key=_LIVE,
        data={
            "url": f"{FRAME}?t={visit.token}",
            "past": f"{PAST}?t={visit.token}",
            "plotly": plotly_url(),
            "ms": 165,
            "plotMs": 500,
            "formulas": formulas(config),
            "reading": reading(config),
        },
        on_command=obey,
    )
    session.turn_page()
