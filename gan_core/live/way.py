"""Right of way: who has just clicked goes first, and the other runs of the process rest for that moment.

Runs that train share one interpreter, of which each gets its part: what a click waits for (a step to end, a picture)
takes as many times longer as there are runs. So the others stop between two steps until it is shown: never for long,
and only for a small share of the time, however much is clicked. No number of any run depends on it.
"""

from __future__ import annotations

import threading
from collections.abc import Hashable
from typing import Final

from gan_core.live.clock import WALL, WallClock, rest_for

LONGEST: Final = 0.1
"""Seconds for which a run rests at most."""
SHARE: Final = 0.15
"""Share of the time that the clicks of others may take from a run."""


class Way:
    """Right of way among the drivers of a process.

    Args:
        clock: The time.
    """

    def __init__(self, clock: WallClock = WALL) -> None:
        self._clock = clock
        self._changed = threading.Condition()
        self._first: dict[Hashable, float] = {}
        self._next = -1.0

    def claim(self, key: Hashable) -> None:
        """Let a driver go first until it is `done`, unless the others have rested enough lately.

        Args:
            key: The driver.
        """
        with self._changed:
            now = self._clock()
            self._expire(now)
            if key not in self._first and now >= self._next:
                self._first[key] = now
                self._changed.notify_all()  # it may be resting itself

    def done(self, key: Hashable) -> None:
        """Let the others go on."""
        if key in self._first:
            with self._changed:
                self._drop(key, self._clock())

    def give(self, key: Hashable) -> None:
        """Rest while others go first; called between two steps.

        Args:
            key: The driver that would go on.
        """
        if not self._first:  # as nearly always
            return
        with self._changed:
            now = self._clock()
            self._expire(now)
            left = max(self._first.values(), default=now) + LONGEST - now
            self._clock.wait(self._changed, lambda: not self._first or key in self._first, left)

    def _expire(self, now: float) -> None:
        """Drop those who have gone first for long enough."""
        for key in [key for key, begun in self._first.items() if now - begun >= LONGEST]:
            self._drop(key, now)

    def _drop(self, key: Hashable, now: float) -> None:
        took = min(now - self._first.pop(key, now), LONGEST)
        self._next = max(self._next, now + rest_for(took, SHARE))
        self._changed.notify_all()


WAY: Final = Way()
"""That of this process."""
