"""Comparison repeated from several seeds: a table and a plot that fill row by row."""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

from gan_core import figures
from gan_core.experiments.gallery import GOALS, LAST_CHECK, GoalName
from gan_core.live.commands import Pause
from pages.ui import figure, prose, session
from pages.ui.collapse import state
from pages.ui.collapse.bench import LETTERS
from pages.ui.prose import number
from pages.ui.theme import theme

_JOB: Final = "lab.repeats"
_NAMES: Final = "lab.repeated"
_SEEDS: Final = (3, 5, 10, 20)
_STEPS: Final = (300, 1_000, LAST_CHECK)
_LABELS: Final[dict[GoalName, str]] = {
    "modes": "modes reached",
    "classes": "digits made, of 10",
    "unseen": "share of D's lead that it keeps on unseen images",
}


def panel() -> None:
    """Ask for the repetition, and watch it."""
    st.subheader("How sure?", anchor=False)
    st.markdown(
        "One seed is an anecdote. Here all sides are trained again from several seeds, in other processes, and "
        f"checked on the last third of their steps: a seed is good if {GOALS[state.goal()]}."
    )
    job: Any = session.recall(_JOB)
    busy = job is not None and job.running
    seeds, steps, go, stop = st.columns([2, 2, 2, 2], vertical_alignment="bottom")
    n = seeds.selectbox("Seeds", _SEEDS, index=1, key="lab:seeds", disabled=busy)
    last = steps.selectbox(
        "Steps", _STEPS, index=len(_STEPS) - 1, key="lab:steps", format_func="{:,}".format, disabled=busy
    )
    go.button("Repeat", key="lab:repeat", on_click=_begin, args=(n, last), disabled=busy, type="primary")
    stop.button("Cancel", key="lab:cancel", on_click=_cancel, disabled=not busy)
    if job is not None:
        st.fragment(_result, run_every=2.0 if busy else None)()


def _begin(n: int, last: int) -> None:
    from gan_core.experiments.seeds import Repeats  # the pool's modules, which no first page needs

    here = state.bench()
    here.run.send(Pause())
    configs = [side.config for side in here.run.sides]
    session.remember(_JOB, Repeats(configs, state.goal(), range(n), last=last))
    names = [f"{letter}: {entry.title}" for letter, entry in zip(LETTERS, here.entries, strict=False)]
    session.remember(_NAMES, (names, state.goal()))


def _cancel() -> None:
    job: Any = session.recall(_JOB)
    if job is not None:
        job.cancel()


def _result() -> None:
    from gan_core.experiments.outcomes import interval

    job: Any = session.recall(_JOB)
    names, goal = session.recall(_NAMES)
    said = ""
    if job.cancelled:
        said = " Cancelled: the trials in hand end first." if job.running else " Cancelled."
    st.progress(job.finished / job.total, text=f"{job.finished} of {job.total} trials.{said}")
    if job.trouble:
        st.warning(prose.plain(f"A trial failed: {job.trouble}"))
    rows, values = [], {}
    for i, name in enumerate(names):
        trials = job.trials(i)
        if not trials:
            continue
        values[name] = [trial.value for trial in trials]
        middle, low, high = interval(values[name])
        rows.append(
            {
                "side": name,
                "seeds": len(trials),
                "good": sum(trial.good for trial in trials),
                "diverged": sum(trial.diverged_at is not None for trial in trials),
                "median": number(middle),
                "middle 80 %": f"{number(low)} to {number(high)}",
                "each seed": ", ".join(number(value) for value in values[name]),
            }
        )
    if rows:
        st.dataframe(rows, hide_index=True)
        chart = figures.repeats(values, _LABELS[goal], theme=theme())
        figure.show(chart, key="lab:repeats", alt=f"{_LABELS[goal]} of each seed, for every side")
    if not job.running and not session.recall("lab.settled"):
        session.remember("lab.settled", True)
        st.rerun(scope="app")  # the buttons
    if job.running:
        session.remember("lab.settled", False)
