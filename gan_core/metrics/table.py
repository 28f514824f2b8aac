"""All metrics, one entry each: what a score means and how pages, figures and reports show it.

Entries are plain values; nothing here needs PyTorch. The order of the table is that of lists, cards, keys and columns:
what says most comes first.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from gan_core.metrics.doubts import Situation
from gan_core.metrics.entries import distances, judge, modes, neighbours, paired, sounds, text
from gan_core.metrics.entry import COURSES, Card, Curve, Metric, Score
from gan_core.record.frame import finite

if TYPE_CHECKING:
    from gan_core.config import RunConfig
    from gan_core.data import Dataset

__all__ = ["DIVERSITY", "METRICS", "Card", "Curve", "Metric", "Score", "curves_of", "doubts_of", "facts", "label_of"]

METRICS: dict[str, Metric] = {
    metric.name: metric
    for entries in (modes, sounds, distances, neighbours, judge, paired, text)
    for metric in entries.ENTRIES
}


DIVERSITY: Final = "diversity"
"""Name of the one score that needs no comparison of two sets, only their sizes beside each other."""


def label_of(name: str) -> str:
    """Return what a metric is called on pages; of the raw generator's, it says so."""
    metric = METRICS.get(name.removeprefix("raw_"))
    if metric is None:
        return name
    return f"{metric.label} (raw generator)" if name.startswith("raw_") else metric.label


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
    known = [asdict(metric) for metric in METRICS.values()]
    entries: list[dict[str, Any]] = finite([{k: v for k, v in fact.items() if not callable(v)} for fact in known])
    return entries


def doubts_of(config: RunConfig, data: Dataset, scores: Mapping[str, Score]) -> dict[str, str]:
    """Say which of a run's scores can be fooled, and by what; those of which nothing is known are left out.

    Args:
        config: Of the run.
        data: What it imitates.
        scores: By name.
    """
    runs = {n: Situation.of(config, data, n) for n in {score.n for score in scores.values()}}
    said = {name: METRICS[name].doubt(runs[score.n]) for name, score in scores.items() if name in METRICS}
    return {name: doubt for name, doubt in said.items() if doubt}
