"""Progress: what may be said where no failure stands. Positive words are earned.

"Improving" needs samples that came nearer to the data, beyond noise, over a stated part of the run. "Converged" needs
samples like the data, beside what as many real ones reach, in every part of the data that so many samples can show.
What is neither has a name of its own. Nothing here branches on a finding; the entries of the table put names to it.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from gan_core.config import RunConfig
from gan_core.diagnosis.conditions import (
    All,
    Also,
    Condition,
    Evidence,
    Measure,
    OneOf,
    Rule,
    Without,
    Words,
    everywhere,
)
from gan_core.diagnosis.features import Flags, Floats, Series
from gan_core.diagnosis.thresholds import limit

__all__ = [
    "APPROACHING",
    "CLOSE",
    "IMPROVING",
    "LIKE",
    "MOSTLY_OFF",
    "OFF",
    "PROVEN",
    "SETTLED_LIKE",
    "STALLED",
    "TOLD",
    "UNLIKE_STILL",
    "UNMOVED",
    "UNPROVEN",
    "column",
    "mean",
]


def column(name: str) -> Measure:
    """Measure a number as the newest look gives it."""
    return lambda s, config: s[name]


def mean(name: str) -> Measure:
    """Measure its mean over a window."""
    return lambda s, config: s.mean(name)


def over_floor(name: str) -> Measure:
    """Measure its mean over a window, over what real samples reach; over 1 where that is not known."""
    return lambda s, config: s.mean(name) / _floor(s, f"{name}_floor")


def _floor(s: Series, name: str) -> Floats:
    floors = s[name]
    return np.where(np.isfinite(floors) & (floors > 0), floors, 1.0)


# -- coming nearer -------------------------------------------------------------------------------------------


def _gain(name: str) -> Measure:
    def measure(s: Series, config: RunConfig) -> Floats:
        found = s.gain(name)
        return found.before - found.now

    return measure


def _worth_waiting(name: str, worth: str, of_itself: str = "") -> Measure:
    """Return what a gain must be: more than noise gives, worth a word, and fast enough to be waited for.

    It is fast enough if, at its pace, half of what is left to the floor takes at most half as long as the run so far.

    Args:
        name: Of the number.
        worth: Threshold of a fall that is worth a word.
        of_itself: The same as a share of the number, or "".
    """

    def bound(s: Series, config: RunConfig) -> Floats:
        found = s.gain(name)
        share = limit(of_itself) * found.before if of_itself else np.zeros(len(s.step))
        left = np.nan_to_num(found.before - s[f"{name}_floor"])
        waits = limit("waits") * np.fmax(s.age, s.reach)
        pace = np.fmax(left, 0) * (1 - 0.5 ** (s.reach / waits))
        return np.fmax(np.fmax(limit("sigmas") * found.noise, pace), np.fmax(share, limit(worth)))

    return bound


def _said(name: str, percent: bool) -> Also:
    def words(s: Series, config: RunConfig, at: int) -> Words:
        found = s.gain(name)
        form = ".1%" if percent else ".3f"
        return {
            "steps": f"{min(s.reach[at] / max(s['pace'][at], 1e-9), s.step[at]):,.0f}",
            "before": format(found.before[at], form),
            "now": format(found.now[at], form),
            "rose": " (it rose)" if found.now[at] > found.before[at] else "",
        }

    return words


NEARER: Final = OneOf(
    Condition(
        "gain_two_sample",
        _gain("two_sample"),
        _worth_waiting("two_sample", "nearer"),
        words="In the last {steps} steps the share that neighbours tell from the data fell by {value}, from "
        "{before} at best to {now}; less than {bound} could be chance, or be too slow.",
        also=_said("two_sample", percent=True),
    ),
    Condition(
        "gain_distance",
        _gain("distance"),
        _worth_waiting("distance", "closer_least", "closer_by"),
        words="In the last {steps} steps the distance from the data fell by {value}, from {before} at best to "
        "{now}; less than {bound} could be chance, or be too slow.",
        form="number",
        also=_said("distance", percent=False),
    ),
)


class _Lately:
    """A rule that holds, or held not long ago; the evidence is that of the last time."""

    def __init__(self, rule: Rule) -> None:
        self._rule = rule

    def _last(self, series: Series, config: RunConfig) -> Floats:
        at = np.where(self._rule.holds(series, config), np.arange(len(series.step)), -1)
        return np.maximum.accumulate(at)

    def holds(self, series: Series, config: RunConfig) -> Flags:
        """Tell where it held within the time over which a level is averaged."""
        last = self._last(series, config)
        since = series.age - series.age[np.maximum(last, 0)]
        flags: Flags = (last >= 0) & (since <= np.minimum(limit("release"), series.reach / 3))
        return flags

    def evidence(self, series: Series, config: RunConfig, at: int) -> tuple[Evidence, ...]:
        """Say by which numbers it held then."""
        return self._rule.evidence(series, config, int(self._last(series, config)[at]))


_LATELY: Final = _Lately(NEARER)
STALLED: Final = Without(_LATELY)
PROVEN: Final = All(
    Condition("looks", lambda s, config: np.arange(1.0, len(s.step) + 1), "looks"),
    Condition("noise", lambda s, config: limit("sigmas") * s.gain("two_sample").noise, "measurable", at_least=False),
)
"""That a gain that is worth a word would have been seen: enough looks were taken, and they scatter little."""


def _share_words(name: str) -> Also:
    def words(s: Series, config: RunConfig, at: int) -> Words:
        floor = s[f"{name}_floor"][at]
        reach = f"real ones reach {floor:.0%}" if floor == floor else "what real ones reach is not known here"
        return {"of": f"{s.mean(name)[at]:.0%}", "reach": reach}

    return words


# -- far from the data ---------------------------------------------------------------------------------------

_TOLD_APART: Final = Condition(
    "two_sample",
    mean("two_sample"),
    "told",
    words="Nearest neighbours tell {value} of real and generated samples apart; equal sets 50 %, from {bound} on "
    "nearly all.",
)
_NOTHING: Final = Condition(
    "precision",
    over_floor("precision"),
    "nothing",
    at_least=False,
    words="Hardly a sample lies among the data: {value} of what real ones reach; {bound} and less is next to nothing.",
)
_MOSTLY: Final = Condition(
    "precision",
    over_floor("precision"),
    "mostly",
    at_least=False,
    words="{of} of the samples lie among the data ({reach}): {value} of that; at {bound} and less most are off them.",
    also=_share_words("precision"),
)
_NONE_AMONG: Final = Condition(
    "recall",
    over_floor("recall"),
    "nothing",
    at_least=False,
    words="Hardly a real sample lies among the generated ones: {value} of what real ones reach; {bound} and less is "
    "next to nothing.",
)
TOLD: Final = All(_TOLD_APART, OneOf(_NOTHING, _NONE_AMONG))
OFF: Final = All(TOLD, STALLED)
APPROACHING: Final = All(OneOf(TOLD, _MOSTLY), _LATELY)
IMPROVING: Final = All(_LATELY, Without(TOLD), Without(_MOSTLY))
UNMOVED: Final = All(
    Condition(
        "shift",
        column("shift"),
        "still_there",
        at_least=False,
        words="The samples have moved by {value} of the data's width since the first look; up to {bound} they are "
        "where they began.",
    ),
    Condition(
        "two_sample",
        mean("two_sample"),
        "unlike",
        words="Nearest neighbours tell {value} of real and generated samples apart; from {bound} on they are not "
        "alike.",
    ),
)

# -- like the data -------------------------------------------------------------------------------------------


def like(slack: float) -> Rule:
    """Make the rule that samples are like the data, beside what real ones reach.

    Args:
        slack: How much less than what is needed at first is enough for it to go on.
    """

    def less(name: str) -> Measure:
        return _scaled(name, 1 - slack)

    def more(name: str) -> Measure:
        return _scaled(name, 1 + slack)

    return All(
        Condition(
            "two_sample",
            mean("two_sample"),
            more("like_two_sample"),
            at_least=False,
            words="Nearest neighbours tell {value} of real and generated samples apart; equal sets 50 %, up to "
            "{bound} they are alike.",
        ),
        Condition(
            "precision",
            over_floor("precision"),
            less("like_precision"),
            words="{of} of the samples lie among the data ({reach}): {value} of that, and {bound} is enough.",
            also=_share_words("precision"),
        ),
        Condition(
            "coverage",
            over_floor("coverage"),
            less("like_coverage"),
            words="{of} of the data have a sample near them ({reach}): {value} of that, and {bound} is enough.",
            also=_share_words("coverage"),
        ),
        Condition("recall", over_floor("recall"), less("like_coverage")),
        Condition(
            "absent",
            column("absent"),
            everywhere(0.0),
            at_least=False,
            words="No part of the data is missing: {value} of them, as far as {n} samples show it.",
            also=lambda s, config, at: {"n": f"{s['n_drawn'][at]:,.0f}"},
        ),
        Condition("missing", mean("missing"), "missing_some", at_least=False),
        # Of few images samples like them may as well be copies: no word of praise tells the one from the other.
        OneOf(
            Condition("n_train", column("n_train"), "few"),
            Condition("n_train", column("n_train"), everywhere(0.0), at_least=False),
        ),
        OneOf(
            Condition("skew", mean("skew"), more("even_shares"), at_least=False),
            Condition("unknown", lambda s, config: np.isnan(s["skew"]), everywhere(1.0)),
        ),
    )


def _scaled(name: str, factor: float) -> Measure:
    return everywhere(lambda config: factor * limit(name))


_PATIENT: Final = Condition("age", lambda s, config: s.age, "patience")
# Said whether they still come nearer or not: the one and the other take turns.
CLOSE: Final = like(0.0)
LIKE: Final = All(CLOSE, STALLED, _PATIENT)
SETTLED_LIKE: Final = like(0.2)

# -- neither -------------------------------------------------------------------------------------------------

_LITTLE: Final = Condition(
    "gain_two_sample",
    _gain("two_sample"),
    _worth_waiting("two_sample", "nearer"),
    at_least=False,
    words="In the last {steps} steps the share that neighbours tell from the data went from {before} at best to "
    "{now}: a fall of {value}{rose}; {bound} and less could be chance, or is too slow.",
    also=_said("two_sample", percent=True),
)
UNLIKE_STILL: Final = All(
    PROVEN,
    Condition(
        "two_sample",
        mean("two_sample"),
        "unlike",
        words="Nearest neighbours tell {value} of real and generated samples apart; equal sets 50 %, and from "
        "{bound} on they are not alike.",
    ),
    STALLED,
)
_WAITED: Final = Condition("age", lambda s, config: s.age, everywhere(2 * limit("early")))
_NOT_YET: Final = (
    Condition(
        "two_sample",
        mean("two_sample"),
        "like_two_sample",
        words="Nearest neighbours tell {value} of real and generated samples apart; equal sets 50 %, from {bound} "
        "on they are not alike.",
    ),
    Condition(
        "precision",
        over_floor("precision"),
        "like_precision",
        at_least=False,
        words="{of} of the samples lie among the data ({reach}): {value} of that; up to {bound} it is too little.",
        also=_share_words("precision"),
    ),
    Condition(
        "coverage",
        over_floor("coverage"),
        "like_coverage",
        at_least=False,
        words="{of} of the data have a sample near them ({reach}): {value} of that; up to {bound} it is too little.",
        also=_share_words("coverage"),
    ),
)
MOSTLY_OFF: Final = All(_WAITED, OneOf(TOLD, _MOSTLY), STALLED)
UNPROVEN: Final = All(_WAITED, OneOf(_LITTLE, *_NOT_YET, Condition("look", lambda s, config: s.step, everywhere(0.0))))
