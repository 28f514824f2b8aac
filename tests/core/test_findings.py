"""Findings: on series of looks made by hand, where every number is known; and looks at players made by hand."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch

from gan_core import Trainer
from gan_core.config import RunConfig, parse_config
from gan_core.config.presets import preset, presets
from gan_core.data import Images, load, load_data, own
from gan_core.data.own_data import OwnPoints
from gan_core.diagnosis import (
    FINDINGS,
    THRESHOLDS,
    Evidence,
    Signs,
    Watch,
    cures_of,
    describe,
    diagnose,
    look,
    recent,
    title_of,
)
from gan_core.diagnosis.cures import of_nothing
from gan_core.diagnosis.grain import checker
from gan_core.diagnosis.scene import lone_clumps, scene_of
from gan_core.record.history import History, StepStats

PLANE = parse_config({"data": {"name": "ring-8"}, "latent_dim": 8})
DIGITS = preset("digits")
HEALTHY = Signs(
    step=0,
    n_train=0,
    reached=8,
    regions=8,
    missing=0.0,
    raw_shares=(0.125,) * 8 + (0.0,),
    precision=0.9,
    recall=0.9,
    coverage=0.9,
    two_sample=0.6,
    diversity=1.0,
    spread=1.0,
    auc=0.6,
    overfit=math.nan,
    closer=math.nan,
    copies=math.nan,
    logit=0.3,
    d_loss=1.3,
    accuracy=0.6,
    g_grad=0.5,
    g_grad_peak=1.0,
)


def series(*parts: tuple[int, dict[str, Any]], every: int = 100) -> list[Signs]:
    """Looks that are healthy but for the changes; each part lasts until its step."""
    looks, step = [], every
    for until, changes in parts:
        while step <= until:
            looks.append(replace(HEALTHY, step=step, **changes))
            step += every
    return looks


def names(looks: Sequence[Signs], config: RunConfig = PLANE) -> list[str]:
    return [finding.name for finding in diagnose(config, looks)]


def failures(looks: Sequence[Signs], config: RunConfig = PLANE) -> list[str]:
    return [finding.name for finding in diagnose(config, looks) if finding.failure]


def spot(i: int) -> tuple[float, ...]:
    return tuple(float(j == i % 8) for j in range(9))


FAILURES: dict[str, tuple[RunConfig, dict[str, Any]]] = {
    "mode_collapse": (PLANE, {"missing": 0.5, "reached": 4}),
    "vanishing_gradient": (PLANE, {"accuracy": 1.0, "g_grad": 0.001}),
    "discriminator_overpowers": (PLANE, {"accuracy": 0.99, "d_loss": 0.1, "two_sample": 1.0}),
    "discriminator_dead": (PLANE, {"accuracy": 0.5, "d_loss": 1.386, "two_sample": 0.98, "auc": 0.5, "precision": 0.1}),
    "divergence": (PLANE, {"logit": 5_000.0}),
    "within_mode_collapse": (PLANE, {"recall": 0.2, "precision": 1.0, "two_sample": 0.85}),
    "memorisation": (DIGITS, {"overfit": 0.95, "n_train": 900}),
    "no_lipschitz_bound": (
        PLANE.changed({"objective": "wasserstein"}),
        {"two_sample": 0.99, "precision": 0.1, "slope": 100.0, "auc": 0.9, "accuracy": 0.8},
    ),
    "low_capacity": (PLANE.changed({"generator.width": 4}), {"two_sample": 0.97, "accuracy": 0.8}),
}


@pytest.mark.parametrize("name", FAILURES)
def test_a_failure_is_named_within_500_steps_and_dropped_when_it_is_over(name: str) -> None:
    config, changes = FAILURES[name]
    healthy = series((1_000, {}))
    assert failures(healthy, config) == []
    failing = series((1_000, {}), (2_500, changes))
    first = next(i for i in range(len(failing)) if name in names(failing[: i + 1], config))
    assert 1_000 < failing[first].step <= 1_500
    found = next(f for f in diagnose(config, failing) if f.name == name)
    assert 1_000 < found.since_step <= 1_500
    assert found.failure
    assert found.evidence
    assert found.why.count(". ") >= 1
    over = series((1_000, {}), (2_500, changes), (4_000, {}))
    assert name not in names(over, config)


def test_a_generator_that_hops_from_mode_to_mode_oscillates() -> None:
    hops = [replace(look, missing=0.875, reached=1, raw_shares=spot(i)) for i, look in enumerate(series((1_500, {})))]
    assert set(names(hops)) == {"mode_collapse", "oscillation"}
    still = [replace(look, raw_shares=spot(3)) for look in hops]
    assert names(still) == ["mode_collapse"]


def test_a_generator_that_hits_now_more_and_now_fewer_modes_has_collapsed_all_the_same() -> None:
    looks = series((1_500, {"two_sample": 0.99}))
    hops = [replace(x, missing=(0.75, 0.75, 0.5, 0.625)[i % 4], raw_shares=spot(i)) for i, x in enumerate(looks)]
    assert names(hops[:4])[0] == "mode_collapse"
    spreading = [replace(x, missing=(0.75, 0.75, 0.5, 0.625)[i % 4]) for i, x in enumerate(looks)]
    assert names(spreading[:4]) == [], "one that stays where it is and gains a region may be spreading out"


def test_a_discriminator_is_dead_that_is_always_wrong_or_all_but_flat_but_not_beside_samples_that_lie_on_the_data() -> (
    None
):
    away = {"two_sample": 0.99, "precision": 0.0}
    wrong = {"accuracy": 0.1, "d_loss": 3.0, "auc": 0.0} | away
    assert names(series((1_500, wrong))) == ["discriminator_dead"]
    critic = PLANE.changed({"objective": "wasserstein", "clip": 0.01})
    flat = {"accuracy": 1.0, "d_loss": -1e-6, "auc": 1.0} | away
    assert names(series((1_500, flat)), critic) == ["discriminator_dead"]
    assert failures(series((1_500, flat | {"d_loss": -0.1})), critic) == ["off_data"]
    assert failures(series((1_500, wrong | {"precision": 0.95}))) == ["unlike_data"]
    assert failures(series((1_500, wrong | {"accuracy": 0.54, "d_loss": 1.38, "auc": 0.6}))) == ["off_data"], (
        "it orders"
    )


def test_modes_that_were_called_narrow_stay_so_until_they_have_clearly_widened() -> None:
    narrow, between, wide = ({"recall": r, "precision": 1.0, "two_sample": 0.8} for r in (0.2, 0.4, 0.6))
    assert names(series((1_500, narrow), (2_500, between))) == ["within_mode_collapse"]
    assert failures(series((1_500, between))) == []
    assert failures(series((1_500, narrow), (2_500, wide))) == []


def test_a_small_network_is_blamed_for_a_settled_run_that_fell_short() -> None:
    looks = series((4_000, {"two_sample": 0.8}))
    assert names(looks, PLANE.changed({"generator.width": 4})) == ["low_capacity"]
    assert names(looks) == ["not_nearer"], "it is neither like the data nor a failure"


def test_memorisation_shows_in_copies_in_closeness_and_in_a_d_that_knows_few_images_by_heart() -> None:
    for changes in ({"closer": 0.9}, {"copies": 0.3}, {"n_train": 50, "auc": 0.99}):
        assert names(series((1_000, {}), (1_600, changes)), DIGITS) == ["memorisation"]
    for changes in ({"closer": 0.6}, {"copies": 1.0}, {"n_train": 5_000, "auc": 0.99}, {"overfit": 0.6}):
        assert names(series((1_000, {}), (1_600, changes)), DIGITS) in (["like_the_data"], ["converged"])


def test_a_single_exception_neither_makes_nor_ends_a_finding() -> None:
    healthy, failing = {}, {"missing": 0.5}
    assert failures(series((1_000, healthy), (1_100, failing), (1_200, healthy))) == []
    assert names(series((1_000, healthy), (1_400, failing), (1_500, healthy), (1_700, failing))) == ["mode_collapse"]


def test_nothing_but_a_won_or_broken_game_is_named_early() -> None:
    assert names(series((300, {"missing": 0.9}))) == []
    assert names(series((200, {"logit": 1e4}))) == ["divergence"]
    assert names(series((300, {"accuracy": 1.0, "g_grad": 0.0}))) == ["vanishing_gradient"]


def test_a_game_that_was_won_at_once_is_the_reason_of_a_spot_that_was_there_before() -> None:
    won = {"accuracy": 1.0, "d_loss": 0.0, "two_sample": 1.0, "g_grad": 0.0}
    a_spot_first = series((200, {"missing": 0.9}), (1_000, {"missing": 0.9} | won))
    assert names(a_spot_first) == ["vanishing_gradient", "discriminator_overpowers", "mode_collapse"]
    won_much_later = series((600, {"missing": 0.9}), (1_500, {"missing": 0.9} | won))
    assert names(won_much_later)[0] == "mode_collapse"


def test_a_generator_that_still_spreads_out_has_not_collapsed() -> None:
    falling = [replace(x, missing=max(0.0, 0.9 - 0.06 * i)) for i, x in enumerate(series((1_500, {})))]
    assert all(failures(falling[: i + 1]) == [] for i in range(len(falling)))


def test_a_generator_far_from_the_data_that_comes_nearer_and_spreads_out_has_not_collapsed() -> None:
    """As the preset of eight notes does between steps 200 and 500."""
    course = [(0.33, 0.58), (0.55, 0.07), (0.34, 0.40), (0.28, 0.50), (0.24, 0.56)]
    looks = series((500, {"two_sample": 0.98, "precision": 0.2, "missing": 0.36, "reached": 5, "raw_shares": spot(0)}))
    comes = [replace(x, distance=d, diversity=v) for x, (d, v) in zip(looks, course, strict=True)]
    assert "mode_collapse" not in names(comes)
    stays = [replace(x, distance=0.4, diversity=v) for x, (_, v) in zip(looks, course, strict=True)]
    assert "mode_collapse" in names(stays)
    narrow = [replace(x, distance=d, diversity=0.3) for x, (d, _) in zip(looks, course, strict=True)]
    assert "mode_collapse" in names(narrow)


def test_one_missing_mode_is_a_warning_after_a_while() -> None:
    looks = series((1_000, {}), (3_000, {"missing": 0.125, "reached": 7}))
    assert failures(looks[:14]) == []
    (found,) = diagnose(PLANE, looks)
    assert (found.name, found.severity) == ("mode_collapse", "warn")


def test_a_run_improves_until_it_has_converged() -> None:
    falling = [replace(x, two_sample=1 - 0.0001 * x.step) for x in series((4_000, {}))]
    assert names(falling[:20]) == ["improving"]
    flat = falling + [replace(falling[-1], step=x.step) for x in series((8_000, {})) if x.step > 4_000]
    verdicts = [names(flat[: i + 1]) for i in range(len(flat))]
    changes = [b for a, b in pairwise(verdicts) if a != b]
    assert changes == [["improving"], ["like_the_data"], ["converged"]], "like the data is said while it still improves"


def test_positive_words_are_earned() -> None:
    rng = np.random.default_rng(0)
    for told in (0.65, 0.85, 0.97):  # a level that only chance moves
        looks = [replace(x, two_sample=told + 0.02 * rng.standard_normal(), distance=0.3) for x in series((6_000, {}))]
        assert not any("improving" in names(looks[: i + 1]) for i in range(len(looks)))
    far = {"two_sample": 0.99, "precision": 0.0, "coverage": 0.0, "recall": 0.0}
    nearing = [replace(x, distance=0.9 - 1e-4 * x.step) for x in series((3_000, far))]
    assert names(nearing) == ["approaching"]
    assert names([replace(x, distance=0.9) for x in nearing]) == ["off_data"]
    assert names([replace(x, distance=0.3 + 1e-4 * x.step) for x in nearing]) == ["off_data"], "it goes away"


@pytest.mark.parametrize(("precision", "moving", "still"), [(0.4, "approaching", "mostly_off"), (0.6, "improving", "")])
def test_where_most_samples_are_off_the_data_that_is_said(precision: float, moving: str, still: str) -> None:
    floors = {"two_sample_floor": 0.5, "precision_floor": 0.98}
    looks = series((3_000, {"precision": precision, "coverage": 0.5, "distance": 0.3, "two_sample": 0.88, **floors}))
    assert names(looks) == [still or "not_nearer"]
    assert names([replace(x, two_sample=0.89 - 1e-4 * x.step) for x in looks]) == [moving]


def test_a_run_improves_at_a_pace_that_is_worth_waiting_for_alone() -> None:
    def falling(by: float) -> list[Signs]:
        looks = series((3_000, {"two_sample_floor": 0.5, "precision": 0.6, "coverage": 0.5}))
        return [replace(x, two_sample=0.88 - by * x.step / 3_000, distance=0.3) for x in looks]

    assert names(falling(0.3)) == ["improving"]
    assert names(falling(0.08)) == ["not_nearer"], "more than chance, but half of what is left would take 12,000 steps"
    assert names(falling(0.15)) == ["not_nearer"], "half of what is left would take as long as the run so far"
    rests = falling(0.3) + [replace(falling(0.3)[-1], step=step) for step in range(3_100, 5_000, 100)]
    said = {looks[-1].step: names(looks) for looks in (rests[:33], rests)}
    assert said == {3_300: ["improving"], 4_900: ["not_nearer"]}, "praise ends soon after what earned it"


def test_samples_are_off_the_data_too_where_none_of_the_data_lie_among_them() -> None:
    floors = {"precision_floor": 0.96, "recall_floor": 0.97}
    blurred = {"two_sample": 0.98, "precision": 0.7, "recall": 0.01, "coverage": 0.3, "distance": 0.13, **floors}
    assert names(series((3_000, blurred))) == ["off_data"]
    assert names(series((3_000, blurred | {"recall": 0.4}))) != ["off_data"]


def test_samples_as_varied_as_the_data_spread_no_more() -> None:
    looks = series((700, {"two_sample": 0.9}), (1_500, {"missing": 0.4, "reached": 5, "two_sample": 0.9}))
    for start, said in ((0.85, True), (0.4, False)):
        rising = [replace(x, diversity=start + 2e-4 * x.step) for x in looks]
        assert ("mode_collapse" in names(rising)) is said


@pytest.mark.parametrize(
    "unlike",
    [
        {"precision": 0.5},
        {"coverage": 0.4},
        {"recall": 0.4},
        {"two_sample": 0.8},
        {"absent": 0.01},
        {"missing": 0.15},
        {"skew": 0.25, "skew_floor": 0.03},
        {"n_train": 60},
    ],
)
def test_a_run_that_is_not_like_the_data_in_every_way_has_not_converged(unlike: dict[str, Any]) -> None:
    good = series((6_000, {"precision_floor": 0.97, "coverage_floor": 0.96, "recall_floor": 0.97, "n_drawn": 1_000}))
    assert names(good) == ["converged"]
    assert names([replace(x, **unlike) for x in good]) != ["converged"]


def test_samples_are_held_against_what_real_ones_reach() -> None:
    hard = {"coverage": 0.5, "coverage_floor": 0.6}
    assert names(series((6_000, hard))) == ["converged"]
    assert names(series((6_000, hard | {"coverage_floor": 0.97}))) == ["not_nearer"]


def test_a_rare_region_that_is_never_made_is_said_with_its_share_and_the_number_that_shows_it() -> None:
    looks = series((4_000, {"absent": 0.012, "lone": 0.012, "lone_got": 0.001, "n_drawn": 1_000}))
    (found,) = diagnose(PLANE, looks)
    assert (found.name, found.severity) == ("rare_missing", "warn")
    assert "1.2 %" in found.evidence[0].text
    assert "1 of 1,000 samples, where 12 are" in found.evidence[0].text
    nearing = [replace(x, two_sample=0.95 - 2e-4 * x.step, precision=0.7) for x in looks[:20]]
    assert names(nearing) == ["improving"], "it is made now and then, and all comes nearer"
    assert names([replace(x, lone_got=0.0) for x in nearing]) == ["rare_missing"], "nothing of it comes"
    assert failures([replace(x, lone=0.0) for x in looks]) == [], "the fringe of a region is no region"


def test_wrong_proportions_are_told_from_missing_parts() -> None:
    assert failures(series((4_000, {"skew": 0.45, "skew_floor": 0.03}))) == ["wrong_shares"]
    assert failures(series((4_000, {"skew": 0.25, "skew_floor": 0.03}))) == []
    assert "wrong_shares" not in failures(series((4_000, {"skew": 0.45, "skew_floor": 0.03, "missing": 0.3})))


def test_a_loss_that_needs_a_bound_and_has_none_is_told_so_first() -> None:
    bare = PLANE.changed({"objective": "wasserstein", "regularisers": []})
    steep = {"slope": 50.0, "missing": 0.6, "two_sample": 0.99, "logit": 2e4}
    assert names(series((1_500, steep)), bare)[0] == "no_lipschitz_bound"
    (first, *_) = diagnose(bare, series((1_500, steep)))
    assert [r["name"] for r in first.cures[0]["regularisers"]] == ["gradient_penalty"]
    for bound in ({"clip": 0.01}, {"regularisers": ["gradient_penalty"]}, {"discriminator.spectral_norm": True}):
        assert "no_lipschitz_bound" not in names(series((1_500, steep)), bare.changed(bound))
    assert failures(series((1_500, {})), bare) == [], "as long as nothing is wrong nothing is said"
    assert "no_lipschitz_bound" not in names(series((1_500, steep)), PLANE)


def test_a_critic_whose_scale_grows_is_told_to_look_at_its_penalty() -> None:
    weak = PLANE.changed({"objective": "wasserstein", "regularisers": ["gradient_penalty:0.0001"]})
    growing = [replace(x, slope=0.02 * x.step, d_loss=-0.5 * x.step) for x in series((1_500, {}))]
    (found, *_) = diagnose(weak, growing)
    assert found.name == "scale_runs_away"
    assert "-750" in found.evidence[0].text
    assert found.cures[0]["regularisers"][0]["weight"] == 10
    assert "scale_runs_away" not in names(growing), "a loss with a scale"
    assert "scale_runs_away" not in names([replace(x, slope=3.0) for x in growing], weak)


def test_rates_are_judged_by_the_size_of_the_weights_that_they_move() -> None:
    off = {"two_sample": 0.99, "precision": 0.0, "distance": 0.5}
    assert names(series((1_500, off)), PLANE.changed({"lr_g": 0.02, "lr_d": 0.02}))[0] == "rates_too_high"
    assert names(series((1_500, off)), PLANE.changed({"lr_g": 0.001, "lr_d": 0.001}))[0] == "off_data"
    wide = {"generator.width": 1024, "discriminator.width": 1024, "lr_g": 0.003, "lr_d": 0.003}
    assert names(series((1_500, off)), PLANE.changed(wide))[0] == "rates_too_high"
    assert failures(series((1_500, {})), PLANE.changed({"lr_g": 0.02, "lr_d": 0.02})) == []
    start = {"two_sample": 0.99, "precision": 0.0, "pace": 0.2, "missing": 0.5}
    low = PLANE.changed({"lr_g": 1e-6, "lr_d": 1e-6})
    assert names(series((3_000, start)), low) == ["rates_too_low"]
    of_d = diagnose(PLANE.changed({"lr_d": 1e-6}), series((3_000, start)))
    assert [f.name for f in of_d] == ["rates_too_low"]
    assert "no weight of D" in of_d[0].evidence[0].text
    assert low.changed(cures_of("rates_too_low", low)[0]).lr_g == 1e-3


def test_a_checkerboard_is_named_where_it_stays() -> None:
    images = preset("own-images")
    assert failures(series((4_000, {"checker": 0.5})), images) == ["checkerboard"]
    assert failures(series((4_000, {"checker": 0.1})), images) == []


def test_slow_rates_take_longer_to_be_judged() -> None:
    collapsed = {"missing": 0.5, "reached": 4}
    assert names(series((1_000, collapsed))) == ["mode_collapse"]
    assert names(series((1_000, collapsed | {"pace": 0.2}))) == []
    assert names(series((3_000, collapsed | {"pace": 0.2}))) == ["mode_collapse"]


def test_a_fault_of_the_data_is_said_first_with_its_remedy() -> None:
    faults = (Evidence("outliers", 1, 1, "A few points far away set the scale. Remove them."),)
    first, second = diagnose(PLANE, series((2_500, {"missing": 0.5})), faults=faults)
    assert (first.name, first.severity, second.name) == ("data_fault", "warn", "mode_collapse")
    assert diagnose(PLANE, [], faults=faults)[0].name == "data_fault"


def test_numbers_that_are_not_finite_are_a_divergence() -> None:
    stats = StepStats(77, *[math.nan] * 11)
    (found,) = diagnose(PLANE, series((1_000, {})), stats)
    assert (found.name, found.severity, found.since_step) == ("divergence", "bad", 77)
    assert found.cures


def test_a_divergence_explains_what_comes_after_it_and_not_what_was_before() -> None:
    wild = {"logit": 5_000.0, "missing": 0.9}
    assert names(series((1_000, {}), (2_000, wild))) == ["divergence"]
    assert names(series((1_000, {"missing": 0.9}), (2_000, wild))) == ["mode_collapse", "divergence"]


def test_a_diagnosis_needs_no_number_that_cannot_be_had() -> None:
    unknown = {field.name: math.nan for field in fields(Signs) if field.type == "float"}
    looks = series((3_000, unknown))
    assert names(looks) == ["not_nearer"]
    assert diagnose(PLANE, []) == ()


def test_a_record_is_plain_json() -> None:
    (found,) = diagnose(PLANE, series((1_000, {"missing": 0.5})))
    record = json.loads(json.dumps(found.as_dict()))
    assert set(record) == {"name", "severity", "since_step", "evidence", "why", "cures"}
    assert set(record["evidence"][0]) == {"quantity", "value", "threshold", "text", "at_least"}


# ---- cures


@pytest.mark.parametrize("name", [name for name, entry in FINDINGS.items() if entry.when is not None])
@pytest.mark.parametrize("start", presets())
def test_every_cure_is_a_change_that_the_config_takes(name: str, start: str) -> None:
    config = preset(start)
    for changes in cures_of(name, config):
        changed = config.changed(changes)
        assert changed != config
        differs = config.differences(changed)
        assert all(any(d.startswith(path) for d in differs) for path in changes), "nothing is changed to what it was"
        assert title_of(changes)
        assert describe(changes)


def test_a_cure_brings_back_what_lies_outside_its_usual_range() -> None:
    wild = PLANE.changed({"g_steps": 5, "lr_g": 0.5, "clip": 1.0, "objective": "wasserstein", "ema": 0})
    changed = wild.changed(cures_of("mode_collapse", wild)[0])
    assert (changed.g_steps, changed.lr_g, changed.clip) == (1, 1e-3, 0)
    assert changed.ema > 0
    assert changed.regularisers[0].name == "r1_r2"
    assert cures_of("converged", PLANE) == ()


def test_a_cure_of_a_collapse_widens_networks_that_are_too_small_and_batches_too() -> None:
    small = PLANE.changed({"generator.width": 4, "discriminator.width": 8, "batch_size": 8, "g_steps": 5})
    changed = small.changed(cures_of("mode_collapse", small)[0])
    assert (changed.generator.width, changed.discriminator.width, changed.batch_size) == (128, 128, 64)
    usual = PLANE.changed({"generator.width": 64, "batch_size": 64, "g_steps": 5})
    assert not {"generator.width", "batch_size"} & set(cures_of("mode_collapse", usual)[0])


def test_there_is_a_cure_for_every_failure() -> None:
    for name in FINDINGS:
        if FINDINGS[name].cures is not of_nothing:
            start = {"checkerboard": preset("own-images"), "rates_too_low": PLANE.changed({"lr_g": 1e-6})}
            config = FAILURES[name][0] if name in FAILURES else start.get(name, PLANE)
            assert cures_of(name, config), name


# ---- looks


def small(**changes: Any) -> Trainer:
    config = PLANE.changed({"generator.width": 8, "discriminator.width": 8, "batch_size": 8, **changes})
    trainer = Trainer(config)
    trainer.step()
    return trainer


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"packing": 2},
        {"ema": 0},
        {"data.name": "moons"},
        {"data.name": "digits"},
        {"data.name": "digits", "conditional": True},
        {"discriminator.minibatch": "std"},
        {"discriminator.norm": "batch"},
    ],
)
def test_looking_works_for_every_game_and_changes_nothing(changes: dict[str, Any]) -> None:
    trainer, twin = small(**changes), small(**changes)
    state = torch.get_rng_state()
    watch = Watch()
    watch.look_at(trainer)
    assert torch.equal(state, torch.get_rng_state())
    (seen,) = watch.looks
    assert seen.step == 1
    assert math.fsum(seen.raw_shares) == pytest.approx(1, abs=0.01)
    assert trainer.step() == twin.step()
    watch.look_at(trainer)
    watch.look_at(trainer)
    assert [s.step for s in watch.looks] == [1, 2], "one look a step"


def scaled_norm(steepness: float, x: torch.Tensor) -> torch.Tensor:
    norms: torch.Tensor = x.norm(dim=1)
    return steepness * norms


class Judge(torch.nn.Module):
    """A network that is a function."""

    def __init__(self, f: Callable[[torch.Tensor], torch.Tensor]) -> None:
        super().__init__()
        self.f, self.weight = f, torch.nn.Parameter(torch.zeros(1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.f(x)


def own_points(values: Any) -> RunConfig:
    made = own.register(OwnPoints(np.asarray(values, dtype=np.float32)))
    return PLANE.changed({"data.name": "own-points", "data.hash": made})


def look_at(
    config: RunConfig,
    generator: Callable[[torch.Tensor], torch.Tensor],
    critic: Callable[[torch.Tensor], torch.Tensor] = lambda x: x.flatten(1).sum(1) * 0,
) -> Signs:
    data = load(config.data.name)
    seen = look(5, config, data, Judge(generator), None, Judge(critic), recent(History()))
    assert seen is not None
    return seen


def test_a_look_tells_real_samples_from_copies_and_from_one_spot() -> None:
    data = load("digits")
    assert isinstance(data, Images)
    assert data.held_out is not None
    honest = look_at(DIGITS, lambda z: data.held_out[: len(z)])  # type: ignore[index]
    assert honest.missing == 0
    assert honest.two_sample == pytest.approx(0.5, abs=0.1)
    assert honest.copies == pytest.approx(1, abs=0.1)
    copied = look_at(DIGITS, lambda z: data.train[: len(z)])
    assert copied.closer > 0.95
    assert copied.copies < 0.9
    one = look_at(DIGITS, lambda z: data.train[:1].expand(len(z), -1, -1, -1))
    assert one.missing > 0.8
    assert one.diversity == 0
    assert one.reached <= 1
    assert honest.auc == 0.5, "a D that answers the same for all"


def test_data_without_known_modes_are_divided_into_regions() -> None:
    scene = scene_of(load("swiss-roll"))
    assert scene is not None
    assert len(scene.shares) == 16
    assert scene.shares.min() > 0.02
    far = look_at(PLANE.changed({"data.name": "swiss-roll"}), lambda z: z[:, :2] * 0 + 100)
    assert (far.missing, far.raw_shares[-1]) == (1, 1)


def test_a_rare_clump_has_a_region_of_its_own_and_its_absence_is_seen() -> None:
    rng = np.random.default_rng(0)
    many, few = rng.standard_normal((1_980, 2)), 20 + rng.standard_normal((20, 2))
    config = own_points(np.concatenate((many, few)))
    scene = scene_of(load_data(config.data))
    assert scene is not None
    assert scene.shares.min() == pytest.approx(0.01, abs=0.003)
    assert scene.shares.sum() == pytest.approx(1)
    data = load_data(config.data)
    rows = data.sample(4_000, torch.Generator().manual_seed(1))
    near = rows[rows[:, 0] < 1]
    judge = Judge(lambda x: x.flatten(1).sum(1) * 0)
    seen = look(5, config, data, Judge(lambda z: near[: len(z)]), None, judge, recent(History()))
    whole = look(5, config, data, Judge(lambda z: rows[: len(z)]), None, judge, recent(History()))
    assert seen is not None
    assert whole is not None
    assert (seen.absent_got, whole.absent) == (0, 0)
    assert seen.absent == pytest.approx(0.01, abs=0.003)
    assert (seen.lone, seen.lone_got, whole.lone) == (seen.absent, 0, 0), "it lies apart"
    half = look(5, config, data, Judge(lambda z: near[: len(z)].abs()), None, judge, recent(History()))
    assert half is not None
    assert half.absent > half.lone == seen.lone, "a cell of the large clump does not"
    assert seen.missing < 0.02
    assert (seen.n_drawn, seen.precision > 0.9) == (1_000, True)


def test_a_small_table_is_looked_at_row_by_row_and_whole_numbers_as_often_as_they_come() -> None:
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((90, 2))
    config = own_points(rows)
    scene = scene_of(load_data(config.data))
    assert scene is not None
    assert len(scene.real) == 90
    assert len(lone_clumps(scene.real)) == 0
    data, judge = load_data(config.data), Judge(lambda x: x.flatten(1).sum(1) * 0)
    like = torch.from_numpy(rng.standard_normal((1_000, 2))).float()
    seen = look(5, config, data, Judge(lambda z: like[: len(z)]), None, judge, recent(History()))
    assert seen is not None
    assert seen.precision > 0.8, "drawn again and again, a row would be its own nearest neighbour"
    assert seen.two_sample < 0.7
    assert seen.lone == 0
    counts = scene_of(load_data(own_points(rng.poisson([4, 9], (900, 2))).data))
    assert counts is not None
    assert len(counts.real) == 400


def test_faults_of_own_data_are_in_the_report_from_the_first_look_on() -> None:
    ring = np.random.default_rng(0).standard_normal((200, 2))
    config = own_points(np.concatenate((ring, [[50_000, 50_000]])))
    (found,) = Watch().findings(config)
    assert (found.name, found.cures) == ("data_fault", ())
    assert "A few points far away set the scale." in found.evidence[0].text
    assert "Remove them" in found.evidence[0].text
    assert Watch().findings(own_points(np.random.default_rng(1).standard_normal((3_000, 2)))) == ()
    assert Watch().findings(PLANE) == ()


def test_data_without_clumps_have_none() -> None:
    assert lone_clumps(torch.randn(600, 2, generator=torch.Generator().manual_seed(0))) == []
    assert lone_clumps(torch.randn(400, 64, generator=torch.Generator().manual_seed(0))) == []


def test_real_samples_are_as_near_as_their_floors_say() -> None:
    data = load("swiss-roll")
    rows = data.sample(1_000, torch.Generator().manual_seed(3))
    seen = look_at(PLANE.changed({"data.name": "swiss-roll"}), lambda z: rows[: len(z)])
    assert seen.distance < 0.1
    assert seen.precision_floor == pytest.approx(seen.precision, abs=0.05)
    assert seen.coverage_floor == pytest.approx(seen.coverage, abs=0.06)
    assert seen.two_sample_floor == pytest.approx(0.5, abs=0.06)
    assert seen.skew < 2 * seen.skew_floor
    far = look_at(PLANE.changed({"data.name": "swiss-roll"}), lambda z: rows[: len(z)] + 50)
    farther = look_at(PLANE.changed({"data.name": "swiss-roll"}), lambda z: rows[: len(z)] * 0 + 500)
    assert 0.9 < far.distance < farther.distance <= 1


def test_a_slope_is_a_lower_bound_of_d_s_steepness() -> None:
    rows = load("ring-8").sample(1_000, torch.Generator().manual_seed(3))
    for steepness in (0.5, 40.0):
        critic = partial(scaled_norm, steepness)
        seen = look_at(PLANE, lambda z: rows[: len(z)] * 0 + 3, critic)
        assert 0.3 * steepness < seen.slope <= 1.01 * steepness


def test_a_checkerboard_is_measured_and_ordinary_detail_is_not() -> None:
    rng = torch.Generator().manual_seed(0)
    plain = torch.randn(50, 1, 32, 32, generator=rng)
    assert checker(plain) < 0.05
    marked = plain.clone()
    marked[:, :, ::2, ::2] *= 2
    assert checker(marked) > 0.25
    assert math.isnan(checker(plain[..., :8, :8]))
    assert math.isnan(checker(torch.zeros(10, 2)))


def test_a_watch_measures_how_far_samples_have_moved_since_its_first_look() -> None:
    watch = Watch()
    for step, at in ((100, 0.0), (200, 0.5)):
        watch.take(replace(HEALTHY, step=step, placed=np.full((4, 2), at)))
    assert [x.shift for x in watch.looks] == [0.0, 0.5]
    assert all(x.placed is None for x in watch.looks)


def test_samples_that_are_no_numbers_cannot_be_looked_at() -> None:
    data = load("ring-8")
    with pytest.raises(AssertionError):
        look_at(PLANE, lambda z: z[:, :2] * math.nan)
    assert scene_of(data) is not None


def test_a_watch_is_bounded() -> None:
    watch = Watch()
    for step in range(1, 2_000):
        watch.take(replace(HEALTHY, step=step))
    assert len(watch.looks) <= 400
    assert watch.looks[-1].step == 1_999
    steps = [x.step for x in watch.looks]
    assert steps == sorted(set(steps))
    watch.take(None)
    assert watch.looks[-1].step == 1_999


def test_every_threshold_says_what_it_means_and_where_it_comes_from() -> None:
    assert all(t.meaning and t.source for t in THRESHOLDS.values())


@pytest.mark.parametrize("name", FINDINGS)
def test_every_finding_has_its_words_and_one_condition(name: str) -> None:
    entry = FINDINGS[name]
    assert entry.when is not None or name == "data_fault"
    assert entry.until is None or entry.when is not None
    assert entry.failure == (entry.severity in ("bad", "warn"))
    assert entry.headline.endswith(".")
    assert entry.why.count(". ") >= 1
    if entry.milder_than:
        graver = FINDINGS[entry.milder_than]
        assert (entry.headline, entry.why, entry.cures) == (graver.headline, graver.why, graver.cures)
        assert list(FINDINGS).index(graver.name) < list(FINDINGS).index(name)


def test_nothing_is_called_stalled_on_a_few_looks() -> None:
    """A busy server looks rarely: what comes nearer between two looks scatters as much as noise does."""
    unlike = {"two_sample": 0.95}
    assert "unlike_data" in failures(series((3_000, unlike)))
    assert failures(series((2_500, unlike), every=500)) == []
    assert "unlike_data" in failures(series((6_000, unlike), every=500)), "but it is once there are enough"
