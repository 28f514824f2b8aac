"""Measures of samples that lie somewhere, as plain values, and the conclusions from them, in words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from gan_core.metrics import DIVERSITY, METRICS, Score
from gan_core.record.frame import finite

__all__ = ["COLUMNS", "Column", "Report", "Snapshot", "Verdict", "judge_series"]

LOW: Final = 0.35
"""Diversity below which samples are collapsed, as in the diagnosis of runs (benchmarks.diagnosis)."""
MANY_TWINS: Final = 0.5
"""Share of samples with a twin from which a set is collapsed, where real pictures have far fewer."""
FEW: Final = 8
"""Samples below which twins are no sign."""
COPIED: Final = 0.05
"""Share of copies from which it is said: five times what real pictures reach among themselves."""


@dataclass(frozen=True)
class Snapshot:
    """Measures of the samples of one time of training.

    Attributes:
        label: When.
        n: Samples.
        scores: By name; those of `METRICS` and those of `COLUMNS`.
        low: Diversity below which it is no chance that these are alike; NaN where nothing tells.
        error: Standard error of the distance, or NaN.
        sheet: Some of the samples, and beneath each its nearest real picture where there are any, as PNG.
        sheet_words: What the picture shows.
    """

    label: str
    n: int
    scores: Mapping[str, Score]
    low: float = math.nan
    error: float = math.nan
    sheet: bytes = field(default=b"", repr=False)
    sheet_words: str = ""

    def value(self, name: str) -> float:
        """Return a score's value; NaN if it was not measured."""
        score = self.scores.get(name)
        return math.nan if score is None else score.value


@dataclass(frozen=True)
class Verdict:
    """Conclusions from the measures.

    Attributes:
        level: How grave it is: ``ok``, ``warn``, ``bad`` or ``info``.
        headline: A sentence.
        evidence: The numbers that show it.
    """

    level: str
    headline: str
    evidence: str = ""


@dataclass(frozen=True)
class Report:
    """Everything that is shown.

    Attributes:
        snapshots: In the order of training.
        verdicts: The gravest first.
        best: Place of the best snapshot, or None where nothing tells.
        n_real: Real pictures compared with, 0 without.
        side: Pixels of the samples' sides.
        said: How the samples were read, a sentence each.
        skipped: Why files were left out, and how many.
        features: What distances are made of.
    """

    snapshots: tuple[Snapshot, ...]
    verdicts: tuple[Verdict, ...]
    best: int | None
    n_real: int
    side: int
    said: tuple[str, ...]
    skipped: tuple[tuple[str, int], ...]
    features: str

    def as_dict(self) -> dict[str, Any]:
        """JSON-able values without the pictures."""
        columns = [column.__dict__ for column in self.columns]
        shots = [
            {
                "label": shot.label,
                "n": shot.n,
                "low": shot.low,
                "error": shot.error,
                "scores": {name: score.__dict__ for name, score in shot.scores.items()},
                "sheet_words": shot.sheet_words,
            }
            for shot in self.snapshots
        ]
        value: dict[str, Any] = finite(
            {
                "format": "gan-explorer judge 1",
                "features": self.features,
                "n_real": self.n_real,
                "side": self.side,
                "best": self.best,
                "verdicts": [verdict.__dict__ for verdict in self.verdicts],
                "columns": columns,
                "snapshots": shots,
                "said": list(self.said),
                "skipped": [list(item) for item in self.skipped],
            }
        )
        return value

    @property
    def columns(self) -> tuple[Column, ...]:
        """Columns that at least one snapshot has."""
        there = {name for shot in self.snapshots for name in shot.scores}
        return tuple(column for column in all_columns() if column.name in there)


@dataclass(frozen=True)
class Column:
    """A column of the table.

    Attributes:
        name: Of the score.
        label: A short title.
        definition: One sentence.
        percent: True if it is written as a percentage.
        higher_is_better: Direction.
    """

    name: str
    label: str
    definition: str
    percent: bool
    higher_is_better: bool

    def write(self, value: float) -> str:
        """Write a value; a dash where there is none."""
        if not math.isfinite(value):
            return "–"
        if self.percent:
            return f"{value:.0%}" if abs(value) >= 0.095 or value == 0 else f"{value:.1%}"
        return f"{value:.2f}" if abs(value) >= 0.0995 or value == 0 else f"{value:.1g}"


TWINS: Final = "twins"
COPIES: Final = "copies"
NEAREST: Final = "nearest_real"
DISTANCE: Final = "distance"

COLUMNS: Final = (
    Column(
        TWINS,
        "Twins",
        "Share of samples as near to another one as one in a hundred of as many real pictures is to its nearest; "
        "without real pictures: that another one matches to 5 of 255 levels on average.",
        True,
        False,
    ),
    Column(
        COPIES,
        "Copies",
        "Share of samples so much nearer to one real picture, or its mirror image, than to its other neighbours, as "
        "one in a hundred real pictures is.",
        True,
        False,
    ),
    Column(
        NEAREST,
        "Nearest real",
        "Distance to the nearest real picture, median, as levels of 255 a pixel.",
        False,
        False,
    ),
    Column(
        DISTANCE,
        "Distance",
        "Kernel distance to the real pictures (the formula of KID, arXiv:1801.01401, in the features named here): 0 "
        "on average for equal sets.",
        False,
        False,
    ),
)


def all_columns() -> tuple[Column, ...]:
    """Columns in the order of the table: our own, then every metric's."""
    return COLUMNS + tuple(
        Column(metric.name, metric.label, metric.definition, metric.format == "percent", metric.higher_is_better)
        for metric in METRICS.values()
    )


def is_collapsed(shot: Snapshot) -> bool:
    """Tell whether samples are alike beyond chance."""
    diversity = shot.value(DIVERSITY)
    twins = shot.scores.get(TWINS)
    floor = 0.0 if twins is None or twins.floor is None else twins.floor
    alike = diversity < LOW and not diversity >= shot.low
    return bool(alike or (twins is not None and shot.n >= FEW and twins.value >= max(MANY_TWINS, 4 * floor)))


def judge_series(shots: Sequence[Snapshot], n_real: int) -> tuple[tuple[Verdict, ...], int | None]:
    """Say what follows from the measures.

    Args:
        shots: In the order of training.
        n_real: Real pictures compared with.

    Returns:
        Verdicts, the gravest first, and the place of the best snapshot or None.
    """
    found = [_collapse(shots, n_real), _copies(shots, n_real)]
    best, said = _best(shots, n_real)
    order = ("bad", "warn", "info", "ok")
    verdicts = [*(verdict for verdict in found if verdict is not None), said]
    return tuple(sorted(verdicts, key=lambda verdict: order.index(verdict.level))), best


def _collapse(shots: Sequence[Snapshot], n_real: int) -> Verdict | None:
    low = [is_collapsed(shot) for shot in shots]
    last = shots[-1]
    numbers = f"diversity {last.value(DIVERSITY):.2f} of {'real pictures' if n_real else 'the most diverse snapshot'}"
    numbers += f", {last.value(TWINS):.0%} of {last.n:,} samples have a twin"
    if len(shots) == 1:
        if low[0]:
            return Verdict("bad", "The samples are collapsed: they are all much alike.", numbers)
        if not n_real:
            return Verdict("info", "Whether the samples are diverse enough only real pictures can tell.", numbers)
        return Verdict("ok", "The samples are not collapsed.", numbers)
    if not any(low):
        return Verdict("ok", "No snapshot is collapsed.", numbers)
    if all(low):
        return Verdict("bad", "All snapshots are collapsed, from the first on.", numbers)
    first_good = low.index(False)
    if low[-1]:
        since = len(low) - low[::-1].index(False)
        return Verdict("bad", f"Collapsed since {shots[since].label}.", f"{numbers} in {last.label}")
    lost = [shots[i].label for i in range(first_good, len(low)) if low[i]]
    if lost:
        return Verdict(
            "warn", f"Collapsed for a while ({', '.join(lost[:3])}{' …' * (len(lost) > 3)}), and recovered.", numbers
        )
    return Verdict("ok", f"Not collapsed: alike only before {shots[first_good].label}.", numbers)


def _copies(shots: Sequence[Snapshot], n_real: int) -> Verdict | None:
    if not n_real:
        return None
    worst = max(shots, key=lambda shot: shot.value(COPIES) if math.isfinite(shot.value(COPIES)) else -1.0)
    score = worst.scores.get(COPIES)
    if score is None or score.floor is None:
        return None
    numbers = f"{score.value:.0%} of {worst.n:,} samples{f' of {worst.label}' if worst.label else ''} are copies; "
    numbers += f"among real pictures {score.floor:.1%} are as near to one other"
    # More than chance allows about the floor, three standard errors, and enough to matter.
    chance = score.floor + 3 * math.sqrt(max(score.floor, 1 / n_real) / max(worst.n, 1))
    if score.value >= COPIED and score.value > chance:
        return Verdict("bad", "Pictures were copied from the real ones.", numbers)
    return Verdict("ok", "No sign of copies of the real pictures given.", numbers)


def _best(shots: Sequence[Snapshot], n_real: int) -> tuple[int | None, Verdict]:
    if not n_real:
        return None, Verdict("info", "Which snapshot is best only real pictures can tell: name them with --real.")
    values = [shot.value(DISTANCE) for shot in shots]
    known = [i for i, value in enumerate(values) if math.isfinite(value)]
    if not known:
        return None, Verdict("info", "Too few samples to measure a distance: more than five are needed.")
    best = min(known, key=lambda i: values[i])
    shot = shots[best]
    score = shot.scores[DISTANCE]
    numbers = f"distance {score.value:.2g} ± {shot.error:.1g}; real pictures among themselves {score.floor:.1g}"
    if len(shots) == 1:
        level = "ok" if score.floor is not None and score.value <= score.floor + 3 * shot.error else "info"
        told = "cannot be told from" if level == "ok" else "can be told from"
        return best, Verdict(level, f"By their distance these samples {told} the real ones.", numbers)
    equal = [i for i in known if i != best and values[i] - values[best] <= 2 * math.hypot(shot.error, shots[i].error)]
    also = ""
    if equal:
        labels = [shots[i].label for i in equal]
        also = f" As good within chance: {', '.join(labels[:4])}{f' and {len(labels) - 4} more' * (len(labels) > 4)}."
    return best, Verdict("info", f"Best: {shot.label}.{also}", numbers)
