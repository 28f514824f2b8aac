"""Status of a run: what can be said of it at any time, as a frozen plain value; torch-free."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gan_core.config import Intervention, RunConfig
from gan_core.record.frame import Playing, State

if TYPE_CHECKING:
    from gan_core.diagnosis import Finding
    from gan_core.live.run import Run
    from gan_core.metrics import Score

__all__ = ["RunStatus", "State"]


@dataclass(frozen=True)
class RunStatus:
    """One run now.

    Attributes:
        state: What it is doing.
        playing: True if it is meant to play; it may be queued.
        message: What happened and what to try, or "".
        run: Number of this run among the restarts, from 1; 0 before the first is built.
        step: Finished steps.
        seconds: Time spent playing this run.
        preset: Name of the preset that it came from, or "".
        config: The config now, accepted live changes included.
        initial_config: The config that it began with.
        interventions: What was done to it, and what it is still to repeat.
        findings: What the diagnosis says of it, the gravest first.
        scores: The newest metrics by name.
        scores_step: The step that the metrics are of.
        built: True once there are networks of ``config``; False while a run that was asked for is still to be built.
    """

    state: State
    playing: bool
    message: str
    run: int
    step: int
    seconds: float
    preset: str
    config: RunConfig
    initial_config: RunConfig
    interventions: tuple[Intervention, ...]
    findings: Sequence[Finding]
    scores: Mapping[str, Score]
    scores_step: int
    built: bool


def status_of(run: Run, *, playing: bool) -> RunStatus:
    """Read the status of a run.

    Args:
        run: The run.
        playing: Whether it is meant to play.
    """
    scores_step, scores = run.scores
    return RunStatus(
        state=run.state,
        playing=playing,
        message=run.message,
        run=run.run,
        step=run.step_count,
        seconds=run.seconds,
        preset=run.preset,
        config=run.config,
        initial_config=run.initial_config,
        interventions=run.interventions,
        findings=run.findings,
        scores=scores,
        scores_step=scores_step,
        built=run.settings.built,
    )


def header_of(run: Run) -> Playing:
    """Return what a frame's header says of the run's state."""
    return {
        "run": run.run,
        "state": run.state,
        "message": run.message,
        "position": run.tempo.place,
        "phase": run.phase,
        "pace": run.tempo.pace,
        "stop_at": run.tempo.stop_at,
        "seconds": run.seconds,
        "preset": run.preset,
    }
