"""Rules: what each failure looks like, as conditions on every look of a run, with the sentences that they decide.

A rule is a pure function of the series and the config; it knows nothing of persistence, which is the same for all
(`gan_core.diagnosis.findings`), and it looks back only, so that a longer series never changes an earlier answer.
Conditions without words decide in silence; all others say the number that decided, see `gan_core.diagnosis.conditions`.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from gan_core.config import RunConfig
from gan_core.diagnosis.conditions import All, Condition, OneOf, Without, Words, everywhere
from gan_core.diagnosis.drawn import COLLAPSED, NO_CHASE, PLAUSIBLE
from gan_core.diagnosis.features import Floats, Series
from gan_core.diagnosis.pace import USUAL, player_pace, usual_size
from gan_core.diagnosis.progress import STALLED, TOLD, column, mean
from gan_core.diagnosis.thresholds import limit
from gan_core.game.objectives import OBJECTIVES

PLAYERS: Final = ("generator", "discriminator")


def bottleneck(config: RunConfig) -> tuple[str, int] | None:
    """Find the player whose narrowest hidden layer is too narrow for the data, and its width."""
    floor = _fewest_units(config)
    for player in PLAYERS:
        part = getattr(config, player)
        if part.kind == "mlp" and (not part.widths or min(part.widths) < floor):
            return player, min(part.widths, default=0)
    return None


def _fewest_units(config: RunConfig) -> float:
    return limit("narrow_plane" if len(config.data_shape) == 1 else "narrow_images")


def has_bottleneck(config: RunConfig) -> bool:
    """Return True if a layer is too narrow for the data."""
    return bottleneck(config) is not None


def has_optimum(config: RunConfig) -> bool:
    """Return True if D's loss has a scale: a value at equilibrium that is not zero."""
    return optimum(config) is not None


def optimum(config: RunConfig) -> float | None:
    """D's loss at equilibrium; None where it has no scale."""
    return OBJECTIVES[config.objective].d_optimum or None


def has_no_scale(config: RunConfig) -> bool:
    """Return True if neither a sigmoid, a margin nor a target gives D's answers a size."""
    return OBJECTIVES[config.objective].unbounded and not has_optimum(config)


def bounds(config: RunConfig) -> int:
    """Count what bounds D's slope: clipped weights, penalties, spectral normalisation."""
    d = config.discriminator
    spectral = d.spectral_norm and d.kind != "article"
    return int(config.clip > 0) + len([r for r in config.regularisers if r.weight > 0]) + int(spectral)


def lacks_bound(config: RunConfig) -> bool:
    """Return True if D's loss has no minimum unless D's slope is bounded, and nothing bounds it."""
    return OBJECTIVES[config.objective].usual_clip > 0 and not bounds(config)


# -- the numbers run away ------------------------------------------------------------------------------------

OUT_OF_BOUNDS: Final = Condition(
    "logit",
    column("logit"),
    everywhere(lambda c: limit("critic" if OBJECTIVES[c.objective].unbounded else "logit")),
    words="D's answers are {value} in size; from {bound} on they are out of bounds.",
    form="number",
)
_SLOPE: Final = mean("slope")


def _growth(s: Series, config: RunConfig) -> Floats:
    slope = _SLOPE(s, config)
    with np.errstate(divide="ignore", invalid="ignore"):
        out: Floats = slope / s.ago(slope, limit("window"))
    return out


def _d_loss_words(s: Series, config: RunConfig, at: int) -> Words:
    return {"d_loss": f"{s['d_loss'][at]:,.3g}"}


STEEP: Final = Condition(
    "slope",
    _SLOPE,
    "steep",
    words="D's answers on real and generated samples differ by {value} times their distance, with a loss of {d_loss}; "
    "this loss asks for a slope of 1, and {bound} is far beyond it.",
    form="number",
    also=_d_loss_words,
)
GROWING: Final = Condition(
    "slope_growth",
    _growth,
    "steeper",
    words="Within a window this grew {value} times; {bound} times is no settling.",
    form="number",
)
SCALE_RUNS_AWAY: Final = All(STEEP, GROWING)

_UNBOUNDED: Final = Condition(
    "bounds",
    everywhere(bounds),
    everywhere(0.0),
    at_least=False,
    words="This loss is a distance only while D's slope is bounded: {value} of clipping, penalty and spectral "
    "normalisation are set.",
    form="count",
)

# -- who wins ------------------------------------------------------------------------------------------------

SURE: Final = Condition(
    "accuracy",
    column("accuracy"),
    "sure",
    words="D was right on {value} of its last samples; at 50 % it cannot tell, from {bound} on it wins.",
)


def _gradient_share(s: Series, config: RunConfig) -> Floats:
    share: Floats = s["g_grad"] / np.maximum(s["g_grad_peak"], 1e-30)
    return share


VANISHED: Final = All(
    Condition(
        "g_grad",
        _gradient_share,
        "vanished",
        at_least=False,
        words="G's gradient is {norm}, {value} of its largest; at {bound} and below G hardly moves.",
        also=lambda s, config, at: {"norm": f"{s['g_grad'][at]:.2g}"},
    ),
    SURE,
)
UNLIKE: Final = Condition(
    "two_sample",
    column("two_sample"),
    "unlike",
    words="Nearest neighbours tell {value} of real and generated samples apart; equal sets 50 %, and from {bound} "
    "on they are not alike.",
)
STAYS_UNLIKE: Final = Condition("two_sample", mean("two_sample"), "unlike", words=UNLIKE.words)
WON: Final = All(
    Condition(
        "d_loss",
        column("d_loss"),
        everywhere(lambda c: limit("won") * (optimum(c) or 0.0)),
        at_least=False,
        words="D's loss is {value}; at {bound} and below the game is won.",
        form="number",
    ),
    SURE,
    UNLIKE,
)

_EVEN: Final = everywhere(0.5 + limit("even_accuracy"))
_NO_ORDER: Final = Condition(
    "auc",
    mean("auc"),
    _EVEN,
    at_least=False,
    words="D puts a real sample above a generated one {value} of the time; 50 % is chance, up to {bound} it cannot "
    "tell.",
)
_CANNOT_TELL: Final = All(
    _NO_ORDER,
    Condition(
        "accuracy",
        mean("accuracy"),
        _EVEN,
        at_least=False,
        words="It is right on {value} of its last samples; 50 % is chance, up to {bound} it cannot tell.",
    ),
    Condition(
        "d_loss",
        mean("d_loss"),
        everywhere(lambda c: (1 - limit("even_loss")) * (optimum(c) or 0.0)),
        words="Its loss is {value}, near that of chance or above: {bound} and more.",
        form="number",
    ),
    Condition("scale", everywhere(has_optimum), everywhere(1.0)),
)
# A critic whose answers all but agree teaches nothing, however surely it orders them.
_FLAT: Final = All(
    Condition("scale", everywhere(has_optimum), everywhere(0.0), at_least=False),
    OneOf(
        _NO_ORDER,
        Condition(
            "d_loss",
            lambda s, config: np.abs(s.mean("d_loss")),
            "flat",
            at_least=False,
            words="D sees a distance of {value} between real and generated samples; up to {bound} it is none.",
            form="number",
        ),
    ),
)
_IMPLAUSIBLE: Final = Without(PLAUSIBLE)


def _lately_nearer(s: Series, config: RunConfig) -> Floats:
    now = s.mean("two_sample")
    return s.ago(now, limit("window")) - now


# A spot on the border of two regions changes them at every little move; one that is chased changes them all.
BLIND: Final = All(
    OneOf(_CANNOT_TELL, _FLAT),
    STAYS_UNLIKE,
    _IMPLAUSIBLE,
    NO_CHASE,
    Without(Condition("gain", _lately_nearer, "progress")),
)

# -- capacity and rates --------------------------------------------------------------------------------------


def _settled(s: Series, config: RunConfig) -> Floats:
    """Fall of the two-sample accuracy within the patience, once there was so much time."""
    now = s.mean("two_sample", limit("patience") / 3)
    return np.where(s.age >= 2 * limit("patience"), s.ago(now, limit("patience")) - now, np.nan)


TOO_SMALL: Final = All(
    Condition(
        "width",
        everywhere(lambda c: (bottleneck(c) or ("", 10_000))[1]),
        everywhere(_fewest_units),
        at_least=False,
        words="The {player}'s narrowest layer has {value} units; fewer than {bound} are few.",
        form="count",
        also=lambda s, config, at: {"player": (bottleneck(config) or ("", 0))[0]},
    ),
    OneOf(
        STAYS_UNLIKE,
        All(
            Condition("gain", _settled, "progress", at_least=False),
            Condition(
                "two_sample",
                mean("two_sample"),
                "short",
                words="Nearest neighbours tell {value} of real and generated samples apart, and this no longer falls; "
                "from {bound} on it falls short of the data.",
            ),
        ),
    ),
    Condition("moved", lambda s, config: s.moved, "cycling", at_least=False),
)


def _highest(config: RunConfig) -> tuple[float, str]:
    """Return the largest update over the size of the weights, and whose it is."""
    shares = [(player_pace(config, player) * USUAL, player) for player in PLAYERS]
    return max(((share, player) for share, player in shares if share == share), default=(0.0, PLAYERS[0]))


def _rate_words(s: Series, config: RunConfig, at: int) -> Words:
    player = _highest(config)[1]
    letter = player[0]
    rate, size = getattr(config, f"lr_{letter}"), usual_size(config, player)
    return {"player": letter.upper(), "rate": f"{rate:g}", "size": f"{size:.2g}"}


OFF_OR_COLLAPSED: Final = OneOf(TOLD, All(COLLAPSED, UNLIKE), All(STAYS_UNLIKE, STALLED))
_RATE_HIGH: Final = Condition(
    "rate",
    everywhere(lambda c: _highest(c)[0]),
    "rate_high",
    words="{player}'s rate of {rate} moves each weight in a step by about {value} of the size that it began with "
    "({size}); from {bound} on a network is thrown about.",
    also=_rate_words,
)
RATES_TOO_HIGH: Final = All(_RATE_HIGH, OFF_OR_COLLAPSED)


def _slower(config: RunConfig) -> tuple[float, str]:
    """Return how far a step's updates can move a weight of the slower player, over its size, and whose they are."""
    moved = [(player_pace(config, p) * USUAL * getattr(config, f"{p[0]}_steps"), p) for p in PLAYERS]
    return min(((share, p) for share, p in moved if share == share), default=(math.nan, PLAYERS[0]))


def _travel(s: Series, config: RunConfig) -> Floats:
    return s.step * _slower(config)[0]


def _slow_words(s: Series, config: RunConfig, at: int) -> Words:
    letter = _slower(config)[1][0]
    return {
        "player": letter.upper(),
        "rate": f"{getattr(config, f'lr_{letter}'):g}",
        "steps": f"{s.step[at]:,.0f}",
    }


RATES_TOO_LOW: Final = All(
    Condition(
        "travel",
        _travel,
        "unmoved",
        at_least=False,
        words="At a rate of {rate} no weight of {player} can have moved by more than {value} of its size in {steps} "
        "steps; up to {bound} nothing can have been learned.",
        also=_slow_words,
    ),
    Condition("step", lambda s, config: s.step, "begun"),
    UNLIKE,
)
NO_BOUND: Final = All(_UNBOUNDED, OneOf(STEEP, COLLAPSED, UNLIKE))
