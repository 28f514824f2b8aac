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

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from pages.ui import live

_component = st.components.v2.component("gan_latent", js=live.LOADER, isolate_styles=False)


def mount(*, key: str, data: Mapping[str, Any], on_save: Callable[[], None]) -> None:
    """Show the component.

    Args:
        key: Keeps it alive from one script run to the next.
        data: See the module.
        on_save: Called before the script when a visitor saves a direction; the raw wish is then the trigger value
            ``save`` of this key, for `pages.ui.commands.parse_save`.
    """
    urls = {
        "script": live.url("latent/latent.js"),
        "styles": [live.url("train/live.css"), live.url("latent/latent.css")],
    }
    _component(key=key, data={**urls, "figures": live.url("figures.json"), **data}, on_save_change=on_save)
