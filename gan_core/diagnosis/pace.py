"""Pace: how much a step of a config can change, measured by its own networks and rates.

An adaptive optimiser moves each weight by about its rate in a step, whatever the loss. What that means depends on how
large the weights are: they begin with a standard deviation of 1/√(3 · inputs). Rates of a seventy-fifth of it are usual
(7e-4 at 128 inputs, 5e-4 at 256); a tenth throws a network about, and far less leaves it where it is.
"""

from __future__ import annotations

import math
from typing import Final

from gan_core.config import RunConfig
from gan_core.config.names import ARTICLE_WIDTHS_G, SIZED_UPDATES
from gan_core.config.sizes import DCGAN_KERNEL, WAVE_KERNEL

__all__ = ["SLOWEST", "USUAL", "pace", "player_pace", "usual_size"]

USUAL: Final = 1 / 75
"""Rate over the weights' size."""
SLOWEST: Final = 0.2
"""Pace below which a run is not waited for any longer."""


def usual_size(config: RunConfig, player: str) -> float:
    """Return the standard deviation with which the weights of a player's widest part begin.

    Args:
        config: Of the run.
        player: "generator" or "discriminator".
    """
    part = getattr(config, player)
    if part.kind == "wavegan":
        return math.sqrt(2 / (part.width * WAVE_KERNEL // 2))
    if part.kind == "dcgan":
        inputs = part.width * DCGAN_KERNEL**2 // 2
    else:
        inputs = max(ARTICLE_WIDTHS_G if part.kind == "article" else part.widths, default=config.latent_dim)
    return 1 / math.sqrt(3 * max(1, inputs))


def player_pace(config: RunConfig, player: str) -> float:
    """Return the size of one update, in updates of the usual rate; NaN for an optimiser whose updates have no size.

    Args:
        config: Of the run.
        player: "generator" or "discriminator".
    """
    letter = player[0]
    if getattr(config, f"optimizer_{letter}") not in SIZED_UPDATES:
        return math.nan
    rate: float = getattr(config, f"lr_{letter}")
    return rate / usual_size(config, player) / USUAL


def pace(config: RunConfig) -> float:
    """Return how much a step can change, of what a step of the usual rates can: `SLOWEST` to 1.

    Larger steps do not make a run older: the noise of a batch is the same in each.
    """
    ours = [player_pace(config, player) for player in ("generator", "discriminator")]
    known = [p for p in ours if not math.isnan(p)]
    return min(1.0, max(SLOWEST, *known)) if len(known) == len(ours) else 1.0
