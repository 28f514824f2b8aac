"""Panel of the Dirac-GAN: the choice of a game and of ways to play it, and what comes of it."""

from __future__ import annotations

import streamlit as st

from gan_core import OBJECTIVES, REGULARISERS
from gan_core.theory import METHODS
from pages.ui import prose
from pages.ui.learn import theory
from pages.ui.learn.theory.dirac import MAX_METHODS


@st.fragment(key="theory-dirac")
def panel() -> None:
    """Choose by name here, and by number in the exhibit."""
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
        max_selections=MAX_METHODS,
        key="dirac:methods",
        persist_state="session",
    )
    chosen = {"objective": objective, "penalty": penalty, "methods": ",".join(methods)}
    theory.mount("dirac", chosen, idle=() if penalty else ("weight",))
    penalised = f" + \\gamma\\,{REGULARISERS[penalty].formula}" if penalty else ""
    d, g = OBJECTIVES[objective].formula_d + penalised, OBJECTIVES[objective].formula_g
    ways = [f"- **{METHODS[name].label}**: {METHODS[name].idea} ${METHODS[name].formula}$" for name in methods]
    with st.container(width=900):
        st.markdown("\n".join([f"- D lowers ${d}$", f"- G lowers ${g}$", *ways]))
