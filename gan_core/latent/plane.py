"""Flat pieces of the latent space: a centre and two orthonormal directions, to be walked by hand."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from gan_core.errors import ConfigError

_PARALLEL = 1e-4


@dataclass(frozen=True)
class Plane:
    """All points ``centre + a u + b v``.

    Attributes:
        centre: The point nearest to the origin, ``[latent_dim]``.
        u: First direction, a unit vector.
        v: Second one, orthogonal to it.
        reach: It is shown for a and b from -reach to reach.
    """

    centre: Tensor
    u: Tensor
    v: Tensor
    reach: float

    def at(self, places: Tensor) -> Tensor:
        """Points of the latent space, ``[n, latent_dim]``, for places (a, b), ``[n, 2]``."""
        return self.centre + places @ torch.stack((self.u, self.v))

    def places(self, z: Tensor) -> Tensor:
        """Places ``[n, 2]`` of the points of the plane that are nearest to ``z``, ``[n, latent_dim]``."""
        return (z - self.centre) @ torch.stack((self.u, self.v)).T

    def grid(self, n: int) -> Tensor:
        """Places of the centres of ``n`` by ``n`` cells, ``[n², 2]``, as a picture is read: top row first."""
        ticks = (torch.arange(n) + 0.5) * (2 * self.reach / n) - self.reach
        return torch.stack((ticks.repeat(n), ticks.flip(0).repeat_interleave(n)), 1)


def through(points: Tensor, shell: float) -> Plane:
    """Span the plane through three points.

    Args:
        points: ``[3, latent_dim]``.
        shell: Norm that few z exceed; as much of the plane is shown as lies within it, and all three points.

    Raises:
        ConfigError: If they lie on one line, or z has a single number.
    """
    a, b, c = points
    return _spanned(a, b - a, c - a, shell, points)


def along_two(point: Tensor, first: Tensor, second: Tensor, shell: float) -> Plane:
    """Span the plane through a point along two directions; arguments as for `through`.

    Raises:
        ConfigError: If the directions are parallel.
    """
    return _spanned(point, first, second, shell, point[None])


def _spanned(point: Tensor, first: Tensor, second: Tensor, shell: float, shown: Tensor) -> Plane:
    size = first.norm()
    u = first / size.clamp_min(1e-12)
    across = second - (second @ u) * u
    across = across - (across @ u) * u  # again: the first difference may have lost most of its digits
    if size < 1e-6 or across.norm() <= _PARALLEL * second.norm().clamp_min(1e-6):
        raise ConfigError("these do not span a plane, they lie on one line: choose other points or directions")
    v = across / across.norm()
    centre = point - (point @ u) * u - (point @ v) * v
    plane = Plane(centre, u, v, 0.0)
    inside = max(shell**2 - float(centre.square().sum()), 0.0) ** 0.5
    reach = max(inside, 1.15 * float(plane.places(shown).abs().max()), 1.0)
    return Plane(centre, u, v, reach)
