"""Sizes of networks from a config alone: their layers' shapes, weights and cost, without building anything."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from gan_core.config.fields import RunFields
from gan_core.config.names import (
    CONDITION_RULES,
    MINIBATCH_KERNEL_DIM,
    MINIBATCH_KERNELS,
    OBJECTIVE_RULES,
    PENALTY_RULES,
)

DCGAN_MAPS: Final[Mapping[int, tuple[int, int]]] = {8: (4, 1), 16: (4, 2), 28: (7, 2), 32: (4, 3), 64: (4, 4)}
"""Side of an image to the side of a DCGAN's smallest maps and how often these are doubled."""
DCGAN_KERNEL: Final = 4
"""Side of the kernels; twice the stride of 2, so that each pixel is reached equally often."""
RESIZE_KERNEL: Final = 3
"""Side of the kernels behind a resize, which have a stride of 1."""


WAVE_KERNEL: Final = 16
"""Length of the kernels of convolutions on sounds."""
WAVE_STRIDE: Final = 4
_WAVE_SHORTEST: Final = range(4, 16)
"""Lengths that the shortest maps of a sound may have."""

RESIDUAL_KERNEL: Final = 3
"""Side of the kernels of a generator that corrects what a condition leaves of an image."""


@dataclass(frozen=True)
class Size:
    """Size of one network.

    Attributes:
        weights: Trained numbers: weights, biases, and batch norm's gains and shifts.
        products: Multiplications for one sample in one pass, those of weights alone.
    """

    weights: int
    products: int


def mlp_size(sizes: Sequence[int], *, batch_norm: bool, pieces: int = 1) -> Size:
    """Compute the size of a multi-layer perceptron.

    Args:
        sizes: Units of every layer, input and output included.
        batch_norm: True if each hidden layer is normalised.
        pieces: Sums of each hidden unit.
    """
    hidden, last = pieces * sum(sizes[1:-1]), sizes[-1]
    products = pieces * sum(a * b for a, b in pairwise(sizes[:-1])) + sizes[-2] * last
    return Size(products + hidden + last + 2 * hidden * batch_norm, products)


def dcgan_channels(side: int, width: int) -> tuple[int, ...]:
    """Return the channels of a DCGAN's hidden maps, smallest map first: ``width``, halved with each doubling.

    Args:
        side: Of the images, a key of `DCGAN_MAPS`.
        width: Channels of the smallest map.
    """
    return tuple(max(1, width >> i) for i in range(DCGAN_MAPS[side][1]))


def dcgan_generator_size(n_in: int, width: int, shape: Sequence[int], *, resize: bool = False) -> Size:
    """Compute the size of a DCGAN's generator.

    Args:
        n_in: Size of z and of the label beside it.
        width: Channels of the smallest map.
        shape: Of one image: channels, height, width.
        resize: True for convolutions of maps that were resized, in place of transposed ones.
    """
    channels = dcgan_channels(shape[-1], width)
    start, _ = DCGAN_MAPS[shape[-1]]
    first = n_in * channels[0] * start**2
    kernel = RESIZE_KERNEL if resize else DCGAN_KERNEL
    kernels = [a * b * kernel**2 for a, b in pairwise((*channels, shape[0]))]
    # A transposed convolution looks at each cell before the doubling, the other one at each cell after it.
    products = first + sum(k * (start << i + resize) ** 2 for i, k in enumerate(kernels))
    return Size(first + sum(kernels) + 2 * sum(channels) + shape[0], products)


def dcgan_discriminator_size(width: int, shape: Sequence[int], n_classes: int, *, batch_norm: bool) -> Size:
    """Compute the size of a DCGAN's discriminator.

    Args:
        width: Channels of the smallest map.
        shape: Of one image: channels, height, width.
        n_classes: Of its labels; 0 for none.
        batch_norm: True if each hidden layer but the first is normalised.
    """
    channels = dcgan_channels(shape[-1], width)[::-1]
    end, n = DCGAN_MAPS[shape[-1]]
    kernels = [a * b * DCGAN_KERNEL**2 for a, b in pairwise((shape[0], *channels))]
    last = channels[-1] * end**2 * (1 + n_classes)
    products = last + sum(k * (end << n - 1 - i) ** 2 for i, k in enumerate(kernels))
    # A normalised layer has a gain and a shift in place of its bias.
    return Size(sum(kernels) + sum(channels) + sum(channels[1:]) * batch_norm + last + 1 + n_classes, products)


def wave_start(length: int) -> int:
    """Return the length of the shortest maps: a sound's own, divided by 4 as often as it takes; 0 if it does not fit.

    Args:
        length: Of the sounds, in samples.
    """
    while length >= _WAVE_SHORTEST.stop and length % WAVE_STRIDE == 0:
        length //= WAVE_STRIDE
    return length if length in _WAVE_SHORTEST else 0


def wave_channels(length: int, width: int) -> tuple[int, ...]:
    """Return the channels of the hidden maps of a sound, shortest maps first: ``width``, halved each time.

    Args:
        length: Of the sounds, in samples.
        width: Channels of the shortest maps.
    """
    times = round(math.log(length / wave_start(length), WAVE_STRIDE))
    return tuple(max(1, width >> i) for i in range(times))


def wave_generator_size(n_in: int, width: int, shape: Sequence[int], *, batch_norm: bool) -> Size:
    """Compute the size of a generator of sounds.

    Args:
        n_in: Size of z.
        width: Channels of the shortest maps.
        shape: Of one sound: channels, length.
        batch_norm: True if hidden maps are normalised, which takes a gain and a shift in place of a bias.
    """
    channels, start = wave_channels(shape[-1], width), wave_start(shape[-1])
    first = n_in * channels[0] * start
    kernels = [a * b * WAVE_KERNEL for a, b in pairwise((*channels, shape[0]))]
    # Three places more than there are, at the ends: `WaveUp` makes them too, and cuts them off.
    places = [start * WAVE_STRIDE**i + WAVE_KERNEL // WAVE_STRIDE - 1 for i in range(len(kernels))]
    biases = 2 * sum(channels) if batch_norm else channels[0] * start + sum(channels[1:])
    products = first + sum(a * b for a, b in zip(kernels, places, strict=True))
    return Size(first + sum(kernels) + biases + shape[0], products)


def wave_discriminator_size(width: int, shape: Sequence[int]) -> Size:
    """Compute the size of a discriminator of sounds.

    Args:
        width: Channels of the shortest maps.
        shape: Of one sound: channels, length.
    """
    channels, end = wave_channels(shape[-1], width)[::-1], wave_start(shape[-1])
    kernels = [a * b * WAVE_KERNEL for a, b in pairwise((shape[0], *channels))]
    last = channels[-1] * end
    n = len(kernels)
    products = last + sum(k * end * WAVE_STRIDE ** (n - 1 - i) for i, k in enumerate(kernels))
    return Size(sum(kernels) + sum(channels) + last + 1, products)


def residual_stride(block: int, side: int) -> int:
    """Return the factor by which the maps of a residual generator are smaller than its images.

    Where the side allows it they have half of it at most: a quarter of the work, and twice the view.

    Args:
        block: Side of the condition's blocks of one value; 1 if every pixel has its own.
        side: Of the images.
    """
    if block > 1:
        return block
    return 2 if side % 2 == 0 else 1


def residual_generator_size(
    latent_dim: int, width: int, depth: int, shape: Sequence[int], *, block: int, masked: bool
) -> Size:
    """Compute the size of a residual generator.

    Args:
        latent_dim: Size of z.
        width: Channels of its maps.
        depth: Its blocks.
        shape: Of one image: channels, height, width.
        block: Side of the condition's blocks of one value.
        masked: True if the condition has a map more.
    """
    stride = residual_stride(block, shape[-1])
    told = (shape[0] + masked) * (1 if block > 1 else stride**2)
    made = shape[0] * stride**2
    kernels = RESIDUAL_KERNEL**2 * width * (told + 2 * depth * width + made)
    cells = (shape[1] // stride) * (shape[2] // stride)
    return Size(kernels + latent_dim * width + (1 + 2 * depth) * width + made, kernels * cells + latent_dim * width)


def sizes_of(config: RunFields) -> tuple[Size, Size]:
    """Compute the sizes of a config's generator and discriminator."""
    g, n_in, made = config.generator, config.latent_dim + config.n_told, config.data_shape
    if g.kind == "residual":
        rules = CONDITION_RULES[config.data.condition]
        own = config.latent_dim, g.width, g.depth, made
        return residual_generator_size(*own, block=rules.block, masked=rules.masked), _size_of_d(config)
    if g.kind == "wavegan":
        return wave_generator_size(n_in, g.width, made, batch_norm=g.norm == "batch"), _size_of_d(config)
    if g.kind == "dcgan":
        return dcgan_generator_size(n_in, g.width, made, resize=g.upsampling == "resize"), _size_of_d(config)
    batch_norm = g.kind == "mlp" and g.norm == "batch"
    size = mlp_size((n_in, *g.widths, math.prod(made)), batch_norm=batch_norm, pieces=g.pieces)
    return size, _size_of_d(config)


def _size_of_d(config: RunFields) -> Size:
    d, shape, n_classes = config.discriminator, config.judged_shape, config.n_classes
    if d.kind == "dcgan":
        shape = (shape[0] + sum(config.data.condition_shape[:1]), *shape[1:])
        plain = dcgan_discriminator_size(d.width, shape, n_classes, batch_norm=d.norm == "batch")
        cells = DCGAN_MAPS[shape[-1]][0] ** 2
        n_features, n_heads = dcgan_channels(shape[-1], d.width)[0] * cells, (1 + n_classes) * cells
    elif d.kind == "wavegan":
        plain = wave_discriminator_size(d.width, shape)
        n_features, n_heads = wave_channels(shape[-1], d.width)[0] * wave_start(shape[-1]), 1
    else:
        widths = (math.prod(shape) + config.n_told, *d.widths)
        plain = mlp_size((*widths, 1), batch_norm=d.kind == "mlp" and d.norm == "batch", pieces=d.pieces)
        n_features, n_heads = widths[-1], 1
    if d.kind == "article" or d.minibatch == "none":
        return plain
    if d.minibatch == "std":
        return Size(plain.weights + n_heads, plain.products + n_features)
    n = MINIBATCH_KERNELS * MINIBATCH_KERNEL_DIM
    more = n * n_features, n * (n_features + min(config.batch_size, 32))
    return Size(plain.weights + more[0] + MINIBATCH_KERNELS * n_heads, plain.products + more[1])


def weights_of(config: RunFields) -> int:
    """Count the trained numbers of both networks."""
    return sum(size.weights for size in sizes_of(config))


def flops_of(config: RunFields) -> float:
    """Estimate the floating point operations of one step."""
    g, d = (size.products for size in sizes_of(config))
    g *= config.packing
    n_made = config.reconstruction_z if config.conditioned and config.reconstruction else 1
    passes = sum(PENALTY_RULES[r.name].passes for r in config.regularisers)
    d_update = g + 6 * d + passes * d
    on_real = OBJECTIVE_RULES[config.objective].g_needs_real or config.feature_matching
    # An unrolled update of D is made forwards, backwards, and differentiated once more.
    g_update = 3 * g * n_made + (2 + 2 * on_real + 20 * config.unroll) * d
    return 2.0 * config.batch_size * (config.d_steps * d_update + config.g_steps * g_update)
