"""Rules: what each finding looks like, as a condition on every look of a run.

A rule is a pure function of the series and the config; it knows nothing of persistence, which is the same for all
(`gan_core.diagnosis.findings`), and it looks back only, so that a longer series never changes an earlier answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gan_core.config import RunConfig
from gan_core.diagnosis.features import Signs
from gan_core.diagnosis.thresholds import limit
from gan_core.game.objectives import OBJECTIVES

__all__ = ["RULES", "STAYS", "Series", "bottleneck"]

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


class Series:
    """The looks at a run as columns.

    Attributes:
        step: `[n]`, ascending.
        moved: Share of the raw generator's samples that changed their region since the look before, averaged over the
            last ``window`` steps, `[n]`.
    """

    def __init__(self, looks: Sequence[Signs]) -> None:
        names = [field.name for field in fields(Signs) if field.name != "raw_shares"]
        self._columns = {name: np.array([getattr(look, name) for look in looks], dtype=np.float64) for name in names}
        self.step: Floats = self._columns["step"]
        shares = np.array([look.raw_shares for look in looks])
        change = np.abs(np.diff(shares, axis=0)).sum(1) / 2
        self.moved = self.mean(np.concatenate(([0.0], change)))

    def __getitem__(self, name: str) -> Floats:
        return self._columns[name]

    def mean(self, values: Floats | str, steps: float | None = None) -> Floats:
        """Of each look and those before it, as far back as ``steps`` (by default the window); NaN counts as absent."""
        x = self[values] if isinstance(values, str) else values
        there = np.isfinite(x)
        first = self._first(limit("window") if steps is None else steps)
        total = np.concatenate(([0.0], np.cumsum(np.where(there, x, 0.0))))
        count = np.concatenate(([0], np.cumsum(there)))
        end = np.arange(1, len(x) + 1)
        with np.errstate(invalid="ignore"):
            out: Floats = (total[end] - total[first]) / (count[end] - count[first])
        return out

    def ago(self, values: Floats | str, steps: float) -> Floats:
        """The value ``steps`` earlier, from the last look that is at least so old; NaN where there is none."""
        x = self[values] if isinstance(values, str) else values
        at = np.searchsorted(self.step, self.step - steps, side="right") - 1
        return np.where(at >= 0, x[np.maximum(at, 0)], np.nan)

    def _first(self, steps: float) -> NDArray[np.intp]:
        return np.searchsorted(self.step, self.step - steps, side="right")


Rule = Callable[[Series, RunConfig], Flags]


def bottleneck(config: RunConfig) -> tuple[str, int] | None:
    """The player whose narrowest hidden layer is too narrow for the data, and its width."""
    floor = limit("narrow_plane" if len(config.data_shape) == 1 else "narrow_images")
    for player in ("generator", "discriminator"):
        part = getattr(config, player)
        if part.kind == "mlp" and (not part.widths or min(part.widths) < floor):
            return player, min(part.widths, default=0)
    return None


def _optimum(config: RunConfig) -> float | None:
    """D's loss at equilibrium, where it has a scale."""
    return OBJECTIVES[config.objective].d_optimum or None


def _divergence(s: Series, config: RunConfig) -> Flags:
    scale = "critic" if config.objective in ("wasserstein", "least_squares") else "logit"
    return s["logit"] >= limit(scale)


def _vanishing_gradient(s: Series, config: RunConfig) -> Flags:
    share = s["g_grad"] / np.maximum(s["g_grad_peak"], 1e-30)
    return (share <= limit("vanished")) & (s["accuracy"] >= limit("sure"))


def _discriminator_overpowers(s: Series, config: RunConfig) -> Flags:
    optimum = _optimum(config)
    if optimum is None:
        return np.zeros(len(s.step), dtype=bool)
    won = (s["d_loss"] <= limit("won") * optimum) & (s["accuracy"] >= limit("sure"))
    return won & (s["two_sample"] >= limit("unlike"))


def _discriminator_dead(s: Series, config: RunConfig) -> Flags:
    # A D that G has long outrun is not even wrong by chance: it takes every generated sample for real. One that is
    # right by little and yet orders the samples teaches G all the same.
    blind = s.mean("auc") <= 0.5 + limit("even_accuracy")
    optimum = _optimum(config)
    if optimum is not None:
        blind &= s.mean("accuracy") <= 0.5 + limit("even_accuracy")
        blind &= s.mean("d_loss") >= (1 - limit("even_loss")) * optimum
    else:
        # A critic whose answers all but agree teaches nothing, however surely it orders them.
        blind |= np.abs(s.mean("d_loss")) <= limit("flat")
    off = (s.mean("two_sample") >= limit("unlike")) & ~(s.mean("precision") >= limit("plausible"))
    # A spot on the border of two regions changes them at every little move; one that is chased changes them all.
    return blind & off & (s.moved < limit("chase")) & ~_gains(s)


def _mode_collapse(s: Series, config: RunConfig) -> Flags:
    return _collapsed(s, config) & ~_spreads(s)


def _collapsed(s: Series, config: RunConfig) -> Flags:
    return (s["missing"] >= limit("missing")) | (s["diversity"] <= limit("diversity"))


def _some_missing(s: Series, config: RunConfig) -> Flags:
    lost = s.mean("missing")
    filling = s.ago(lost, 3 * limit("window")) - lost > limit("missing_some") / 2
    return (lost >= limit("missing_some")) & ~filling & ~_spreads(s) & (s.step >= limit("early"))


def _oscillation(s: Series, config: RunConfig) -> Flags:
    # Every generator moves at first, on its way to the data.
    return _circling(s, config) & ~_rises(s) & (s.step >= limit("early") / 2)


def _circling(s: Series, config: RunConfig) -> Flags:
    return (s.moved >= limit("cycling")) & (s["missing"] >= limit("missing"))


def _spreads(s: Series) -> Flags:
    """True where the samples still spread out over the data: slowly is no collapse.

    A spot that jumps about now hits more regions and now fewer: what it gains it has lost elsewhere.
    """
    filling = s.ago("missing", limit("window")) - s["missing"] > limit("missing_some")
    return (filling & (s.moved < limit("chase"))) | _rises(s)


def _rises(s: Series) -> Flags:
    """True where samples that are somewhat like the data become more varied.

    A spot that jumps about is now more varied and now less, but always apart from the data.
    """
    varied = s.mean("diversity")
    rising = varied - s.ago(varied, limit("window")) > limit("spreading")
    return rising & (s.mean("two_sample") <= limit("apart"))


def _within_mode_collapse(s: Series, config: RunConfig) -> Flags:
    return _thin(s, config) & (s.mean("recall") <= limit("narrow"))


def _still_thin(s: Series, config: RunConfig) -> Flags:
    return _thin(s, config) & (s.mean("recall") <= limit("narrow_still"))


def _thin(s: Series, config: RunConfig) -> Flags:
    sharp = s.mean("precision") >= limit("plausible")
    if len(config.data_shape) > 1:  # early, blurred images have no recall either, but they lie near most real ones
        sharp &= s.mean("coverage") <= limit("uncovered")
    return sharp & (s.mean("missing") < limit("missing_some"))


def _memorisation(s: Series, config: RunConfig) -> Flags:
    varied = (s["diversity"] >= limit("diversity")) & (s["missing"] <= 0.75)
    plausible = s.mean("precision") >= 0.5
    held = (s.mean("overfit") >= limit("overfit")) & (s.mean("auc") >= 0.55)
    copied = (s.mean("closer") >= limit("closer")) | (s.mean("copies") <= limit("copies"))
    by_heart = (s["n_train"] > 0) & (s["n_train"] <= limit("few")) & ~np.isfinite(s["overfit"])
    by_heart &= s.mean("auc") >= limit("by_heart")
    return varied & plausible & (held | copied | by_heart)


def _low_capacity(s: Series, config: RunConfig) -> Flags:
    apart = s.mean("two_sample")
    now = s.mean("two_sample", limit("patience") / 3)
    settled = (s.step >= 2 * limit("patience")) & (s.ago(now, limit("patience")) - now < limit("progress"))
    if bottleneck(config) is not None:
        return ((apart >= limit("unlike")) | settled & (apart >= limit("short"))) & (s.moved < limit("cycling"))
    spread, told = s["missing"] <= 0.8, s.mean("accuracy") >= 0.6
    return (apart >= limit("unlike")) & spread & (s.moved < limit("still")) & told & settled


def _gains(s: Series) -> Flags:
    """True where the samples have come nearer to the data within a window."""
    now = s.mean("two_sample")
    return s.ago(now, limit("window")) - now >= limit("progress")


RULES: Final[dict[str, Rule]] = {
    "divergence": _divergence,
    "low_capacity": _low_capacity,
    "vanishing_gradient": _vanishing_gradient,
    "discriminator_overpowers": _discriminator_overpowers,
    "mode_collapse": _mode_collapse,
    "some_missing": _some_missing,
    "oscillation": _oscillation,
    "discriminator_dead": _discriminator_dead,
    "within_mode_collapse": _within_mode_collapse,
    "memorisation": _memorisation,
}
"""By the name of the finding, the gravest first; ``some_missing`` is a milder ``mode_collapse``."""

STAYS: Final[dict[str, Rule]] = {
    "mode_collapse": _collapsed,
    "oscillation": _circling,
    "within_mode_collapse": _still_thin,
}
"""Once named, a finding stands as long as this holds, where that is less than it took to be named."""
