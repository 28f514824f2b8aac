"""Curves of several runs on one axis."""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from gan_core.figures.palette import PALETTES, Theme
from gan_core.figures.template import empty
from gan_core.record.run_card import Clock, seconds_at

if TYPE_CHECKING:
    from gan_core.record.history import History

# No colour of a role: here a colour means a run. Told apart by their dashes too.
COLOURS: Final = ("#0072b2", "#d55e00", "#cc79a7", "#8c7a00", "#56b4e9", "#7f7f7f")
DASHES: Final = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
MAX_RUNS: Final = len(COLOURS)


def compare(
    histories: Mapping[str, History],
    quantity: str,
    *,
    clocks: Mapping[str, Clock] | None = None,
    theme: Theme = "light",
) -> go.Figure:
    """One quantity of several runs over their steps, or over the seconds that they played.

    Args:
        histories: Name to history, at most `MAX_RUNS`.
        quantity: One of `gan_core.record.history.QUANTITIES`; drawn as the mean over a bucket of steps.
        clocks: When which step was reached, by the same names, for an axis in seconds; a run without a clock is left
            out. None for an axis in steps.
        theme: Colours of the page.
    """
    figure = empty(PALETTES[theme])
    for (name, history), colour, dash in zip(histories.items(), COLOURS, DASHES, strict=False):
        curves = history.curves(bands=())
        x: NDArray[np.floating[Any]] = curves["curve_step"]
        if clocks is not None:
            if not clocks.get(name):
                continue
            x = seconds_at(x, clocks[name])
        figure.add_scatter(
            x=x,
            y=curves[quantity],
            name=html.escape(name, quote=False),  # Plotly reads a little HTML in names
            mode="lines",
            line={"color": colour, "dash": dash, "width": 2},
        )
    figure.update_layout(showlegend=True, height=340, margin_b=44)
    figure.update_xaxes(title_text="step" if clocks is None else "seconds of playing")
    return figure
