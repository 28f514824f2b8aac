"""A network's weights as one vector: quick to differentiate by, to optimise, to average and to measure."""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor, nn


class Weights:
    """All weights and biases of a network, of which each becomes a view of its part of one vector.

    Small networks spend more time on handling a dozen tensors, in an optimiser for instance, than on their
    numbers; with a vector it is one. To the network nothing changes. Copies of it, such as `copy.deepcopy`
    makes, have weights of their own.

    Args:
        network: On its final device. Its weights must not be replaced afterwards, only filled.

    Attributes:
        vector: The weights in the order of ``network.parameters()``; an optimiser for it trains the network.
    """

    def __init__(self, network: nn.Module) -> None:
        self._parts: Final = list(network.parameters())
        self.vector: Final = nn.Parameter(torch.cat([part.detach().flatten() for part in self._parts]))
        views = self.vector.detach().split([part.numel() for part in self._parts])
        for part, view in zip(self._parts, views, strict=True):
            part.data = view.view_as(part)
        # Filled anew by each `backward`: to ask for new memory each time would cost more than to fill it.
        self.vector.grad = torch.zeros_like(self.vector)

    def backward(self, loss: Tensor) -> Tensor:
        """Differentiate a loss by these weights, and by no others.

        Args:
            loss: A scalar.

        Returns:
            The gradient, ``vector.grad``, valid until the next call.

        Raises:
            RuntimeError: If the loss does not depend on all of the weights.
        """
        gradients = torch.autograd.grad(loss, self._parts)
        return torch.cat([g.reshape(-1) for g in gradients], out=self.vector.grad)
