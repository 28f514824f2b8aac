"""The frame of every page: styles, what is to be said to the visitor, and light or dark."""

from __future__ import annotations

from typing import Final

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from pages.ui import prose, session, theme, web

_STYLES: Final = (prose.ASSETS / "page.css", prose.ASSETS / "form.css", web.FOLDER / "learn" / "lesson.css")


def show(page: StreamlitPage) -> None:
    """Run a page's script within the frame."""
    session.begin_page()
    session.greet()
    for style in _STYLES:
        st.html(style)
    page.run()
    notice = session.take_notice()
    if notice:
        st.toast(prose.plain(notice), duration="long")
    theme.follow()
