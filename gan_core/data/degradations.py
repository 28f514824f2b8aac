"""Degradations: pure functions from a real sample to what is left of it, `degrade(real, rng, noise) -> condition`.

Samples are ``[n, c, h, w]`` in [-1, 1]. A condition has the shape of its sample, so that networks, pages and filters
handle all of them alike: a small picture is shown in blocks of one value each, and a picture with a hole has one map
more, which is 1 where something is missing and 0 elsewhere. What is missing itself is 0.
"""

from __future__ import annotations

import torch
from torch import Generator, Tensor
from torch.nn import functional


def small(real: Tensor, rng: Generator, *, block: int) -> Tensor:
    """Average blocks of ``block`` by ``block`` pixels; each pixel then has its block's mean.

    Args:
        real: ``[n, c, h, w]``; both sides can be divided by ``block``.
        rng: Unused: nothing is left to chance.
        block: Side of a block.
    """
    return enlarge(functional.avg_pool2d(real, block), block)


def enlarge(images: Tensor, factor: int) -> Tensor:
    """Repeat each pixel ``factor`` times in both directions, ``[n, c, factor · h, factor · w]``."""
    return images.repeat_interleave(factor, 2).repeat_interleave(factor, 3)


def noisy(real: Tensor, rng: Generator, *, noise: float) -> Tensor:
    """Add N(0, noise²) to each pixel, and cut off what leaves [-1, 1], as any camera does.

    Args:
        real: ``[n, c, h, w]``.
        rng: Source of the noise, on the CPU.
        noise: Its standard deviation.
    """
    return (real + noise * torch.randn(real.shape, generator=rng).to(real.device)).clamp_(-1, 1)


def missing_quarter(real: Tensor, rng: Generator) -> Tensor:
    """Cut out a rectangle of half of each side, a quarter of the picture, at a random place.

    Args:
        real: ``[n, c, h, w]``.
        rng: Source of the places, on the CPU.

    Returns:
        ``[n, c + 1, h, w]``: the rest, and a map that is 1 where it is missing.
    """
    n, _, h, w = real.shape
    high, wide = h // 2, w // 2
    top = torch.randint(h - high + 1, (n, 1), generator=rng)
    left = torch.randint(w - wide + 1, (n, 1), generator=rng)
    ys, xs = torch.arange(h), torch.arange(w)
    rows = (ys >= top) & (ys < top + high)
    columns = (xs >= left) & (xs < left + wide)
    hole = (rows[:, None, :, None] & columns[:, None, None, :]).float().to(real.device)
    return torch.cat((real * (1 - hole), hole), 1)
