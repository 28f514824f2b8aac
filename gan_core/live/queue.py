"""Slots: how many runs of a process may play at once, and who is next.

Only playing runs hold a slot; pausing frees it. First come, first served, with one rule of fairness: while others
wait, a visitor holds one slot. So a visitor who had two of them free of charge goes back to the end of the queue
with the newer one when somebody without a slot arrives, and hears of it at that run's next request.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Hashable


class Slots:
    """A fixed number of slots and a queue.

    Args:
        n: Slots, at least 1.
        pace: Steps a second that no run exceeds, or None.

    Attributes:
        pace: As given.
    """

    def __init__(self, n: int, pace: float | None = None) -> None:
        if n < 1:
            raise ValueError(f"n={n} is not allowed: at least one slot is needed")
        self.pace = pace
        self._n = n
        self._lock = threading.Lock()
        self._held: dict[int, tuple[Hashable, Callable[[], None]]] = {}
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
        """Hand out free slots, and to those who have none also what others hold beside a first one."""
        while self._queue:
            holders = Counter(visitor for visitor, _ in self._held.values())
            newcomer = next((k for k, (visitor, _) in self._queue.items() if visitor not in holders), None)
            if len(self._held) < self._n:
                key = next(iter(self._queue)) if newcomer is None else newcomer
            else:
                richest, slots = holders.most_common(1)[0]
                if newcomer is None or slots == 1:
                    return
                key = newcomer
                newest = next(k for k, (visitor, _) in reversed(self._held.items()) if visitor == richest)
                self._queue[newest] = self._held.pop(newest)
            self._held[key] = self._queue.pop(key)
