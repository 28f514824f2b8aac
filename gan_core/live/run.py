"""The engine: all that a run is, but for the thread that drives it.

The methods under "on the thread", and those that show the run (`Shown`), are called between steps by one `Transport`;
everything else may be read from any thread.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from gan_core.config import Intervention, RunConfig, parse_config
from gan_core.data import load_data
from gan_core.diagnosis import diverged_message
from gan_core.live.shown import Shown, Tempo
from gan_core.record.history import StepStats
from gan_core.training import Learned, Trainer


@dataclass(frozen=True)
class Plan:
    """What the next run is to be: a config from its beginning, or from a state on."""

    config: RunConfig
    interventions: tuple[Intervention, ...] = ()
    state: Mapping[str, Any] | None = None
    number: int = 0  # of the request: a later one may already be waiting
    trainer: Trainer | None = None  # that stands in the state already
    begin_with: Learned | None = None  # in place of fresh weights


class Engine(Shown):
    """A run without a thread.

    Args:
        config: What to train.
        interventions: What was done to the run that this one is to repeat.
        preset: Name of the preset that it came from, or "".
        tempo: Of its transport.
        device: Where to train.
        name: Of the camera's thread.
        observe: Called with the trainer whenever a snapshot is taken; must be quick.
        on_frame: Called with run, step and bytes of every new frame, on any thread.

    Attributes:
        config: The config now, accepted live changes included.
        initial_config: The config that the run began with.
        story: What was done to the run, and what it is still to repeat.
    """

    def __init__(
        self,
        config: RunConfig,
        *,
        interventions: Sequence[Intervention],
        preset: str,
        tempo: Tempo,
        device: str,
        name: str,
        observe: Callable[[Trainer], None],
        on_frame: Callable[[int, int, bytes], None] | None,
    ) -> None:
        super().__init__(preset, tempo, name, observe, on_frame)
        self.config = self.initial_config = self._followed = config
        self.story = tuple(interventions)
        self._device = device
        self._asked = 0
        self._plan: Plan | None = Plan(config, tuple(interventions))

    # -- from any thread -------------------------------------------------------------------------------------

    @property
    def step_count(self) -> int:
        """Finished steps."""
        trainer = self.trainer
        return 0 if trainer is None else trainer.step_count

    def promise(
        self,
        config: RunConfig,
        interventions: Sequence[Intervention] = (),
        preset: str | None = None,
        state: Mapping[str, Any] | None = None,
        begin_with: Learned | None = None,
    ) -> Plan:
        """Say at once what is asked for; the plan is then to be given to `begin`.

        Args:
            config: What the run is to begin with.
            interventions: What is to be repeated or, with a state, was done.
            preset: Where the config came from; None if that stays as it is.
            state: From `Trainer.state_dict`, to go on from.
            begin_with: What another run has learned; the story then begins with that.
        """
        self.config = self.initial_config = config
        self.story = tuple(interventions)
        if begin_with is not None:
            self.story = (Intervention(step=0, origin=begin_with.origin), *self.story)
        self.preset = self.preset if preset is None else preset
        self._asked += 1
        return Plan(config, tuple(interventions), state, self._asked, begin_with=begin_with)

    def promise_state(self, state: Mapping[str, Any], preset: str | None = None) -> Plan:
        """As `promise`, for a run that goes on from a state."""
        config = parse_config(state["config"])
        done = [Intervention.model_validate(i) for i in (*state["interventions"], *state["pending"])]
        plan = self.promise(config, done, preset, state)
        for intervention in state["interventions"]:
            config = config.changed(intervention["changes"])
        self.config = config
        return plan

    # -- on the thread ---------------------------------------------------------------------------------------

    @property
    def waiting(self) -> bool:
        """True if a run is to be built."""
        return self._plan is not None

    def begin(self, plan: Plan) -> None:
        """Have this run built next."""
        self._plan = plan

    def revive(self) -> None:
        """Begin again, with the settings as they are now."""
        self._plan = Plan(self.config, number=self._asked)

    def build(self) -> None:
        """Make the run that was asked for."""
        assert self._plan is not None
        plan, self._plan = self._plan, None
        config = plan.config
        self._snapshots.settle()
        self._begin_showing()
        self._followed = config
        if plan.number == self._asked:  # else what is to be read is what was asked for last
            self.config = self.initial_config = config
            self.story = tuple(sorted(plan.interventions, key=lambda i: i.step))
            if plan.begin_with is not None:
                self.story = (Intervention(step=0, origin=plan.begin_with.origin), *self.story)
        self.state = "queued"
        load_data(config.data, progress=self._show_progress)
        trainer = plan.trainer or Trainer(
            config, interventions=plan.interventions, device=self._device, begin_with=plan.begin_with
        )
        self.trainer = trainer
        if plan.state is not None:
            if plan.trainer is None:
                trainer.load_state_dict(plan.state)
            self._followed = trainer.config
            if plan.number == self._asked:
                self.config = trainer.config
        self._snapshots.aim(trainer)
        self.run += 1
        self.state, self.message = "paused", ""
        self.look()
        self.publish()
        self.show_observers()

    def step(self) -> None:
        """One step."""
        assert self.trainer is not None
        self._phase = ""
        self.trainer.step()
        self._follow(self.trainer)

    def halves(self) -> Iterator[None]:
        """One step in two halves, each shown when it is done."""
        assert self.trainer is not None
        for half in self.trainer.halves():
            self._phase = half
            self.look()
            self.publish()
            yield
        self.show_observers()
        self._follow(self.trainer)

    def check(self) -> None:
        """End the run if the last step's numbers are not finite."""
        assert self.trainer is not None
        stats = self.trainer.stats
        assert stats is not None
        if not stats.finite:
            self._diverge(stats)

    def lone(self, what: Literal["step", "d", "g"]) -> None:
        """One step or one lone update, if the run can make one."""
        if self._plan is not None:
            self.build()
        trainer = self.trainer
        if trainer is None or self.ended:
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
        self.message = ""
        if trainer.step_count and not stats.finite and what == "step":
            self._diverge(stats)

    def retune(self, changes: Mapping[str, Any]) -> None:
        """Change live settings of the run, or of the one that is to be built."""
        if self._plan is not None and self._plan.state is None:  # the new run begins with it
            self._plan = replace(self._plan, config=self._plan.config.changed(changes))
            return
        if self._plan is not None:
            self.build()
        if self.trainer is not None:
            self.trainer.retune(changes)
            self._note(self.trainer)
            self._follow(self.trainer)
            self._dirty = True
            self._lone += 1

    def state_now(self) -> Mapping[str, Any] | None:
        """A copy of all that the run is, or of the one that is to be built; None if it could not be."""
        if self._plan is not None:
            self.build()
        return None if self.trainer is None else self.trainer.state_dict()

    def name_direction(self, name: str, vector: str) -> None:
        """Have the run remember a direction of its latent space."""
        if self.trainer is not None and self._plan is None:
            self.trainer.name_direction(name, vector)
            self._note(self.trainer)
            self._dirty = True
            self._lone += 1

    def close(self) -> None:
        """Let go of everything."""
        self._snapshots.close()
        self.trainer = None
        self.builder.release()
        self.state = "closed"

    def _diverge(self, stats: StepStats) -> None:
        assert self.trainer is not None
        self.message = diverged_message(stats, self.trainer.config)
        self.enter("diverged")

    def _note(self, trainer: Trainer) -> None:
        """Take the trainer's newest intervention into the story, before what is still to be repeated."""
        done = trainer.interventions
        self.story = (*done, *self.story[len(done) - 1 :])

    def _follow(self, trainer: Trainer) -> None:
        """Take over what the trainer's config has become, also by what it repeats from a link."""
        if trainer.config is not self._followed:
            self.config = self._followed = trainer.config

    def _show_progress(self, name: str, done: int, total: int) -> None:
        of = f" of {total / 1e6:.0f}" if total else ""
        self.message = f"Getting {name}: {done / 1e6:.0f}{of} MB."
        if time.perf_counter() - self.builder.published > 0.2:
            self.publish()
