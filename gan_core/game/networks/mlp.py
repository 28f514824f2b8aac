"""Multi-layer perceptrons: the plane's players and the article's pair."""

from __future__ import annotations

import math
from collections.abc import Sequence

from torch import Generator, Tensor, nn

from gan_core.game.networks.layers import (
    Dropout,
    Gain,
    SpectralLinear,
    activation,
    beside,
    filled,
    linear,
    pieces_of,
)
from gan_core.game.networks.minibatch import minibatch_layer, told_by


class MLPGenerator(nn.Module):
    """Noise ``[batch, latent_dim]`` to samples ``[batch, *shape]``; what is told to both is taken too.

    A conditional one is told labels, ``[batch]``, a conditioned one conditions, ``[batch, ...]``.

    Args:
        latent_dim: Size of z.
        widths: Units of the hidden layers, in order.
        shape: Shape of one sample.
        n_classes: Number of classes of a conditional generator; 0 for another.
        n_condition: Numbers in the condition of a conditioned one; 0 for another.
        masked: True if the condition's last map is 1 where something is missing; all else is then kept.
        act: Activation of the hidden layers, by name.
        batch_norm: True for batch norm before each activation.
        squash: True to end in tanh, for data in [-1, 1]; False for a linear end.
        ending: What comes last in place of both, from ``[batch, numbers of a sample]``; None for nothing.
        rng: Source of the initial weights.
    """

    def __init__(
        self,
        latent_dim: int,
        widths: Sequence[int],
        shape: Sequence[int],
        *,
        n_classes: int = 0,
        n_condition: int = 0,
        masked: bool = False,
        act: str,
        batch_norm: bool,
        squash: bool,
        ending: nn.Module | None = None,
        rng: Generator,
    ) -> None:
        super().__init__()
        self.shape = tuple(shape)
        self._n_classes = n_classes
        self.masked = masked
        layers: list[nn.Module] = []
        size, pieces = latent_dim + n_classes + n_condition, pieces_of(act)
        for width in widths:
            layers.append(linear(size, width * pieces, rng))
            if batch_norm:
                layers.append(nn.BatchNorm1d(width * pieces))
            layers.append(activation(act))
            size = width
        layers.append(linear(size, math.prod(shape), rng))
        if ending is not None:
            layers.append(ending)
        elif squash:
            layers.append(nn.Tanh())
        self.layers = nn.Sequential(*layers)

    def forward(self, z: Tensor, told: Tensor | None = None) -> Tensor:
        """Generate one sample for each row of ``z``, of the class or condition that it is told, if any."""
        out: Tensor = self.layers(beside(z, told, self._n_classes))
        out = out if len(self.shape) == 1 else out.view(-1, *self.shape)
        return out if told is None or not self.masked else filled(told, out)


class MLPDiscriminator(nn.Module):
    """Samples ``[batch, *shape]`` to logits ``[batch]``, high means real; what is told to both is taken too.

    Args:
        shape: Shape of one sample.
        widths: Units of the hidden layers, in order.
        n_classes: Number of classes of a conditional discriminator; 0 for another.
        n_condition: Numbers in the condition of a conditioned one; 0 for another.
        act: Activation of the hidden layers, by name.
        batch_norm: True for batch norm before each activation.
        dropout: Share of hidden units switched off in training, in [0, 1).
        spectral_norm: True to normalise every weight.
        minibatch: Kind of the minibatch layer before the last one, or "none".
        gain: What the last layer's output is multiplied by.
        rng: Source of the initial weights.
        dropout_rng: Source of the dropout masks.
    """

    def __init__(
        self,
        shape: Sequence[int],
        widths: Sequence[int],
        *,
        n_classes: int = 0,
        n_condition: int = 0,
        act: str,
        batch_norm: bool,
        dropout: float,
        spectral_norm: bool,
        minibatch: str = "none",
        gain: float = 1.0,
        rng: Generator,
        dropout_rng: Generator,
    ) -> None:
        super().__init__()
        make = SpectralLinear if spectral_norm else linear
        self._n_classes = n_classes
        layers: list[nn.Module] = []
        size, pieces = math.prod(shape) + n_classes + n_condition, pieces_of(act)
        for width in widths:
            layers.append(make(size, width * pieces, rng))
            if batch_norm:
                layers.append(nn.BatchNorm1d(width * pieces))
            layers.append(activation(act))
            if dropout:
                layers.append(Dropout(dropout, dropout_rng))
            size = width
        self.n_hidden = len(layers)
        layers += minibatch_layer(minibatch, size, rng)
        layers.append(make(size + told_by(minibatch), 1, rng))
        if gain != 1:
            layers.append(Gain(gain))
        self.layers = nn.Sequential(*layers)

    def forward(self, x: Tensor, told: Tensor | None = None) -> Tensor:
        """D's logit for each sample of ``x``: is it real, and of the class or condition that D is told, if any?"""
        out: Tensor = self.layers(beside(x.flatten(1), told, self._n_classes))
        return out.view(-1)

    def features(self, x: Tensor, told: Tensor | None = None) -> Tensor:
        """Compute the last hidden layer of each sample, ``[batch, width]``."""
        out: Tensor = self.layers[: self.n_hidden](beside(x.flatten(1), told, self._n_classes))
        return out
