"""Conditions: one comparison each, of which both the decision and the sentence about it are made.

A `Condition` measures a number at every look of a run and holds it against a limit; `All` and `OneOf` put conditions
together. What holds gives its own evidence: the number that decided, beside the limit that it was held against, both
written with so many digits that the sentence says the same as the comparison.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, Protocol

import numpy as np

from gan_core.config import RunConfig
from gan_core.diagnosis.features import Flags, Floats, Series
from gan_core.diagnosis.thresholds import limit

__all__ = ["All", "Condition", "Evidence", "OneOf", "Rule", "Without", "Words", "beside", "everywhere"]

Measure = Callable[[Series, RunConfig], Floats]
"""A number at every look, ``[n]``; NaN where it is not known, and then nothing is decided by it."""
Form = Literal["percent", "number", "count"]
Words = Mapping[str, str]
Also = Callable[[Series, RunConfig, int], Words]
"""Further numbers of a sentence, as text, at a look."""

_MOST_DIGITS: Final = 9


@dataclass(frozen=True)
class Evidence:
    """One number beside its threshold.

    Attributes:
        quantity: What was measured.
        value: The number.
        threshold: What it is compared with.
        text: Both in a sentence.
        at_least: True if the value is at or above the threshold, False if it is at or below.
    """

    quantity: str
    value: float
    threshold: float
    text: str
    at_least: bool = True


class Rule(Protocol):
    """A condition on a run, or several."""

    def holds(self, series: Series, config: RunConfig) -> Flags:
        """Tell at which looks it holds."""

    def evidence(self, series: Series, config: RunConfig, at: int) -> tuple[Evidence, ...]:
        """Say by which numbers it holds at a look; only of a look at which it does."""


@dataclass(frozen=True)
class Condition:
    """One comparison.

    Attributes:
        quantity: What is measured, in snake_case.
        measure: Measures it.
        bound: What it is compared with: a threshold's name, or a number at every look.
        at_least: True if the number must be at or above the bound, False if at or below.
        words: The sentence, with places for ``{value}`` and ``{bound}`` and for what ``also`` gives; "" for a
            condition that need not be said.
        form: How both numbers are written.
        also: Further numbers of the sentence, as text, at a look.
    """

    quantity: str
    measure: Measure
    bound: str | Measure
    at_least: bool = True
    words: str = ""
    form: Form = "percent"
    also: Also | None = None

    def _bound(self, series: Series, config: RunConfig) -> Floats:
        if isinstance(self.bound, str):
            return np.full(len(series.step), limit(self.bound))
        return self.bound(series, config)

    def holds(self, series: Series, config: RunConfig) -> Flags:
        """Tell at which looks it holds; nowhere where the number is not known."""
        return series.once((self, id(config)), lambda: self._holds(series, config))

    def _holds(self, series: Series, config: RunConfig) -> Flags:
        values, bounds = self.measure(series, config), self._bound(series, config)
        with np.errstate(invalid="ignore"):
            flags: Flags = values >= bounds if self.at_least else values <= bounds
        return flags

    def evidence(self, series: Series, config: RunConfig, at: int) -> tuple[Evidence, ...]:
        """Say the number at a look beside its bound."""
        if not self.words:
            return ()
        value, bound = float(self.measure(series, config)[at]), float(self._bound(series, config)[at])
        said = dict(zip(("value", "bound"), beside(value, bound, self.form), strict=True))
        more = {} if self.also is None else self.also(series, config, at)
        return (Evidence(self.quantity, value, bound, self.words.format(**said, **more), self.at_least),)


@dataclass(frozen=True)
class All:
    """All of some rules."""

    parts: tuple[Rule, ...]

    def __init__(self, *parts: Rule) -> None:
        object.__setattr__(self, "parts", parts)

    def holds(self, series: Series, config: RunConfig) -> Flags:
        """Tell where all hold."""
        flags: Flags = np.logical_and.reduce([part.holds(series, config) for part in self.parts])
        return flags

    def evidence(self, series: Series, config: RunConfig, at: int) -> tuple[Evidence, ...]:
        """Say what each of them shows, in their order."""
        return tuple(e for part in self.parts for e in part.evidence(series, config, at))


@dataclass(frozen=True)
class OneOf:
    """At least one of some rules."""

    parts: tuple[Rule, ...]

    def __init__(self, *parts: Rule) -> None:
        object.__setattr__(self, "parts", parts)

    def holds(self, series: Series, config: RunConfig) -> Flags:
        """Tell where one holds."""
        flags: Flags = np.logical_or.reduce([part.holds(series, config) for part in self.parts])
        return flags

    def evidence(self, series: Series, config: RunConfig, at: int) -> tuple[Evidence, ...]:
        """Say what those of them show that hold."""
        held = [part for part in self.parts if part.holds(series, config)[at]]
        return tuple(e for part in held for e in part.evidence(series, config, at))


@dataclass(frozen=True)
class Without:
    """Negation of a rule: true also where its numbers are not known; it says nothing."""

    rule: Rule

    def holds(self, series: Series, config: RunConfig) -> Flags:
        """Tell where it does not."""
        return ~self.rule.holds(series, config)

    def evidence(self, series: Series, config: RunConfig, at: int) -> tuple[Evidence, ...]:
        """Say nothing."""
        return ()


def everywhere(number: float | Callable[[RunConfig], float]) -> Measure:
    """Measure a number that is the same at every look: it is given, or of the config."""
    return lambda s, config: np.full(len(s.step), float(number(config) if callable(number) else number))


def beside(value: float, bound: float, form: Form) -> tuple[str, str]:
    """Write two numbers with the fewest digits that keep them in their order.

    Args:
        value: What was measured.
        bound: What it was compared with.
        form: "percent" of a share, "number" to some digits, "count" of whole things.
    """
    if form == "count":
        return f"{value:,.0f}", f"{bound:,.0f}"
    if not math.isfinite(value) or not math.isfinite(bound):
        return f"{value:g}", f"{bound:g}"
    write = _percent if form == "percent" else _number
    for digits in range(_MOST_DIGITS):
        texts = write(value, digits), write(bound, digits)
        a, b = (float(t.rstrip(" %").replace(",", "")) for t in texts)
        in_order = (a < b) == (value < bound) and (a > b) == (value > bound)
        if in_order and not texts[0].startswith("-0 "):
            return texts
    return texts


def _percent(value: float, digits: int) -> str:
    return f"{100 * value:.{digits}f} %"


def _number(value: float, digits: int) -> str:
    shown = float(f"{value:.{digits + 2}g}")
    return f"{shown:,.0f}" if abs(shown) >= 1_000 and shown == int(shown) else f"{shown:.{digits + 3}g}"
