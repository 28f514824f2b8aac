"""Pictures drawn with Pillow: a grid of images, points in the plane, and a line of words below."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from gan_core.config.late import late
from gan_core.figures.palette import PALETTES, Theme

Array = NDArray[Any]
Frame = tuple[float, float, float, float]

GAP: Final = 2
"""Pixels between two images of a grid."""
SMOOTHING: Final = 2
"""Points are drawn so many times larger, and made smaller again."""


def grid(images: Array, side: int, theme: Theme = "light") -> Image.Image:
    """Images side by side, each enlarged by a whole factor.

    Args:
        images: ``uint8 [n, height, width, channels]``, grey or colour.
        side: Wanted width of the picture in pixels; it gets no wider, unless the images are.
        theme: Whose colour fills the gaps.

    Returns:
        A grey picture for grey images, else one in colour.
    """
    n, height, width, channels = images.shape
    columns = math.ceil(math.sqrt(n))
    rows = -(-n // columns)
    scale = max(1, (side - GAP * (columns - 1)) // (columns * width))
    large = images.repeat(scale, axis=1).repeat(scale, axis=2)
    paper = _in_mode(PALETTES[theme].page, "L" if channels == 1 else "RGB")
    cells = np.full((rows * columns, height * scale + GAP, width * scale + GAP, channels), paper, np.uint8)
    cells[:n, : height * scale, : width * scale] = large
    whole = cells.reshape(rows, columns, *cells.shape[1:]).swapaxes(1, 2).reshape(rows * cells.shape[1], -1, channels)
    whole = whole[:-GAP, :-GAP]
    return Image.fromarray(np.ascontiguousarray(whole[..., 0] if channels == 1 else whole))


def scatter(real: Array | None, fake: Array, frame: Frame, side: int, theme: Theme = "light") -> Image.Image:
    """Points in the plane: real ones hollow, generated ones filled.

    Args:
        real: ``[n, 2]``, data units, or None.
        fake: ``[n, 2]``, likewise; points that are not finite are left out.
        frame: x0, x1, y0, y1 of the picture, data units.
        side: Longer side in pixels.
        theme: Whose colours.
    """
    colours = PALETTES[theme]
    x0, x1, y0, y1 = frame
    scale = side * SMOOTHING / max(x1 - x0, y1 - y0)
    size = round((x1 - x0) * scale), round((y1 - y0) * scale)
    picture = Image.new("RGB", size, colours.card)
    pen = ImageDraw.Draw(picture)
    radius = max(2.0, side * SMOOTHING / 130)
    for points, style in (
        (real, {"outline": colours.real, "width": max(1, round(radius / 3))}),
        (fake, {"fill": colours.fake, "outline": colours.card}),
    ):
        if points is None:
            continue
        for x, y in points[np.isfinite(points).all(1)].tolist():
            a, b = (x - x0) * scale, (y1 - y) * scale
            if -radius < a < size[0] + radius and -radius < b < size[1] + radius:
                pen.ellipse((a - radius, b - radius, a + radius, b + radius), **style)
    return picture.reduce(SMOOTHING)


def words(header: Mapping[str, Any], arrays: Mapping[str, Array], side: int, theme: Theme = "light") -> Image.Image:
    """Write the generated words of a frame, in columns.

    Args:
        header: Of the frame, with its ``alphabet``.
        arrays: Of the frame, with ``fake_text``.
        side: Width and height of the picture in pixels.
        theme: Whose colours.
    """
    colours, letters = PALETTES[theme], np.array(header["alphabet"])
    written = ["".join(row).rstrip() or "–" for row in letters[arrays["fake_text"]]]
    length = arrays["fake_text"].shape[1]
    columns = max(1, min(4, round(math.sqrt(len(written) * 3 / length))))
    rows = -(-len(written) // columns)
    wide, high = side / columns, side / rows
    picture = Image.new("RGB", (side, side), colours.card)
    pen, font = ImageDraw.Draw(picture), _font(round(min(0.72 * high, 1.5 * wide / length)))
    for i, word in enumerate(written):
        at = (i % columns + 0.12) * wide, (i // columns + 0.5) * high
        pen.text(at, word, fill=colours.ink, font=font, anchor="lm")
    return picture


Drawing = Callable[[Mapping[str, Any], Mapping[str, Array], int, Theme], Image.Image]
"""A picture of a frame's samples, from its header and arrays: so many pixels wide, in a theme's colours."""
SIGNALS: Final[Mapping[str, Drawing]] = {"sound": late("gan_core.export.draw_sound", "sounds"), "text": words}
"""Drawings of samples that are neither points nor pictures, by what they are."""


def drawn(header: Mapping[str, Any], arrays: Mapping[str, Array], side: int, theme: Theme = "light") -> Image.Image:
    """Draw the generated samples of a frame, whatever they are.

    Args:
        header: Of the frame.
        arrays: Likewise.
        side: Wanted width in pixels.
        theme: Whose colours.
    """
    if header["kind"] in SIGNALS:
        return SIGNALS[header["kind"]](header, arrays, side, theme)
    if "fake_images" in arrays:
        return grid(arrays["fake_images"], side, theme)
    return scatter(arrays["real"], arrays["fake"], tuple(header["frame"]), side, theme)


def captioned(picture: Image.Image, words: str, theme: Theme = "light") -> Image.Image:
    """Write a line of text below the picture; width and height become even, as films require."""
    colours = PALETTES[theme]
    strip = max(18, picture.width // 16)
    width, height = picture.width + picture.width % 2, picture.height + strip
    out = Image.new(picture.mode, (width, height + height % 2), _in_mode(colours.page, picture.mode))
    out.paste(picture)
    words_at = (strip // 3, picture.height + strip / 2)
    ink = _in_mode(colours.ink, picture.mode)
    ImageDraw.Draw(out).text(words_at, words, fill=ink, font=_font(round(strip * 0.7)), anchor="lm")
    return out


@functools.cache
def _in_mode(colour: str, mode: str) -> Any:
    return Image.new("RGB", (1, 1), colour).convert(mode).getpixel((0, 0))


@functools.cache
def _font(size: int) -> Any:
    return ImageFont.load_default(size)
