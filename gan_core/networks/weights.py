"""A network's weights as few tensors: quick to differentiate by, to optimise, to average and to measure."""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor, nn

LARGE: Final = 2**17
"""A weight of so many numbers stays on its own: to copy its gradient would cost more than it saves."""


class Weights:
    """All weights and biases of a network, the small ones bundled: each becomes a view of its part of one vector.

    Small networks spend more time on handling a dozen tensors, in an optimiser for instance, than on their
    numbers. To the network nothing changes. Copies of it, such as `copy.deepcopy` makes, have weights of their own.

    Args:
        network: On its final device. Its weights must not be replaced afterwards, only filled.

    Attributes:
        tensors: The bundle, if there is one, and the large weights; an optimiser for these trains the network.
    """

    def __init__(self, network: nn.Module) -> None:
        weights = list(network.parameters())
        self._small: Final = [w for w in weights if w.numel() < LARGE]
        self._large: Final = [w for w in weights if w.numel() >= LARGE]
        self._bundle: Final = nn.Parameter(torch.cat([w.detach().flatten() for w in self._small]))
        # Filled anew by each `backward`: to ask for new memory each time would cost more than to fill it.
        self._bundle.grad = torch.zeros_like(self._bundle)
        self.tensors: Final = [self._bundle, *self._large]
        views = self._bundle.detach().split([w.numel() for w in self._small])
        for weight, view in zip(self._small, views, strict=True):
            weight.data = view.view_as(weight)

    def backward(self, losses: Tensor) -> Tensor:
        """Differentiate a mean loss by these weights, and by no others; the gradients are left for the optimiser.

        Args:
            losses: Loss per sample, ``[batch]``, which depends on all of the weights.

        Returns:
            Euclidean norm of the gradient, a scalar.
        """
        # With the gradient of the mean given, the mean itself need not be part of the graph.
        share = torch.full_like(losses, 1 / len(losses))
        gradients = torch.autograd.grad(losses, [*self._small, *self._large], grad_outputs=share)
        n = len(self._small)
        torch.cat([g.reshape(-1) for g in gradients[:n]], out=self._bundle.grad)
        for weight, gradient in zip(self._large, gradients[n:], strict=True):
            weight.grad = gradient
        norms: list[Tensor] = [torch.linalg.vector_norm(w.grad) for w in self.tensors if w.grad is not None]
        norm: Tensor = norms[0] if len(norms) == 1 else torch.linalg.vector_norm(torch.stack(norms))
        return norm
