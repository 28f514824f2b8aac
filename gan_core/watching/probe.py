"""Trials, on a copy of a module, of whether its output follows its arguments.

The module itself is not called: its buffers, its mode and the user's random streams stay as they are.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

__all__ = ["Followed", "follow", "gap", "samples", "twin"]

ROWS: Final = 16
LARGEST: Final = 60_000_000
"""Parameters above which no copy is made."""


@dataclass(frozen=True)
class Followed:
    """One argument.

    Attributes:
        argument: Its position or keyword.
        is_noise: Whether it is the first that holds fractions; classes do not.
        varied: Whether rolling it by one row changes it at all.
        changed: Whether the output changed.
    """

    argument: str
    is_noise: bool
    varied: Tensor
    changed: Tensor


def twin(module: nn.Module) -> nn.Module | None:
    """Copy in eval mode; None where no copy can be made."""
    if sum(p.numel() for p in module.parameters()) > LARGEST:
        return None
    try:
        original = getattr(module, "_orig_mod", module)
        # Weights that a hook has computed from others (spectral norm) have a graph, and cannot be copied with it.
        computed = {
            id(value): value.detach().clone()
            for inner in original.modules()
            for value in vars(inner).values()
            if isinstance(value, Tensor) and not value.is_leaf
        }
        own: nn.Module = copy.deepcopy(original, computed).eval()
        for inner in own.modules():
            inner._compiled_call_impl = None  # a copy is not worth a compiler's time
        return own
    except Exception:  # modules may hold anything
        return None


def gap(module: nn.Module, args: Any, kwargs: Any) -> Tensor | None:
    """Distance of a generator's output in eval mode from that in train mode, on a copy, in units of its spread.

    Only batch norm changes its mode; noise and dropout are as in eval mode both times.
    """
    own = twin(module)
    if own is None:
        return None
    given = [a for a in (*args, *kwargs.values()) if isinstance(a, Tensor)]
    devices = [d.index for d in {a.device for a in given} if d.type == "cuda" and d.index is not None]
    # A stranger's module draws from the global random stream.
    with torch.no_grad(), _still(module), torch.random.fork_rng(devices=devices):  # noqa: TID251
        state = torch.get_rng_state()
        evaluated = _output(own, args, kwargs, {}).detach().float().flatten(1)
        for inner in own.modules():
            if isinstance(inner, nn.modules.batchnorm._BatchNorm):
                inner.train()
        torch.set_rng_state(state)
        trained = _output(own, args, kwargs, {}).detach().float().flatten(1)
    spread = (trained - trained.mean(0)).square().mean().sqrt()
    return (evaluated - trained).square().mean().sqrt() / spread.clamp_min(1e-6)


def follow(module: nn.Module, args: Any, kwargs: Any, *, skip: Tensor | None) -> Iterator[Followed]:
    """Roll each argument by one row, on a copy.

    Args:
        module: The player as it was just called.
        args: Positional arguments of the call.
        kwargs: Keyword arguments.
        skip: An argument that is not asked about: D's picture.
    """
    places: list[tuple[int | str, Tensor]] = [
        (key, value)
        for key, value in (*enumerate(args), *kwargs.items())
        if isinstance(value, Tensor) and value.dim() >= 1 and value.shape[0] > 1 and value is not skip
    ]
    if not places or not all(isinstance(a, Tensor) for a in args):
        return
    own = twin(module)
    if own is None:
        return
    devices = [d.index for d in {value.device for _, value in places} if d.type == "cuda" and d.index is not None]
    # A stranger's module draws from the global random stream.
    with torch.no_grad(), _still(module), torch.random.fork_rng(devices=devices):  # noqa: TID251
        small = {key: value.detach()[:ROWS] for key, value in (*enumerate(args), *kwargs.items()) if _cut(value)}
        # Noise of the module's own must be the same both times.
        state = torch.get_rng_state()
        plain = _outputs(own, args, kwargs, small)
        noise = next((key for key, value in places if value.is_floating_point() and value.dim() >= 2), None)
        for key, _ in places:
            value = small[key]
            rolled = value.roll(1, 0)
            torch.set_rng_state(state)
            other = _outputs(own, args, kwargs, {**small, key: rolled})
            changed = torch.stack([(a != b).any() for a, b in zip(_all(other), _all(plain), strict=True)]).any()
            yield Followed(str(key), key == noise, (rolled != value).any(), changed)


def _cut(value: Any) -> bool:
    return isinstance(value, Tensor) and value.dim() >= 1


def _all(out: Any) -> Iterator[Tensor]:
    """Find every tensor of an output, however deep: an argument may matter to one of several answers alone."""
    if isinstance(out, Tensor):
        yield out
    elif isinstance(out, dict | list | tuple):
        for part in out.values() if isinstance(out, dict) else out:
            yield from _all(part)


def _outputs(own: nn.Module, args: Any, kwargs: Any, small: dict[int | str, Tensor]) -> Any:
    return own(*(small.get(k, a) for k, a in enumerate(args)), **{k: small.get(k, v) for k, v in kwargs.items()})


def _output(own: nn.Module, args: Any, kwargs: Any, small: dict[int | str, Tensor]) -> Tensor:
    out = _outputs(own, args, kwargs, small)
    while not isinstance(out, Tensor):
        out = next(iter(out.values())) if isinstance(out, dict) else out[0]
    return out


@contextmanager
def _still(module: nn.Module) -> Iterator[None]:
    """Keep the original's buffers, where a `forward` written onto an instance may still call it from the copy."""
    inner = list(module.modules())
    modes = [m.training for m in inner]
    borrowed = any("forward" in vars(m) for m in inner)
    try:
        if borrowed:
            for m in inner:
                m.training = False
        yield
    finally:
        if borrowed:
            for m, mode in zip(inner, modes, strict=True):
                m.training = mode


def samples(module: nn.Module, args: Any, kwargs: Any) -> NDArray[np.float32] | None:
    """Run a copy of a generator in eval mode on kept arguments; None where it cannot be copied."""
    own = twin(module)
    if own is None:
        return None
    given = [a for a in (*args, *kwargs.values()) if isinstance(a, Tensor)]
    devices = [d.index for d in {a.device for a in given} if d.type == "cuda" and d.index is not None]
    # A stranger's module draws from the global random stream.
    with torch.no_grad(), _still(module), torch.random.fork_rng(devices=devices):  # noqa: TID251
        out = _output(own, args, kwargs, {})
    return np.asarray(out.detach()[:ROWS].float().cpu().numpy(), np.float32)
