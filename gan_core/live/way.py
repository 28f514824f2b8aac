"""Right of way: who has just clicked goes first, and the other runs of the process rest for that moment.

Runs that train share one interpreter, of which each gets its part; what a click waits for (a step's end, a picture) takes
as many times longer as there are runs. So the others stop between two steps until it is shown: never for long, and only
for a small share of the time, however much is clicked.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
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
        self._first: Counter[Hashable] = Counter()
        self._next = -1.0

    @contextmanager
    def taken(self, key: Hashable) -> Iterator[None]:
        """Go first, unless others have rested enough lately.

        Args:
            key: The driver whose visitor waits.
        """
        begun = self._clock()
        with self._changed:
            granted = begun >= self._next
            if granted:
                self._first[key] += 1
                self._changed.notify_all()  # it may be resting itself
        try:
            yield
        finally:
            if granted:
                with self._changed:
                    self._first -= Counter((key,))
                    now = self._clock()
                    self._next = max(self._next, now + rest_for(min(now - begun, LONGEST), SHARE))
                    self._changed.notify_all()

    def give(self, key: Hashable) -> None:
        """Rest while somebody else goes first; called between two steps.

        Args:
            key: The driver that would go on.
        """
        if not self._first:  # as nearly always
            return
        with self._changed:
            self._clock.wait(self._changed, lambda: not self._first or key in self._first, LONGEST)


WAY: Final = Way()
