"""Findings: what holds of a run after a series of looks, each with its beginning, its numbers and its cures.

Rules say what holds at each look (`gan_core.diagnosis.rules`); here a condition must last before it is named, and be
gone for a while before it is dropped, so that a verdict does not flicker. Everything is a pure function of the series
and the config.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from gan_core.config import RunConfig
from gan_core.diagnosis.cures import allowed
from gan_core.diagnosis.evidence import Evidence
from gan_core.diagnosis.features import Flags, Series, Signs
from gan_core.diagnosis.table import FINDINGS, FindingType, Severity
from gan_core.diagnosis.thresholds import limit
from gan_core.record.history import StepStats

__all__ = ["Finding", "cures_of", "diagnose"]

_QUICK_HOLD: Final = 100
"""Steps that a finding which is named at once has to last."""
_TOGETHER: Final = 150
"""Findings that began within so many steps of each other are in the order of `FINDINGS`, others in that of time.

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
    """Find what holds of a run now, the gravest first.

    Args:
        config: Of the run, as it is now.
        looks: What was seen so far, in order of their steps.
        stats: The last step's numbers: if they are not finite the run has diverged, whatever was seen.

    Returns:
        Failures, or else one of ``improving`` and ``converged``; nothing while it is too early to say.
    """
    if stats is not None and not stats.finite:
        entry = FINDINGS["divergence"]
        numbers = (Evidence("loss", math.nan, math.inf, f"A number of step {stats.step:,} is no longer finite."),)
        return (Finding(entry.name, entry.severity, stats.step, numbers, entry.why, cures_of(entry.name, config)),)
    if not looks:
        return ()
    series = Series(looks)
    since = {name: _since(entry, series, config) for name, entry in FINDINGS.items() if entry.when is not None}
    found = {name: step for name, step in since.items() if step is not None}
    for cause in [name for name in found if FINDINGS[name].explains_later]:
        began = found[cause]
        found = {name: step for name, step in found.items() if name == cause or step < began - _TOGETHER}
    found = {name: step for name, step in found.items() if FINDINGS[name].milder_than not in found}
    order = list(FINDINGS)
    told = {name: max(step, limit("early")) for name, step in found.items()}
    first = min(told.values(), default=0)
    names = sorted(found, key=lambda n: ((told[n] - first) // _TOGETHER, order.index(n)))
    if not names and series.step[-1] >= limit("early"):
        going = {name: entry.since(series) for name, entry in FINDINGS.items() if entry.since is not None}
        found = {name: step for name, step in going.items() if step is not None}
        names = list(found)[:1]
    return tuple(_finding(FINDINGS[name], found[name], looks[-1], series, config) for name in names)


def cures_of(name: str, config: RunConfig) -> tuple[Mapping[str, Any], ...]:
    """List changes to try, the most promising first; each is allowed for this config and changes it.

    Args:
        name: Of the finding.
        config: Of the run.
    """
    return allowed(FINDINGS[name].cures(config), config)


def _finding(entry: FindingType, since: int, look: Signs, series: Series, config: RunConfig) -> Finding:
    evidence = tuple(make(look, series, config) for make in entry.evidence)
    name = entry.milder_than or entry.name
    return Finding(name, entry.severity, since, evidence, entry.why, cures_of(name, config))


def _since(entry: FindingType, series: Series, config: RunConfig) -> int | None:
    """Find the step at which a failure began that stands at the end of the series, or None."""
    if entry.when is None or not entry.applies(config):
        return None
    stays = entry.when if entry.until is None else entry.until
    return _standing(entry, entry.when(series, config), stays(series, config), series)


def _standing(entry: FindingType, enters: Flags, stays: Flags, series: Series) -> int | None:
    """Find the step at which the condition began that stands at the end of the series, or None if none does.

    It stands once it has held long enough, a single exception now and then aside, until it has been gone for long.
    """
    hold = _QUICK_HOLD if entry.at_once else limit("hold") * entry.slowness
    release, early = limit("release"), 0 if entry.at_once else limit("early")
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
