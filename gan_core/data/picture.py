"""One picture of a stranger: checked before it is decoded, then cut to its centre square and made small."""

from __future__ import annotations

import io
import re
import threading
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from gan_core.data.limits import MAX_ASPECT, MAX_PIXELS, MAX_SCANS, MAX_SIDE, MIN_SIDE

__all__ = ["FORMATS", "Budget", "Skip", "decode"]

FORMATS: Final = {
    ".png": "PNG",
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".webp": "WEBP",
    ".bmp": "BMP",
    ".gif": "GIF",
}
"""What a file's name may end in, and what must then be in it."""

_NAMED: Final = tuple(dict.fromkeys(FORMATS.values()))
_DRAFT_SIDE: Final = 4 * MAX_SIDE  # JPEG is decoded at a fraction of its size, still far above what is kept
_SCALABLE: Final = {"L", "LA", "RGB", "RGBA"}
_CONVERTIBLE: Final = {"1", "La", "P", "PA", "RGBa", "RGBX", "CMYK", "YCbCr"}
_MARKER: Final = re.compile(rb"\xff([^\x00\xd0-\xd7\xff])")  # within JPEG's coded pixels nothing looks so
_MAX_SEGMENTS: Final = 10_000
_TOO_LARGE: Final = f"more than {MAX_PIXELS // 10**6} million pixels"
_one_at_a_time = threading.Lock()  # so that the memory of decoding is that of one picture, whoever uploads


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


def decode(name: str, content: bytes, budget: Budget) -> NDArray[np.uint8]:
    """Decode the centre square of a picture, upright, on white where it is transparent.

    Args:
        name: Its file name; only the ending counts, which is one of `FORMATS`.
        content: The file.
        budget: Of the upload.

    Returns:
        `[side, side, 3]`, uint8, side at most `MAX_SIDE`.

    Raises:
        Skip: It is no picture of the kind that its name says, or too large, too small, animated or damaged.
    """
    with _one_at_a_time:
        try:
            with Image.open(io.BytesIO(content), formats=_NAMED) as image:
                _check(image, FORMATS[PurePosixPath(name).suffix.lower()])
                if image.format in ("JPEG", "MPO") and _n_scans(content) > MAX_SCANS:
                    raise Skip(f"more than {MAX_SCANS} passes over the pixels")
                budget.spend(image.width * image.height)
                return _small_square(image)
        except Skip:
            raise
        except MemoryError:
            raise Skip("too large for the memory") from None
        except (Image.DecompressionBombError, Image.DecompressionBombWarning):
            raise Skip(_TOO_LARGE) from None
        except Exception:
            # Pillow's decoders fail in many ways: OSError, SyntaxError, struct.error, ValueError, IndexError, ...
            raise Skip("damaged, or no picture at all") from None


def _check(image: Image.Image, wanted: str) -> None:
    """Check what can be known before any pixel is decoded."""
    short, long = sorted(image.size)
    several = image.format == "MPO"  # a photograph with a second one behind it, as some phones write
    if image.format != wanted and not (several and wanted == "JPEG"):
        raise Skip("the content is not what the name's ending says")
    if short * long > MAX_PIXELS:
        raise Skip(_TOO_LARGE)
    if short < MIN_SIDE:
        raise Skip(f"smaller than {MIN_SIDE} px")
    if long > MAX_ASPECT * short:
        raise Skip(f"more than {MAX_ASPECT} times as long as wide")
    if getattr(image, "is_animated", False) and not several:
        raise Skip("animated")


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


def _small_square(image: Image.Image) -> NDArray[np.uint8]:
    image.draft(None, (_DRAFT_SIDE, _DRAFT_SIDE))
    ImageOps.exif_transpose(image, in_place=True)
    image = _scalable(image)
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    new = min(side, MAX_SIDE)
    box = (left, top, left + side, top + side)
    small = image.resize((new, new), Image.Resampling.LANCZOS, box=box, reducing_gap=3.0).convert("RGBA")
    paper = Image.new("RGBA", small.size, "white")
    return np.array(Image.alpha_composite(paper, small).convert("RGB"), dtype=np.uint8)


def _scalable(image: Image.Image) -> Image.Image:
    """Convert the picture to a mode whose pixels can be averaged."""
    if image.mode.startswith("I;16"):  # sixteen bits of grey: Pillow would cut them off at 255
        return Image.fromarray((np.asarray(image).astype(np.uint16) >> 8).astype(np.uint8))
    transparent = image.has_transparency_data
    if image.mode in _SCALABLE and (image.mode.endswith("A") or not transparent):
        return image
    if image.mode not in _SCALABLE | _CONVERTIBLE:
        raise Skip("pixels of a kind that is not read")
    return image.convert("RGBA" if transparent else "RGB")
