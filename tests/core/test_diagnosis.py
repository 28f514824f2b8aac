from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

import pytest

from gan_core.config import RunConfig
from gan_core.diagnosis import Evidence, Finding, cures_of, diverged_message, verdict
from gan_core.record.frame import Verdict
from gan_core.record.history import QUANTITIES, History, StepStats

CONFIG = RunConfig().changed({"objective": "non_saturating", "lr_g": 1e-3, "lr_d": 1e-3})
EVEN = StepStats(500, *[0.0] * len(QUANTITIES))
EVEN = replace(EVEN, d_loss=1.386, g_loss=0.693, real_accuracy=0.5, fake_accuracy=0.5, d_grad_norm=1, g_grad_norm=1)
HEALTHY = {"modes_reached": 8.0, "n_modes": 8.0, "high_quality": 0.95, "spread": 1.0, "js": 0.1}
FLOORS = {
    "modes_reached": 8.0,
    "n_modes": 8.0,
    "high_quality": 0.989,
    "spread": 1.0,
    "js": 0.02,
    "closer_to_train": 0.5,
    "precision": 0.95,
}
COPIED = {"closer_to_train": 0.53, "precision": 0.9}


def judge(
    stats: StepStats = EVEN,
    metrics: dict[str, float] | None = None,
    config: RunConfig = CONFIG,
    peak: float = 1.0,
    findings: Sequence[Finding] | None = None,
) -> Verdict:
    history = History()
    history.add(replace(EVEN, g_grad_norm=peak))
    scores = {name: {"value": value, "floor": FLOORS[name], "n": 2500} for name, value in (metrics or {}).items()}
    header = {"stats": asdict(stats), "metrics": scores, "step": stats.step}
    return verdict(header, history, config, findings)


def test_nothing_is_said_of_a_run_that_nobody_looked_at() -> None:
    said = judge(metrics=HEALTHY)
    assert (said["level"], said["headline"]) == ("info", "Not looked at yet.")
    assert "name" not in said
    assert "cures" not in said
    spot = judge(metrics=HEALTHY | {"modes_reached": 1, "spread": 0.02})
    assert spot == said, "one moment decides nothing"


def test_nothing_is_said_of_success_too_early() -> None:
    for findings in (None, []):
        said = judge(replace(EVEN, step=99), HEALTHY, findings=findings)
        assert (said["level"], said["headline"]) == ("info", "Just begun.")
    assert judge(replace(EVEN, step=900), findings=[])["headline"] == "Looking."


def test_d_and_g_s_numbers_stand_with_the_evidence() -> None:
    evidence = " ".join(judge(metrics=HEALTHY)["evidence"])
    for words in ("50 % means that it cannot tell", "100.0% of its largest"):
        assert words in evidence


@pytest.mark.parametrize("metrics", [{}, HEALTHY, {"js": 0.3}, dict.fromkeys(HEALTHY, math.nan)])
@pytest.mark.parametrize("step", [0, 500])
@pytest.mark.parametrize("found", [False, True])
def test_numbers_that_are_none_do_no_harm(metrics: dict[str, float], step: int, found: bool) -> None:
    unknown = StepStats(step, *[math.nan] * len(QUANTITIES))
    findings = [COLLAPSE] if found else None
    said = judge(unknown, metrics, findings=findings)
    assert said["headline"]
    assert said["level"] in ("ok", "warn", "bad", "info")
    assert not any("nan" in line for line in said["evidence"])
    assert "nan" not in judge(replace(EVEN, step=step), metrics, findings=findings)["detail"]


@pytest.mark.parametrize(
    ("changes", "hint"),
    [
        ({"lr_g": 0.1}, "lower the learning rates"),
        ({"objective": "wasserstein"}, "clip D's weights (0.01) or add a gradient penalty"),
        ({"regularisers": [{"name": "r1", "weight": 100}]}, "lower the penalty's weight"),
        ({}, "add R1 + R2 with weight 0.1"),
        ({"regularisers": [{"name": "r1", "weight": 0.1}]}, "lower the learning rates"),
    ],
)
def test_a_divergence_says_what_happened_and_what_to_try(changes: dict[str, Any], hint: str) -> None:
    message = diverged_message(replace(EVEN, step=1234, d_grad_norm=math.inf), CONFIG.changed(changes))
    assert "step 1,234" in message
    assert "D's gradient" in message
    assert hint in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("name", "words"),
    [("d_loss", "D's loss"), ("g_loss", "G's loss"), ("penalty", "the penalty"), ("g_grad_norm", "G's gradient")],
)
def test_a_divergence_names_the_number_that_broke(name: str, words: str) -> None:
    numbers = {**asdict(EVEN), name: math.nan}
    assert f": {words} is no longer a number" in diverged_message(StepStats(**numbers), CONFIG)


# ---- what a diagnosis found goes before what one moment shows

COLLAPSE = Finding(
    "mode_collapse",
    "bad",
    400,
    (Evidence("missing", 0.5, 0.25, "Half of the data are missing."),),
    "Because.",
    cures_of("mode_collapse", CONFIG.changed({"g_steps": 5})),
)
IMPROVING = Finding("improving", "info", 350, (Evidence("two_sample", 0.8, 0.9, "80 %."),), "It runs.", ())


def test_a_finding_is_the_verdict_with_its_evidence_and_cures() -> None:
    said = judge(metrics=HEALTHY, findings=[COLLAPSE, replace(COLLAPSE, name="oscillation")])
    assert (said["level"], said["headline"], said["name"]) == ("bad", "Mode collapse.", "mode_collapse")
    assert said["detail"] == "Half of the data are missing."
    assert said["since_step"] == 400
    assert "Also: G runs in circles. Half of the data are missing. Because." in said["evidence"]
    assert [cure["index"] for cure in said["cures"]] == list(range(len(COLLAPSE.cures)))
    assert all(cure["title"] and cure["changes"] for cure in said["cures"])


def test_a_verdict_is_one_sentence_and_its_evidence_is_whole() -> None:
    text = "1.5 of 8 modes reached; from 25% on it is a collapse. A region is reached by a fifth of its fair share."
    said = judge(findings=[replace(COLLAPSE, evidence=(Evidence("missing", 0.8, 0.25, text),))])
    assert said["detail"] == "1.5 of 8 modes reached; from 25% on it is a collapse."
    assert said["evidence"][0] == text


def test_a_healthy_run_is_called_so_with_its_modes() -> None:
    said = judge(metrics=HEALTHY, findings=[IMPROVING])
    assert (said["level"], said["headline"]) == ("info", "Still improving.")
    assert said["detail"] == "It runs."
    assert said["evidence"][0] == "80 %."
    assert "cures" not in said


def test_whether_one_half_is_good_is_said_of_each_run() -> None:
    late = judge(metrics=HEALTHY | {"modes_reached": 1}, findings=[COLLAPSE])["evidence"]
    assert "D is right on 50%, near one half: here because it is always late" in late[-1]
    good = judge(metrics=HEALTHY, findings=[IMPROVING])["evidence"]
    assert any("near one half: all modes are reached, so here that is good." in line for line in good)
    for other in (
        judge(replace(EVEN, real_accuracy=0.9), findings=[COLLAPSE]),
        judge(metrics=HEALTHY | {"modes_reached": 7}, findings=[IMPROVING]),
        judge(findings=[IMPROVING]),
    ):
        assert not any("one half" in line for line in other["evidence"])


def test_whether_samples_are_copies_is_said_of_images() -> None:
    said = judge(metrics=COPIED, findings=[IMPROVING])["evidence"]
    assert any("53% of the samples are nearer to a training image" in line for line in said)
    assert any("nearer" in line for line in judge(metrics=COPIED, findings=[COLLAPSE])["evidence"])
    assert not any("nearer to a training" in line for line in judge(metrics=HEALTHY, findings=[IMPROVING])["evidence"])
    for nothing in ({"closer_to_train": math.nan}, {"precision": 0.2}):
        assert not any("nearer to a training" in line for line in judge(metrics=COPIED | nothing)["evidence"])


def test_while_it_is_too_early_nothing_bad_is_said() -> None:
    few = HEALTHY | {"modes_reached": 3}
    watched = judge(metrics=few, findings=())
    assert (watched["level"], watched["headline"]) == ("info", "Looking.")
    assert "Too early" in watched["detail"]
