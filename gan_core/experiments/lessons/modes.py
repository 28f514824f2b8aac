"""Modes: where the followed samples of a lesson's run were at each step, and how many modes they reach."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from gan_core.data import Points
from gan_core.data.modes import SIDES
from gan_core.experiments.lessons.watch import Log, Watched

FAIR: Final = 0.2
"""A mode is reached while at least this share of its fair share of the samples is nearest to it."""
LAST: Final = 100
"""Steps at the end over which means are taken."""


@dataclass(frozen=True)
class ModesFound:
    """State of a run at its end.

    Attributes:
        reached: Modes that are reached, median of the last steps.
        d_loss: Mean of D's loss over the last steps.
        g_loss: The same of G's loss.
        words: For the braces in a lesson's text.
        row: The run in a table of runs.
    """

    reached: int
    d_loss: float
    g_loss: float
    words: dict[str, str]
    row: dict[str, str]


def modes_found(trainer: Watched) -> ModesFound:
    """Count the modes that a run on ``ring-8`` reaches, and its losses meanwhile."""
    assert isinstance(trainer.data, Points)
    counts = _counts(trainer.log.owners)[-LAST:]
    reached = int(np.median((counts >= _enough(trainer.log)).sum(1)))  # a spot between two modes counts for both
    last = trainer.log.stats[-LAST:]
    means = {
        name: float(np.mean([getattr(s, name) for s in last]))
        for name in ("d_loss", "g_loss", "real_prob", "fake_prob")
    }
    words = {
        "steps": f"{len(trainer.log.stats):,}",
        "last": str(len(last)),
        "reached": f"{reached} of {counts.shape[1]}",
        "d_loss": f"{means['d_loss']:.2f}",
        "g_loss": f"{means['g_loss']:.2f}",
        "real_prob": f"{means['real_prob']:.0%}",
        "fake_prob": f"{means['fake_prob']:.0%}",
    }
    row = {
        "seed": str(trainer.config.seed),
        "packing": str(trainer.config.packing),
        "modes reached": words["reached"],
        "D's loss": words["d_loss"],
        "G's loss": words["g_loss"],
        "D(x)": words["real_prob"],
        "D(G(z))": words["fake_prob"],
    }
    return ModesFound(reached, means["d_loss"], means["g_loss"], words, row)


def occupancy(log: Log) -> NDArray[np.int64]:
    """Count the samples near each mode: nearer to it than half the way to the next one; ``[steps + 1, modes]``."""
    return _counts([np.where(near, owners, -1) for owners, near in zip(log.owners, log.near, strict=True)])


def _counts(owners: list[NDArray[Any]]) -> NDArray[np.int64]:
    n_modes = max(len(SIDES), 1 + max(int(o.max()) for o in owners))
    return np.array([np.bincount(o[o >= 0], minlength=n_modes) for o in owners])


def _enough(log: Log) -> float:
    """Count the samples near a mode that make it reached."""
    return FAIR * len(log.owners[0]) / len(SIDES)
