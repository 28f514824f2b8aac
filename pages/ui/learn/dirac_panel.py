"""Panel of the Dirac-GAN: a GAN of two numbers, whose whole game can be drawn."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Final

import numpy as np
import streamlit as st

from gan_core.dynamics import METHODS, Game, eigenvalues, factor, field, play_all, reading, reading_of_steps
from gan_core.figures import theory
from gan_core.objectives import OBJECTIVES
from gan_core.regularisers import REGULARISERS
from pages.ui import figure, prose
from pages.ui.theme import theme

_REACH: Final = 2.0
_STEPS: Final = 80
_READINGS: Final = {
    "converges": "**converges**: real parts below 0, every small disturbance dies out",
    "circles": "**circles** to first order: real parts are 0, the players chase each other. Whether they come nearer "
    "in the long run is then beyond eigenvalues: the distances below show it",
    "diverges": "**diverges**: a real part above 0",
    "kink": "**has a kink** at the equilibrium: this penalty wants slope 1, and at slope 0 it pushes to either side",
}


@functools.lru_cache(maxsize=1)
def _grid() -> np.ndarray:
    ticks = np.linspace(-_REACH, _REACH, 15)
    return np.stack(np.meshgrid(ticks, ticks), -1).reshape(-1, 2)


@functools.lru_cache(maxsize=256)
def _paths(game: Game, methods: tuple[str, ...], h: float, d_steps: int) -> dict[str, np.ndarray]:
    return play_all(game, methods, n_steps=_STEPS, h=h, d_steps=d_steps)


@functools.lru_cache(maxsize=128)
def _velocity(game: Game) -> np.ndarray:
    return field(game, _grid())


@st.fragment(key="theory-dirac")
def panel() -> None:
    """The choice of a game and of ways to play it, and what comes of it."""
    prose.section("learn/dirac.md")
    a, b, c = st.columns([2, 2, 3])
    objective = a.selectbox(
        "objective",
        list(OBJECTIVES),
        1,
        format_func=lambda name: OBJECTIVES[name].label,
        key="dirac:objective",
        persist_state="session",
    )
    penalty = b.selectbox(
        "penalty",
        ["", *REGULARISERS],
        format_func=lambda name: REGULARISERS[name].label if name else "none",
        key="dirac:penalty",
        persist_state="session",
    )
    methods = c.multiselect(
        "ways to play",
        list(METHODS),
        ["alternating", "simultaneous"],
        format_func=lambda name: METHODS[name].label,
        max_selections=4,
        key="dirac:methods",
        persist_state="session",
    )
    _played(objective, penalty, tuple(methods))
    penalised = f" + \\gamma\\,{REGULARISERS[penalty].formula}" if penalty else ""
    d, g = OBJECTIVES[objective].formula_d + penalised, OBJECTIVES[objective].formula_g
    ways = [f"- **{METHODS[name].label}**: {METHODS[name].idea} ${METHODS[name].formula}$" for name in methods]
    with st.container(width=900):
        st.markdown("\n".join([f"- D lowers ${d}$", f"- G lowers ${g}$", *ways]))


@st.fragment(key="theory-dirac-played")
def _played(objective: str, penalty: str, methods: tuple[str, ...]) -> None:
    """The field, paths over it, and what the eigenvalues say; little stands here, so that it follows its sliders."""
    with st.container(horizontal=True, gap="medium"):
        weight = st.slider(
            "the penalty's weight γ",
            0.0,
            3.0,
            0.3,
            0.05,
            key="dirac:weight",
            persist_state="session",
            disabled=not penalty,
        )
        noise = st.slider("instance noise σ", 0.0, 2.0, 0.0, 0.1, key="dirac:noise", persist_state="session")
        h = st.slider("step size h", 0.02, 1.0, 0.2, 0.02, key="dirac:h", persist_state="session")
        d_steps = st.slider("D's updates per step", 1, 5, 1, key="dirac:d_steps", persist_state="session")
    game = Game(objective, penalty, weight if penalty else 0.0, noise)
    paths = {METHODS[name].label: path for name, path in _paths(game, methods, h, d_steps).items()}
    values = eigenvalues(game)
    left, right = st.columns([3, 2])
    with left:
        plane = theory.dirac_plane(_grid(), _velocity(game), paths, theme=theme())
        figure.show(plane, key="dirac:plane", alt="The field, and the paths of the ways to play over it")
        distances = theory.distances(paths, theme=theme())
        figure.show(distances, key="dirac:distances", alt="Distance to the equilibrium over the steps")
    with right:
        st.markdown("\n\n".join(_said(game, values, h, d_steps)))
        if values is not None:
            plane = theory.eigenvalue_plane(values, theme=theme())
            figure.show(plane, key="dirac:eigenvalues", alt="Both eigenvalues in the complex plane")


def _said(game: Game, values: np.ndarray | None, h: float, d_steps: int) -> Iterator[str]:
    yield f"Near the equilibrium the game {_READINGS[reading(game)]}."
    if values is None:
        return
    yield "Eigenvalues: " + prose.eigenvalues(values)
    for name in ("simultaneous", "alternating"):
        growth = factor(game, name, h, d_steps)
        assert growth is not None
        yield (
            f"A small distance is multiplied by **{growth:.5f}** in each {name} step: it "
            f"**{reading_of_steps(growth)}**."
        )
