"""Diagnosis: from numbers to what is wrong, why, since when, and what to try.

`look` observes the players for some milliseconds (`observation`); a series of such looks (`features`) is held against
the entries of one table, `FINDINGS`: each has a rule, made of conditions that decide and say what decided
(`conditions`, `rules`, `progress`), and cures; `diagnose` is the pure function from the series to findings; `verdict`
puts them into one sentence for a page. Thresholds stand in one table (`thresholds`). All but `look` costs no PyTorch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gan_core.diagnosis.conditions import Evidence
from gan_core.diagnosis.cures import describe, title_of
from gan_core.diagnosis.features import Signs, recent
from gan_core.diagnosis.findings import Finding, cures_of, diagnose
from gan_core.diagnosis.report import Report, diverged_message, verdict
from gan_core.diagnosis.table import FINDINGS, FindingType, Severity
from gan_core.diagnosis.thresholds import THRESHOLDS, Threshold
from gan_core.diagnosis.watch import LOOK_EVERY, Watch

if TYPE_CHECKING:
    from gan_core.diagnosis.observation import look

__all__ = [
    "FINDINGS",
    "LOOK_EVERY",
    "THRESHOLDS",
    "Evidence",
    "Finding",
    "FindingType",
    "Report",
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


def __getattr__(name: str) -> Any:
    """Load `look`, which needs PyTorch, on first use (PEP 562)."""
    if name != "look":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from gan_core.diagnosis.observation import look

    globals()[name] = look
    return look
