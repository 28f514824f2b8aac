"""Learn: the game in short lessons, one step in slow motion, its theory, and the zoo of its variants."""

from __future__ import annotations

import streamlit as st

from pages.ui.learn import debugger, lessons, zoo
from pages.ui.learn.theory import panels as theory

PARTS = {"lessons": "Ten guided minutes", "step": "One step, in slow motion", "theory": "Theory", "zoo": "The zoo"}

query = st.query_params.to_dict()
locked = query.get("lock") == "1" and "lesson" in query
asked = "lessons" if "lesson" in query else query.get("part", "")
part = "lessons"
if not locked:
    part = (
        st.segmented_control(
            "Part",
            list(PARTS),
            # A default and no state: the browser shows it even if the page is drawn anew before it has come.
            default=asked if asked in PARTS else "lessons",
            format_func=PARTS.__getitem__,
            key="learn:part",
            label_visibility="collapsed",
        )
        or "lessons"
    )
if part == "lessons":
    lessons.panel(query.get("lesson", ""), locked=locked)
else:
    st.query_params.from_dict({"part": part})
    {"step": debugger.panel, "theory": theory.panel, "zoo": zoo.panel}[part]()
