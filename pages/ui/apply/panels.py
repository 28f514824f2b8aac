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
_SHOWN: Final = "apply.shown"
_LINK: Final = "application"
_PANELS: Final[Mapping[Way, Callable[[Application], None]]] = {
    "make": making.panel,
    "edit": editing.panel,
    "restore": restoring.panel,
    "play": playing.panel,
    "write": writing.panel,
}


def page() -> None:
    """Show the cards, and what the chosen one does."""
    chosen = _asked()
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
    _put_into_address(chosen)


def _asked() -> str:
    """Return the application that the address asks for, or that was chosen last."""
    asked = st.query_params.get(_LINK, "")
    if asked in APPLICATIONS and asked != session.recall(_SHOWN):
        session.remember(_CHOSEN, asked)
    chosen: str = session.recall(_CHOSEN, FIRST)
    if session.has_run():
        _put_into_address(chosen)
    else:  # the first run is made from the address, in which this would be taken for a link to one
        st.query_params.pop(_LINK, None)
    return chosen


def _put_into_address(chosen: str) -> None:
    """Have a reload, a bookmark or a copied address lead to this application."""
    if st.query_params.to_dict() != {_LINK: chosen}:
        st.query_params.from_dict({_LINK: chosen})
    session.remember(_SHOWN, chosen)


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
