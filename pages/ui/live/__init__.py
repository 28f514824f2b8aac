"""The live view: a components-v2 component that draws a training GAN from binary frames.

Streamlit sends a component's inline script with every message, so here it is a short one that imports the real one
from a route. The app serves `assets` under ``ROUTE/<version>/<name>``; `version` changes with their content, so a
browser may keep them for ever. After it is mounted, the view fetches its frames itself: no script run, no message.

What `mount` takes in ``data`` (constant while a run lives, so that the component is mounted once):

========== =========================================================================================
url        of the frame route with the run's token; the view appends ``&since=…`` and ``&generator=…``, or ``&at=…``
command    of the route that takes commands, with the token; "" or none where all go by the trigger
atOnce     names of the commands that it takes, with spaces between them
past       of the list of what the run has kept of its past, with the token
plotly     of plotly.js, served once
ms         between two requests for a frame; 200 if left out
plotMs     between two updates of a plot, at least; 500 if left out
formulas   of "What happens in one step": ``[{id, title, mathml, value_key, unit, help, source, turn}]``; ``value_key``
           is looked up in the frame's ``stats`` and then in its header; ``turn`` is the column: 1 look, 2 teach D, 3
           teach G
reading    how to read this run's losses, or ""
leads      true where others may be let follow
code       with which others follow this run, or ""
texts      words that replace the view's own: ``{"turns": [three sentences]}``
========== =========================================================================================
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any, Final

import streamlit as st

from gan_core.figures.palette import PALETTES
from gan_core.metrics import facts
from pages.ui import web

ROUTE: Final = "gan/live"
"""Route of the `assets`, without a leading slash: ``gan/live/{version}/{name}``."""

_MEDIA_TYPES: Final = {".js": "text/javascript", ".css": "text/css", ".json": "application/json"}

_LIVE_STYLES: Final = ("base", "controls", "verdict", "flow", "board", "samples", "plots", "below", "past")
"""Parts of ``train/live.css`` in their order, each a file ``train/live-<part>.css``; they are served as one."""

LOADER: Final = (web.FOLDER / "core" / "loader.js").read_text(encoding="utf-8")
"""Inline script of every component with a view: it imports the one that ``data["script"]`` names."""

_component = st.components.v2.component("gan_live", js=LOADER, isolate_styles=False)


def mount(*, key: str, data: Mapping[str, Any], on_command: Callable[[], None]) -> None:
    """Show the live view.

    Args:
        key: Of the component; keeps the view alive from one script run to the next.
        data: Where the run is found and what stands around it, see the module.
        on_command: Called before the script when a visitor asks for something; the raw request is then the trigger
            value ``command`` of this key, for `pages.ui.commands.parse_all`.
    """
    urls = {"script": url("train/live.js"), "figures": url("figures.json")} | styles()
    # Streamlit looks whether a list is a table, and imports pandas to do so; at text it does not look.
    plain = {name: json.dumps(value) if isinstance(value, list | dict) else value for name, value in data.items()}
    _component(key=key, data={**urls, **plain}, on_command_change=on_command)


def styles() -> dict[str, str]:
    """Return the addresses of the live view's style sheets, as its ``data`` holds them."""
    return {"style": url("train/live.css"), "class": url("train/class.css")}


@functools.cache
def assets() -> Mapping[str, tuple[bytes, str]]:
    """Files of the view for its route: name → (content, media type).

    Besides the scripts and the styles of the components there is ``figures.json``: the empty figures and the palette,
    for light and dark pages, and what there is to know of the metrics.
    """
    from gan_core import figures  # only the first visitor pays for Plotly

    found = {
        path.relative_to(web.FOLDER).as_posix(): (path.read_bytes(), _MEDIA_TYPES[path.suffix])
        for path in sorted(web.FOLDER.rglob("*"))
        if path.suffix in (".js", ".css")
    }
    styles = [found.pop(f"train/live-{part}.css")[0] for part in _LIVE_STYLES]
    found["train/live.css"] = b"\n".join(styles), _MEDIA_TYPES[".css"]
    themes: dict[str, Any] = {
        theme: {"palette": palette.as_dict(), "figures": figures.templates(theme)}
        for theme, palette in PALETTES.items()
    }
    found["figures.json"] = (
        json.dumps(themes | {"metrics": facts()}, separators=(",", ":")).encode(),
        _MEDIA_TYPES[".json"],
    )
    return found


@functools.cache
def version() -> str:
    """Twelve hexadecimal digits that change with the content of any of the `assets`."""
    digest = hashlib.sha256()
    for name, (content, _) in sorted(assets().items()):
        digest.update(f"{name}:{len(content)}:".encode() + content)
    return digest.hexdigest()[:12]


def url(name: str) -> str:
    """Return the address of one of the `assets`, without a leading slash."""
    return f"{ROUTE}/{version()}/{name}"
