"""This browser's own token: how a visitor's saved runs are known again, days and restarts later.

A secret that the browser makes and keeps in its local storage; the server keeps no more than its fingerprint, beside
the runs. It opens nothing but those runs' names and files.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

import streamlit as st

from pages.ui import web

_TOKEN: Final = re.compile(r"[0-9a-f]{32}")
_component = st.components.v2.component(
    "gan_browser", js=(web.FOLDER / "core" / "browser.js").read_text(encoding="utf-8"), isolate_styles=False
)


def mount(*, key: str, on_token: Callable[[], None]) -> None:
    """Ask the browser for its token, invisibly.

    Args:
        key: Of the component.
        on_token: Called before the script when the token is there: the trigger value ``token`` of this key.
    """
    _component(key=key, on_token_change=on_token, height=0)


def parse(raw: Any) -> str:
    """Read the token that a browser sent; return "" if it is none: it may send anything."""
    return raw if isinstance(raw, str) and _TOKEN.fullmatch(raw) else ""
