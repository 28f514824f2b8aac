"""All metrics, one entry each: what a score means and how pages, figures and reports show it.

Entries are plain values; nothing here needs PyTorch. The order of the table is that of lists, cards, keys and columns:
what says most comes first.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

from gan_core.record.frame import finite

__all__ = ["METRICS", "Card", "Curve", "Metric", "Score", "curves_of", "facts"]

Kind = Literal["plane", "images"]
"""Kind of samples: points in the plane or images."""
Course = Literal[Kind, "answers"]
"""What is followed over the steps: samples of a kind, or images that answer conditions."""
Format = Literal["count", "percent", "decimal"]
Dash = Literal["", "solid", "dash", "dot", "dashdot"]

_KINDS: Final[tuple[Kind, ...]] = ("plane", "images")
_COURSES: Final[tuple[Course, ...]] = (*_KINDS, "answers")


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
    kinds: tuple[Kind, ...] = _KINDS
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


_INF = math.inf
_PACGAN = "PacGAN, arXiv:1712.04086"
_GAN_EXPLORER = "GAN Explorer"

METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric(
            "modes_reached",
            "Modes reached",
            "Modes that are the nearest of at least a fifth of their fair share of all samples.",
            True,
            (0, _INF),
            _GAN_EXPLORER,
            format="count",
            out_of="n_modes",
            card=Card(
                "reaches",
                "A mode is reached if it is the nearest to at least a fifth of its fair share of all samples",
                ("plane",),
                expected=True,
            ),
            curve=Curve("plane", "modes reached", strip=True),
            listed="modes",
        ),
        Metric(
            "modes",
            "Modes captured",
            "Modes that hold at least one high-quality sample (GAN Lab's data: a quarter of their share).",
            True,
            (0, _INF),
            _PACGAN,
            format="count",
            out_of="n_modes",
            swept=True,
        ),
        Metric(
            "n_modes",
            "Modes",
            "Modes that the data have.",
            True,
            (0, _INF),
            _PACGAN,
            format="count",
        ),
        Metric(
            "high_quality",
            "High quality",
            "Share of samples inside the region of a mode, for round modes 3 standard deviations.",
            True,
            (0, 1),
            _PACGAN,
            format="percent",
            card=Card(
                "sharp",
                "Share of samples within three standard deviations of a mode",
                ("plane",),
                expected=True,
                floor_digits=1,
            ),
            curve=Curve(
                "plane",
                "sharp",
                help="Share of samples within three standard deviations of a mode: 1 is best",
                dash="solid",
            ),
            listed="sharp",
            swept=True,
        ),
        Metric(
            "reverse_kl",
            "Reverse KL",
            "KL divergence of the high-quality samples' shares of the modes from the true shares.",
            False,
            (0, _INF),
            _PACGAN,
            "nats",
            swept=True,
        ),
        Metric(
            "all_sample_kl",
            "KL, all samples",
            "The same over the nearest mode of every sample, sharp or not: it tells collapse from blur.",
            False,
            (0, _INF),
            _GAN_EXPLORER,
            "nats",
        ),
        Metric(
            "std_ratio",
            "Width of modes",
            "Standard deviation of a mode's high-quality samples over the true one: low is a collapse within modes.",
            True,
            (0, _INF),
            _GAN_EXPLORER,
        ),
        Metric(
            "js",
            "Jensen-Shannon",
            "Jensen-Shannon divergence of real and generated samples counted in 30 x 30 cells and one "
            "for everything outside the frame: 0 the same, 1 nothing in common.",
            False,
            (0, 1),
            "after GAN Lab, arXiv:1809.01587",
            "bits",
            card=Card(
                "distance to the data",
                "Jensen–Shannon divergence on a grid: 0 is the same, 1 has nothing in common",
                ("plane",),
            ),
            curve=Curve(
                "plane",
                "distance to the data (JS)",
                "distance",
                "Jensen–Shannon distance to the data: 0 is best",
                "dashdot",
            ),
            listed="JS",
            swept=True,
            ranks_states=True,
        ),
        Metric(
            "psnr",
            "PSNR",
            "Peak signal-to-noise ratio of single answers to a condition beside the real image: 10 log10 of the square "
            "of the pixels' span over the mean squared error.",
            True,
            (-_INF, _INF),
            "see arXiv:1711.06077",
            "dB",
            floor_label="best filter",
            card=Card(
                "PSNR in dB",
                "How near an answer is to the real image, pixel by pixel: 6 dB more is half the error",
                ("images",),
            ),
            listed="PSNR",
            swept=True,
            ranks_states=True,
        ),
        Metric(
            "judged_right",
            "Recognised",
            "Share of answers to a condition that a small classifier takes for the class of the real image.",
            True,
            (0, 1),
            _GAN_EXPLORER,
            format="percent",
            floor_label="best filter",
            card=Card(
                "recognised",
                "Share of answers that a small classifier takes for what the real image shows",
                ("images",),
                floor_digits=1,
            ),
            swept=True,
        ),
        Metric(
            "sharpness",
            "Sharpness",
            "Mean difference between neighbouring pixels of the answers over that of the real images.",
            True,
            (0, _INF),
            _GAN_EXPLORER,
            floor_label="best filter",
            card=Card(
                "as sharp",
                "Mean difference between neighbouring pixels over that of real images: 1 is as sharp as they are",
                ("images",),
            ),
            curve=Curve(
                "answers",
                "sharpness",
                help="Mean difference between neighbouring pixels over that of real images: 1 is as sharp as they are",
                dash="dash",
            ),
            swept=True,
        ),
        Metric(
            "z_spread",
            "Spread over z",
            "Standard deviation of the answers to one condition over the error of their mean: 0 where z is ignored, 1 "
            "where the answers differ from each other as much as from the real image.",
            True,
            (0, _INF),
            "after arXiv:2210.13389",
            floor_label="an honest sampler",
            curve=Curve(
                "answers",
                "spread over z",
                "over z",
                "How much answers to one condition differ, beside their error: 0 where z is ignored, 1 where honest",
                "dot",
            ),
            swept=True,
        ),
        Metric(
            "frechet_classifier",
            "Fréchet classifier distance",
            "Fréchet distance of two Gaussians fitted to a small classifier's features; comparable only at equal n "
            "and with the same classifier.",
            False,
            (0, _INF),
            "after arXiv:1706.08500",
            card=Card(
                "classifier distance",
                "Fréchet distance of the features of a small classifier: 0 is the same; comparable at equal n alone",
                ("images",),
            ),
            swept=True,
        ),
        Metric(
            "sliced_wasserstein",
            "Sliced Wasserstein",
            "How far samples must be moved to turn the generated set into the real one, averaged over directions.",
            False,
            (0, _INF),
            "arXiv:1710.10196, section 5",
            "data units",
            card=Card(
                "how far off",
                "Sliced Wasserstein distance: how far the samples must move, in data units",
                ("plane",),
            ),
            listed="SW",
            ranks_states=True,
        ),
        Metric(
            "spread",
            "Spread",
            "Root mean variance of the generated samples over that of the real data: near 0 when all samples are one.",
            True,
            (0, _INF),
            _GAN_EXPLORER,
        ),
        Metric(
            "kid",
            "KID",
            "Unbiased squared kernel distance with (x·y/dim + 1)³, of a judge's features where there is one, else of "
            "the samples themselves: 0 on average for equal distributions, and so sometimes below.",
            False,
            (-_INF, _INF),
            "arXiv:1801.01401",
            swept=True,
        ),
        Metric(
            "coverage",
            "Coverage",
            "Share of real samples whose ball holds a generated one.",
            True,
            (0, 1),
            "arXiv:2002.09797",
            format="percent",
            card=Card(
                "covers",
                "Share of real samples in whose neighbourhood a generated one lies",
            ),
            curve=Curve(
                "images",
                "covers",
                help="Share of real samples in whose neighbourhood a generated one lies: 1 is best",
                dash="dash",
            ),
            swept=True,
        ),
        Metric(
            "precision",
            "Precision",
            "Share of generated samples inside the ball around a real one that reaches its fifth neighbour.",
            True,
            (0, 1),
            "arXiv:1904.06991",
            format="percent",
            curve=Curve(
                "images",
                "credible",
                help="Share of generated samples in the neighbourhood of a real one (precision): 1 is best",
                dash="dot",
            ),
        ),
        Metric(
            "recall",
            "Recall",
            "Share of real samples inside the ball around a generated one that reaches its fifth neighbour.",
            True,
            (0, 1),
            "arXiv:1904.06991",
            format="percent",
        ),
        Metric(
            "density",
            "Density",
            "Mean number of real samples' balls that a generated one lies in, over five.",
            True,
            (0, _INF),
            "arXiv:2002.09797",
        ),
        Metric(
            "two_sample",
            "Told apart",
            "Accuracy of calling a sample real or generated as its nearest other sample is: one half is ideal, 1 is "
            "told apart, less than one half is copied.",
            False,
            (0, 1),
            "arXiv:1610.06545",
            format="percent",
        ),
        Metric(
            "diversity",
            "Diversity",
            "Mean distance between two generated samples over that between two real ones.",
            True,
            (0, _INF),
            _GAN_EXPLORER,
        ),
        Metric(
            "closer_to_train",
            "Closer to train",
            "Share of generated samples nearer to a training sample than to any of as many held-out ones: one half is "
            "honest, 1 is copied.",
            False,
            (0, 1),
            "after arXiv:2004.05675",
            format="percent",
        ),
        Metric(
            "class_kl",
            "Class KL",
            "KL divergence of the classes that a small classifier sees from even shares.",
            False,
            (0, _INF),
            _GAN_EXPLORER,
            "nats",
        ),
        Metric(
            "confident",
            "Confident",
            "Share of samples of which a small classifier is more than 90 % sure.",
            True,
            (0, 1),
            _GAN_EXPLORER,
            format="percent",
        ),
    )
}


def curves_of(names: Collection[str]) -> list[str]:
    """Names of the measured metrics that are kept over the steps, those of one kind of samples.

    Args:
        names: Of all that was measured.
    """
    for kind in _COURSES:
        found = [m.name for m in METRICS.values() if m.curve is not None and m.curve.kind == kind and m.name in names]
        if found:
            return found
    return []


def facts() -> list[dict[str, Any]]:
    """All entries as JSON-able values, in the order of the table; an infinite end of a range is None."""
    entries: list[dict[str, Any]] = finite([asdict(metric) for metric in METRICS.values()])
    return entries
