"""Changes of samples: by a coordinate of z, by a direction, by a unit that is switched off."""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor

from gan_core.latent.directions import draw
from gan_core.latent.space import Maker

_STEP: Final = 0.25
MADE: Final = 8192
"""Samples that one survey makes, about."""


def coordinates(players: Maker, made: int = MADE) -> Tensor:
    r"""Mean size of $\partial G / \partial z_i$, ``[latent_dim]``: root mean square over pixels, by differences.

    Args:
        players: Whose generator.
        made: Samples that may be made, about; four z are moved along each coordinate at least.
    """
    dim = players.config.latent_dim
    z, classes = draw(players, max(4, min(64, made // (2 * dim))))
    return effects(players, torch.eye(dim), _STEP, z, classes) / (2 * _STEP)


def effects(players: Maker, vectors: Tensor, sigmas: float, z: Tensor, classes: Tensor) -> Tensor:
    """Measure how far samples move from -sigmas to +sigmas along each direction, ``[k]``: root mean square over pixels.

    Args:
        players: Whose generator.
        vectors: Unit vectors ``[k, latent_dim]``.
        sigmas: Strength.
        z: Where, ``[n, latent_dim]``; the result is the mean over them.
        classes: ``[n, n_classes]``.
    """
    out = []
    for vector in vectors:
        ends = torch.cat((z + sigmas * vector, z - sigmas * vector))
        more, less = players.sample(ends, classes.repeat(2, 1)).flatten(1).chunk(2)
        out.append((more - less).square().mean(1).sqrt().mean())
    return torch.stack(out)
