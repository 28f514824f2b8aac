"""Curves and histograms: what the losses do, what D says, and whether both still learn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import plotly.graph_objects as go

from gan_core.figures.palette import PALETTES, Theme, rgba
from gan_core.figures.template import empty, filled, line
from gan_core.metrics import METRICS

if TYPE_CHECKING:
    from gan_core.record.snapshot import Snapshot

BAND_OPACITY: Final = 0.14
FAKE_BAR_OPACITY: Final = 0.5


def _undecided(axis: str) -> dict[str, Any]:
    """Return D's answer at which it cannot tell, by the run's objective; ½ where an old frame lacks it."""
    usual = {"usual": 0.5, "usual_text": "½: cannot tell"}
    return {"axis": axis, "at": "optimum.prob", "text": "optimum.prob_label", "when": "probability", **usual}


def losses(snapshot: Snapshot | None = None, *, theme: Theme = "light") -> go.Figure:
    """Losses of D (dashed) and G (solid) with the range each took, and their values at equilibrium if they have one.

    Args:
        snapshot: What to draw, or None for the template.
        theme: Colours.

    Returns:
        The figure; lines are means over a bucket of steps, bands reach from its smallest to its largest value.
    """
    colours = PALETTES[theme]
    figure = empty(colours)
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
    figure.add_scatter(**line("discriminator", colours.discriminator, "dash", "curve_step", "d_loss_mean", smooth=True))
    figure.add_scatter(**line("generator", colours.fake, "solid", "curve_step", "g_loss_mean", smooth=True))
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
    return filled(figure, snapshot)


def score_histograms(snapshot: Snapshot | None = None, *, theme: Theme = "light") -> go.Figure:
    """Draw what D says of real samples (hollow) and of generated ones (filled), as shares of the samples.

    The axis is D's probability of "real" where the objective gives it that meaning, else the critic's value.
    """
    colours = PALETTES[theme]
    figure = empty(colours)
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
            "levels": [_undecided("x")],
            "title": {
                "probability": "fake ←  D’s probability of “real”  → real",
                "critic": "fake ←  critic value, no probability  → real",
            },
        },
    )
    figure.update_yaxes(tickformat=".0%", nticks=3)
    figure.update_xaxes(tickformat=None, nticks=6, title_standoff=4)
    figure.update_layout(margin_b=38)
    return filled(figure, snapshot)


def score_means(snapshot: Snapshot | None = None, *, theme: Theme = "light") -> go.Figure:
    """Mean of D(x) (dotted) and of D(G(z)) (solid) over time, with the line where D cannot tell for probabilities."""
    colours = PALETTES[theme]
    figure = empty(colours)
    figure.add_scatter(**line("real, D(x)", colours.real, "dot", "curve_step", "real_prob", critic="real_logit"))
    figure.add_scatter(
        **line("generated, D(G(z))", colours.fake, "solid", "curve_step", "fake_prob", critic="fake_logit")
    )
    figure.update_layout(
        meta={
            "x": "grow",
            "y": "steps",
            "clamp": {"probability": [0, 1]},
            "levels": [_undecided("y")],
        }
    )
    return filled(figure, snapshot)


def gradient_norms(snapshot: Snapshot | None = None, *, theme: Theme = "light") -> go.Figure:
    """Size of D's and of G's gradient over time, on a logarithmic axis: a player whose line falls learns no more."""
    colours = PALETTES[theme]
    figure = empty(colours)
    figure.add_scatter(**line("discriminator", colours.discriminator, "dash", "curve_step", "d_grad_norm", smooth=True))
    figure.add_scatter(**line("generator", colours.fake, "solid", "curve_step", "g_grad_norm", smooth=True))
    figure.update_layout(meta={"x": "grow", "y": "decades"})
    figure.update_yaxes(type="log", dtick=1, tickformat="~g")
    return filled(figure, snapshot)


def accuracy(snapshot: Snapshot | None = None, *, theme: Theme = "light") -> go.Figure:
    """D's accuracy on real samples (dotted) and about generated ones (solid); one half is a guess."""
    colours = PALETTES[theme]
    figure = empty(colours)
    figure.add_scatter(**line("on real", colours.real, "dot", "curve_step", "real_accuracy", smooth=True))
    figure.add_scatter(**line("on generated", colours.fake, "solid", "curve_step", "fake_accuracy", smooth=True))
    figure.update_layout(meta={"x": "grow", "y": "unit", "levels": [{"axis": "y", "at": 0.5, "text": "½: a guess"}]})
    figure.update_yaxes(range=[0, 1.02], tickformat=".0%", dtick=0.5)
    return filled(figure, snapshot)


def scores(snapshot: Snapshot | None = None, *, theme: Theme = "light") -> go.Figure:
    """Scores of the samples, at the steps at which that was measured.

    In the plane the share of sharp samples (1 is best) and the distance to the data (Jensen–Shannon, 0 is best); of
    images the share of the real ones that are covered, and the share of generated ones that are credible (precision).
    """
    colours = PALETTES[theme]
    figure = empty(colours)
    levels = []
    for metric in METRICS.values():
        if metric.curve is None or not metric.curve.dash:
            continue
        style = metric.curve.name, colours.ink, metric.curve.dash
        figure.add_scatter(**line(*style, "metric_step", f"metric_{metric.name}"))
        levels.append({"axis": "y", "at": f"metrics.{metric.name}.floor", "text": ""})
    figure.update_layout(meta={"x": "grow", "y": "unit", "levels": levels})
    figure.update_yaxes(range=[0, 1.02], dtick=0.5, tickformat=None)
    return filled(figure, snapshot)


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
