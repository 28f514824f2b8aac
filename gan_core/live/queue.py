"""Slots: how many runs of a process may play at once, and who is next.

Only playing runs hold a slot; pausing frees it. First come, first served, with three rules while others wait:

- A visitor holds one slot. Who had two of them free of charge goes back to the end of the queue with the newer one when
  somebody without a slot arrives.
- A slot is held for a turn of some seconds, and then goes to the visitor who has played least; of equals, to the first.
- A run that nobody has looked at for a minute lets others go first.

A run hears of a slot that it lost at its next request, which it makes before every step.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Final

TURN: Final = 10.0
"""Seconds for which a slot is held while others wait: long enough to see something happen."""
UNSEEN: Final = 60.0
"""Seconds after which a run that nobody looks at lets others go first."""
_N_REMEMBERED: Final = 1024
"""Visitors whose seconds are remembered after they have gone, so that going and coming back gains nothing."""


@dataclass
class _Entry:
    visitor: Hashable
    wake: Callable[[], None]
    since: float
    unseen: bool = False


class Slots:
    """A fixed number of slots and a queue.

    Args:
        n: Slots, at least 1.
        pace: Steps a second that no run exceeds, or None.
        turn: Seconds for which a slot is held while others wait.
        clock: Seconds that only grow.

    Attributes:
        pace: As given.
        turn: As given.
    """

    def __init__(
        self, n: int, pace: float | None = None, *, turn: float = TURN, clock: Callable[[], float] = time.monotonic
    ) -> None:
        if n < 1:
            raise ValueError(f"n={n} is not allowed: at least one slot is needed")
        self.pace, self.turn = pace, turn
        self._n, self._clock = n, clock
        self._lock = threading.Lock()
        self._held: dict[int, _Entry] = {}
        self._queue: dict[int, _Entry] = {}
        self._had: dict[Hashable, float] = {}

    def request(self, key: int, visitor: Hashable, wake: Callable[[], None], *, unseen: float = 0.0) -> int:
        """Ask for a slot, or again for one's place.

        Args:
            key: Who asks: one number for each run.
            visitor: Whom the run belongs to.
            wake: Called, from any thread, when places in the queue have moved; must be quick.
            unseen: Seconds since somebody looked at the run.

        Returns:
            0 if the slot is held, else the place in the queue, from 1.
        """
        moved: list[Callable[[], None]] = []
        with self._lock:
            entry = self._held.get(key)
            if entry is None:
                if key not in self._queue:
                    self._admit(visitor)
                    self._queue[key] = _Entry(visitor, wake, self._clock())
                self._queue[key].unseen = unseen > UNSEEN
                if self._grant():
                    moved = [entry.wake for k, entry in (*self._queue.items(), *self._held.items()) if k != key]
            elif self._queue:
                entry.unseen = unseen > UNSEEN
                if self._must_yield(entry):
                    self._queue[key] = self._take(key)
                    self._grant()
                    moved = [entry.wake for k, entry in (*self._queue.items(), *self._held.items()) if k != key]
            place = self._place(key)
        for wake in moved:
            wake()
        return place

    def release(self, key: int) -> None:
        """Give a slot, or a place in the queue, back; harmless if none is held."""
        with self._lock:
            moved = key in self._held and self._take(key) is not None
            moved = self._queue.pop(key, None) is not None or moved
            if not moved:
                return
            waiting = [entry.wake for entry in self._queue.values()]
            self._grant()
        for wake in waiting:
            wake()

    def seconds_until(self, place: int) -> float:
        """Estimate when a place in the queue becomes a slot, if nobody pauses or leaves.

        Args:
            place: In the queue, from 1.

        Returns:
            Seconds; 0 for place 0.
        """
        with self._lock:
            now = self._clock()
            left = sorted(max(0.0, entry.since + self.turn - now) for entry in self._held.values())
        if place < 1 or not left:
            return 0.0
        rounds, i = divmod(place - 1, len(left))
        return left[i] + rounds * self.turn

    @property
    def playing(self) -> int:
        """Slots held."""
        with self._lock:
            return len(self._held)

    @property
    def visitors(self) -> int:
        """Visitors that hold a slot or wait for one."""
        with self._lock:
            return len({entry.visitor for entry in (*self._held.values(), *self._queue.values())})

    def _admit(self, visitor: Hashable) -> None:
        """Remember a visitor: who comes anew is as one of those who have played least, and no better."""
        here = {entry.visitor for entry in (*self._held.values(), *self._queue.values())} - {visitor}
        least = min((self._had[other] for other in here), default=0.0)
        self._had[visitor] = max(self._had.pop(visitor, 0.0), least)
        if len(self._had) > _N_REMEMBERED:
            for other in [other for other in self._had if other not in here | {visitor}][: len(here) + 1]:
                del self._had[other]

    def _take(self, key: int) -> _Entry:
        """Take a slot back, and count how long it was held."""
        entry = self._held.pop(key)
        now = self._clock()
        self._had[entry.visitor] += now - entry.since
        entry.since = now
        return entry

    def _order(self) -> list[int]:
        """List who waits, in the order of service: runs that nobody looks at come last."""
        waiting = self._queue
        turns = {visitor: round(had / self.turn) for visitor, had in self._had.items()}  # seconds apart are equal
        return sorted(waiting, key=lambda key: (waiting[key].unseen, turns[waiting[key].visitor]))

    def _place(self, key: int) -> int:
        return 0 if key in self._held else 1 + self._order().index(key)

    def _must_yield(self, entry: _Entry) -> bool:
        """Tell whether a holder's turn is over: somebody waits who would not be passed over for it."""
        seen_waits = any(not waiting.unseen for waiting in self._queue.values())
        if entry.unseen:
            return seen_waits or self._clock() - entry.since >= self.turn
        return seen_waits and self._clock() - entry.since >= self.turn

    def _grant(self) -> bool:
        """Hand out free slots, and to those who have none also what others hold beside a first one.

        Returns:
            True if anything changed hands.
        """
        granted = False
        while self._queue:
            holders = Counter(entry.visitor for entry in self._held.values())
            order = self._order()
            newcomer = next((k for k in order if self._queue[k].visitor not in holders), None)
            if len(self._held) < self._n:
                key = order[0] if newcomer is None else newcomer
            else:
                richest, slots = holders.most_common(1)[0]
                if newcomer is None or slots == 1:
                    return granted
                key = newcomer
                newest = next(k for k, entry in reversed(self._held.items()) if entry.visitor == richest)
                self._queue[newest] = self._take(newest)
            entry = self._held[key] = self._queue.pop(key)
            entry.since = self._clock()
            for other in [k for k, waiting in self._queue.items() if waiting.visitor == entry.visitor]:
                self._queue[other] = self._queue.pop(other)  # to the end: turns are a visitor's, not a tab's
            granted = True
        return granted
