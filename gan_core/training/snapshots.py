"""A moment of a run: what a trainer knows of itself, taken in an instant, to be made a snapshot of by any thread."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from torch import nn

from gan_core.config import Intervention, RunConfig
from gan_core.data import DATASETS, Dataset
from gan_core.game.objectives import Objective
from gan_core.record.frame import EntryFacts, Mark, Told
from gan_core.record.history import History, StepStats
from gan_core.record.snapshot import Snapshot
from gan_core.training import observe as view

MAX_MARKS: Final = 50


@dataclass(frozen=True)
class Moment:
    """All of a snapshot but what the networks have to say.

    Attributes:
        step: Finished steps.
        config: The config now.
        which: Whose samples are shown, "ema", "raw" or "both".
        has_ema: True if G is averaged.
        n_weights: Of the generator and the discriminator.
        stats: The newest numbers.
        interventions: What was done to the run so far.
        history: A copy.
        objective: The run's objective.
        fixed: What is looked at.
        data: The run's data.
        lost: Which known mode was lost first, in words, or "".
    """

    step: int
    config: RunConfig
    which: str
    has_ema: bool
    n_weights: tuple[int, int]
    stats: StepStats
    interventions: Sequence[Intervention]
    history: History
    objective: Objective
    fixed: view.Fixed
    data: Dataset
    lost: str = ""

    def snapshot(self, generator: nn.Module, discriminator: nn.Module, raw: nn.Module | None = None) -> Snapshot:
        """Run the networks, or copies of them, and put all together; it changes nothing.

        Args:
            generator: The shown one.
            discriminator: The discriminator.
            raw: The raw generator, to show its samples beside those of the shown one.
        """
        objective = self.objective
        header, arrays = view.observe(
            generator, discriminator, self.fixed, self.data, objective, packing=self.config.packing
        )
        if raw is not None:
            arrays |= view.observe_raw(raw, self.fixed, self.data)
        curves = self.history.curves()
        if not objective.probability:
            del curves["real_prob"], curves["fake_prob"]
        return Snapshot(self.step, {**header, **self._header()}, {**curves, **arrays})

    def _header(self) -> Told:
        objective, config, stats = self.objective, self.config, self.stats
        undecided = _undecided(objective)
        return {
            "step": self.step,
            "generator": self.which,
            "has_ema": self.has_ema,
            **facts_of(config, objective),
            "latent_dim": config.latent_dim,
            "prior": config.prior,
            "g_weights": self.n_weights[0],
            "d_weights": self.n_weights[1],
            "d_steps": config.d_steps,
            "g_steps": config.g_steps,
            "batch_size": config.batch_size,
            "stats": {
                **stats.as_dict(),
                "value": -stats.d_loss if objective.probability else None,
            },
            "optimum": {
                "d_loss": objective.d_optimum,
                "g_loss": objective.g_optimum,
                "d_label": objective.d_label,
                "g_label": objective.g_label,
                "prob": undecided,
                "prob_label": "" if undecided is None else f"{_share(undecided)}: cannot tell",
            },
            "marks": [_mark(i) for i in self.interventions],
        }


def _undecided(objective: Objective) -> float | None:
    """Return D's probability where it cannot tell: ½, or less where the labels are smoothed."""
    if not objective.probability or objective.threshold is None:
        return None
    return 1 / (1 + math.exp(-objective.threshold))


def _share(prob: float) -> str:
    return "½" if abs(prob - 0.5) < 1e-9 else f"{prob:.3g}"


def facts_of(config: RunConfig, objective: Objective) -> EntryFacts:
    """Tell what a reader of a frame must know of the run's data and objective, from their entries.

    Args:
        config: The run's config.
        objective: Its objective, with its settings applied.

    Returns:
        Header entries: both names; ``n_modes``, the number of known modes of the data;
        ``middle``, the logit at which D cannot tell, or None where only differences of logits have a meaning.
    """
    return {
        "data": config.data.name,
        "n_modes": DATASETS[config.data.name].modes,
        "objective": config.objective,
        "middle": objective.threshold,
    }


def _mark(intervention: Intervention) -> Mark:
    if intervention.update:
        label = f"lone {intervention.update.upper()} update"
    elif intervention.name:
        label = f"direction “{intervention.name}” " + ("named" if intervention.vector else "forgotten")
    elif intervention.origin is not None:
        label = f"began with what another run had learned in {intervention.origin.step:,} steps"
    else:
        label = ", ".join(f"{path} = {value}" for path, value in intervention.changes.items())
    return {"step": intervention.step, "label": label}
