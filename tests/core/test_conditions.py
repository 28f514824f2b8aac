"""Conditions: what is left of a real sample, what filters make of it, and how a generator that is told it is scored."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import Generator, Tensor, nn

from gan_core.config import DataConfig, RunConfig
from gan_core.config.presets import preset, presets
from gan_core.data import CONDITIONS, Images, degrade, load, load_data, restored
from gan_core.data.degradations import enlarge
from gan_core.data.images import network_units
from gan_core.data.own import find_images, register
from gan_core.data.own_data import OwnImages
from gan_core.diagnosis import verdict
from gan_core.errors import ConfigError, GanExplorerError
from gan_core.experiments.applications import APPLICATIONS
from gan_core.experiments.zoo import variants
from gan_core.game.methods import reconstruction_loss
from gan_core.latent.players import Players
from gan_core.latent.questions import RestoreQuestion
from gan_core.latent.restoring import restore
from gan_core.metrics.paired import psnr, score_restored, sharpness
from gan_core.record.frame import encode
from gan_core.training import Trainer
from tests.core.trainers import SMALL, train

every_condition = pytest.mark.parametrize("name", CONDITIONS)
CONDITIONED = SMALL.changed({"data.name": "digits", "data.condition": "half-size", "reconstruction": 10.0})
RESIDUAL = CONDITIONED.changed({"generator.kind": "residual", "data.condition": "noisy"})
MASKED = CONDITIONED.changed({"data.condition": "missing-quarter"})


def digits() -> Images:
    data = load("digits")
    assert isinstance(data, Images)
    return data


def held_out() -> Tensor:
    images = digits().held_out
    assert images is not None
    return images


def of(name: str, images: Tensor, seed: int = 0) -> Tensor:
    return degrade(images, DataConfig(name="digits", condition=name), Generator().manual_seed(seed))


@every_condition
def test_a_condition_is_a_function_of_a_sample_and_a_stream_and_has_the_shape_that_a_config_says(name: str) -> None:
    real = held_out()[:7].clone()
    first, again, other = of(name, real), of(name, real), of(name, real, 1)
    assert torch.equal(first, again)
    assert torch.equal(first, other) == (CONDITIONS[name].rules.block > 1)
    assert torch.equal(real, held_out()[:7])
    assert first.shape[1:] == DataConfig(name="digits", condition=name).condition_shape
    assert first.abs().max() <= 1


def test_a_small_picture_keeps_the_mean_of_each_block() -> None:
    real = held_out()[:5]
    small = of("half-size", real)
    assert torch.equal(enlarge(small[:, :, ::2, ::2], 2), small)
    torch.testing.assert_close(small[:, :, 0, 0], real[:, :, :2, :2].mean((2, 3)))


def test_noise_is_as_strong_as_the_config_says() -> None:
    grey = torch.zeros(400, 1, 8, 8)
    for noise in (0.1, 0.3):
        config = DataConfig(name="digits", condition="noisy", noise=noise)
        assert degrade(grey, config, Generator().manual_seed(0)).std().item() == pytest.approx(noise, rel=0.02)


def test_a_quarter_is_missing_and_the_rest_is_as_it_was() -> None:
    real = held_out()[:50]
    told = of("missing-quarter", real)
    known, hole = told[:, :1], told[:, 1:]
    assert set(hole.unique().tolist()) == {0.0, 1.0}
    assert (hole.flatten(1).mean(1) == 0.25).all()
    assert torch.equal(known, real * (1 - hole))
    assert len({tuple(h.flatten().tolist()) for h in hole}) > 10, "the hole is not always at one place"


@every_condition
def test_the_best_filter_is_better_than_doing_nothing(name: str) -> None:
    # A digit of 2 x 2 pixels is better left as it is: what is to be enlarged is a photograph.
    data = load("photographs" if CONDITIONS[name].rules.block > 1 else "digits")
    assert isinstance(data, Images)
    assert data.held_out is not None
    real, config = network_units(data.held_out), DataConfig(name="digits", condition=name)
    told = of(name, real)
    found = restored(told, config, network_units(data.train))
    assert [one.label for one in CONDITIONS[name].filters] == list(found)
    assert all(image.shape == real.shape for image in found.values())
    assert max(psnr(real, image) for image in found.values()) > psnr(real, told[:, : real.shape[1]]) + 0.1


@every_condition
def test_filters_that_know_the_training_images_are_left_out_for_pictures_of_another_size(name: str) -> None:
    told = degrade(torch.zeros(1, 1, 16, 16), DataConfig(condition=name), Generator().manual_seed(0))
    found = restored(told, DataConfig(condition=name), digits().train)
    assert list(found) == [one.label for one in CONDITIONS[name].filters if not one.of_training]


def test_a_mean_of_z_and_the_reward_are_least_where_answers_spread_as_the_truth_does() -> None:
    rng, n, k, truth = Generator().manual_seed(0), 100_000, 2, 0.7
    real = truth * torch.randn(n, 1, generator=rng)
    noise = torch.randn(k, n, 1, generator=rng)
    tried = np.linspace(0.0, 1.4, 29)
    losses = [reconstruction_loss(real, spread * noise, 1.0).mean().item() for spread in tried]
    assert tried[int(np.argmin(losses))] == pytest.approx(truth, abs=0.11)
    plain = [reconstruction_loss(real, spread * noise).mean().item() for spread in tried]
    assert tried[int(np.argmin(plain))] == 0, "without the reward a G had better ignore z"


def test_one_answer_is_compared_pixel_by_pixel() -> None:
    real, made = torch.tensor([[0.0, 1.0]]), torch.tensor([[[0.5, 1.0]]])
    assert reconstruction_loss(real, made).tolist() == [0.25]


class Telling(nn.Module):
    """A generator that says something fixed of its condition, and z times a number."""

    def __init__(self, use_z: float, add: float = 0.0) -> None:
        super().__init__()
        self.use_z = nn.Parameter(torch.tensor(use_z))
        self.add = add

    def forward(self, z: Tensor, condition: Tensor) -> Tensor:
        return condition[:, :1] + self.add + self.use_z * z[:, :1, None, None]


def test_a_generator_that_ignores_z_is_measured_and_named() -> None:
    config = CONDITIONED.changed({"data.condition": "noisy"})
    ignoring = score_restored(config, digits(), Telling(0.0, 1.0), n_images=200)
    assert ignoring["z_spread"].value == 0
    assert ignoring["z_spread"].floor == 1
    assert score_restored(config, digits(), Telling(0.3), n_images=200)["z_spread"].value > 0.1
    trainer = train(config, 2)
    metrics = {name: {"value": s.value, "floor": s.floor, "n": s.n} for name, s in ignoring.items()}
    header: dict[str, Any] = {**trainer.snapshot().header, "metrics": metrics, "step": 500}
    said = verdict(header, trainer.history, trainer.config)
    assert said["headline"] == "G ignores z."
    assert any("Reconstruct the mean of two z" in line for line in said["evidence"])
    assert " dB farther from the real images" in said["detail"]


def test_scores_of_answers_stand_beside_the_best_filter() -> None:
    perfect = score_restored(CONDITIONED, digits(), Telling(0.0), n_images=300)  # the blocks themselves
    assert set(perfect) == {"psnr", "sharpness", "z_spread", "judged_right"}
    best = perfect["psnr"].floor
    assert best is not None
    assert perfect["psnr"].value < best, "bicubic is nearer than blocks"
    assert math.isfinite(perfect["judged_right"].value)


def test_sharpness_is_the_mean_step_between_neighbours() -> None:
    flat, edge = torch.zeros(1, 1, 4, 4), torch.zeros(1, 1, 4, 4)
    edge[..., 2:] = 1
    assert sharpness(flat) == 0
    assert sharpness(edge) == pytest.approx(1 / 6)
    assert psnr(flat, flat + 0.2) == pytest.approx(20.0)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"data.name": "ring-8"}, "a condition needs images"),
        ({"conditional": True}, "set conditional=false or data.condition=none"),
        ({"packing": 2}, "set packing=1"),
        ({"replay": 2}, "set replay=0"),
        ({"augment": ["cutout"]}, "set augment="),
        ({"generator.kind": "dcgan"}, "set generator.kind=residual or mlp"),
        ({"adversarial": 0, "reconstruction": 0}, "leave G nothing to learn from"),
        ({"data.condition": "none", "generator.kind": "residual"}, "set data.condition, or kind=mlp"),
        ({"data.name": "own-images", "data.size": 9}, "divided by 2"),
    ],
)
def test_what_does_not_go_with_a_condition_is_refused_with_a_remedy(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        CONDITIONED.changed(changes)


@pytest.mark.parametrize("config", [CONDITIONED, RESIDUAL, MASKED], ids=["mlp", "residual", "masked mlp"])
def test_a_generator_whose_condition_is_held_is_that_generator(config: RunConfig) -> None:
    trainer = train(config)
    players = Players.of(trainer.state_dict())
    z = torch.randn(5, config.latent_dim, generator=Generator().manual_seed(0))
    assert players.whole is not None
    assert players.condition is not None
    with torch.no_grad():
        whole = players.whole(z, players.condition.expand(5, *players.condition.shape[1:]))
    torch.testing.assert_close(players.sample(z, torch.zeros(5, 0)), whole, rtol=1e-4, atol=1e-5)
    assert players.first_weight.shape[1] == config.latent_dim
    assert players.judge(whole, torch.zeros(5, 0)).shape == (5,)


def test_what_is_seen_of_a_conditioned_run_are_held_out_images_with_what_is_left_of_them() -> None:
    seen = train(MASKED).snapshot()
    assert seen.header["condition"] == CONDITIONS["missing-quarter"].shown
    arrays = seen.arrays
    assert arrays["condition_images"].shape == arrays["fake_images"].shape == arrays["real_images"].shape
    unseen = {image.tobytes() for image in digits().to_uint8(held_out())}
    assert {image.tobytes() for image in arrays["real_images"]} <= unseen
    differ = (arrays["condition_images"] != arrays["real_images"]).reshape(len(arrays["real_images"]), -1).mean(1)
    assert (differ <= 0.25).all()


@pytest.mark.parametrize("name", [name for name, one in presets().items() if one.config.conditioned])
def test_the_frame_of_a_preset_with_a_condition_is_small(name: str) -> None:
    snapshot = Trainer(preset(name)).snapshot()
    assert len(encode(snapshot.header, snapshot.arrays)) < 120_000


def test_photographs_are_cut_into_halves_that_share_no_pixel() -> None:
    data = load("photographs")
    assert isinstance(data, Images)
    assert data.held_out is not None
    assert data.train.shape == (3_700, 3, 32, 32)
    assert data.held_out.shape == (260, 3, 32, 32)
    shared = {crop.numpy().tobytes() for crop in data.train} & {crop.numpy().tobytes() for crop in data.held_out}
    assert not shared


# -- a picture of one's own ----------------------------------------------------------------------------------


def own(side: int = 16, seed: int = 0) -> str:
    return register(OwnImages(np.random.default_rng(seed).integers(0, 256, (1, side, side, 3), np.uint8)))


def test_a_held_out_picture_is_restored_beside_filters_and_the_truth() -> None:
    found = restore(Players.of(train(CONDITIONED).state_dict()), RestoreQuestion(index=3, n_z=2))
    assert found.truth is not None
    assert np.array_equal(found.truth, digits().to_uint8(held_out()[3:4])[0])
    assert [label for label, _, _ in found.filters] == ["bicubic", "blocks"]
    assert len(found.answers) == 2
    assert found.spread.shape == (8, 8)
    assert found.spread.max() == 255
    assert all(near is not None and math.isfinite(near) for _, near in found.answers)


def test_an_own_picture_is_degraded_first_unless_it_is_already() -> None:
    players = Players.of(train(CONDITIONED).state_dict())
    whole = restore(players, RestoreQuestion(own=own()))
    assert whole.truth is not None
    assert whole.truth.shape == (8, 8, 1)
    small = restore(players, RestoreQuestion(own=own(), degraded=True))
    assert small.truth is None
    assert small.condition.shape == (8, 8, 1)
    assert np.array_equal(small.condition, small.condition[::2, ::2].repeat(2, 0).repeat(2, 1))
    assert all(near is None for _, near in small.answers)


def test_a_generator_of_convolutions_takes_larger_pictures_than_it_was_trained_on() -> None:
    config = SMALL.changed({"data.name": "photographs", "data.condition": "half-size", "generator.kind": "residual"})
    found = restore(Players.of(train(config, 1).state_dict()), RestoreQuestion(own=own(48)))
    assert found.answers[0][0].shape == (48, 48, 3)


@pytest.mark.parametrize(("side", "enlarged"), [(12, 32), (28, 56), (64, 128)])
def test_a_small_picture_of_ones_own_is_enlarged_from_all_of_its_pixels(side: int, enlarged: int) -> None:
    config = SMALL.changed({"data.name": "photographs", "data.condition": "half-size", "generator.kind": "residual"})
    given = own(side)
    found = restore(Players.of(train(config, 1).state_dict()), RestoreQuestion(own=given, degraded=True))
    assert found.answers[0][0].shape == (enlarged, enlarged, 3)
    quarter = config.changed({"data.condition": "quarter-size"})
    found_of_quarter = restore(Players.of(train(quarter, 1).state_dict()), RestoreQuestion(own=given, degraded=True))
    assert len(found_of_quarter.answers[0][0]) == min(128, max(32, 4 * side))
    if side > 16:
        np.testing.assert_allclose(found.condition[::2, ::2], find_images(given).at(side, True)[0], atol=1)


@pytest.mark.parametrize(
    ("config", "question", "words"),
    [
        (SMALL, RestoreQuestion(), "this run restores nothing"),
        (MASKED, RestoreQuestion(own="x", degraded=True), "nothing says where this picture's hole is"),
        (CONDITIONED, RestoreQuestion(own="0" * 64), "not here any more"),
    ],
)
def test_what_cannot_be_restored_is_said(config: RunConfig, question: RestoreQuestion, words: str) -> None:
    players = Players.of(train(config, 1).state_dict())
    with pytest.raises(GanExplorerError, match=words):
        restore(players, question)


# -- applications --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", APPLICATIONS)
def test_an_application_says_what_goes_in_and_has_presets_that_train_it(name: str) -> None:
    one = APPLICATIONS[name]
    assert all((one.title, one.goes_in, one.comes_out, one.made_up, one.sentence, one.presets))
    for trained in one.presets:
        assert preset(trained).conditioned == (one.way == "restore")


def test_each_preset_with_a_condition_is_compared_with_the_reconstruction_alone() -> None:
    compared = {v.base: v.beside for v in variants() if v.runs and v.config.conditioned}
    assert set(compared) == {name for name, one in presets().items() if one.config.conditioned}
    for title, alone in compared.values():
        assert title == "L1 alone"
        assert alone.adversarial == 0
        assert alone.reconstruction > 0


def test_own_images_are_restored_as_any_others_are() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (70, 8, 8, 1), np.uint8)
    named = {"data.name": "own-images", "data.hash": register(OwnImages(pixels)), "data.size": 8, "data.held_out": 0.3}
    config = CONDITIONED.changed(named)
    trainer = train(config)
    assert math.isfinite(score_restored(config, load_data(config.data), trainer.generator, n_images=20)["psnr"].value)
    assert isinstance(trainer.data, Images)
    assert trainer.data.train.shape[1:] == (1, 8, 8)
