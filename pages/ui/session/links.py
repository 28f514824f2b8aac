"""The address bar: the link of this visitor's run, and of the latent page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from gan_core import ConfigError
from gan_core.config.presets import link_repeats_until, to_query
from gan_core.data import DATASETS
from gan_core.storage.bundled import outline
from pages.ui.latent import link as latent_link
from pages.ui.session.address import small_points
from pages.ui.session.memory import notify, recall, remember
from pages.ui.session.present import visit

if TYPE_CHECKING:
    from gan_core.live.status import RunStatus


def update_link() -> int | None:
    """Put what defines the run into the address.

    Returns:
        The step up to which the link repeats the run, None if it repeats all of it, or -1 if the run began with what
        another had learned, which no link repeats.
    """
    now = visit().run.status()
    query = _query_of(now)
    if recall("link") != query or st.query_params.to_dict() != query:
        remember("link", query)
        st.query_params.from_dict(query)
    return link_repeats_until(now.interventions)


def stands_recorded() -> bool:
    """Tell whether this run is the recorded one that was opened for want of another."""
    now = visit().run.status()
    return now.preset == recall("recorded") and now.step == outline(now.preset).step


def link_carries_data() -> bool:
    """Tell whether the link holds what the run trains on: a set that everybody has, or a small drawing."""
    data = visit().run.status().initial_config.data
    return not DATASETS[data.name].own or bool(small_points(data))


def query_of_run() -> dict[str, str]:
    """Write the parameters of a link that repeats this run."""
    return _query_of(visit().run.status())


def _query_of(now: RunStatus) -> dict[str, str]:
    return to_query(now.initial_config, now.preset, now.interventions) | small_points(now.initial_config.data)


def latent_start() -> latent_link.Link:
    """Read where the link begins a walk through the latent space."""
    try:
        return latent_link.parse(st.query_params.to_dict(), visit().run.status().config)
    except ConfigError as error:
        if not recall("latent.refused"):
            remember("latent.refused", True)
            notify(f"The link could not be followed: {error}. This is where a walk begins instead.")
        return latent_link.Link()
