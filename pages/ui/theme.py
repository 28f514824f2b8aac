"""Theme of the visitor's page, light or dark, for figures that the server makes.

Streamlit says so at the beginning of a script run, and runs no script when the page turns: what the server drew for a
light page would then stand, hardly legible, on a dark one. `follow` has it drawn anew.
"""

from __future__ import annotations

import streamlit as st

from gan_core.figures.palette import Theme
from pages.ui import live, web

_component = st.components.v2.component(
    "gan_theme", js=(web.FOLDER / "core" / "theme-follow.js").read_text(encoding="utf-8"), isolate_styles=False
)


def theme() -> Theme:
    """Colours of the page."""
    return "dark" if st.context.theme.type == "dark" else "light"


def follow() -> None:
    """Have the script run again when the page turns light or dark; stands last on a page, and is not seen."""
    data = {"script": live.url("core/theme.js"), "drawn": theme()}
    _component(key="theme", data=data, on_turned_change=_nothing, height=0)


def _nothing() -> None:
    """Do nothing: the run of the script redraws the page."""
