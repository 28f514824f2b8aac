"""The link in the address bar: which run it asks for, and how it repeats one."""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

from gan_core import DataError, GanExplorerError, RunConfig
from gan_core.config import DataConfig
from gan_core.config.presets import FIRST_VISIT, from_query
from gan_core.data import DATASETS
from pages.ui.latent import link as latent_link
from pages.ui.session.memory import notify

POINTS: Final = "points"
"""In a link: a small drawing."""


def from_link() -> tuple[RunConfig, str, Any]:
    """Config, preset and interventions that the link asks for.

    Returns:
        Those of the first visit if there is no link; those of the default run, and a word, if it is bad.
    """
    query = {name: text for name, text in st.query_params.to_dict().items() if name not in latent_link.NAMES}
    try:
        if text := query.pop(POINTS, ""):
            from gan_core.data.own import register
            from gan_core.data.payload import from_text

            register(from_text(text))
        return from_query(query or {"preset": FIRST_VISIT})
    except GanExplorerError as error:
        notify(f"The link could not be followed: {error}. This is the default run instead.")
        return from_query({})


def small_points(config: DataConfig) -> dict[str, str]:
    """Write a drawing that is small enough for a link."""
    if not DATASETS[config.name].own:
        return {}
    from gan_core.data.own import find as find_own
    from gan_core.data.own_data import OwnPoints
    from gan_core.data.payload import to_text

    try:
        data = find_own(config.name, config.hash)
    except DataError:
        return {}
    text = to_text(data) if isinstance(data, OwnPoints) else None
    return {POINTS: text} if text else {}
