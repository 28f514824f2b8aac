"""The networks' part of a run's script: the layers one by one, and the app's own code of those that it made itself."""

from __future__ import annotations

import textwrap

from torch import nn

from gan_core.config import RunConfig
from gan_core.errors import ConfigError
from gan_core.export.script_pieces import Pieces
from gan_core.networks import MLPDiscriminator, MLPGenerator, build_discriminator, build_generator, layers
from gan_core.streams import streams


def networks_part(config: RunConfig, pieces: Pieces) -> str:
    """What the script needs for its two networks.

    Args:
        config: The run's config.
        pieces: Takes what comes from this package's own source.

    Returns:
        The code that defines ``generator`` and ``discriminator``.

    Raises:
        ConfigError: If a network is of a kind that scripts do not know.
    """
    rngs = streams(config.seed)
    generator, discriminator = build_generator(config, rngs), build_discriminator(config, rngs)
    for path, network in (("generator", generator), ("discriminator", discriminator)):
        if type(network) not in (MLPGenerator, MLPDiscriminator):
            kind = getattr(config, path).kind
            raise ConfigError(f"{path}.kind={kind} cannot go into a script yet: mlp and article can")
    g_lines = [_layer(layer, "init_g") for layer in _sequence(generator)]
    d_lines = [_layer(layer, "init_d") for layer in _sequence(discriminator)]
    if len(config.data_shape) > 1:
        g_lines.append(f"nn.Unflatten(1, {config.data_shape})")
        d_lines.insert(0, "nn.Flatten()")
    d_lines.append("nn.Flatten(0)")
    kinds = dict.fromkeys(type(layer) for layer in (*_sequence(generator), *_sequence(discriminator)))
    own = [kind for kind in (layers.Dropout, layers.SpectralLinear) if kind in kinds]
    parts = [
        pieces.add(layers.linear, *own),
        _sequential("generator", f"[batch, {config.latent_dim}] to samples", g_lines),
        _sequential("discriminator", "samples to one logit each, [batch]; high means real", d_lines),
    ]
    return "\n\n\n".join(parts)


def _sequence(network: nn.Module) -> nn.Sequential:
    sequence = network.layers
    assert isinstance(sequence, nn.Sequential)
    return sequence


def _layer(layer: nn.Module, stream: str) -> str:
    """A layer as the expression that makes it."""
    if isinstance(layer, layers.SpectralLinear):
        return f'SpectralLinear({layer.in_features}, {layer.out_features}, rng["{stream}"])'
    if isinstance(layer, nn.Linear):
        return f'linear({layer.in_features}, {layer.out_features}, rng["{stream}"])'
    if isinstance(layer, layers.Dropout):
        return f'Dropout({layer.p}, rng["dropout"])'
    if isinstance(layer, nn.BatchNorm1d):
        return f"nn.BatchNorm1d({layer.num_features})"
    if isinstance(layer, nn.ReLU | nn.LeakyReLU | nn.Tanh | nn.SiLU):
        return f"nn.{layer!r}"
    raise ConfigError(f"a layer {type(layer).__name__} cannot go into a script yet")


def _sequential(name: str, meaning: str, lines: list[str]) -> str:
    body = textwrap.indent(",\n".join(lines), "    ")
    return f"# {name.capitalize()}: {meaning}.\n{name} = nn.Sequential(\n{body},\n)\n"
