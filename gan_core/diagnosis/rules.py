"""Rules: what each finding looks like, as a condition on every look of a run.

A rule is a pure function of the series and the config; it knows nothing of persistence, which is the same for all
(`gan_core.diagnosis.findings`), and it looks back only, so that a longer series never changes an earlier answer.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from gan_core.config import RunConfig
from gan_core.diagnosis.features import Flags, Series
from gan_core.diagnosis.thresholds import limit
from gan_core.game.objectives import OBJECTIVES

Rule = Callable[[Series, RunConfig], Flags]


def bottleneck(config: RunConfig) -> tuple[str, int] | None:
    """Find the player whose narrowest hidden layer is too narrow for the data, and its width."""
    floor = limit("narrow_plane" if len(config.data_shape) == 1 else "narrow_images")
    for player in ("generator", "discriminator"):
        part = getattr(config, player)
        if part.kind == "mlp" and (not part.widths or min(part.widths) < floor):
            return player, min(part.widths, default=0)
    return None


def has_optimum(config: RunConfig) -> bool:
    """Return True if D's loss has a scale: a value at equilibrium that is not zero."""
    return optimum(config) is not None


def optimum(config: RunConfig) -> float | None:
    """D's loss at equilibrium; None where it has no scale."""
    return OBJECTIVES[config.objective].d_optimum or None


def divergence(s: Series, config: RunConfig) -> Flags:
    """Find where D's answers are out of all bounds."""
    scale = "critic" if OBJECTIVES[config.objective].unbounded else "logit"
    return s["logit"] >= limit(scale)


def vanishing_gradient(s: Series, config: RunConfig) -> Flags:
    """Find where D is sure and G's gradient has all but vanished."""
    share = s["g_grad"] / np.maximum(s["g_grad_peak"], 1e-30)
    return (share <= limit("vanished")) & (s["accuracy"] >= limit("sure"))


def discriminator_overpowers(s: Series, config: RunConfig) -> Flags:
    """Find where D's loss is that of a won game and the samples are unlike the data."""
    at_equilibrium = optimum(config)
    assert at_equilibrium is not None
    won = (s["d_loss"] <= limit("won") * at_equilibrium) & (s["accuracy"] >= limit("sure"))
    return won & (s["two_sample"] >= limit("unlike"))


def discriminator_dead(s: Series, config: RunConfig) -> Flags:
    """Find where D cannot tell samples that are plainly unlike the data, and nothing gets better."""
    # A D that G has long outrun is not even wrong by chance: it takes every generated sample for real. One that is
    # right by little and yet orders the samples teaches G all the same.
    blind = s.mean("auc") <= 0.5 + limit("even_accuracy")
    at_equilibrium = optimum(config)
    if at_equilibrium is not None:
        blind &= s.mean("accuracy") <= 0.5 + limit("even_accuracy")
        blind &= s.mean("d_loss") >= (1 - limit("even_loss")) * at_equilibrium
    else:
        # A critic whose answers all but agree teaches nothing, however surely it orders them.
        blind |= np.abs(s.mean("d_loss")) <= limit("flat")
    off = (s.mean("two_sample") >= limit("unlike")) & ~(s.mean("precision") >= limit("plausible"))
    # A spot on the border of two regions changes them at every little move; one that is chased changes them all.
    return blind & off & (s.moved < limit("chase")) & ~_gains(s)


def mode_collapse(s: Series, config: RunConfig) -> Flags:
    """Find where much of the data is missing, or the samples are too alike, and they do not spread out."""
    return collapsed(s, config) & ~_spreads(s)


def collapsed(s: Series, config: RunConfig) -> Flags:
    """Find where much of the data is missing, or the samples are too alike."""
    return (s["missing"] >= limit("missing")) | (s["diversity"] <= limit("diversity"))


def some_missing(s: Series, config: RunConfig) -> Flags:
    """Find where some of the data has been missing for long and is not being filled."""
    lost = s.mean("missing")
    filling = s.ago(lost, 3 * limit("window")) - lost > limit("missing_some") / 2
    return (lost >= limit("missing_some")) & ~filling & ~_spreads(s) & (s.step >= limit("early"))


def oscillation(s: Series, config: RunConfig) -> Flags:
    """Find where the samples run from place to place and do not come nearer to the data."""
    # Every generator moves at first, on its way to the data.
    return circling(s, config) & ~_rises(s) & (s.step >= limit("early") / 2)


def circling(s: Series, config: RunConfig) -> Flags:
    """Find where the samples change their regions and much of the data is missing."""
    return (s.moved >= limit("cycling")) & (s["missing"] >= limit("missing"))


def _spreads(s: Series) -> Flags:
    """Find where the samples still spread out over the data: slowly is no collapse.

    A spot that jumps about now hits more regions and now fewer: what it gains it has lost elsewhere.
    """
    filling = s.ago("missing", limit("window")) - s["missing"] > limit("missing_some")
    return (filling & (s.moved < limit("chase"))) | _rises(s)


def _rises(s: Series) -> Flags:
    """Find where samples that are somewhat like the data become more varied.

    A spot that jumps about is now more varied and now less, but always apart from the data.
    """
    varied = s.mean("diversity")
    rising = varied - s.ago(varied, limit("window")) > limit("spreading")
    return rising & (s.mean("two_sample") <= limit("apart"))


def within_mode_collapse(s: Series, config: RunConfig) -> Flags:
    """Find where the samples lie on the data but cover little of each mode."""
    return _thin(s, config) & (s.mean("recall") <= limit("narrow"))


def still_thin(s: Series, config: RunConfig) -> Flags:
    """Find where the samples still cover little of each mode, once they have been called so."""
    return _thin(s, config) & (s.mean("recall") <= limit("narrow_still"))


def _thin(s: Series, config: RunConfig) -> Flags:
    sharp = s.mean("precision") >= limit("plausible")
    if len(config.data_shape) > 1:  # early, blurred images have no recall either, but they lie near most real ones
        sharp &= s.mean("coverage") <= limit("uncovered")
    return sharp & (s.mean("missing") < limit("missing_some"))


def memorisation(s: Series, config: RunConfig) -> Flags:
    """Find where plausible, varied samples are copies, or D knows its training images by heart."""
    varied = (s["diversity"] >= limit("diversity")) & (s["missing"] <= 0.75)
    plausible = s.mean("precision") >= 0.5
    held = (s.mean("overfit") >= limit("overfit")) & (s.mean("auc") >= 0.55)
    copied = (s.mean("closer") >= limit("closer")) | (s.mean("copies") <= limit("copies"))
    by_heart = (s["n_train"] > 0) & (s["n_train"] <= limit("few")) & ~np.isfinite(s["overfit"])
    by_heart &= s.mean("auc") >= limit("by_heart")
    return varied & plausible & (held | copied | by_heart)


def low_capacity(s: Series, config: RunConfig) -> Flags:
    """Find where the samples settle apart from the data although the game is even, or a layer is too narrow."""
    apart = s.mean("two_sample")
    now = s.mean("two_sample", limit("patience") / 3)
    settled = (s.step >= 2 * limit("patience")) & (s.ago(now, limit("patience")) - now < limit("progress"))
    if bottleneck(config) is not None:
        return ((apart >= limit("unlike")) | settled & (apart >= limit("short"))) & (s.moved < limit("cycling"))
    spread, told = s["missing"] <= 0.8, s.mean("accuracy") >= 0.6
    return (apart >= limit("unlike")) & spread & (s.moved < limit("still")) & told & settled


def _gains(s: Series) -> Flags:
    """Find where the samples have come nearer to the data within a window."""
    now = s.mean("two_sample")
    return s.ago(now, limit("window")) - now >= limit("progress")


def settled(s: Series) -> int | None:
    """Step since which the samples have stopped coming nearer to the data, or None."""
    patience, progress = limit("patience"), limit("progress")
    level = s.mean("two_sample", patience / 3)
    gain = s.ago(level, patience) - level
    settled_at: float | None = None
    best = math.inf
    for step, now, gained in zip(s.step.tolist(), level.tolist(), gain.tolist(), strict=True):
        if settled_at is None and gained < progress and step >= 2 * patience:
            settled_at, best = step, now
        elif settled_at is not None and best - now > 3 * progress:
            settled_at = None
    return None if settled_at is None else int(settled_at)


def any_time(s: Series) -> int | None:
    """First step at which anything may be said of a run."""
    return int(s.step[np.searchsorted(s.step, limit("early"))])
