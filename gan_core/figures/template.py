"""Templates: figures that name the arrays they are made of, and their filling from a snapshot.

A trace's ``meta`` names arrays: ``x``, ``y``, ``critic`` (instead of ``y`` where D gives no probabilities),
``smooth`` (the page may smooth it), or ``marks`` (the trace shows the run's marks). Where x has one value more
than y, x holds the edges of bins.

The layout's ``meta`` has rules for the axes, which the page follows and a finished figure leaves to Plotly: ``x``
is ``grow`` (0 to a round step) or ``edges``; ``y`` is ``steps`` (1-2-5), ``decades``, ``share`` or ``unit``;
``clamp`` bounds ``y`` for a meaning. ``levels`` are reference lines: ``axis``, ``at`` and ``text`` (values, or
dotted paths in the header) and ``when`` (the meaning they belong to). ``title`` names x for each meaning.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go

from gan_core.figures.palette import Palette, rgba

if TYPE_CHECKING:
    from gan_core.record.snapshot import Snapshot

Plain = dict[str, Any]
"""A figure as plotly.js takes it: ``data``, a list of traces, and ``layout``; arrays may be NumPy's."""


def plain_json(figure: Plain) -> str:
    """Write a plain figure as text; arrays stand in it as their bytes, as in a ``go.Figure``'s."""
    return json.dumps(figure, default=_as_bytes, separators=(",", ":"))


def _as_bytes(array: np.ndarray) -> dict[str, str]:
    kind = np.float32 if array.dtype == np.float32 else np.float64
    return {"dtype": f"f{kind().itemsize}", "bdata": base64.b64encode(array.astype(kind).tobytes()).decode()}


def layout(colours: Palette) -> dict[str, Any]:
    """Return the layout that all figures share, in the colours of a page."""

    def axis(**more: Any) -> dict[str, Any]:
        return {
            "gridcolor": colours.line,
            "linecolor": colours.line,
            "zeroline": False,
            "ticks": "",
            "automargin": False,
            "fixedrange": False,
            "tickfont": {"color": colours.muted, "size": 12},
            "title": {"font": {"color": colours.muted, "size": 12}, "standoff": 2},
            **more,
        }

    return {
        "template": "none",
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"color": colours.ink, "size": 12},
        "margin": {"l": 40, "r": 12, "t": 8, "b": 24},
        "hovermode": "x",
        "hoverlabel": {
            "bgcolor": colours.card,
            "bordercolor": colours.line,
            "font": {"color": colours.ink, "size": 12},
        },
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        "xaxis": axis(tickformat=",d", nticks=5, showgrid=False),
        "yaxis": axis(nticks=4),
    }


def empty(colours: Palette) -> go.Figure:
    """Make a figure without data, in the colours of a page."""
    return go.Figure(layout=layout(colours))


def line(
    name: str, colour: str, dash: str, x: str, y: str, *, critic: str = "", smooth: bool = False
) -> dict[str, Any]:
    """Arguments of a line that is filled later.

    Args:
        name: In the legend and on hover.
        colour: Of its role.
        dash: Of its role; lines must differ without their colours too.
        x: Array of the steps.
        y: Array of the values.
        critic: Array instead of `y` where D's answers are critic values.
        smooth: True if the page may smooth it.
    """
    meta: dict[str, Any] = {"x": x, "y": y}
    if critic:
        meta["critic"] = critic
    if smooth:
        meta["smooth"] = True
    return {
        "name": name,
        "mode": "lines",
        "line": {"color": colour, "dash": dash, "width": 2},
        "hovertemplate": f"{name} %{{y:.3g}}<extra></extra>",
        "meta": meta,
    }


def filled(figure: go.Figure, snapshot: Snapshot | None) -> go.Figure:
    """Fill a template by its own `meta`, as the page does; without a snapshot it stays empty."""
    if snapshot is None:
        return figure
    header, arrays = snapshot.header, snapshot.arrays
    meaning = header.get("meaning", "probability")
    muted = figure.layout.yaxis.tickfont.color
    for trace in figure.data:
        if trace.meta.get("marks"):
            for mark in header.get("marks", ()):
                figure.add_vline(mark["step"], line={"color": rgba(muted, 0.6), "width": 1})
            continue
        y_name = trace.meta.get("critic", trace.meta["y"]) if meaning == "critic" else trace.meta["y"]
        if y_name not in arrays or trace.meta["x"] not in arrays:
            trace.visible = False
            continue
        x, y = arrays[trace.meta["x"]], arrays[y_name]
        if len(x) == len(y) + 1:
            trace.width = np.diff(x)
            x = (x[1:] + x[:-1]) / 2
        trace.x, trace.y = x, y
    meta = figure.layout.meta
    for level in meta.get("levels", ()):
        at = look_up(header, level["at"])
        at = level.get("usual") if at is None else at
        if at is None or level.get("when", meaning) != meaning:
            continue
        add = figure.add_hline if level["axis"] == "y" else figure.add_vline
        style = {"color": muted, "width": 1, "dash": "dot"}
        add(at, line=style, annotation_text=look_up(header, level["text"]) or level.get("usual_text", ""))
    if "title" in meta:
        figure.update_xaxes(title_text=meta["title"][meaning])
    return figure


def look_up(header: Mapping[str, Any], at: Any) -> Any:
    """Look up a value by its dotted path in the header; numbers and words without a dot stand for themselves."""
    if not isinstance(at, str) or "." not in at:
        return at
    value: Any = header
    for key in at.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def steps_125(value: float) -> float:
    """Smallest of 1, 2, 5 times a power of ten that is not below a positive value: axes change in such steps."""
    if not value > 0:
        return 1.0
    power = 10.0 ** np.floor(np.log10(value))
    return float(next(m * power for m in (1, 2, 5, 10) if m * power >= value * (1 - 1e-9)))
