"""Figures of the theory: fields and paths in the plane of two players, eigenvalues, densities and divergences.

They follow a slider, so they are plain: dictionaries of `data` and `layout`, as plotly.js and ``go.Figure`` take them.
To make a ``go.Figure`` checks every number and takes several times as long; the tests do so.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from gan_core.figures.comparison import COLOURS, DASHES
from gan_core.figures.palette import PALETTES, Theme, rgba
from gan_core.figures.template import Plain, layout

Array = NDArray[Any]

HEIGHT: Final = 340
_LOG: Final = {"type": "log", "tickformat": "~g"}


class _Plot:
    """A figure in the making: traces, shapes and axes as dictionaries."""

    def __init__(self, theme: Theme, x: str, y: str, height: int = HEIGHT) -> None:
        self._traces: list[dict[str, Any]] = []
        self._layout = layout(PALETTES[theme])
        del self._layout["template"]  # a name that only Python knows
        self._layout |= {"height": height, "hovermode": "closest", "showlegend": True}
        self._layout |= {"margin": {"l": 52, "r": 12, "t": 28, "b": 44}, "shapes": [], "annotations": []}
        self.xaxis, self.yaxis = self._layout["xaxis"], self._layout["yaxis"]
        del self.xaxis["tickformat"]
        self.xaxis["title"]["text"], self.yaxis["title"]["text"] = x, y
        self.margin = self._layout["margin"]

    def line(self, x: Array | None, y: Array, name: str, **more: Any) -> None:
        self._add("lines", x, y, name=name, **more)

    def markers(self, x: Any, y: Any, marker: Mapping[str, Any], **more: Any) -> None:
        self._add("markers", x, y, marker=marker, **more)

    def _add(self, mode: str, x: Any, y: Any, **more: Any) -> None:
        where = {"y": y} if x is None else {"x": x, "y": y}
        self._traces.append({"type": "scatter", "mode": mode, **where, **more})

    def across(self, axis: str, at: float, line: Mapping[str, Any], text: str = "") -> None:
        """Draw a line across the whole plot where ``axis`` is ``at``, with words at its top left or bottom right."""
        other = "y" if axis == "x" else "x"
        ends = {f"{axis}0": at, f"{axis}1": at, f"{axis}ref": axis}
        ends |= {f"{other}0": 0, f"{other}1": 1, f"{other}ref": f"{other} domain"}
        self._layout["shapes"].append({"type": "line", "line": line, **ends})
        if text:
            place = {axis: at, f"{axis}ref": axis, other: 0, f"{other}ref": f"{other} domain"}
            words = {"text": text, "showarrow": False, "xanchor": "left", "yanchor": "bottom"}
            self._layout["annotations"].append(words | place)

    def shape(self, shape: Mapping[str, Any]) -> None:
        self._layout["shapes"].append(shape)

    def figure(self, **more: Any) -> Plain:
        return {"data": self._traces, "layout": self._layout | more}


def _arrows(begin: Array, strokes: Array) -> str:
    """Arrows as one path: as a line with gaps, or as a mark each, they take a browser several times as long."""
    end = begin + strokes
    across = strokes[:, ::-1] * (-1, 1)
    left, right = (end - 0.35 * strokes + side * 0.2 * across for side in (-1, 1))
    arrows = np.concatenate([begin, end, left, end, right], 1).tolist()
    return "".join("M{:.3f},{:.3f}L{:.3f},{:.3f}M{:.3f},{:.3f}L{:.3f},{:.3f}L{:.3f},{:.3f}".format(*a) for a in arrows)


def dirac_plane(grid: Array, velocity: Array, paths: Mapping[str, Array], *, theme: Theme = "light") -> Plain:
    """Draw the field of a Dirac-GAN as short arrows, and paths over it; the cross is the equilibrium.

    Args:
        grid: States (θ, ψ), ``[n, 2]``.
        velocity: At these states, ``[n, 2]``; only its direction is drawn.
        paths: Name to states, ``[steps + 1, 2]``.
        theme: Colours.
    """
    colours = PALETTES[theme]
    plot = _Plot(theme, "θ: where G is", "ψ: slope of D", 500)
    reach = float(np.abs(grid).max())
    sizes = np.linalg.norm(velocity, axis=1, keepdims=True)
    field = _arrows(grid, velocity / np.maximum(sizes, 1e-12) * reach / 12)
    style = {"color": rgba(colours.gradient, 0.5), "width": 1.2}
    plot.shape({"type": "path", "name": "field", "path": field, "line": style, "layer": "below"})
    ends: list[tuple[Array, str, str, str]] = []
    for (name, path), colour, dash in zip(paths.items(), COLOURS, DASHES, strict=False):
        shown = np.clip(path, -3 * reach, 3 * reach)
        plot.line(shown[:, 0], shown[:, 1], name, line={"color": colour, "dash": dash, "width": 2})
        ends += [(shown[0], colour, "circle-open", f"{name}: start"), (shown[-1], colour, "circle", f"{name}: end")]
    if ends:  # one trace for all: each costs the browser some milliseconds
        places, hues, symbols, texts = zip(*ends, strict=True)
        mark = {"color": hues, "size": 8, "symbol": symbols}
        x, y = np.stack(places, 1)
        plot.markers(x, y, mark, text=texts, hoverinfo="x+y+text", showlegend=False)
    cross = {"symbol": "cross-thin", "size": 14, "line": {"width": 2, "color": colours.ink}}
    plot.markers([0], [0], cross, name="equilibrium")
    plot.xaxis |= {"range": [-reach, reach], "constrain": "domain", "constraintoward": "left"}
    plot.yaxis |= {"range": [-reach, reach], "scaleanchor": "x", "constrain": "domain"}
    return plot.figure()


def distances(paths: Mapping[str, Array], *, theme: Theme = "light") -> Plain:
    """Distance to the equilibrium over steps, on a logarithmic axis: a straight line down converges."""
    plot = _Plot(theme, "step", "distance to the equilibrium", 260)
    plot.margin["l"] = 68  # 0.0001 stands there
    for (name, path), colour, dash in zip(paths.items(), COLOURS, DASHES, strict=False):
        y = np.maximum(np.linalg.norm(path, axis=1), 1e-12)
        plot.line(None, y, name, line={"color": colour, "dash": dash, "width": 2})
    plot.yaxis |= _LOG
    return plot.figure()


def eigenvalue_plane(values: Array, *, theme: Theme = "light") -> Plain:
    """Both eigenvalues in the complex plane: left of the axis converges, on it circles, right of it diverges."""
    colours = PALETTES[theme]
    plot = _Plot(theme, "real part", "imaginary part", 240)
    reach = max(1.1, 1.15 * float(np.abs(values).max()))
    mark = {"symbol": "x", "size": 11, "color": colours.ink}
    plot.markers(values.real, values.imag, mark, name="eigenvalues")
    whole = {"yref": "paper", "y0": 0, "y1": 1}
    stable = {"type": "rect", "x0": -reach, "x1": 0, "fillcolor": rgba(colours.ok, 0.10), "line": {"width": 0}}
    plot.shape(stable | whole)
    plot.shape({"type": "line", "x0": 0, "x1": 0, "line": {"color": colours.muted, "width": 1}} | whole)
    plot.xaxis["range"] = plot.yaxis["range"] = [-reach, reach]
    return plot.figure(showlegend=False)


def best_discriminator(
    x: Array, p: Array, q: Array, best: Array, learned: Array | None, *, theme: Theme = "light"
) -> Plain:
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
    plot = _Plot(theme, "x", "density; probability of “real”")
    for name, y, colour, dash in (("data p", p, colours.real, "dot"), ("generator q", q, colours.fake, "solid")):
        style: dict[str, Any] = {"color": colour, "width": 2, "dash": dash}
        plot.line(x, y, name, line=style, fill="tozeroy", fillcolor=rgba(colour, 0.12))
    plot.line(x, best, "best D = p/(p+q)", line={"color": colours.discriminator, "width": 2, "dash": "dash"})
    if learned is not None:
        plot.line(x, learned, "D, trained on samples", line={"color": colours.discriminator, "width": 1.5})
    plot.across("y", 0.5, {"color": colours.muted, "width": 1, "dash": "dot"})
    plot.yaxis["range"] = [0, 1.02]
    return plot.figure()


def divergences(means: Array, jsd: Array, w1: Array, at: float, *, theme: Theme = "light") -> Plain:
    """JSD (left axis) and Wasserstein distance (right axis) over the distance of two densities."""
    colours = PALETTES[theme]
    plot = _Plot(theme, "distance of the means", "JSD, nats", 260)
    plot.line(means, jsd, "Jensen–Shannon", line={"color": colours.ink, "width": 2})
    plot.line(means, w1, "Wasserstein", yaxis="y2", line={"color": colours.ink, "width": 2, "dash": "dashdot"})
    plot.across("y", math.log(2), {"color": colours.muted, "width": 1, "dash": "dot"}, "log 2")
    plot.across("x", at, {"color": colours.ink, "width": 1}, "now")
    plot.margin["r"] = 52
    plot.yaxis["range"] = [0, 0.85]
    small = {"color": colours.muted, "size": 12}
    right = {
        "overlaying": "y",
        "side": "right",
        "showgrid": False,
        "title": {"text": "Wasserstein", "font": small},
        "tickfont": small,
        "range": [0, 1.15 * float(w1.max())],
        "tickmode": "linear",
        "tick0": 0,
        "dtick": 2,
    }
    return plot.figure(yaxis2=right)


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
) -> Plain:
    """Several named curves over one axis, told apart by dash as well as colour; a line stands where x is ``at``."""
    plot = _Plot(theme, x_title, y_title, 300)
    for i, (name, y) in enumerate(lines.items()):
        style = {"color": COLOURS[i % len(COLOURS)], "dash": DASHES[i % len(DASHES)], "width": 2 + (i >= len(COLOURS))}
        plot.line(x, y, name, line=style)
    if y_range is not None:
        plot.yaxis["range"] = list(y_range)
    if log:
        plot.yaxis |= _LOG
    if log_x:
        plot.xaxis |= {**_LOG, "nticks": 6}
    if at is not None:
        plot.across("x", at, {"color": PALETTES[theme].muted, "width": 1})
    return plot.figure()
