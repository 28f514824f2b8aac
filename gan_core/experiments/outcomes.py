"""Outcomes of trials as plain values, and what several of them say; importable without torch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gan_core.experiments.gallery import CHECKS_PASSED


@dataclass(frozen=True)
class Trial:
    """Outcome of one run.

    Attributes:
        seed: Where it began.
        value: Median over the checks of what its goal measures; NaN if it diverged before the first.
        passed: Share of the checks at which the goal was reached; 0 if it diverged.
        diverged_at: Step whose numbers were not finite, or None.
    """

    seed: int
    value: float
    passed: float
    diverged_at: int | None = None

    @property
    def good(self) -> bool:
        """True if the goal was reached at most of the checks."""
        return self.passed >= CHECKS_PASSED


def interval(values: Sequence[float]) -> tuple[float, float, float]:
    """Median and the ends of the middle 80 %, of the values that are numbers.

    Args:
        values: NaN where a run diverged.

    Returns:
        Median, tenth and ninetieth percentile; NaN if there is no number among them.
    """
    finite = [v for v in values if math.isfinite(v)]
    if not finite:
        return (math.nan,) * 3
    low, middle, high = np.quantile(finite, (0.1, 0.5, 0.9)).tolist()
    return middle, low, high
