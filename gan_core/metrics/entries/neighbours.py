"""Metrics by nearest neighbours: of any data, in any space with a distance."""

from __future__ import annotations

from typing import Final

from gan_core.metrics.doubts import alike, chance, copies, first_of, left_out, pixels
from gan_core.metrics.entry import GAN_EXPLORER, INF, Card, Curve, Metric

ENTRIES: Final = (
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
        doubt=first_of(copies, pixels),
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
        doubt=first_of(copies, alike, pixels),
    ),
    Metric(
        "recall",
        "Recall",
        "Share of real samples inside the ball around a generated one that reaches its fifth neighbour.",
        True,
        (0, 1),
        "arXiv:1904.06991",
        format="percent",
        doubt=first_of(copies, pixels),
    ),
    Metric(
        "density",
        "Density",
        "Mean number of real samples' balls that a generated one lies in, over five.",
        True,
        (0, INF),
        "arXiv:2002.09797",
        doubt=first_of(copies, alike, pixels),
    ),
    Metric(
        "clipped_density",
        "Clipped density",
        "Density in which no sample and no outlier's ball counts more than another, over what the real samples reach "
        "among themselves: it reads as a share of good samples.",
        True,
        (0, 1),
        "arXiv:2507.01761",
        format="percent",
        doubt=first_of(copies, alike, pixels),
    ),
    Metric(
        "clipped_coverage",
        "Clipped coverage",
        "Share of as many good samples that would fill the real samples' balls, five in each, as well as these do.",
        True,
        (0, 1),
        "arXiv:2507.01761",
        format="percent",
        doubt=first_of(copies, pixels),
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
        doubt=pixels,
    ),
    Metric(
        "diversity",
        "Diversity",
        "Mean distance between two generated samples over that between two real ones.",
        True,
        (0, INF),
        GAN_EXPLORER,
        doubt=left_out,
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
        doubt=chance,
    ),
)
