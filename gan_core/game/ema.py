"""EMA: the generator that is shown, a running average of the weights of the one in training (arXiv:1806.04498)."""

from __future__ import annotations

import copy

import torch
from torch import nn

from gan_core.game.networks import Weights


class EMA:
    """Running average of a network, in eval mode.

    Args:
        network: Whose weights are averaged; the average begins as its copy.
        weights: Of that network.

    Attributes:
        network: The average.
        n_updates: How often it was moved.
    """

    def __init__(self, network: nn.Module, weights: Weights) -> None:
        self.network = copy.deepcopy(network).eval().requires_grad_(False)
        self.n_updates = 0
        self._pairs = list(zip(Weights(self.network).tensors, weights.tensors, strict=True))
        self._buffers = list(zip(self.network.buffers(), network.buffers(), strict=True))

    @torch.no_grad()
    def update(self, memory: float) -> None:
        """Move towards the weights as they are; buffers, such as batch norm's statistics, are taken over.

        Args:
            memory: β of the average. It has a ramp, min(β, 1 - 10/(t+10)) at the t-th update, or the average would
                show the untrained network for thousands of steps.
        """
        self.n_updates += 1
        beta = min(memory, 1 - 10 / (self.n_updates + 10))
        for average, weight in self._pairs:
            average.lerp_(weight, 1 - beta)
        for copied, buffer in self._buffers:
            copied.copy_(buffer)
