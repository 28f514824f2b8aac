"""Figures of the Learn page say what they were given."""

from __future__ import annotations

import base64
import json
import math
import re
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from gan_core.figures import learning, theory
from gan_core.figures.palette import PALETTES, Theme
from gan_core.figures.template import Plain, plain_json

THEMES: tuple[Theme, ...] = ("light", "dark")


def checked(figure: Plain) -> go.Figure:
    """Plotly refuses what is none of its properties."""
    return go.Figure(figure)


@pytest.mark.parametrize("theme", THEMES)
def test_occupancy_has_a_row_for_each_mode_and_the_first_and_last_step(theme: Theme) -> None:
    counts = np.tile(np.arange(8), (1001, 1))
    (trace,) = learning.occupancy(counts, "abcdefgh", theme=theme).data
    assert list(trace.y) == list("abcdefgh")
    assert (trace.x[0], trace.x[-1]) == (0, 1000)
    assert [row[0] for row in trace.z] == list(range(8))
    assert trace.colorscale[1][1] == PALETTES[theme].fake


def test_layers_without_a_gradient_have_no_bar() -> None:
    d, g = learning.layers({"layer 1": 0.5}, {"layer 1": math.nan}).data
    assert list(d.y) == [0.5]
    assert math.isnan(g.y[0])


def test_rows_of_images_stand_over_each_other() -> None:
    pictures = np.zeros((2, 3, 8, 8, 1), np.uint8)
    pictures[1] = 255
    (trace,) = learning.image_rows(pictures, ["generated", "nearest real"]).data
    grid = np.asarray(trace.z)
    assert grid.shape == (18, 27, 3)
    assert grid[:8].max() == 0
    assert grid[9, 0, 0] == 255


def test_variants_of_one_year_and_group_do_not_hide_each_other() -> None:
    here, not_here = learning.time_line([2017, 2017, 2018], ["a", "b", "c"], ["data"] * 3, [True, False, True]).data
    assert [int(x) for x in here.x] == [2017, 2018]
    assert len({*here.x, *not_here.x}) == 3
    assert here.marker.color != not_here.marker.color


def test_a_z_is_traced_through_all_parts_of_the_flow() -> None:
    figure = learning.traced([("before", "(0, 1)", "(2, 3)", "54%"), ("after", "(0, 1)", "(4, 5)", "50%")])
    words = [a.text for a in figure.layout.annotations]
    for word in ("<b>z</b>", "<b>Generator</b>", "<b>Discriminator</b>", "(2, 3)", "(4, 5)", "54%", "50%"):
        assert word in words
    assert words.count("(0, 1)") == 2


def test_a_lost_game_is_drawn_with_the_step_at_which_it_was_lost() -> None:
    figure = learning.fall(np.arange(1, 4), np.array([1.0, 0.04, 0.0]), np.ones(3), 2)
    assert figure.layout.shapes[0].x0 == 2
    assert min(figure.data[0].y) > 0


def figures_of_the_theory(theme: Theme) -> dict[str, Plain]:
    x = np.linspace(0, 1, 7)  # a third is none of single precision
    return {
        "best_discriminator": theory.best_discriminator(x, x, x, x, x, theme=theme),
        "divergences": theory.divergences(x, x, x, 0.5, theme=theme),
        "curves": theory.curves(
            x, {"a": x, "b": x}, x_title="x", y_title="y", log=True, log_x=True, y_range=(0, 1), at=0.5, theme=theme
        ),
    }


@pytest.mark.parametrize("theme", THEMES)
def test_plain_figures_have_only_what_plotly_knows_and_keep_every_digit(theme: Theme) -> None:
    for name, figure in figures_of_the_theory(theme).items():
        assert checked(figure).data, name
        for trace, given in zip(json.loads(plain_json(figure))["data"], figure["data"], strict=True):
            assert unpacked(trace["y"]).tolist() == given["y"].tolist()


def unpacked(array: dict[str, Any]) -> np.ndarray:
    return np.frombuffer(base64.b64decode(array["bdata"]), array["dtype"])


def test_the_plane_shows_every_path_from_start_to_end_within_reach() -> None:
    grid = np.array([[-1.0, 0.0], [1.0, 0.0]])
    path = np.array([[1.0, -1.0], [0.5, 0.5], [1e9, 0.0]])
    figure = checked(theory.dirac_plane(grid, np.zeros_like(grid), {"a way": path}))
    line = next(trace for trace in figure.data if trace.name == "a way")
    assert list(line.x) == [1.0, 0.5, 3.0]
    ends = next(trace for trace in figure.data if trace.text)
    assert list(zip(ends.text, ends.x, ends.y, strict=True)) == [("a way: start", 1.0, -1.0), ("a way: end", 3.0, 0.0)]


def test_a_plane_without_paths_shows_the_field() -> None:
    grid = np.array([[-1.0, 0.0], [1.0, 0.0]])
    figure = checked(theory.dirac_plane(grid, np.array([[0.0, 3.0], [-3.0, 0.0]]), {}))
    assert [trace.name for trace in figure.data] == ["equilibrium"]
    (field,) = figure.layout.shapes
    number = r"(-?\d\.\d{3})"
    shafts = re.findall(f"M{number},{number}L{number},{number}M", field.path)
    assert shafts == [("-1.000", "0.000", "-1.000", "0.083"), ("1.000", "0.000", "0.917", "0.000")]


def test_distances_are_norms_and_never_zero_on_their_logarithmic_axis() -> None:
    figure = checked(theory.distances({"a": np.array([[3.0, 4.0], [0.0, 0.0]])}))
    assert figure.layout.yaxis.type == "log"
    assert figure.data[0].y[0] == 5
    assert figure.data[0].y[1] > 0


def test_eigenvalues_stand_where_they_are() -> None:
    (trace,) = checked(theory.eigenvalue_plane(np.array([-0.15 + 0.477j, -0.15 - 0.477j]))).data
    assert list(trace.x) == [-0.15, -0.15]
    assert list(trace.y) == [0.477, -0.477]
