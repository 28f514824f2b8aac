"""Diagnosis: from numbers to what is wrong, why, since when, and what to try.

`signs.look` looks at the players for some milliseconds; `diagnose` is a pure function from a series of such looks to
findings; `verdict` puts them into one sentence for a page. Thresholds stand in one table (`thresholds`), rules, words
and cures in a module each.
"""

from __future__ import annotations

from gan_core.diagnosis.cures import cures_of, describe, title_of
from gan_core.diagnosis.evidence import HEADLINES, Evidence
from gan_core.diagnosis.features import Signs, look, recent
from gan_core.diagnosis.findings import Finding, Severity, diagnose
from gan_core.diagnosis.rules import RULES
from gan_core.diagnosis.thresholds import THRESHOLDS, Threshold
from gan_core.diagnosis.verdict import DEAD_D_LOSS, VANISHED, diverged_message, verdict
from gan_core.diagnosis.watch import LOOK_EVERY, Watch

__all__ = [
    "DEAD_D_LOSS",
    "HEADLINES",
    "LOOK_EVERY",
    "RULES",
    "THRESHOLDS",
    "VANISHED",
    "Evidence",
    "Finding",
    "Severity",
    "Signs",
    "Threshold",
    "Watch",
    "cures_of",
    "describe",
    "diagnose",
    "diverged_message",
    "look",
    "recent",
    "title_of",
    "verdict",
]
