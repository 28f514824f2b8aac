"""Metrics of two clouds: how far one is from the other, and how wide it is."""

from __future__ import annotations

from typing import Final

from gan_core.metrics.doubts import coarse, copies, first_of, large_scale, left_out
from gan_core.metrics.entry import GAN_EXPLORER, INF, Card, Curve, Metric

ENTRIES: Final = (
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
        doubt=coarse,
    ),
    Metric(
        "frechet_classifier",
        "Fréchet classifier distance",
        "Fréchet distance of two Gaussians fitted to a small classifier's features; comparable only at equal n "
        "and with the same classifier.",
        False,
        (0, INF),
        "after arXiv:1706.08500",
        card=Card(
            "classifier distance",
            "Fréchet distance of the features of a small classifier: 0 is the same; comparable at equal n alone",
            ("images",),
        ),
        swept=True,
        doubt=copies,
    ),
    Metric(
        "sliced_wasserstein",
        "Sliced Wasserstein",
        "How far samples must be moved to turn the generated set into the real one, averaged over directions.",
        False,
        (0, INF),
        "arXiv:1710.10196, section 5",
        "data units",
        card=Card(
            "how far off",
            "Sliced Wasserstein distance: how far the samples must move, in data units",
            ("plane",),
        ),
        listed="SW",
        ranks_states=True,
        doubt=first_of(copies, large_scale),
    ),
    Metric(
        "spread",
        "Spread",
        "Root mean variance of the generated samples over that of the real data: near 0 when all samples are one.",
        True,
        (0, INF),
        GAN_EXPLORER,
        doubt=left_out,
    ),
    Metric(
        "kid",
        "KID",
        "Unbiased squared kernel distance with (x·y/dim + 1)³, of a judge's features where there is one, else of "
        "the samples themselves: 0 on average for equal distributions, and so sometimes below.",
        False,
        (-INF, INF),
        "arXiv:1801.01401",
        swept=True,
        doubt=first_of(copies, large_scale),
    ),
)
