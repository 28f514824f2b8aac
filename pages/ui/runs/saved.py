"""Saved runs: which there are for this visitor, and what can be done with them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from gan_core import CheckpointError, GanExplorerError, History
from gan_core.live.commands import OpenFile
from gan_core.record.run_card import Clock
from gan_core.storage.autosave import Autosave, Saved
from gan_core.storage.questions import SavedHistory
from gan_core.storage.summary import read, summarise
from pages.ui import session

_DELETED: Final = "runs.deleted"


def saved_runs() -> list[Saved]:
    """List the saved runs that this visitor may see, newest first: their own, or all if the app serves one person."""
    autosave = session.rooms().host.autosave
    if autosave is None:
        return []
    runs = autosave.saved()
    if session.is_for_one():
        return runs
    mine, owner = session.keys_of_runs(), session.owner()
    return [run for run in runs if run.key.rpartition("-")[0] in mine or (owner and run.card.owner == owner)]


def interrupted() -> Saved | None:
    """Find the visitor's newest run that ended with the last server or their host, until they go on or decline."""
    if session.has_run() and (here := session.visit()).run.lost:
        answered = session.rooms().answered
        mine = (run for run in saved_runs() if run.key.rpartition("-")[0] == here.key and run.key not in answered)
        return next(mine, None)
    if not (session.is_for_one() or session.owner()):
        return None
    known = session.recall("interrupted")
    if known is None:  # looked for once a session: it reads the head of every file
        since, answered = session.rooms().since, session.rooms().answered
        known = next((run for run in saved_runs() if run.when < since and run.key not in answered), "")
        session.remember("interrupted", known)
    return known or None


def answer(run: Saved, *, go_on: bool) -> None:
    """Go on with the run that was offered, or not; either way no session is asked again while this server lives."""
    session.rooms().answered.add(run.key)
    session.remember("interrupted", "")
    if go_on:
        open_saved(run.key)


def name_of(run: Saved) -> str:
    """Return what its owner calls it, or where it came from."""
    return run.card.name or run.summary.preset or run.summary.config.data.name


def _saved(key: str) -> Path:
    autosave = session.rooms().host.autosave
    if autosave is None or key not in {saved.key for saved in saved_runs()}:
        raise CheckpointError("this run is not here any more")
    return autosave.path(key)


def history_of(key: str) -> History:
    """Read the history of a saved run.

    Raises:
        CheckpointError: If it is gone or damaged.
    """
    return session.rooms().host.ask(SavedHistory(_saved(key)))


def path_of(key: str) -> Path:
    """Read the file of a saved run.

    Raises:
        CheckpointError: If it is gone.
    """
    return _saved(key)


def open_saved(key: str) -> bool:
    """Go on with a saved run, in place of this one; returns whether it could be opened."""
    try:
        path = _saved(key)
        clock = next(run.card.clock for run in saved_runs() if run.key == key)
        return open_file(read(path), clock)
    except GanExplorerError as error:
        session.notify(str(error))
        return False


def open_file(content: bytes, clock: Clock = ()) -> bool:
    """Go on with the run in a file, in place of this one; a file that is none is refused, and this run stays.

    Args:
        content: Of the file.
        clock: When which step was reached, if that is known.

    Returns:
        Whether it could be opened.
    """
    try:
        session.bring_back(summarise(content).config.data)
        step = session.visit().run.send(OpenFile(content, clock))
        session.notify(f"This run goes on from step {step:,} of the file.")
    except GanExplorerError as error:
        session.notify(f"The file was not opened: {error}.")
        return False
    return True


def rename_saved(key: str, name: str) -> None:
    """Call a saved run something else; with "" it is named after its preset again."""
    _try(lambda autosave: autosave.rename(key, name), key)


def duplicate_saved(key: str) -> None:
    """Copy a saved run."""
    run = next((run for run in saved_runs() if run.key == key), None)
    if run is not None:
        _try(lambda autosave: autosave.duplicate(key, f"{name_of(run)}, copy"), key)


def delete_saved(key: str) -> None:
    """Delete a saved run; for a while it can be brought back."""
    run = next((run for run in saved_runs() if run.key == key), None)
    _try(lambda autosave: autosave.delete(key), key)
    if run is not None:
        session.remember(_DELETED, (key, f"{name_of(run)}, step {run.summary.step:,}"))


def deleted() -> str:
    """Return what was deleted last in this session and can be brought back, in words; or ""."""
    return str(session.recall(_DELETED, ("", ""))[1])


def undelete() -> None:
    """Bring back what was deleted last in this session."""
    key, _ = session.recall(_DELETED, ("", ""))
    session.remember(_DELETED, ("", ""))
    autosave = session.rooms().host.autosave
    try:
        if key and autosave is not None:
            autosave.undelete(key)
    except GanExplorerError as error:
        session.notify(f"{error}.")


def _try(act: Callable[[Autosave], object], key: str) -> None:
    """Do something to a saved run that this visitor may see; say what stood in the way."""
    try:
        _saved(key)
        autosave = session.rooms().host.autosave
        assert autosave is not None
        act(autosave)
    except GanExplorerError as error:
        session.notify(str(error))
