"""The prior: seeded points, the norms that z has, and how dense it lies."""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Final

import torch
from torch import Generator, Tensor

from gan_core.game.sampling import sample_prior
from gan_core.latent.points import N_SEEDED

if TYPE_CHECKING:
    from gan_core.latent.space import Space

UNIFORM_EDGE: Final = math.sqrt(3)
_DRAWS: Final = 20_000
_SHARES: Final = (0.05, 0.5, 0.95)


def seeded(seed: int, config: Space) -> Tensor:
    """Draw the points of a seed, ``[N_SEEDED, latent_dim]``, without touching a stream of the run.

    Args:
        seed: 0 to 2^31 - 1.
        config: For the prior and the size of z.
    """
    return sample_prior(N_SEEDED, config, Generator().manual_seed(seed))


def likely_norms(config: Space) -> tuple[float, float, float]:
    """Norms of z below which 5, 50 and 95 % of the prior lie.

    In many dimensions they are close to each other: nearly all of the prior lies in a thin shell of radius about
    √latent_dim, and the origin, though it is the densest point of a normal prior, is no likely z.
    """
    return _likely_norms(config.prior, config.latent_dim)


@functools.lru_cache(maxsize=64)
def _likely_norms(prior: str, dim: int) -> tuple[float, float, float]:
    rng = Generator().manual_seed(0)
    # A square of N(0, 1) or of a uniform number, summed over the coordinates: drawn in parts to keep memory small.
    squares = torch.zeros(_DRAWS)
    for _ in range(dim):
        draw = torch.randn(_DRAWS, generator=rng) if prior == "normal" else torch.rand(_DRAWS, generator=rng)
        squares += draw.square() if prior == "normal" else (draw - 0.5).mul_(2 * UNIFORM_EDGE).square_()
    low, middle, high = torch.quantile(squares.sqrt_(), torch.tensor(_SHARES)).tolist()
    return low, middle, high


def relative_density(z: Tensor, config: Space) -> Tensor:
    """Density of the prior at ``z``, ``[n]``, over its largest value among them; 0 where there is none.

    Args:
        z: ``[n, latent_dim]``.
        config: For the prior.
    """
    if config.prior == "uniform":
        return (z.abs() <= UNIFORM_EDGE).all(1).float()
    exponent = -0.5 * z.square().sum(1)
    return (exponent - exponent.max()).exp()
