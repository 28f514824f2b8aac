"""The lab's component: the sides of a comparison beside each other, fed from one route, with one transport.

Its files are served with those of the live view, whose parts it is made of: every side has samples, a verdict, a
strip and plots of its own, on scales that all share. What `mount` takes in ``data``:

======== ======================================================================================
url      of the route of all sides' frames, with the comparison's token
plotly   of plotly.js, served once
ms       between two requests
plotMs   between two updates of a plot, at least
sides    what each side is called, how it differs from the first, and how its losses are to be read, or "":
         ``[{title, differs, reading}]``
======== ======================================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import streamlit as st

from pages.ui import live
from pages.ui.collapse.bench import LETTERS
from pages.ui.live import Command

TRANSPORT: Final = ("play", "pause", "step", "reset", "new_seed", "pace", "stop_at")
SIDES: Final = ("take", "remove")
"""Asked of one side: to open it on the Train page, to take it away."""

_component = st.components.v2.component("gan_lab", js=live.LOADER, isolate_styles=False)


def mount(*, key: str, data: Mapping[str, Any], on_command: Callable[[], None]) -> None:
    """Show the sides.

    Args:
        key: Keeps the component alive from one script run to the next.
        data: See the module.
        on_command: Called before the script when a visitor asks for something; the raw request is then the trigger
            value ``command`` of this key, for `parse_commands`.
    """
    urls = {"script": live.url("collapse/lab.js"), "styles": [live.url("train/live.css"), live.url("collapse/lab.css")]}
    _component(key=key, data={**urls, "figures": live.url("figures.json"), **data}, on_command_change=on_command)


def parse_command(raw: Any) -> Command | None:
    """The visitor's request, or None if it is none: it comes from a browser and may be anything.

    Args:
        raw: Trigger value of the component.

    Returns:
        One of `TRANSPORT`, or of `SIDES` with the side's number, from 0, as its value.
    """
    if not isinstance(raw, Mapping) or raw.get("name") not in SIDES:
        command = live.parse_command(raw)
        return command if command is not None and command.name in TRANSPORT else None
    n, side = _whole(raw.get("n"), 2**53), _whole(raw.get("value"), len(LETTERS))
    return None if n is None or side is None else Command(raw["name"], side, n)


def parse_commands(raw: Any) -> list[Command]:
    """The visitor's requests, oldest first; see `live.parse_commands`."""
    return live.parse_commands(raw, parse_command)


def _whole(value: Any, end: int) -> int | None:
    """A whole number from 0 to below ``end``, or None."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < end or value != int(value):
        return None
    return int(value)
