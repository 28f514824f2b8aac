"""Findings: what a series of looks amounts to, each with its beginning, its numbers and its cures.

Rules say what holds at each look (`gan_core.diagnosis.rules`); here a condition must last before it is named, and be
gone for a while before it is dropped, so that a verdict does not flicker. Everything is a pure function of the series
and the config.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np

from gan_core.config import RunConfig
from gan_core.diagnosis.cures import cures_of
from gan_core.diagnosis.evidence import Evidence, evidence_of, why_of
from gan_core.diagnosis.features import Signs
from gan_core.diagnosis.rules import RULES, STAYS, Flags, Series
from gan_core.diagnosis.thresholds import limit
from gan_core.record.history import StepStats

__all__ = ["Finding", "Severity", "diagnose"]

Severity = Literal["bad", "warn", "info", "ok"]

_WARNINGS: Final = ("some_missing", "memorisation", "low_capacity", "within_mode_collapse")
_QUICK: Final = ("divergence", "vanishing_gradient", "discriminator_overpowers")
_QUICK_HOLD: Final = 100
_ANY_TIME: Final = ("divergence", "vanishing_gradient", "discriminator_overpowers")
"""Findings that need no beginning to be told from: a game won or broken at step 150 is so."""
_SLOW: Final = 4
"""How many times longer a mild finding has to last."""
_TOGETHER: Final = 150
"""Findings that began within so many steps of each other are in the order of `RULES`, others in that of time.

What began before it could be told (``early``) counts as begun together: every new G sits in one spot, and if D wins
before it has left that spot, D is the reason.
"""


@dataclass(frozen=True)
class Finding:
    """One thing that can be said of a run.

    Attributes:
        name: In snake_case, such as ``mode_collapse``.
        severity: "bad", "warn", "info" or "ok".
        since_step: Where it began.
        evidence: The numbers that show it, beside their thresholds.
        why: Why it happens, in two sentences.
        cures: Config changes to try, in order: path to value, as for `RunConfig.changed`.
    """

    name: str
    severity: Severity
    since_step: int
    evidence: tuple[Evidence, ...]
    why: str
    cures: tuple[Mapping[str, Any], ...]

    @property
    def failure(self) -> bool:
        """True if something is wrong."""
        return self.severity in ("bad", "warn")

    def as_dict(self) -> dict[str, Any]:
        """For a record in JSON."""
        return {
            "name": self.name,
            "severity": self.severity,
            "since_step": self.since_step,
            "evidence": [vars(e) for e in self.evidence],
            "why": self.why,
            "cures": [dict(cure) for cure in self.cures],
        }


def diagnose(config: RunConfig, looks: Sequence[Signs], stats: StepStats | None = None) -> tuple[Finding, ...]:
    """What is to be said of a run now, the gravest first.

    Args:
        config: Of the run, as it is now.
        looks: What was seen so far, in order of their steps.
        stats: The last step's numbers: if they are not finite the run has diverged, whatever was seen.

    Returns:
        Failures, or else one of ``improving`` and ``converged``; nothing while it is too early to say.
    """
    if stats is not None and not stats.finite:
        numbers = (Evidence("loss", math.nan, math.inf, f"A number of step {stats.step:,} is no longer finite."),)
        return (
            Finding("divergence", "bad", stats.step, numbers, why_of("divergence"), cures_of("divergence", config)),
        )
    if not looks:
        return ()
    series = Series(looks)
    since = {
        name: _standing(name, rule(series, config), STAYS.get(name, rule)(series, config), series)
        for name, rule in RULES.items()
    }
    found = {name: step for name, step in since.items() if step is not None}
    if "divergence" in found:  # what began with it or later follows from it
        began = found["divergence"]
        found = {name: step for name, step in found.items() if name == "divergence" or step < began - _TOGETHER}
    if "mode_collapse" in found:
        found.pop("some_missing", None)
    order = list(RULES)
    told = {name: max(step, limit("early")) for name, step in found.items()}
    first = min(told.values(), default=0)
    names = sorted(found, key=lambda n: ((told[n] - first) // _TOGETHER, order.index(n)))
    findings = [_finding(name, found[name], looks[-1], series, config) for name in names]
    if not findings and series.step[-1] >= limit("early"):
        name, step = _progress(series)
        findings = [_finding(name, step, looks[-1], series, config)]
    return tuple(findings)


def _finding(name: str, since: int, look: Signs, series: Series, config: RunConfig) -> Finding:
    public = "mode_collapse" if name == "some_missing" else name
    severity: Severity = "warn" if name in _WARNINGS else "bad"
    if name in ("improving", "converged"):
        severity = "ok" if name == "converged" else "info"
    return Finding(
        public, severity, since, evidence_of(name, look, series, config), why_of(public), cures_of(public, config)
    )


def _standing(name: str, enters: Flags, stays: Flags, series: Series) -> int | None:
    """Where the condition began that stands at the end of the series, or None if none does.

    It stands once it has held long enough, a single exception now and then aside, until it has been gone for long.
    """
    hold = _QUICK_HOLD if name in _QUICK else limit("hold") * (_SLOW if name == "some_missing" else 1)
    release, early = limit("release"), 0 if name in _ANY_TIME else limit("early")
    begun: float | None = None
    last_true = -math.inf
    standing: float | None = None
    misses = 0
    for step, enter, stay in zip(series.step.tolist(), enters.tolist(), stays.tolist(), strict=True):
        if enter or (stay and standing is not None):
            begun = step if begun is None else begun
            last_true, misses = step, 0
            if standing is None and step - begun >= hold and step >= early:
                standing = begun
        else:
            misses += 1
            if standing is None and misses > 1:
                begun = None
            elif standing is not None and misses > 1 and step - last_true >= release:
                standing = begun = None
    return None if standing is None else int(standing)


def _progress(series: Series) -> tuple[str, int]:
    """``improving`` or ``converged``, and since when."""
    patience, progress = limit("patience"), limit("progress")
    level = series.mean("two_sample", patience / 3)
    gain = series.ago(level, patience) - level
    settled_at: float | None = None
    best = math.inf
    for step, now, gained in zip(series.step.tolist(), level.tolist(), gain.tolist(), strict=True):
        if settled_at is None and gained < progress and step >= 2 * patience:
            settled_at, best = step, now
        elif settled_at is not None and best - now > 3 * progress:
            settled_at = None
    if settled_at is not None:
        return "converged", int(settled_at)
    begun = series.step[np.searchsorted(series.step, limit("early"))]
    return "improving", int(begun)
