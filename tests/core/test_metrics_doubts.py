"""Doubts of metrics: one plain sentence where something of this run can fool a number, and else nothing."""

from __future__ import annotations

import itertools
import json
import math

import pytest

from gan_core.config import RunConfig
from gan_core.config.presets import preset
from gan_core.data import load
from gan_core.metrics import METRICS, Score, doubts_of, facts
from gan_core.metrics.doubts import Situation

BASE = preset("digits")
CONFIGS = (
    BASE,
    BASE.changed({"conditional": True}),
    preset("ring-8"),
    preset("gaussians-2").changed({"latent_dim": 1}),
)
SITUATIONS = [
    Situation(config, n, n_train, held_out, n_modes, sigma, cell)
    for config, n, (n_train, held_out), n_modes, (sigma, cell) in itertools.product(
        CONFIGS, (60, 900), ((0, False), (170, False), (900, True)), (0, 1, 10), ((math.nan, math.nan), (0.02, 6.5))
    )
]


def doubts(config: RunConfig, *names: str, n: int = 900) -> dict[str, str]:
    return doubts_of(config, load(config.data.name), {name: Score(0.5, 0.9, n) for name in names})


@pytest.mark.parametrize("name", METRICS)
def test_a_doubt_is_nothing_or_one_plain_sentence(name: str) -> None:
    for run in SITUATIONS:
        said = METRICS[name].doubt(run)
        assert said == "" or (said[0].isupper() and said.endswith(".") and len(said) < 140), said
        assert "nan" not in said


def test_each_doubt_is_of_some_runs_and_not_of_all() -> None:
    for metric in METRICS.values():
        said = {bool(metric.doubt(run)) for run in SITUATIONS}
        assert said in ({False}, {True, False}), metric.name


def test_few_training_images_cast_doubt_on_likeness_and_name_what_shows_copies() -> None:
    said = doubts(BASE, "frechet_classifier", "coverage")
    assert set(said) == {"frechet_classifier", "coverage"}
    assert all("900 training images" in doubt and "Closer to train shows it" in doubt for doubt in said.values())
    assert doubts(preset("ring-8"), "coverage") == {}, "there is no end of points"


def test_packing_asks_for_variety() -> None:
    alone = preset("ring-8")
    assert "alike" in doubts(alone, "high_quality")["high_quality"]
    assert doubts(alone.changed({"packing": 2}), "high_quality") == {}


def test_cells_that_are_wider_than_a_mode_are_named_with_their_width() -> None:
    assert "7 times as wide" in doubts(preset("grid-25"), "js")["js"]  # 10 / 30 over 0.05
    assert doubts(preset("moons"), "js") == {}


def test_chance_is_told_by_the_number_of_samples() -> None:
    assert doubts(BASE, "closer_to_train", n=100) == {
        "closer_to_train": "Of 100 samples, chance alone moves it by ±10%."
    }
    assert doubts(BASE, "closer_to_train", n=900) == {}


def test_what_a_page_is_told_of_the_entries_is_plain() -> None:
    assert "doubt" not in json.loads(json.dumps(facts()))[0]
