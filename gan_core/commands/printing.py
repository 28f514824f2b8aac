"""Printing of commands: one JSON record, or a table for people."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from gan_core.record.frame import finite

if TYPE_CHECKING:
    from gan_core.metrics import Score


_USUAL: Final = "real data"
"""Yardstick of most scores."""


def as_dicts(scores: Mapping[str, Score]) -> dict[str, dict[str, Any]]:
    """Scores as they stand in a record."""
    return {name: asdict(score) for name, score in scores.items()}


def print_json(value: Any) -> None:
    """Print one line of JSON; numbers that are not finite become null."""
    print(json.dumps(finite(value), allow_nan=False))


def print_metrics(metrics: Mapping[str, Mapping[str, Any]]) -> None:
    """Print a table of scores.

    Args:
        metrics: From `as_dicts`.
    """
    from gan_core.metrics import METRICS

    labels = {name: METRICS[name.removeprefix("raw_")].floor_label for name in metrics}
    mixed = set(labels.values()) > {_USUAL} or (labels and _USUAL not in labels.values())
    print(f"{'metric':24}{'value':>12}{'beside' if mixed else _USUAL:>12}{'n':>10}")
    for name, score in metrics.items():
        floor = "" if score["floor"] is None else f"{score['floor']:.4g}"
        print(f"{name:24}{score['value']:>12.4g}{floor:>12}{score['n']:>10,}" + (f"  {labels[name]}" if mixed else ""))


def print_doubts(doubts: Mapping[str, str]) -> None:
    """Print what can fool which score of a run, each doubt once.

    Args:
        doubts: From `gan_core.metrics.doubts_of`.
    """
    of: dict[str, list[str]] = {}
    for name, doubt in doubts.items():
        of.setdefault(doubt, []).append(name)
    for doubt, names in of.items():
        print(f"doubt of {', '.join(names)}: {doubt}")
