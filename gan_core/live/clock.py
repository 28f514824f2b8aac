"""Time as an argument: the machine's clock, and how long to rest for a fair share of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class WallClock:
    """The machine's clock. Tests pass one that is turned by hand."""

    def __call__(self) -> float:
        """Seconds since some moment; never goes back."""
        return time.perf_counter()

    def worked(self) -> float:
        """Seconds of processor time that the calling thread has used."""
        return time.thread_time()

    def wait(self, condition: threading.Condition, ready: Callable[[], bool], seconds: float) -> bool:
        """Wait until ``ready()`` holds, at most so long; the condition's lock is held.

        Returns:
            Whether it holds.
        """
        return condition.wait_for(ready, seconds)


WALL = WallClock()


def rest_for(cost: float, share: float, n: int = 1) -> float:
    """Time until something may be done again that is to take at most a share of it.

    Args:
        cost: Seconds that it took.
        share: Of the time, above 0.
        n: How many take their turns within that share.
    """
    return n * cost / share
