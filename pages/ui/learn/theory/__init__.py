"""Exhibits of the theory: a component with sliders, and figures and words that follow them without a script run.

What `mount` gives the script: where it asks, the sliders of the exhibit, and what the page has chosen for it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

import streamlit as st

from pages.ui import live
from pages.ui.learn.theory.exhibits import EXHIBITS
from pages.ui.learn.theory.route import ASK
from pages.ui.live.route import plotly_url

_component = st.components.v2.component("gan_theory", js=live.LOADER, isolate_styles=False)
_STYLES: Final = ("train/live.css", "learn/theory.css")


def mount(name: str, chosen: Mapping[str, str] | None = None, *, idle: tuple[str, ...] = ()) -> None:
    """Show an exhibit.

    Args:
        name: A key of `EXHIBITS`.
        chosen: What it takes besides its sliders.
        idle: Sliders that have no effect at present.
    """
    exhibit = EXHIBITS[name]
    data = {
        "script": live.url("learn/theory.js"),
        "styles": json.dumps([live.url(style) for style in _STYLES]),  # Streamlit takes a list for a table
        "figures": live.url("figures.json"),
        "plotly": plotly_url(),
        "ask": f"{ASK}?{urlencode({'show': name, **(chosen or {})})}",
        "show": name,
        "sliders": json.dumps([slider.spoken() for slider in exhibit.sliders]),
        "idle": json.dumps(idle),
        "tall": exhibit.tall,
    }
    _component(key=f"theory:{name}", data=data)
