"""Schedule of a watch's looks: densely at first, later in bursts and at G's samples, as often as the cost allows.

After twelve steps of the generator in which everything is looked at, steps are only counted. Short bursts follow, and
between them single looks at what G makes, as often as both stay below a hundredth of the time or a tenth of a
millisecond per step, whichever is more. A few looks are sure, whatever they cost: a dozen in the first 1,000 steps at
samples, and four at a single step with its losses, so that a log shows how a run went before it can afford more.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

from gan_core.watching.capture import GLIMPSES, Capture
from gan_core.watching.course import ENOUGH_FAKES, Course

__all__ = ["DENSE", "Schedule"]

DENSE: Final = 12
"""Steps of G in which everything is looked at, and as many updates of both players at most."""
DENSE_UPDATES: Final = 150
BURST: Final = 4
LONGEST_BURST: Final = 10
BURST_EVERY: Final = 100
ASK_EVERY: Final = 10
GLIMPSE_EVERY: Final = 25
"""Steps of G between two looks at its course, at least; later a fiftieth of those so far."""
GAPS: Final = (200, 300)
"""Steps of G after which its two modes are compared, where it has batch norm: averages lag behind fast weights."""
SURE_AFTER: Final = 1.2
"""Factor by which steps may grow without a look at the course, whatever it costs."""
SURE_STEP_AFTER: Final = 2.0
"""Factor by which steps may grow without one that is written down, whatever it costs."""
SHARE: Final = 0.01
PER_STEP: Final = 0.8e-4
"""Seconds a step; below a tenth of a millisecond, since a burst ends only where a step does and a few are sure."""


class Schedule:
    """Decides after each step of G what to look at next.

    Args:
        capture: What looks.
        course: What looks at G's samples go into.
        forget: Called when steps that nobody saw lie between.
        clock: Seconds.
    """

    def __init__(
        self, capture: Capture, course: Course, forget: Callable[[], None], clock: Callable[[], float]
    ) -> None:
        self._capture, self._course, self._forget, self._clock = capture, course, forget, clock
        self._from = 0.0
        self._spent_before = 0.0
        self._steps_before = 0
        self._next_burst = self._burst_until = self._sure_step = 0
        self._burst_cost = self._burst_begun = 0.0
        self._next_glimpse = self._sure_glimpse = 0
        self._glimpse_cost = self._glimpse_begun = 0.0
        self._gaps = [*GAPS] if capture.players["G"].has_batch_norm else []

    def stepped(self, steps: int) -> bool:
        """Begin or end what is due.

        Args:
            steps: Steps of G so far.

        Returns:
            True if there is a new look at the course.
        """
        capture = self._capture
        if self._gaps and steps >= self._gaps[0]:
            del self._gaps[0]
            capture.gap_wanted = True
        if capture.looking:
            self._looking(steps)
        elif self._spent_before == math.inf:
            self._spent_before = capture.spent
        elif capture.glimpse:
            return self._glimpsed(steps)
        elif steps >= self._next_burst and (n_steps := self._burst_length(steps)):
            self._forget()
            capture.look(burst=True)
            self._burst_until = steps + n_steps
            self._burst_begun = capture.spent
        elif self._course.as_made and self._wants_glimpse(steps):
            capture.glimpse = True
            self._glimpse_begun = capture.spent
        return False

    def next_call(self, steps: int) -> int:
        """Tell at which step of G it is to be asked again, while steps are only counted."""
        return 0 if self._capture.glimpse else steps + ASK_EVERY

    def _looking(self, steps: int) -> None:
        capture = self._capture
        if capture.in_burst:
            if steps >= self._burst_until:
                capture.rest()
                self._burst_cost = max(capture.spent - self._burst_begun, self._burst_cost / 2)
                self._next_burst = steps + BURST_EVERY
                self._sure_step = int(SURE_STEP_AFTER * steps)
        elif steps >= DENSE or sum(capture.n_steps.values()) >= DENSE_UPDATES:
            capture.rest()
            self._from, self._steps_before = self._clock(), steps
            self._spent_before = math.inf  # until this call, the last of the dense start, has been counted
            self._burst_cost = capture.spent / max(steps, 1) * BURST
            self._next_burst = steps + BURST_EVERY

    def _glimpsed(self, steps: int) -> bool:
        """Look at the course, once there are samples enough."""
        capture = self._capture
        arrived = [parcel for parcel in capture.glimpsed if parcel.ready()]
        rows = [parcel.array() for parcel in arrived]
        if sum(map(len, rows)) < ENOUGH_FAKES and len(arrived) < GLIMPSES:
            return False
        capture.glimpse = False
        capture.glimpsed.clear()
        look = self._course.look(steps, rows)
        self._glimpse_cost = max(capture.spent - self._glimpse_begun, self._glimpse_cost / 2)
        self._next_glimpse = steps + max(GLIMPSE_EVERY, steps // 50)
        self._sure_glimpse = int(SURE_AFTER * steps) + GLIMPSE_EVERY
        return look is not None

    def _wants_glimpse(self, steps: int) -> bool:
        if steps < self._next_glimpse:
            return False
        return steps >= self._sure_glimpse or self._affordable(steps, self._glimpse_cost)

    def _burst_length(self, steps: int) -> int:
        """Count the steps of G to write down now, so many that D has its turn among them; 0 for none."""
        turns = self._capture.n_steps
        both = min(max(round(turns["G"] / max(turns["D"], 1)), 1), LONGEST_BURST)
        if self._affordable(steps, self._burst_cost):
            return max(BURST, both)
        return both if steps >= self._sure_step else 0

    def _affordable(self, steps: int, cost: float) -> bool:
        spent = self._capture.spent - self._spent_before + cost
        return spent <= max(SHARE * (self._clock() - self._from), PER_STEP * (steps - self._steps_before))
