"""DCGAN: the shapes of its layers, its published initialisation, and that it trains."""

from __future__ import annotations

import pytest
import torch
from torch import Generator, Tensor, nn

from gan_core.game.networks import (
    DCGANDiscriminator,
    DCGANGenerator,
    SpectralConv2d,
    count_weights,
    mixes_samples,
    refresh_spectral,
)
from gan_core.game.networks.layers import BlankConvTranspose2d

SIDES = {8: (4, [16]), 16: (4, [16, 8]), 28: (7, [16, 8]), 32: (4, [16, 8, 4]), 64: (4, [16, 8, 4, 2])}
every_side = pytest.mark.parametrize("side", SIDES)


def generator(
    side: int, rng: Generator, *, channels: int = 1, n_classes: int = 0, width: int = 16, resize: bool = False
) -> DCGANGenerator:
    return DCGANGenerator(5, width, (channels, side, side), n_classes=n_classes, resize=resize, rng=rng)


def discriminator(
    side: int,
    rng: Generator,
    *,
    channels: int = 1,
    n_classes: int = 0,
    width: int = 16,
    batch_norm: bool = False,
    spectral_norm: bool = False,
) -> DCGANDiscriminator:
    return DCGANDiscriminator(
        (channels, side, side),
        width,
        n_classes=n_classes,
        batch_norm=batch_norm,
        spectral_norm=spectral_norm,
        rng=rng,
    )


def shapes_within(network: nn.Module, x: Tensor) -> list[tuple[int, ...]]:
    """Shapes of what the layers with weights give for one batch, without the batch."""
    shapes: list[tuple[int, ...]] = []
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.Unflatten):
            layer.register_forward_hook(lambda _, __, out: shapes.append(tuple(out.shape[1:])))
    network(x)
    return shapes


@every_side
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("resize", [False, True])
def test_a_generator_doubles_the_side_and_halves_the_channels(
    side: int, channels: int, resize: bool, rng: Generator
) -> None:
    start, hidden = SIDES[side]
    maps = [(n, start << i, start << i) for i, n in enumerate(hidden)]
    seen = shapes_within(generator(side, rng, channels=channels, resize=resize), torch.randn(3, 5, generator=rng))
    assert seen == [*maps, (channels, side, side)]


def test_every_pixel_of_a_resized_map_is_reached_by_as_many_weights(rng: Generator) -> None:
    layers = generator(16, rng, resize=True).layers
    kinds = [type(m).__name__.removeprefix("Blank") for m in layers]
    block = ["BatchNorm2d", "ReLU", "Upsample", "Conv2d"]
    assert kinds == ["Linear", "Unflatten", *block, *block, "Tanh"]
    upsample, convolution = layers[4], layers[5]
    assert isinstance(convolution, nn.Conv2d)
    with torch.no_grad():
        convolution.weight.fill_(1.0)
        reached = convolution(upsample(torch.ones(1, convolution.in_channels, 4, 4)))
    inside = reached[0, 0, 1:-1, 1:-1]
    assert (inside == inside[0, 0]).all()


@every_side
@pytest.mark.parametrize("channels", [1, 3])
def test_a_discriminator_is_its_mirror_image(side: int, channels: int, rng: Generator) -> None:
    start, hidden = SIDES[side]
    maps = [(n, start << i, start << i) for i, n in enumerate(hidden)]
    images = torch.randn(3, channels, side, side, generator=rng)
    assert shapes_within(discriminator(side, rng, channels=channels), images) == [*reversed(maps), (1, 1, 1)]


def test_the_published_layers_of_64_pixels_have_the_published_number_of_weights(rng: Generator) -> None:
    # PyTorch's DCGAN tutorial (latent 100, 64 channels in the largest map, 3 colours): 3,576,704 and 2,765,568,
    # without the biases that ours has where no batch norm follows.
    g = DCGANGenerator(100, 512, (3, 64, 64), n_classes=0, rng=rng)
    d = discriminator(64, rng, channels=3, width=512, batch_norm=True)
    assert count_weights(g) == 3_576_704 + 3
    assert count_weights(d) == 2_765_568 + 64 + 1


def test_a_narrow_one_never_runs_out_of_channels(rng: Generator) -> None:
    assert generator(64, rng, width=2)(torch.zeros(2, 5)).shape == (2, 1, 64, 64)
    assert discriminator(64, rng, width=1)(torch.zeros(2, 1, 64, 64)).shape == (2,)


def test_layers_are_those_of_the_paper(rng: Generator) -> None:
    kinds = [type(m).__name__.removeprefix("Blank") for m in generator(16, rng).layers]
    block = ["BatchNorm2d", "ReLU", "ConvTranspose2d"]
    assert kinds == ["Linear", "Unflatten", *block, *block, "Tanh"]
    kinds = [type(m).__name__.removeprefix("Blank") for m in discriminator(16, rng, batch_norm=True).layers]
    assert kinds == ["Conv2d", "LeakyReLU", "Conv2d", "BatchNorm2d", "LeakyReLU", "Conv2d"]
    plain = discriminator(16, rng)
    assert {m.negative_slope for m in plain.modules() if isinstance(m, nn.LeakyReLU)} == {0.2}
    assert not mixes_samples(plain)
    assert mixes_samples(discriminator(16, rng, batch_norm=True))
    assert not mixes_samples(discriminator(8, rng, batch_norm=True))  # one layer, and D's input is never normalised


def test_weights_begin_as_published_and_come_from_the_stream_alone(rng: Generator) -> None:
    torch.manual_seed(77)
    before = torch.get_rng_state()
    networks = [
        (generator if player == "g" else discriminator)(32, torch.Generator().manual_seed(3), width=128)
        for player in "gdgd"
    ]
    assert torch.equal(torch.get_rng_state(), before)
    for first, second in zip(networks[:2], networks[2:], strict=True):
        for a, b in zip(first.parameters(), second.parameters(), strict=True):
            assert torch.equal(a, b)
    weights, gains, biases = [], [], []
    for network in networks[:2]:
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):
                gains.append(module.weight.detach())
                biases.append(module.bias.detach())
            elif isinstance(module, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
                weights.append(module.weight.detach().flatten())
                if module.bias is not None:
                    biases.append(module.bias.detach())
    for values, mean in ((torch.cat(weights), 0.0), (torch.cat(gains), 1.0)):
        n = len(values)
        assert abs(values.mean() - mean) < 4 * 0.02 / n**0.5
        assert abs(values.std() - 0.02) < 4 * 0.02 / (2 * n) ** 0.5
        assert (values - mean).abs().max() > 2 * 0.02  # a normal distribution, no uniform one
    assert all(not bias.any() for bias in biases)


def test_a_normalised_convolution_has_largest_singular_value_1(rng: Generator) -> None:
    network = discriminator(16, rng, spectral_norm=True)
    layers = [m for m in network.modules() if isinstance(m, SpectralConv2d)]
    assert len(layers) == 3
    for _ in range(100):
        refresh_spectral(network)
    for layer in layers:
        sigma = torch.linalg.matrix_norm(layer.weight.flatten(1), ord=2)
        x = torch.randn(2, layer.in_channels, 16, 16, generator=rng)
        expected = nn.functional.conv2d(x, layer.weight / sigma, layer.bias, layer.stride, layer.padding)
        torch.testing.assert_close(layer(x), expected, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("n_out", [1, 3, 8])
@pytest.mark.parametrize("bias", [False, True])
def test_a_quicker_transposed_convolution_is_still_pytorch_s(n_out: int, bias: bool, rng: Generator) -> None:
    ours = BlankConvTranspose2d(6, n_out, 4, 2, 1, bias=bias)
    plain = nn.ConvTranspose2d(6, n_out, 4, 2, 1, bias=bias)
    ours.load_state_dict(plain.state_dict())
    x = torch.randn(3, 6, 7, 5, generator=rng, requires_grad=True)
    results = [layer(x) for layer in (ours, plain)]
    torch.testing.assert_close(*results)
    gradients = [
        torch.autograd.grad(out.square().sum(), (x, *layer.parameters()))
        for out, layer in zip(results, (ours, plain), strict=True)
    ]
    torch.testing.assert_close(*gradients, rtol=1e-4, atol=1e-4)


def test_each_logit_is_of_its_own_image_only(rng: Generator) -> None:
    network, images = discriminator(28, rng), torch.randn(4, 1, 28, 28, generator=rng)
    together = network(images)
    alone = torch.stack([network(image[None])[0] for image in images])
    torch.testing.assert_close(together, alone)


def test_a_label_adds_its_own_row_of_weights_to_the_logit(rng: Generator) -> None:
    network = discriminator(16, rng, n_classes=3)
    images, labels = torch.randn(5, 1, 16, 16, generator=rng), torch.tensor([0, 1, 2, 2, 1])
    features = network.layers[:-1](images).flatten(1)
    head = network.layers[-1]
    assert isinstance(head, nn.Conv2d)
    assert head.bias is not None
    head.bias.data = torch.tensor([0.5, 1.0, 2.0, 3.0])
    rows = head.weight.flatten(1)
    expected = [phi @ (rows[0] + rows[1 + y]) + 0.5 + 1 + y for phi, y in zip(features, labels.tolist(), strict=True)]
    torch.testing.assert_close(network(images, labels), torch.stack(expected))
