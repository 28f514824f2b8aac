"""The generator's inside: what its units do for one z, and what becomes of samples when some are switched off.

A unit is a number of a hidden layer of a multi-layer perceptron, or a channel of a convolutional one, after the
activation. Switching off puts another value in its place, 0 or whatever is asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor, nn

from gan_core.errors import ConfigError
from gan_core.game.networks import ACTIVATIONS
from gan_core.latent.players import BATCH, Players

_HIDDEN: Final = tuple(type(make()) for make in ACTIVATIONS.values())


@dataclass(frozen=True)
class Off:
    """Units that are switched off.

    Attributes:
        layer: Which hidden layer, from 0.
        units: Which of its units.
        value: What they give instead.
    """

    layer: int
    units: tuple[int, ...]
    value: float = 0.0


def hidden_layers(players: Players) -> tuple[int, ...]:
    """Places of the hidden activations among the generator's layers; a last tanh is no hidden one."""
    layers = players.layers
    return tuple(i for i, layer in enumerate(layers) if isinstance(layer, _HIDDEN) and i + 1 < len(layers))


@torch.no_grad()
def activations(players: Players, z: Tensor, classes: Tensor, layer: int) -> Tensor:
    """Compute the activations of a hidden layer: ``[n, units]``, or maps ``[n, units, h, w]``.

    Args:
        players: Whose generator.
        z: ``[n, latent_dim]``.
        classes: ``[n, n_classes]``.
        layer: Which hidden layer, from 0.

    Raises:
        ConfigError: If there is no such layer.
    """
    before, _ = _cut(players, layer)
    out: Tensor = before(torch.cat((z, classes), 1))
    return out


@torch.no_grad()
def sample_without(players: Players, z: Tensor, classes: Tensor, off: Off) -> Tensor:
    """Make samples ``[n, *shape]`` with some units switched off; with none it is `Players.sample`.

    Raises:
        ConfigError: If there is no such layer or unit.
    """
    before, after = _cut(players, off.layer)
    out = []
    for z_part, c_part in zip(z.split(BATCH), classes.split(BATCH), strict=True):
        hidden = before(torch.cat((z_part, c_part), 1))
        if any(not 0 <= unit < hidden.shape[1] for unit in off.units):
            raise ConfigError(f"layer {off.layer + 1} has {hidden.shape[1]} units, 0 to {hidden.shape[1] - 1}")
        hidden[:, list(off.units)] = off.value
        out.append(after(hidden).view(-1, *players.data.shape))
    return torch.cat(out)


@torch.no_grad()
def without_each(
    players: Players, z: Tensor, classes: Tensor, layer: int, units: Sequence[int] | None = None
) -> Tensor:
    """One sample with each unit switched off in turn, ``[units, *shape]``.

    Args:
        players: Whose generator.
        z: One point, ``[1, latent_dim]``.
        classes: ``[1, n_classes]``.
        layer: Which hidden layer, from 0.
        units: Which units; all of them if left out.
    """
    before, after = _cut(players, layer)
    hidden = before(torch.cat((z, classes), 1))
    which = torch.arange(hidden.shape[1]) if units is None else torch.tensor(units)
    out = []
    for part in which.split(BATCH):
        changed = hidden.repeat(len(part), *[1] * (hidden.dim() - 1))
        changed[torch.arange(len(part)), part] = 0
        out.append(after(changed).view(-1, *players.data.shape))
    return torch.cat(out)


def importance(players: Players, z: Tensor, classes: Tensor, layer: int) -> Tensor:
    """Measure how far samples move when each unit is off, ``[units]``: root mean square over pixels and samples.

    Args:
        players: Whose generator.
        z: ``[n, latent_dim]``.
        classes: ``[n, n_classes]``.
        layer: Which hidden layer, from 0.
    """
    whole = players.sample(z, classes)
    moved = [
        (without_each(players, z[i : i + 1], classes[i : i + 1], layer) - whole[i]).flatten(1).square().mean(1)
        for i in range(len(z))
    ]
    return torch.stack(moved).mean(0).sqrt()


def _cut(players: Players, layer: int) -> tuple[nn.Module, nn.Module]:
    """Split the generator at the end of a hidden layer."""
    places = hidden_layers(players)
    if not 0 <= layer < len(places):
        raise ConfigError(f"there is no hidden layer {layer + 1}: this generator has {len(places)}")
    end = places[layer] + 1
    return players.layers[:end], players.layers[end:]
