"""Entry of the table of metrics: what a score means, how it is shown, and what can fool it.

Entries are plain values; nothing here needs PyTorch.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal

from gan_core.config.names import SampleKind
from gan_core.metrics.doubts import Doubt, none

__all__ = ["Card", "Curve", "Metric", "Score"]

Kind = SampleKind
Course = Literal[Kind, "answers"]
"""Subjects of a course over the steps: samples of a kind, or images that answer conditions."""
Format = Literal["count", "percent", "decimal"]
Dash = Literal["", "solid", "dash", "dot", "dashdot"]

KINDS: Final[tuple[Kind, ...]] = ("plane", "images")
"""Kinds of samples whose numbers say how near they are to each other; most metrics are theirs."""
COURSES: Final[tuple[Course, ...]] = (*KINDS, "sound", "text", "answers")


@dataclass(frozen=True)
class Score:
    """One measured number.

    Attributes:
        value: The score; NaN where it is undefined for these samples.
        floor: What real data of the same size reach: the best a generator can be told apart from. A
            lower bound for distances, an upper one for shares. None where there is none.
        n: Number of fake samples it was computed from.
    """

    value: float
    floor: float | None
    n: int


@dataclass(frozen=True)
class Card:
    """A metric's place among the three numbers beside the live picture; the first that are measured are shown.

    Attributes:
        title: Above the number.
        help: Tooltip.
        kinds: Kinds of samples for which there is a card.
        expected: True if data with known modes have the card, empty, before the first measurement.
        floor_digits: Digits of a percentage that real data reach.
    """

    title: str
    help: str
    kinds: tuple[Kind, ...] = KINDS
    expected: bool = False
    floor_digits: int = 0


@dataclass(frozen=True)
class Curve:
    """A metric's line over the steps in the live view.

    Attributes:
        kind: What the values are kept for.
        name: What the line is called on hover.
        key: What the plot's key calls it; its name if "".
        help: Tooltip of the key.
        dash: The line in the plot of scores; "" for none.
        strip: True if the strip "the run so far" shows it.
    """

    kind: Course
    name: str
    key: str = ""
    help: str = ""
    dash: Dash = ""
    strip: bool = False


@dataclass(frozen=True)
class Metric:
    """A metric: how its scores are read and shown.

    Attributes:
        name: Its key in results.
        label: A short title.
        definition: One plain sentence.
        higher_is_better: Direction; for a ratio to the real data, the direction away from collapse.
        range: Smallest and largest value; infinity where there is no bound.
        source: Where the definition comes from.
        unit: "" for shares and ratios.
        format: How a number is written.
        floor_label: What the value of real data is called.
        out_of: Metric that holds the largest possible count, or "".
        card: Its card beside the live picture, or None.
        curve: Its line in the live view, or None.
        listed: What a list of saved runs calls it; "" if it has no place there.
        swept: True if the tables and figures of a sweep show it.
        ranks_states: True if the best state of a run is the best by this metric (the first that the run has).
        doubt: What can fool it in a run, in a sentence.
    """

    name: str
    label: str
    definition: str
    higher_is_better: bool
    range: tuple[float, float]
    source: str
    unit: str = ""
    format: Format = "decimal"
    floor_label: str = "real data"
    out_of: str = ""
    card: Card | None = None
    curve: Curve | None = None
    listed: str = ""
    swept: bool = False
    ranks_states: bool = False
    doubt: Doubt = none


INF: Final = math.inf
PACGAN: Final = "PacGAN, arXiv:1712.04086"
GAN_EXPLORER: Final = "GAN Explorer"
