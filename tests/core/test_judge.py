"""The judge of digits: where it comes from, how good it is, and what it sees in known pictures."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch

from gan_core.data import Images, load
from gan_core.metrics import METRICS, class_shares, find_judge, sample_classes, score_images
from gan_core.metrics import judge as judge_module
from scripts import train_judges


@pytest.fixture(scope="module")
def digits() -> Images:
    data = load("digits")
    assert isinstance(data, Images)
    return data


def test_it_knows_held_out_digits_as_its_file_says(digits: Images) -> None:
    judge = find_judge(digits)
    assert judge is not None
    assert digits.held_out is not None
    assert digits.held_out_labels is not None
    right = judge.network(digits.held_out.flatten(1)).argmax(1) == digits.held_out_labels
    assert judge.accuracy == pytest.approx(right.double().mean().item(), abs=1e-4)
    assert judge.accuracy >= 0.975
    assert judge.command == "python -m scripts.train_judges digits --seed 0"
    assert (judge_module.JUDGES / "digits.safetensors").stat().st_size < 75_000


def test_its_script_makes_it_from_the_training_half_alone(digits: Images, tmp_path: Path) -> None:
    assert digits.held_out is not None
    assert digits.held_out_labels is not None
    state = torch.get_rng_state()
    network, scale, accuracy = train_judges.train(digits, steps=150)
    assert torch.equal(state, torch.get_rng_state())
    assert accuracy > 0.9
    others = Images(
        "digits", digits.train, digits.held_out.flip(0), digits.labels, digits.held_out_labels, digits.classes
    )
    again, _, _ = train_judges.train(others, steps=150)
    assert all(torch.equal(a, b) for a, b in zip(network.parameters(), again.parameters(), strict=True))
    path = train_judges.save(network, scale, accuracy, "digits", 0, tmp_path)
    assert path.stat().st_size < 75_000


def test_data_without_a_judge_have_none(digits: Images) -> None:
    other = Images("own-images", digits.train, None, None, None, ())
    assert find_judge(other) is None
    assert class_shares(other, digits.train.numpy()) == {}
    scores = score_images(other, digits.train[:100].numpy())
    assert "frechet_classifier" not in scores
    assert "kid" in scores


def test_real_digits_score_as_real_digits(digits: Images) -> None:
    scores = score_images(digits, digits.train[torch.randperm(900, generator=torch.Generator().manual_seed(1))].numpy())
    assert set(scores) <= set(METRICS)
    expected = {
        "precision": (0.969, 0.01),
        "recall": (0.963, 0.01),
        "density": (1.05, 0.05),
        "coverage": (0.977, 0.015),
        "two_sample": (0.498, 0.02),
        "diversity": (0.996, 0.01),
        "frechet_classifier": (0.33, 0.1),
        "kid": (-0.0196, 0.01),
        "class_kl": (0.0002, 0.0005),
        "confident": (0.88, 0.06),
    }
    for name, (value, noise) in expected.items():
        assert scores[name].value == pytest.approx(value, abs=noise), name
        assert scores[name].floor == pytest.approx(value, abs=noise), name
        assert scores[name].n == 897


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ("one class", {"frechet_classifier": (66, 18), "recall": (0.006, 0.01), "coverage": (0.111, 0.01),
                       "class_kl": (2.303, 0.01), "precision": (0.968, 0.02), "diversity": (0.704, 0.01)}),
        ("gaussian", {"frechet_classifier": (7.5, 1.6), "kid": (0.512, 0.15), "precision": (0.473, 0.04),
                      "recall": (0.557, 0.07), "coverage": (0.27, 0.05), "closer_to_train": (0.511, 0.05)}),
        ("noise", {"frechet_classifier": (38, 7), "precision": (0, 0.002), "recall": (0.001, 0.003),
                   "two_sample": (1, 0.002), "closer_to_train": (0.525, 0.05), "confident": (0.002, 0.01)}),
        ("copies", {"closer_to_train": (1, 0.01), "precision": (0.955, 0.02), "frechet_classifier": (0.5, 0.2)}),
    ],
)  # fmt: skip
def test_known_generators_of_digits_have_their_known_scores(
    case: str, expected: dict[str, tuple[float, float]], digits: Images
) -> None:
    assert digits.labels is not None
    rng = np.random.default_rng(0)
    flat = digits.train.flatten(1).numpy()
    fakes = {
        "one class": flat[digits.labels == 3][rng.integers(0, 90, 897)],
        "gaussian": rng.multivariate_normal(flat.mean(0), np.cov(flat.T.astype(float)), 897),
        "noise": rng.uniform(-1, 1, (897, 64)),
        "copies": flat[rng.permutation(900)[:897]] + 0.02 * rng.standard_normal((897, 64)),
    }
    scores = score_images(digits, np.clip(fakes[case], -1, 1).reshape(-1, 1, 8, 8))
    for name, (value, noise) in expected.items():
        assert scores[name].value == pytest.approx(value, abs=noise), name
    assert scores["closer_to_train"].floor == 0.5


def test_the_class_histogram_says_which_classes_are_drawn(digits: Images) -> None:
    assert digits.labels is not None
    shares = sample_classes("digits", digits.train[digits.labels == 7].numpy())
    assert list(shares) == list(digits.classes)
    assert shares["7"] == 1
    assert math.fsum(shares.values()) == pytest.approx(1)
    assert sample_classes("ring-8", np.zeros((10, 2))) == {}


def test_images_that_are_no_numbers_have_no_scores(digits: Images) -> None:
    fake = digits.train[:100].numpy().copy()
    fake[3] = np.nan
    scores = score_images(digits, fake)
    assert all(math.isnan(score.value) for score in scores.values())
    assert scores["frechet_classifier"].floor is not None
