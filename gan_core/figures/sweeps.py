"""The rows of a sweep: a point for each seed, the median as a bar, a panel for each score."""

from __future__ import annotations

import html
import statistics
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from gan_core.figures.comparison import COLOURS
from gan_core.figures.palette import PALETTES, Theme
from gan_core.figures.template import empty

PANEL_HEIGHT = 240


def sweep(
    rows: Sequence[Mapping[str, Any]],
    by: Sequence[str],
    scores: Mapping[str, str],
    *,
    floors: Mapping[str, float] = MappingProxyType({}),
    theme: Theme = "light",
) -> go.Figure:
    """Scores of several configs, each with its seeds.

    Args:
        rows: One for each run: what was varied, and numbers (None where there is none).
        by: What was varied; a combination is one place on x, in the order of its first row.
        scores: Columns to show and their titles, one panel below the other.
        floors: What real data reach of them, a dotted line.
        theme: Colours of the page.
    """
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        words = ", ".join(str(row[path]) for path in by)
        groups.setdefault(html.escape(words, quote=False), []).append(row)  # Plotly reads a little HTML in names
    style = empty(PALETTES[theme]).layout
    titles = [html.escape(title, quote=False) for title in scores.values()]
    figure = make_subplots(rows=len(scores), cols=1, shared_xaxes=True, vertical_spacing=0.08, subplot_titles=titles)
    axes = {"xaxis", "yaxis"}
    figure.update_layout({name: value for name, value in style.to_plotly_json().items() if name not in axes})
    figure.update_xaxes(style.xaxis.to_plotly_json() | {"type": "category", "tickformat": "", "nticks": None})
    figure.update_yaxes(style.yaxis.to_plotly_json())
    real = PALETTES[theme].real
    for panel, score in enumerate(scores, 1):
        for colour, (words, members) in zip(_cycle(len(groups)), groups.items(), strict=True):
            values = [row[score] for row in members if row.get(score) is not None]
            if not values:
                continue
            seeds = [f"seed {row['seed']}" for row in members if row.get(score) is not None]
            point = {"color": colour, "size": 8, "opacity": 0.65}
            said = "%{x}, %{text}: %{y:.4g}<extra></extra>"
            x = [words] * len(values)
            figure.add_scatter(
                x=x, y=values, text=seeds, mode="markers", marker=point, hovertemplate=said, row=panel, col=1
            )
            middle = {"symbol": "line-ew-open", "size": 34, "color": colour, "line": {"width": 3}}
            median = "%{x}, median: %{y:.4g}<extra></extra>"
            figure.add_scatter(
                x=[words],
                y=[statistics.median(values)],
                mode="markers",
                marker=middle,
                hovertemplate=median,
                row=panel,
                col=1,
            )
        if score in floors:
            line = {"color": real, "width": 1.5, "dash": "dot"}
            figure.add_hline(y=floors[score], line=line, row=panel, col=1, annotation_text="real data")
    figure.update_layout(
        showlegend=False,
        height=60 + PANEL_HEIGHT * len(scores),
        margin={"l": 60, "b": 44, "t": 32},
        hovermode="closest",
    )
    return figure


def _cycle(n: int) -> list[str]:
    return [COLOURS[i % len(COLOURS)] for i in range(n)]
