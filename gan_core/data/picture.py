"""One picture of a stranger: checked before it is decoded, then brought to a small square.

Its content says what it is, whatever its name ends in: every format of `FORMATS` that this build of Pillow can decode.
"""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from gan_core.config.names import FitName
from gan_core.data.limits import MAX_ASPECT, MAX_PIXELS, MAX_SCANS, MAX_SIDE, MIN_SIDE

__all__ = [
    "FORMATS",
    "HOW",
    "Budget",
    "Choices",
    "Picture",
    "Skip",
    "decode",
    "decode_whole",
    "is_picture",
    "size_of",
    "to_square",
]

T = TypeVar("T")

FORMATS: Final = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF", "AVIF", "JPEG2000", "PPM")
"""Pillow's names of what is decoded; each has a signature of its own and a decoder without helpers outside Pillow."""
_SIGNATURE: Final = re.compile(
    rb"\x89PNG|\xff\xd8\xff|RIFF....WEBP|BM|GIF8|II\*\x00|MM\x00\*|....ftypavi|\x00\x00\x00\x0cjP  |P[1-6]\s", re.S
)

HOW: Final[Mapping[FitName, str]] = {
    "crop": "cut to its middle square",
    "pad": "set on a white square",
    "stretch": "stretched to a square",
}
"""In words: each picture is ..."""

_DRAFT_SIDE: Final = 4 * MAX_SIDE  # JPEG is decoded at a fraction of its size, still far above what is kept
_SCALABLE: Final = {"L", "LA", "RGB", "RGBA"}
_CONVERTIBLE: Final = {"1", "La", "P", "PA", "RGBa", "RGBX", "CMYK", "YCbCr"}
_MARKER: Final = re.compile(rb"\xff([^\x00\xd0-\xd7\xff])")  # within JPEG's coded pixels nothing looks so
_MAX_SEGMENTS: Final = 10_000
_TOO_LARGE: Final = f"more than {MAX_PIXELS // 10**6} million pixels"
_one_at_a_time = threading.Lock()  # bounds the memory of decoding to that of one picture for all visitors


@dataclass(frozen=True)
class Choices:
    """Choices of a person about the reading of pictures.

    Attributes:
        fit: How a picture that is not square becomes one.
        first_frame: Take the first frame of an animation, or the first page; else they are left out.
    """

    fit: FitName = "crop"
    first_frame: bool = False


_FIRST: Final = Choices(first_frame=True)


@dataclass(frozen=True)
class Picture:
    """A decoded picture.

    Attributes:
        pixels: ``[side, side, 3]``, uint8, side at most `MAX_SIDE`.
        square: True if nothing was cut, added or stretched.
        depth: Bits that its largest pixel needs if it is stored in more than eight, else 0.
        frames: Its frames or pages.
    """

    pixels: NDArray[np.uint8]
    square: bool
    depth: int
    frames: int


class Skip(Exception):  # noqa: N818 - a file that is left out is no error
    """A file that is left out; the text is the reason, one of few, to be counted."""


@dataclass
class Budget:
    """Pixels that the pictures of one upload may still declare, decoded or not: a bound on its time."""

    pixels: float

    def spend(self, pixels: int) -> None:
        """Deduct the pixels of one picture.

        Raises:
            Skip: There are not so many left.
        """
        if pixels > self.pixels:
            raise Skip("beyond the pixels that one upload may have")
        self.pixels -= pixels


def is_picture(head: bytes) -> bool:
    """Tell from its first bytes (at least 16, if it has them) whether a file claims to be a picture of `FORMATS`."""
    return _SIGNATURE.match(head) is not None


def decode(content: bytes, budget: Budget, choices: Choices | None = None, depth: int = 16) -> Picture:
    """Decode a picture: upright, square, on white where it is transparent.

    Args:
        content: The file.
        budget: Of the upload.
        choices: How to read it; by default the centre square, and no animations.
        depth: Bits of the brightest pixel, for pixels that are stored in more than eight: they are divided by
            ``2 ** (depth - 8)``. Pictures of one set should share it (`Picture.depth`), or a dark one turns bright.

    Raises:
        Skip: It is no picture that can be read, or too large, too small, animated or damaged.
    """
    choices = choices or Choices()

    def small(image: Image.Image) -> Picture:
        frames = _check(image, choices)
        _spend(image, content, budget)
        square = image.width == image.height
        pixels, found = _small_square(image, choices.fit, depth)
        return Picture(pixels, square, found, frames)

    return _opened(content, small)


def size_of(content: bytes) -> tuple[int, int]:
    """Read width and height that a picture declares.

    Raises:
        Skip: As `decode`.
    """

    def size(image: Image.Image) -> tuple[int, int]:
        _check(image, _FIRST)
        return image.size

    return _opened(content, size)


def decode_whole(content: bytes, budget: Budget) -> NDArray[np.uint8]:
    """Decode a picture at its own size, the first frame of an animation: ``[height, width, 3]``, on white.

    Raises:
        Skip: As `decode`.
    """

    def whole(image: Image.Image) -> NDArray[np.uint8]:
        _check(image, _FIRST)
        _spend(image, content, budget)
        ImageOps.exif_transpose(image, in_place=True)
        scalable, _ = _scalable(image, 16 if image.mode.startswith("I") else 8)
        if not scalable.mode.endswith("A"):
            return np.array(scalable.convert("RGB"), dtype=np.uint8)
        paper = Image.new("RGBA", scalable.size, "white")
        paper.alpha_composite(scalable.convert("RGBA"))
        return np.array(paper.convert("RGB"), dtype=np.uint8)

    return _opened(content, whole)


def _spend(image: Image.Image, content: bytes, budget: Budget) -> None:
    if image.format in ("JPEG", "MPO") and _n_scans(content) > MAX_SCANS:
        raise Skip(f"more than {MAX_SCANS} passes over the pixels")
    budget.spend(image.width * image.height)


def _opened(content: bytes, use: Callable[[Image.Image], T]) -> T:
    """Open a picture for `use`, which refuses it or reads it; whatever a decoder raises is a `Skip`."""
    with _one_at_a_time:
        try:
            with Image.open(io.BytesIO(content), formats=FORMATS) as image:
                return use(image)
        except Skip:
            raise
        except MemoryError:
            raise Skip("too large for the memory") from None
        except (Image.DecompressionBombError, Image.DecompressionBombWarning):
            raise Skip(_TOO_LARGE) from None
        except Exception:
            # Pillow's decoders fail in many ways: OSError, SyntaxError, struct.error, ValueError, IndexError, ...
            raise Skip("damaged, or no picture at all") from None


def _check(image: Image.Image, choices: Choices) -> int:
    """Refuse what can be refused before any pixel is decoded; return the number of frames."""
    short, long = sorted(image.size)
    if short * long > MAX_PIXELS:
        raise Skip(_TOO_LARGE)
    if short < MIN_SIDE:
        raise Skip(f"smaller than {MIN_SIDE} px")
    if long > MAX_ASPECT * short:
        raise Skip(f"more than {MAX_ASPECT} times as long as wide")
    # A photograph with a second one behind it, as some phones write, is no animation.
    animated = getattr(image, "is_animated", False) and image.format != "MPO"
    if animated and not choices.first_frame:
        raise Skip("animated, or several pages: its first frame can be asked for")
    return 2 if animated else 1


def _n_scans(content: bytes) -> int:
    """Count the passes of a JPEG; more than `MAX_SCANS` also if it has too many segments to find out quickly."""
    at = n_scans = 0
    for _ in range(_MAX_SEGMENTS):
        marker = _MARKER.search(content, at)
        if marker is None or marker[1] == b"\xd9":  # the end of the picture; phones hide a film behind it
            return n_scans
        at = marker.end()
        if marker[1] not in (b"\xd8", b"\x01"):  # these two stand alone, the others say how long they are
            at += int.from_bytes(content[at : at + 2], "big")
        n_scans += marker[1] == b"\xda"
    return MAX_SCANS + 1


def _small_square(image: Image.Image, fit: FitName, depth: int) -> tuple[NDArray[np.uint8], int]:
    image.draft(None, (_DRAFT_SIDE, _DRAFT_SIDE))
    ImageOps.exif_transpose(image, in_place=True)
    image, found = _scalable(image, depth)
    return to_square(image, fit), found


def to_square(image: Image.Image, fit: FitName) -> NDArray[np.uint8]:
    """Make a small square of a decoded picture, on white where it is transparent.

    Args:
        image: Of a mode whose pixels can be averaged.
        fit: How it becomes a square.

    Returns:
        ``[side, side, 3]``, uint8, side at most `MAX_SIDE`.
    """
    short, long = min(image.size), max(image.size)
    if fit == "crop":
        new, left, top = min(short, MAX_SIDE), (image.width - short) // 2, (image.height - short) // 2
        size, box = (new, new), (left, top, left + short, top + short)
    else:
        new, box = min(long, MAX_SIDE), (0, 0, image.width, image.height)
        width, height = (max(1, round(side * new / long)) for side in image.size)
        size = (new, new) if fit == "stretch" else (width, height)
    small = image.resize(size, Image.Resampling.LANCZOS, box=box, reducing_gap=3.0).convert("RGBA")
    paper = Image.new("RGBA", (new, new), "white")
    paper.alpha_composite(small, ((new - small.width) // 2, (new - small.height) // 2))
    return np.array(paper.convert("RGB"), dtype=np.uint8)


def _scalable(image: Image.Image, depth: int) -> tuple[Image.Image, int]:
    """Bring a picture to a mode whose pixels can be averaged; return it with the bits of its largest pixel."""
    if image.mode.startswith("I"):  # more than eight bits of grey, which Pillow would cut off at 255
        levels = np.asarray(image).astype(np.int64)
        if levels.min() < 0:
            raise Skip("pixels below zero")
        found = max(8, int(levels.max()).bit_length())
        return Image.fromarray(np.clip(levels >> max(0, depth - 8), 0, 255).astype(np.uint8)), found
    if image.mode == "F":
        levels = np.asarray(image)
        if not (np.isfinite(levels).all() and levels.min() >= 0 and levels.max() <= 255):
            raise Skip("pixels that are neither in 0..1 nor in 0..255")
        scale = 255.0 if levels.max() <= 1 else 1.0
        return Image.fromarray((levels * scale + 0.5).astype(np.uint8)), 0
    transparent = image.has_transparency_data
    if image.mode in _SCALABLE and (image.mode.endswith("A") or not transparent):
        return image, 0
    if image.mode not in _SCALABLE | _CONVERTIBLE:
        raise Skip("pixels of a kind that is not read")
    return image.convert("RGBA" if transparent else "RGB"), 0
