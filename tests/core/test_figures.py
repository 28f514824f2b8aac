from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from gan_core import figures
from gan_core.config import RunConfig
from gan_core.figures.palette import PALETTES, Theme, rgba
from gan_core.figures.template import look_up, steps_125
from gan_core.metrics import METRICS
from gan_core.record.snapshot import Snapshot
from gan_core.training import Trainer

Figure = Callable[..., go.Figure]
THEMES: tuple[Theme, ...] = ("light", "dark")
SMALL = {"generator.width": 8, "discriminator.width": 8, "batch_size": 8}


def trained(**changes: Any) -> Snapshot:
    """Two steps of a small run."""
    trainer = Trainer(RunConfig().changed({**SMALL, **{k.replace("__", "."): v for k, v in changes.items()}}))
    trainer.step()
    trainer.step()
    return trainer.snapshot()


@pytest.fixture(scope="module")
def plane() -> Snapshot:
    """With probabilities."""
    return trained(data__name="ring-8", objective="non_saturating")


@pytest.fixture(scope="module")
def critic() -> Snapshot:
    """With critic values."""
    return trained(data__name="ring-8", objective="wasserstein")


@pytest.fixture(scope="module")
def images() -> Snapshot:
    return trained(data__name="digits", objective="non_saturating")


def with_scores(snapshot: Snapshot) -> Snapshot:
    """What the metrics' thread adds."""
    names = [metric.name for metric in METRICS.values() if metric.curve is not None]
    scores = {f"metric_{name}": np.array([0.5, 0.75], np.float32) for name in ("step", *names)}
    return Snapshot(snapshot.step, snapshot.header, {**snapshot.arrays, **scores})


def drawn(figure: go.Figure) -> list[Any]:
    return [trace for trace in figure.data if trace.x is not None and trace.visible is not False]


def lines(figure: go.Figure) -> list[Any]:
    return [t for t in figure.data if t.type == "scatter" and t.line.width and not t.meta.get("marks")]


@pytest.mark.parametrize("name", figures.LIVE)
@pytest.mark.parametrize("kind", ["plane", "critic", "images"])
def test_every_live_figure_finds_its_arrays_in_a_real_snapshot(
    name: str, kind: str, request: pytest.FixtureRequest
) -> None:
    snapshot = with_scores(request.getfixturevalue(kind))
    for trace in figures.LIVE[name]().data:
        if trace.meta.get("marks"):
            continue
        meaning = snapshot.header["meaning"]
        y = trace.meta.get("critic", trace.meta["y"]) if meaning == "critic" else trace.meta["y"]
        assert y in snapshot.arrays
        assert len(snapshot.arrays[trace.meta["x"]]) - len(snapshot.arrays[y]) in (0, 1)


@pytest.mark.parametrize("make", figures.LIVE.values(), ids=figures.LIVE)
def test_a_template_is_the_finished_figure_without_its_values(make: Figure, plane: Snapshot) -> None:
    template, finished = make(), make(with_scores(plane))
    assert [t.meta for t in template.data] == [t.meta for t in finished.data]
    assert [t.type for t in template.data] == [t.type for t in finished.data]
    assert not drawn(template)
    assert drawn(finished)


@pytest.mark.parametrize("make", figures.LIVE.values(), ids=figures.LIVE)
def test_lines_differ_without_their_colours(make: Figure) -> None:
    together: dict[str, list[str]] = {}  # curves of one kind of samples are seen in one plot
    for trace in lines(make()):
        metric = METRICS.get(trace.meta["y"].removeprefix("metric_"))
        kind = "" if metric is None or metric.curve is None else metric.curve.kind
        together.setdefault(kind, []).append(trace.line.dash)
    for dashes in together.values():
        assert len(set(dashes)) == len(dashes)


@pytest.mark.parametrize("theme", THEMES)
def test_d_is_dashed_and_g_is_solid_in_their_own_colours(theme: Theme, plane: Snapshot) -> None:
    palette = PALETTES[theme]
    for make in (figures.losses, figures.gradient_norms):
        d, g = lines(make(plane, theme=theme))
        assert (d.name, d.line.dash, d.line.color) == ("discriminator", "dash", palette.discriminator)
        assert (g.name, g.line.dash, g.line.color) == ("generator", "solid", palette.fake)


@pytest.mark.parametrize("theme", THEMES)
def test_templates_are_small_json_in_the_theme_s_colours(theme: Theme) -> None:
    templates = figures.templates(theme)
    text = json.dumps(templates)
    other = PALETTES["dark" if theme == "light" else "light"]
    assert set(templates) == set(figures.LIVE)
    assert len(text) < 20_000
    assert PALETTES[theme].discriminator in text
    assert not any(colour in text for colour in (other.discriminator, other.fake, other.real, other.muted))


def test_losses_show_every_step_s_range_around_their_mean(plane: Snapshot) -> None:
    by_array = {trace.meta.get("y"): trace for trace in figures.losses(plane).data}
    for player in ("d", "g"):
        low, mean, high = (by_array[f"{player}_loss_{edge}"] for edge in ("min", "mean", "max"))
        assert high.fill == "tonexty"
        assert np.all(low.y <= mean.y + 1e-6)
        assert np.all(mean.y <= high.y + 1e-6)
        np.testing.assert_array_equal(mean.y, plane.arrays[f"{player}_loss_mean"])
        np.testing.assert_array_equal(mean.x, plane.arrays["curve_step"])


def test_equilibrium_lines_are_those_of_the_objective(plane: Snapshot, critic: Snapshot) -> None:
    def levels(snapshot: Snapshot) -> list[float]:
        return [shape.y0 for shape in figures.losses(snapshot).layout.shapes]

    assert levels(plane) == pytest.approx([2 * np.log(2), np.log(2)])
    assert levels(critic) == [0.0]  # Wasserstein's G has none
    assert [a.text for a in figures.losses(plane).layout.annotations] == [
        "log 4: D cannot tell",
        "log 2: G cannot be told",
    ]


def test_a_live_change_is_marked_at_its_step(plane: Snapshot) -> None:
    header = {**plane.header, "marks": [{"step": 2, "label": "lr_g 0.001 → 0.01"}]}
    marked = figures.losses(Snapshot(plane.step, header, plane.arrays))
    assert [shape.x0 for shape in marked.layout.shapes if shape.x0 == shape.x1] == [2]


def test_the_histogram_says_whether_its_axis_is_a_probability(plane: Snapshot, critic: Snapshot) -> None:
    one, other = (figures.score_histograms(s) for s in (plane, critic))
    assert "probability of “real”" in one.layout.xaxis.title.text
    assert "critic value" in other.layout.xaxis.title.text
    assert [shape.x0 for shape in one.layout.shapes] == [0.5]
    assert not other.layout.shapes


@pytest.mark.parametrize("theme", THEMES)
def test_real_bars_are_hollow_and_generated_ones_filled(theme: Theme, plane: Snapshot) -> None:
    fake, real = figures.score_histograms(plane, theme=theme).data
    assert fake.marker.color == rgba(PALETTES[theme].fake, 0.5)
    assert real.marker.color == "rgba(0,0,0,0)"
    assert real.marker.line.color == PALETTES[theme].real
    assert len(real.x) == len(real.y) >= 40
    edges = plane.arrays["hist_edges"]
    np.testing.assert_allclose(real.x - real.width / 2, edges[:-1], atol=1e-6)


def test_means_are_of_probabilities_or_of_critic_values(plane: Snapshot, critic: Snapshot) -> None:
    for snapshot, real in ((plane, "real_prob"), (critic, "real_logit")):
        np.testing.assert_array_equal(figures.score_means(snapshot).data[0].y, snapshot.arrays[real])
    assert figures.score_means(plane).layout.shapes
    assert not figures.score_means(critic).layout.shapes


def test_scores_that_were_not_measured_are_not_drawn(plane: Snapshot) -> None:
    assert not drawn(figures.scores(plane))
    due = [metric.name for metric in METRICS.values() if metric.curve is not None and metric.curve.dash]
    assert len(due) >= 4
    assert len(drawn(figures.scores(with_scores(plane)))) == len(due)


def test_health_is_both_players_gradients_beside_d_s_accuracy(plane: Snapshot) -> None:
    health = figures.health(plane)
    axes = [(trace.meta["y"], trace.yaxis) for trace in health.data]
    assert axes == [
        ("d_grad_norm", None),
        ("g_grad_norm", None),
        ("real_accuracy", "y2"),
        ("fake_accuracy", "y2"),
    ]
    assert health.layout.xaxis.domain[1] < health.layout.xaxis2.domain[0]
    assert (health.layout.yaxis.type, health.layout.yaxis2.type) == ("log", None)


def test_samples_in_the_plane_stand_on_the_declared_axes(plane: Snapshot) -> None:
    figure = figures.samples(plane)
    heat, real, fake = figure.data
    x0, x1, y0, y1 = plane.header["frame"]
    assert (figure.layout.xaxis.range, figure.layout.yaxis.range) == ((x0, x1), (y0, y1))
    assert heat.zmin == -heat.zmax
    assert heat.y[0] == pytest.approx(y0 + (y1 - y0) / len(heat.y) / 2)
    assert real.marker.symbol == "circle-open"
    np.testing.assert_array_equal(np.stack([fake.x, fake.y], 1), plane.arrays["fake"])


def test_generated_images_are_shown_whole(images: Snapshot) -> None:
    z = figures.samples(images).data[0].z
    first = images.arrays["fake_images"][0, :, :, 0]
    np.testing.assert_array_equal(z[: first.shape[0], : first.shape[1], 0], first)
    assert z.shape[0] * z.shape[1] >= images.arrays["fake_images"][..., 0].size


@pytest.mark.parametrize(("value", "step"), [(0.3, 0.5), (0.5, 0.5), (1.01, 2.0), (7, 10.0), (0.0, 1.0), (-1, 1.0)])
def test_axes_change_in_round_steps(value: float, step: float) -> None:
    assert steps_125(value) == pytest.approx(step)


def test_a_path_that_leads_nowhere_is_no_level() -> None:
    header = {"optimum": {"d_loss": None}, "metrics": {}}
    assert look_up(header, "optimum.d_loss") is None
    assert look_up(header, "metrics.js.floor") is None
    assert look_up(header, 0.5) == 0.5
