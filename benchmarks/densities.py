r"""Exact densities in the plane: mixtures of axis-parallel Gaussians, fine enough for a curve.

A data set along a curve with Gaussian noise is the mixture of many equal Gaussians along it. `Density.inside` says
which points lie in the smallest region that holds 99 % of the data (a highest density region), `Density.region` to
which part of the data a point belongs: all from the formula of the distribution, nothing from a sample of a run.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gan_core.data import Points, load

__all__ = ["CURVES", "Density", "density_of"]

Floats = NDArray[np.float64]

HELD: Final = 0.99
"""Share of the data in the region that counts as "on the data"."""
_PARTS: Final = 8
_N_LEVEL: Final = 20_000
_TURN: Final = 2 * math.pi


@dataclass(frozen=True, eq=False)
class Density:
    """A mixture of Gaussians whose components belong to regions.

    Attributes:
        centres: ``[m, 2]``, data units.
        stds: Along both axes, ``[m, 2]``.
        weights: Of the components, ``[m]``, sum 1.
        owner: Region of each component, ``[m]``, 0 to k - 1.
    """

    centres: Floats
    stds: Floats
    weights: Floats
    owner: NDArray[np.intp]

    @functools.cached_property
    def shares(self) -> Floats:
        """True share of the data in each region, ``[k]``."""
        return np.bincount(self.owner, self.weights).astype(np.float64)

    @functools.cached_property
    def level(self) -> float:
        """Log density that all but 1 % of the data exceed."""
        return float(np.quantile(self._terms(self.draw(_N_LEVEL, np.random.default_rng(0)))[0], 1 - HELD))

    @functools.cached_property
    def width(self) -> Floats:
        """Standard deviation of the data of each region about their mean, ``[k]``."""
        points, owner = self.draw_owned(_N_LEVEL, np.random.default_rng(1))
        return widths(points, owner, len(self.shares))

    def draw(self, n: int, rng: np.random.Generator) -> Floats:
        """Draw samples, ``[n, 2]``."""
        return self.draw_owned(n, rng)[0]

    def draw_owned(self, n: int, rng: np.random.Generator) -> tuple[Floats, NDArray[np.intp]]:
        """Draw samples, ``[n, 2]``, each with its region, ``[n]``."""
        which = rng.choice(len(self.weights), n, p=self.weights)
        points: Floats = self.centres[which] + self.stds[which] * rng.standard_normal((n, 2))
        return points, self.owner[which]

    def place(self, points: Floats) -> tuple[NDArray[np.bool_], NDArray[np.intp]]:
        """Tell of points ``[n, 2]`` whether they lie on the data, and in which region."""
        log_density, component = self._terms(points)
        return log_density >= self.level, self.owner[component]

    def sigmas(self, points: Floats) -> Floats:
        """Distance of each point ``[n, 2]`` to the nearest Gaussian, in its standard deviations."""
        parts = np.array_split(points, max(1, len(points) * len(self.weights) // 2_000_000))
        return np.concatenate(
            [np.sqrt((np.square((part[:, None, :] - self.centres) / self.stds).sum(2)).min(1)) for part in parts]
        )

    def moved(self, scale: Floats, shift: Floats) -> Density:
        """Return the density of ``scale * x + shift``."""
        return Density(self.centres * scale + shift, self.stds * np.abs(scale), self.weights, self.owner)

    def _terms(self, points: Floats) -> tuple[Floats, NDArray[np.intp]]:
        logs, owners = [], []
        for part in np.array_split(points, max(1, len(points) * len(self.weights) // 2_000_000)):
            z = (part[:, None, :] - self.centres) / self.stds
            terms = np.log(self.weights) - np.log(self.stds).sum(1) - 0.5 * np.square(z).sum(2) - math.log(_TURN)
            best = terms.max(1)
            logs.append(best + np.log(np.exp(terms - best[:, None]).sum(1)))
            owners.append(terms.argmax(1))
        return np.concatenate(logs), np.concatenate(owners)


def widths(points: Floats, owner: NDArray[np.intp], k: int) -> Floats:
    """Compute the standard deviation about their mean of the points of each region, ``[k]``; NaN for fewer than 8."""
    found = np.full(k, np.nan)
    for region in range(k):
        mine = points[owner == region]
        if len(mine) >= 8:
            found[region] = math.sqrt(mine.var(0).mean())
    return found


def _along(curve: Callable[[Floats], Floats], sigma: float, n: int, parts: int = _PARTS) -> Density:
    """Make a curve of ``t`` uniform on [0, 1] with round noise, cut into equal parts."""
    t = (np.arange(n) + 0.5) / n
    return Density(
        curve(t), np.full((n, 2), sigma), np.full(n, 1 / n), np.minimum((t * parts).astype(np.intp), parts - 1)
    )


def _ellipse(t: Floats) -> Floats:
    return np.array([0.5, 0.45]) + np.stack((0.3 * np.cos(_TURN * t), 0.25 * np.sin(_TURN * t)), 1)


def _segment(t: Floats) -> Floats:
    points: Floats = np.array([0.8, 0.6]) + t[:, None] * np.array([-0.75, 0.3])
    return points


def _half_moons(t: Floats) -> Floats:
    circle = np.stack((np.cos(_TURN * t), np.sin(_TURN * t)), 1)
    points: Floats = circle + (t >= 0.5)[:, None] * np.array([1.0, 0.5])
    return points


def _spiral(t: Floats) -> Floats:
    angle = math.pi * (1.5 + 3 * t)
    points: Floats = angle[:, None] * np.stack((np.cos(angle), np.sin(angle)), 1) / 7.5
    return points


CURVES: Final[Mapping[str, Callable[[], Density]]] = {
    "ring": lambda: _along(_ellipse, 0.025, 200),
    "line": lambda: _along(_segment, 0.01, 200),
    "moons": lambda: _along(_half_moons, 0.05, 400),
    "swiss-roll": lambda: _along(_spiral, 0.25 / 7.5, 800),
}
"""Catalogue's data sets along a curve, by their formulas; a test holds them equal to the samples."""


@functools.cache
def density_of(name: str) -> Density:
    """Return the density of a data set of the catalogue in the plane."""
    if name in CURVES:
        return CURVES[name]()
    data = load(name)
    assert isinstance(data, Points)
    assert data.modes is not None
    k, modes = len(data.modes), data.modes
    stds = np.array([[0.1, 0.1], [0.05, 0.2]]) if modes.sigma is None else np.full((k, 2), modes.sigma)
    return Density(np.asarray(modes.centres, np.float64), stds, np.asarray(modes.shares, np.float64), np.arange(k))
