"""Rules on G's samples: missing, narrow, uneven, copied and patterned ones, see `gan_core.diagnosis.rules`."""

from __future__ import annotations

from typing import Final

import numpy as np

from gan_core.config import RunConfig
from gan_core.data import DATASETS
from gan_core.diagnosis.conditions import All, Condition, OneOf, Rule, Without, Words, everywhere
from gan_core.diagnosis.features import Floats, Series
from gan_core.diagnosis.progress import STALLED, column, mean
from gan_core.diagnosis.thresholds import limit


def has_images(config: RunConfig) -> bool:
    """Return True if samples are images."""
    return len(config.data_shape) > 1


def _reached_words(s: Series, config: RunConfig, at: int) -> Words:
    parts = DATASETS[config.data.name].parts
    return {"reached": f"{s['reached'][at]:.0f} of {s['regions'][at]:.0f} {parts}"}


MISSING: Final = Condition(
    "missing",
    column("missing"),
    "missing",
    words="{reached} reached, {value} of the data missing; from {bound} on it is a collapse. A region is reached by a "
    "fifth of its fair share of the samples.",
    also=_reached_words,
)
ALIKE: Final = Condition(
    "diversity",
    column("diversity"),
    "diversity",
    at_least=False,
    words="Two samples are {value} as far apart as two of the data; at {bound} and below they are too alike.",
)
_SOME_LOST: Final = Condition(
    "missing",
    mean("missing"),
    "missing_some",
    words="{value} of the data are missing on average over a window ({reached} reached now); {bound} is too much for "
    "chance.",
    also=_reached_words,
)
_MOVING: Final = Condition(
    "moved",
    lambda s, config: s.moved,
    "cycling",
    words="From one look to the next {value} of the samples change their region; from {bound} on it is a chase.",
)
NO_CHASE: Final = Condition("moved", lambda s, config: s.moved, "chase", at_least=False)


def _filling(s: Series, config: RunConfig) -> Floats:
    lost = s.mean("missing", limit("hold"))
    return s.ago(lost, limit("window")) - lost


def _slowly_filling(s: Series, config: RunConfig) -> Floats:
    lost = s.mean("missing")
    return s.ago(lost, 3 * limit("window")) - lost


def _more_varied(s: Series, config: RunConfig) -> Floats:
    """Rise of the variety of samples that are somewhat like the data.

    A spot that jumps about is now more varied and now less, but always apart from the data. What is as varied as the
    data spreads no more.
    """
    varied = s.mean("diversity")
    spreads = (s.mean("two_sample") <= limit("apart")) & (s["diversity"] <= limit("spread"))
    return np.where(spreads, varied - s.ago(varied, limit("window")), np.nan)


def _nearer_and_more_varied(s: Series, config: RunConfig) -> Floats:
    """Rise of the variety of samples that come clearly nearer to the data, however far they are from them as yet.

    Over a shorter time than a window: what G was at its beginning has no say.
    """
    steps = limit("hold")
    varied, distance = s.mean("diversity", steps), s.mean("distance", steps)
    nearer = distance <= (1 - 2 * limit("closer_by")) * s.ago(distance, steps)
    return np.where(nearer, varied - s.ago(varied, steps), np.nan)


_RISES: Final = Condition("rise", _more_varied, "spreading")
_COMES: Final = Condition("rise", _nearer_and_more_varied, "spreading")
# A spot that jumps about hits now more regions and now fewer: what it gains it has lost elsewhere.
_SPREADS: Final = OneOf(All(Condition("filled", _filling, "missing_some"), NO_CHASE), _RISES)
_OLD: Final = Condition("age", lambda s, config: s.age, "early")

COLLAPSED: Final = OneOf(MISSING, ALIKE)
MODE_COLLAPSE: Final = All(COLLAPSED, Without(OneOf(_SPREADS, _COMES)))
SOME_MISSING: Final = All(
    _SOME_LOST,
    Without(Condition("filled", _slowly_filling, everywhere(limit("missing_some") / 2))),
    Without(_SPREADS),
    _OLD,
)


def _lone(s: Series, config: RunConfig) -> Floats:
    return np.where(np.isnan(s["lone"]), s["absent"], s["lone"])


def _lone_got(s: Series, config: RunConfig) -> Floats:
    return np.where(np.isnan(s["lone"]), s["absent_got"], s["lone_got"])


def _rare_words(s: Series, config: RunConfig, at: int) -> Words:
    n = s["n_drawn"][at]
    got, due = _lone_got(s, config)[at] * n, _lone(s, config)[at] * n
    return {"n": f"{n:,.0f}", "got": f"{got:,.0f}", "due": f"{due:,.0f}"}


RARE: Final = Condition(
    "absent",
    _lone,
    "rare",
    words="A part of the data that holds {value} of them is hardly ever made: {got} of {n} samples, where {due} are "
    "its share; {bound} is the least that is looked for.",
    also=_rare_words,
)
# A part that gets no sample at all is not on the way, however the others do.
_NEVER: Final = All(
    Condition(
        "absent_got",
        lambda s, config: s.mean(_lone_got(s, config)),
        lambda s, config: limit("never") * _lone(s, config),
        at_least=False,
    ),
    Condition("missing", mean("missing"), "missing", at_least=False),
)
_STAYS_AWAY: Final = All(Condition("missing", mean("missing"), "missing_some", at_least=False), STALLED)
# Where more is missing, that is what is said.
RARE_MISSING: Final = All(RARE, OneOf(_NEVER, _STAYS_AWAY))
UNEVEN: Final = Condition(
    "skew",
    mean("skew"),
    lambda s, config: limit("uneven_shares") + s["skew_floor"],
    words="{value} of the samples would have to be elsewhere for each part of the data to have its share; from "
    "{bound} on it is neither chance nor little.",
)
WRONG_SHARES: Final = All(UNEVEN, Condition("missing", mean("missing"), "missing_some", at_least=False), STALLED)
_RUNS_ABOUT: Final = All(_MOVING, MISSING)
CIRCLING: Final = _RUNS_ABOUT
# Every generator moves at first, on its way to the data.
OSCILLATION: Final = All(
    _RUNS_ABOUT, Without(_RISES), Condition("age", lambda s, config: s.age, everywhere(limit("early") / 2))
)

PLAUSIBLE: Final = Condition(
    "precision",
    mean("precision"),
    "plausible",
    words="{value} of the samples lie among the data; from {bound} on they are plausible.",
)
_ALL_THERE: Final = Condition("missing", mean("missing"), "missing_some", at_least=False)
# Early, blurred images have no recall either, but they lie near most real ones.
_UNCOVERED: Final = OneOf(
    Condition("plane", everywhere(has_images), everywhere(0.0), at_least=False),
    Condition("coverage", mean("coverage"), "uncovered", at_least=False),
)


def _thin(bound: str) -> Rule:
    few = Condition(
        "recall",
        mean("recall"),
        bound,
        at_least=False,
        words="Only {value} of the data lie among the samples; at {bound} and below the modes are too narrow.",
    )
    return All(few, PLAUSIBLE, _UNCOVERED, _ALL_THERE)


WITHIN_MODES: Final = _thin("narrow")
STILL_WITHIN_MODES: Final = _thin("narrow_still")

CHECKERBOARD: Final = All(
    Condition(
        "checker",
        mean("checker"),
        "grain",
        words="Fine detail is {value} less even from pixel to pixel than in the data, at the same places in all "
        "images; from {bound} on it is a pattern of the network.",
    ),
    STALLED,
)

# -- memory --------------------------------------------------------------------------------------------------

_VARIED: Final = All(
    Condition("diversity", column("diversity"), "diversity"),
    Condition("missing", column("missing"), everywhere(0.75), at_least=False),
    Condition("precision", mean("precision"), everywhere(0.5)),
)
MEMORISED: Final = All(
    _VARIED,
    OneOf(
        Condition(
            "closer",
            mean("closer"),
            "closer",
            words="{value} of the samples are nearer to a training image than to a held-out one; 50 % is honest, from "
            "{bound} on it is copying.",
        ),
        Condition(
            "copies",
            mean("copies"),
            "copies",
            at_least=False,
            words="A sample's nearest training image is {value} as far away as one training image from the next; at "
            "{bound} and below it is a copy.",
        ),
        All(
            Condition(
                "overfit",
                mean("overfit"),
                "overfit",
                words="D takes held-out images for generated ones to {value}; 0 % is honest, {bound} by heart.",
            ),
            Condition("auc", mean("auc"), everywhere(0.55)),
        ),
        All(
            Condition("n_train", column("n_train"), everywhere(1)),
            Condition(
                "n_train",
                column("n_train"),
                "few",
                at_least=False,
                words="There are {value} training images; {bound} and fewer can be known by heart.",
                form="count",
            ),
            Condition(
                "auc",
                mean("auc"),
                "by_heart",
                words="D puts one of them above a generated one {value} of the time, although the samples lie among "
                "them; from {bound} on it knows them by heart.",
            ),
            Condition("held_out", lambda s, config: np.isfinite(s["overfit"]), everywhere(0), at_least=False),
        ),
    ),
)
