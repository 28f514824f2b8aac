"""Metrics of data with known modes: which are reached, how sharply, how evenly."""

from __future__ import annotations

from typing import Final

from gan_core.metrics.doubts import alike, thin
from gan_core.metrics.entry import GAN_EXPLORER, INF, PACGAN, Card, Curve, Metric

ENTRIES: Final = (
    Metric(
        "modes_reached",
        "Modes reached",
        "Modes that are the nearest of at least a fifth of their fair share of all samples.",
        True,
        (0, INF),
        GAN_EXPLORER,
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
        doubt=thin,
    ),
    Metric(
        "modes",
        "Modes captured",
        "Modes that hold at least one high-quality sample (GAN Lab's data: a quarter of their share).",
        True,
        (0, INF),
        PACGAN,
        format="count",
        out_of="n_modes",
        swept=True,
        doubt=thin,
    ),
    Metric(
        "n_modes",
        "Modes",
        "Modes that the data have.",
        True,
        (0, INF),
        PACGAN,
        format="count",
    ),
    Metric(
        "high_quality",
        "High quality",
        "Share of samples inside the region of a mode, for round modes 3 standard deviations.",
        True,
        (0, 1),
        PACGAN,
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
        doubt=alike,
    ),
    Metric(
        "reverse_kl",
        "Reverse KL",
        "KL divergence of the high-quality samples' shares of the modes from the true shares.",
        False,
        (0, INF),
        PACGAN,
        "nats",
        swept=True,
        doubt=thin,
    ),
    Metric(
        "all_sample_kl",
        "KL, all samples",
        "The same over the nearest mode of every sample, sharp or not: it tells collapse from blur.",
        False,
        (0, INF),
        GAN_EXPLORER,
        "nats",
        doubt=thin,
    ),
    Metric(
        "std_ratio",
        "Width of modes",
        "Standard deviation of a mode's high-quality samples over the true one: low is a collapse within modes.",
        True,
        (0, INF),
        GAN_EXPLORER,
    ),
)
