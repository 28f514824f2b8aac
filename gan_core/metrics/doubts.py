"""Doubts: which of a run's scores something can fool, and by what, in one sentence each.

A doubt is a fact of its metric's entry: a function of the run's config, of its data and of how many samples were
scored, which gives a sentence or "". `benchmarks.sanity` shows what fools which metric.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from gan_core.config import RunConfig
    from gan_core.data import Dataset

__all__ = ["Doubt", "Situation", "first_of", "none"]

_CELLS: Final = 30
_FEW: Final = 500
_MANY: Final = 5_000
_SMALL_SIDE: Final = 16


@dataclass(frozen=True)
class Situation:
    """Facts that a doubt may depend on.

    Attributes:
        config: Of the run.
        n: Samples that were scored.
        n_train: Real samples that the run trains on; 0 where there is no end of them.
        held_out: Whether real samples are kept from it.
        n_modes: Known modes or classes of the data; 0 where none are known.
        sigma: Width of a mode over that of the data, where all are round and alike; NaN elsewhere.
        cell: Width of a cell of the histogram over that of a mode; NaN where this has none.
    """

    config: RunConfig
    n: int
    n_train: int = 0
    held_out: bool = False
    n_modes: int = 0
    sigma: float = math.nan
    cell: float = math.nan

    @classmethod
    def of(cls, config: RunConfig, data: Dataset, n: int) -> Situation:
        """Read it off a run."""
        if data.kind != "plane":
            return cls(config, n, data.n_train, data.held_out is not None, len(data.classes))
        modes = data.modes
        if modes is None or modes.sigma is None:
            return cls(config, n, n_modes=0 if modes is None else len(modes))
        x0, x1, *_ = data.frame
        return cls(config, n, 0, False, len(modes), modes.sigma / data.scale, (x1 - x0) / _CELLS / modes.sigma)


Doubt = Callable[[Situation], str]


def none(run: Situation) -> str:
    """Doubt nothing."""
    return ""


def first_of(*doubts: Doubt) -> Doubt:
    """Combine doubts: the first that applies is said."""
    return lambda run: next((said for doubt in doubts if (said := doubt(run))), "")


def alike(run: Situation) -> str:
    """Doubt quality where samples that are all alike would have it, and nothing in the game asks for variety."""
    config = run.config
    varied = config.conditional or config.packing > 1 or config.unroll or config.discriminator.minibatch != "none"
    if varied or run.n_modes == 1:
        return ""
    return "Samples that are all alike can score well here, and nothing in this game asks G for variety."


def copies(run: Situation) -> str:
    """Doubt likeness where copies of few training samples would have it."""
    if not 0 < run.n_train <= _MANY:
        return ""
    rest = "Closer to train shows it" if run.held_out else "no images are held out that could show it"
    return f"Copies of the {run.n_train:,} training images would score as well; {rest}."


def memorised(run: Situation) -> str:
    """Doubt right words where a list of the training words would score best."""
    if not run.n_train:
        return ""
    return f"Writing down the {run.n_train:,} training words would score best; Novel shows how many are not of them."


def pixels(run: Situation) -> str:
    """Doubt neighbours where distances are between many pixels."""
    side = run.config.data_shape[-1]
    if len(run.config.data_shape) < 3 or side < _SMALL_SIDE:
        return ""
    return f"Nearness is by {side} × {side} pixels: a picture that is moved by one counts as another."


def left_out(run: Situation) -> str:
    """Doubt variety that is an average, which one mode of several hardly changes."""
    if run.n_modes < 3:
        return ""
    return f"One of the {run.n_modes} modes or classes left out hardly moves it."


def thin(run: Situation) -> str:
    """Doubt modes where samples can only lie along a line."""
    if run.config.latent_dim > 1 or len(run.config.data_shape) > 1:
        return ""
    return "A mode that is drawn as a thin line counts in full, and z is a single number."


def coarse(run: Situation) -> str:
    """Doubt a histogram whose cells are wider than a mode."""
    if not run.cell > 2:
        return ""
    return f"Its cells are {run.cell:.0f} times as wide as a mode's σ: too narrow or too wide modes hardly move it."


def large_scale(run: Situation) -> str:
    """Doubt distances that see the whole, where modes are small."""
    if not run.sigma < 0.1:
        return ""
    return f"A mode's σ is {run.sigma:.1%} of the data's: modes of a wrong width hardly move it."


def chance(run: Situation) -> str:
    """Doubt a share of few samples."""
    if run.n >= _FEW:
        return ""
    return f"Of {run.n} samples, chance alone moves it by ±{1 / math.sqrt(run.n):.0%}."


def asked(run: Situation) -> str:
    """Doubt the balance of classes that were asked for."""
    if not run.config.conditional:
        return ""
    return (
        "G is asked for all classes evenly; whether each sample is of the class that was asked for, this does not say."
    )
