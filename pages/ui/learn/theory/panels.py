"""Panels of the theory: what can be known exactly, beside what trains. Its moving parts are in `learn.theory`."""

from __future__ import annotations

import streamlit as st

from gan_core import OBJECTIVES
from gan_core.config.names import CROSS_ENTROPY
from pages.ui import prose
from pages.ui.learn import theory
from pages.ui.learn.theory import smallest_gan, troubles


@st.fragment(key="theory")
def panel() -> None:
    """Show the theory, one section at a time."""
    sections = {
        "The best discriminator": _best,
        "The vanishing gradient": _vanishing,
        "The smallest GAN": smallest_gan.panel,
        "The two open troubles": troubles.panel,
    }
    tabs = st.tabs(list(sections), key="learn:theory", on_change="rerun")
    for tab, show in zip(tabs, sections.values(), strict=True):
        if tab.open:
            with tab:
                show()


def _best() -> None:
    prose.section("learn/best_discriminator.md")
    theory.mount("best")


def _vanishing() -> None:
    prose.section("learn/vanishing.md")
    left, right = st.columns(2)
    with left:
        theory.mount("pulls")
    with right:
        theory.mount("frozen")
        formulas = [OBJECTIVES[name].formula_g for name in CROSS_ENTROPY]
        st.latex(r" \qquad ".join(formulas))
