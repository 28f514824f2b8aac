"""Pictures of the samples themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from gan_core.figures.palette import PALETTES, Palette, Theme, rgba
from gan_core.figures.template import empty, steps_125

if TYPE_CHECKING:
    from gan_core.record.snapshot import Snapshot

Array = NDArray[Any]


def samples(snapshot: Snapshot, *, theme: Theme = "light") -> go.Figure:
    """Real and generated samples: points over D's opinion in the plane, else a grid of generated images."""
    colours = PALETTES[theme]
    figure = empty(colours)
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
