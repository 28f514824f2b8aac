"""Scores: pure functions of NumPy arrays, each with what real data of the same size reach.

Points are `[n, 2]` in data units, images `[n, c, h, w]` in [-1, 1]; real before fake.
"""

from __future__ import annotations

from gan_core.metrics.any_data import score_any, score_plane_neighbours
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
from gan_core.metrics.images import class_shares, score_images
from gan_core.metrics.judge import Judge, find_judge
from gan_core.metrics.kernel import frechet, kid
from gan_core.metrics.modes import ModeScores, kl_divergence, score_modes
from gan_core.metrics.neighbours import Cloud, NeighbourScores, closer_to_train, compare, coverage_of_real
from gan_core.metrics.plane import score_plane
from gan_core.metrics.samples import load_samples, sample_classes, score_samples
from gan_core.metrics.table import METRICS, Metric, Score

__all__ = [
    "METRICS",
    "Cloud",
    "Judge",
    "Metric",
    "ModeScores",
    "NeighbourScores",
    "Score",
    "class_shares",
    "closer_to_train",
    "compare",
    "coverage_of_real",
    "even_directions",
    "find_judge",
    "frechet",
    "histogram",
    "js",
    "js_of_histograms",
    "kid",
    "kl_divergence",
    "load_samples",
    "random_directions",
    "sample_classes",
    "score_any",
    "score_images",
    "score_modes",
    "score_plane",
    "score_plane_neighbours",
    "score_samples",
    "sliced_wasserstein",
    "sorted_projections",
    "spread",
]
