"""The run that an application is used with: training of its presets, its recorded run, and answers from it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TypeVar

import streamlit as st

from gan_core import GanExplorerError
from gan_core.config.presets import find
from gan_core.experiments.applications import Application
from gan_core.storage.bundled import RECORDED, outline
from pages.ui import session

if TYPE_CHECKING:
    from gan_core.live.handle import Question, RunHandle
    from gan_core.live.status import RunStatus

R = TypeVar("R")
_PATIENCE: Final = 3.0
"""Seconds to wait for a run to be built, and for its first kept state."""


def offer(
    application: Application, fits: Callable[[RunStatus], bool], beside: Callable[[str], None] | None = None
) -> RunStatus | None:
    """Offer to train the presets of an application, or to open its recorded run.

    Args:
        application: Which one.
        fits: Tells whether the open run can be used with it.
        beside: Draws what stands beside the button of a preset.

    Returns:
        The open run's status if it can be used; else None, after a sentence on what to do.
    """
    recorded = [name for name in application.presets if name in RECORDED]
    run = session.visit_or_recorded((recorded or [*RECORDED])[0]).run
    run.wait(lambda now: now.built or now.playing or now.state == "error", _PATIENCE)  # it is being opened
    now = run.status()
    st.markdown(application.sentence)
    with st.container(horizontal=True, vertical_alignment="center", key="apply-run"):
        for name in application.presets:
            title = find(name).title
            if st.button(f"Train {name}", key=f"apply:train:{name}", icon=":material/play_circle:", help=title):
                session.open_preset(name)
                st.rerun()
            if beside is not None:
                beside(name)
        for name in (name for name in recorded if now.initial_config != outline(name).config):
            if st.button(f"Open the recorded run {name}", key=f"apply:recorded:{name}", icon=":material/history:"):
                session.open_recorded(name)
                st.rerun()
        if st.button("Watch it on Train", key="apply:watch", icon=":material/visibility:"):
            st.switch_page("pages/train.py")
    if fits(now):
        return now
    st.info(
        f"Your open run ({now.preset or now.config.data.name}) does something else. Train one of these presets, "
        "or open a recorded run: it takes the place of the open one, which stays among the saved runs."
    )
    return None


def answer(question: Question[R], show: Callable[[R], None], now: RunStatus, every: float) -> None:
    """Ask the open run, and show its answer; again every few seconds while it trains.

    Args:
        question: What to ask.
        show: Draws the answer.
        now: The run's status.
        every: Seconds between two answers.
    """
    lively = now.playing or not now.built
    st.fragment(_answer, run_every=every if lively else None)(question, show, lively=lively)


def _answer(question: Question[R], show: Callable[[R], None], *, lively: bool) -> None:
    run = session.visit().run
    run.wait(lambda now: now.state == "error" or _kept(run, now), _PATIENCE)
    now = run.status()
    if now.state == "error":
        st.text(now.message)
        return
    if not _kept(run, now):
        st.caption("The run is being prepared; its first answer comes soon.")
        return
    try:
        found = run.ask(question)
    except GanExplorerError as error:
        st.text(str(error))
        return
    show(found)
    if lively and not now.playing:
        st.rerun()  # it stands, and need not be asked again and again


def _kept(run: RunHandle, now: RunStatus) -> bool:
    """Tell whether a state of this run is kept, of a step that it has made; those of the run before do not count."""
    kept = run.contents()
    return now.built and kept["run"] == now.run and any(step > 0 or now.step == 0 for step in kept["states"])
