"""A run that is played by hand: commands, one step at a time, frames. No thread, no sleep; the clock is an argument.

`Run.handle` takes a command in two halves. `Run.accept` validates it on the caller's thread, so that a wrong one is
refused at once and what was accepted can be read at once; what it makes is then taken between two steps: right away
where the run is played by hand, later where a `gan_core.live.driver.Driver` plays it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from gan_core.config import Change, Intervention, RunConfig
from gan_core.config.interventions import MAX_INTERVENTIONS
from gan_core.data import load_data
from gan_core.diagnosis import Finding, diverged_message
from gan_core.diagnosis.report import Report
from gan_core.errors import ConfigError
from gan_core.live import commands as do
from gan_core.live.clock import WALL
from gan_core.live.commands import RunCommand
from gan_core.live.display import Display, Sight, Tempo
from gan_core.live.plan import Plan
from gan_core.live.settings import Settings
from gan_core.live.status import RunStatus, State, header_of, status_of
from gan_core.metrics import Score
from gan_core.record.history import StepStats
from gan_core.record.snapshot import Snapshot, Which
from gan_core.training import Trainer

_ENDED: Final = ("diverged", "error")
_PROGRESS_EVERY: Final = 0.2
"""Seconds between two frames that say how far a download is."""


@dataclass(frozen=True)
class Show:
    """Show the samples of another generator."""

    which: Which


Accepted = Change | Plan | Report | Show | do.Step | do.NameDirection
"""A validated command, to be taken between two steps."""


class Run:
    """One run among its restarts.

    Args:
        config: What to train.
        interventions: What was done to the run that this one is to repeat.
        preset: Name of the preset that it came from, or "".
        device: Where to train.
        tempo: Of its driver.
        thread: Name of a thread that makes snapshots; "" to make them at once.
        observe: Called with the trainer whenever a snapshot is taken; must be quick.
        on_frame: Called with run, step and bytes of every new frame, on any thread.
        clock: The time.

    Attributes:
        preset: As given, or what was asked for later.
        state: What the run is doing.
        message: What happened and what to try, or "".
        run: Number of this run among the restarts, from 1.
        seconds: Time spent playing this run.
        phase: The half of a step that was done last, "d" or "g", where halves are shown apart; else "".
        waiting: True if a run is to be built.
        scoring: Step whose weights are being scored, or were last; -1 for none.
        display: What is shown of it.
        settings: Holds its config, its trainer and what was done to it.
        post: Brings what was accepted to where it is taken; a driver puts its queue there.
        published: Called when a frame shows the run as it is now.
    """

    def __init__(
        self,
        config: RunConfig,
        *,
        interventions: Sequence[Intervention] = (),
        preset: str = "",
        device: str = "cpu",
        tempo: Tempo | None = None,
        thread: str = "",
        observe: Callable[[Trainer], None] = lambda trainer: None,
        on_frame: Callable[[int, int, bytes], None] | None = None,
        clock: Callable[[], float] = WALL,
    ) -> None:
        self.preset = preset
        self.state: State = "paused"
        self.message = "Preparing the data."
        self.run = 0
        self.seconds = 0.0
        self.scoring = -1
        self.display = Display(thread, on_frame, clock)
        self.settings = Settings(Plan.new(config, interventions))
        self.post: Callable[[Accepted], None] = self.take
        self.published: Callable[[], None] = lambda: None
        self.tempo = Tempo() if tempo is None else tempo
        self._device, self._observe, self._clock = device, observe, clock
        self.waiting = True
        self.phase = ""
        self._n_lone = 0

    # -- what can be read, from any thread -------------------------------------------------------------------

    @property
    def trainer(self) -> Trainer | None:
        """The trainer, or None before the first run is built."""
        return self.settings.trainer

    @property
    def config(self) -> RunConfig:
        """The config now, accepted live changes included."""
        return self.settings.config

    @property
    def initial_config(self) -> RunConfig:
        """The config that the run began with."""
        return self.settings.initial_config

    @property
    def interventions(self) -> tuple[Intervention, ...]:
        """Interventions done to the run, and those still to be repeated."""
        return self.settings.interventions

    @property
    def step_count(self) -> int:
        """Finished steps."""
        trainer = self.trainer
        return 0 if trainer is None else trainer.step_count

    @property
    def n_together(self) -> int:
        """Runs that its thread trains in turn, this one included."""
        return self.tempo.n_runs

    @property
    def ended(self) -> bool:
        """True if the run cannot go on: playing on from NaN would stay NaN."""
        return self.state in _ENDED

    @property
    def scores(self) -> tuple[int, Mapping[str, Score]]:
        """The newest metrics, and the step that they are of."""
        return self.display.builder.scores

    @property
    def findings(self) -> Sequence[Finding]:
        """Findings of the diagnosis now, the gravest first."""
        return self.display.builder.findings

    @property
    def snapshot(self) -> Snapshot | None:
        """The newest snapshot."""
        return self.display.builder.snapshot

    def status(self, *, playing: bool = False) -> RunStatus:
        """All of it as one plain value.

        Args:
            playing: Whether it is meant to play.
        """
        return status_of(self, playing=playing)

    def frame(self, since: int = -1, which: Which | None = None) -> bytes | None:
        """Return the newest frame and ask for a newer one.

        Args:
            since: Serial of the frame that the caller has.
            which: Whose samples to show in the next ones; None for the same as before.

        Returns:
            The frame, or None if the caller has the newest.
        """
        if which is not None and which != self.display.which:
            self.post(Show(which))
        self.display.wanted, self.display.looked_at = True, self._clock()
        if self.post == self.take:  # played by hand: nobody else refreshes the picture
            if self.waiting:
                self.build()
            self.rest()
        newest = self.display.builder.frame
        return None if newest is None or newest[0] == since else newest[1]

    # -- commands, from any thread ---------------------------------------------------------------------------

    def handle(self, command: RunCommand[Any]) -> None:
        """Validate a command, and have it done between two steps.

        Raises:
            ConfigError: If it is not allowed; the run stays as it is.
        """
        self.post(self.accept(command))

    def accept(self, command: RunCommand[Any]) -> Accepted:
        """Validate a command; from now on the run is read as if it were done.

        Raises:
            ConfigError: If it is not allowed.
        """
        lasting = isinstance(command, do.Retune | do.NameDirection | do.Step) and command != do.Step()
        if lasting and len(self.interventions) >= MAX_INTERVENTIONS:
            raise ConfigError(f"this run has had {MAX_INTERVENTIONS:,} changes, and more are not kept: begin a new one")
        match command:
            case do.Retune():
                asked, config = command.changes, self.config
                change = (asked.onto(config) if isinstance(asked, Change) else config.change(asked)).while_running()
                self.settings.accept(change)
                return change
            case do.Restart():
                return self.plan(Plan.new(command.config, command.interventions), command.preset)
            case do.Reset():
                seed = {} if command.seed is None else {"seed": command.seed}
                return self.plan(Plan.new(self.config.changed(seed) if seed else self.config))
            case do.Step() | do.NameDirection():
                return command
        raise ConfigError(f"{type(command).__name__} is not for a run that is played by hand")

    def plan(self, plan: Plan, preset: str | None = None) -> Plan:
        """Accept a run to be built in place of this one.

        Args:
            plan: What to build.
            preset: Where its config came from; None if that stays as it is.
        """
        self.preset = self.preset if preset is None else preset
        self.settings.accept(plan)
        return plan

    def begin(self, plan: Plan, preset: str | None = None) -> None:
        """Replace this run by another; arguments as for `plan`. It plays on if this one was playing."""
        self.post(self.plan(plan, preset))

    def report(self, report: Report) -> None:
        """Take in metrics and findings made elsewhere; those of an earlier run are dropped."""
        self.post(report)

    # -- on the thread ---------------------------------------------------------------------------------------

    def take(self, accepted: Accepted) -> None:
        """Do what was accepted."""
        if isinstance(accepted, Change | Plan):
            try:
                self._begin(accepted) if isinstance(accepted, Plan) else self._retune(accepted)
            finally:
                self.settings.taken()
        elif isinstance(accepted, Report):
            if accepted.run == self.run:
                self.display.builder.report(accepted)
                self.display.stale = True
        elif isinstance(accepted, Show):
            self.display.which = accepted.which
            self.display.stale = True
        elif isinstance(accepted, do.NameDirection):
            self._name_direction(accepted)
        else:
            self._lone(accepted)

    def _begin(self, plan: Plan) -> None:
        self.settings.plan, self.waiting = plan, True

    def revive(self) -> None:
        """Begin again, with the settings as they are now."""
        self._begin(Plan.new(self.config))

    def build(self) -> None:
        """Make the run that was asked for."""
        plan = self.settings.plan
        assert plan is not None
        self.waiting = False
        self.display.clear()
        self.seconds, self.scoring, self.phase, self._n_lone = 0.0, -1, "", 0
        self.state = "queued"
        load_data(plan.initial_config.data, progress=self._show_progress)
        trainer = plan.build(self._device)
        self.run += 1  # before it counts as built: what is kept of the one before is known by its number
        self.settings.hold(trainer)
        self.display.aim(trainer)
        self.display.builder.recall(trainer.step_count, plan.said)
        self.state, self.message = "paused", ""
        self.look()
        self.publish()
        self.show_observers()

    def refuse(self) -> None:
        """Do not build the run that was asked for; `fail` says why."""
        self.waiting = False
        self.display.clear()

    def advance(self) -> None:
        """Make one step, building the run first if it is still to be built; end the run if it diverged."""
        if self.waiting:
            self.build()
        if self.trainer is None or self.ended:
            return
        self.step()
        self.check()

    def step(self) -> None:
        """Make one step, without looking at its numbers."""
        assert self.trainer is not None
        self.phase = ""
        self.trainer.step()

    def halves(self) -> Iterator[None]:
        """One step in two halves, each shown when it is done."""
        assert self.trainer is not None
        for half in self.trainer.halves():
            self.phase = half
            self.look()
            self.publish()
            yield
        self.show_observers()

    def check(self) -> None:
        """End the run if the last step's numbers are not finite."""
        assert self.trainer is not None
        stats = self.trainer.stats
        assert stats is not None
        if not stats.finite:
            self._diverge(stats)

    def enter(self, state: State) -> None:
        """Change the state; a run that stands shows where."""
        self.state = state
        if state == "playing":
            self.message = ""
            self.display.builder.begin_playing()
        stands = state == "paused" and self.trainer is not None
        if stands and self.picture_is_old:
            self.look()
        self.publish()
        if stands:  # last: the visitor who paused waits for the picture
            self.show_observers()

    def say(self, message: str) -> None:
        """Say something in the next frame."""
        self.message = message
        self.display.stale = True

    def fail(self, message: str) -> None:
        """End the run, saying why."""
        self.message = message
        self.state = "error"
        self.publish()

    @property
    def picture_is_old(self) -> bool:
        """True if the newest snapshot is not of this moment."""
        return self.trainer is not None and not self.display.is_of(self._sight)

    def rest(self) -> None:
        """Show what has changed while the run stands."""
        old = self.state == "paused" and self.picture_is_old
        if old:
            self.look()
        if old or self.display.stale:
            self.publish()
        if old:
            self.show_observers()

    def look(self) -> None:
        """Take a snapshot, and wait for it."""
        assert self.trainer is not None
        self.display.look(self.trainer, self._sight)

    def glance(self) -> None:
        """Start a snapshot and its frame while the training goes on."""
        self.display.glance(header_of(self), self._sight)
        self.show_observers()

    def publish(self) -> None:
        """Build the frame: the newest snapshot, and the run's state."""
        self.display.publish(header_of(self), self.trainer)
        self.published()

    def show_observers(self) -> None:
        """Let the observers see the run."""
        if self.trainer is not None:
            self._observe(self.trainer)

    def state_now(self) -> Mapping[str, Any] | None:
        """Copy the run's whole state, building the run first if need be; None if it could not be built."""
        if self.waiting:
            self.build()
        return None if self.trainer is None else self.trainer.state_dict()

    def close(self) -> None:
        """Free the trainer, the frame and the snapshot; config and interventions can still be read."""
        self.settings.close()
        self.waiting = False
        self.display.close()
        self.state = "closed"

    def _lone(self, command: do.Step) -> None:
        if self.waiting:
            self.build()
        trainer = self.trainer
        if trainer is None or self.ended:
            return
        if command.what == "step":
            stats = trainer.step()
            self.phase = ""
        else:
            stats = trainer.step_d() if command.what == "d" else trainer.step_g()
            self.phase = command.what
        self._n_lone += 1
        self.message = ""
        if trainer.step_count and not stats.finite and command.what == "step":
            self._diverge(stats)

    def _retune(self, change: Change) -> None:
        plan = self.settings.plan
        if plan is not None and (plan.state is None or not self.waiting):  # the next run begins with it
            self.settings.plan = plan.retuned(change)
            return
        if self.waiting:
            self.build()
        if self.trainer is not None:
            self.trainer.retune(change)
            self._n_lone += 1
            self.display.stale = True

    def _name_direction(self, command: do.NameDirection) -> None:
        if self.trainer is not None and not self.waiting:
            self.trainer.name_direction(command.name, command.vector)
            self._n_lone += 1
            self.display.stale = True

    def _diverge(self, stats: StepStats) -> None:
        assert self.trainer is not None
        self.message = diverged_message(stats, self.trainer.config)
        self.enter("diverged")

    @property
    def _sight(self) -> Sight:
        return self.run, self.step_count, self._n_lone

    def _show_progress(self, name: str, done: int, total: int) -> None:
        of = f" of {total / 1e6:.0f}" if total else ""
        self.message = f"Getting {name}: {done / 1e6:.0f}{of} MB."
        if self._clock() - self.display.builder.published > _PROGRESS_EVERY:
            self.publish()
