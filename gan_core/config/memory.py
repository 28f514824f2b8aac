"""Memory of a run, estimated from its config before anything is built."""

from __future__ import annotations

import math
from typing import Final

from gan_core.config.fields import RunFields
from gan_core.config.parts import DiscriminatorConfig, GeneratorConfig
from gan_core.config.sizes import (
    DCGAN_MAPS,
    dcgan_channels,
    sizes_of,
    wave_channels,
    wave_start,
)

_PER_WEIGHT_G: Final = 32
"""Bytes: weight, gradient and two moments (16), their mean over steps (4), three copies that are looked at (12)."""
_PER_WEIGHT_D: Final = 20
"""Bytes: weight, gradient, two moments, and one copy that is looked at."""
_PASSES: Final = 8
"""Tensors of one layer's size that a step holds at once, penalties and workspace included; measured."""

_WINDOWS: Final = 3.5
"""Numbers for one of a sound's maps: itself, and those of the windows on it, four times as many; measured."""


def memory_of(config: RunFields) -> int:
    """Estimate the bytes of a run: weights, optimisers, averages, copies, and what a step holds.

    Data, which runs share, and kept states, which have a budget of their own, are not counted. Measured runs of 40 MB
    and more lie within 15 % (``tests/core/test_memory.py``).
    """
    g, d = sizes_of(config)
    weights = _PER_WEIGHT_G * g.weights + _PER_WEIGHT_D * d.weights
    unrolled = 1 + config.unroll / 2  # its updates of D are kept to be differentiated
    layers = 4 * config.batch_size * units_of(config) * _PASSES * unrolled
    replayed = 4 * config.replay * math.prod(config.data_shape)
    return round(weights + layers + replayed)


def units_of(config: RunFields) -> int:
    """Count the numbers that all layers of both networks give for one sample."""
    g, d = config.generator, config.discriminator
    made, judged = math.prod(config.data_shape), math.prod(config.judged_shape)
    units_g = _units(config.data_shape[-1], g)
    units_d = _units(config.judged_shape[-1], d)
    return config.packing * (made + units_g) + judged + units_d


def _units(side: int, player: GeneratorConfig | DiscriminatorConfig) -> int:
    if player.kind == "dcgan":
        return _maps(side, player.width)
    if player.kind == "wavegan":
        return _waves(side, player.width)
    return sum(player.widths) * player.pieces


def _waves(length: int, width: int) -> int:
    """Count the numbers of all maps, and of the windows on them."""
    channels, start = wave_channels(length, width), wave_start(length)
    return round(_WINDOWS * sum(c * (start << 2 * i) for i, c in enumerate(channels)))


def _maps(side: int, width: int) -> int:
    start, _ = DCGAN_MAPS[side]
    return sum(channels * (start << i) ** 2 for i, channels in enumerate(dcgan_channels(side, width)))
