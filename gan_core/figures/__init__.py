"""Figures: pure functions of a snapshot, named after what is seen; the only package that knows Plotly.

Each function takes a `Snapshot` and returns a finished ``go.Figure``. Without a snapshot it returns the same figure
empty: its traces then say in their ``meta`` which arrays they are made of (see `gan_core.figures.template`). The live
view fills those templates from its frames by the same rules, so that a picture in a report and the picture on the page
cannot drift apart.

Steps are on x, counted from 1. Shares and probabilities lie in [0, 1]. Real comes before generated, D before G.
"""

from __future__ import annotations

import json
from typing import Any, Final

from gan_core.figures.compare import MAX_RUNS, compare
from gan_core.figures.curves import (
    accuracy,
    gradient_norms,
    health,
    losses,
    score_histograms,
    score_means,
    scores,
)
from gan_core.figures.pictures import samples
from gan_core.figures.repeats import repeats
from gan_core.figures.sweep import sweep
from gan_core.palette import Theme

__all__ = [
    "LIVE",
    "MAX_RUNS",
    "accuracy",
    "compare",
    "gradient_norms",
    "health",
    "losses",
    "repeats",
    "samples",
    "score_histograms",
    "score_means",
    "scores",
    "sweep",
    "templates",
]

LIVE: Final = {
    "losses": losses,
    "score_histograms": score_histograms,
    "score_means": score_means,
    "gradient_norms": gradient_norms,
    "accuracy": accuracy,
    "scores": scores,
}
"""Figures that the live view draws."""


def templates(theme: Theme = "light") -> dict[str, dict[str, Any]]:
    """The live view's figures, empty, as plain JSON values.

    Args:
        theme: Colours.

    Returns:
        Name → ``{"data": [traces], "layout": layout}``.
    """
    return {name: json.loads(make(theme=theme).to_json()) for name, make in LIVE.items()}
