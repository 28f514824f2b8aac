"""The Latent page's component: it asks a route for samples and draws them; dragging makes no script run.

Its files are served with those of the live view, whose small helpers it shares. What `mount` takes in ``data``:

======== ======================================================================================
ask      address of the answers, with the run's token
file     address of the files, likewise
section  which part is shown, a key of `pages.ui.latent.sections.SECTIONS`
seed     whose samples are shown first
points   key points to begin with, as text
link     the run's own parameters, to which the page appends seed and key points
saved    directions that were saved with the run: ``[{name, vector}]``
======== ======================================================================================
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import streamlit as st

from pages.ui import live

MAX_NAME: Final = 40
_VECTOR: Final = re.compile(r"z[A-Za-z0-9_-]{4,4096}")

_component = st.components.v2.component("gan_latent", js=live.LOADER, isolate_styles=False)


@dataclass(frozen=True)
class Save:
    """A direction that is to be saved with the run, or forgotten.

    Attributes:
        name: Printable, at most `MAX_NAME` characters.
        vector: Its text, or "" to forget it.
        n: Grows with every click, so that one click acts once.
    """

    name: str
    vector: str
    n: int


def mount(*, key: str, data: Mapping[str, Any], on_save: Callable[[], None]) -> None:
    """Show the component.

    Args:
        key: Keeps it alive from one script run to the next.
        data: See the module.
        on_save: Called before the script when a direction is to be saved; the raw wish is then the trigger value
            ``save`` of this key, for `parse_save`.
    """
    urls = {
        "script": live.url("latent/latent.js"),
        "styles": [live.url("train/live.css"), live.url("latent/latent.css")],
    }
    _component(key=key, data={**urls, "figures": live.url("figures.json"), **data}, on_save_change=on_save)


def parse_save(raw: Any) -> Save | None:
    """The visitor's wish, or None if it is none: it comes from a browser and may be anything."""
    if not isinstance(raw, Mapping):
        return None
    name, vector, n = raw.get("name"), raw.get("vector"), raw.get("n")
    if isinstance(n, bool) or not isinstance(n, int | float) or not 0 <= n < 2**53:
        return None
    if not isinstance(name, str) or not 0 < len(name.strip()) <= MAX_NAME or not name.isprintable():
        return None
    if not isinstance(vector, str) or (vector and not _VECTOR.fullmatch(vector)):
        return None
    return Save(name.strip(), vector, int(n))
