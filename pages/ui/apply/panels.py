"""Panels of the Apply page: the cards, and the chosen application."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import streamlit as st

from gan_core.experiments.applications import APPLICATIONS, Application, Way
from gan_core.experiments.zoo import Variant, variants
from pages.ui import session
from pages.ui.apply import editing, making, playing, restoring, writing
from pages.ui.collapse import state as lab

FIRST: Final = "super-resolution"
_CHOSEN: Final = "apply.chosen"
_PANELS: Final[Mapping[Way, Callable[[Application], None]]] = {
    "make": making.panel,
    "edit": editing.panel,
    "restore": restoring.panel,
    "play": playing.panel,
    "write": writing.panel,
}


def page() -> None:
    """Show the cards, and what the chosen one does."""
    asked = st.query_params.get("application", "")
    if asked in APPLICATIONS:
        session.remember(_CHOSEN, asked)
        del st.query_params["application"]
    chosen: str = session.recall(_CHOSEN, FIRST)
    st.markdown(
        "Six things are often named that GANs are for: **generation, editing, super-resolution, denoising, sound and "
        "text**. Each trains in front of you, and each says what it makes up."
    )
    with st.container(horizontal=True, key="apply-cards"):
        for name, application in APPLICATIONS.items():
            _choice(name, application, chosen=name == chosen)
    application = APPLICATIONS[chosen]
    _facts(application)
    _PANELS[application.way](application)


def _choice(name: str, application: Application, *, chosen: bool) -> None:
    st.button(
        application.title,
        key=f"apply:card:{name}",
        icon=":material/check:" if chosen else None,
        on_click=session.remember,
        args=(_CHOSEN, name),
        help=None if chosen else f"Put {application.title.lower()} to use below",
    )


def _facts(application: Application) -> None:
    """Say what goes in, what comes out and what is made up, side by side where there is room."""
    said = {"In": application.goes_in, "Out": application.comes_out, "Made up": application.made_up}
    with st.container(border=True, key="apply-facts"):
        for column, (title, words) in zip(st.columns(3), said.items(), strict=True):
            column.markdown(f"**{title}:** {words}")


def variant_of(preset: str) -> Variant | None:
    """Find the variant of the zoo that sets the reconstruction alone beside this preset."""
    return next((v for v in variants() if v.run.get("beside") and v.base == preset), None)


def compare(preset: str) -> None:
    """Offer the reconstruction alone beside the preset, in lockstep."""
    variant = variant_of(preset)
    if variant is None:
        return
    if st.button(
        f"L1 alone beside L1 + GAN: {preset}",
        key=f"apply:compare:{preset}",
        icon=":material/compare:",
        help="Both from the same seed, in lockstep: blurred and safe beside sharp and made up, with both numbers.",
    ):
        lab.show_variant(variant)
        st.switch_page("pages/collapse.py")
