"""Figures of the lessons, of the step in slow motion, and of the zoo's time line."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from gan_core.figures.palette import PALETTES, Theme, rgba
from gan_core.figures.template import empty

Array = NDArray[Any]

_COLUMNS: Final = 300


def occupancy(counts: Array, names: Sequence[str], *, theme: Theme = "light") -> go.Figure:
    """Draw the number of followed samples nearest to each mode, over the steps: a row per mode.

    Args:
        counts: ``[steps + 1, modes]``.
        names: Of the modes.
        theme: Colours.
    """
    colours = PALETTES[theme]
    figure = empty(colours)
    steps = np.unique(np.linspace(0, len(counts) - 1, min(_COLUMNS, len(counts))).astype(int))
    figure.add_heatmap(
        x=steps,
        y=list(names),
        z=counts[steps].T,
        zmin=0,
        zmax=int(counts.sum(1).max()) / 2,
        colorscale=[[0, colours.card], [1, colours.fake]],
        showscale=False,
        hovertemplate="step %{x}: %{z} samples at %{y}<extra></extra>",
    )
    figure.update_layout(height=240, margin={"l": 84, "r": 12, "t": 8, "b": 40}, hovermode="closest")
    figure.update_xaxes(title_text="step")
    figure.update_yaxes(nticks=len(names), autorange="reversed")
    return figure


def traced(rows: Sequence[tuple[str, str, str, str]], *, theme: Theme = "light") -> go.Figure:
    """One z through the flow picture: what goes in, what comes out, what D says of it; a line for each time.

    Args:
        rows: When, z, G(z), D's probability of "real"; in words.
        theme: Colours.
    """
    colours = PALETTES[theme]
    figure = empty(colours)
    boxes = (
        (0.21, "z", colours.muted),
        (0.39, "Generator", colours.fake),
        (0.57, "generated", colours.fake),
        (0.77, "Discriminator", colours.discriminator),
        (0.94, "D says “real”", colours.discriminator),
    )
    for x, word, colour in boxes:
        figure.add_annotation(
            x=x,
            y=0,
            text=f"<b>{word}</b>",
            showarrow=False,
            font={"color": colour, "size": 13},
            bgcolor=colours.card,
            bordercolor=colour,
            borderwidth=1.5,
            borderpad=6,
        )
    arrow = {"arrowhead": 2, "arrowwidth": 1.2, "arrowcolor": colours.muted, "showarrow": True, "text": ""}
    for (x, *_), (to, *_) in itertools.pairwise(boxes):
        figure.add_annotation(x=to - 0.075, y=0, ax=x + 0.06, ay=0, axref="x", ayref="y", **arrow)
    for i, (when, z, point, prob) in enumerate(rows, 1):
        for x, word, colour in (
            (0.07, when, colours.muted),
            (boxes[0][0], z, colours.ink),
            (boxes[2][0], point, colours.fake),
            (boxes[4][0], prob, colours.discriminator),
        ):
            figure.add_annotation(x=x, y=-i, text=word, showarrow=False, font={"color": colour, "size": 14})
    figure.update_layout(height=60 + 34 * len(rows), margin={"l": 0, "r": 0, "t": 8, "b": 4})
    figure.update_xaxes(range=[0, 1.02], visible=False, fixedrange=True)
    figure.update_yaxes(range=[-len(rows) - 0.6, 0.7], visible=False, fixedrange=True)
    return figure


def path(places: Array, real: Array, *, theme: Theme = "light") -> go.Figure:
    """Path of the sample of one z, among real points.

    Args:
        places: ``[steps + 1, 2]``, data units.
        real: Real points, ``[n, 2]``.
        theme: Colours.
    """
    colours = PALETTES[theme]
    figure = empty(colours)
    mark = {"symbol": "circle-open", "color": rgba(colours.real, 0.6), "size": 5}
    figure.add_scatter(x=real[:, 0], y=real[:, 1], mode="markers", marker=mark, name="real")
    style = {"color": rgba(colours.fake, 0.55), "width": 1.5}
    figure.add_scatter(x=places[:, 0], y=places[:, 1], mode="lines", line=style, name="G(z) of one z, over the steps")
    ends = {"color": [colours.card, colours.fake], "size": 12, "line": {"width": 2, "color": colours.fake}}
    figure.add_scatter(
        x=places[[0, -1], 0],
        y=places[[0, -1], 1],
        mode="markers+text",
        marker=ends,
        text=["<b>first</b>", "<b>last</b>"],
        textposition=["bottom right", "top left"],
        textfont={"color": colours.ink, "size": 14},
        showlegend=False,
        name="ends",
    )
    figure.update_layout(height=320, showlegend=True, margin={"l": 40, "r": 12, "t": 28, "b": 30}, hovermode="closest")
    figure.update_xaxes(tickformat=None, constrain="domain")
    figure.update_yaxes(scaleanchor="x", constrain="domain")
    return figure


def opinion(probs: Array, *, theme: Theme = "light") -> go.Figure:
    """Draw D's probability of "real" for one sample over the steps, ``[steps + 1]``."""
    colours = PALETTES[theme]
    figure = empty(colours)
    style = {"color": colours.discriminator, "width": 2, "dash": "dash"}
    figure.add_scatter(y=probs, mode="lines", line=style, name="D(G(z)) of this z")
    figure.add_hline(0.5, line={"color": colours.muted, "width": 1, "dash": "dot"}, annotation_text="½: D cannot tell")
    figure.update_layout(height=320, showlegend=True, margin={"l": 52, "r": 12, "t": 28, "b": 40})
    figure.update_xaxes(title_text="step")
    figure.update_yaxes(range=[0, 1], tickformat=".0%")
    return figure


def fall(steps: Array, d_loss: Array, g_gradient: Array, at: int, *, theme: Theme = "light") -> go.Figure:
    """D's loss and G's gradient on one logarithmic axis, and the step at which D had won.

    Args:
        steps: ``[n]``.
        d_loss: ``[n]``.
        g_gradient: Norm of G's gradient, ``[n]``.
        at: Where D's loss fell below its bar.
        theme: Colours.
    """
    colours = PALETTES[theme]
    figure = empty(colours)
    for name, y, colour, dash in (
        ("D's loss", d_loss, colours.discriminator, "dash"),
        ("size of G's gradient", g_gradient, colours.fake, "solid"),
    ):
        style = {"color": colour, "width": 2, "dash": dash}
        figure.add_scatter(x=steps, y=np.maximum(y, 1e-12), mode="lines", line=style, name=name)
    style = {"color": colours.muted, "width": 1, "dash": "dot"}
    figure.add_vline(at, line=style, annotation_text=f"step {at:,}: D has won", annotation_position="top right")
    figure.update_layout(height=240, showlegend=True, margin={"l": 60, "r": 12, "t": 28, "b": 40})
    figure.update_xaxes(title_text="step")
    figure.update_yaxes(type="log", tickformat="~g")
    return figure


def image_rows(pictures: Array, names: Sequence[str], *, theme: Theme = "light") -> go.Figure:
    """Rows of images, one above the other.

    Args:
        pictures: ``[rows, n, height, width, channels]``, uint8.
        names: Of the rows, from the top.
        theme: Colours.
    """
    rows, n, height, width, channels = pictures.shape
    gap = np.zeros((rows, n, height + 1, width + 1, channels), np.uint8)
    gap[:, :, :height, :width] = pictures
    grid = gap.swapaxes(1, 2).reshape(rows * (height + 1), n * (width + 1), channels)
    figure = empty(PALETTES[theme])
    figure.add_trace(go.Image(z=np.broadcast_to(grid, (*grid.shape[:2], 3)), hoverinfo="skip"))
    figure.update_layout(height=16 + 87 * rows, margin={"l": 90, "r": 12, "t": 8, "b": 8})
    figure.update_xaxes(visible=False, constrain="domain", constraintoward="left")
    middles = [height / 2 + i * (height + 1) for i in range(rows)]
    figure.update_yaxes(tickvals=middles, ticktext=list(names), showgrid=False)
    return figure


def layers(d: Mapping[str, float], g: Mapping[str, float], *, theme: Theme = "light") -> go.Figure:
    """One number for each layer of D (blue) and of G (purple); a layer without one has no bar.

    Args:
        d: Layer of D to a size, NaN for none.
        g: The same for G.
        theme: Colours.
    """
    colours = PALETTES[theme]
    figure = empty(colours)
    for player, sizes, colour in (("D", d, colours.discriminator), ("G", g, colours.fake)):
        figure.add_bar(
            x=[f"{player} {name}" for name in sizes],
            y=list(sizes.values()),
            marker={"color": rgba(colour, 0.75)},
            name=player,
            hovertemplate="%{x}: %{y:.3g}<extra></extra>",
        )
    figure.update_layout(height=170, margin={"l": 52, "r": 12, "t": 8, "b": 24}, hovermode="closest", showlegend=False)
    figure.update_xaxes(tickformat=None, nticks=20, type="category")
    figure.update_yaxes(rangemode="tozero", tickformat="~g")
    return figure


def time_line(
    years: Sequence[int], names: Sequence[str], groups: Sequence[str], runs: Sequence[bool], *, theme: Theme = "light"
) -> go.Figure:
    """Variants by their year, a row for each group of them; filled where they run here, hollow where not."""
    colours = PALETTES[theme]
    figure = empty(colours)
    seen: dict[tuple[int, str], int] = {}
    x = []
    for year, group in zip(years, groups, strict=True):
        k = seen[year, group] = seen.get((year, group), -1) + 1
        x.append(year + 0.13 * (k % 7))
    for here, name in ((True, "runs here"), (False, "not run here")):
        chosen = [i for i, run in enumerate(runs) if run == here]
        fill = colours.ink if here else rgba(colours.ink, 0)
        figure.add_scatter(
            x=[x[i] for i in chosen],
            y=[groups[i] for i in chosen],
            mode="markers",
            marker={"size": 10, "color": fill, "line": {"width": 1.5, "color": colours.ink}},
            text=[f"{names[i]}, {years[i]}" for i in chosen],
            hovertemplate="%{text}<extra></extra>",
            name=name,
        )
    figure.update_layout(height=270, showlegend=True, margin={"l": 110, "r": 12, "t": 28, "b": 30}, hovermode="closest")
    figure.update_xaxes(tickformat="d", dtick=1, nticks=0)
    figure.update_yaxes(nticks=20)
    return figure


def cloud(real: Array, fake: Array, *, theme: Theme = "light") -> go.Figure:
    """Real points (hollow) and generated ones (filled), ``[n, 2]`` each, data units."""
    colours = PALETTES[theme]
    figure = empty(colours)
    mark = {"symbol": "circle-open", "color": rgba(colours.real, 0.6), "size": 5}
    figure.add_scatter(x=real[:, 0], y=real[:, 1], mode="markers", marker=mark, name="real")
    mark = {"color": colours.fake, "size": 5, "line": {"width": 1, "color": colours.card}}
    figure.add_scatter(x=fake[:, 0], y=fake[:, 1], mode="markers", marker=mark, name="generated")
    figure.update_layout(height=280, showlegend=True, margin={"l": 40, "r": 12, "t": 28, "b": 30}, hovermode="closest")
    figure.update_xaxes(tickformat=None, constrain="domain")
    figure.update_yaxes(scaleanchor="x", constrain="domain")
    return figure
