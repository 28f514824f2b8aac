"""Metrics of sounds that are notes: which are reached, how well they are in tune, how evenly they come."""

from __future__ import annotations

from typing import Final

from gan_core.metrics.doubts import alike, asked
from gan_core.metrics.entry import GAN_EXPLORER, INF, Card, Curve, Metric

ENTRIES: Final = (
    Metric(
        "notes_reached",
        "Notes reached",
        "Notes that at least a fifth of their fair share of all sounds are, within 20 cents.",
        True,
        (0, INF),
        GAN_EXPLORER,
        format="count",
        out_of="n_notes",
        card=Card(
            "reaches",
            "A note is reached if at least a fifth of its fair share of all sounds is heard as it, within 20 cents",
            ("sound",),
        ),
        curve=Curve("sound", "notes reached", strip=True),
        listed="notes reached",
        swept=True,
        ranks_states=True,
        doubt=asked,
    ),
    Metric(
        "n_notes",
        "Notes",
        "Notes that the data have.",
        True,
        (0, INF),
        GAN_EXPLORER,
        format="count",
    ),
    Metric(
        "in_tune",
        "In tune",
        "Share of sounds that are heard as one of the notes, within 20 cents.",
        True,
        (0, 1),
        GAN_EXPLORER,
        format="percent",
        card=Card(
            "in tune",
            "Share of sounds with most of their energy in one note, within 20 cents (a fifth of a semitone) of it",
            ("sound",),
            floor_digits=1,
        ),
        curve=Curve(
            "sound",
            "in tune",
            help="Share of sounds that are one of the notes, within 20 cents: 1 is best",
            dash="solid",
        ),
        listed="in tune",
        swept=True,
        doubt=alike,
    ),
    Metric(
        "cents",
        "Tuning error",
        "Mean distance from the nearest note of those sounds that are heard as a tone, in hundredths of a semitone.",
        False,
        (0, INF),
        GAN_EXPLORER,
        "cents",
        card=Card(
            "cents off",
            "Mean distance from the nearest note in hundredths of a semitone; chance alone would give about 46",
            ("sound",),
        ),
        swept=True,
        doubt=alike,
    ),
    Metric(
        "purity",
        "Purity",
        "Share of a sound's energy that lies in the two harmonics of its note, on average.",
        True,
        (0, 1),
        GAN_EXPLORER,
        format="percent",
        curve=Curve(
            "sound",
            "pure",
            help="Share of the energy that lies in the harmonics of a note, not in noise: 1 is best",
            dash="dot",
        ),
        doubt=alike,
    ),
    Metric(
        "note_kl",
        "Note KL",
        "KL divergence of the shares of the notes, of all sounds in tune, from even ones.",
        False,
        (0, INF),
        GAN_EXPLORER,
        "nats",
        doubt=asked,
    ),
)
