"""The recorder: the timeline of a run in bounded memory, and the file that outlives a crash.

It observes one run: between two steps it takes states, and it is shown every frame. Both are kept densely at the
beginning and lately, more thinly between. Frames are kept as they were drawn, so that scrubbing shows what was to be
seen then; from a state a run can go on bit for bit.

The best state is the best of all that were scored: whenever the monitor copies weights to score them, the recorder
takes the state of that step, and keeps it until its score is known.
"""

from __future__ import annotations

import threading
import weakref
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

from gan_core.config import RunConfig
from gan_core.live.clock import WALL, WallClock, rest_for
from gan_core.live.status import State
from gan_core.metrics import METRICS, Score
from gan_core.record.run_card import Clock, RunCard
from gan_core.record.timeline import Best, Thinned, Timeline
from gan_core.storage.autosave import Autosave
from gan_core.training import Trainer

MAX_RUN_BYTES: Final = 256 * 2**20
MAX_PROCESS_BYTES: Final = 2**30
"""Kept frames and states of all runs of a process, or of all host processes together (`share_among`)."""
MAX_FRAMES: Final = 300
MAX_STATES: Final = 80
MAX_TICKS: Final = 200
"""Points of the clock that says when which step was reached."""
FRAME_BYTES_SHARE: Final = 0.25
FRAME_INTERVAL: Final = 0.3
"""Seconds between two kept frames, at least."""
STATE_INTERVAL: Final = 1.0
STATE_SHARE: Final = 0.004
"""Copying states takes at most this share of the training thread's time."""
LOOK_INTERVAL: Final = 2.0
"""Seconds between two states while somebody looks at the newest one, whatever copying takes."""
MAIN_METRICS: Final = tuple(metric.name for metric in METRICS.values() if metric.ranks_states)
"""The best state is best by the first of these that the run has."""

N_SCORED: Final = 2
"""States whose scores are waited for: the next may be copied before the last one's score has come."""

_alive: weakref.WeakSet[Recorder] = weakref.WeakSet()
_process_bytes: list[int] = [MAX_PROCESS_BYTES]


class Recorded(Protocol):
    """A run as the recorder knows it: a `Run`, or the `Runner` around one."""

    scoring: int

    @property
    def state(self) -> State:
        """State of the run."""

    @property
    def run(self) -> int:
        """Number of the run among the restarts."""

    @property
    def seconds(self) -> float:
        """Time spent playing this run."""

    @property
    def preset(self) -> str:
        """Name of the preset that the run came from, or ""."""

    @property
    def scores(self) -> tuple[int, Mapping[str, Score]]:
        """The newest metrics, and the step that they are of."""


class Recorder:
    """The timeline of a run, as it grows.

    Args:
        autosave: Where to write the newest state, or None.
        key: The name there; the runner's count of runs is appended, so that a restart replaces no file.
        picture: Makes a small PNG from a frame, for the list of saved runs.
        clock: The time.

    Attributes:
        owner: Whom the run belongs to, as `gan_core.record.run_card.fingerprint` gives it, or "".
    """

    def __init__(
        self,
        autosave: Autosave | None = None,
        key: str = "",
        picture: Callable[[bytes], bytes] | None = None,
        *,
        clock: WallClock = WALL,
    ) -> None:
        self._clock = clock
        self._autosave, self._key, self._picture = autosave, key, picture
        self.owner = ""
        self._lock = threading.Lock()
        self._saved = (0, 0)
        self._passing = -1, 0, b""
        self._runner: weakref.ref[Recorded] | None = None
        self._run = -1
        self._next_state = self._next_frame = self._taken = 0.0
        self._inherited: tuple[RunConfig, int, Timeline] | None = None
        self.best: Best | None = None
        self._clear()
        _alive.add(self)

    # -- what it is told -------------------------------------------------------------------------------------

    def __call__(self, runner: Recorded, trainer: Trainer) -> None:
        """Take a state if it is time; on the training thread, between two steps."""
        now = self._clock()
        playing = runner.state == "playing"
        self._runner = weakref.ref(runner)
        with self._lock:
            if runner.run != self._run:
                self._run = runner.run
                self._next_state = 0.0
                self._clear()
                self._take_over(trainer)
            self._ticks.add(trainer.step_count, self._seconds_before + runner.seconds, 0, 0)
            self._rate()
            scored = runner.scoring == trainer.step_count and not self._is_scored(trainer.step_count)
            newest = self._states.items[-1] if self._states.steps[-1:] == [trainer.step_count] else None
        # Lone updates and live settings change a run that stands at a step.
        if not playing and newest is not None and len(newest["interventions"]) == len(trainer.interventions):
            self._save(runner, newest, at_once=True)
            return
        if now < self._next_state and playing and not scored:
            return
        if trainer.stats is not None and not trainer.stats.finite:
            return
        state = trainer.state_dict()
        cost = self._clock() - now
        self._taken = now
        self._next_state = now + max(STATE_INTERVAL, rest_for(cost, STATE_SHARE))
        with self._lock:
            if scored:
                self._scored.append((trainer.step_count, state))
            self._add_state(trainer.step_count, state)
            run, step, frame = self._passing
            if (run, step) == (self._run, trainer.step_count):  # a step that one can go on from has its picture
                self._add_frame(step, frame)
        self._save(runner, state, at_once=not playing)

    def show(self, run: int, step: int, frame: bytes) -> None:
        """Be shown a frame; on any thread."""
        now = self._clock()
        with self._lock:
            self._passing = run, step, frame
            due = now >= self._next_frame or not self._frames.steps or self._is_scored(step)
            if run == self._run and due:
                self._next_frame = now + FRAME_INTERVAL
                self._add_frame(step, frame)

    def look(self) -> None:
        """Hear that somebody looks at the newest state: if it is old, another is taken at the next step."""
        if self._clock() >= self._taken + LOOK_INTERVAL:
            self._next_state = 0.0

    def inherit(self, past: Timeline, config: RunConfig, step: int) -> None:
        """Give a past to the run that is about to go on from a state.

        Args:
            past: What came before, from `past` or from a recorded run; what is later than the state is left out.
            config: What that run began with.
            step: Of the state.
        """
        with self._lock:
            self._inherited = config, step, past

    # -- what it knows ---------------------------------------------------------------------------------------

    def contents(self) -> dict[str, Any]:
        """Tell what is kept, for the slider: steps of frames and states, the best step and why it is best."""
        with self._lock:
            self._rate()
            best = self.best
            return {
                "run": self._run,
                "frames": list(self._frames.steps),
                "states": list(self._states.steps),
                "best": None if best is None else {"step": best.step, "metric": best.metric, "value": best.value},
            }

    def frame(self, step: int) -> tuple[int, bytes] | None:
        """Return the frame shown at a step, with its own step."""
        with self._lock:
            return self._frames.before(step)

    def state(self, step: int) -> tuple[int, Mapping[str, Any]] | None:
        """Find the last kept state of this step or before, with its own step."""
        with self._lock:
            self._rate()
            found = self._states.before(step)
            best = self.best
            if best is not None and best.step <= step and (found is None or found[0] <= best.step):
                return best.step, best.state
            return found

    def past(self) -> Timeline:
        """All that is kept."""
        with self._lock:
            states = list(zip(self._states.steps, self._states.items, strict=True))
            frames = list(zip(self._frames.steps, self._frames.items, strict=True))
            return Timeline(frames, states, self.best, self._clock_of_run())

    @property
    def n_bytes(self) -> int:
        """Memory that the past takes."""
        with self._lock:
            return self._frames.n_bytes + self._states.n_bytes

    # -- inside ----------------------------------------------------------------------------------------------

    def _add_frame(self, step: int, frame: bytes) -> None:
        self._frames.add(step, frame, len(frame), int(_room() * FRAME_BYTES_SHARE))

    def _add_state(self, step: int, state: Mapping[str, Any]) -> None:
        size = _size(state)
        room = int(_room() * (1 - FRAME_BYTES_SHARE)) - size * (
            N_SCORED + 1
        )  # the best, and those that are being scored
        self._states.add(step, state, size, room)

    def _take_over(self, trainer: Trainer) -> None:
        """Keep what was handed on, if this is the run that it was meant for: another may have begun meanwhile."""
        if self._inherited is None or self._inherited[:2] != (trainer.initial_config, trainer.step_count):
            return
        (_, step, past), self._inherited = self._inherited, None
        self._saved = step, len(trainer.interventions)  # nothing new yet that would be worth a file
        for at, frame in past.frames:
            if at <= step:
                self._add_frame(at, frame)
        for at, state in past.states:
            if at < step:
                self._add_state(at, state)
        if past.best is not None and past.best.step <= step:
            self.best = past.best
        for at, seconds in past.clock:
            if at <= step:
                self._ticks.add(at, seconds, 0, 0)
                self._seconds_before = seconds

    def _save(self, runner: Recorded, state: Mapping[str, Any], *, at_once: bool) -> None:
        moment = state["counters"]["step"], len(state["interventions"])
        of, found = runner.scores
        scores = {name: score.value for name, score in found.items()}
        if self._autosave is None or moment == (0, 0) or (at_once and moment == self._saved):
            return
        key, preset = f"{self._key}-{self._run}", runner.preset
        self._autosave.offer(key, state, preset=preset, at_once=at_once, card=lambda: self._card(scores, of))
        if at_once:
            self._saved = moment

    def _card(self, scores: Mapping[str, float], scores_step: int) -> RunCard:
        """Make the run's card; on the thread that writes."""
        with self._lock:
            frame, clock = self._passing[2], self._clock_of_run()
        picture = self._picture(frame) if self._picture is not None and frame else b""
        return RunCard(owner=self.owner, scores=scores, clock=clock, picture=picture, scores_step=scores_step)

    def _clock_of_run(self) -> Clock:
        return list(zip(self._ticks.steps, self._ticks.items, strict=True))

    def _clear(self) -> None:
        self._ticks: Thinned[float] = Thinned(MAX_TICKS)
        self._seconds_before = 0.0
        self._saved = (0, 0)
        self._frames: Thinned[bytes] = Thinned(MAX_FRAMES)
        self._states: Thinned[Mapping[str, Any]] = Thinned(MAX_STATES)
        self._scored: deque[tuple[int, Mapping[str, Any]]] = deque(maxlen=N_SCORED)
        self.best = None

    def _is_scored(self, step: int) -> bool:
        """Tell whether the state of this step is kept for its score."""
        return any(at == step for at, _ in self._scored)

    def _rate(self) -> None:
        """Keep a state as the best, if its score is; the score comes a while after the state."""
        runner = None if self._runner is None else self._runner()
        if runner is None or runner.run != self._run:
            return
        step, scores = runner.scores
        values = {name: score.value for name, score in scores.items()}
        metric = next((name for name in MAIN_METRICS if name in values), None)
        if metric is None or not abs(values[metric]) < float("inf"):
            return
        state = self._state_of(step)
        if state is None:
            return
        value = values[metric]
        better = self.best is None or (value > self.best.value) == METRICS[metric].higher_is_better
        if better and (self.best is None or value != self.best.value):
            self.best = Best(step, metric, value, state)

    def _state_of(self, step: int) -> Mapping[str, Any] | None:
        """Return the state of exactly this step, if it is kept."""
        found = self._states.before(step)
        if found is not None and found[0] == step:
            return found[1]
        return next((state for at, state in self._scored if at == step), None)


def share_among(n: int) -> int:
    """Keep this process to its part of `MAX_PROCESS_BYTES`, but never to less than one run may take.

    Args:
        n: Processes that share it.

    Returns:
        The part, bytes.
    """
    _process_bytes[:] = [max(MAX_RUN_BYTES, MAX_PROCESS_BYTES // n)]
    return _process_bytes[0]


def _room() -> int:
    """Bytes that one run may keep now."""
    return min(MAX_RUN_BYTES, _process_bytes[0] // max(1, len(_alive)))


def _size(state: Any) -> int:
    if isinstance(state, Mapping):
        return sum(_size(value) for value in state.values())
    return int(getattr(state, "nbytes", 0))
