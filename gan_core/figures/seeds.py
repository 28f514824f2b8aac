"""One number of several runs over several seeds: every seed a dot, the median and the middle 80 % beside them."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from gan_core.figures.comparison import COLOURS
from gan_core.figures.palette import PALETTES, Theme
from gan_core.figures.template import empty

_SYMBOLS = ("circle", "diamond", "square", "cross")


def repeats(values: Mapping[str, Sequence[float]], label: str, *, theme: Theme = "light") -> go.Figure:
    """Draw a row of dots for each run.

    Args:
        values: Name to one value a seed, NaN where a run diverged (those are not drawn); at most four names.
        label: What is measured.
        theme: Colours of the page.
    """
    colours = PALETTES[theme]
    figure = empty(colours)
    for (name, all_values), colour, symbol in zip(values.items(), COLOURS, _SYMBOLS, strict=False):
        x = np.array([v for v in all_values if np.isfinite(v)])
        title = html.escape(name, quote=False)  # Plotly reads a little HTML in names
        if not len(x):
            figure.add_scatter(x=[None], y=[title], showlegend=False)
            continue
        figure.add_scatter(
            x=x,
            y=[title] * len(x),
            mode="markers",
            marker={"color": colour, "symbol": symbol, "size": 11, "opacity": 0.6},
            hovertemplate="%{x:.3g}<extra></extra>",
            showlegend=False,
        )
        low, middle, high = np.quantile(x, (0.1, 0.5, 0.9)).tolist()
        figure.add_scatter(
            x=[middle],
            y=[title],
            mode="markers",
            marker={"color": colours.ink, "symbol": "line-ns-open", "size": 26, "line": {"width": 3}},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [high - middle],
                "arrayminus": [middle - low],
                "color": colours.ink,
            },
            hovertemplate=f"median {middle:.3g}, 80 % in {low:.3g} to {high:.3g}<extra></extra>",
            showlegend=False,
        )
    figure.update_layout(height=110 + 56 * len(values), hovermode="closest", margin={"l": 12, "b": 44})
    figure.update_xaxes(title_text=label, tickformat="", showgrid=True, rangemode="tozero")
    figure.update_yaxes(autorange="reversed", automargin=True, showgrid=False)
    return figure
