"""All metrics, one entry each: what a score means and how pages, figures and reports show it.

Entries are plain values; nothing here needs PyTorch. The order of the table is that of lists, cards, keys and columns:
what says most comes first.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from typing import Any, Final

from gan_core.metrics.entries import distances, judge, modes, neighbours, paired
from gan_core.metrics.entry import COURSES, Card, Curve, Metric, Score
from gan_core.record.frame import finite

__all__ = ["DIVERSITY", "METRICS", "Card", "Curve", "Metric", "Score", "curves_of", "facts"]

METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (*modes.ENTRIES, *distances.ENTRIES, *neighbours.ENTRIES, *judge.ENTRIES, *paired.ENTRIES)
}


DIVERSITY: Final = "diversity"
"""Name of the one score that needs no comparison of two sets, only their sizes beside each other."""


def curves_of(names: Collection[str]) -> list[str]:
    """Names of the measured metrics that are kept over the steps, those of one kind of samples.

    Args:
        names: Of all that was measured.
    """
    for kind in COURSES:
        found = [m.name for m in METRICS.values() if m.curve is not None and m.curve.kind == kind and m.name in names]
        if found:
            return found
    return []


def facts() -> list[dict[str, Any]]:
    """All entries as JSON-able values, in the order of the table; an infinite end of a range is None."""
    entries: list[dict[str, Any]] = finite([asdict(metric) for metric in METRICS.values()])
    return entries
