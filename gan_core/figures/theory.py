"""Figures of the theory: fields and paths in the plane of two players, eigenvalues, densities and divergences."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from gan_core.figures.compare import COLOURS, DASHES
from gan_core.figures.template import empty
from gan_core.palette import PALETTES, Theme, rgba

Array = NDArray[Any]

HEIGHT: Final = 340


def _framed(theme: Theme, x: str, y: str, height: int = HEIGHT) -> go.Figure:
    figure = empty(PALETTES[theme])
    figure.update_layout(
        height=height, margin={"l": 52, "r": 12, "t": 28, "b": 44}, hovermode="closest", showlegend=True
    )
    figure.update_xaxes(title_text=x, tickformat=None)
    figure.update_yaxes(title_text=y)
    return figure


def dirac_plane(grid: Array, velocity: Array, paths: Mapping[str, Array], *, theme: Theme = "light") -> go.Figure:
    """The field of a Dirac-GAN as short strokes, and paths over it; the cross is the equilibrium.

    Args:
        grid: States (θ, ψ), ``[n, 2]``.
        velocity: At these states, ``[n, 2]``; only its direction is drawn.
        paths: Name to states, ``[steps + 1, 2]``.
        theme: Colours.
    """
    colours = PALETTES[theme]
    figure = _framed(theme, "θ: where G is", "ψ: slope of D", 500)
    reach = float(np.abs(grid).max())
    sizes = np.linalg.norm(velocity, axis=1, keepdims=True)
    stroke = velocity / np.maximum(sizes, 1e-12) * reach / 12
    lines = np.full((len(grid), 3, 2), np.nan)
    lines[:, 0], lines[:, 1] = grid, grid + stroke
    x, y = lines.reshape(-1, 2).T
    style = {"color": rgba(colours.gradient, 0.45), "width": 1.2}
    figure.add_scatter(x=x, y=y, mode="lines", line=style, hoverinfo="skip", name="the field", showlegend=False)
    heads = {"size": 3, "color": rgba(colours.gradient, 0.7)}
    ends = grid + stroke
    figure.add_scatter(x=ends[:, 0], y=ends[:, 1], mode="markers", marker=heads, hoverinfo="skip", showlegend=False)
    for (name, path), colour, dash in zip(paths.items(), COLOURS, DASHES, strict=False):
        shown = np.clip(path, -3 * reach, 3 * reach)
        style = {"color": colour, "dash": dash, "width": 2}
        figure.add_scatter(x=shown[:, 0], y=shown[:, 1], mode="lines", line=style, name=name)
        first = {"color": colour, "size": 8, "symbol": "circle-open"}
        figure.add_scatter(x=shown[:1, 0], y=shown[:1, 1], mode="markers", marker=first, showlegend=False, name="start")
        last = {"color": colour, "size": 8}
        figure.add_scatter(x=shown[-1:, 0], y=shown[-1:, 1], mode="markers", marker=last, showlegend=False, name="end")
    cross = {"symbol": "cross-thin", "size": 14, "line": {"width": 2, "color": colours.ink}}
    figure.add_scatter(x=[0], y=[0], mode="markers", marker=cross, name="equilibrium")
    figure.update_xaxes(range=[-reach, reach], constrain="domain", constraintoward="left")
    figure.update_yaxes(range=[-reach, reach], scaleanchor="x", constrain="domain")
    return figure


def distances(paths: Mapping[str, Array], *, theme: Theme = "light") -> go.Figure:
    """Distance to the equilibrium over steps, on a logarithmic axis: a straight line down converges."""
    figure = _framed(theme, "step", "distance to the equilibrium", 260)
    figure.update_layout(margin_l=68)  # 0.0001 stands there
    for (name, path), colour, dash in zip(paths.items(), COLOURS, DASHES, strict=False):
        y = np.maximum(np.linalg.norm(path, axis=1), 1e-12)
        figure.add_scatter(y=y, mode="lines", line={"color": colour, "dash": dash, "width": 2}, name=name)
    figure.update_yaxes(type="log", tickformat="~g")
    return figure


def eigenvalue_plane(values: Array, *, theme: Theme = "light") -> go.Figure:
    """Both eigenvalues in the complex plane: left of the axis converges, on it circles, right of it diverges."""
    colours = PALETTES[theme]
    figure = _framed(theme, "real part", "imaginary part", 240)
    reach = max(1.1, 1.15 * float(np.abs(values).max()))
    stable = {"type": "rect", "x0": -reach, "x1": 0, "fillcolor": rgba(colours.ok, 0.10), "line": {"width": 0}}
    axis = {"type": "line", "x0": 0, "x1": 0, "line": {"color": colours.muted, "width": 1}}
    mark = {"symbol": "x", "size": 11, "color": colours.ink}
    figure.add_scatter(x=values.real, y=values.imag, mode="markers", marker=mark, name="eigenvalues")
    figure.update_xaxes(range=[-reach, reach])
    figure.update_yaxes(range=[-reach, reach])
    whole = {"yref": "paper", "y0": 0, "y1": 1}
    figure.update_layout(showlegend=False, shapes=[stable | whole, axis | whole])  # add_vrect takes four times as long
    return figure


def best_discriminator(
    x: Array, p: Array, q: Array, best: Array, learned: Array | None, *, theme: Theme = "light"
) -> go.Figure:
    """Two densities, the best D between them, and a trained one.

    Args:
        x: Points, ``[n]``.
        p: Density of the data, ``[n]``.
        q: Density of the generator, ``[n]``.
        best: D*, a probability, ``[n]``.
        learned: D as trained, or None.
        theme: Colours.
    """
    colours = PALETTES[theme]
    figure = _framed(theme, "x", "density; probability of “real”")
    for name, y, colour, dash in (("data p", p, colours.real, "dot"), ("generator q", q, colours.fake, "solid")):
        style = {"color": colour, "width": 2, "dash": dash}
        figure.add_scatter(x=x, y=y, name=name, mode="lines", line=style, fill="tozeroy", fillcolor=rgba(colour, 0.12))
    style = {"color": colours.discriminator, "width": 2, "dash": "dash"}
    figure.add_scatter(x=x, y=best, name="best D = p/(p+q)", mode="lines", line=style)
    if learned is not None:
        style = {"color": colours.discriminator, "width": 1.5}
        figure.add_scatter(x=x, y=learned, name="D, trained on samples", mode="lines", line=style)
    figure.add_hline(0.5, line={"color": colours.muted, "width": 1, "dash": "dot"})
    figure.update_yaxes(range=[0, 1.02])
    return figure


def divergences(means: Array, jsd: Array, w1: Array, at: float, *, theme: Theme = "light") -> go.Figure:
    """JSD (left axis) and Wasserstein distance (right axis) over the distance of two densities."""
    colours = PALETTES[theme]
    figure = _framed(theme, "distance of the means", "JSD, nats", 260)
    figure.add_scatter(x=means, y=jsd, name="Jensen–Shannon", line={"color": colours.ink, "width": 2})
    figure.add_scatter(
        x=means, y=w1, name="Wasserstein", yaxis="y2", line={"color": colours.ink, "width": 2, "dash": "dashdot"}
    )
    style = {"color": colours.muted, "width": 1, "dash": "dot"}
    figure.add_hline(math.log(2), line=style, annotation_text="log 2", annotation_position="top left")
    figure.add_vline(
        at, line={"color": colours.ink, "width": 1}, annotation_text="now", annotation_position="bottom right"
    )
    figure.update_layout(
        yaxis2={
            "overlaying": "y",
            "side": "right",
            "showgrid": False,
            "title": {"text": "Wasserstein", "font": {"color": colours.muted, "size": 12}},
            "tickfont": {"color": colours.muted, "size": 12},
            "range": [0, 1.15 * float(w1.max())],
            "tickmode": "linear",
            "tick0": 0,
            "dtick": 2,
        },
        margin_r=52,
    )
    figure.layout.yaxis.range = [0, 0.85]
    return figure


def curves(
    x: Array,
    lines: Mapping[str, Array],
    *,
    x_title: str,
    y_title: str,
    log: bool = False,
    log_x: bool = False,
    y_range: tuple[float, float] | None = None,
    at: float | None = None,
    theme: Theme = "light",
) -> go.Figure:
    """Several named curves over one axis, told apart by dash as well as colour; a line stands where x is ``at``."""
    figure = _framed(theme, x_title, y_title, 300)
    for i, (name, y) in enumerate(lines.items()):
        style = {"color": COLOURS[i % len(COLOURS)], "dash": DASHES[i % len(DASHES)], "width": 2 + (i >= len(COLOURS))}
        figure.add_scatter(x=x, y=y, name=name, mode="lines", line=style)
    if y_range is not None:
        figure.update_yaxes(range=y_range)
    if log:
        figure.update_yaxes(type="log", tickformat="~g")
    if log_x:
        figure.update_xaxes(type="log", tickformat="~g", nticks=6)
    if at is not None:
        stroke = {"color": PALETTES[theme].muted, "width": 1}
        line = {"type": "line", "x0": at, "x1": at, "yref": "paper", "y0": 0, "y1": 1, "line": stroke}
        figure.update_layout(shapes=[line])
    return figure
