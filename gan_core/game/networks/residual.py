"""A generator that corrects: what a condition leaves of an image, plus what convolutions add to it.

After SRResNet (arXiv:1609.04802) without batch norm, as in EDSR (arXiv:1707.02921): blocks of two convolutions on
maps of a part of the size, whose channels the last layer spreads over the pixels. The last layer begins at zero, so a
run begins with the simplest answer: the condition itself, or its bicubic enlargement.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional

from gan_core.config import RESIDUAL_KERNEL, residual_stride
from gan_core.game.networks.layers import BlankConv2d, BlankLinear, filled

_PAD: Final = RESIDUAL_KERNEL // 2


class Block(nn.Module):
    """``x + conv(relu(conv(x)))``, ``[batch, width, h, w]`` to the same.

    Args:
        width: Channels.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = BlankConv2d(width, width, RESIDUAL_KERNEL, 1, _PAD)
        self.second = BlankConv2d(width, width, RESIDUAL_KERNEL, 1, _PAD)

    def forward(self, x: Tensor) -> Tensor:
        """Correct ``x``."""
        out: Tensor = x + self.second(torch.relu(self.first(x)))
        return out


class ResidualGenerator(nn.Module):
    """Noise ``[batch, latent_dim]`` and a condition ``[batch, c', h, w]`` to images ``[batch, c, h, w]``.

    Images of any size that the blocks of the condition divide can be made, larger ones than in training too.

    Args:
        latent_dim: Size of z, which is told to every place alike.
        width: Channels of the maps.
        depth: Blocks.
        shape: Of one image: channels, height, width.
        block: Side of the condition's blocks of one value; 1 if every pixel has its own.
        masked: True if the condition's last map is 1 where something is missing; all else is then kept.
        rng: Source of the initial weights.
        z_gain: What the first weights of z are multiplied by: where little is to be corrected, noise as strong as the
            condition would be all that G adds.
    """

    def __init__(
        self,
        latent_dim: int,
        width: int,
        depth: int,
        shape: Sequence[int],
        *,
        block: int,
        masked: bool,
        rng: Generator,
        z_gain: float = 1.0,
    ) -> None:
        super().__init__()
        self._block, self._masked, self._channels = block, masked, shape[0]
        self._stride = residual_stride(block, shape[-1])
        # A small picture holds one number a block; other conditions are folded, and nothing of them is lost.
        told = (shape[0] + masked) * (1 if block > 1 else self._stride**2)
        self.from_condition = BlankConv2d(told, width, RESIDUAL_KERNEL, 1, _PAD)
        self.from_z = BlankLinear(latent_dim, width, bias=False)
        self.blocks = nn.Sequential(*(Block(width) for _ in range(depth)))
        self.last = BlankConv2d(width, shape[0] * self._stride**2, RESIDUAL_KERNEL, 1, _PAD)
        begin(self, rng, z_gain)

    def forward(self, z: Tensor, condition: Tensor) -> Tensor:
        """Make one image of each row of ``z`` and of its condition."""
        base, maps = self.told(condition)
        return self._added(base, torch.relu(maps + self.from_z(z)[:, :, None, None]), condition)

    def told(self, condition: Tensor) -> tuple[Tensor, Tensor]:
        """Compute what the condition says before z is known: the simplest answer, and the first layer's maps."""
        base = condition[:, : self._channels]
        if self._block > 1:
            folded = condition[:, :, :: self._block, :: self._block]
            base = functional.interpolate(folded, scale_factor=self._block, mode="bicubic")
        else:
            folded = functional.pixel_unshuffle(condition, self._stride)
        return base, self.from_condition(folded)

    def corrected(self, x: Tensor, condition: Tensor) -> Tensor:
        """Finish what `forward` does, from the maps after the first activation.

        Args:
            x: ``[batch, width, h', w']``.
            condition: ``[batch, c', h, w]``, or one for all.
        """
        return self._added(self.told(condition)[0], x, condition)

    def _added(self, base: Tensor, x: Tensor, condition: Tensor) -> Tensor:
        correction = functional.pixel_shuffle(self.last(torch.relu(self.blocks(x))), self._stride)
        if self._masked:
            return filled(condition, correction)
        return base + correction


@torch.no_grad()
def begin(network: ResidualGenerator, rng: Generator, z_gain: float = 1.0) -> None:
    """Fill all weights: N(0, 2/n_in) (arXiv:1502.01852), the last layer and the second of each block 0.

    Args:
        network: Its weights may hold anything.
        rng: Source of the weights, layer by layer.
        z_gain: What those of z are multiplied by.
    """
    for name, module in network.named_modules():
        if not isinstance(module, nn.Linear | nn.Conv2d):
            continue
        if module.bias is not None:
            module.bias.zero_()
        if name == "last" or name.endswith(".second"):
            module.weight.zero_()
        else:
            n_in = module.weight[0].numel()
            module.weight.normal_(0, (2 / n_in) ** 0.5, generator=rng)
    network.from_z.weight.mul_(z_gain)
