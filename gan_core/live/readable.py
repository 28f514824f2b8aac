"""What can be read of a run, whoever plays it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gan_core.config import Intervention, RunConfig
from gan_core.diagnosis import Finding
from gan_core.live.run import Engine
from gan_core.metrics import Score


class Readable:
    """A run as it can be read from any thread."""

    _engine: Engine

    @property
    def message(self) -> str:
        """What happened and what to try, or ""."""
        return self._engine.message

    @property
    def preset(self) -> str:
        """Name of the preset that the run came from, or ""."""
        return self._engine.preset

    @property
    def config(self) -> RunConfig:
        """The config now, accepted live changes included."""
        return self._engine.config

    @property
    def initial_config(self) -> RunConfig:
        """The config that the run began with."""
        return self._engine.initial_config

    @property
    def interventions(self) -> tuple[Intervention, ...]:
        """What was done to the run, and what it is still to repeat."""
        return self._engine.story

    @property
    def step_count(self) -> int:
        """Finished steps."""
        return self._engine.step_count

    @property
    def seconds(self) -> float:
        """Time spent playing this run."""
        return self._engine.seconds

    @property
    def run(self) -> int:
        """Number of this run among the restarts, from 1."""
        return self._engine.run

    @property
    def scores(self) -> tuple[int, Mapping[str, Score]]:
        """The newest metrics, and the step that they are of."""
        return self._engine.builder.scores

    @property
    def findings(self) -> Sequence[Finding]:
        """What the diagnosis says of the run now, the gravest first."""
        return self._engine.builder.findings
