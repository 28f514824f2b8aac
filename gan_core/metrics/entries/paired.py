"""Metrics of images that answer a condition, each beside the real one; best filters are what they stand beside."""

from __future__ import annotations

from typing import Final

from gan_core.metrics.entry import GAN_EXPLORER, INF, Card, Curve, Metric

ENTRIES: Final = (
    Metric(
        "psnr",
        "PSNR",
        "Peak signal-to-noise ratio of single answers to a condition beside the real image: 10 log10 of the square "
        "of the pixels' span over the mean squared error.",
        True,
        (-INF, INF),
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
        GAN_EXPLORER,
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
        (0, INF),
        GAN_EXPLORER,
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
        (0, INF),
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
)
