"""Time as an argument: the machine's clock, and how long to rest so that looking takes a fair share of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

MAX_FRAME_RATE: Final = 10.0
MIN_FRAME_RATE: Final = 4.2
CROWDED_FRAME_RATE: Final = 2.4
"""Frame rate left to each of many runs that play at once: they share the processor, and showing all costs as much."""
LOOK_SHARE: Final = 0.03
"""Looking takes at most this share of the training thread's time, unless `MIN_FRAME_RATE` needs more."""


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


def rest_between_looks(cost: float, n_playing: int) -> float:
    """Seconds from one look at a run to the next.

    Args:
        cost: Seconds that the last look took the training thread.
        n_playing: Runs of this process that play now, this one included.
    """
    n = max(1, n_playing)
    longest = 1 / max(CROWDED_FRAME_RATE, MIN_FRAME_RATE / n)
    return min(max(rest_for(cost, LOOK_SHARE), n / MAX_FRAME_RATE), longest)


def wait(ready: Callable[[], bool], timeout: float) -> bool:
    """Wait until ``ready()`` holds; returns whether it does. For scripts and tests."""
    end = time.monotonic() + timeout
    while not ready():
        if time.monotonic() > end:
            return False
        time.sleep(0.005)
    return True
