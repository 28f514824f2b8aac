"""Values kept for this session: the only module that touches ``st.session_state``.

Widgets are fed from the run's config before they are made, so a look at another page, which drops widget state, loses
nothing.
"""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

_FED: Final = "gan.fed"


def remember(name: str, value: Any) -> None:
    """Keep something for this session, over all pages."""
    st.session_state[f"gan.{name}"] = value


def recall(name: str, default: Any = None) -> Any:
    """Return what `remember` kept."""
    return st.session_state.get(f"gan.{name}", default)


def forget(name: str, default: Any = None) -> Any:
    """Return what `remember` kept, and forget it."""
    return st.session_state.pop(f"gan.{name}", default)


def notify(text: str) -> None:
    """Show a text once, at the next drawing of the page."""
    remember("notice", text)


def take_notice() -> str:
    """Return the text to show and forget it; "" if there is none."""
    text: str = forget("notice", "")
    return text


def ask_redraw() -> None:
    """Ask for the whole page to be drawn again after this fragment."""
    remember("redraw", True)


def take_redraw() -> bool:
    """Return whether `ask_redraw` was called, and forget it."""
    return bool(forget("redraw", False))


def feed(key: str, value: Any) -> None:
    """Set a widget's value before it is made, so that it shows what the run has."""
    if key not in st.session_state or st.session_state[key] != value:
        st.session_state[key] = value
        st.session_state.setdefault(_FED, set()).add(key)


def fed(key: str, value: Any) -> Any:
    """Do as `feed`, and return the value, which the widget is to be given as its default as well.

    Streamlit tells the browser once of a value that was set, with the first drawing of the page. Where a second one
    reaches the browser together with it, as on a slow machine, the browser makes the widget from the second alone,
    which says nothing but the default.
    """
    feed(key, value)
    return value


def form_stands() -> None:
    """Note that the form has been drawn with all that `feed` gave it."""
    st.session_state[_FED] = set()


def is_echo(key: str) -> bool:
    """Tell whether a widget's value is no choice of this visitor: it was fed another, and the form is not drawn yet.

    A click while the server is slow stops the drawing; the browser then reports the values of the form before.
    """
    return key in st.session_state.get(_FED, ())


def feed_once(key: str, value: Any) -> None:
    """Set a widget's value before it is made for the first time; from then on it is the visitor's."""
    st.session_state.setdefault(key, value)


def value_of(key: str) -> Any:
    """Return a widget's value."""
    return st.session_state[key]
