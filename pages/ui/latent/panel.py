"""The panel of the Latent page: which section, what it teaches, and the component."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

import streamlit as st

from gan_core.config.presets import DEFAULT
from pages.ui import latent, session
from pages.ui.commands import parse_save, saved_directions
from pages.ui.latent import foreign
from pages.ui.latent.link import FIRST_SEED
from pages.ui.latent.route import ASK, FILE, FOREIGN_ASK, FOREIGN_FILE
from pages.ui.latent.sections import SECTIONS

if TYPE_CHECKING:
    from gan_core.latent.foreign import ForeignBench

_KEY = "latent"
FIRST = "paths"


def page() -> None:
    """Choose a section; the component does the rest."""
    guest = foreign.shown()
    if guest is not None:
        _guest(*guest)
        return
    here = session.visit_or_recorded(DEFAULT)
    kind = here.run.status().config.data.kind
    given = session.latent_start()
    names = [name for name, section in SECTIONS.items() if kind in section.kinds]
    section = _section(given.section, names)
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


def _guest(token: str, bench: ForeignBench) -> None:
    """Show a generator from elsewhere."""
    with st.container(horizontal=True, vertical_alignment="center", key="latent-guest"):
        st.text(foreign.words(bench))
        st.button("Back to the run", on_click=foreign.close, key="latent:back")
    section = _section(FIRST, list(foreign.SECTIONS), guest=True)
    st.markdown(SECTIONS[section].words)
    latent.mount(
        key="latent-foreign",
        data={
            "ask": f"{FOREIGN_ASK}?t={token}",
            "file": f"{FOREIGN_FILE}?t={token}",
            "section": section,
            "seed": FIRST_SEED,
            "points": "",
            "link": None,
            "saved": [],
        },
        on_save=lambda: None,
    )


def _section(first: str, names: list[str], *, guest: bool = False) -> str:
    """Return the section that the visitor chose, on this visit to the page or on an earlier one.

    Args:
        first: Shown if none was chosen yet.
        names: Sections that there are.
        guest: Whether a generator from elsewhere is looked at.
    """
    chosen: str = session.recall("latent.section", first if first in names else FIRST)
    chosen = chosen if chosen in names else FIRST
    advanced = session.recall("latent.advanced", SECTIONS[chosen].advanced)
    shown = [name for name in names if advanced or not SECTIONS[name].advanced]
    with st.container(horizontal=True, vertical_alignment="center", key="latent-sections"):
        st.segmented_control(
            "Section",
            shown,
            default=session.fed("latent:section", chosen),
            format_func=lambda name: SECTIONS[name].title,
            key="latent:section",
            label_visibility="collapsed",
            on_change=_choose,
        )
        st.toggle(
            "Advanced",
            session.fed("latent:advanced", advanced),
            key="latent:advanced",
            on_change=_choose,
            help="Arithmetic" if guest else "Directions, arithmetic, and the inside of G",
        )
        if not guest:
            foreign.opener()
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
