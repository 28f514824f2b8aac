"""The runner: one run on a thread of its own, for programs and for the pages' handle.

Commands may come from any thread and are taken between steps; what goes out are frames (`gan_core.record.frame`),
snapshots and plain values. Frames are built when somebody asks for one, at most `MAX_FRAME_RATE` a second, and at
every change of state. An exception or a NaN becomes a state with a message; the last good picture stays.

It is a `gan_core.live.run.Run` that a `gan_core.live.driver.Driver` plays.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

from gan_core.config import Intervention, RunConfig
from gan_core.diagnosis import Finding
from gan_core.diagnosis.report import Report
from gan_core.live import commands as do
from gan_core.live.clock import WALL, WallClock
from gan_core.live.commands import RunCommand
from gan_core.live.display import Tempo
from gan_core.live.driver import Driver
from gan_core.live.plan import Plan
from gan_core.live.queue import Slots
from gan_core.live.run import Run
from gan_core.live.status import RunStatus, State
from gan_core.live.transport import Transport
from gan_core.metrics import Score
from gan_core.record.frame import Verdict
from gan_core.record.snapshot import Snapshot, Which
from gan_core.training import Learned, Trainer

Observer = Callable[["Runner", Trainer], None]


class Runner(Transport):
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
        clock: The time.
        threaded: False to turn its `driver` by hand.

    Attributes:
        driver: The thread that plays it.
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
        clock: WallClock = WALL,
        threaded: bool = True,
    ) -> None:
        self._observers = tuple(observers)
        self.driver = Driver(Tempo(), slots=slots, visitor=visitor, observed=bool(observers), clock=clock)
        self._run = Run(
            config,
            interventions=interventions,
            preset=preset,
            device=device,
            tempo=self.driver.tempo,
            thread=f"view-{self.driver.key}" if threaded else "",
            observe=self._observe,
            on_frame=on_frame,
            clock=clock,
        )
        self.driver.add(self._run)
        if threaded:
            self.driver.start()

    def _observe(self, trainer: Trainer) -> None:
        for observer in self._observers:
            observer(self, trainer)

    # -- what can be read, from any thread -------------------------------------------------------------------

    @property
    def state(self) -> State:
        """State of the run."""
        return "closed" if self.driver.state == "closed" else self._run.state

    @property
    def message(self) -> str:
        """Message: what happened and what to try, or ""."""
        return self._run.message

    @property
    def preset(self) -> str:
        """Name of the preset that the run came from, or ""."""
        return self._run.preset

    @property
    def config(self) -> RunConfig:
        """The config now, accepted live changes included."""
        return self._run.config

    @property
    def initial_config(self) -> RunConfig:
        """The config that the run began with."""
        return self._run.initial_config

    @property
    def interventions(self) -> tuple[Intervention, ...]:
        """Interventions done to the run, and those still to be repeated."""
        return self._run.interventions

    @property
    def step_count(self) -> int:
        """Finished steps."""
        return self._run.step_count

    @property
    def seconds(self) -> float:
        """Time spent playing this run."""
        return self._run.seconds

    @property
    def run(self) -> int:
        """Number of this run among the restarts, from 1."""
        return self._run.run

    @property
    def n_together(self) -> int:
        """Runs that its thread trains in turn: this one."""
        return self._run.n_together

    @property
    def scoring(self) -> int:
        """Step whose weights are being scored, or were last; -1 for none."""
        return self._run.scoring

    @scoring.setter
    def scoring(self, step: int) -> None:
        self._run.scoring = step

    @property
    def scores(self) -> tuple[int, Mapping[str, Score]]:
        """The newest metrics, and the step that they are of."""
        return self._run.scores

    @property
    def findings(self) -> Sequence[Finding]:
        """Findings of the diagnosis now, the gravest first."""
        return self._run.findings

    @property
    def snapshot(self) -> Snapshot | None:
        """The newest snapshot."""
        return self._run.snapshot

    @property
    def trainer(self) -> Trainer | None:
        """The trainer itself, which belongs to the run's thread; None before the first run is built."""
        return self._run.trainer

    @property
    def status(self) -> RunStatus:
        """All of it as one plain value."""
        return self._run.status(playing=self.playing)

    def frame(self, since: int = -1, which: Which = "ema") -> bytes | None:
        """Return the newest frame and ask for a newer one.

        Args:
            since: Serial of the frame that the caller has.
            which: Whose samples to show in the next ones.

        Returns:
            The frame, or None if the caller has the newest.
        """
        return self._run.frame(since, which)

    # -- commands, from any thread ---------------------------------------------------------------------------

    def send(self, command: RunCommand[Any]) -> None:
        """Give a command as a value (`gan_core.live.commands`).

        Raises:
            ConfigError: If it is not allowed; the run stays as it is.
        """
        if not self.driver.send(command):
            self._run.handle(command)

    def step_d(self) -> None:
        """Pause and make one lone update of D."""
        self.send(do.Step("d"))

    def step_g(self) -> None:
        """Pause and make one lone update of G."""
        self.send(do.Step("g"))

    def retune(self, changes: Mapping[str, Any]) -> None:
        """Change live settings.

        Raises:
            ConfigError: If a value is not allowed or a setting needs `restart`.
        """
        self.send(do.Retune(changes))

    def name_direction(self, name: str, vector: str) -> None:
        """Keep a named direction of the latent space with the run; arguments as for `Trainer.name_direction`."""
        self.send(do.NameDirection(name, vector))

    def reset(self) -> None:
        """Begin again: same seed, same numbers, with the settings as they are now."""
        self.send(do.Reset())

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
        self._run.begin(Plan.new(config, interventions, begin_with), preset)

    def go_on(self, state: Mapping[str, Any], *, preset: str | None = None, said: Verdict | None = None) -> None:
        """Replace this run by one that goes on from a state; it plays on if this one was playing.

        Args:
            state: From `Trainer.state_dict`; it is not changed.
            preset: Where its config came from; by default that of this run.
            said: What was said of the run when it stood in this state, if that is known.
        """
        self._run.begin(Plan.of_state(state, said=said), preset)

    def adopt(self, trainer: Trainer, *, preset: str | None = None) -> None:
        """Replace this run by a trainer's, which is then this runner's alone; it plays on if this one was playing.

        Args:
            trainer: On this runner's device.
            preset: Where its config came from; by default that of this run.
        """
        self._run.begin(Plan.of_state(trainer.state_dict(), trainer), preset)

    def state_now(self, timeout: float = 5.0) -> Mapping[str, Any] | None:
        """Copy the run's whole state between two steps; not for the run's own thread.

        Args:
            timeout: Seconds to wait for the step in hand.

        Returns:
            As `Trainer.state_dict`; None if no run is there within that time.
        """
        return self.driver.ask(self._run, Run.state_now, timeout)

    def report(self, report: Report) -> None:
        """Take in metrics and findings made elsewhere; those of an earlier run are dropped."""
        self._run.report(report)
