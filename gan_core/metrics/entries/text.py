"""Metrics of words: are they real, do they differ, do their letters follow each other as in real ones."""

from __future__ import annotations

from typing import Final

from gan_core.metrics.doubts import memorised
from gan_core.metrics.entry import GAN_EXPLORER, Card, Curve, Metric

ENTRIES: Final = (
    Metric(
        "in_dictionary",
        "In the dictionary",
        "Share of generated words that are real ones: among those trained on, or among those held out.",
        True,
        (0, 1),
        GAN_EXPLORER,
        format="percent",
        card=Card("real words", "Share of generated words that are in the dictionary", ("text",)),
        listed="real words",
        swept=True,
        doubt=memorised,
    ),
    Metric(
        "grammatical",
        "Grammatical",
        "Share of generated sentences that the grammar allows.",
        True,
        (0, 1),
        "arXiv:1611.04051",
        format="percent",
        card=Card("grammatical", "Share of generated sentences that the grammar allows", ("text",)),
        listed="grammatical",
        swept=True,
        doubt=memorised,
    ),
    Metric(
        "unique",
        "Unique",
        "Share of different words among the generated ones: low where G writes few words again and again.",
        True,
        (0, 1),
        GAN_EXPLORER,
        format="percent",
        card=Card("different words", "Share of different words: low where G repeats itself", ("text",)),
        curve=Curve("text", "different words", help="Share of different words", dash="solid"),
        swept=True,
    ),
    Metric(
        "pairs_js",
        "2-gram distance",
        "Jensen–Shannon divergence of the shares of neighbouring letters, the word's ends included, from the real "
        "words': 0 the same, 0.69 nothing in common.",
        False,
        (0, 0.6931472),
        "after arXiv:1704.00028, section 5",
        "nats",
        curve=Curve("text", "2-gram distance (JS)", "2-grams", "2-gram distance to real words: 0 is best", "dashdot"),
        listed="2-gram JS",
        swept=True,
        ranks_states=True,
    ),
    Metric(
        "commonest",
        "Commonest word",
        "Share of the word that G writes most often: near 1 where it writes one word alone.",
        False,
        (0, 1),
        GAN_EXPLORER,
        format="percent",
    ),
    Metric(
        "novel",
        "Novel",
        "Share of generated words that are not among those trained on, real or not.",
        True,
        (0, 1),
        GAN_EXPLORER,
        format="percent",
        floor_label="training words",
    ),
)
