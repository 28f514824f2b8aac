"""Panel of a lesson's answer: what happened in this run, why, its pictures, and where to go from there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from gan_core.experiments.lessons.catalogue import Lesson, lessons
from gan_core.figures import learning
from pages.ui import figure, session
from pages.ui.collapse.words import differences
from pages.ui.learn.visit import Result, begin, beside, forget_result, open_lesson
from pages.ui.theme import theme

if TYPE_CHECKING:
    from gan_core.experiments.lessons import Facts

_ROWS: Final = "learn.rows"


def panel(lesson: Lesson, result: Result, *, locked: bool) -> None:
    """Show the answer.

    Args:
        lesson: Which.
        result: Of its run.
        locked: True for a link of a teacher's: it leads on to lessons alone.
    """
    found = result.facts
    with st.container(border=True, key="lesson-answer"):
        other = beside(lesson.beside, found.row["seed"]) if lesson.beside else None
        words = {**found.words, **{f"other_{name}": word for name, word in (other.words if other else {}).items()}}
        mark = "You predicted it." if result.said == lesson.right else "It came out otherwise than you predicted."
        st.markdown(f"**{mark}** {lesson.answer.format_map(words)}")
        if not found.held:
            st.warning("This run did not turn out as this lesson is meant to show: the numbers above are what it did.")
        _figures(found, result)
        if found.row:
            _table(lesson, found, other)
        _next(lesson, result, locked=locked)


def _figures(found: Facts, result: Result) -> None:
    if found.traces:
        rows = [(t.when, t.z, t.point, t.prob) for t in found.traces]
        chart = learning.traced(rows, theme=theme())
        figure.show(
            chart, key="lesson:traced", alt="One z on its way through G and D, before the training and after it"
        )
    if found.path is not None and found.probs is not None:
        left, right = st.columns(2)
        with left:
            chart = learning.path(found.path, result.real, theme=theme())
            figure.show(chart, key="lesson:path", alt="The path of one generated point to the data")
        with right:
            chart = learning.opinion(found.probs, theme=theme())
            figure.show(chart, key="lesson:opinion", alt="What D says of real and of generated samples")
    if found.fall is not None:
        fall = found.fall
        chart = learning.fall(fall.steps, fall.d_loss, fall.g_gradient, fall.at, theme=theme())
        figure.show(chart, key="lesson:fall", alt="D's loss and the size of G's gradient over the steps")
    if found.occupancy is not None:
        from gan_core.data.modes import SIDES

        chart = learning.occupancy(found.occupancy, SIDES, theme=theme())
        figure.show(chart, key="lesson:modes", alt="How many samples are near each of the eight modes, over the steps")
    for pictures, names, key in (
        (found.walk, ("a walk", "cross-fade"), "lesson:walk"),
        (found.nearest, ("generated", "nearest real"), "lesson:nearest"),
        (found.filled, ("given", "L1 alone", "game, z 1", "game, z 2", "the truth"), "lesson:filled"),
    ):
        if pictures is not None:
            chart = learning.image_rows(pictures, names, theme=theme())
            figure.show(chart, key=key, alt=f"Rows of pictures: {', '.join(names)}")


def _table(lesson: Lesson, found: Facts, other: Facts | None) -> None:
    """All runs of the two lessons on collapse that this visitor has seen, and the one that this one stands beside."""
    rows: dict[tuple[str, str], dict[str, str]] = session.recall(_ROWS, {})
    shown = {lesson.title: found} | ({lessons()[lesson.beside].title: other} if other else {})
    for title, facts in shown.items():
        rows = {**rows, (title, facts.row["seed"]): {"lesson": title, **facts.row}}
    session.remember(_ROWS, rows)
    apart = ""
    if other is not None:
        apart = f" What differs at one seed: {differences(lesson.config(), lessons()[lesson.beside].config())}"
    st.markdown(f"**The runs so far.**{apart}")
    st.dataframe(list(rows.values()), hide_index=True, key="lesson:rows")


def _next(lesson: Lesson, result: Result, *, locked: bool) -> None:
    """Lead on: once more, to the next lesson and, unless it is locked, to all else."""
    with st.container(horizontal=True):
        if not locked and st.button("Try it yourself on Train", icon=":material/play_circle:", key="lesson:try"):
            session.open_config(result.config, lesson.preset)
            st.switch_page("pages/train.py")
        if st.button("Once more", key="lesson:again"):
            forget_result(lesson.name)
            open_lesson(lesson, again=True)
            st.rerun()
        seed = result.config.seed + 1
        if lesson.seeds and not locked and st.button(f"The same with seed {seed}", key="lesson:seed"):
            begin(open_lesson(lesson, seed, again=True))
            st.rerun()
        names = list(lessons())
        i = names.index(lesson.name) + 1
        if i < len(names):
            title, to = lessons()[names[i]].title, (names[i], locked)
            st.button(f"Next: {title}", key="lesson:next", on_click=_go, args=to)
    if not locked:
        st.caption(f"For a class: [this lesson with its controls locked](?lesson={lesson.name}&lock=1).")


def _go(name: str, locked: bool) -> None:
    if locked:
        st.query_params.from_dict({"lesson": name, "lock": "1"})
        return
    session.feed("learn:lesson", name)
