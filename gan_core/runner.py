"""The runner: plays a trainer on a thread, and publishes what can be seen of it.

It knows nothing of pages. Commands may come from any thread and are taken between steps; what goes out are
frames (`gan_core.frame`), snapshots and plain values. Frames are built when somebody asks for one, at most
`MAX_FRAME_RATE` a second, and at every change of state. An exception or a NaN becomes a state with a message;
the last good picture stays.
"""

from __future__ import annotations

import itertools
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from gan_core.camera import Camera
from gan_core.config import Intervention, RunConfig, parse_config
from gan_core.data import load_data
from gan_core.diagnosis import diverged_message
from gan_core.errors import ConfigError, GanExplorerError
from gan_core.metrics import Score
from gan_core.moment import Moment
from gan_core.publisher import Publisher
from gan_core.slots import Slots
from gan_core.snapshot import Snapshot
from gan_core.trainer import Trainer, Which

MAX_FRAME_RATE: Final = 10.0
MIN_FRAME_RATE: Final = 4.2
LOOK_SHARE: Final = 0.03
"""Looking takes at most this share of the training thread's time, unless `MIN_FRAME_RATE` needs more."""
OBSERVED_EVERY: Final = 1.0
"""Seconds after which a snapshot is taken for the observers alone, when nobody else asks for one."""
SLOW_PACE: Final = 2.0
"""At or below this many steps a second, D's and G's halves of a step are shown apart."""

State = Literal["playing", "paused", "queued", "diverged", "error", "closed"]
Observer = Callable[["Runner", Trainer], None]

_log = logging.getLogger(__name__)
_keys = itertools.count()


@dataclass(frozen=True)
class _Plan:
    """What the next run is to be: a config from its beginning, or from a state on."""

    config: RunConfig
    interventions: tuple[Intervention, ...] = ()
    state: Mapping[str, Any] | None = None
    number: int = 0  # of the request: a later one may already be waiting


class Runner:
    """A run that can be played, paused, stepped, retuned and restarted.

    Args:
        config: What to train.
        interventions: What was done to the run that this one is to repeat.
        preset: Name of the preset that it came from, or "".
        slots: Where to ask before playing, or None to play at will.
        visitor: Whom the run belongs to, for `Slots`.
        device: Where to train.
        observers: Called on the training thread, between steps, whenever a snapshot is taken; must be quick.
        on_frame: Called with run, step and bytes of every new frame, on any thread.
    """

    def __init__(
        self,
        config: RunConfig,
        *,
        interventions: Sequence[Intervention] = (),
        preset: str = "",
        slots: Slots | None = None,
        visitor: Hashable = None,
        device: str = "cpu",
        observers: Sequence[Observer] = (),
        on_frame: Callable[[int, int, bytes], None] | None = None,
    ) -> None:
        self.preset = preset
        self._on_frame = on_frame
        self._slots, self._visitor, self._device = slots, visitor, device
        self._observers = tuple(observers)
        self._key = next(_keys)
        self._changed = threading.Condition()
        self._commands: deque[Callable[[], None]] = deque()
        self._trainer: Trainer | None = None
        self._publisher = Publisher()
        self._camera = Camera(f"view-{self._key}")
        self._want = True
        self._which: Which = "ema"
        self._state: State = "paused"
        self._message = "Preparing the data."
        self._playing = self._suspended = self._closed = self._woken = self._urgent = False
        self._pace: float | None = None
        self._stop_at: int | None = None
        self._phase = ""
        self._next_look = self._last_look = 0.0
        self._run = 0
        self._config = self._initial = self._followed = config
        self._asked = 0
        self._rebuild: _Plan | None = _Plan(config, tuple(interventions))
        self._story = tuple(interventions)
        self._looked: tuple[int, int, int, str] | None = None
        self._place = 0
        self._clear_numbers()
        self._thread = threading.Thread(target=self._loop, name=f"run-{self._key}", daemon=True)
        self._thread.start()

    # -- what can be read, from any thread -------------------------------------------------------------------

    @property
    def state(self) -> State:
        """What the run is doing."""
        return self._state

    @property
    def message(self) -> str:
        """What happened and what to try, or ""."""
        return self._message

    @property
    def playing(self) -> bool:
        """True if the run is meant to play (it may be queued)."""
        return self._playing

    @property
    def config(self) -> RunConfig:
        """The config now, accepted live changes included."""
        return self._config

    @property
    def initial_config(self) -> RunConfig:
        """The config that the run began with."""
        return self._initial

    @property
    def interventions(self) -> tuple[Intervention, ...]:
        """What was done to the run, and what it is still to repeat."""
        return self._story

    @property
    def step_count(self) -> int:
        """Finished steps."""
        trainer = self._trainer
        return 0 if trainer is None else trainer.step_count

    @property
    def snapshot(self) -> Snapshot | None:
        """The newest snapshot."""
        return self._publisher.snapshot

    @property
    def scores(self) -> tuple[int, Mapping[str, Score]]:
        """The newest metrics, and the step that they are of."""
        return self._publisher.scores

    @property
    def run(self) -> int:
        """Number of this run among the restarts, from 1."""
        return self._run

    def frame(self, since: int = -1, which: Which = "ema") -> bytes | None:
        """The newest frame, and the wish for a newer one.

        Args:
            since: Serial of the frame that the caller has.
            which: Whose samples to show in the next ones.

        Returns:
            The frame, or None if the caller has the newest.
        """
        if which != self._which:
            self._command(lambda: self._set("_which", which), urgent=False)
        self._want = True
        newest = self._publisher.frame
        return None if newest is None or newest[0] == since else newest[1]

    def wait(self, ready: Callable[[Runner], bool], timeout: float = 30.0) -> bool:
        """Wait until ``ready(self)`` holds; returns whether it does. For scripts and tests."""
        end = time.monotonic() + timeout
        while not ready(self):
            if time.monotonic() > end:
                return False
            time.sleep(0.005)
        return True

    def flush(self, timeout: float = 1.0) -> bool:
        """Wait until every command given so far is taken; returns whether it was. Not for the run's own thread."""
        taken = threading.Event()
        self._command(taken.set)
        return taken.wait(timeout)

    # -- commands, from any thread ---------------------------------------------------------------------------

    def play(self) -> None:
        """Train on, when a slot is free."""
        self._command(self._do_play)

    def pause(self) -> None:
        """Stop after the step in hand."""
        self._command(self._do_pause)

    def step(self) -> None:
        """Pause and make one step."""
        self._command(lambda: self._do_lone("step"))

    def step_d(self) -> None:
        """Pause and make one lone update of D."""
        self._command(lambda: self._do_lone("d"))

    def step_g(self) -> None:
        """Pause and make one lone update of G."""
        self._command(lambda: self._do_lone("g"))

    def retune(self, changes: Mapping[str, Any]) -> None:
        """Change live settings.

        Raises:
            ConfigError: If a value is not allowed or a setting needs `restart`.
        """
        self._config = self._config.retuned(changes)
        self._command(lambda: self._do_retune(changes))

    def restart(
        self, config: RunConfig, *, interventions: Sequence[Intervention] = (), preset: str | None = None
    ) -> None:
        """Begin a new run in place of this one; it plays on if this one was playing."""
        self._config = self._initial = config
        self._story = tuple(interventions)
        self.preset = self.preset if preset is None else preset
        self._asked += 1
        plan = _Plan(config, tuple(interventions), number=self._asked)
        self._command(lambda: self._do_restart(plan))

    def go_on(self, state: Mapping[str, Any], *, preset: str | None = None) -> None:
        """Replace this run by one that goes on from a state; it plays on if this one was playing.

        Args:
            state: From `Trainer.state_dict`; it is not changed.
            preset: Where its config came from; by default that of this run.
        """
        config = parse_config(state["config"])
        done = [Intervention.model_validate(i) for i in (*state["interventions"], *state["pending"])]
        self._initial = config
        for intervention in state["interventions"]:
            config = config.changed(intervention["changes"])
        self._config = config
        self._story = tuple(done)
        self.preset = self.preset if preset is None else preset
        self._asked += 1
        plan = _Plan(self._initial, tuple(done), state, self._asked)
        self._command(lambda: self._do_restart(plan))

    def reset(self) -> None:
        """Begin again: same seed, same numbers, with the settings as they are now."""
        self.restart(self._config)

    def set_pace(self, steps_per_second: float | None) -> None:
        """Steps a second at most; None for full speed.

        Raises:
            ConfigError: If it is not between 0.1 and 1000.
        """
        if steps_per_second is not None and not 0.1 <= steps_per_second <= 1000:
            raise ConfigError(f"a pace of {steps_per_second} steps a second is not allowed: 0.1 to 1000 is")
        self._command(lambda: self._set("_pace", steps_per_second))

    def set_stop_at(self, step: int | None) -> None:
        """Pause when this step is done; None for never.

        Raises:
            ConfigError: If it is not a positive number of at most 10¹².
        """
        if step is not None and not 1 <= step <= 10**12:
            raise ConfigError(f"stopping at step {step} is not possible: 1 to 10^12 is")
        self._command(lambda: self._set("_stop_at", step))

    def suspend(self) -> None:
        """Stop playing because nobody is there; `resume` goes on."""
        self._suspended = True
        self._wake()

    def resume(self) -> None:
        """Go on after `suspend`."""
        if self._suspended:
            self._suspended = False
            self._wake()

    def close(self) -> None:
        """End the run and its thread, and let go of its memory."""
        self._closed = True
        self._wake()

    def join(self, timeout: float) -> None:
        """Wait at most ``timeout`` seconds for the thread to end after `close`."""
        self._thread.join(timeout)

    def report(self, run: int, step: int, scores: Mapping[str, Score]) -> None:
        """Take in metrics computed elsewhere; those of an earlier run are dropped."""
        self._command(lambda: self._do_report(run, step, scores), urgent=False)

    # -- the thread ------------------------------------------------------------------------------------------

    def _command(self, action: Callable[[], None], *, urgent: bool = True) -> None:
        """Have something done between two steps; what is not urgent does not cut a nap short."""
        self._commands.append(action)
        if urgent:
            self._urgent = True
        self._wake()

    def _wake(self) -> None:
        with self._changed:
            self._woken = True
            self._changed.notify_all()

    def _loop(self) -> None:
        try:
            while not self._closed:
                self._turn()
        finally:
            if self._slots is not None:
                self._slots.release(self._key)
            self._camera.close()
            self._part()
            self._trainer = None
            self._publisher.release()
            self._commands.clear()
            self._state = "closed"

    def _part(self) -> None:
        """Let the observers see the run once more: the last chance to keep it."""
        if self._trainer is None or self._state in ("diverged", "error"):
            return
        self._state = "paused"
        try:
            self._show_observers(self._trainer)
        except Exception:
            _log.exception("run %s could not be kept", self._key)

    def _turn(self) -> None:
        """Take commands, make a step if it is time, publish if somebody looks."""
        try:
            self._urgent = False
            while self._commands:
                self._commands.popleft()()
            if self._rebuild is not None:
                self._build()
            state = self._permitted()
            if state != self._state:
                self._enter(state)
            if state == "playing":
                self._advance()
            else:
                self._rest()
        except GanExplorerError as error:
            self._fail(str(error))
        except Exception as error:
            _log.exception("run %s failed", self._key)
            self._fail(f"Something in the run failed ({type(error).__name__}: {error}). Reset starts it afresh.")

    def _permitted(self) -> State:
        if self._state in ("diverged", "error"):
            return self._state
        if not self._playing or self._suspended:
            if self._slots is not None:
                self._slots.release(self._key)
            if self._place:  # it waited until now
                self._place, self._message = 0, ""
            return "paused"
        if self._slots is None:
            return "playing"
        place = self._slots.request(self._key, self._visitor, self._wake)
        if place != self._place:
            self._place = place
            self._message = f"Waiting for a free place: number {place} in the queue." if place else ""
            self._dirty = True
        return "queued" if place else "playing"

    def _enter(self, state: State) -> None:
        self._state = state
        if state == "playing":
            self._message = ""
            self._publisher.begin_playing()
        self._last = time.perf_counter()
        stands = state == "paused" and self._trainer is not None
        if stands and self._picture_is_old():
            self._look()
        self._publish()
        if stands and self._trainer is not None:  # last: whoever paused waits for the picture
            self._show_observers(self._trainer)

    def _advance(self) -> None:
        trainer = self._trainer
        assert trainer is not None
        if self._pace is not None and self._pace <= SLOW_PACE:
            for half in trainer.halves():
                self._phase = half
                self._look()
                self._publish()
                self._nap(0.5 / self._pace)
            self._show_observers(trainer)
            self._follow(trainer)
        else:
            if self._phase:
                self._phase = ""
            trainer.step()
            self._follow(trainer)
            if self._pace is not None:
                self._nap(max(0.0, self._last + 1 / self._pace - time.perf_counter()))
        now = time.perf_counter()
        self._seconds += now - self._last
        self._last = now
        stats = trainer.stats
        assert stats is not None
        if not stats.finite:
            self._message = diverged_message(stats, trainer.config)
            self._playing = False
            if self._slots is not None:
                self._slots.release(self._key)
            self._enter("diverged")
            return
        if self._stop_at is not None and trainer.step_count >= self._stop_at:
            self._message = f"Stopped at step {trainer.step_count:,}, as asked."
            self._playing, self._stop_at = False, None
            return
        wanted = self._want or (self._observers and now > self._last_look + OBSERVED_EVERY)
        if wanted and now >= self._next_look and not self._camera.busy:
            self._last_look = now
            self._glance(trainer)
            cost = time.perf_counter() - now
            self._next_look = now + min(max(cost / LOOK_SHARE, 1 / MAX_FRAME_RATE), 1 / MIN_FRAME_RATE)

    def _nap(self, seconds: float) -> None:
        """Sleep, but wake for an urgent command."""
        with self._changed:
            self._changed.wait_for(lambda: self._urgent or self._closed or self._suspended, seconds)

    def _rest(self) -> None:
        stale = self._state == "paused" and self._picture_is_old()
        if stale:
            self._look()
        if stale or self._dirty:
            self._publish()
        if stale and self._trainer is not None:
            self._show_observers(self._trainer)
        with self._changed:
            # A flag, because what woke us may have happened since this turn began.
            self._changed.wait_for(lambda: self._woken, 5.0)
            self._woken = False

    def _picture_is_old(self) -> bool:
        trainer = self._trainer
        if trainer is None:
            return False
        return self._publisher.snapshot is None or self._looked != self._sight(trainer)

    def _sight(self, trainer: Trainer) -> tuple[int, int, int, str]:
        """What tells one picture from another."""
        return self._run, trainer.step_count, self._lone, self._which

    # -- what commands do, on the thread ---------------------------------------------------------------------

    def _do_play(self) -> None:
        self._playing = True
        if self._state in ("diverged", "error"):  # playing on from NaN would stay NaN
            self._do_restart(_Plan(self._config, number=self._asked))

    def _do_pause(self) -> None:
        self._playing = False

    def _do_lone(self, what: str) -> None:
        self._playing = False
        if self._rebuild is not None:
            self._build()
        trainer = self._trainer
        if trainer is None or self._state in ("diverged", "error"):
            return
        if what == "step":
            stats = trainer.step()
            self._phase = ""
        else:
            stats = trainer.step_d() if what == "d" else trainer.step_g()
            self._phase = what
            self._note(trainer)
        self._follow(trainer)
        self._lone += 1
        self._message = ""
        if trainer.step_count and not stats.finite and what == "step":
            self._message = diverged_message(stats, trainer.config)
            self._enter("diverged")

    def _do_retune(self, changes: Mapping[str, Any]) -> None:
        if self._rebuild is not None:  # the new run begins with it
            self._rebuild = replace(self._rebuild, config=self._rebuild.config.changed(changes), state=None)
        elif self._trainer is not None:
            self._trainer.retune(changes)
            self._note(self._trainer)
            self._follow(self._trainer)
            self._dirty = True
            self._lone += 1

    def _note(self, trainer: Trainer) -> None:
        """Take the trainer's newest intervention into the story, before what is still to be repeated."""
        done = trainer.interventions
        self._story = (*done, *self._story[len(done) - 1 :])

    def _follow(self, trainer: Trainer) -> None:
        """Take over what the trainer's config has become, also by what it repeats from a link."""
        if trainer.config is not self._followed:
            self._config = self._followed = trainer.config

    def _do_restart(self, plan: _Plan) -> None:
        self._rebuild = plan
        self._stop_at = None

    def _do_report(self, run: int, step: int, scores: Mapping[str, Score]) -> None:
        if run != self._run:
            return
        self._publisher.report(step, scores)
        self._dirty = True

    def _set(self, name: str, value: Any) -> None:
        setattr(self, name, value)
        self._dirty = True

    def _clear_numbers(self) -> None:
        """Forget what belongs to one run."""
        self._publisher.begin_run()
        self._seconds = 0.0
        self._last = time.perf_counter()
        self._lone = 0
        self._looked = None
        self._dirty = False
        self._place = 0

    def _build(self) -> None:
        assert self._rebuild is not None
        plan, self._rebuild = self._rebuild, None
        config = plan.config
        self._camera.settle()
        self._clear_numbers()
        self._phase = ""
        self._followed = config
        if plan.number == self._asked:  # else what is to be read is what was asked for last
            self._config = self._initial = config
            self._story = tuple(sorted(plan.interventions, key=lambda i: i.step))
        self._state = "queued"
        load_data(config.data, progress=self._show_progress)
        self._trainer = trainer = Trainer(config, interventions=plan.interventions, device=self._device)
        if plan.state is not None:
            trainer.load_state_dict(plan.state)
            self._followed = trainer.config
            if plan.number == self._asked:
                self._config = trainer.config
        self._camera.aim(self._trainer)
        self._run += 1
        self._state, self._message = "paused", ""
        self._look()
        self._publish()
        self._show_observers(trainer)

    def _show_progress(self, name: str, done: int, total: int) -> None:
        of = f" of {total / 1e6:.0f}" if total else ""
        self._message = f"Getting {name}: {done / 1e6:.0f}{of} MB."
        if time.perf_counter() - self._publisher.published > 0.2:
            self._publish()

    def _fail(self, message: str) -> None:
        self._playing = False
        self._message = message
        if self._slots is not None:
            self._slots.release(self._key)
        self._state = "error"
        self._publish()

    # -- publishing ------------------------------------------------------------------------------------------

    def _look(self) -> None:
        """Take a snapshot, and wait for it."""
        trainer = self._trainer
        assert trainer is not None
        self._camera.settle()
        self._want = False
        self._looked = self._sight(trainer)
        self._publisher.take(trainer.snapshot(self._which))  # if it cannot, the next step says that the run diverged

    def _glance(self, trainer: Trainer) -> None:
        """Have the camera make a snapshot and its frame while the training goes on."""
        self._want = self._dirty = False
        self._looked = self._sight(trainer)
        state = self._header()

        def show(moment: Moment, snapshot: Snapshot) -> None:
            self._publisher.take(snapshot)
            self._publisher.publish(state, moment)
            self._tell(moment.step)

        self._camera.shoot(self._which, show)
        self._show_observers(trainer)

    def _show_observers(self, trainer: Trainer) -> None:
        for observer in self._observers:
            observer(self, trainer)

    def _publish(self) -> None:
        """Build the frame: the newest snapshot, and the run's state."""
        self._camera.settle()
        self._dirty = False
        trainer = self._trainer
        self._publisher.publish(self._header(), None if trainer is None else trainer.moment(self._which))
        if trainer is not None:
            self._tell(trainer.step_count)

    def _tell(self, step: int) -> None:
        newest = self._publisher.frame
        if self._on_frame is not None and newest is not None:
            self._on_frame(self._run, step, newest[1])

    def _header(self) -> dict[str, Any]:
        return {
            "run": self._run,
            "state": self._state,
            "message": self._message,
            "position": self._place,
            "phase": self._phase,
            "pace": self._pace,
            "stop_at": self._stop_at,
            "seconds": self._seconds,
            "preset": self.preset,
        }
