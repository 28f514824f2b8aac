from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from itertools import pairwise

import pytest
import torch
from torch import Generator, Tensor, nn
from torch.nn import functional

from gan_core.config import RunConfig
from gan_core.config.presets import preset
from gan_core.game.networks import (
    DISCRIMINATORS,
    GENERATORS,
    Dropout,
    Maxout,
    MLPDiscriminator,
    SpectralLinear,
    build_discriminator,
    build_generator,
    count_weights,
    mixes_samples,
    refresh_spectral,
)
from gan_core.game.networks.layers import linear
from gan_core.game.streams import streams

CONFIG = RunConfig().changed({"generator.width": 8, "discriminator.width": 8})
ARTICLE = preset("article-mnist")


def players(config: RunConfig) -> tuple[nn.Module, nn.Module]:
    rngs = streams(config.seed)
    return build_generator(config, rngs), build_discriminator(config, rngs)


def sizes(network: nn.Module) -> list[int]:
    layers = [m for m in network.modules() if isinstance(m, nn.Linear)]
    assert all(a.out_features == b.in_features for a, b in pairwise(layers))
    return [layers[0].in_features, *(layer.out_features for layer in layers)]


def kinds(network: nn.Module) -> list[str]:
    """What the layers are; our variants of a linear layer that compute the same are "Linear" too."""
    layers = [m for m in network.modules() if not list(m.children())]
    plain = [isinstance(m, nn.Linear) and not isinstance(m, SpectralLinear) for m in layers]
    return ["Linear" if is_plain else type(m).__name__ for m, is_plain in zip(layers, plain, strict=True)]


def pairs(table: Iterable[str]) -> list[tuple[str, str]]:
    """Each kind of network with each kind of data that it is for."""
    images = ("digits", "mnist", "cifar10")
    data = {"wavegan": ("notes",), "dcgan": images, "residual": images}
    every = ("ring-8", *images, "notes", "english-words")
    return [(kind, name) for kind in table for name in data.get(kind, every)]


@pytest.mark.parametrize(("kind", "data"), pairs(GENERATORS))
def test_a_generator_turns_noise_into_samples(kind: str, data: str, rng: Generator) -> None:
    told = {"data.condition": "missing-quarter"} if kind == "residual" else {}
    config = CONFIG.changed({"generator.kind": kind, "data.name": data, "latent_dim": 3} | told)
    generator, _ = players(config)
    given = [torch.zeros(5, *config.data.condition_shape)] if told else []
    assert generator(torch.randn(5, 3, generator=rng), *given).shape == (5, *config.data_shape)


@pytest.mark.parametrize(("kind", "data"), pairs(DISCRIMINATORS))
@pytest.mark.parametrize("batch", [1, 5])
def test_a_discriminator_gives_one_logit_for_each_sample(kind: str, data: str, batch: int, rng: Generator) -> None:
    config = CONFIG.changed({"discriminator.kind": kind, "data.name": data})
    _, discriminator = players(config)
    assert discriminator(torch.randn(batch, *config.data_shape, generator=rng)).shape == (batch,)


def test_images_are_made_within_the_range_of_the_data_and_points_anywhere() -> None:
    noise = torch.full((4, 2), 1e4)
    assert players(CONFIG)[0](noise).abs().max() <= 1
    assert players(CONFIG.changed({"data.name": "ring-8"}))[0](noise).abs().max() > 1


def test_a_logit_is_no_probability() -> None:
    _, discriminator = players(CONFIG)
    assert discriminator(torch.full((1, 1, 8, 8), 1e4)).abs() > 1


def test_the_articles_generator_has_its_layers() -> None:
    generator, _ = players(ARTICLE)
    assert sizes(generator) == [100, 256, 512, 1024, 784]
    assert kinds(generator) == ["Linear", "ReLU"] * 3 + ["Linear", "Tanh"]
    assert count_weights(generator) == 1_486_352


def test_the_articles_discriminator_has_its_layers() -> None:
    _, discriminator = players(ARTICLE)
    assert sizes(discriminator) == [784, 1024, 512, 256, 1]
    assert kinds(discriminator) == ["Linear", "LeakyReLU", "Dropout"] * 3 + ["Linear"]
    assert {m.negative_slope for m in discriminator.modules() if isinstance(m, nn.LeakyReLU)} == {0.2}
    assert {m.p for m in discriminator.modules() if isinstance(m, Dropout)} == {0.3}
    assert count_weights(discriminator) == 1_460_225


def test_the_articles_layers_do_not_follow_the_knobs_of_other_networks() -> None:
    knobs = {f"{player}.{knob}": 3 for player in ("generator", "discriminator") for knob in ("width", "depth")}
    for changed, plain in zip(players(ARTICLE.changed(knobs)), players(ARTICLE), strict=True):
        assert sizes(changed) == sizes(plain)


def test_an_mlp_has_the_layers_that_its_config_names() -> None:
    config = CONFIG.changed(
        {"generator.width": 5, "generator.depth": 3, "generator.activation": "silu", "generator.norm": "batch"}
        | {"discriminator.depth": 1, "discriminator.dropout": 0.25, "discriminator.spectral_norm": True}
    )
    generator, discriminator = players(config)
    assert sizes(generator) == [2, 5, 5, 5, 64]
    assert kinds(generator) == ["Linear", "BatchNorm1d", "SiLU"] * 3 + ["Linear", "Tanh"]
    assert kinds(discriminator) == ["SpectralLinear", "LeakyReLU", "Dropout", "SpectralLinear"]


@pytest.mark.parametrize(
    ("activation", "expected"),
    [
        ("relu", torch.relu),
        ("leaky_relu", lambda x: torch.where(x > 0, x, 0.2 * x)),
        ("tanh", torch.tanh),
        ("silu", lambda x: x * torch.sigmoid(x)),
    ],
)
def test_every_activation_does_what_its_name_says(
    activation: str, expected: Callable[[Tensor], Tensor], rng: Generator
) -> None:
    changes = {"generator.activation": activation, "discriminator.activation": activation}
    for network in players(CONFIG.changed(changes)):
        (layers,) = network.children()
        assert isinstance(layers, nn.Sequential)
        x = torch.randn(50, generator=rng)
        torch.testing.assert_close(layers[1](x.clone()), expected(x))


def test_a_maxout_unit_gives_the_largest_of_its_own_sums(rng: Generator) -> None:
    _, discriminator = players(CONFIG.changed({"discriminator.activation": "maxout", "discriminator.width": 7}))
    (layers,) = discriminator.children()
    assert isinstance(layers, nn.Sequential)
    first, maxout = layers[0], layers[1]
    assert isinstance(first, nn.Linear)
    assert isinstance(discriminator, MLPDiscriminator)
    x = torch.randn(50, 64, generator=rng)
    sums = [functional.linear(x, first.weight[i::5], first.bias[i::5]) for i in range(5)]  # of all units at once
    torch.testing.assert_close(maxout(first(x)), torch.stack(sums).amax(0))
    assert discriminator.features(x).shape == (50, 7)
    # A hinge of five pieces: beyond them all the steepest one of each direction is left.
    far = torch.linspace(1e4, 2e4, 3)[:, None] * torch.tensor([1.0, 0, 0, 0, 0])
    torch.testing.assert_close(Maxout(5)(far), far[:, :1])


@pytest.mark.parametrize("n_in", [1, 2, 15, 16, 400])
def test_a_linear_layer_is_linear_whatever_its_size(n_in: int, rng: Generator) -> None:
    layer, x = linear(n_in, 7, rng), torch.randn(9, n_in, generator=rng)
    torch.testing.assert_close(layer(x), x @ layer.weight.T + layer.bias)


def test_networks_without_hidden_layers_are_allowed() -> None:
    generator, discriminator = players(CONFIG.changed({"generator.depth": 0, "discriminator.depth": 0}))
    assert sizes(generator) == [2, 64]
    assert sizes(discriminator) == [64, 1]


def test_only_batch_norm_lets_one_sample_change_another() -> None:
    for changes, mixes in (
        ({"discriminator.norm": "batch"}, True),
        ({"discriminator.spectral_norm": True, "discriminator.dropout": 0.5}, False),
    ):
        _, discriminator = players(CONFIG.changed(changes))
        assert mixes_samples(discriminator) is mixes


# -- where numbers come from ---------------------------------------------------------------------------------


def test_first_weights_have_pytorchs_distribution_from_the_given_stream(rng: Generator) -> None:
    start = rng.get_state()
    layer = linear(400, 500, rng)
    weights = layer.weight.detach()
    assert weights.abs().max() <= 1 / 20
    # Uniform: variance bound²/3, and even up to the ends.
    assert weights.var().item() == pytest.approx(1 / 400 / 3, rel=0.02)
    assert layer.bias.abs().max() <= 1 / 20
    again = linear(400, 500, torch.Generator().set_state(start))
    assert torch.equal(again.weight, layer.weight)
    assert torch.equal(again.bias, layer.bias)


@pytest.mark.parametrize("spectral", [False, True])
def test_building_leaves_the_global_random_state_alone(spectral: bool) -> None:
    torch.manual_seed(4711)
    before = torch.get_rng_state()
    players(CONFIG.changed({"discriminator.spectral_norm": spectral, "generator.norm": "batch"}))
    players(ARTICLE)
    assert torch.equal(torch.get_rng_state(), before)


def test_each_player_has_its_own_stream() -> None:
    _, discriminator = players(CONFIG)
    _, same = players(CONFIG.changed({"generator.depth": 4}))
    for weight, other in zip(discriminator.parameters(), same.parameters(), strict=True):
        assert torch.equal(weight, other)


# -- dropout -------------------------------------------------------------------------------------------------


def test_dropout_switches_off_its_share_and_keeps_the_mean(rng: Generator) -> None:
    out = Dropout(0.3, rng)(torch.ones(100, 1000))
    assert (out == 0).float().mean().item() == pytest.approx(0.3, abs=0.01)
    torch.testing.assert_close(out[out != 0].unique(), torch.tensor([1 / 0.7]))


def test_dropout_takes_its_masks_from_its_own_stream(rng: Generator) -> None:
    torch.manual_seed(4711)
    before = torch.get_rng_state()
    start = rng.get_state()
    x = torch.ones(4, 50)
    first = Dropout(0.5, rng)(x)
    assert torch.equal(first, Dropout(0.5, torch.Generator().set_state(start))(x))
    assert not torch.equal(first, Dropout(0.5, rng)(x))
    assert torch.equal(torch.get_rng_state(), before)


def test_dropout_does_nothing_when_it_is_only_looked_at(rng: Generator) -> None:
    start = rng.get_state()
    x = torch.ones(4, 50)
    assert Dropout(0.5, rng).eval()(x) is x
    assert torch.equal(rng.get_state(), start)


# -- spectral norm -------------------------------------------------------------------------------------------


def largest_singular_value(layer: SpectralLinear) -> float:
    """Of the weight that the layer really uses: its answers to the unit vectors."""
    units = torch.eye(layer.in_features)
    used = (layer(units) - layer.bias).detach()
    return float(torch.linalg.matrix_norm(used, 2))


@pytest.mark.parametrize(("n_in", "n_out"), [(12, 20), (20, 12), (5, 1), (1, 5)])
def test_a_spectral_layer_has_the_norm_one(n_in: int, n_out: int, rng: Generator) -> None:
    layer = SpectralLinear(n_in, n_out, rng)
    with torch.no_grad():
        layer.weight.copy_(torch.randn(n_out, n_in, generator=rng) * 7)
    for _ in range(50):
        layer.refresh()
    assert largest_singular_value(layer) == pytest.approx(1, abs=0.02)


def test_a_spectral_layer_begins_with_a_good_estimate(rng: Generator) -> None:
    assert largest_singular_value(SpectralLinear(30, 30, rng)) == pytest.approx(1, abs=0.05)


def test_only_refresh_moves_the_estimate(rng: Generator) -> None:
    discriminator = nn.Sequential(SpectralLinear(6, 7, rng), SpectralLinear(7, 1, rng))
    before = {name: buffer.clone() for name, buffer in discriminator.named_buffers()}
    assert len(before) == 4
    for training in (True, False):
        discriminator.train(training)
        discriminator(torch.randn(3, 6, generator=rng)).sum().backward()
    for name, buffer in discriminator.named_buffers():
        assert torch.equal(buffer, before[name])
    with torch.no_grad():
        for weight in discriminator.parameters():
            weight.add_(torch.randn(weight.shape, generator=rng))
    refresh_spectral(discriminator)
    changed = [not torch.equal(buffer, before[name]) for name, buffer in discriminator.named_buffers()]
    assert any(changed)


def test_the_difference_of_two_passes_has_a_gradient(rng: Generator) -> None:
    # An estimate changed in place by the second pass would break the first one's graph.
    layer = SpectralLinear(6, 1, rng)
    (layer(torch.ones(2, 6)) - layer(torch.zeros(2, 6))).sum().backward()
    assert layer.weight.grad is not None
    assert layer.weight.grad.isfinite().all()


def test_the_estimate_is_no_weight_to_train(rng: Generator) -> None:
    layer = SpectralLinear(6, 7, rng)
    assert {name for name, _ in layer.named_parameters()} == {"weight", "bias"}
    layer.requires_grad_(False).requires_grad_(True)
    assert not layer.left.requires_grad


def test_the_gradient_passes_through_the_norm(rng: Generator) -> None:
    # W/σ(W) does not change with W's length, so the gradient has no part along W.
    layer = SpectralLinear(6, 7, rng)
    for _ in range(200):
        layer.refresh()
    loss: Tensor = layer(torch.randn(9, 6, generator=rng)).square().sum()
    loss.backward()
    assert layer.weight.grad is not None
    along = (layer.weight.grad * layer.weight).sum() / (layer.weight.grad.norm() * layer.weight.norm())
    assert math.isclose(float(along.detach()), 0, abs_tol=1e-4)
