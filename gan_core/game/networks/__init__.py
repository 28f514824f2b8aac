"""Networks: the two players, built from a config and its random streams."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from torch import Generator, nn

from gan_core.config import RunConfig
from gan_core.config.names import CONDITION_RULES
from gan_core.game.networks.dcgan import DCGANDiscriminator, DCGANGenerator
from gan_core.game.networks.layers import (
    ACTIVATIONS,
    Dropout,
    Gain,
    Letters,
    Maxout,
    SpectralConv2d,
    SpectralLinear,
    refresh_spectral,
)
from gan_core.game.networks.minibatch import Minibatch, MinibatchDiscrimination, MinibatchStd
from gan_core.game.networks.mlp import MLPDiscriminator, MLPGenerator
from gan_core.game.networks.residual import ResidualGenerator
from gan_core.game.networks.wavegan import WaveDiscriminator, WaveGenerator
from gan_core.game.networks.weights import Weights

__all__ = [
    "ACTIVATIONS",
    "DISCRIMINATORS",
    "GENERATORS",
    "DCGANDiscriminator",
    "DCGANGenerator",
    "Dropout",
    "Gain",
    "Letters",
    "MLPDiscriminator",
    "MLPGenerator",
    "Maxout",
    "MinibatchDiscrimination",
    "MinibatchStd",
    "ResidualGenerator",
    "SpectralConv2d",
    "SpectralLinear",
    "WaveDiscriminator",
    "WaveGenerator",
    "Weights",
    "build_discriminator",
    "build_generator",
    "count_weights",
    "mixes_samples",
    "refresh_spectral",
]

Streams = Mapping[str, Generator]


def _masked(config: RunConfig) -> bool:
    rules = CONDITION_RULES.get(config.data.condition)
    return rules is not None and rules.masked


def _ending(config: RunConfig) -> nn.Module | None:
    """Make the last layer of a generator of words."""
    if config.data.kind != "text":
        return None
    g, (length, alphabet) = config.generator, config.data_shape
    return Letters(length, alphabet, temperature=g.temperature, hard=g.letters == "straight-through")


def _mlp_generator(config: RunConfig, rngs: Streams) -> nn.Module:
    g = config.generator
    return MLPGenerator(
        config.latent_dim,
        g.widths,
        config.data_shape,
        n_classes=config.n_classes,
        n_condition=config.n_told - config.n_classes,
        masked=_masked(config),
        act=g.activation,
        batch_norm=g.norm == "batch",
        squash=config.data.kind != "plane",
        ending=_ending(config),
        rng=rngs["init_g"],
    )


def _article_generator(config: RunConfig, rngs: Streams) -> nn.Module:
    return MLPGenerator(
        config.latent_dim,
        config.generator.widths,
        config.data_shape,
        n_classes=config.n_classes,
        n_condition=config.n_told - config.n_classes,
        masked=_masked(config),
        act="relu",
        batch_norm=False,
        squash=config.data.kind != "plane",
        ending=_ending(config),
        rng=rngs["init_g"],
    )


def _mlp_discriminator(config: RunConfig, rngs: Streams) -> nn.Module:
    d = config.discriminator
    return MLPDiscriminator(
        config.judged_shape,
        d.widths,
        n_classes=config.n_classes,
        n_condition=config.n_told - config.n_classes,
        act=d.activation,
        batch_norm=d.norm == "batch",
        dropout=d.dropout,
        spectral_norm=d.spectral_norm,
        minibatch=d.minibatch,
        gain=d.logit_gain,
        rng=rngs["init_d"],
        dropout_rng=rngs["dropout"],
    )


def _article_discriminator(config: RunConfig, rngs: Streams) -> nn.Module:
    return MLPDiscriminator(
        config.judged_shape,
        config.discriminator.widths,
        n_classes=config.n_classes,
        n_condition=config.n_told - config.n_classes,
        act="leaky_relu",
        batch_norm=False,
        dropout=0.3,
        spectral_norm=False,
        rng=rngs["init_d"],
        dropout_rng=rngs["dropout"],
    )


def _dcgan_generator(config: RunConfig, rngs: Streams) -> nn.Module:
    return DCGANGenerator(
        config.latent_dim,
        config.generator.width,
        config.data_shape,
        n_classes=config.n_classes,
        resize=config.generator.upsampling == "resize",
        rng=rngs["init_g"],
    )


def _residual_generator(config: RunConfig, rngs: Streams) -> nn.Module:
    rules = CONDITION_RULES[config.data.condition]
    g = config.generator
    return ResidualGenerator(
        config.latent_dim,
        g.width,
        g.depth,
        config.data_shape,
        block=rules.block,
        masked=rules.masked,
        rng=rngs["init_g"],
        z_gain=g.z_gain,
    )


def _dcgan_discriminator(config: RunConfig, rngs: Streams) -> nn.Module:
    d = config.discriminator
    return DCGANDiscriminator(
        config.judged_shape,
        d.width,
        n_classes=config.n_classes,
        condition_maps=sum(config.data.condition_shape[:1]),
        batch_norm=d.norm == "batch",
        spectral_norm=d.spectral_norm,
        minibatch=d.minibatch,
        gain=d.logit_gain,
        rng=rngs["init_d"],
    )


def _wave_generator(config: RunConfig, rngs: Streams) -> nn.Module:
    g = config.generator
    return WaveGenerator(
        config.latent_dim,
        g.width,
        config.data_shape,
        batch_norm=g.norm == "batch",
        rng=rngs["init_g"],
    )


def _wave_discriminator(config: RunConfig, rngs: Streams) -> nn.Module:
    d = config.discriminator
    return WaveDiscriminator(
        config.judged_shape,
        d.width,
        spectral_norm=d.spectral_norm,
        minibatch=d.minibatch,
        phase_shuffle=d.phase_shuffle,
        gain=d.logit_gain,
        rng=rngs["init_d"],
        shuffle_rng=rngs["dropout"],
    )


GENERATORS: Final[dict[str, Callable[[RunConfig, Streams], nn.Module]]] = {
    "mlp": _mlp_generator,
    "article": _article_generator,
    "dcgan": _dcgan_generator,
    "residual": _residual_generator,
    "wavegan": _wave_generator,
}
DISCRIMINATORS: Final[dict[str, Callable[[RunConfig, Streams], nn.Module]]] = {
    "mlp": _mlp_discriminator,
    "article": _article_discriminator,
    "dcgan": _dcgan_discriminator,
    "wavegan": _wave_discriminator,
}


def build_generator(config: RunConfig, rngs: Streams) -> nn.Module:
    """Build the generator: ``[batch, latent_dim]`` to ``[batch, *data_shape]``.

    A conditional one takes labels, ``[batch]``, int64, as its second argument, a conditioned one conditions.
    """
    return GENERATORS[config.generator.kind](config, rngs)


def build_discriminator(config: RunConfig, rngs: Streams) -> nn.Module:
    """Build the discriminator: ``[batch, *judged_shape]`` to logits ``[batch]``.

    A conditional one takes labels, ``[batch]``, int64, as its second argument, a conditioned one conditions.
    """
    return DISCRIMINATORS[config.discriminator.kind](config, rngs)


def mixes_samples(network: nn.Module) -> bool:
    """Tell whether one sample of a batch can change another's output, as with batch norm or a minibatch layer."""
    return any(isinstance(m, nn.modules.batchnorm._BatchNorm | Minibatch) for m in network.modules())


def count_weights(network: nn.Module) -> int:
    """Count the trained weights and biases."""
    return sum(p.numel() for p in network.parameters())
