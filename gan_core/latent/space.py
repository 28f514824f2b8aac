"""A latent space and whatever makes samples of it: all that walks, planes and sliders need to know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from gan_core.game.sampling import Prior

if TYPE_CHECKING:
    from torch import Tensor

    from gan_core.data import Images, Points, Signals

__all__ = ["Maker", "Space"]


class Space(Prior, Protocol):
    """The latent space of a generator; a run's config is one."""

    @property
    def n_classes(self) -> int:
        """Classes that the generator is told; 0 if none."""


class Maker(Protocol):
    """Makes samples of z: the players of a run, or a generator from elsewhere."""

    @property
    def config(self) -> Space:
        """Its latent space."""

    @property
    def data(self) -> Points | Images | Signals:
        """Data whose form its samples have."""

    def sample(self, z: Tensor, classes: Tensor) -> Tensor:
        """Generate samples ``[n, *shape]`` of ``[n, latent_dim]`` and ``[n, n_classes]``."""

    def classes(self, labels: Tensor) -> Tensor:
        """Weights ``[n, n_classes]`` that ask for one class each."""

    def even_classes(self, n: int) -> Tensor:
        """All classes in turn, ``[n, n_classes]``."""
