"""The Watch page's component: the parts of the live view, fed from a watch log by a route of its own.

What `mount` takes in ``data``:

======== =====================================================================================
url      of the frames, with the log's token; the view appends ``&since=…`` or ``&at=…``
past     of the list of the steps that the log has kept, with the token
======== =====================================================================================
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from pages.ui import live
from pages.ui.live.route import plotly_url

_component = st.components.v2.component("gan_watch", js=live.LOADER, isolate_styles=False)


def mount(*, key: str, data: Mapping[str, Any]) -> None:
    """Show the component.

    Args:
        key: Keeps it alive from one script run to the next.
        data: See the module.
    """
    urls = {
        "script": live.url("watch/watch.js"),
        "style": live.url("train/live.css"),
        "own": live.url("watch/watch.css"),
        "figures": live.url("figures.json"),
        "plotly": plotly_url(),
    }
    _component(key=key, data={**urls, **data})
