"""The lab's component: the sides of a comparison beside each other, fed from one route, with one transport.

Its files are served with those of the live view, whose parts it is made of: every side has samples, a verdict, a
strip and plots of its own, on scales that all share. What `mount` takes in ``data``:

======== ======================================================================================
url      of the route of all sides' frames, with the comparison's token
command  of the route that takes commands, with the token
atOnce   names of the commands that it takes, with spaces between them
plotly   of plotly.js, served once
ms       between two requests
plotMs   between two updates of a plot, at least
sides    what each side is called, how it differs from the first, and how to read its losses, or "":
         ``[{title, differs, reading}]``
======== ======================================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from pages.ui import live

_component = st.components.v2.component("gan_lab", js=live.LOADER, isolate_styles=False)


def mount(*, key: str, data: Mapping[str, Any], on_command: Callable[[], None]) -> None:
    """Show the sides.

    Args:
        key: Keeps the component alive from one script run to the next.
        data: See the module.
        on_command: Called before the script when a visitor asks for something; the raw request is then the trigger
            value ``command`` of this key, for `pages.ui.commands.parse_all`.
    """
    urls = {"script": live.url("collapse/lab.js"), "styles": [live.url("train/live.css"), live.url("collapse/lab.css")]}
    _component(key=key, data={**urls, "figures": live.url("figures.json"), **data}, on_command_change=on_command)
