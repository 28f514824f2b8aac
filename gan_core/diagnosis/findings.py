"""Findings: what holds of a run after a series of looks, each with its beginning, its numbers and its cures.

Rules say what holds at each look (`gan_core.diagnosis.rules`); here a condition must last before it is named, and be
gone for a while before it is dropped, so that a verdict does not flicker. Everything is a pure function of the series
and the config.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from gan_core.config import RunConfig
from gan_core.diagnosis.conditions import Evidence, Rule
from gan_core.diagnosis.cures import allowed
from gan_core.diagnosis.features import Series, Signs
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


def diagnose(
    config: RunConfig,
    looks: Sequence[Signs],
    stats: StepStats | None = None,
    faults: Sequence[Evidence] = (),
) -> tuple[Finding, ...]:
    """Find what holds of a run now, the gravest first.

    Args:
        config: Of the run, as it is now.
        looks: What was seen so far, in order of their steps.
        stats: The last step's numbers: if they are not finite the run has diverged, whatever was seen.
        faults: Of the data, found before the run, see `gan_core.diagnosis.faults`.

    Returns:
        Faults of the data; then failures, or else how the run goes; nothing of it while it is too early to say.
    """
    of_data = _of_data(faults)
    if stats is not None and not stats.finite:
        entry = FINDINGS["divergence"]
        numbers = (Evidence("loss", math.nan, math.inf, f"A number of step {stats.step:,} is no longer finite."),)
        broken = Finding(entry.name, entry.severity, stats.step, numbers, entry.why, cures_of(entry.name, config))
        return (*of_data, broken)
    if not looks:
        return of_data
    series = Series(looks)
    found = {name: s for name, entry in FINDINGS.items() if entry.failure and (s := _stands(entry, series, config))}
    for cause in [name for name in found if FINDINGS[name].explains_later]:
        began = -math.inf if FINDINGS[cause].from_the_start else found[cause].since if cause in found else math.inf
        found = {
            name: s
            for name, s in found.items()
            if name == cause or FINDINGS[name].from_the_start or s.since < began - _TOGETHER
        }
    found = {name: s for name, s in found.items() if FINDINGS[name].milder_than not in found}
    known = {name: s for name, s in found.items() if not FINDINGS[name].by_exclusion}
    found = known or dict([*found.items()][:1])
    order = list(FINDINGS)
    told = {name: max(s.since, limit("early")) for name, s in found.items()}
    first = min(told.values(), default=0)
    names = sorted(
        found,
        key=lambda n: (not FINDINGS[n].from_the_start, (told[n] - first) // _TOGETHER, order.index(n)),
    )
    if not names and series.age[-1] >= limit("early"):
        going = ((name, _goes(entry, series, config)) for name, entry in FINDINGS.items() if not entry.failure)
        name, stands = next(((name, s) for name, s in going if s), ("", None))
        if stands:
            found, names = {name: stands}, [name]
    return (*of_data, *(_finding(FINDINGS[name], found[name], series, config) for name in names))


def cures_of(name: str, config: RunConfig) -> tuple[Mapping[str, Any], ...]:
    """List changes to try, the most promising first; each is allowed for this config and changes it.

    Args:
        name: Of the finding.
        config: Of the run.
    """
    return allowed(FINDINGS[name].cures(config), config)


@dataclass(frozen=True)
class _Standing:
    """A finding that stands: since which step, and the last look at which it showed.

    Attributes:
        since: Step.
        at: Place of that look in the series.
        rule: What held there.
    """

    since: int
    at: int
    rule: Rule


def _of_data(faults: Sequence[Evidence]) -> tuple[Finding, ...]:
    entry = FINDINGS["data_fault"]
    return (Finding(entry.name, entry.severity, 0, tuple(faults), entry.why, ()),) if faults else ()


def _finding(entry: FindingType, stands: _Standing, series: Series, config: RunConfig) -> Finding:
    evidence = stands.rule.evidence(series, config, stands.at)
    newest = stands.at == len(series.step) - 1
    if not newest:
        step = int(series.step[stands.at])
        evidence = tuple(replace(e, text=f"At step {step:,}: {e.text}") for e in evidence)
    # What the last look no longer shows may be gone at the next: nothing is proposed on its strength.
    cures = cures_of(entry.name, config) if newest else ()
    return Finding(entry.milder_than or entry.name, entry.severity, stands.since, evidence, entry.why, cures)


def _goes(entry: FindingType, series: Series, config: RunConfig) -> _Standing | None:
    """Find since when a run goes in this way; None if it does not.

    What has a condition for going on is dropped once that has been gone for long, all else at once.
    """
    if entry.when is None or not entry.applies(config):
        return None
    old = series.age >= limit("early")
    enters = entry.when.holds(series, config) & old
    stays = enters if entry.until is None else entry.until.holds(series, config) & old
    begun: int | None = None
    last = 0
    for i, (enter, stay) in enumerate(zip(enters.tolist(), stays.tolist(), strict=True)):
        if enter or (stay and begun is not None):
            begun, last = i if begun is None else begun, i
        elif begun is not None and (entry.until is None or series.age[i] - series.age[last] >= limit("release")):
            begun = None
    if begun is None:
        return None
    return _Standing(int(series.step[begun]), last, entry.when if enters[last] or entry.until is None else entry.until)


def _stands(entry: FindingType, series: Series, config: RunConfig) -> _Standing | None:
    """Find the beginning of a failure that stands at the end of the series, or None if none does.

    It stands once it has held long enough, a single exception now and then aside, until it has been gone for long.
    """
    if entry.when is None or not entry.applies(config):
        return None
    enters = entry.when.holds(series, config)
    stays = enters if entry.until is None else entry.until.holds(series, config)
    hold = _QUICK_HOLD if entry.at_once else limit("hold") * entry.slowness
    release, early = limit("release"), 0 if entry.at_once else limit("early")
    clock = series.step if entry.at_once else series.age
    begun: int | None = None
    last = 0
    standing: int | None = None
    misses = 0
    for i, (now, enter, stay) in enumerate(zip(clock.tolist(), enters.tolist(), stays.tolist(), strict=True)):
        if enter or (stay and standing is not None):
            begun = i if begun is None else begun
            last, misses = i, 0
            if standing is None and now - clock[begun] >= hold and now >= early:
                standing = begun
        else:
            misses += 1
            if standing is None and misses > 1:
                begun = None
            elif standing is not None and misses > 1 and now - clock[last] >= release:
                standing = begun = None
    if standing is None:
        return None
    rule = entry.when if enters[last] or entry.until is None else entry.until
    return _Standing(int(series.step[standing]), last, rule)
