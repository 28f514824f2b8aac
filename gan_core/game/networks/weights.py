"""A network's weights as few tensors: quick to differentiate by, to optimise, to average and to measure."""

from __future__ import annotations

from collections.abc import Sequence
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
        tensors: The bundle and the large weights, without autograd; to update these trains the network.
        gradients: Of the tensors, as the last `backward` left them.
    """

    def __init__(self, network: nn.Module) -> None:
        self._names: Final = {id(w): name for name, w in network.named_parameters()}
        weights = list(network.parameters())
        self._small: Final = [w for w in weights if w.numel() < LARGE]
        self._large: Final = [w for w in weights if w.numel() >= LARGE]
        bundle = torch.cat([w.detach().flatten() for w in self._small])
        self.tensors: Final = [bundle, *(w.detach() for w in self._large)]
        # The first is filled anew by each `backward`: to ask for new memory would cost more than to fill it.
        self.gradients = [torch.zeros_like(t) for t in self.tensors]
        views = bundle.split([w.numel() for w in self._small])
        for weight, view in zip(self._small, views, strict=True):
            weight.data = view.view_as(weight)

    def named(self, tensors: Sequence[Tensor]) -> dict[str, Tensor]:
        """Weights by their names in the network, read from other tensors in place of `tensors`.

        Args:
            tensors: A bundle and large weights, in the shapes of `tensors`; gradients pass.
        """
        parts = tensors[0].split([w.numel() for w in self._small])
        named = {self._names[id(w)]: part.view_as(w) for w, part in zip(self._small, parts, strict=True)}
        return named | {self._names[id(w)]: t for w, t in zip(self._large, tensors[1:], strict=True)}

    def backward(self, losses: Tensor) -> Tensor:
        """Differentiate a mean loss by these weights, and by no others, into `gradients`.

        Args:
            losses: Loss per sample, ``[batch]``, which depends on all of the weights.

        Returns:
            Euclidean norm of the gradient, a scalar.
        """
        # Of a scalar: PyTorch takes other gradients through symbolic algebra, an import of half a second.
        gradients = torch.autograd.grad(losses.mean(), [*self._small, *self._large])
        n = len(self._small)
        torch.cat([g.reshape(-1) for g in gradients[:n]], out=self.gradients[0])
        self.gradients[1:] = gradients[n:]
        norms = [torch.linalg.vector_norm(g) for g in self.gradients]
        norm: Tensor = norms[0] if len(norms) == 1 else torch.linalg.vector_norm(torch.stack(norms))
        return norm
