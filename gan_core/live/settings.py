"""Settings of a run: its config, held once, with what was done to it. May be read from any thread."""

from __future__ import annotations

from collections import deque

from gan_core.config import Change, Intervention, RunConfig
from gan_core.live.plan import Plan
from gan_core.training import Trainer


class Settings:
    """The one holder of a run's config: what was accepted last, else the run to be built, else the trainer.

    Args:
        plan: The first run to be built.

    Attributes:
        plan: The run to be built, or one that could not be; None once there is its trainer.
        trainer: Of the run that was built last, or None.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan: Plan | None = plan
        self.trainer: Trainer | None = None
        self._accepted: deque[Change | Plan] = deque()

    @property
    def config(self) -> RunConfig:
        """The config now, accepted live changes included."""
        try:
            return self._accepted[-1].config
        except IndexError:
            return self._held.config

    @property
    def initial_config(self) -> RunConfig:
        """The config that the run began with."""
        return self._begun.initial_config

    @property
    def interventions(self) -> tuple[Intervention, ...]:
        """Interventions done to the run, and those still to be repeated."""
        return self._begun.story

    @property
    def built(self) -> bool:
        """True if the run that was asked for last has its trainer."""
        return not isinstance(self._begun, Plan)

    def accept(self, accepted: Change | Plan) -> None:
        """Read the run from now on as if this were done; on the caller's thread."""
        self._accepted.append(accepted)

    def taken(self) -> None:
        """Forget the oldest thing that was accepted: it is done."""
        self._accepted.popleft()

    def hold(self, trainer: Trainer) -> None:
        """Put the trainer in the plan's place."""
        self.trainer = trainer
        self.plan = None

    def close(self) -> None:
        """Free the trainer; all else can still be read."""
        self.plan = Plan(self.initial_config, self.config, self.interventions)
        self._accepted.clear()
        self.trainer = None

    @property
    def _begun(self) -> Plan | Trainer:
        """Holder of the run's beginning: the run that was asked for last, or the present one."""
        plans = [plan for plan in tuple(self._accepted) if isinstance(plan, Plan)]
        return plans[-1] if plans else self._held

    @property
    def _held(self) -> Plan | Trainer:
        while (held := self.plan or self.trainer) is None:
            pass  # one takes the other's place at this moment
        return held
