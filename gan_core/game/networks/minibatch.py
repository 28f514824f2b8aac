"""Minibatch layers: D's last layer is told how much the samples of a batch differ, so that sameness gives G away.

In training each sample is compared with others of its own batch, real ones with real ones: samples are no longer
judged one by one. In eval mode, when D is only looked at, each is told what was usual in training, as with batch norm.
"""

from __future__ import annotations

import math
from typing import Final

import torch
from torch import Generator, Tensor, nn

from gan_core.config import MINIBATCH_KERNEL_DIM, MINIBATCH_KERNELS

GROUP: Final = 4
NEIGHBOURS: Final = 32
MOMENTUM: Final = 0.1
"""Of the running mean of what was told, as in batch norm."""


class Minibatch(nn.Module):
    """Features ``[batch, n, ...]`` to ``[batch, n + k, ...]``: k numbers beside them say how the batch differs.

    Args:
        k: How many numbers.
    """

    usual: Tensor

    def __init__(self, k: int) -> None:
        super().__init__()
        self.register_buffer("usual", torch.zeros(k))

    def forward(self, x: Tensor) -> Tensor:
        """Spread the numbers of a sample over its maps, if it has maps."""
        if self.training:
            told = self.compare(x)
            with torch.no_grad():
                self.usual.lerp_(told.mean(0), MOMENTUM)
        else:
            told = self.usual.expand(len(x), -1)
        cells = x.shape[2:]
        return torch.cat((x, told.view(*told.shape, *(1 for _ in cells)).expand(-1, -1, *cells)), 1)

    def compare(self, x: Tensor) -> Tensor:
        """``[batch, k]`` from ``[batch, n, ...]``."""
        raise NotImplementedError


class MinibatchStd(Minibatch):
    """The standard deviation of each feature over groups of four samples, averaged to one number (arXiv:1710.10196).

    A batch that cannot be divided by four is one group. As in the authors' code, groups are spread over the batch.
    """

    def __init__(self) -> None:
        super().__init__(1)

    def compare(self, x: Tensor) -> Tensor:
        """One number for each sample, the same within a group, ``[batch, 1]``."""
        size = GROUP if len(x) % GROUP == 0 else len(x)
        groups = x.reshape(size, len(x) // size, -1)
        variance = (groups - groups.mean(0)).square().mean(0)  # five times as fast as `var`
        # The root has no gradient at zero: a tiny offset keeps equal samples finite.
        std = (variance + 1e-8).sqrt().mean(1)
        return std.repeat(size)[:, None]


class MinibatchDiscrimination(Minibatch):
    r"""Closeness to the others by learned distances, $o_i = E_{j \ne i}\exp(-\|M_i - M_j\|_1)$ (arXiv:1606.03498).

    $M_i$ is a linear map of sample i's features, another one for each of the k numbers. The paper takes the sum over
    the others in the batch; their mean does not grow with it, and the cost grows evenly if each sample is compared
    with those of its own 32 alone.

    Args:
        n_features: Numbers in one sample's features.
        k: How many numbers each sample is told.
        dim: Size of the space that each compares in.
        rng: Source of the map's initial weights, U(-1/√n, 1/√n).
    """

    def __init__(self, n_features: int, k: int, dim: int, rng: Generator) -> None:
        super().__init__(k)
        self.dim = dim
        bound = 1 / math.sqrt(n_features)
        self.weight = nn.Parameter(torch.empty(n_features, k * dim).uniform_(-bound, bound, generator=rng))

    def compare(self, x: Tensor) -> Tensor:
        """Measure how close each sample is to the others in k spaces, ``[batch, k]``, each in [0, 1]."""
        n = len(x)
        size = min(n, NEIGHBOURS)
        places = x.flatten(1) @ self.weight
        places = torch.cat((places, places[: -n % size]))  # the last group is filled up with the first samples
        groups = places.view(-1, size, places.shape[1] // self.dim, self.dim)
        distances = (groups[:, :, None] - groups[:, None]).abs().sum(4)  # [groups, size, size, k]
        near = torch.exp(-distances).sum(2) - 1  # without itself
        return near.flatten(0, 1)[:n] / max(1, size - 1)


def told_by(kind: str) -> int:
    """Count the numbers that a minibatch layer puts beside the features; 0 without one.

    Args:
        kind: Its name in the config.
    """
    return {"none": 0, "std": 1, "discrimination": MINIBATCH_KERNELS}[kind]


def minibatch_layer(kind: str, n_features: int, rng: Generator) -> list[nn.Module]:
    """Make the layer of a kind, or nothing.

    Args:
        kind: Its name in the config.
        n_features: Numbers in one sample's features.
        rng: Source of its initial weights.
    """
    if kind == "none":
        return []
    if kind == "std":
        return [MinibatchStd()]
    return [MinibatchDiscrimination(n_features, MINIBATCH_KERNELS, MINIBATCH_KERNEL_DIM, rng)]
