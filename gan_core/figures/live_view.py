"""Figures of the live view, as empty templates that the browser fills from frames."""

from __future__ import annotations

import json
from typing import Any, Final

from gan_core.figures.curves import accuracy, gradient_norms, losses, score_histograms, score_means, scores
from gan_core.figures.palette import Theme

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
    """Return the live view's figures, empty, as plain JSON values.

    Args:
        theme: Colours.

    Returns:
        Name → ``{"data": [traces], "layout": layout}``.
    """
    return {name: json.loads(make(theme=theme).to_json()) for name, make in LIVE.items()}
