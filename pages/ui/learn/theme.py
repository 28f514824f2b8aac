"""Which colours the visitor's page has."""

from __future__ import annotations

import streamlit as st

from gan_core.palette import Theme


def theme() -> Theme:
    """Colours of the page."""
    return "dark" if st.context.theme.type == "dark" else "light"
