"""Metrics by a trained classifier of real images."""

from __future__ import annotations

from typing import Final

from gan_core.metrics.doubts import alike, asked
from gan_core.metrics.entry import GAN_EXPLORER, INF, Metric

ENTRIES: Final = (
    Metric(
        "class_kl",
        "Class KL",
        "KL divergence of the classes that a small classifier sees from even shares.",
        False,
        (0, INF),
        GAN_EXPLORER,
        "nats",
        doubt=asked,
    ),
    Metric(
        "confident",
        "Confident",
        "Share of samples of which a small classifier is more than 90 % sure.",
        True,
        (0, 1),
        GAN_EXPLORER,
        format="percent",
        doubt=alike,
    ),
)
