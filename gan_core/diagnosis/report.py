"""Report: metrics and findings of one step of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gan_core.diagnosis import Finding
from gan_core.metrics import Score


@dataclass(frozen=True)
class Report:
    """Metrics and findings of one step, made by the monitor.

    Attributes:
        run: Number of the run among the restarts; what is of an earlier one is dropped.
        step: Steps after which the weights were taken.
        scores: Metrics by name; where there are none the last ones stay.
        findings: Of the diagnosis, the gravest first, or None before its first look.
    """

    run: int
    step: int
    scores: Mapping[str, Score] = field(default_factory=dict)
    findings: Sequence[Finding] | None = None
