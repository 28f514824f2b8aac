"""Known modes of a data set in the plane: where they are and which points belong to them.

All arrays are NumPy and in data units. Two questions are kept apart: which mode a point is
*nearest* to (every point has one) and whether the point lies *inside* that mode's region (a blurred
generator leaves many points inside none).
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["DISC_SHARE", "SIDES", "Assign", "Modes", "discs", "ellipses", "ring_sectors", "strip_fifths"]

Floats = NDArray[np.floating]
Assign = Callable[[Floats], tuple[NDArray[np.intp], NDArray[np.bool_]]]

SIDES = ("right", "upper right", "top", "upper left", "left", "lower left", "bottom", "lower right")
"""Eighths of a turn, counter-clockwise."""
DISC_SHARE = 1.0 - math.exp(-4.5)
"""Share of a round Gaussian in the plane that lies within three standard deviations: 98.889 %."""


@dataclass(frozen=True, eq=False)
class Modes:
    """The modes of a data set, with the rule that says which points reach them.

    Attributes:
        centres: A representative point of each mode, `[k, 2]`.
        sigma: Standard deviation per coordinate where all modes are round and alike, else None.
        shares: True share of all samples that belong to each mode, `[k]`, sums to 1.
        inside_shares: True share of all samples inside the region of each mode, `[k]`.
        rule: The region in words.
        captured_share: A mode counts as captured when its region holds at least this fraction of
            `inside_shares`; 0 means that one sample is enough (the published definition).
        assign: Maps points `[n, 2]` to (nearest mode `[n]`, inside its region `[n]`).
    """

    centres: Floats
    sigma: float | None
    shares: Floats
    inside_shares: Floats
    rule: str
    captured_share: float
    assign: Assign

    def __len__(self) -> int:
        return len(self.centres)

    @functools.cached_property
    def half_gap(self) -> float:
        """Half the way between the two centres that are nearest to each other."""
        gaps = np.linalg.norm(self.centres[:, None] - self.centres[None], axis=-1)
        return float(gaps[gaps > 0].min()) / 2

    @functools.cached_property
    def places(self) -> tuple[str, ...]:
        """Places of the modes in words: on which side of the middle, or its coordinates where two share a side."""
        x, y = (self.centres - self.centres.mean(0)).T
        eighths = np.round(np.arctan2(y, x) / (np.pi / 4)).astype(int) % 8
        if len(set(eighths.tolist())) == len(self):
            return tuple(f"at the {SIDES[i]}" for i in eighths)
        return tuple(f"at ({x:.3g}, {y:.3g})" for x, y in self.centres.tolist())


def _nearest(points: Floats, centres: Floats) -> NDArray[np.intp]:
    # argmin |x - c|^2 = argmax (x.c - |c|^2 / 2): one matrix product instead of [n, k, 2] differences.
    nearest: NDArray[np.intp] = (points @ centres.T - 0.5 * np.square(centres).sum(1)).argmax(1)
    return nearest


def discs(centres: Floats, radius: float) -> Assign:
    """Assign by nearest centre; inside when strictly closer than `radius` (PacGAN, arXiv:1712.04086)."""

    def assign(points: Floats) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
        nearest = _nearest(points, centres)
        return nearest, np.square(points - centres[nearest]).sum(1) < radius * radius

    return assign


def ellipses(centres: Floats, stds: Floats, radius: float) -> Assign:
    """Assign by smallest Mahalanobis distance; inside when it is below `radius`.

    Args:
        centres: Means, `[k, 2]`.
        stds: Standard deviations along both axes, `[k, 2]`.
        radius: In standard deviations.
    """

    def assign(points: Floats) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
        distance = np.square((points[:, None, :] - centres) / stds).sum(2)
        return distance.argmin(1), distance.min(1) < radius * radius

    return assign


def ring_sectors(centre: Floats, radii: Floats, k: int, inner: float, outer: float) -> Assign:
    """Assign by sector of the angle on an ellipse, from -pi; inside between two relative radii."""

    def assign(points: Floats) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
        unit = (points - centre) / radii
        turn = np.arctan2(unit[:, 1], unit[:, 0]) / (2 * np.pi) + 0.5
        radius = np.hypot(unit[:, 0], unit[:, 1])
        # atan2 may return +pi itself, which is the same direction as -pi: hence the modulo.
        return (turn * k).astype(np.intp) % k, (inner < radius) & (radius < outer)

    return assign


def strip_fifths(start: Floats, direction: Floats, k: int, half_height: float) -> Assign:
    """Assign by equal parts of a segment `start + t * direction`, with `t` read from x alone.

    Inside when `0 <= t < 1` and the point is less than `half_height` above or below the segment.
    Points beyond an end are nearest to the part at that end.
    """

    def assign(points: Floats) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
        t = (points[:, 0] - start[0]) / direction[0]
        off = np.abs(points[:, 1] - (start[1] + t * direction[1]))
        part = (np.clip(t, 0.0, 1.0) * k).astype(np.intp)
        return np.minimum(part, k - 1), (t >= 0) & (t < 1) & (off < half_height)

    return assign
