"""Progress: which lessons this browser has been through; kept in its local storage and nowhere else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import streamlit as st

from pages.ui import session, web

_KEY: Final = "learn-progress"
_DONE: Final = "learn.done"
_component = st.components.v2.component(
    "gan_progress", js=(web.FOLDER / "learn" / "progress.js").read_text(encoding="utf-8"), isolate_styles=False
)


def parse(raw: Any, known: Iterable[str]) -> frozenset[str]:
    """Names of lessons that a browser sent: it may send anything."""
    return (
        frozenset(known) & frozenset(name for name in raw if isinstance(name, str))
        if isinstance(raw, list)
        else frozenset()
    )


def done() -> frozenset[str]:
    """Names of the lessons that are done."""
    found: frozenset[str] = session.recall(_DONE, frozenset())
    return found


def add(name: str) -> None:
    """Note that a lesson is done."""
    session.remember(_DONE, done() | {name})


def keep(known: Iterable[str]) -> None:
    """Store the learned lessons in the browser and read them back, invisibly.

    Args:
        known: Names of all lessons.
    """
    names = tuple(known)

    def tell() -> None:
        told = parse(session.value_of(_KEY).get("done"), names)
        session.remember(_DONE, done() | told)

    _component(key=_KEY, data={"done": sorted(done())}, on_done_change=tell, height=0)
