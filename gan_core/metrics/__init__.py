"""Scores: pure functions of NumPy arrays, each with what real data of the same size reach.

Points are `[n, 2]` in data units, images `[n, c, h, w]` in [-1, 1]; real before fake.
"""

from __future__ import annotations

from gan_core.metrics.distances import (
    even_directions,
    histogram,
    js,
    js_of_histograms,
    random_directions,
    sliced_wasserstein,
    sorted_projections,
    spread,
)
from gan_core.metrics.modes import ModeScores, kl_divergence, score_modes
from gan_core.metrics.plane import score_plane
from gan_core.metrics.samples import load_samples, score_images, score_samples
from gan_core.metrics.table import METRICS, Metric, Score

__all__ = [
    "METRICS",
    "Metric",
    "ModeScores",
    "Score",
    "even_directions",
    "histogram",
    "js",
    "js_of_histograms",
    "kl_divergence",
    "load_samples",
    "random_directions",
    "score_images",
    "score_modes",
    "score_plane",
    "score_samples",
    "sliced_wasserstein",
    "sorted_projections",
    "spread",
]
