"""Slots: how many runs of a process may play at once, and who is next.

Only playing runs hold a slot; pausing frees it. First come, first served, with one rule of fairness: while others
wait, a visitor holds one slot.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable


class Slots:
    """A fixed number of slots and a queue.

    Args:
        n: Slots, at least 1.
    """

    def __init__(self, n: int) -> None:
        if n < 1:
            raise ValueError(f"n={n} is not allowed: at least one slot is needed")
        self._n = n
        self._lock = threading.Lock()
        self._held: dict[int, Hashable] = {}
        self._queue: dict[int, tuple[Hashable, Callable[[], None]]] = {}

    def request(self, key: int, visitor: Hashable, wake: Callable[[], None]) -> int:
        """Ask for a slot, or again for one's place.

        Args:
            key: Who asks: one number for each run.
            visitor: Whom the run belongs to.
            wake: Called, from any thread, when places in the queue have moved; must be quick.

        Returns:
            0 if the slot is held, else the place in the queue, from 1.
        """
        with self._lock:
            if key not in self._held:
                self._queue.setdefault(key, (visitor, wake))
                self._grant()
            return self._place(key)

    def release(self, key: int) -> None:
        """Give a slot, or a place in the queue, back; harmless if none is held."""
        with self._lock:
            moved = self._held.pop(key, None) is not None
            moved = self._queue.pop(key, None) is not None or moved
            if not moved:
                return
            waiting = [wake for _, wake in self._queue.values()]
            self._grant()
        for wake in waiting:
            wake()

    @property
    def playing(self) -> int:
        """Slots held."""
        with self._lock:
            return len(self._held)

    def _place(self, key: int) -> int:
        return 0 if key in self._held else 1 + list(self._queue).index(key)

    def _grant(self) -> None:
        while self._queue and len(self._held) < self._n:
            holders = set(self._held.values())
            key = next(
                (k for k, (visitor, _) in self._queue.items() if visitor not in holders), next(iter(self._queue))
            )
            self._held[key] = self._queue.pop(key)[0]
