"""Samples and optimizers that a person gives to the watch; to read them draws none of the person's random numbers."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gan_core.watching.course import sketch

__all__ = ["Given", "ids_of", "read_given"]

Array = NDArray[Any]
MOST: Final = 1024
"""Samples that are read, evenly spaced."""
FEW: Final = 64


@dataclass(frozen=True)
class Given:
    """Samples that a person gave.

    Attributes:
        sketches: ``[n, length]``, see `gan_core.watching.course.sketch`.
        low: Their smallest number.
        high: Their largest.
        labels: The class of each, ``[n]``, or None.
    """

    sketches: Array
    low: float
    high: float
    labels: Array | None


def read_given(value: Any, argument: str, labels: Any = None) -> Given:
    """Read at most 1,024 samples, evenly spaced.

    Args:
        value: A tensor or an array ``[n, …]``, a data set with a length and samples by number, or a loader of one.
        argument: Its name, for the words of an error.
        labels: The class of each sample of `value`, ``[n]``; a data set's own are taken where it gives pairs.

    Raises:
        TypeError: If it is something else.
        ValueError: If the samples are fewer than 64, of different shapes, or not as many as the labels.
    """
    source = getattr(value, "dataset", value)
    if (
        not hasattr(source, "__len__")
        or not hasattr(source, "__getitem__")
        or isinstance(source, str | bytes | Mapping)
    ):
        raise TypeError(
            f"{argument} is a {type(value).__name__}; give a tensor or an array of samples, a data set, or its loader"
        )
    n = len(source)
    if n < FEW:
        raise ValueError(f"{argument} has {n} samples; give at least {FEW}")
    at = np.unique(np.linspace(0, n - 1, min(n, MOST)).round().astype(int)).tolist()
    classes: list[Any] = []
    if isinstance(source, Tensor | np.ndarray):
        chosen = torch.as_tensor(source[at])
    else:
        chosen, classes = _items(source, at, argument)
    if not chosen.is_floating_point():
        chosen = chosen.float()
    pieces = [sketch(chosen[k : k + FEW]) for k in range(0, len(chosen), FEW)]
    if chosen.dim() < 2 or any(piece is None for piece in pieces):
        raise ValueError(
            f"{argument} has samples of the shape {tuple(chosen.shape[1:])}; D's input has more to compare"
        )
    known = np.asarray(labels)[at] if labels is not None and len(labels) == n else None
    if labels is not None and known is None:
        raise ValueError(f"labels has {len(labels)} entries, {argument} has {n} samples; give one label a sample")
    if known is None and len(classes) == len(at):
        known = np.asarray(classes)
    sketches = np.concatenate([piece.cpu().numpy() for piece in pieces if piece is not None])
    return Given(sketches, float(chosen.min()), float(chosen.max()), known)


def _items(source: Any, at: list[int], argument: str) -> tuple[Tensor, list[Any]]:
    samples, classes = [], []
    with _undisturbed():
        for number in at:
            item = source[number]
            if isinstance(item, tuple | list) and item:
                if len(item) > 1 and np.ndim(item[1]) == 0 and not isinstance(item[1], str):
                    classes.append(int(item[1]))
                item = item[0]
            if not isinstance(item, Tensor | np.ndarray):
                raise TypeError(f"{argument} gives a {type(item).__name__} as a sample; give tensors, as D gets them")
            samples.append(torch.as_tensor(item))
    shapes = {tuple(sample.shape) for sample in samples}
    if len(shapes) > 1:
        raise ValueError(f"{argument} has samples of different shapes: {', '.join(map(str, sorted(shapes)[:3]))}")
    return torch.stack(samples), classes


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Put the random streams back: a data set may augment what it gives."""
    of_python, of_numpy = random.getstate(), np.random.get_state()  # noqa: NPY002
    try:
        with torch.random.fork_rng(devices=[]):  # noqa: TID251
            yield
    finally:
        random.setstate(of_python)
        np.random.set_state(of_numpy)  # noqa: NPY002


def ids_of(optimizers: Any) -> list[frozenset[int]] | None:
    """Find the parameters that each of some optimizers holds; None if none were given.

    Raises:
        TypeError: If one of them is no optimizer.
    """
    if optimizers is None:
        return None
    each = list(optimizers) if isinstance(optimizers, list | tuple) else [optimizers]
    inner = [getattr(one, "optimizer", one) for one in each]  # accelerate and others wrap them
    wrong = next((one for one in inner if not hasattr(one, "param_groups")), None)
    if wrong is not None:
        raise TypeError(f"optimizers holds a {type(wrong).__name__}; give torch.optim.Optimizer objects")
    return [frozenset(id(p) for group in one.param_groups for p in group["params"]) for one in inner]
