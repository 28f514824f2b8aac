"""Optimisers: how a gradient becomes an update. Adam, SGD, RMSprop with PyTorch's numbers, and optimistic Adam.

They take gradients as a list and work on plain tensors. `torch.optim` gives the same numbers, but on small networks
its bookkeeping costs as much as the update, and its first use imports PyTorch's compiler: seconds before a first step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import torch
from torch import Tensor

EPSILON: Final = 1e-8

TINY: Final = 1e-24
"""Under a root that is to be differentiated: 1e-12 beside `EPSILON` outside it."""

State = dict[str, Tensor]
Memory = dict[str, list[Tensor]]


class Optimizer:
    """Rule that updates tensors in place from their gradients.

    Args:
        weights: What it trains; none of them asks for a gradient.
        lr: Learning rate.
        betas: Memories of the gradient and of its square; SGD knows only the first, as its momentum.

    Attributes:
        lr: May be set at any time.
        betas: May be set at any time.
    """

    memories: tuple[str, ...] = ()
    """State kept for each weight, by name."""

    def __init__(self, weights: Sequence[Tensor], lr: float, betas: tuple[float, float]) -> None:
        self.weights = list(weights)
        self.lr, self.betas = lr, betas
        self.memory = {name: [torch.zeros_like(w) for w in self.weights] for name in self.memories}
        self.n_updates = torch.zeros((), device=self.weights[0].device)

    def step(self, gradients: Sequence[Tensor]) -> None:
        """Do one update.

        Args:
            gradients: Of the weights, in their order and shapes.
        """
        raise NotImplementedError

    def imagined(
        self, weights: Sequence[Tensor], gradients: Sequence[Tensor], memory: Memory, n_updates: int
    ) -> tuple[list[Tensor], Memory]:
        """Compute what `step` would do, in a way that can be differentiated; the optimiser itself stays as it is.

        Args:
            weights: In place of the optimiser's own.
            gradients: Of these weights.
            memory: In place of the optimiser's own.
            n_updates: How many updates there will have been, this one included.

        Returns:
            New weights and new memory.
        """
        columns = [memory[name] for name in self.memories]
        rows = [
            self._rule(w, g, remembered, n_updates)
            for w, g, *remembered in zip(weights, gradients, *columns, strict=True)
        ]
        after = {name: [row[1 + i] for row in rows] for i, name in enumerate(self.memories)}
        return [row[0] for row in rows], after

    def _rule(self, weight: Tensor, gradient: Tensor, memory: Sequence[Tensor], n: int) -> tuple[Tensor, ...]:
        """Compute one tensor's new value and new memories, for `imagined`."""
        raise NotImplementedError

    def state_dict(self) -> State:
        """Copy all that later updates depend on, rates and betas left out."""
        memory = {f"{name}.{i}": m.clone() for name, tensors in self.memory.items() for i, m in enumerate(tensors)}
        return {"n_updates": self.n_updates.clone(), **memory}

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Go on from what `state_dict` gave.

        Raises:
            ValueError: If names, shapes or types are not those of this optimiser; nothing is then changed.
        """
        own = {"n_updates": self.n_updates}
        own |= {f"{name}.{i}": m for name, tensors in self.memory.items() for i, m in enumerate(tensors)}
        if state.keys() != own.keys():
            raise ValueError(f"an optimiser's state has {sorted(state)}, not {sorted(own)}")
        for name, tensor in own.items():
            given = state[name]
            if given.shape != tensor.shape or given.dtype != tensor.dtype:
                raise ValueError(
                    f"{name} of an optimiser's state is {given.dtype} {tuple(given.shape)}, "
                    f"not {tensor.dtype} {tuple(tensor.shape)}"
                )
        for name, tensor in own.items():
            tensor.copy_(state[name])


class Adam(Optimizer):
    """Adam (arXiv:1412.6980, algorithm 1), ε 1e-8."""

    memories = ("mean", "square")

    def step(self, gradients: Sequence[Tensor]) -> None:
        """Do one update, all weights in one pass over memory."""
        self.n_updates += 1
        torch._fused_adam_(
            self.weights,
            list(gradients),
            self.memory["mean"],
            self.memory["square"],
            [],
            [self.n_updates] * len(self.weights),
            lr=self.lr,
            beta1=self.betas[0],
            beta2=self.betas[1],
            weight_decay=0.0,
            eps=EPSILON,
            amsgrad=False,
            maximize=False,
        )

    def _rule(self, weight: Tensor, gradient: Tensor, memory: Sequence[Tensor], n: int) -> tuple[Tensor, ...]:
        mean, square = memory
        mean, square = torch.lerp(gradient, mean, self.betas[0]), torch.lerp(gradient.square(), square, self.betas[1])
        size = (square / (1 - self.betas[1] ** n) + TINY).sqrt() + EPSILON
        return weight - self.lr / (1 - self.betas[0] ** n) * mean / size, mean, square


class OptimisticAdam(Optimizer):
    r"""Optimistic Adam (arXiv:1711.00141, algorithm 1), ε 1e-8: $w \leftarrow w - 2\eta u_t + \eta u_{t-1}$.

    $u_t$ is Adam's update of unit rate. The first has none before it, so $u_0 = 0$.
    """

    memories = ("mean", "square", "update")

    @torch.no_grad()
    def step(self, gradients: Sequence[Tensor]) -> None:
        """Do one update."""
        self.n_updates += 1
        after, memory = self.imagined(self.weights, gradients, self.memory, int(self.n_updates))
        for weight, new in zip(self.weights, after, strict=True):
            weight.copy_(new)
        self.memory = memory

    def _rule(self, weight: Tensor, gradient: Tensor, memory: Sequence[Tensor], n: int) -> tuple[Tensor, ...]:
        mean, square, before = memory
        mean, square = torch.lerp(gradient, mean, self.betas[0]), torch.lerp(gradient.square(), square, self.betas[1])
        size = (square / (1 - self.betas[1] ** n) + TINY).sqrt() + EPSILON
        update = mean / (1 - self.betas[0] ** n) / size
        return weight - self.lr * (2 * update - before), mean, square, update


class SGD(Optimizer):
    """Stochastic gradient descent; the first beta is its momentum, undamped."""

    memories = ("momentum",)

    def step(self, gradients: Sequence[Tensor]) -> None:
        """Do one update."""
        self.n_updates += 1
        if self.betas[0]:
            torch._foreach_mul_(self.memory["momentum"], self.betas[0])
            torch._foreach_add_(self.memory["momentum"], list(gradients))
            gradients = self.memory["momentum"]
        torch._foreach_add_(self.weights, list(gradients), alpha=-self.lr)

    def _rule(self, weight: Tensor, gradient: Tensor, memory: Sequence[Tensor], n: int) -> tuple[Tensor, ...]:
        momentum = self.betas[0] * memory[0] + gradient if self.betas[0] else memory[0]
        return weight - self.lr * (momentum if self.betas[0] else gradient), momentum


class RMSprop(Optimizer):
    """RMSprop (Tieleman and Hinton, 2012), ε 1e-8; the first beta is its momentum, the second its smoothing."""

    memories = ("momentum", "square")

    def step(self, gradients: Sequence[Tensor]) -> None:
        """Do one update."""
        self.n_updates += 1
        momentum, smoothing = self.betas
        for weight, gradient, moving, square in zip(
            self.weights, gradients, self.memory["momentum"], self.memory["square"], strict=True
        ):
            square.mul_(smoothing).addcmul_(gradient, gradient, value=1 - smoothing)
            size = square.sqrt().add_(EPSILON)
            if momentum:
                moving.mul_(momentum).addcdiv_(gradient, size)
                weight.add_(moving, alpha=-self.lr)
            else:
                weight.addcdiv_(gradient, size, value=-self.lr)

    def _rule(self, weight: Tensor, gradient: Tensor, memory: Sequence[Tensor], n: int) -> tuple[Tensor, ...]:
        moving, square = memory
        momentum, smoothing = self.betas
        square = torch.lerp(gradient.square(), square, smoothing)
        update = gradient / ((square + TINY).sqrt() + EPSILON)
        if momentum:
            moving = update = momentum * moving + update
        return weight - self.lr * update, moving, square


OPTIMIZERS: Final[dict[str, type[Optimizer]]] = {
    "adam": Adam,
    "sgd": SGD,
    "rmsprop": RMSprop,
    "optimistic_adam": OptimisticAdam,
}
"""Every optimiser by its name in the config."""
