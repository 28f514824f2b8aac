"""Scores: pure functions of NumPy arrays, each with what real data of the same size reach.

Points are `[n, 2]` in data units, images `[n, c, h, w]` in [-1, 1]; real before fake. The table of metrics costs no
PyTorch: functions are loaded on first use.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from gan_core.metrics.table import (
    DIVERSITY,
    METRICS,
    Card,
    Curve,
    Metric,
    Score,
    curves_of,
    doubts_of,
    facts,
    label_of,
)

if TYPE_CHECKING:
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
    from gan_core.metrics.sounds import note_shares, score_sounds
    from gan_core.metrics.text import score_pairs, score_text, score_words

_HOMES = {
    "Cloud": "neighbours",
    "Judge": "judge",
    "ModeScores": "modes",
    "NeighbourScores": "neighbours",
    "class_shares": "images",
    "closer_to_train": "neighbours",
    "compare": "neighbours",
    "coverage_of_real": "neighbours",
    "even_directions": "distances",
    "find_judge": "judge",
    "frechet": "kernel",
    "histogram": "distances",
    "js": "distances",
    "js_of_histograms": "distances",
    "kid": "kernel",
    "kl_divergence": "modes",
    "load_samples": "samples",
    "note_shares": "sounds",
    "random_directions": "distances",
    "sample_classes": "samples",
    "score_any": "any_data",
    "score_images": "images",
    "score_modes": "modes",
    "score_plane": "plane",
    "score_plane_neighbours": "any_data",
    "score_restored": "paired",
    "score_pairs": "text",
    "score_samples": "samples",
    "score_sounds": "sounds",
    "score_text": "text",
    "score_words": "text",
    "sliced_wasserstein": "distances",
    "sorted_projections": "distances",
    "spread": "distances",
}

__all__ = [
    "DIVERSITY",
    "METRICS",
    "Card",
    "Cloud",
    "Curve",
    "Judge",
    "Metric",
    "ModeScores",
    "NeighbourScores",
    "Score",
    "class_shares",
    "closer_to_train",
    "compare",
    "coverage_of_real",
    "curves_of",
    "doubts_of",
    "even_directions",
    "facts",
    "find_judge",
    "frechet",
    "histogram",
    "js",
    "js_of_histograms",
    "kid",
    "kl_divergence",
    "label_of",
    "load_samples",
    "note_shares",
    "random_directions",
    "sample_classes",
    "score_any",
    "score_images",
    "score_modes",
    "score_pairs",
    "score_plane",
    "score_plane_neighbours",
    "score_restored",
    "score_samples",
    "score_sounds",
    "score_text",
    "score_words",
    "sliced_wasserstein",
    "sorted_projections",
    "spread",
]


def __getattr__(name: str) -> Any:
    """Load a function from its module on first use (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
