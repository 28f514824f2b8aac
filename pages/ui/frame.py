"""The frame of every page: styles, notices to the visitor, and the light or dark theme."""

from __future__ import annotations

import os
from typing import Final

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from pages.ui import prose, session, theme, web

_STYLES: Final = (prose.ASSETS / "page.css", prose.ASSETS / "form.css", web.FOLDER / "learn" / "lesson.css")


def show(page: StreamlitPage) -> None:
    """Run a page's script within the frame."""
    _turn_to_logs(page)
    session.begin_page()
    session.greet()
    for style in _STYLES:
        st.html(style)
    page.run()
    notice = session.take_notice()
    if notice:
        st.toast(prose.plain(notice), duration="long")
    theme.follow()


def _turn_to_logs(page: StreamlitPage) -> None:
    """Turn to the Watch page once, if the program was told to show logs and the address names no page and no run."""
    if session.recall("turned"):
        return
    session.remember("turned", True)
    if os.environ.get("GAN_EXPLORER_FIRST") == "watch" and not page.url_path and not st.query_params:
        st.switch_page("pages/watch.py")
