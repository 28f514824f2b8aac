r"""Data sets in the plane: endless samplers with known moments and, where there are any, known modes.

Two systems of units. *Data units* are those of the literature (the ring has radius 1, GAN Lab's data
fill the unit square); plots and metrics use them. *Network units* are what a GAN trains on:
$(x - \text{centre}) / \text{scale}$ with one scale for both axes, so that shapes keep their proportions
and the root mean square of a coordinate is 1. Centres and scales follow from the formulas of the
distributions; nothing is estimated from samples.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor

from gan_core.data.modes import DISC_SHARE, Modes, discs, ellipses, ring_sectors, strip_fifths

__all__ = [
    "Points",
    "blobs_3",
    "gaussians_2",
    "grid_25",
    "line",
    "moons",
    "ring",
    "ring_8",
    "swiss_roll",
]

Draw = Callable[[int, Generator], Tensor]
Frame = tuple[float, float, float, float]
AnyArray = TypeVar("AnyArray", Tensor, NDArray[np.floating])

_UNIT_SQUARE: Frame = (0.0, 1.0, 0.0, 1.0)


@dataclass(frozen=True, eq=False)
class Points:
    """An endless data set in the plane.

    Attributes:
        name: Its key in `gan_core.data.DATASETS`.
        centre: Mean of the distribution, data units.
        scale: Root mean of the variances of both coordinates, data units.
        frame: x0, x1, y0, y1 in data units: the picture's axes and the histogram of `js`.
        modes: Known modes, or None.
        draw: Samples `[n, 2]` in data units, float32; all randomness from the generator.
        kind: Always "plane".
        shape: Shape of one sample.
        n_train: None: there is no fixed training set.
    """

    name: str
    centre: tuple[float, float]
    scale: float
    frame: Frame
    modes: Modes | None
    draw: Draw = field(repr=False)
    kind: Literal["plane"] = field(default="plane", init=False)
    shape: tuple[int, ...] = field(default=(2,), init=False)
    n_train: None = field(default=None, init=False)
    _gain: Tensor = field(init=False, repr=False)
    _shift: Tensor = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_gain", torch.tensor(1.0 / self.scale))
        object.__setattr__(self, "_shift", -torch.tensor(self.centre) / self.scale)

    def sample(self, n: int, rng: Generator) -> Tensor:
        """Draw fresh independent samples, `[n, 2]`, float32, network units, on the CPU.

        Args:
            n: How many, >= 1.
            rng: A CPU generator; the same state gives the same samples.
        """
        return torch.addcmul(self._shift, self.draw(n, rng), self._gain)

    def to_data(self, x: AnyArray) -> AnyArray:
        """Convert network units to data units, `[..., 2]`; keeps type, dtype and device."""
        return x * self.scale + self._centre_like(x)

    def to_network(self, x: AnyArray) -> AnyArray:
        """Convert data units to network units, `[..., 2]`; keeps type, dtype and device."""
        return (x - self._centre_like(x)) / self.scale

    def _centre_like(self, x: AnyArray) -> AnyArray:
        if isinstance(x, Tensor):
            return x.new_tensor(self.centre)
        return np.asarray(self.centre, dtype=x.dtype)


def _mixture(
    name: str,
    centres: NDArray[np.float64],
    stds: NDArray[np.float64],
    frame: Frame,
    modes: Modes,
) -> Points:
    """Make a mixture of axis-parallel Gaussians, `[k, 2]` each; weights are those of `modes.shares`."""
    shares = modes.shares
    mean = shares @ centres
    variance = shares @ (np.square(centres - mean) + np.square(stds))
    centre_table = torch.tensor(centres, dtype=torch.float32)
    std_table = torch.tensor(stds, dtype=torch.float32)
    sigma = float(stds[0, 0]) if np.all(stds == stds[0, 0]) else None
    even = bool(np.all(shares == shares[0]))
    bounds = torch.tensor(np.cumsum(shares)[:-1], dtype=torch.float32)

    def draw(n: int, rng: Generator) -> Tensor:
        if even:
            index = torch.randint(len(centre_table), (n,), generator=rng)
        else:
            index = torch.bucketize(torch.rand(n, generator=rng), bounds, right=True)
        noise = torch.randn(n, 2, generator=rng)
        points = centre_table.index_select(0, index)
        if sigma is not None:
            return points.add_(noise, alpha=sigma)
        return points.addcmul_(noise, std_table.index_select(0, index))

    return Points(name, _pair(mean), math.sqrt(variance.mean()), frame, modes, draw)


def _polar(radius: Tensor, angle: Tensor) -> Tensor:
    """Compute points `[n, 2]` from polar coordinates `[n]`; one pass, where cos, sin and stack are three."""
    return torch.view_as_real(torch.polar(radius, angle))


def _pair(values: NDArray[np.float64]) -> tuple[float, float]:
    return float(values[0]), float(values[1])


def _round_mixture(name: str, centres: NDArray[np.float64], sigma: float, frame: Frame) -> Points:
    """Make equal round Gaussians with PacGAN's regions: three standard deviations around each centre."""
    k = len(centres)
    modes = Modes(
        centres=centres,
        sigma=sigma,
        shares=np.full(k, 1 / k),
        inside_shares=np.full(k, DISC_SHARE / k),
        rule="closer than 3 standard deviations to the centre",
        captured_share=0.0,
        assign=discs(centres, 3 * sigma),
    )
    return _mixture(name, centres, np.full((k, 2), sigma), frame, modes)


def gaussians_2() -> Points:
    """Make GAN Lab's `gaussians`: one round and one upright Gaussian in the unit square."""
    centres = np.array([[0.3, 0.7], [0.7, 0.4]])
    stds = np.array([[0.1, 0.1], [0.05, 0.2]])
    modes = Modes(
        centres=centres,
        sigma=None,
        shares=np.full(2, 1 / 2),
        # By quadrature: the regions overlap and each also holds points of the other Gaussian.
        inside_shares=np.array([0.494717, 0.495613]),
        rule="within 3 standard deviations (Mahalanobis) of the nearer Gaussian",
        captured_share=0.25,
        assign=ellipses(centres, stds, 3.0),
    )
    return _mixture("gaussians-2", centres, stds, _UNIT_SQUARE, modes)


def ring() -> Points:
    """Make GAN Lab's `ring`: a noisy ellipse; its "modes" are eight sectors of 45 degrees."""
    centre, radii, sigma, k = np.array([0.5, 0.45]), np.array([0.3, 0.25]), 0.025, 8
    angles = -np.pi + (np.arange(k) + 0.5) * 2 * np.pi / k
    modes = Modes(
        centres=centre + radii * np.stack([np.cos(angles), np.sin(angles)], axis=1),
        sigma=None,
        shares=np.full(k, 1 / k),
        # By integration: the noise leaves the flat sides of the ellipse a little more often.
        inside_shares=1 / k - np.array([0.71, 2.53, 2.53, 0.71] * 2) * 1e-4,
        rule="between 0.7 and 1.3 of the ellipse, in the sector of 45 degrees",
        captured_share=0.25,
        assign=ring_sectors(centre, radii, k, 0.7, 1.3),
    )
    middle = torch.tensor(centre, dtype=torch.float32)
    half_axes = torch.tensor(radii, dtype=torch.float32)

    def draw(n: int, rng: Generator) -> Tensor:
        angle = torch.rand(n, generator=rng).mul_(2 * math.pi)
        noise = torch.randn(n, 2, generator=rng)
        circle = _polar(torch.ones_like(angle), angle)
        return torch.addcmul(middle, circle, half_axes).add_(noise, alpha=sigma)

    scale = math.sqrt(np.square(radii).mean() / 2 + sigma**2)
    return Points("ring", _pair(centre), scale, _UNIT_SQUARE, modes, draw)


def blobs_3() -> Points:
    """Make GAN Lab's `disjoint`: three small round Gaussians far from each other."""
    centres = np.array([[0.35, 0.75], [0.75, 0.6], [0.45, 0.35]])
    shares = np.array([0.333, 0.333, 0.334])
    modes = Modes(
        centres=centres,
        sigma=0.025,
        shares=shares,
        inside_shares=shares * (1 - math.exp(-8.0)),
        rule="closer than 0.1 (4 standard deviations) to the centre",
        captured_share=0.25,
        assign=discs(centres, 0.1),
    )
    return _mixture("blobs-3", centres, np.full((3, 2), 0.025), _UNIT_SQUARE, modes)


def line() -> Points:
    """Make GAN Lab's `line`: a noisy segment; its "modes" are five equal parts."""
    start, direction, sigma, k = np.array([0.8, 0.6]), np.array([-0.75, 0.3]), 0.01, 5
    # Noise along x carries a point past the nearer end with probability E[max(0, noise)] / length.
    over_the_end = sigma / (abs(direction[0]) * math.sqrt(2 * math.pi))
    modes = Modes(
        centres=start + (np.arange(k)[:, None] + 0.5) / k * direction,
        sigma=None,
        shares=np.full(k, 1 / k),
        inside_shares=1 / k - over_the_end * np.array([1.0, 0.0, 0.0, 0.0, 1.0]),
        rule="less than 0.05 above or below the segment, in that fifth of its length",
        captured_share=0.25,
        assign=strip_fifths(start, direction, k, 0.05),
    )
    origin = torch.tensor(start, dtype=torch.float32)
    along = torch.tensor(direction, dtype=torch.float32)

    def draw(n: int, rng: Generator) -> Tensor:
        t = torch.rand(n, 1, generator=rng)
        noise = torch.randn(n, 2, generator=rng)
        return torch.addcmul(origin, t, along).add_(noise, alpha=sigma)

    scale = math.sqrt(np.square(direction).mean() / 12 + sigma**2)
    return Points("line", _pair(start + direction / 2), scale, _UNIT_SQUARE, modes, draw)


def ring_8() -> Points:
    """Make eight Gaussians on the unit circle, standard deviation 0.01 (PacGAN, arXiv:1712.04086).

    The angles are 2 pi i / 8 for i = 0..7: eight distinct modes. (Code that takes eight angles
    from 0 to 2 pi with both ends has seven, one of double mass.)
    """
    angles = 2 * np.pi * np.arange(8) / 8
    centres = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return _round_mixture("ring-8", centres, 0.01, (-1.3, 1.3, -1.3, 1.3))


def grid_25() -> Points:
    """Make a 5 x 5 grid of Gaussians, two apart, standard deviation 0.05 (PacGAN, arXiv:1712.04086)."""
    steps = np.array([-4.0, -2.0, 0.0, 2.0, 4.0])
    centres = np.stack(np.meshgrid(steps, steps, indexing="ij"), axis=-1).reshape(-1, 2)
    return _round_mixture("grid-25", centres, 0.05, (-5.0, 5.0, -5.0, 5.0))


def moons() -> Points:
    """Make two interleaving half circles of radius 1 with noise of standard deviation 0.05."""
    sigma = 0.05
    lower_moon = torch.tensor([1.0, 0.5])

    def draw(n: int, rng: Generator) -> Tensor:
        # One full circle of which the lower half is moved right and up: angle and moon in one number.
        half_turns = torch.rand(n, generator=rng).mul_(2.0)
        angle = half_turns * math.pi
        noise = torch.randn(n, 2, generator=rng)
        is_lower = half_turns.floor_().unsqueeze(1)
        circle = _polar(torch.ones_like(angle), angle)
        return torch.addcmul(circle, is_lower, lower_moon).add_(noise, alpha=sigma)

    # About the centre, the upper moon is (cos t - 1/2, sin t - 1/4) with t uniform on [0, pi], and the
    # lower one its mirror image; the mean of sin t is 2 / pi.
    variance_x = 0.5 + 0.25
    variance_y = 0.5 - 2 * 0.25 * 2 / math.pi + 0.0625
    scale = math.sqrt((variance_x + variance_y) / 2 + sigma**2)
    return Points("moons", (0.5, 0.25), scale, (-1.4, 2.4, -1.65, 2.15), None, draw)


def swiss_roll() -> Points:
    r"""Make a spiral $(t \cos t, t \sin t)$ with $t$ uniform on $[1.5\pi, 4.5\pi]$ and noise 0.25, over 7.5.

    These are two of the three axes of the usual swiss roll, as in the toy of WGAN-GP
    (arXiv:1704.00028, figure 1).
    """
    first, last, sigma, unit = 1.5 * math.pi, 4.5 * math.pi, 0.25, 7.5

    def draw(n: int, rng: Generator) -> Tensor:
        t = torch.rand(n, generator=rng).mul_(last - first).add_(first)
        noise = torch.randn(n, 2, generator=rng)
        return _polar(t, t).add(noise, alpha=sigma).div_(unit)

    # Integrals over t: E[t cos t] = 2, E[t sin t] = 2 / (3 pi), E[t^2] = 9.75 pi^2.
    mean_x, mean_y = 2.0, 2 / (3 * math.pi)
    variance = (9.75 * math.pi**2 - mean_x**2 - mean_y**2) / 2 + sigma**2
    centre = (mean_x / unit, mean_y / unit)
    return Points("swiss-roll", centre, math.sqrt(variance) / unit, (-1.8, 2.2, -1.8, 2.2), None, draw)
