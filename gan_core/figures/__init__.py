"""Figures: pure functions of a snapshot, named after what is seen; the only package that knows Plotly.

Each function takes a `Snapshot` and returns a finished ``go.Figure``. Without a snapshot it returns the same figure
empty: its traces then say in their ``meta`` which arrays they are made of (see `gan_core.figures.template`). The live
view fills those templates from its frames by the same rules, so that a picture in a report and the picture on the page
cannot drift apart.

Steps are on x, counted from 1. Shares and probabilities lie in [0, 1]. Real comes before generated, D before G.
Names are loaded on first use, so that the palette costs no Plotly.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gan_core.figures.comparison import MAX_RUNS, compare
    from gan_core.figures.curves import (
        accuracy,
        gradient_norms,
        health,
        losses,
        score_histograms,
        score_means,
        scores,
    )
    from gan_core.figures.judged import judged
    from gan_core.figures.live_view import LIVE, templates
    from gan_core.figures.pictures import samples
    from gan_core.figures.seeds import repeats
    from gan_core.figures.sweeps import sweep

_HOMES = {
    "LIVE": "live_view",
    "MAX_RUNS": "comparison",
    "accuracy": "curves",
    "compare": "comparison",
    "gradient_norms": "curves",
    "health": "curves",
    "judged": "judged",
    "losses": "curves",
    "repeats": "seeds",
    "samples": "pictures",
    "score_histograms": "curves",
    "score_means": "curves",
    "scores": "curves",
    "sweep": "sweeps",
    "templates": "live_view",
}

__all__ = [
    "LIVE",
    "MAX_RUNS",
    "accuracy",
    "compare",
    "gradient_norms",
    "health",
    "judged",
    "losses",
    "repeats",
    "samples",
    "score_histograms",
    "score_means",
    "scores",
    "sweep",
    "templates",
]


def __getattr__(name: str) -> Any:
    """Load a figure from its module on first use (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
