"""The words of the diagnosis: on recorded runs of many kinds, and on looks drawn at random.

The runs in ``words`` are as `benchmarks.words` wrote them. No run is trained here: what is tested is what the diagnosis
says of them today.
"""

from __future__ import annotations

import gzip
import json
import math
import random
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from benchmarks.cases import FAILING, HEALTHY
from benchmarks.verdicts import looks_of, trace_file
from gan_core.config import RunConfig, parse_config
from gan_core.config.presets import preset, presets
from gan_core.diagnosis import FINDINGS, Finding, Signs, cures_of, diagnose
from gan_core.diagnosis.conditions import beside
from gan_core.diagnosis.pace import USUAL, player_pace
from gan_core.diagnosis.rules import lacks_bound
from gan_core.diagnosis.thresholds import limit
from tests.core.test_findings import HEALTHY as LOOK

TRACES = Path(__file__).parent / "traces"


@cache
def recorded(name: str, folder: Path = TRACES) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(gzip.decompress(trace_file(folder, name).read_bytes()))
    return rows


def numbers(text: str) -> list[float]:
    return [float(n.replace(",", "")) for n in re.findall(r"-?\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?", text)]


def assert_true_to_their_numbers(found: Finding) -> None:
    """Each sentence has its value and its limit, the value on the side of the limit that the finding needs."""
    assert found.evidence, found.name
    for e in found.evidence:
        if math.isnan(e.value):
            assert "no longer finite" in e.text
            continue
        assert e.value >= e.threshold if e.at_least else e.value <= e.threshold, (found.name, e)
        said = {form: beside(e.value, e.threshold, form) for form in ("percent", "number", "count")}
        assert any(value in e.text for value, _ in said.values()), e
        value, bound = next(pair for pair in said.values() if pair[0] in e.text)
        if bound in e.text:
            a, b = numbers(value)[0], numbers(bound)[0]
            assert a >= b if e.at_least else a <= b, e


def random_config(rng: random.Random) -> RunConfig:
    config = preset(rng.choice([n for n in presets() if "own" not in n]))
    changes: dict[str, Any] = {
        "lr_g": 10 ** rng.uniform(-6, -0.5),
        "lr_d": 10 ** rng.uniform(-6, -0.5),
        "g_steps": rng.choice([1, 1, 5]),
        "seed": rng.randrange(99),
    }
    if rng.random() < 0.4:
        changes |= {"objective": rng.choice(["wasserstein", "hinge", "least_squares"]), "regularisers": []}
    if rng.random() < 0.3 and config.generator.kind == "mlp":
        changes["generator.width"] = rng.choice([2, 16, 400])
    return config.changed(changes)


def random_looks(rng: random.Random) -> list[Signs]:
    """Looks whose numbers walk about, between all that they can be."""
    shares = {
        name: rng.random() for name in ("missing", "precision", "recall", "coverage", "diversity", "auc", "accuracy")
    }
    shares |= {
        "distance": rng.random(),
        "skew": rng.random(),
        "two_sample": rng.uniform(0.5, 1),
        "closer": rng.random(),
    }
    pace, wild = rng.choice([1.0, 0.3]), 10 ** rng.uniform(-2, 5)
    looks = []
    for step in range(100, rng.choice([800, 2_500, 6_000]), 100):
        for name in shares:
            lowest = 0.5 if name == "two_sample" else 0.0
            shares[name] = min(1.0, max(lowest, shares[name] + rng.gauss(0, 0.06)))
        wild *= 2 ** rng.gauss(0.05, 0.2)
        at = rng.randrange(9)
        looks.append(
            Signs(
                **{
                    **{
                        name: getattr(LOOK, name) for name in ("n_train", "regions", "overfit", "copies", "g_grad_peak")
                    },
                    **shares,
                    "step": step,
                    "reached": round(8 * (1 - shares["missing"])),
                    "raw_shares": tuple(float(i == at) for i in range(9)),
                    "spread": shares["diversity"],
                    "logit": wild,
                    "slope": wild / 3,
                    "d_loss": rng.uniform(0, 2),
                    "g_grad": 10 ** rng.uniform(-6, 0),
                    "pace": pace,
                    "absent": rng.choice([0.0, 0.012]),
                    "n_drawn": 1_000,
                    "shift": rng.random(),
                    "checker": rng.random(),
                }
            )
        )
    return looks


def series() -> Iterator[tuple[RunConfig, list[Signs]]]:
    for name in (*FAILING, *HEALTHY):
        for row in recorded(name)[:2]:
            yield parse_config(row["settings"]), looks_of(row)
    rng = random.Random(5)
    for _ in range(80):
        yield random_config(rng), random_looks(rng)


def test_every_sentence_prints_the_numbers_that_decided_it_on_the_right_side_of_their_limits() -> None:
    said: set[str] = set()
    for config, looks in series():
        for n in {len(looks), len(looks) * 2 // 3, len(looks) // 3, 5}:
            for found in diagnose(config, looks[:n]):
                assert_true_to_their_numbers(found)
                said.add(found.name)
    assert len(said) >= 15, said


@pytest.mark.parametrize(
    ("value", "bound"), [(0.2499, 0.25), (0.25, 0.25), (1.0, 0.9999), (0.04999, 0.05), (9_999.7, 10_000), (0.0, 1e-3)]
)
def test_two_numbers_that_differ_are_never_written_alike(value: float, bound: float) -> None:
    for form in ("percent", "number"):
        a, b = (numbers(text)[0] for text in beside(value, bound, form))  # type: ignore[arg-type]
        assert (a > b, a < b) == (value > bound, value < bound)


def test_no_cure_is_proposed_of_what_the_newest_look_does_not_show() -> None:
    for config, looks in series():
        for found in diagnose(config, looks):
            old = all(e.text.startswith("At step") for e in found.evidence)
            assert not (old and found.cures), found


def test_a_cure_never_takes_away_what_an_objective_requires_and_never_throws_a_network_about() -> None:
    rng = random.Random(3)
    configs = [preset(name) for name in presets() if "own" not in name] + [random_config(rng) for _ in range(60)]
    clipped = preset("ring-8").changed({"objective": "wasserstein", "regularisers": [], "clip": 0.01, "d_steps": 5})
    n = 0
    for config in [*configs, clipped]:
        for name in FINDINGS:
            for changes in cures_of(name, config):
                cured = config.changed(changes)
                n += 1
                assert not lacks_bound(cured), (name, changes)
                if changes.keys() & {"lr_g", "lr_d"}:
                    paces = [player_pace(cured, player) * USUAL for player in ("generator", "discriminator")]
                    before = [player_pace(config, player) * USUAL for player in ("generator", "discriminator")]
                    limits = [max(limit("rate_high"), b) for b in before]
                    assert all(not p > most for p, most in zip(paces, limits, strict=True)), (name, changes)
    assert n > 1_000


def test_convolutions_keep_their_recipe() -> None:
    config = preset("own-images")
    for name in FINDINGS:
        for changes in cures_of(name, config):
            cured = config.changed(changes)
            if cured.discriminator.kind == config.discriminator.kind and not cured.regularisers:
                assert cured.discriminator.norm == config.discriminator.norm, (name, changes)
            assert not (cured.objective == "relativistic" and cured.generator.kind == "dcgan"), (name, changes)


def test_what_is_said_by_exclusion_is_said_alone() -> None:
    for config, looks in series():
        names = [found.name for found in diagnose(config, looks) if FINDINGS[found.name].failure]
        assert not any(FINDINGS[name].by_exclusion for name in names) or len(names) == 1, names


# ---- recorded runs of many kinds, each a kind of trouble or a healthy run that is no preset

WORDS = Path(__file__).parent / "words"
POSITIVE = ("converged", "improving", "like_the_data")
RIGHT: dict[str, tuple[str, tuple[str, ...]]] = {
    "digits, rates 0.02": ("rates_too_high", POSITIVE),
    "digits-wgan-gp, rates 0.02": ("rates_too_high", (*POSITIVE, "low_capacity")),
    "ring-8, rates 0.05": ("rates_too_high", POSITIVE),
    "ring-8, rates 1e-6": ("rates_too_low", (*POSITIVE, "mode_collapse")),
    "two far clusters, one rare": ("rare_missing", POSITIVE),
    "whole numbers": ("not_nearer", POSITIVE),
    "ring-8, no bound": ("no_lipschitz_bound", POSITIVE),
}
"""Of each run what is said first at its end, and what is never said of it."""


@pytest.mark.parametrize("name", RIGHT)
def test_the_words_are_right(name: str) -> None:
    due, never = RIGHT[name]
    for row in recorded(name, WORDS):
        config, looks = parse_config(row["settings"]), looks_of(row)
        said = [diagnose(config, looks[: i + 1]) for i in range(len(looks))]
        assert said[-1][0].name == due, (row["seed"], [f.name for f in said[-1]])
        assert {f.name for found in said for f in found}.isdisjoint(never)
        for found in (*said[-1], *said[len(said) // 2]):
            assert_true_to_their_numbers(found)


def test_the_usual_rates_are_the_first_cure_of_rates_that_are_not() -> None:
    for name, (due, _) in RIGHT.items():
        (row, *_) = recorded(name, WORDS)
        config = parse_config(row["settings"])
        if due.startswith("rates"):
            (first, *_) = diagnose(config, looks_of(row))[0].cures
            assert set(first) == {"lr_g", "lr_d"}
            assert 1e-4 <= config.changed(first).lr_g <= 2e-3
