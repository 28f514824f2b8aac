"""What each score means: the texts and directions that a page or a report puts beside the numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass

__all__ = ["METRICS", "Metric", "Score"]


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
class Metric:
    """How to read a score.

    Attributes:
        name: Its key in results.
        label: A short title.
        definition: One plain sentence.
        higher_is_better: Direction; for a ratio to the real data, the direction away from collapse.
        range: Smallest and largest value; infinity where there is no bound.
        source: Where the definition comes from.
        unit: "" for shares and ratios.
    """

    name: str
    label: str
    definition: str
    higher_is_better: bool
    range: tuple[float, float]
    source: str
    unit: str = ""


_INF = math.inf
_PACGAN = "PacGAN, arXiv:1712.04086"
_GAN_EXPLORER = "GAN Explorer"

METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric(
            "modes",
            "Modes captured",
            "Modes that hold at least one high-quality sample (GAN Lab's data: a quarter of their share).",
            True,
            (0, _INF),
            _PACGAN,
        ),
        Metric("n_modes", "Modes", "Modes that the data have.", True, (0, _INF), _PACGAN),
        Metric(
            "modes_reached",
            "Modes reached",
            "Modes that are the nearest of at least a fifth of their fair share of all samples.",
            True,
            (0, _INF),
            _GAN_EXPLORER,
        ),
        Metric(
            "high_quality",
            "High quality",
            "Share of samples inside the region of a mode, for round modes 3 standard deviations.",
            True,
            (0, 1),
            _PACGAN,
        ),
        Metric(
            "reverse_kl",
            "Reverse KL",
            "KL divergence of the high-quality samples' shares of the modes from the true shares.",
            False,
            (0, _INF),
            _PACGAN,
            "nats",
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
        ),
        Metric(
            "sliced_wasserstein",
            "Sliced Wasserstein",
            "How far samples must be moved to turn the generated set into the real one, averaged over directions.",
            False,
            (0, _INF),
            "arXiv:1710.10196, section 5",
            "data units",
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
            "precision",
            "Precision",
            "Share of generated samples inside the ball around a real one that reaches its fifth neighbour.",
            True,
            (0, 1),
            "arXiv:1904.06991",
        ),
        Metric(
            "recall",
            "Recall",
            "Share of real samples inside the ball around a generated one that reaches its fifth neighbour.",
            True,
            (0, 1),
            "arXiv:1904.06991",
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
            "coverage",
            "Coverage",
            "Share of real samples whose ball holds a generated one.",
            True,
            (0, 1),
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
        ),
        Metric(
            "kid",
            "KID",
            "Unbiased squared kernel distance with (x·y/dim + 1)³, of a judge's features where there is one, else of "
            "the samples themselves: 0 on average for equal distributions, and so sometimes below.",
            False,
            (-_INF, _INF),
            "arXiv:1801.01401",
        ),
        Metric(
            "frechet_classifier",
            "Fréchet classifier distance",
            "Fréchet distance of two Gaussians fitted to a small classifier's features; comparable only at equal n "
            "and with the same classifier.",
            False,
            (0, _INF),
            "after arXiv:1706.08500",
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
        ),
    )
}
