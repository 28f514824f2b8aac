"""The panel of the Latent page: which section, what it teaches, and the component."""

from __future__ import annotations

from urllib.parse import urlencode

import streamlit as st

from gan_core.config.names import KIND_WORDS
from gan_core.config.presets import DEFAULT
from pages.ui import latent, session
from pages.ui.commands import parse_save, saved_directions
from pages.ui.latent.route import ASK, FILE
from pages.ui.latent.sections import SECTIONS

_KEY = "latent"
FIRST = "paths"
SHOWN = ("plane", "images")
"""Kinds of samples whose latent space is shown."""


def page() -> None:
    """Choose a section; the component does the rest."""
    here = session.visit_or_recorded(DEFAULT)
    kind = here.run.status().config.data.kind
    if kind not in SHOWN:
        st.info(
            f"Your open run makes {KIND_WORDS[kind]}, whose latent space is not shown yet: points and images have "
            "one here. Train on other data, or open a recorded run, to walk in it."
        )
        return
    given = session.latent_start()
    section = _section(given.section)
    in_plane = SECTIONS[section].in_plane if kind == "plane" else ""
    st.markdown(in_plane or SECTIONS[section].words)
    latent.mount(
        key=_KEY,
        data={
            "ask": f"{ASK}?t={here.token}",
            "file": f"{FILE}?t={here.token}",
            "section": section,
            "seed": given.seed,
            "points": given.points,
            "link": "" if session.stands_recorded() else urlencode(session.query_of_run()),
            "saved": saved_directions(here),
        },
        on_save=_on_save,
    )


def _section(first: str) -> str:
    """Return the section that the visitor chose, on this visit to the page or on an earlier one."""
    images = session.visit().run.status().config.data.kind == "images"
    names = [name for name, section in SECTIONS.items() if images or not section.images_only]
    chosen: str = session.recall("latent.section", first if first in names else FIRST)
    chosen = chosen if chosen in names else FIRST
    advanced = session.recall("latent.advanced", SECTIONS[chosen].advanced)
    session.feed("latent:section", chosen)
    session.feed("latent:advanced", advanced)
    shown = [name for name in names if advanced or not SECTIONS[name].advanced]
    with st.container(horizontal=True, vertical_alignment="center", key="latent-sections"):
        st.segmented_control(
            "Section",
            shown,
            format_func=lambda name: SECTIONS[name].title,
            key="latent:section",
            label_visibility="collapsed",
            on_change=_choose,
        )
        st.toggle(
            "Advanced", key="latent:advanced", on_change=_choose, help="Directions, arithmetic, and the inside of G"
        )
    return chosen


def _choose() -> None:
    section, advanced = session.value_of("latent:section"), bool(session.value_of("latent:advanced"))
    before = session.recall("latent.section", FIRST)
    section = section or before
    if SECTIONS[section].advanced and not advanced:
        section = FIRST
    session.remember("latent.section", section)
    session.remember("latent.advanced", advanced)


def _on_save() -> None:
    command = parse_save(session.value_of(_KEY).get("save"))
    if command is not None:
        session.obey(command)
