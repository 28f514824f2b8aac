"""The last few moments of a run whose latent space was looked at, kept with the run.

A moment is a state that the recorder kept, copied between two steps: the run is not held up, and asked for a newer one
every other second at most.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

from gan_core.latent.desk import Desk
from gan_core.latent.players import Players

if TYPE_CHECKING:
    from gan_core.live.handle import OpenRun

KEPT: Final = 3
"""Moments for each run."""
_NAME: Final = "latent.shelf"

Key = tuple[int, int, int]
"""Number of the run among the restarts, step, number of interventions."""


class Shelf:
    """Desks of one run, the one that was used last at the end."""

    def __init__(self) -> None:
        self._desks: OrderedDict[Key, Desk] = OrderedDict()
        self._lock = threading.Lock()

    def at(self, run: int, step: int) -> Desk | None:
        """Find the desk of a step, if there is one."""
        with self._lock:
            key = next((key for key in self._desks if key[:2] == (run, step)), None)
            return None if key is None else self._used(key)

    def find(self, key: Key) -> Desk | None:
        """Find a desk, if there is one."""
        with self._lock:
            return self._used(key) if key in self._desks else None

    def add(self, key: Key, desk: Desk) -> Desk:
        """Add a desk, unless there is one by now, and drop the oldest."""
        with self._lock:
            desk = self._desks.setdefault(key, desk)
            while len(self._desks) > KEPT:
                self._desks.popitem(last=False)
        return desk

    def _used(self, key: Key) -> Desk:
        self._desks.move_to_end(key)
        return self._desks[key]


def desk(run: OpenRun, at: int | None = None) -> Desk:
    """Find or make the desk of a moment.

    Args:
        run: The run.
        at: A step: its last kept moment of that step or before; None for the newest.

    Raises:
        CheckpointError: If nothing of the run is kept yet.
    """
    shelf: Shelf = run.memo.setdefault(_NAME, Shelf())
    number = run.status().run
    if at is not None and (held := shelf.at(number, at)) is not None:  # the recorder may have thinned it out since
        return held
    step, state = run.state(at, fresh=at is None)
    key = number, step, len(state["interventions"])
    return shelf.find(key) or shelf.add(key, Desk(Players.of(state)))
