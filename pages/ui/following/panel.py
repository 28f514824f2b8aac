"""View of a follower: the teacher's run, live and read-only, and a way to a run of their own."""

from __future__ import annotations

from typing import Final

import streamlit as st

from gan_core.config.presets import link_repeats_until
from gan_core.errors import ConfigError, GanExplorerError
from pages.ui import live, session
from pages.ui.following.leads import Lead
from pages.ui.following.route import ABOUT, FOLLOW, JOIN
from pages.ui.live.route import plotly_url

CODE: Final = "follow.code"
"""Recalled: what this visitor follows."""
_component = st.components.v2.component("gan_follow", js=live.LOADER, isolate_styles=False)


def listen() -> None:
    """Let this visitor try a code.

    Raises:
        ConfigError: If too many of theirs were wrong.
    """
    session.rooms().leads.guesses.listen(session.visitor(), f"{st.context.ip_address}")


def count_wrong() -> None:
    """Note that this visitor tried a wrong code."""
    session.rooms().leads.guesses.count(session.visitor(), f"{st.context.ip_address}")


def find(code: str) -> Lead:
    """Find what a code leads to.

    Raises:
        ConfigError: In one sentence: it leads nowhere, it is over, or too many were wrong.
    """
    return session.rooms().leads.find(code, session.visitor(), f"{st.context.ip_address}")


def begin(code: str) -> None:
    """Follow the run of a code from now on.

    Raises:
        ConfigError: If there is nothing to follow.
    """
    found = find(code).code
    session.remember(CODE, found)
    st.query_params.from_dict({"follow": found})


def offer() -> None:
    """Offer to let others follow this visitor's run."""
    with st.expander("For teachers: let others follow your run"):
        if not session.has_run():
            st.caption("Open a run on the Train page first.")
            return
        lead = session.visit().lead
        if lead is None:
            st.caption("Others see your run live and read-only, with a code of six letters; each can play on alone.")
            st.button("Let others follow", key="follow:open", on_click=_open)
            return
        n = session.rooms().leads.n_following(lead)
        st.text(f"The code is {lead.code}, and the link ends in /classroom?follow={lead.code}. {n} follow now.")
        st.button("End it", key="follow:end", on_click=session.rooms().leads.end, args=(session.visit(),))


def _open() -> None:
    try:
        session.rooms().leads.open(session.visit())
    except GanExplorerError as error:
        session.notify(f"{error}.")


def leave() -> None:
    """Follow no longer."""
    session.remember(CODE, "")
    st.query_params.clear()


def code() -> str:
    """Return the code of what this visitor follows; "" if they follow nothing."""
    return str(session.recall(CODE, ""))


def page() -> None:
    """Show what is followed."""
    with st.container(horizontal=True, vertical_alignment="center", key="following"):
        st.text("You follow your teacher's run: you see what your teacher sees.")
        st.button(
            "Take a copy and play on alone",
            key="follow:copy",
            on_click=_copy,
            help="A run of your own from the same start, with the same changes at the same steps: the same numbers.",
        )
        st.button("Leave", key="follow:leave", on_click=leave)
    data = live.styles() | {
        "script": live.url("train/follow.js"),
        "figures": live.url("figures.json"),
        "plotly": plotly_url(),
        "code": code(),
        "url": FOLLOW,
        "join": JOIN,
        "about": ABOUT,
    }
    _component(key="follow", data=data)


def _copy() -> None:
    """Open a run with the config and the changes of the one that is followed."""
    try:
        visit = find(code()).visit()
        if visit is None:
            raise ConfigError("your teacher's run is not shown any more")
        now = visit.run.status()
        if link_repeats_until(now.interventions) == -1:
            raise ConfigError("this run began with what another had learned, which no copy repeats")
        session.open_config(now.initial_config, now.preset, now.interventions)
    except GanExplorerError as error:
        session.notify(f"There is no copy: {error}.")
        return
    session.remember(CODE, "")
    session.remember("train", True)
