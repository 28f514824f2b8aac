"""The networks' part of a run's script: the layers one by one, and the app's own code of those that it made itself."""

from __future__ import annotations

import textwrap
from typing import Any

from torch import nn

from gan_core.config import RunConfig
from gan_core.config.names import CONDITION_RULES
from gan_core.errors import ConfigError
from gan_core.export.script_pieces import Pieces
from gan_core.game.networks import (
    MLPDiscriminator,
    MLPGenerator,
    ResidualGenerator,
    build_discriminator,
    build_generator,
    dcgan,
    layers,
    minibatch,
    wavegan,
)
from gan_core.game.streams import streams

_OWN = (
    layers.BlankConv2d,
    layers.BlankConvTranspose2d,
    layers.Dropout,
    layers.Gain,
    layers.Letters,
    layers.Maxout,
    layers.SpectralConv2d,
    layers.SpectralLinear,
    minibatch.MinibatchDiscrimination,
    minibatch.MinibatchStd,
    wavegan.MapsNorm,
    wavegan.PhaseShuffle,
    wavegan.SpectralWaveDown,
    wavegan.Transpose,
    wavegan.WaveDown,
    wavegan.WaveUp,
)
_GENERATE_CONDITIONED = '''def generate(z, condition):
    """Noise and what is left of real samples, side by side, to samples."""
    return {made}
'''
_JUDGE_CONDITIONED = '''def judge(x, condition):
    """Samples beside what is left of the real ones, to logits."""
    return discriminator({given})
'''
_PLAIN = (nn.ReLU, nn.LeakyReLU, nn.Tanh, nn.SiLU, nn.Flatten, nn.Unflatten, nn.Upsample)
_WAVE = (wavegan.MapsNorm, wavegan.SpectralWaveDown, wavegan.Transpose, wavegan.WaveDown, wavegan.WaveUp)

_WAVES = (wavegan.WaveGenerator, wavegan.WaveDiscriminator)

_FEATURES = '''def features(x):
    """Values of D's last hidden layer for each sample."""
    return discriminator[:{n_hidden}](x).flatten(1)
'''
_GENERATE_BESIDE = '''def generate(z, labels):
    """Noise and the classes asked for, side by side, to samples of them."""
    return generator(beside(z, labels, N_CLASSES))
'''
_JUDGE_BESIDE = '''def judge(x, labels):
    """Samples and their classes, side by side, to logits."""
    return discriminator(beside(x.flatten(1), labels, N_CLASSES))
'''
_JUDGE_PROJECTED = '''def judge(x, labels):
    """D's logit: is it real, and of its class? A row of weights for each class stands besides the common one."""
    logits = discriminator(x)
    return logits[:, 0] + (logits[:, 1:] * one_hot(labels, N_CLASSES)).sum(1)
'''


def networks_part(config: RunConfig, pieces: Pieces) -> str:
    """Write the part of the script that makes its two networks.

    Args:
        config: The run's config.
        pieces: Takes what comes from this package's own source.

    Returns:
        The code that defines ``generator`` and ``discriminator``, and for a conditional run how they are given labels:
        ``generate(z, labels)`` and ``judge(x, labels)``.

    Raises:
        ConfigError: If a network is of a kind that scripts do not know.
    """
    rngs = streams(config.seed)
    generator, discriminator = build_generator(config, rngs), build_discriminator(config, rngs)
    _refuse_unknown(config, generator, discriminator)
    is_mlp = isinstance(discriminator, MLPDiscriminator)
    if (config.conditional or config.conditioned) and (config.feature_matching or config.unroll):
        what = "feature matching" if config.feature_matching else "unrolling"
        told, setting = ("labels", "conditional") if config.conditional else ("a condition", "data.condition")
        raise ConfigError(f"{what} with {told} cannot go into a script yet: without {setting} it can")
    residual = isinstance(generator, ResidualGenerator)
    g_lines = [] if residual else [_layer(layer, "init_g") for layer in _sequence(generator)]
    d_lines = [_layer(layer, "init_d") for layer in _sequence(discriminator)]
    if isinstance(generator, MLPGenerator) and len(config.data_shape) > 1 and config.data.kind != "text":
        g_lines.append(f"nn.Unflatten(1, {config.data_shape})")
    if is_mlp and len(config.data_shape) > 1 and not config.n_told:
        d_lines.insert(0, "nn.Flatten()")
    d_lines.append("nn.Flatten()" if config.conditional and not is_mlp else "nn.Flatten(0)")
    n = f" + {config.n_told}" if config.n_told else ""
    meaning = f"[batch, {config.latent_dim}{n}] to samples"
    parts = [
        pieces.add(*_needed(generator, discriminator)),
        _residual(config) if residual else _sequential("generator", meaning, g_lines),
        _begin(generator, "generator", "init_g"),
        _sequential("discriminator", "samples to one logit each, [batch]; high means real", d_lines),
        _begin(discriminator, "discriminator", "init_d"),
    ]
    if config.feature_matching:
        assert isinstance(discriminator, MLPDiscriminator | dcgan.DCGANDiscriminator | wavegan.WaveDiscriminator)
        n_hidden = discriminator.n_hidden + (is_mlp and len(config.data_shape) > 1)
        parts.append(_FEATURES.format(n_hidden=n_hidden))
    if config.conditional:
        judge = _JUDGE_BESIDE if is_mlp else _JUDGE_PROJECTED
        parts += [
            f"N_CLASSES = {config.n_classes}",
            pieces.add(layers.beside, *(() if is_mlp else (layers.one_hot,))),
            _GENERATE_BESIDE,
            judge,
        ]
    if config.conditioned:
        of_g = "z, condition" if residual else "beside(z, condition, 0)"
        masked = CONDITION_RULES[config.data.condition].masked and not residual
        made = f"filled(condition, generator({of_g}))" if masked else f"generator({of_g})"
        of_d = "beside(x.flatten(1), condition, 0)" if is_mlp else "torch.cat((x, condition), 1)"
        parts += [
            pieces.add(*[] if residual and not is_mlp else [layers.beside], *[layers.filled] if masked else []),
            _GENERATE_CONDITIONED.format(made=made),
            _JUDGE_CONDITIONED.format(given=of_d),
        ]
    return "\n\n\n".join(part for part in parts if part)


def _residual(config: RunConfig) -> str:
    """Write the line that makes a residual generator, whose class is in the script."""
    rules, g = CONDITION_RULES[config.data.condition], config.generator
    told = f"{config.data_shape}, block={rules.block}, masked={rules.masked}"
    gain = "" if g.z_gain == 1 else f", z_gain={g.z_gain}"
    made = f'ResidualGenerator({config.latent_dim}, {g.width}, {g.depth}, {told}, rng=rng["init_g"]{gain})'
    return f"# Generator: noise and a condition to samples.\ngenerator = {made}"


def _refuse_unknown(config: RunConfig, *networks: nn.Module) -> None:
    known = (
        *(MLPGenerator, MLPDiscriminator, ResidualGenerator),
        *(dcgan.DCGANGenerator, dcgan.DCGANDiscriminator, wavegan.WaveGenerator, wavegan.WaveDiscriminator),
    )
    for path, network in zip(("generator", "discriminator"), networks, strict=True):
        if type(network) not in known:
            kind, kinds = getattr(config, path).kind, ("mlp", "article", "dcgan", "residual", "wavegan")
            raise ConfigError(f"{path}.kind={kind} cannot go into a script yet: {', '.join(kinds)} can")


def _needed(*networks: nn.Module) -> list[Any]:
    """Name the app's own classes and functions that these networks use."""
    simple = [network for network in networks if not isinstance(network, ResidualGenerator)]
    kinds = dict.fromkeys(type(layer) for network in simple for layer in _sequence(network))
    needed: list[Any] = [kind for kind in kinds if kind in _OWN]
    if len(simple) < len(networks):
        needed.append(ResidualGenerator)
    if any(isinstance(network, (MLPGenerator, MLPDiscriminator, *_WAVES)) for network in networks):
        needed.insert(0, layers.linear)
    if any(isinstance(network, dcgan.DCGANGenerator | dcgan.DCGANDiscriminator) for network in simple):
        needed.append(dcgan.initialise)
    if any(isinstance(network, _WAVES) for network in simple):
        needed.append(wavegan.initialise_wave)
    return needed


def _sequence(network: nn.Module) -> nn.Sequential:
    sequence = network.layers
    assert isinstance(sequence, nn.Sequential)
    return sequence


def _layer(layer: nn.Module, stream: str) -> str:
    """Write a layer as the expression that makes it."""
    if isinstance(layer, _WAVE):
        return repr(layer)
    if isinstance(layer, wavegan.PhaseShuffle):
        return f'PhaseShuffle({layer.most}, rng["dropout"])'
    if isinstance(layer, layers.SpectralLinear):
        return f'SpectralLinear({layer.in_features}, {layer.out_features}, rng["{stream}"])'
    if isinstance(layer, nn.Linear) and layer.bias is not None:
        return f'linear({layer.in_features}, {layer.out_features}, rng["{stream}"])'
    if isinstance(layer, layers.Dropout):
        return f'Dropout({layer.p}, rng["dropout"])'
    if isinstance(layer, minibatch.MinibatchDiscrimination):
        n, k = layer.weight.shape[0], len(layer.usual)
        return f'MinibatchDiscrimination({n}, {k}, {layer.dim}, rng["{stream}"])'
    if isinstance(layer, minibatch.MinibatchStd | layers.Gain | layers.Letters | layers.Maxout):
        return repr(layer)
    if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d):
        return f"nn.{type(layer).__name__}({layer.num_features})"
    if isinstance(layer, _PLAIN):
        return f"nn.{layer!r}"
    if isinstance(layer, layers.BlankLinear | nn.Conv2d | nn.ConvTranspose2d):
        return repr(layer)
    raise ConfigError(f"a layer {type(layer).__name__} cannot go into a script yet")


def _begin(network: nn.Module, name: str, stream: str) -> str:
    """Write the line that fills the weights which the layers leave uninitialised, or ""."""
    begun = isinstance(network, MLPGenerator | MLPDiscriminator | ResidualGenerator)
    begin = "initialise_wave" if isinstance(network, _WAVES) else "initialise"
    return "" if begun else f'{begin}({name}, rng["{stream}"])'


def _sequential(name: str, meaning: str, lines: list[str]) -> str:
    body = textwrap.indent(",\n".join(lines), "    ")
    return f"# {name.capitalize()}: {meaning}.\n{name} = nn.Sequential(\n{body},\n)"
