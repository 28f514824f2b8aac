"""The recorder: what a run keeps of its past, in bounded memory, and the file that outlives a crash.

It rides on one runner: as an observer it takes states between two steps, and it is shown every frame. Both are kept
densely at the beginning and lately, more thinly between. Frames are kept as they were drawn, so that scrubbing shows
what was to be seen then; from a state a run can go on bit for bit.
"""

from __future__ import annotations

import bisect
import threading
import time
import weakref
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from gan_core.autosave import Autosave
from gan_core.metrics import METRICS
from gan_core.runner import Runner
from gan_core.trainer import Trainer

MAX_RUN_BYTES: Final = 256 * 2**20
MAX_PROCESS_BYTES: Final = 2**30
MAX_FRAMES: Final = 300
MAX_STATES: Final = 80
FRAME_BYTES_SHARE: Final = 0.25
FRAME_INTERVAL: Final = 0.3
"""Seconds between two kept frames, at least."""
STATE_INTERVAL: Final = 1.0
STATE_SHARE: Final = 0.004
"""Copying states takes at most this share of the training thread's time."""
MAIN_METRICS: Final = ("js", "sliced_wasserstein")
"""The best state is best by the first of these that the run has."""

T = TypeVar("T")


class Thinned(Generic[T]):
    """Items by step, in a bounded number: dense at the beginning and at the end, thinner between.

    Args:
        max_items: At most so many, at least 3.
    """

    def __init__(self, max_items: int) -> None:
        self._max = max_items
        self.steps: list[int] = []
        self.items: list[T] = []
        self._sizes: list[int] = []
        self.n_bytes = 0

    def add(self, step: int, item: T, size: int, max_bytes: int) -> None:
        """Keep an item; one of the same or a later step makes room for it, then those that are missed the least.

        Args:
            step: Not negative.
            item: What to keep.
            size: Its bytes.
            max_bytes: Of all items together; at least the first and the newest stay.
        """
        while self.steps and self.steps[-1] >= step:
            self._drop(len(self.steps) - 1)
        self.steps.append(step)
        self.items.append(item)
        self._sizes.append(size)
        self.n_bytes += size
        while len(self.steps) > 2 and (len(self.steps) > self._max or self.n_bytes > max_bytes):
            self._drop(self._least())

    def before(self, step: int) -> tuple[int, T] | None:
        """The last item of this step or an earlier one, with its step; the first one if there is none."""
        if not self.steps:
            return None
        i = max(0, bisect.bisect_right(self.steps, step) - 1)
        return self.steps[i], self.items[i]

    def _least(self) -> int:
        """The inner item whose going leaves the smallest gap for its distance from both ends."""
        last = self.steps[-1]

        def gap(i: int) -> float:
            here = self.steps[i]
            return (self.steps[i + 1] - self.steps[i - 1]) / (1 + min(here, last - here))

        return min(range(1, len(self.steps) - 1), key=gap)

    def _drop(self, i: int) -> None:
        del self.steps[i], self.items[i]
        self.n_bytes -= self._sizes.pop(i)


@dataclass(frozen=True)
class Best:
    """The best state by a metric."""

    step: int
    metric: str
    value: float
    state: Mapping[str, Any]


_alive: weakref.WeakSet[Recorder] = weakref.WeakSet()


class Recorder:
    """A runner's past.

    Args:
        autosave: Where to write the newest state, or None.
        key: The name there; the runner's count of runs is appended, so that a restart replaces no file.
    """

    def __init__(self, autosave: Autosave | None = None, key: str = "") -> None:
        self._autosave, self._key = autosave, key
        self._lock = threading.Lock()
        self._saved = (0, 0)
        self._passing = -1, 0, b""
        self._run = -1
        self._next_state = self._next_frame = 0.0
        self._clear()
        _alive.add(self)

    # -- what it is told -------------------------------------------------------------------------------------

    def __call__(self, runner: Runner, trainer: Trainer) -> None:
        """Take a state if it is time; on the training thread, between two steps."""
        now = time.perf_counter()
        playing = runner.state == "playing"
        scores_step, scores = runner.scores
        with self._lock:
            if runner.run != self._run:
                self._run = runner.run
                self._next_state = 0.0
                self._clear()
            self._rate(scores_step, {name: s.value for name, s in scores.items()})
            newest = self._states.items[-1] if self._states.steps[-1:] == [trainer.step_count] else None
        # Lone updates and live settings change a run that stands at a step.
        if not playing and newest is not None and len(newest["interventions"]) == len(trainer.interventions):
            self._save(runner, newest, at_once=True)
            return
        if now < self._next_state and playing:
            return
        if trainer.stats is not None and not trainer.stats.finite:
            return
        state = trainer.state_dict()
        size = _size(state)
        cost = time.perf_counter() - now
        self._next_state = now + max(STATE_INTERVAL, cost / STATE_SHARE)
        with self._lock:
            room = int(_room() * (1 - FRAME_BYTES_SHARE)) - (0 if self.best is None else size)
            self._states.add(trainer.step_count, state, size, room)
            run, step, frame = self._passing
            if (run, step) == (self._run, trainer.step_count):  # what can be gone on from is to be seen
                self._add_frame(step, frame)
        self._save(runner, state, at_once=not playing)

    def show(self, run: int, step: int, frame: bytes) -> None:
        """Be shown a frame; on any thread."""
        now = time.perf_counter()
        with self._lock:
            self._passing = run, step, frame
            if run == self._run and (now >= self._next_frame or not self._frames.steps):
                self._next_frame = now + FRAME_INTERVAL
                self._add_frame(step, frame)

    # -- what it knows ---------------------------------------------------------------------------------------

    def contents(self) -> dict[str, Any]:
        """What is kept, for the slider: steps of frames and states, the best step and why it is best."""
        with self._lock:
            best = self.best
            return {
                "run": self._run,
                "frames": list(self._frames.steps),
                "states": list(self._states.steps),
                "best": None if best is None else {"step": best.step, "metric": best.metric, "value": best.value},
            }

    def frame(self, step: int) -> tuple[int, bytes] | None:
        """The frame that was to be seen at a step, with its own step."""
        with self._lock:
            return self._frames.before(step)

    def frames(self) -> list[tuple[int, bytes]]:
        """All kept frames with their steps, oldest first."""
        with self._lock:
            return list(zip(self._frames.steps, self._frames.items, strict=True))

    def state(self, step: int) -> tuple[int, Mapping[str, Any]] | None:
        """The last kept state of this step or before, with its own step."""
        with self._lock:
            found = self._states.before(step)
            best = self.best
            if best is not None and best.step <= step and (found is None or found[0] <= best.step):
                return best.step, best.state
            return found

    @property
    def n_bytes(self) -> int:
        """Memory that the past takes."""
        with self._lock:
            return self._frames.n_bytes + self._states.n_bytes

    # -- inside ----------------------------------------------------------------------------------------------

    def _add_frame(self, step: int, frame: bytes) -> None:
        self._frames.add(step, frame, len(frame), int(_room() * FRAME_BYTES_SHARE))

    def _save(self, runner: Runner, state: Mapping[str, Any], *, at_once: bool) -> None:
        moment = state["counters"]["step"], len(state["interventions"])
        if self._autosave is None or moment == (0, 0) or (at_once and moment == self._saved):
            return
        self._autosave.offer(f"{self._key}-{self._run}", state, preset=runner.preset, at_once=at_once)
        if at_once:
            self._saved = moment

    def _clear(self) -> None:
        self._saved = (0, 0)
        self._frames: Thinned[bytes] = Thinned(MAX_FRAMES)
        self._states: Thinned[Mapping[str, Any]] = Thinned(MAX_STATES)
        self.best: Best | None = None

    def _rate(self, step: int, values: Mapping[str, float]) -> None:
        """Is a kept state the best so far? Its score comes a while after it."""
        metric = next((name for name in MAIN_METRICS if name in values), None)
        if metric is None or not abs(values[metric]) < float("inf"):
            return
        found = self._states.before(step)
        if found is None or found[0] != step:
            return
        value = values[metric]
        better = self.best is None or (value > self.best.value) == METRICS[metric].higher_is_better
        if better and (self.best is None or value != self.best.value):
            self.best = Best(step, metric, value, found[1])


def _room() -> int:
    """Bytes that one run may keep now."""
    return min(MAX_RUN_BYTES, MAX_PROCESS_BYTES // max(1, len(_alive)))


def _size(state: Any) -> int:
    if isinstance(state, Mapping):
        return sum(_size(value) for value in state.values())
    return int(getattr(state, "nbytes", 0))
