"""Grids of samples as training scripts write them: where their tiles lie, and the tiles.

A grid is told by evidence alone, over several pictures of one size at once, as a single early or collapsed one shows
little: lines of one colour at even distances with a frame (torchvision's ``save_image``), background or edges at even
distances without one, or equal bands on a background (Matplotlib). The smallest tiles that the evidence allows are
the grid's; where there is none, the reason is given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gan_core.data.limits import MIN_SIDE

__all__ = ["Grid", "NoGrid", "cut", "given_grid", "tell_grid"]

Pixels = NDArray[np.uint8]

PADDINGS: Final = (2, 1, 3, 4, 5, 6, 8, 10)
"""Lines between tiles that are tried, torchvision's default first."""
SAME: Final = 24
"""Levels within which pixels are of one colour; JPEG blurs a line by about as much."""
BLURRED: Final = 0.05
"""Share of a line's pixels that may be of another colour where none has a line of one colour, as after JPEG."""
INK: Final = 0.05
"""Most ink at the edges of tiles on a background, as a share of what tiles have on average."""
EDGE: Final = 1.6
"""Ratio of the steps of brightness at the edges of tiles to those between them, in the median."""
WEAKEST_EDGE: Final = 1.25
"""The same at the weakest edge of all."""
FEWEST_EDGES: Final = 4
"""One edge each way may be a thing's own."""
EDGE_SIDE: Final = 16
"""Least side of tiles that are told by their edges: JPEG has edges of its own every eight pixels."""
MOST_TILES: Final = 4096


@dataclass(frozen=True)
class Grid:
    """Places of the tiles of a picture.

    Attributes:
        tops: First line of each row of tiles.
        lefts: First column of each column of tiles.
        height: Lines of a tile.
        width: Columns of a tile.
        background: Colour between tiles, or None.
        how: The evidence, in words.
    """

    tops: tuple[int, ...]
    lefts: tuple[int, ...]
    height: int
    width: int
    background: tuple[int, int, int] | None
    how: str

    @property
    def words(self) -> str:
        """The grid in a few words."""
        return f"{len(self.tops)} x {len(self.lefts)} tiles of {self.width} x {self.height} px, told by {self.how}"


class NoGrid(Exception):  # noqa: N818 - a picture that is no grid is no error
    """A picture whose tiles cannot be told; the text says why."""


def tell_grid(pictures: Sequence[Pixels]) -> Grid:
    """Find the tiles that all of some pictures share.

    Args:
        pictures: ``[h, w, 3]``, of one size, best from different times of a training.

    Raises:
        NoGrid: There is no evidence of tiles.
    """
    shown = [picture for picture in pictures if np.ptp(picture) > SAME]
    if not shown:
        raise NoGrid("the picture has one colour throughout")
    # Tiles with wide margins of their own, as digits have, allow several paddings: the usual ones come first.
    usual = [grid for grid in (_framed(shown, 0.0, 2, PADDINGS[:1]), _on_background(shown)) if grid is not None]
    found = min(usual, key=lambda grid: grid.width, default=None) or _framed(shown, 0.0, 2, PADDINGS[1:])
    found = found or _framed(shown, BLURRED, 6, PADDINGS) or _by_edges(shown) or _bands(shown)
    if found is None:
        raise NoGrid("no lines of one colour and no edges at even distances")
    return found


def given_grid(size: tuple[int, int], side: int) -> Grid:
    """Lay tiles of a given side into a picture, with the lines between them that make it come out even.

    Args:
        size: Height and width of the picture.
        side: Of a tile.

    Raises:
        NoGrid: It does not come out even.
    """
    for padding in (0, *PADDINGS):
        for frame in (padding, -padding):
            tops, lefts = (_places(length, side, padding, frame) for length in size)
            if tops and lefts:
                return Grid(tops, lefts, side, side, None, "the side that was given")
    raise NoGrid(f"tiles of {side} px do not fit into {size[1]} x {size[0]} px")


def cut(picture: Pixels, grid: Grid) -> list[Pixels]:
    """Cut a picture into tiles, row by row; empty ones at the end, where the last row was not full, are left out."""
    tiles = [picture[y : y + grid.height, x : x + grid.width] for y in grid.tops for x in grid.lefts]
    colour = grid.background
    while colour is not None and len(tiles) > 1 and _is_all(tiles[-1], np.array(colour)):
        tiles.pop()
    return tiles


def _places(length: int, side: int, padding: int, frame: int) -> tuple[int, ...]:
    """Place tiles along one axis, ``length = n (side + padding) + frame``; nowhere if it does not come out even."""
    n, rest = divmod(length - frame, side + padding)
    if rest or not 1 <= n <= MOST_TILES:
        return ()
    first = max(frame, 0)
    return tuple(first + i * (side + padding) for i in range(n))


def _framed(pictures: Sequence[Pixels], blurred: float, fewest: int, paddings: Sequence[int]) -> Grid | None:
    """Lines of one colour around every tile, also outside: torchvision's grids."""
    height, width = pictures[0].shape[:2]
    colours = [picture[0, 0].astype(int) for picture in pictures]
    rows, columns = _constant(pictures, colours, blurred)
    for padding in paddings:
        for side in range(MIN_SIDE, max(height, width) - 2 * padding + 1):
            tops, lefts = (_places(length, side, padding, padding) for length in (height, width))
            if len(tops) * len(lefts) < fewest:
                continue
            lines = [_gaps(places, side, length) for places, length in ((tops, height), (lefts, width))]
            if rows[lines[0]].all() and columns[lines[1]].all():
                background = _colour(colours)
                found = Grid(tops, lefts, side, side, background, f"lines of one colour, {padding} px wide")
                if _all_show(pictures, found):
                    return found
    return None


def _on_background(pictures: Sequence[Pixels]) -> Grid | None:
    """Tiles side by side whose own edges are all background, as digits have them."""
    height, width = pictures[0].shape[:2]
    colours = [picture[0, 0].astype(int) for picture in pictures]
    ink = np.zeros((height, width))
    for picture, colour in zip(pictures, colours, strict=True):
        ink += np.abs(picture.astype(np.int16) - colour.astype(np.int16)).mean(2)
    limit = INK * ink.mean()
    down, across = ink.mean(1), ink.mean(0)
    for side in range(MIN_SIDE, min(height, width) + 1):
        if height % side or width % side or (height // side) * (width // side) < 4:
            continue
        edges = [line[[*range(0, len(line), side), *range(side - 1, len(line), side)]] for line in (down, across)]
        if max(edge.max() for edge in edges) <= limit:
            tops, lefts = (tuple(range(0, length, side)) for length in (height, width))
            found = Grid(tops, lefts, side, side, _colour(colours), "background at even distances")
            if _all_show(pictures, found):
                return found
    return None


def _by_edges(pictures: Sequence[Pixels]) -> Grid | None:
    """Tiles side by side whose edges show as larger steps of brightness than elsewhere."""
    height, width = pictures[0].shape[:2]
    down, across = np.zeros(height - 1), np.zeros(width - 1)
    for picture in pictures:
        grey = picture.astype(np.float32).mean(2)
        down += np.abs(np.diff(grey, axis=0)).mean(1)
        across += np.abs(np.diff(grey, axis=1)).mean(0)
    for side in range(EDGE_SIDE, min(height, width) + 1):
        if height % side or width % side or (height // side) * (width // side) < 4:
            continue
        ratios = [*_edges(down, side), *_edges(across, side)]
        if len(ratios) >= FEWEST_EDGES and min(ratios) >= WEAKEST_EDGE and np.median(ratios) >= EDGE:
            tops, lefts = (tuple(range(0, length, side)) for length in (height, width))
            return Grid(tops, lefts, side, side, None, "edges at even distances")
    return None


def _all_show(pictures: Sequence[Pixels], grid: Grid) -> bool:
    """Tell whether every tile shows something but empty ones at the end; one thing on a plain ground is no grid."""
    tiles = max((cut(picture, grid) for picture in pictures), key=len)
    return len(tiles) > 1 and all(np.ptp(tile.reshape(-1, 3), axis=0).max() > SAME for tile in tiles)


def _edges(steps: NDArray[np.float64], side: int) -> list[float]:
    """Compute the ratio of each step at an edge to those in the halves of the tiles beside it."""
    found = []
    for edge in range(side, len(steps) + 1, side):
        beside = np.r_[steps[edge - 1 - side // 2 : edge - 1], steps[edge : edge + side // 2]]
        around = np.r_[steps[edge - 3 : edge - 1], steps[edge : edge + 2]]
        is_peak = steps[edge - 1] > around.max()
        found.append(float(steps[edge - 1] / max(np.median(beside), 1e-3)) if is_peak else 0.0)
    return found


def _bands(pictures: Sequence[Pixels]) -> Grid | None:
    """Equal bands of picture on a background, with margins of any width and perhaps lines of text."""
    colours = [picture[0, 0].astype(int) for picture in pictures]
    rows, columns = _constant(pictures, colours)
    # Titles and ticks stand beside the tiles, so each axis is told within the tiles of the other.
    down, across = _equal(~rows), _equal(~columns)
    for _ in range(2):
        if down is not None:
            inside = _inside(down, len(rows))
            across = _equal(~_constant([picture[inside] for picture in pictures], colours)[1])
        if across is not None:
            inside = _inside(across, len(columns))
            down = _equal(~_constant([picture[:, inside] for picture in pictures], colours)[0])
    if across is None or down is None or len(across[0]) * len(down[0]) < 4:
        return None
    return Grid(down[0], across[0], down[1], across[1], _colour(colours), "equal bands on a background")


def _inside(bands: tuple[tuple[int, ...], int], length: int) -> NDArray[np.bool_]:
    inside = np.zeros(length, bool)
    for start in bands[0]:
        inside[start : start + bands[1]] = True
    return inside


def _equal(shown: NDArray[np.bool_]) -> tuple[tuple[int, ...], int] | None:
    """Find bands of one size at one distance, give or take a pixel; much smaller ones are text.

    Returns:
        Their starts and the size of the smallest; None if they differ.
    """
    edges = np.flatnonzero(np.diff(np.r_[False, shown, False]))
    starts, ends = edges[::2], edges[1::2]
    if not len(starts):
        return None
    sizes = ends - starts
    large = sizes > 0.4 * sizes.max()
    starts, sizes = starts[large], sizes[large]
    gaps = np.diff(starts)
    if sizes.min() < MIN_SIDE or np.ptp(sizes) > 2 or (len(gaps) and np.ptp(gaps) > 2) or len(starts) > MOST_TILES:
        return None
    return tuple(int(start) for start in starts), int(sizes.min())


def _constant(
    pictures: Sequence[Pixels], colours: Sequence[NDArray[np.int_]], blurred: float = 0.0
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Tell which rows and which columns have the background's colour in all pictures, but for a share of blur."""
    height, width = pictures[0].shape[:2]
    rows, columns = np.ones(height, bool), np.ones(width, bool)
    for picture, colour in zip(pictures, colours, strict=True):
        other: NDArray[np.bool_] = np.abs(picture.astype(np.int16) - colour.astype(np.int16)).max(2) > SAME
        rows &= other.mean(1) <= blurred
        columns &= other.mean(0) <= blurred
    return rows, columns


def _gaps(places: Sequence[int], side: int, length: int) -> NDArray[np.bool_]:
    lines = np.ones(length, bool)
    for place in places:
        lines[place : place + side] = False
    return lines


def _is_all(tile: Pixels, colour: NDArray[np.int_]) -> bool:
    return bool((np.abs(tile.astype(int) - colour) <= SAME).all())


def _colour(colours: Sequence[NDArray[np.int_]]) -> tuple[int, int, int]:
    red, green, blue = (int(level) for level in colours[0])
    return red, green, blue
