"""Facts of metrics and findings stand in their entries alone."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from gan_core.diagnosis import FINDINGS
from gan_core.metrics import METRICS, curves_of, facts

ROOT = Path(__file__).resolve().parents[2]
NAMES = {*METRICS, *FINDINGS}
QUOTED = NAMES | {f"{prefix}{name}" for name in METRICS for prefix in ("metric_", "raw_")}
THEIR_ROOMS = ("gan_core/metrics/", "gan_core/diagnosis/")
OTHER_MEANINGS = {
    ("gan_core/data/__init__.py", "modes"): "a submodule",
    ("gan_core/data/catalogue.py", "modes"): "a goal of the gallery",
    ("gan_core/experiments/gallery.py", "modes"): "a goal of the gallery",
    ("gan_core/experiments/trials.py", "modes"): "a goal of the gallery",
    ("pages/ui/collapse/state.py", "modes"): "a goal of the gallery",
    ("pages/ui/collapse/sure.py", "modes"): "a goal of the gallery",
    ("gan_core/training/snapshots.py", "n_modes"): "a fact of the data in the header, not the score",
    ("gan_core/latent/manifold.py", "modes"): "the known modes of the data",
    ("gan_core/latent/bench.py", "density"): "the density of z",
    ("gan_core/latent/bench.py", "spread"): "how far samples vary about one place",
    ("pages/ui/session/__init__.py", "recall"): "a function of the session",
}
"""Words that mean something else where they stand."""


def python_words(source: str) -> set[str]:
    """Metrics and findings that a Python source names in quotes."""
    values = (node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant))
    return {value for value in values if isinstance(value, str) and value in QUOTED}


def javascript_words(source: str) -> set[str]:
    """Metrics and findings that a JavaScript source names in quotes or as a property of the scores."""
    source = re.sub(r"/\*.*?\*/|(?:^|\s)//[^\n]*", " ", source, flags=re.S)
    found = re.findall(r"""['"`](\w+)['"`]|\b(metric_\w+)|\bmetrics\??\.(\w+)|\bscores\??\.(\w+)""", source)
    return {word for groups in found for word in groups if word in QUOTED}


def named() -> Iterator[tuple[str, str]]:
    """Each file of the product outside the rooms of metrics and findings, with each of their names in it."""
    for folder, ending, words in (
        ("gan_core", "py", python_words),
        ("pages", "py", python_words),
        ("scripts", "py", python_words),
        ("pages/ui/web", "js", javascript_words),
    ):
        for file in sorted(ROOT.joinpath(folder).rglob(f"*.{ending}")):
            name = file.relative_to(ROOT).as_posix()
            if not name.startswith(THEIR_ROOMS):
                yield from ((name, word) for word in sorted(words(file.read_text(encoding="utf-8"))))


def test_no_metric_and_no_finding_is_named_outside_its_room() -> None:
    found = set(named())
    assert found - OTHER_MEANINGS.keys() == set(), "read the entry in METRICS or FINDINGS instead"
    assert OTHER_MEANINGS.keys() - found == set(), "these exceptions are no longer needed"


def test_this_test_sees_names() -> None:
    assert python_words("shown = ('js', 'metric_coverage'); n = f(name='oscillation')") == {
        "js",
        "metric_coverage",
        "oscillation",
    }
    assert python_words("# 'js'\njs = frame.js") == set()
    assert javascript_words("if (arrays.metric_js && m['kid']) total = header.metrics?.n_modes?.floor") == {
        "metric_js",
        "kid",
        "n_modes",
    }
    assert javascript_words("import { el } from '../core/dom.js'; // 'js'\n/* metrics.kid */") == set()


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_says_what_it_is_and_how_it_is_shown(name: str) -> None:
    metric = METRICS[name]
    assert metric.name == name
    assert metric.label
    assert metric.definition.endswith(".")
    assert metric.source
    assert metric.floor_label
    assert metric.out_of in {"", *METRICS}
    assert metric.format != "percent" or metric.range == (0, 1)
    if metric.card is not None:
        assert metric.card.title
        assert metric.card.help
        assert metric.card.kinds
    if metric.curve is not None:
        assert metric.curve.name
        assert bool(metric.curve.dash) != metric.curve.strip
        assert bool(metric.curve.help) == bool(metric.curve.dash)


def test_the_lines_of_one_plot_differ_without_their_colours() -> None:
    for kind in ("plane", "images", "sound", "text", "answers"):
        curves = [m.curve for m in METRICS.values() if m.curve is not None and m.curve.kind == kind and m.curve.dash]
        assert len({curve.dash for curve in curves}) == len(curves) == 2
    strips = [m.curve.kind for m in METRICS.values() if m.curve is not None and m.curve.strip]
    assert strips == ["plane", "sound"], "one each, for what has modes or notes that can be counted"


def test_the_course_of_one_kind_of_samples_is_kept() -> None:
    assert curves_of({"js", "spread", "high_quality", "modes_reached"}) == ["modes_reached", "high_quality", "js"]
    assert curves_of({"sliced_wasserstein", "precision", "coverage"}) == ["coverage", "precision"]
    assert curves_of({"js", "precision"}) == ["js"]
    assert curves_of({"kid"}) == []


def test_facts_are_the_entries() -> None:
    told = {fact["name"]: fact for fact in facts()}
    assert list(told) == list(METRICS)
    assert told["kid"]["range"] == [None, None]
    assert told["js"]["curve"]["dash"] == "dashdot"
    assert told["spread"]["card"] is None
