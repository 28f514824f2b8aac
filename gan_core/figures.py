"""Figures: pure functions of a snapshot, named after what is seen; the only module that knows Plotly.

Each function takes a `Snapshot` and returns a finished ``go.Figure``. Without a snapshot it returns the same figure
empty: every trace then says in its ``meta`` which arrays it is made of, ``{"x": "curve_step", "y": "d_loss_mean"}``,
and the layout's ``meta`` which axes grow in steps and where reference lines stand. The live view fills those templates
from its binary frames by the same rules, so a picture in a report and the picture on the page cannot drift apart.

Steps are on x, counted from 1. Shares and probabilities lie in [0, 1]. Real comes before generated, D before G.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from gan_core.palette import PALETTES, Palette, Theme, rgba

if TYPE_CHECKING:
    from gan_core.snapshot import Snapshot

Array = NDArray[Any]

BAND_OPACITY: Final = 0.14
FAKE_BAR_OPACITY: Final = 0.5


def losses(snapshot: Snapshot | None = None, *, theme: Theme = "light") -> go.Figure:
    """Losses of D (dashed) and G (solid) with the range each took, and their values at equilibrium if they have one.

    Args:
        snapshot: What to draw, or None for the template.
        theme: Colours.

    Returns:
        The figure; lines are means over a bucket of steps, bands reach from its smallest to its largest value.
    """
    colours = PALETTES[theme]
    figure = _figure(colours)
    for player, colour in (("d", colours.discriminator), ("g", colours.fake)):
        for edge, fill in (("min", None), ("max", "tonexty")):
            figure.add_scatter(
                mode="lines",
                line={"width": 0},
                fill=fill,
                fillcolor=rgba(colour, BAND_OPACITY),
                hoverinfo="skip",
                showlegend=False,
                meta={"x": "curve_step", "y": f"{player}_loss_{edge}"},
            )
    figure.add_scatter(
        **_line("discriminator", colours.discriminator, "dash", "curve_step", "d_loss_mean", smooth=True)
    )
    figure.add_scatter(**_line("generator", colours.fake, "solid", "curve_step", "g_loss_mean", smooth=True))
    figure.add_scatter(
        name="change",
        mode="lines",
        line={"color": rgba(colours.muted, 0.6), "width": 1},
        hovertemplate="%{text}<extra></extra>",
        showlegend=False,
        meta={"marks": True},
    )
    levels = [{"axis": "y", "at": f"optimum.{player}_loss", "text": f"optimum.{player}_label"} for player in ("d", "g")]
    figure.update_layout(meta={"x": "grow", "y": "steps", "levels": levels})
    return _filled(figure, snapshot)


def score_histograms(snapshot: Snapshot | None = None, *, theme: Theme = "light") -> go.Figure:
    """What D says of real samples (hollow) and of generated ones (filled), as shares of the samples.

    The axis is D's probability of "real" where the objective gives it that meaning, else the critic's value.
    """
    colours = PALETTES[theme]
    figure = _figure(colours)
    figure.add_bar(
        name="generated, D(G(z))",
        marker={"color": rgba(colours.fake, FAKE_BAR_OPACITY), "line": {"width": 0}},
        hovertemplate="%{y:.1%} of generated<extra></extra>",
        meta={"x": "hist_edges", "y": "hist_fake"},
    )
    figure.add_bar(
        name="real, D(x)",
        marker={"color": "rgba(0,0,0,0)", "line": {"width": 1.5, "color": colours.real}},
        hovertemplate="%{y:.1%} of real<extra></extra>",
        meta={"x": "hist_edges", "y": "hist_real"},
    )
    figure.update_layout(
        barmode="overlay",
        bargap=0,
        meta={
            "x": "edges",
            "y": "share",
            "levels": [{"axis": "x", "at": 0.5, "text": "½", "when": "probability"}],
            "title": {
                "probability": "fake ←  D’s probability of “real”  → real",
                "critic": "fake ←  critic value, no probability  → real",
            },
        },
    )
    figure.update_yaxes(tickformat=".0%", nticks=3)
    figure.update_xaxes(tickformat=None, nticks=6, title_standoff=4)
    figure.update_layout(margin_b=38)
    return _filled(figure, snapshot)


def score_means(snapshot: Snapshot | None = None, *, theme: Theme = "light") -> go.Figure:
    """Mean of D(x) (dotted) and of D(G(z)) (solid) over time, with the line at one half for probabilities."""
    colours = PALETTES[theme]
    figure = _figure(colours)
    figure.add_scatter(**_line("real, D(x)", colours.real, "dot", "curve_step", "real_prob", critic="real_logit"))
    figure.add_scatter(
        **_line("generated, D(G(z))", colours.fake, "solid", "curve_step", "fake_prob", critic="fake_logit")
    )
    figure.update_layout(
        meta={
            "x": "grow",
            "y": "steps",
            "floor": {"probability": [0, 1]},
            "levels": [{"axis": "y", "at": 0.5, "text": "½: cannot tell", "when": "probability"}],
        }
    )
    return _filled(figure, snapshot)


def gradient_norms(snapshot: Snapshot | None = None, *, theme: Theme = "light") -> go.Figure:
    """Size of D's and of G's gradient over time, on a logarithmic axis: a player whose line falls learns no more."""
    colours = PALETTES[theme]
    figure = _figure(colours)
    figure.add_scatter(
        **_line("discriminator", colours.discriminator, "dash", "curve_step", "d_grad_norm", smooth=True)
    )
    figure.add_scatter(**_line("generator", colours.fake, "solid", "curve_step", "g_grad_norm", smooth=True))
    figure.update_layout(meta={"x": "grow", "y": "decades"})
    figure.update_yaxes(type="log", dtick=1, tickformat="~g")
    return _filled(figure, snapshot)


def accuracy(snapshot: Snapshot | None = None, *, theme: Theme = "light") -> go.Figure:
    """How often D is right about real samples (dotted) and about generated ones (solid); one half is a guess."""
    colours = PALETTES[theme]
    figure = _figure(colours)
    figure.add_scatter(**_line("on real", colours.real, "dot", "curve_step", "real_accuracy", smooth=True))
    figure.add_scatter(**_line("on generated", colours.fake, "solid", "curve_step", "fake_accuracy", smooth=True))
    figure.update_layout(meta={"x": "grow", "y": "unit", "levels": [{"axis": "y", "at": 0.5, "text": "½: a guess"}]})
    figure.update_yaxes(range=[0, 1.02], tickformat=".0%", dtick=0.5)
    return _filled(figure, snapshot)


def scores(snapshot: Snapshot | None = None, *, theme: Theme = "light") -> go.Figure:
    """Distance to the data (Jensen–Shannon, 0 is best) and share of sharp samples, at the steps they were measured."""
    colours = PALETTES[theme]
    figure = _figure(colours)
    for name, dash, array in (
        ("sharp", "solid", "metric_high_quality"),
        ("distance to the data (JS)", "dashdot", "metric_js"),
    ):
        figure.add_scatter(**_line(name, colours.ink, dash, "metric_step", array))
    levels = [
        {"axis": "y", "at": "metrics.high_quality.floor", "text": ""},
        {"axis": "y", "at": "metrics.js.floor", "text": ""},
    ]
    figure.update_layout(meta={"x": "grow", "y": "unit", "levels": levels})
    figure.update_yaxes(range=[0, 1.02], dtick=0.5, tickformat=None)
    return _filled(figure, snapshot)


def health(snapshot: Snapshot | None = None, *, theme: Theme = "light") -> go.Figure:
    """Gradient norms (left) beside D's accuracy (right): whether both players still learn."""
    left, right = gradient_norms(snapshot, theme=theme), accuracy(snapshot, theme=theme)
    figure = go.Figure(left)
    for trace in right.data:
        figure.add_trace(trace.update(xaxis="x2", yaxis="y2", showlegend=False))
    figure.update_layout(
        xaxis={"domain": [0, 0.46]},
        xaxis2={**right.layout.xaxis.to_plotly_json(), "domain": [0.54, 1], "anchor": "y2"},
        yaxis2={**right.layout.yaxis.to_plotly_json(), "anchor": "x2"},
    )
    for shape in right.layout.shapes:
        figure.add_shape(shape.update(xref="x2 domain", yref="y2"))
    return figure


def samples(snapshot: Snapshot, *, theme: Theme = "light") -> go.Figure:
    """Real and generated samples: points over D's opinion in the plane, else a grid of generated images."""
    colours = PALETTES[theme]
    figure = _figure(colours)
    arrays = snapshot.arrays
    if "fake_images" in arrays:
        figure.add_trace(go.Image(z=_grid(arrays["fake_images"]), hoverinfo="skip"))
        figure.update_xaxes(visible=False)
        figure.update_yaxes(visible=False)
        return figure
    x0, x1, y0, y1 = snapshot.header["frame"]
    if "heat" in arrays:
        _add_heat(figure, arrays["heat"], snapshot, colours)
    for name, key, marker in (
        ("real", "real", {"symbol": "circle-open", "color": colours.real, "size": 6}),
        (
            "generated",
            "fake",
            {"color": colours.fake, "size": 6, "line": {"width": 1, "color": colours.card}},
        ),
    ):
        x, y = arrays[key].T
        figure.add_scatter(name=name, mode="markers", marker=marker, x=x, y=y)
    figure.update_xaxes(range=[x0, x1], tickformat=None, showgrid=False)
    figure.update_yaxes(range=[y0, y1], tickformat=None, showgrid=False, scaleanchor="x")
    return figure


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


def steps_125(value: float) -> float:
    """Smallest of 1, 2, 5 times a power of ten that is not below a positive value: axes change in such steps."""
    if not value > 0:
        return 1.0
    power = 10.0 ** np.floor(np.log10(value))
    return float(next(m * power for m in (1, 2, 5, 10) if m * power >= value * (1 - 1e-9)))


def _figure(colours: Palette) -> go.Figure:
    axis = {
        "gridcolor": colours.line,
        "linecolor": colours.line,
        "zeroline": False,
        "ticks": "",
        "automargin": False,
        "fixedrange": False,
        "tickfont": {"color": colours.muted, "size": 12},
        "title": {"font": {"color": colours.muted, "size": 12}, "standoff": 2},
    }
    return go.Figure(
        layout={
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
            "xaxis": {**axis, "tickformat": ",d", "nticks": 5, "showgrid": False},
            "yaxis": {**axis, "nticks": 4},
        }
    )


def _line(
    name: str, colour: str, dash: str, x: str, y: str, *, critic: str = "", smooth: bool = False
) -> dict[str, Any]:
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


def _filled(figure: go.Figure, snapshot: Snapshot | None) -> go.Figure:
    """Fill a template by its own `meta`, as the live view does."""
    if snapshot is None:
        return figure
    header, arrays = snapshot.header, snapshot.arrays
    meaning = header.get("meaning", "probability")
    for trace in figure.data:
        if trace.meta.get("marks"):
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
        at = _look_up(header, level["at"])
        if at is not None and level.get("when", meaning) == meaning:
            add = figure.add_hline if level["axis"] == "y" else figure.add_vline
            style = {"color": figure.layout.yaxis.tickfont.color, "width": 1, "dash": "dot"}
            add(at, line=style, annotation_text=_look_up(header, level["text"]) or "")
    if "title" in meta:
        figure.update_xaxes(title_text=meta["title"][meaning])
    marks = [mark for mark in header.get("marks", ()) if "losses" in _names(figure)]
    _add_marks(figure, marks)
    return figure


def _names(figure: go.Figure) -> set[str]:
    return {"losses"} if any(trace.meta.get("marks") for trace in figure.data) else set()


def _add_marks(figure: go.Figure, marks: list[Mapping[str, Any]]) -> None:
    for mark in marks:
        figure.add_vline(mark["step"], line={"color": figure.layout.yaxis.tickfont.color, "width": 1})


def _look_up(header: Mapping[str, Any], at: Any) -> Any:
    """A value by its dotted path in the header; numbers and words without a dot stand for themselves."""
    if not isinstance(at, str) or "." not in at:
        return at
    value: Any = header
    for key in at.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _add_heat(figure: go.Figure, logits: Array, snapshot: Snapshot, colours: Palette) -> None:
    x0, x1, y0, y1 = snapshot.header["frame"]
    rows, columns = logits.shape
    if snapshot.header.get("meaning") == "critic":
        z, end = logits, snapshot.header.get("heat_scale") or 1.0
    else:
        z = np.tanh(logits / 2) / 2  # sigmoid minus one half, without overflow
        end = steps_125(float(np.abs(z).max()))
    figure.add_heatmap(
        x=x0 + (np.arange(columns) + 0.5) * (x1 - x0) / columns,
        y=y0 + (np.arange(rows) + 0.5) * (y1 - y0) / rows,
        z=z,
        zmin=-end,
        zmax=end,
        colorscale=[
            [0, rgba(colours.fake, 0.35)],
            [0.5, rgba(colours.card, 0)],
            [1, rgba(colours.real, 0.35)],
        ],
        showscale=False,
        hoverinfo="skip",
    )


def _grid(images: Array) -> Array:
    n, height, width, channels = images.shape
    columns = int(np.ceil(np.sqrt(n)))
    rows = -(-n // columns)
    cells = np.zeros((rows * columns, height, width, channels), np.uint8)
    cells[:n] = images
    grid = cells.reshape(rows, columns, height, width, channels).swapaxes(1, 2)
    return np.broadcast_to(grid.reshape(rows * height, columns * width, channels), (rows * height, columns * width, 3))
