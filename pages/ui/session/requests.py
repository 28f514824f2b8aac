"""A visitor's requests, carried out on this session's run; what is left to do on the page is kept for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import streamlit as st

from gan_core import Intervention, RunConfig
from pages.ui import changes, commands
from pages.ui.commands import Command
from pages.ui.effects import Effects, Notify, OpenOnTrain, Redraw
from pages.ui.presence import Visit
from pages.ui.session.links import update_link
from pages.ui.session.memory import ask_redraw, forget, notify, recall, remember, take_redraw
from pages.ui.session.present import rooms, take, visit, visitor

KEEP_LEARNED: Final = "keep-learned"
"""Recalled: true while a setting that needs a new run begins it with what this one has learned."""


def apply(effects: Effects) -> None:
    """Keep for the page what is left to do on it."""
    for effect in effects:
        match effect:
            case Notify(text=text):
                notify(text)
            case Redraw():
                ask_redraw()
            case OpenOnTrain(config=config, preset=preset):
                open_config(config, preset)
                remember("train", True)


def begin_page() -> None:
    """Note that the whole page is drawn from here on: that is what a request may have asked for."""
    take_redraw()


def turn_page() -> None:
    """Draw the whole page again, or turn to another, if a request asked for it; stands at the end of a fragment."""
    if take_redraw():
        st.rerun(scope="app")
    if forget("train", False):
        st.switch_page("pages/train.py")


def obey(command: Command) -> None:
    """Do what the visitor asked for in the live view or on the Latent page."""
    apply(commands.carry_out(visit(), command, keep_learned=recall(KEEP_LEARNED, False)))


def change(wanted: Mapping[str, Any]) -> None:
    """Change settings of the run; see `pages.ui.changes.change`. The address says it before the form is drawn anew."""
    apply(changes.change(visit(), wanted, keep_learned=recall(KEEP_LEARNED, False)))
    update_link()


def open_preset(name: str) -> None:
    """Start the run of a preset, playing."""
    apply(changes.open_preset(visit(), name))


def open_recorded(name: str) -> None:
    """Stand at the end of a recorded run, in place of this one."""
    apply(changes.open_recorded(visit(), name))


def open_config(config: RunConfig, preset: str, interventions: Sequence[Intervention] = ()) -> None:
    """Start a run of these settings and changes, playing, in place of the one there is."""
    known: Visit | None = recall("visit")
    if known is None or known.run.closed:
        take(rooms().open(config, interventions, preset, visitor()))
    else:
        changes.open_config(known, config, preset, interventions)
