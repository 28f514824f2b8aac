"""The measures of a series of snapshots, one beneath the other, over the course of the training."""

from __future__ import annotations

import html
import math
from typing import TYPE_CHECKING

import plotly.graph_objects as go

from gan_core.figures.palette import PALETTES, Theme
from gan_core.figures.template import empty
from gan_core.metrics import DIVERSITY, METRICS

if TYPE_CHECKING:
    from gan_core.judging.report import Report

HEIGHT = 280


def judged(report: Report, *, theme: Theme = "light") -> go.Figure:
    """Diversity, the share of samples with a twin, and the distance over the snapshots of a series.

    Args:
        report: What was measured.
        theme: Colours of the page.

    Returns:
        The figure; the distance is drawn as a share of the largest one, which its name says.
    """
    from gan_core.judging.report import DISTANCE, TWINS

    colours = PALETTES[theme]
    figure = empty(colours)
    labels = [html.escape(shot.label or str(i), quote=False) for i, shot in enumerate(report.snapshots)]
    distances = [shot.value(DISTANCE) for shot in report.snapshots]
    top = max((value for value in distances if math.isfinite(value)), default=0.0)
    lines = [
        (METRICS[DIVERSITY].label.lower(), colours.fake, "solid", [shot.value(DIVERSITY) for shot in report.snapshots]),
        ("share with a twin", colours.ink, "dot", [shot.value(TWINS) for shot in report.snapshots]),
    ]
    if top > 0:
        lines.append((f"distance, 1 is {top:.3g}", colours.muted, "dash", [value / top for value in distances]))
    for name, colour, dash, values in lines:
        figure.add_scatter(
            name=name,
            x=labels,
            y=[value if math.isfinite(value) else None for value in values],
            mode="lines+markers",
            line={"color": colour, "dash": dash, "width": 2},
            marker={"size": 5},
        )
    style = figure.layout.xaxis.to_plotly_json()
    figure.update_xaxes(style | {"type": "category", "tickformat": "", "nticks": 12})
    figure.update_yaxes(rangemode="tozero", tickformat="~g")
    figure.update_layout(
        height=HEIGHT, showlegend=True, legend={"orientation": "h", "y": 1.12, "x": 0}, margin={"b": 40, "t": 30}
    )
    return figure
