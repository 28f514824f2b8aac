"""Saved runs: which there are for this visitor, and what can be done with them."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from gan_core import CheckpointError, GanExplorerError, History, checkpoint
from gan_core.autosave import Saved
from pages.ui import session


def saved_runs() -> list[Saved]:
    """Saved runs that this visitor may see, newest first: all of them on the machine that the app runs on."""
    autosave = session.rooms().autosave
    if autosave is None:
        return []
    mine = session.keys_of_runs()
    return [saved for saved in autosave.saved() if _is_local() or saved.key.rpartition("-")[0] in mine]


def offer() -> None:
    """Tell a visitor, once, of a run that ended with the last server, be it by a crash."""
    if session.recall("offered"):
        return
    session.remember("offered", True)
    last = next((run for run in saved_runs() if run.when < session.rooms().since), None)
    if last is not None:
        name = last.summary.preset or last.summary.config.data.name
        session.notify(
            f"An earlier run was saved: {name} at step {last.summary.step:,}. The Runs page goes on with it."
        )


def _is_local() -> bool:
    """True if the browser runs on the machine that the app runs on."""
    return st.context.ip_address is None


def _saved(key: str) -> Path:
    autosave = session.rooms().autosave
    if autosave is None or key not in {saved.key for saved in saved_runs()}:
        raise CheckpointError("this run is not here any more")
    return autosave.path(key)


def history_of(key: str) -> History:
    """The history of a saved run.

    Raises:
        CheckpointError: If it is gone or damaged.
    """
    return checkpoint.load_history(_saved(key))


def path_of(key: str) -> Path:
    """The file of a saved run.

    Raises:
        CheckpointError: If it is gone.
    """
    return _saved(key)


def open_saved(key: str) -> None:
    """Go on with a saved run, in place of this one."""
    try:
        open_file(checkpoint.read(_saved(key)))
    except GanExplorerError as error:
        session.notify(str(error))


def open_file(content: bytes) -> None:
    """Go on with the run in a file, in place of this one; a file that is none is refused, and this run stays."""
    try:
        trainer = checkpoint.load(content)
        session.visit().runner.go_on(trainer.state_dict(), preset=checkpoint.summarise(content).preset)
        session.notify(f"This run goes on from step {trainer.step_count:,} of the file.")
    except GanExplorerError as error:
        session.notify(f"The file was not opened: {error}.")


def delete_saved(key: str) -> None:
    """Delete a saved run."""
    autosave = session.rooms().autosave
    if autosave is not None and key in {saved.key for saved in saved_runs()}:
        autosave.delete(key)
