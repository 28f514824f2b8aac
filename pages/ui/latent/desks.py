"""Desks: for each visit the last few moments of its run whose latent space was looked at.

A moment is a state that the recorder kept, copied between two steps: the run is not held up, and asked for a newer one
every other second at most.
Knows nothing of Streamlit.
"""

from __future__ import annotations

import threading
import weakref
from collections import OrderedDict
from typing import Final

from gan_core.errors import CheckpointError
from gan_core.latent.desk import Desk
from gan_core.latent.players import Players
from pages.ui.presence import Visit

KEPT: Final = 3
"""Moments for each visit."""

Key = tuple[int, int, int]
_shelves: weakref.WeakKeyDictionary[Visit, OrderedDict[Key, Desk]] = weakref.WeakKeyDictionary()
_lock = threading.Lock()


def desk(visit: Visit, at: int | None = None) -> Desk:
    """The desk of a moment.

    Args:
        visit: Whose run.
        at: A step: its last kept moment of that step or before; None for the newest.

    Raises:
        CheckpointError: If nothing of the run is kept yet.
    """
    runner = visit.runner
    with _lock:
        shelf = _shelves.setdefault(visit, OrderedDict())
        held = next((key for key in shelf if key[:2] == (runner.run, at)), None)
        if held is not None:  # the recorder may have thinned it out since
            shelf.move_to_end(held)
            return shelf[held]
    if at is None:
        visit.recorder.look()
    found = visit.recorder.state(runner.step_count if at is None else at)
    if found is None:
        raise CheckpointError("Nothing is kept of this run yet: let it make some steps")
    step, state = found
    key = runner.run, step, len(state["interventions"])
    with _lock:
        if key in shelf:
            shelf.move_to_end(key)
            return shelf[key]
    made = Desk(Players.of(state))
    with _lock:
        made = shelf.setdefault(key, made)
        while len(shelf) > KEPT:
            shelf.popitem(last=False)
    return made
