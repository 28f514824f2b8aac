"""A conditioned generator with its condition held: a generator of z alone, which the latent space is a space of.

The condition is the first that the run's live view shows. What a first layer adds for it does not depend on z, so it
becomes part of that layer's bias, and all that is known of generators of z holds: directions, units, inversion.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from gan_core.config import RunConfig
from gan_core.data import Images
from gan_core.errors import ConfigError
from gan_core.game.networks import MLPGenerator, ResidualGenerator
from gan_core.game.networks.layers import BlankLinear, filled
from gan_core.game.streams import stream
from gan_core.training.observe import fix

__all__ = ["first_condition", "pinned"]


def first_condition(config: RunConfig, data: Images) -> Tensor:
    """Return the condition of the first image of the run's live view, ``[1, *condition_shape]``."""
    condition = fix(config, data, stream(config.seed, "shown")).condition
    assert condition is not None
    return condition[:1]


def pinned(generator: nn.Module, condition: Tensor) -> nn.Module:
    """Make a generator of z alone that gives what this one gives for z and a condition.

    Args:
        generator: In eval mode; its weights are shared.
        condition: ``[1, *condition_shape]``.

    Returns:
        A network whose ``layers`` are a sequence that begins with a linear layer of z.

    Raises:
        ConfigError: If it is of a kind whose layers are not known.
    """
    if isinstance(generator, MLPGenerator):
        return _Of(_mlp(generator, condition))
    if isinstance(generator, ResidualGenerator):
        return _Of(
            nn.Sequential(generator.from_z, _Beside(generator, condition), nn.ReLU(), _Rest(generator, condition))
        )
    raise ConfigError(f"a condition cannot be held for a {type(generator).__name__}")


class _Of(nn.Module):
    """A network that is a sequence."""

    def __init__(self, layers: nn.Sequential) -> None:
        super().__init__()
        self.layers = layers

    def forward(self, z: Tensor) -> Tensor:
        """Generate."""
        out: Tensor = self.layers(z)
        return out


@torch.no_grad()
def _mlp(generator: MLPGenerator, condition: Tensor) -> nn.Sequential:
    first, *others = generator.layers
    assert isinstance(first, nn.Linear)
    n_z = first.in_features - condition.numel()
    begin = BlankLinear(n_z, first.out_features)
    begin.weight.copy_(first.weight[:, :n_z])
    begin.bias.copy_(first.bias + first.weight[:, n_z:] @ condition.flatten())
    ends = [_Filled(condition)] if generator.masked else []
    return nn.Sequential(begin, *others, nn.Unflatten(1, generator.shape), *ends)


class _Filled(nn.Module):
    """Keeps what the condition says."""

    def __init__(self, condition: Tensor) -> None:
        super().__init__()
        self._condition = condition

    def forward(self, made: Tensor) -> Tensor:
        """``[n, c, h, w]`` to the same."""
        return filled(self._condition, made)


class _Beside(nn.Module):
    """Adds what the first layer makes of the condition: ``[n, width]`` to maps."""

    def __init__(self, generator: ResidualGenerator, condition: Tensor) -> None:
        super().__init__()
        with torch.no_grad():
            _, maps = generator.told(condition)
        self.register_buffer("maps", maps)

    def forward(self, of_z: Tensor) -> Tensor:
        """``[n, width]`` to ``[n, width, h, w]``."""
        return self.get_buffer("maps") + of_z[:, :, None, None]


class _Rest(nn.Module):
    """The blocks, the last layer, and what the correction is added to."""

    def __init__(self, generator: ResidualGenerator, condition: Tensor) -> None:
        super().__init__()
        self._generator, self._condition = generator, condition

    def forward(self, x: Tensor) -> Tensor:
        """Make images of the maps after the first activation."""
        return self._generator.corrected(x, self._condition)
