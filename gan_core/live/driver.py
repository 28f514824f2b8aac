"""The driver: a thread that plays one to four runs, step by step, all at the same step.

Commands may come from any thread and are taken between steps. What goes wrong in one run ends that one alone, and the
driver stops when none is left that can go on. `Driver.turn` is one turn of the thread's loop; without `Driver.start`
it is called by hand.
"""

from __future__ import annotations

import atexit
import itertools
import logging
import math
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from typing import Any, Final, TypeVar

from gan_core.diagnosis.report import Report
from gan_core.errors import ConfigError, GanExplorerError
from gan_core.live import commands as do
from gan_core.live.clock import WALL, WallClock, rest_between_looks
from gan_core.live.commands import RunCommand
from gan_core.live.display import Tempo
from gan_core.live.memory import Memory
from gan_core.live.plan import Plan
from gan_core.live.queue import Slots
from gan_core.live.run import Accepted, Run, Show
from gan_core.live.status import State
from gan_core.live.way import WAY, Way

T = TypeVar("T")

OBSERVED_EVERY: Final = 1.0
"""Seconds after which a snapshot is taken for the observers alone, when nobody else asks for one."""
SLOW_PACE: Final = 2.0
"""At or below this many steps a second, D's and G's halves of a step are shown apart."""

_log = logging.getLogger(__name__)
_keys = itertools.count()
_known: weakref.WeakSet[Driver] = weakref.WeakSet()
_known_lock = threading.Lock()


def close_all(timeout: float = 3.0) -> None:
    """End every run of this process, as happens when Python ends: a thread still at work then would crash it.

    Args:
        timeout: Seconds to wait for them all together.
    """
    with _known_lock:
        found = list(_known)
    for driver in found:
        driver.close()
    end = time.monotonic() + timeout
    for driver in found:
        driver.join(max(0.0, end - time.monotonic()))


atexit.register(close_all)


def waiting_words(place: int, slots: Slots) -> str:
    """Say where a run stands in the queue, and when its turn comes.

    Args:
        place: In the queue, from 1.
        slots: What it waits for.
    """
    seconds = 5 * math.ceil(max(1.0, slots.seconds_until(place)) / 5)  # in fives: no new frame every second
    return f"Waiting for a free place: number {place} in the queue. The next turn comes in about {seconds} s."


class Driver:
    """Plays runs in lockstep.

    Args:
        tempo: That its runs know; see `add`.
        slots: Where to ask before playing, or None to play at will.
        memory: Where to ask before a run is built, or None to build at will.
        visitor: Whom the runs belong to, for `Slots`.
        observed: True to take snapshots also while nobody looks.
        clock: The time.
        way: Among the drivers of the process.

    Attributes:
        key: Its number in this process.
        tempo: As given.
        state: What it is doing.
        playing: True if it is meant to play; it may be queued.
        runs: What it plays; changed on its thread alone.
    """

    def __init__(
        self,
        tempo: Tempo,
        *,
        slots: Slots | None = None,
        memory: Memory | None = None,
        visitor: Hashable = None,
        observed: bool = False,
        clock: WallClock = WALL,
        way: Way = WAY,
    ) -> None:
        self.key = next(_keys)
        self.tempo, self.playing = tempo, False
        self.state: State = "paused"
        self.runs: list[Run] = []
        self._slots, self._visitor, self._observed, self._clock = slots, visitor, observed, clock
        self._changed = threading.Condition()
        self._commands: deque[Callable[[], None]] = deque()
        self._watchers: list[threading.Event] = []
        self._suspended = self._closed = self._woken = self._urgent = False
        self._said = ""
        self._memory, self._way = memory, way
        self._next_look = self._last_look = 0.0
        self._last = clock()
        self._thread: threading.Thread | None = None

    def add(self, run: Run) -> None:
        """Play this run too; before `start`, or on the driver's thread."""
        self.runs.append(run)
        self.adopt(run)
        self.tempo.n_runs = len(self.runs)

    def adopt(self, run: Run) -> None:
        """Take a run's commands from now on."""
        run.post = lambda accepted: self._post(run, accepted)
        run.published = lambda: self._tell() if run is self.runs[-1] else None

    def start(self) -> None:
        """Begin to turn, on a thread."""
        self._thread = threading.Thread(target=self._loop, name=f"run-{self.key}", daemon=True)
        with _known_lock:
            _known.add(self)
        self._thread.start()

    # -- from any thread -------------------------------------------------------------------------------------

    def send(self, command: RunCommand[Any]) -> bool:
        """Obey a command that concerns the playing; one for the runs is given to them all.

        Raises:
            ConfigError: If it is not allowed.
        """
        match command:
            case do.Play():
                self.call(self._play)
            case do.Pause():
                self.call(self._pause)
            case do.Suspend():
                self._suspended = True
                self._wake()
            case do.Resume():
                if self._suspended:
                    self._suspended = False
                    self._wake()
            case do.Close():
                self.close()
            case do.SetPace():
                pace = command.steps_per_second
                if pace is not None and not 0.1 <= pace <= 1000:
                    raise ConfigError(f"a pace of {pace} steps a second is not allowed: 0.1 to 1000 is")
                self.call(lambda: self._set_tempo(pace=pace))
            case do.SetStopAt():
                step = command.step
                if step is not None and not 1 <= step <= 10**12:
                    raise ConfigError(f"stopping at step {step} is not possible: 1 to 10^12 is")
                self.call(lambda: self._set_tempo(stop_at=step))
            case do.Step():
                self.call(self._pause)
                self.call(lambda: self.each(self.runs, lambda run: run.take(command)))
            case _:
                return False
        return True

    def call(self, action: Callable[[], None], *, urgent: bool = True) -> None:
        """Do something between two steps; what is not urgent does not cut a nap short."""
        self._commands.append(action)
        if urgent:
            self._urgent = True
            self._way.claim(self.key)
        self._wake()

    def restart(self, plans: Sequence[tuple[Run, Plan]]) -> None:
        """Begin these accepted plans, all together."""

        def begin() -> None:
            for run, plan in plans:
                run.take(plan)
            self.tempo.stop_at = None

        self.call(begin)

    def ask(self, run: Run, question: Callable[[Run], T], timeout: float) -> T | None:
        """Answer a question of a run between two steps; not for the driver's own thread.

        Args:
            run: One of those that it plays.
            question: What to ask.
            timeout: Seconds to wait for the step in hand.

        Returns:
            The answer; None if it did not come in that time or the run failed.
        """
        found: list[T] = []
        self.call(lambda: self.each([run], lambda run: found.append(question(run))))
        return found[0] if self.flush(timeout) and found else None

    def flush(self, timeout: float = 1.0) -> bool:
        """Wait until every command given so far is taken; returns whether it was. Not for the driver's own thread."""
        taken = threading.Event()
        self.call(taken.set)
        return taken.wait(timeout)

    def settle(self, timeout: float) -> bool:
        """Wait until frames show what every command given so far has done; returns whether they do.

        What runs in play shows later, such as another pace, is not waited for. Not for the driver's own thread.
        """
        watcher = threading.Event()
        self.call(lambda: self._watchers.append(watcher), urgent=False)
        return watcher.wait(timeout)

    def close(self) -> None:
        """End the runs and the thread."""
        self._closed = True
        self._wake()

    def join(self, timeout: float) -> None:
        """Wait at most ``timeout`` seconds for the thread to end after `close`."""
        if self._thread is not None and self._thread.ident is not None:
            self._thread.join(timeout)

    @property
    def thread_name(self) -> str:
        """Name of the thread, or ""."""
        return "" if self._thread is None else self._thread.name

    def _post(self, run: Run, accepted: Accepted) -> None:
        if isinstance(accepted, Plan):
            self.restart([(run, accepted)])
        else:
            self.call(
                lambda: self.each([run], lambda run: run.take(accepted)),
                urgent=not isinstance(accepted, Report | Show),
            )

    # -- on the thread ---------------------------------------------------------------------------------------

    def turn(self) -> None:
        """Take commands, make a step if it is time, publish if somebody looks; rest if there is nothing to do."""
        self._urgent = False
        while self._commands:
            self._commands.popleft()()
        self.state = self._permitted()
        new = [run for run in self.runs if run.waiting]
        if new and self.state != "queued":  # what waits for its turn takes no memory
            self.each(new, self._build)
            self._last = self._clock()
        changed = [run for run in self.runs if run.state != self.state and not run.ended]
        if changed:
            self.each(changed, lambda run: run.enter(self.state))
            self._last = self._clock()
        if self.state == "playing":
            self._tell()
            self._advance()
        else:
            self._rest()

    def each(self, runs: Sequence[Run], action: Callable[[Run], object]) -> None:
        """Do something to each of these runs; those that fail end with a message."""
        for run in runs:
            try:
                action(run)
            except GanExplorerError as error:
                run.fail(str(error))
            except Exception as error:
                _log.exception("run %s failed", self.key)
                run.fail(f"Something in the run failed ({type(error).__name__}: {error}). Reset starts it afresh.")
        if all(run.ended for run in self.runs):
            self.playing = False

    def _build(self, run: Run) -> None:
        plan = run.settings.plan
        if self._memory is not None and plan is not None:
            try:
                self._memory.take(id(run), plan.config)
            except GanExplorerError:
                run.refuse()
                raise
        run.build()

    def drop(self, run: Run) -> None:
        """Free a run that is no longer played."""
        run.close()
        if self._memory is not None:
            self._memory.free(id(run))

    def _loop(self) -> None:
        try:
            while not self._closed:
                self.turn()
        finally:
            if self._slots is not None:
                self._slots.release(self.key)
            for run in self.runs:
                self._part(run)
                self.drop(run)
            self._commands.clear()
            self.state = "closed"
            self._tell()

    def _part(self, run: Run) -> None:
        """Let the observers see a run once more: the last chance to keep it."""
        if run.trainer is None or run.ended:
            return
        run.state = "paused"
        try:
            run.show_observers()
        except Exception:
            _log.exception("run %s could not be kept", self.key)

    def _permitted(self) -> State:
        if not self.playing or self._suspended:
            if self._slots is not None:
                self._slots.release(self.key)
            if self.tempo.place:  # it waited until now
                self.tempo.place, self._said = 0, ""
                for run in self.runs:
                    run.message = ""
            return "paused"
        if self._slots is None:
            return "playing"
        unseen = self._clock() - max(run.display.looked_at for run in self.runs)
        place = self._slots.request(self.key, self._visitor, self._wake, unseen=unseen)
        said = waiting_words(place, self._slots) if place else ""
        if place != self.tempo.place or said != self._said:
            self.tempo.place, self._said = place, said
            for run in self._live:
                run.say(said)
        return "queued" if place else "playing"

    @property
    def _live(self) -> list[Run]:
        """The runs that can go on."""
        return [run for run in self.runs if not run.ended]

    @property
    def _pace(self) -> float | None:
        """Steps a second at most: as asked for, and as all runs of the process are allowed."""
        paces = self.tempo.pace, None if self._slots is None else self._slots.pace
        return min((pace for pace in paces if pace is not None), default=None)

    def _advance(self) -> None:
        self._way.give(self.key)
        pace = self._pace
        if pace is not None and pace <= SLOW_PACE:
            self._advance_slowly(pace)
        else:
            self.each(self._live, Run.step)
            if pace is not None:
                self._nap(max(0.0, self._last + 1 / pace - self._clock()))
        now = self._clock()
        for run in self._live:
            run.seconds += now - self._last
        self._last = now
        self.each(self._live, Run.check)
        live = self._live
        if not live:
            return
        stop_at = self.tempo.stop_at
        if stop_at is not None and live[0].step_count >= stop_at:
            for run in live:
                run.message = f"Stopped at step {run.step_count:,}, as asked."
            self.playing, self.tempo.stop_at = False, None
            return
        self._look(live, now)

    def _look(self, live: Sequence[Run], now: float) -> None:
        """Have snapshots made, if somebody waits for them and they have not cost too much."""
        wanted = any(run.display.wanted for run in live) or (self._observed and now > self._last_look + OBSERVED_EVERY)
        if wanted and now >= self._next_look and not any(run.display.busy for run in live):
            self._last_look = now
            self.each(live, Run.glance)
            cost = self._clock() - now
            self._next_look = now + rest_between_looks(cost, 1 if self._slots is None else self._slots.playing)

    def _advance_slowly(self, pace: float) -> None:
        """One step, all runs' D halves first, then all G halves, with time to look at each."""
        halves = {run: run.halves() for run in self._live}
        for _ in "dg":
            self.each(self._live, lambda run: next(halves[run]))
            self._nap(0.5 / pace)
        self.each(self._live, lambda run: next(halves[run], None))

    def _nap(self, seconds: float) -> None:
        """Sleep, but wake for an urgent command."""
        with self._changed:
            self._clock.wait(self._changed, lambda: self._urgent or self._closed or self._suspended, seconds)

    def _rest(self) -> None:
        self.each(self.runs, Run.rest)
        self._tell()
        with self._changed:
            # A flag, because what woke us may have happened since this turn began.
            self._clock.wait(self._changed, lambda: self._woken, 5.0)
            self._woken = False

    def _tell(self) -> None:
        """Let those go on who wait for a frame, and the other runs."""
        self._way.done(self.key)
        watchers, self._watchers = self._watchers, []
        for watcher in watchers:
            watcher.set()

    def _wake(self) -> None:
        with self._changed:
            self._woken = True
            self._changed.notify_all()

    # -- what commands do, on the thread ---------------------------------------------------------------------

    def _play(self) -> None:
        self.playing = True
        if not self._live:
            for run in self.runs:
                run.revive()

    def _pause(self) -> None:
        self.playing = False

    def _set_tempo(self, **values: float | None) -> None:
        for name, value in values.items():
            setattr(self.tempo, name, value)
        for run in self.runs:
            run.display.stale = True
