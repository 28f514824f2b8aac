"""The transport: a thread that plays one or more engines, step by step, all at the same step.

Commands may come from any thread and are taken between steps. What goes wrong in one engine ends that one alone, and
the transport stops when none is left that can go on.
"""

from __future__ import annotations

import atexit
import itertools
import logging
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from typing import Final, Self

from gan_core.errors import ConfigError, GanExplorerError
from gan_core.live.queue import Slots
from gan_core.live.run import Engine, Plan
from gan_core.live.shown import Tempo
from gan_core.live.status import State

MAX_FRAME_RATE: Final = 10.0
MIN_FRAME_RATE: Final = 4.2
CROWDED_FRAME_RATE: Final = 2.4
"""What is left to each of many runs that play at once: they share the processor, and showing all costs as much."""
LOOK_SHARE: Final = 0.03
"""Looking takes at most this share of the training thread's time, unless `MIN_FRAME_RATE` needs more."""
OBSERVED_EVERY: Final = 1.0
"""Seconds after which a snapshot is taken for the observers alone, when nobody else asks for one."""
SLOW_PACE: Final = 2.0
"""At or below this many steps a second, D's and G's halves of a step are shown apart."""

_log = logging.getLogger(__name__)
_keys = itertools.count()
_known: weakref.WeakSet[Transport] = weakref.WeakSet()
_known_lock = threading.Lock()


def close_all(timeout: float = 3.0) -> None:
    """End every run of this process, as happens when Python ends: a thread still at work then would crash it.

    Args:
        timeout: Seconds to wait for them all together.
    """
    with _known_lock:
        found = list(_known)
    for transport in found:
        transport.close()
    end = time.monotonic() + timeout
    for transport in found:
        if transport._thread.ident is not None:
            transport.join(max(0.0, end - time.monotonic()))


atexit.register(close_all)


def rest_between_looks(cost: float, n_playing: int) -> float:
    """Seconds from one look at a run to the next.

    Args:
        cost: Seconds that the last look took the training thread.
        n_playing: Runs of this process that play now, this one included.
    """
    n = max(1, n_playing)
    longest = 1 / max(CROWDED_FRAME_RATE, MIN_FRAME_RATE / n)
    return min(max(cost / LOOK_SHARE, n / MAX_FRAME_RATE), longest)


class Transport:
    """What `Runner` and `Lockstep` have in common; each brings its engines.

    Args:
        slots: Where to ask before playing, or None to play at will.
        visitor: Whom it belongs to, for `Slots`.
        observed: True if snapshots are to be taken also while nobody looks.
    """

    def __init__(self, *, slots: Slots | None, visitor: Hashable, observed: bool) -> None:
        self._slots, self._visitor, self._observed = slots, visitor, observed
        self._key = next(_keys)
        self._tempo = Tempo()
        self._engines: list[Engine] = []
        self._changed = threading.Condition()
        self._commands: deque[Callable[[], None]] = deque()
        self._state: State = "paused"
        self._playing = self._suspended = self._closed = self._woken = self._urgent = False
        self._next_look = self._last_look = 0.0
        self._last = time.perf_counter()
        self._thread = threading.Thread(target=self._loop, name=f"run-{self._key}", daemon=True)
        with _known_lock:
            _known.add(self)

    @property
    def state(self) -> State:
        """What it is doing."""
        return self._state

    @property
    def playing(self) -> bool:
        """True if it is meant to play (it may be queued)."""
        return self._playing

    def wait(self, ready: Callable[[Self], bool], timeout: float = 30.0) -> bool:
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
        self._command(self._do_pause)
        self._tell(lambda engine: engine.lone("step"))

    def set_pace(self, steps_per_second: float | None) -> None:
        """Steps a second at most; None for full speed.

        Raises:
            ConfigError: If it is not between 0.1 and 1000.
        """
        if steps_per_second is not None and not 0.1 <= steps_per_second <= 1000:
            raise ConfigError(f"a pace of {steps_per_second} steps a second is not allowed: 0.1 to 1000 is")
        self._command(lambda: self._set_tempo("pace", steps_per_second))

    def set_stop_at(self, step: int | None) -> None:
        """Pause when this step is done; None for never.

        Raises:
            ConfigError: If it is not a positive number of at most 10¹².
        """
        if step is not None and not 1 <= step <= 10**12:
            raise ConfigError(f"stopping at step {step} is not possible: 1 to 10^12 is")
        self._command(lambda: self._set_tempo("stop_at", step))

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

    # -- for those who build on it ---------------------------------------------------------------------------

    def _command(self, action: Callable[[], None], *, urgent: bool = True) -> None:
        """Have something done between two steps; what is not urgent does not cut a nap short."""
        self._commands.append(action)
        if urgent:
            self._urgent = True
        self._wake()

    def _tell(self, action: Callable[[Engine], None], *, urgent: bool = True) -> None:
        """Have something done to every engine between two steps."""
        self._command(lambda: self._each(self._engines, action), urgent=urgent)

    def _restart(self, plans: Sequence[tuple[Engine, Plan]]) -> None:
        """Have these runs begun."""

        def begin() -> None:
            for engine, plan in plans:
                engine.begin(plan)
            self._tempo.stop_at = None

        self._command(begin)

    # -- the thread ------------------------------------------------------------------------------------------

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
            for engine in self._engines:
                self._part(engine)
                engine.close()
            self._commands.clear()
            self._state = "closed"

    def _part(self, engine: Engine) -> None:
        """Let the observers see a run once more: the last chance to keep it."""
        if engine.trainer is None or engine.ended:
            return
        engine.state = "paused"
        try:
            engine.show_observers()
        except Exception:
            _log.exception("run %s could not be kept", self._key)

    def _turn(self) -> None:
        """Take commands, make a step if it is time, publish if somebody looks."""
        self._urgent = False
        while self._commands:
            self._commands.popleft()()
        new = [engine for engine in self._engines if engine.waiting]
        if new:
            self._tempo.place = 0
            self._each(new, Engine.build)
            self._last = time.perf_counter()
        self._state = self._permitted()
        changed = [e for e in self._engines if e.state != self._state and not e.ended]
        if changed:
            self._each(changed, lambda engine: engine.enter(self._state))
            self._last = time.perf_counter()
        if self._state == "playing":
            self._advance()
        else:
            self._rest()

    def _each(self, engines: Sequence[Engine], action: Callable[[Engine], None]) -> None:
        """Do something to each of these engines; those that fail end with a message."""
        for engine in engines:
            try:
                action(engine)
            except GanExplorerError as error:
                engine.fail(str(error))
            except Exception as error:
                _log.exception("run %s failed", self._key)
                engine.fail(f"Something in the run failed ({type(error).__name__}: {error}). Reset starts it afresh.")
        if all(engine.ended for engine in self._engines):
            self._playing = False

    def _permitted(self) -> State:
        if not self._playing or self._suspended:
            if self._slots is not None:
                self._slots.release(self._key)
            if self._tempo.place:  # it waited until now
                self._tempo.place = 0
                for engine in self._engines:
                    engine.message = ""
            return "paused"
        if self._slots is None:
            return "playing"
        place = self._slots.request(self._key, self._visitor, self._wake)
        if place != self._tempo.place:
            self._tempo.place = place
            for engine in self._live:
                engine.say(f"Waiting for a free place: number {place} in the queue." if place else "")
        return "queued" if place else "playing"

    @property
    def _live(self) -> list[Engine]:
        """The engines that can go on."""
        return [engine for engine in self._engines if not engine.ended]

    @property
    def _pace(self) -> float | None:
        """Steps a second at most: as asked for, and as all runs of the process are allowed."""
        paces = self._tempo.pace, None if self._slots is None else self._slots.pace
        return min((pace for pace in paces if pace is not None), default=None)

    def _advance(self) -> None:
        pace = self._pace
        if pace is not None and pace <= SLOW_PACE:
            self._advance_slowly(pace)
        else:
            self._each(self._live, Engine.step)
            if pace is not None:
                self._nap(max(0.0, self._last + 1 / pace - time.perf_counter()))
        now = time.perf_counter()
        for engine in self._live:
            engine.seconds += now - self._last
        self._last = now
        self._each(self._live, Engine.check)
        live = self._live
        if not live:
            return
        stop_at = self._tempo.stop_at
        if stop_at is not None and live[0].step_count >= stop_at:
            for engine in live:
                engine.message = f"Stopped at step {engine.step_count:,}, as asked."
            self._playing, self._tempo.stop_at = False, None
            return
        wanted = any(engine.want for engine in live) or (self._observed and now > self._last_look + OBSERVED_EVERY)
        if wanted and now >= self._next_look and not any(engine.busy for engine in live):
            self._last_look = now
            self._each(live, Engine.glance)
            cost = time.perf_counter() - now
            self._next_look = now + rest_between_looks(cost, 1 if self._slots is None else self._slots.playing)

    def _advance_slowly(self, pace: float) -> None:
        """One step, all engines' D halves first, then all G halves, with time to look at each."""
        halves = {engine: engine.halves() for engine in self._live}
        for _ in "dg":
            self._each(self._live, lambda engine: next(halves[engine]))
            self._nap(0.5 / pace)
        self._each(self._live, lambda engine: next(halves[engine], None))

    def _nap(self, seconds: float) -> None:
        """Sleep, but wake for an urgent command."""
        with self._changed:
            self._changed.wait_for(lambda: self._urgent or self._closed or self._suspended, seconds)

    def _rest(self) -> None:
        self._each(self._engines, Engine.rest)
        with self._changed:
            # A flag, because what woke us may have happened since this turn began.
            self._changed.wait_for(lambda: self._woken, 5.0)
            self._woken = False

    # -- what commands do, on the thread ---------------------------------------------------------------------

    def _do_play(self) -> None:
        self._playing = True
        if not self._live:
            for engine in self._engines:
                engine.revive()

    def _do_pause(self) -> None:
        self._playing = False

    def _set_tempo(self, name: str, value: float | None) -> None:
        setattr(self._tempo, name, value)
        for engine in self._engines:
            engine.touch()
