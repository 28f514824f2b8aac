"""Finds in a latent space, to take home: pictures, strips, films, tables of z."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gan_core.export.draw import Frame, grid, scatter, words
from gan_core.export.film import FilmFormat, film
from gan_core.figures.palette import Theme

Array = NDArray[Any]

MIN_TILE: Final = 64
SIDE: Final = 512
FILM_SIDE: Final = 320
WORD_SIDE: Final = 128


def strip_png(images: Array, theme: Theme = "light") -> bytes:
    """Images in one row, each at least `MIN_TILE` pixels wide, as a PNG.

    Args:
        images: ``uint8 [n, h, w, c]``.
        theme: Whose colour fills the gaps.
    """
    tiles = [grid(image[None], max(MIN_TILE, images.shape[2]), theme) for image in images]
    width, height = tiles[0].size
    row = Image.new(tiles[0].mode, (len(tiles) * (width + 2) - 2, height), 255 if tiles[0].mode == "L" else "white")
    for i, tile in enumerate(tiles):
        row.paste(tile, (i * (width + 2), 0))
    return _png(row)


def samples_png(samples: Array, frame: Frame | None = None, theme: Theme = "light") -> bytes:
    """Draw samples as one PNG: a grid of images, or points in the plane.

    Args:
        samples: ``uint8 [n, h, w, c]``, or points ``[n, 2]`` in data units.
        frame: Points: x0, x1, y0, y1 of the picture.
        theme: Whose colours.
    """
    if samples.ndim == 4:
        return _png(grid(samples, SIDE, theme))
    assert frame is not None
    return _png(scatter(None, samples, frame, SIDE, theme))


def walk_film(
    samples: Array, kind: FilmFormat, *, seconds: float, loop: bool, frame: Frame | None = None, theme: Theme = "light"
) -> bytes:
    """Make a film of a walk: one sample after the other; points leave a trace.

    Args:
        samples: ``uint8 [n, h, w, c]``, or points ``[n, 2]`` in data units.
        kind: As for `gan_core.export.film.film`.
        seconds: Length.
        loop: True to begin again at the end.
        frame: Points: x0, x1, y0, y1 of the picture.
        theme: Whose colours.

    Raises:
        ConfigError: If a value is out of range.
    """
    if samples.ndim == 4:
        moments = [(i + 1, sample[None]) for i, sample in enumerate(samples)]
    else:
        moments = [(i + 1, samples[: i + 1]) for i in range(len(samples))]
    caption = "{} of " + str(len(samples))
    return film(moments, kind, seconds=seconds, side=FILM_SIDE, loop=loop, frame=frame, caption=caption, theme=theme)


def word_pictures(codes: Array, alphabet: Sequence[str], theme: Theme = "light") -> Array:
    """Write words as small pictures, ``uint8 [n, side, side, 3]``.

    Args:
        codes: Numbers of letters ``[n, length]``.
        alphabet: The letters.
        theme: Whose colours.
    """
    header = {"alphabet": list(alphabet)}
    return np.stack([np.asarray(words(header, {"fake_text": code[None]}, WORD_SIDE, theme)) for code in codes])


def points_csv(z: Array) -> str:
    """Write points of the latent space as a table: a row each, a column for each coordinate, in full precision."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([f"z{i}" for i in range(z.shape[1])])
    writer.writerows([f"{value:.9g}" for value in row] for row in z.tolist())
    return out.getvalue()


def directions_json(named: Mapping[str, Sequence[float]], *, data: str, step: int) -> str:
    """Named directions as JSON: unit vectors of z, one unit being one σ."""
    return json.dumps({"data": data, "step": step, "directions": {k: [*v] for k, v in named.items()}}, indent=1)


def _png(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()
