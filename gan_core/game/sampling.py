"""Noise, real samples and labels for a run, drawn from a given stream."""

from __future__ import annotations

import math
from typing import Protocol

import torch
from torch import Generator, Tensor

from gan_core.config import RunConfig
from gan_core.data import Dataset, Images


class Prior(Protocol):
    """A distribution of z, normal or uniform; a run's config has one."""

    @property
    def latent_dim(self) -> int:
        """Numbers of z."""

    @property
    def prior(self) -> str:
        """Name of the distribution."""


def sample_prior(n: int, config: Prior, rng: Generator) -> Tensor:
    """Draw noise ``[n, latent_dim]``: N(0, 1), or uniform in [-√3, √3]; both have mean 0 and variance 1."""
    shape = (n, config.latent_dim)
    if config.prior == "normal":
        return torch.randn(shape, generator=rng)
    return torch.rand(shape, generator=rng).sub_(0.5).mul_(2 * math.sqrt(3))


def sample_data(n: int, config: RunConfig, data: Dataset, rng: Generator) -> tuple[Tensor, ...]:
    """Draw ``n`` real samples; with their labels, ``[n]``, if the config is conditional.

    Raises:
        DataError: If labels are needed and the data have none.
    """
    if config.conditional and isinstance(data, Images):
        return data.sample_labelled(n, rng)
    return (data.sample(n, rng),)


def even_labels(n: int, config: RunConfig) -> tuple[Tensor, ...]:
    """Make ``n`` labels that have all classes equally often, in order, for the generator to take after z.

    Args:
        n: How many.
        config: For the number of classes; without any the result is empty.
    """
    return (torch.arange(n) * config.n_classes // n,) if config.conditional else ()
