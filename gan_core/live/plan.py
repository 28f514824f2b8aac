"""Plan: a run to be built, from the beginning of a config or from a state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gan_core.config import Change, Intervention, RunConfig, parse_config
from gan_core.record.frame import Verdict
from gan_core.training import Learned, Trainer


@dataclass(frozen=True)
class Plan:
    """A run to be built: from the beginning of a config, or from a state.

    Attributes:
        initial_config: What the run begins with.
        config: The config when it is built: that of the state.
        interventions: Changes to repeat or, with a state, those already made.
        state: From `Trainer.state_dict`, to go on from.
        trainer: That stands in the state already.
        begin_with: What another run has learned, in place of fresh weights.
        said: What was said of the run when it stood in the state; None if that is not known.
    """

    initial_config: RunConfig
    config: RunConfig
    interventions: tuple[Intervention, ...] = ()
    state: Mapping[str, Any] | None = None
    trainer: Trainer | None = None
    begin_with: Learned | None = None
    said: Verdict | None = None

    @classmethod
    def new(
        cls, config: RunConfig, interventions: Sequence[Intervention] = (), begin_with: Learned | None = None
    ) -> Plan:
        """Plan a run from its beginning."""
        return cls(config, config, tuple(sorted(interventions, key=lambda i: i.step)), begin_with=begin_with)

    @classmethod
    def of_state(cls, state: Mapping[str, Any], trainer: Trainer | None = None, said: Verdict | None = None) -> Plan:
        """Plan a run that goes on from a state."""
        initial = config = parse_config(state["config"])
        done = [Intervention.model_validate(i) for i in (*state["interventions"], *state["pending"])]
        for intervention in state["interventions"]:
            config = config.changed(intervention["changes"])
        return cls(initial, config, tuple(done), state, trainer, said=said)

    @property
    def story(self) -> tuple[Intervention, ...]:
        """Interventions done to the run, and those to be repeated."""
        if self.begin_with is None:
            return self.interventions
        return (Intervention(step=0, origin=self.begin_with.origin), *self.interventions)

    def build(self, device: str) -> Trainer:
        """Make the trainer."""
        trainer = self.trainer or Trainer(
            self.initial_config, interventions=self.interventions, device=device, begin_with=self.begin_with
        )
        if self.state is not None and self.trainer is None:
            trainer.load_state_dict(self.state)
        return trainer

    def retuned(self, change: Change) -> Plan:
        """Change settings of the plan: of its beginning, or of the state's run if it goes on from one."""
        config = change.onto(self.config).config
        return replace(self, config=config, initial_config=config if self.state is None else self.initial_config)
