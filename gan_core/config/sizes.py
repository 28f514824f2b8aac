"""Sizes of networks, known from a config alone: their layers' shapes, weights and cost, without building anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

DCGAN_MAPS: Final[Mapping[int, tuple[int, int]]] = {8: (4, 1), 16: (4, 2), 28: (7, 2), 32: (4, 3), 64: (4, 4)}
"""Side of an image to the side of a DCGAN's smallest maps and how often these are doubled."""
DCGAN_KERNEL: Final = 4
"""Side of the kernels; twice the stride of 2, so that each pixel is reached equally often."""


@dataclass(frozen=True)
class Size:
    """Of one network.

    Attributes:
        weights: Trained numbers: weights, biases, and batch norm's gains and shifts.
        products: Multiplications for one sample in one pass, those of weights alone.
    """

    weights: int
    products: int


def mlp_size(sizes: Sequence[int], *, batch_norm: bool) -> Size:
    """Of a multi-layer perceptron.

    Args:
        sizes: Units of every layer, input and output included.
        batch_norm: True if each hidden layer is normalised.
    """
    products = sum(a * b for a, b in pairwise(sizes))
    return Size(products + sum(sizes[1:]) + 2 * sum(sizes[1:-1]) * batch_norm, products)


def dcgan_channels(side: int, width: int) -> tuple[int, ...]:
    """Channels of a DCGAN's hidden maps, smallest map first: ``width``, halved with each doubling of the side.

    Args:
        side: Of the images, a key of `DCGAN_MAPS`.
        width: Channels of the smallest map.
    """
    return tuple(max(1, width >> i) for i in range(DCGAN_MAPS[side][1]))


def dcgan_generator_size(n_in: int, width: int, shape: Sequence[int]) -> Size:
    """Of a DCGAN's generator.

    Args:
        n_in: Size of z and of the label beside it.
        width: Channels of the smallest map.
        shape: Of one image: channels, height, width.
    """
    channels = dcgan_channels(shape[-1], width)
    start, _ = DCGAN_MAPS[shape[-1]]
    first = n_in * channels[0] * start**2
    kernels = [a * b * DCGAN_KERNEL**2 for a, b in pairwise((*channels, shape[0]))]
    products = first + sum(k * (start << i) ** 2 for i, k in enumerate(kernels))
    return Size(first + sum(kernels) + 2 * sum(channels) + shape[0], products)


def dcgan_discriminator_size(width: int, shape: Sequence[int], n_classes: int, *, batch_norm: bool) -> Size:
    """Of a DCGAN's discriminator.

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
