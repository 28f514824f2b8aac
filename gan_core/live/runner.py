"""The runner: plays a trainer on a thread, and publishes what can be seen of it.

It knows nothing of pages. Commands may come from any thread and are taken between steps; what goes out are
frames (`gan_core.record.frame`), snapshots and plain values. Frames are built when somebody asks for one, at most
`MAX_FRAME_RATE` a second, and at every change of state. An exception or a NaN becomes a state with a message;
the last good picture stays.

A run but for its thread is an `Engine`; the thread is a `Transport`, which can play several of them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from gan_core.config import Intervention, RunConfig
from gan_core.diagnosis.report import Report
from gan_core.live.driver import (
    CROWDED_FRAME_RATE,
    LOOK_SHARE,
    MAX_FRAME_RATE,
    MIN_FRAME_RATE,
    OBSERVED_EVERY,
    SLOW_PACE,
    Transport,
    rest_between_looks,
)
from gan_core.live.queue import Slots
from gan_core.live.readable import Readable
from gan_core.live.run import Engine
from gan_core.live.status import State
from gan_core.record.snapshot import Snapshot
from gan_core.training import Learned, Trainer, Which

__all__ = [
    "CROWDED_FRAME_RATE",
    "LOOK_SHARE",
    "MAX_FRAME_RATE",
    "MIN_FRAME_RATE",
    "OBSERVED_EVERY",
    "SLOW_PACE",
    "Engine",
    "Observer",
    "Readable",
    "Runner",
    "State",
    "Transport",
    "rest_between_looks",
]

Observer = Callable[["Runner", Trainer], None]


class Runner(Readable, Transport):
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
        super().__init__(slots=slots, visitor=visitor, observed=bool(observers))
        self._observers = tuple(observers)
        self._engine = Engine(
            config,
            interventions=interventions,
            preset=preset,
            tempo=self._tempo,
            device=device,
            name=f"view-{self._key}",
            observe=self._observe,
            on_frame=on_frame,
        )
        self._engines.append(self._engine)
        self._thread.start()

    # -- what can be read, from any thread -------------------------------------------------------------------

    @property
    def state(self) -> State:
        """What the run is doing."""
        return "closed" if self._state == "closed" else self._engine.state

    @property
    def snapshot(self) -> Snapshot | None:
        """The newest snapshot."""
        return self._engine.builder.snapshot

    @property
    def n_together(self) -> int:
        """Runs that its thread trains in turn: this one."""
        return 1

    @property
    def trainer(self) -> Trainer | None:
        """The trainer itself, which belongs to the run's thread; None before the first run is built."""
        return self._engine.trainer

    def frame(self, since: int = -1, which: Which = "ema") -> bytes | None:
        """The newest frame, and the wish for a newer one.

        Args:
            since: Serial of the frame that the caller has.
            which: Whose samples to show in the next ones.

        Returns:
            The frame, or None if the caller has the newest.
        """
        if which != self._engine.which:
            self._tell(lambda engine: engine.show(which), urgent=False)
        self._engine.want = True
        newest = self._engine.builder.frame
        return None if newest is None or newest[0] == since else newest[1]

    # -- commands, from any thread ---------------------------------------------------------------------------

    def step_d(self) -> None:
        """Pause and make one lone update of D."""
        self._command(self._do_pause)
        self._tell(lambda engine: engine.lone("d"))

    def step_g(self) -> None:
        """Pause and make one lone update of G."""
        self._command(self._do_pause)
        self._tell(lambda engine: engine.lone("g"))

    def retune(self, changes: Mapping[str, Any]) -> None:
        """Change live settings.

        Raises:
            ConfigError: If a value is not allowed or a setting needs `restart`.
        """
        self._engine.config = self._engine.config.retuned(changes)
        self._tell(lambda engine: engine.retune(changes))

    def name_direction(self, name: str, vector: str) -> None:
        """Keep a named direction of the latent space with the run; arguments as for `Trainer.name_direction`."""
        self._tell(lambda engine: engine.name_direction(name, vector))

    def restart(
        self,
        config: RunConfig,
        *,
        interventions: Sequence[Intervention] = (),
        preset: str | None = None,
        begin_with: Learned | None = None,
    ) -> None:
        """Begin a new run in place of this one; it plays on if this one was playing.

        Args:
            config: What to train.
            interventions: What was done to the run that the new one is to repeat.
            preset: Where its config came from; by default that of this run.
            begin_with: What a run has learned, from `gan_core.training.transfer` for that config, in place of fresh
                weights.
        """
        plan = self._engine.promise(config, interventions, preset, begin_with=begin_with)
        self._restart([(self._engine, plan)])

    def state_now(self, timeout: float = 5.0) -> Mapping[str, Any] | None:
        """A copy of all that the run is, taken between two steps; not for the run's own thread.

        Args:
            timeout: Seconds to wait for the step in hand.

        Returns:
            As `Trainer.state_dict`; None if there is no run to be had in that time.
        """
        found: list[Mapping[str, Any] | None] = []
        taken = threading.Event()
        self._tell(lambda engine: found.append(engine.state_now()))
        self._command(taken.set)
        return found[0] if taken.wait(timeout) and found else None

    def go_on(self, state: Mapping[str, Any], *, preset: str | None = None) -> None:
        """Replace this run by one that goes on from a state; it plays on if this one was playing.

        Args:
            state: From `Trainer.state_dict`; it is not changed.
            preset: Where its config came from; by default that of this run.
        """
        self._restart([(self._engine, self._engine.promise_state(state, preset))])

    def adopt(self, trainer: Trainer, *, preset: str | None = None) -> None:
        """Replace this run by a trainer's, which is then this runner's alone; it plays on if this one was playing.

        Args:
            trainer: On this runner's device.
            preset: Where its config came from; by default that of this run.
        """
        plan = self._engine.promise_state(trainer.state_dict(), preset)
        self._restart([(self._engine, replace(plan, trainer=trainer))])

    def reset(self) -> None:
        """Begin again: same seed, same numbers, with the settings as they are now."""
        self.restart(self.config)

    def report(self, found: Report) -> None:
        """Take in metrics and findings made elsewhere; those of an earlier run are dropped."""
        self._tell(lambda engine: engine.report(found), urgent=False)

    def _observe(self, trainer: Trainer) -> None:
        for observer in self._observers:
            observer(self, trainer)
