"""Panel of the two open troubles, each with a demonstration: G repeats itself, and training does not settle."""

from __future__ import annotations

import functools
from typing import Final

import numpy as np
import streamlit as st

from gan_core.experiments.lessons.catalogue import SETTLING, lessons
from gan_core.figures import learning, theory
from gan_core.theory import DiracGame
from pages.ui import figure, prose, session
from pages.ui.learn.theory.computed import computed
from pages.ui.learn.visit import beside
from pages.ui.theme import theme

_STEPS: Final = 300
_RUNS: Final = (("collapse", "The plain GAN"), ("cure", "D judges two samples at a time"))
_SHOWN: Final = "learn.troubles_shown"


def panel() -> None:
    """Both questions, their answers, and a word that is often used loosely."""
    prose.section("learn/trouble_same.md")
    _same()
    prose.section("learn/trouble_settle.md")
    _settle()
    prose.section("learn/loose_word.md")


@st.fragment(key="theory-same")
def _same() -> None:
    """Show the collapse and its cure from one seed, run here when asked for."""
    from gan_core.data.modes import SIDES

    if st.button("Show it: one seed, twice", icon=":material/play_circle:", key="troubles:show"):
        session.remember(_SHOWN, True)
    if not session.recall(_SHOWN, False):
        return
    for column, (name, title) in zip(st.columns(2), _RUNS, strict=True):
        found = beside(name, str(lessons()[name].config().seed))
        assert found.occupancy is not None
        with column:
            st.markdown(
                f"**{title}**: {found.words['reached']} modes at a time, D's loss {found.words['d_loss']}, G's "
                f"{found.words['g_loss']}"
            )
            chart = learning.occupancy(found.occupancy, SIDES, theme=theme())
            figure.show(chart, key=f"troubles:{name}", alt=f"{title}: samples near each mode")
    st.caption("A row for each of the eight modes, darker where more of the samples of the same 256 z are near it.")


@functools.cache
def _paths() -> dict[str, np.ndarray]:
    plain, penalised = (DiracGame(*game) for game in SETTLING.values())
    return {
        "simultaneous": computed("play", plain, "simultaneous", n_steps=_STEPS),
        "alternating": computed("play", plain, "alternating", n_steps=_STEPS),
        "averaged": computed("play", plain, "averaging", n_steps=_STEPS),
        f"alternating, with R1 of γ = {penalised.weight:g}": computed("play", penalised, "alternating", n_steps=_STEPS),
    }


def _settle() -> None:
    left, right = st.columns([3, 2])
    with left:
        chart = theory.distances(_paths(), theme=theme())
        figure.show(
            chart, key="troubles:distances", alt="Distance to the equilibrium over the steps, played in four ways"
        )
    for name, game in SETTLING.items():
        values: np.ndarray | None = computed("eigenvalues", DiracGame(*game))
        assert values is not None
        right.markdown(f"**{name}**: eigenvalues " + prose.eigenvalues(values))
    right.markdown("In the section before you can play every objective and penalty, and other ways to take the steps.")
