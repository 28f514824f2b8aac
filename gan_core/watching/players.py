"""The two players of a stranger's game: which modules, which parameters, who owns what."""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import torch
from torch import Tensor, nn

__all__ = ["PLAYERS", "Player", "as_modules", "largest", "smallest", "tensors"]

PLAYERS: Final = ("D", "G")
SAMPLED_PARAMETERS: Final = 24
SAMPLED_ENTRIES: Final = 64


class Player:
    """Modules of one player with their parameters, held weakly.

    Attributes:
        name: ``"G"`` or ``"D"``.
        names: Parameter names by id.
        ids: Of all parameters.
        segments: How many entries of `sample` belong to each of the parameters that it takes.
        parts: Ids of the parameters of each module, where there are several.
        n: Number of weights.
        has_modes: Whether `train()` and `eval()` differ: batch norm or dropout is inside.
        has_batch_norm: Whether batch norm is inside.
        normed: Whether a constraint on weights (spectral norm, another parametrisation) is inside.
    """

    def __init__(self, name: str, modules: list[nn.Module]) -> None:
        self.name = name
        self._modules = [weakref.ref(module) for module in modules]
        self.names: dict[int, str] = {}
        parameters: list[Tensor] = []
        for number, module in enumerate(modules):
            prefix = f"{name}[{number}]." if len(modules) > 1 else f"{name}."
            for key, parameter in module.named_parameters():
                if id(parameter) not in self.names:
                    self.names[id(parameter)] = prefix + key
                    parameters.append(parameter)
        self.ids = frozenset(self.names)
        self.parts = [frozenset(map(id, module.parameters())) for module in modules] if len(modules) > 1 else []
        self.n = sum(p.numel() for p in parameters)
        self._parameters = [weakref.ref(p) for p in parameters]
        inner = [m for module in modules for m in module.modules()]
        batch_norm = nn.modules.batchnorm._BatchNorm
        self.has_batch_norm = any(isinstance(m, batch_norm) for m in inner)
        self.has_modes = self.has_batch_norm or any(isinstance(m, nn.modules.dropout._DropoutNd) for m in inner)
        self.normed = any(hasattr(m, "parametrizations") or hasattr(m, "weight_orig") for m in inner)
        embeddings = {id(m.weight) for m in inner if isinstance(m, nn.Embedding | nn.EmbeddingBag)}
        matrices = [p for p in parameters if p.dim() >= 2 and id(p) not in embeddings and 4 <= p.shape[0] <= 2048]
        self._matrices = [weakref.ref(p) for p in matrices[:8]]
        self._sampled = self._parameters[:: max(1, -(-len(parameters) // SAMPLED_PARAMETERS))]

        self.segments: list[int] = []
        for ref in self._sampled:
            p = ref()
            n = 0 if p is None else p.numel()
            self.segments.append(len(range(0, n, max(1, n // SAMPLED_ENTRIES))[:SAMPLED_ENTRIES]))

    @property
    def modules(self) -> list[nn.Module]:
        """Those that still exist."""
        return [module for ref in self._modules if (module := ref()) is not None]

    @property
    def parameters(self) -> list[Tensor]:
        """Those that still exist."""
        return [p for ref in self._parameters if (p := ref()) is not None]

    @property
    def matrices(self) -> list[Tensor]:
        """A few weights of layers whose units can be told apart."""
        return [p for ref in self._matrices if (p := ref()) is not None]

    @property
    def alive(self) -> bool:
        """Tell whether all modules still exist."""
        return all(ref() is not None for ref in self._modules)

    def listening(self) -> list[Tensor]:
        """First and last parameter of each module that takes gradients now."""
        chosen: dict[int, Tensor] = {}
        for module in self.modules:
            taking = [p for p in module.parameters() if p.requires_grad and p.is_leaf]
            chosen.update((id(p), p) for p in (*taking[:1], *taking[-1:]))
        return list(chosen.values())

    def sample(self) -> Tensor:
        """Copy a few hundred weights, the same entries each time."""
        parts = []
        with torch.no_grad():
            for ref in self._sampled:
                if (p := ref()) is not None:
                    flat = p.detach().reshape(-1)
                    parts.append(flat[:: max(1, flat.numel() // SAMPLED_ENTRIES)][:SAMPLED_ENTRIES].float())
            return torch.cat(parts) if parts else torch.zeros(0)


def as_modules(given: Any, argument: str) -> list[nn.Module]:
    """One module, or several, as a list.

    Raises:
        TypeError: If it is neither.
    """
    modules = list(given) if isinstance(given, list | tuple | nn.ModuleList) else [given]
    if not modules or not all(isinstance(module, nn.Module) for module in modules):
        kinds = ", ".join(type(module).__name__ for module in modules) or "nothing"
        raise TypeError(f"{argument} is {kinds}; give a torch.nn.Module or a list of them")
    return modules


def tensors(value: Any) -> Iterator[Tensor]:
    """All tensors with a batch axis in arguments or outputs, two levels deep at most."""
    if isinstance(value, Tensor):
        if value.dim() >= 1:
            yield value
    elif isinstance(value, Mapping):
        yield from _each(value.values())
    elif isinstance(value, list | tuple):
        yield from _each(value)


def _each(values: Iterable[Any]) -> Iterator[Tensor]:
    for value in values:
        if isinstance(value, Tensor):
            if value.dim() >= 1:
                yield value
        elif isinstance(value, list | tuple):
            yield from (t for t in value if isinstance(t, Tensor) and t.dim() >= 1)


def largest(value: Any) -> Tensor | None:
    """Find the floating tensor with most elements: the picture among arguments."""
    return max((t for t in tensors(value) if t.is_floating_point()), key=Tensor.numel, default=None)


def smallest(value: Any) -> Tensor | None:
    """Find D's verdict among its answers: one number a place, of several the fewest places, the first of equals.

    Other heads, of classes or features, have several numbers a place, and at times fewer in all.
    """
    answers = (t for t in tensors(value) if t.is_floating_point())
    return min(answers, key=lambda t: (t.dim() > 1 and t.shape[1] != 1, t.numel()), default=None)
