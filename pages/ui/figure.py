"""Figures that the server makes.

To `st.plotly_chart` a figure that has changed is another one: the old one is taken down and a new one put up, which
takes a browser longer than to draw what has changed. Here it is drawn in its place, by the plotly.js of the live view.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from gan_core.figures.template import Plain, plain_json
from pages.ui import live
from pages.ui.live.route import plotly_url

if TYPE_CHECKING:
    import plotly.graph_objects as go

_component = st.components.v2.component("gan_figure", js=live.LOADER, isolate_styles=False)


def show(figure: go.Figure | Plain, *, key: str, alt: str) -> None:
    """Show a figure.

    Args:
        figure: With a height of its own; it is as wide as its place.
        key: One for all that it becomes.
        alt: What it shows, for those who do not see it.
    """
    _component(key=key, data={"script": live.url("core/figure.js"), "plotly": plotly_url(), **spoken(figure, alt)})


def spoken(figure: go.Figure | Plain, alt: str) -> dict[str, Any]:
    """Collect what `figure.js` takes of a figure: itself, its height in pixels and its text alternative."""
    if isinstance(figure, dict):
        return {"figure": plain_json(figure), "height": figure["layout"]["height"], "alt": alt}
    return {"figure": figure.to_json(), "height": figure.layout.height, "alt": alt}
