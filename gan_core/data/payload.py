r"""Own data as bytes, to travel in a checkpoint; and a drawing as text, to travel in a link.

Bytes: ``b"GXD1"``, uint32 length of the header, the header (JSON in ASCII), then the content. The header of images
is ``{"name": "own-images", "shape": [n, side, side, c], "classes": [...]}`` and their content uint8 pixels, then, if
there are classes, one byte of class for each image. The header of points is ``{"name": "own-points", "shape":
[n, 2]}`` and their content float32. That of sounds is ``{"name": "own-sounds", "shape": [n, 512], "rate": rate}``, and
their content int16; that of words ``{"name": "own-words", "shape": [n, length], "alphabet": "..."}``, and their content
one byte a letter, then how often each is written, int32. All little endian. File names are not in it.

Text: base64url without padding of int8 version (1), int8 exponent e, int32 $k_x$, int32 $k_y$, then n pairs of uint16
$(i, j)$: the points $2^e (k_x + i, k_y + j)$, exactly. That is two bytes a coordinate; points that do not lie on such
a grid have no text.
"""

from __future__ import annotations

import base64
import json
import math
import struct
from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from gan_core.data.limits import (
    MAX_CLASSES,
    MAX_IMAGES,
    MAX_LETTERS,
    MAX_LINK_POINTS,
    MAX_NAME,
    MAX_PAYLOAD_BYTES,
    MAX_POINTS,
    MAX_SIDE,
    MAX_SOUNDS,
    MAX_WORD,
    MAX_WORDS,
    MIN_CLASSES,
    MIN_SIDE,
)
from gan_core.data.own_data import OwnData, OwnImages, OwnPoints, OwnSounds, OwnWords
from gan_core.data.shapes import SOUND_LENGTH as LENGTH
from gan_core.errors import DataError

__all__ = ["HEAD", "described", "from_bytes", "from_text", "to_bytes", "to_text"]

_MAGIC: Final = b"GXD1"
_PREFIX: Final = struct.Struct("<4sI")
_MAX_HEADER: Final = 20_000
HEAD: Final = _PREFIX.size + _MAX_HEADER
"""First bytes of packed data that say what they are."""
_TEXT: Final = struct.Struct("<bbii")
_VERSION: Final = 1
_MAX_TEXT: Final = -(-(_TEXT.size + 4 * MAX_LINK_POINTS) * 4 // 3)
_EXPONENTS: Final = range(20, -100, -1)
_EXACT: Final = 1 << 24  # float32 holds every whole number up to here


def to_bytes(data: OwnData, limit: int = MAX_PAYLOAD_BYTES) -> bytes | None:
    """Pack data as bytes; None if they are larger than ``limit``, by default what a checkpoint carries."""
    if data.nbytes > limit:
        return None
    header: dict[str, Any] = {"name": data.name}
    if isinstance(data, OwnPoints):
        header["shape"] = data.values.shape
        content = data.values.astype("<f4").tobytes()
    elif isinstance(data, OwnSounds):
        header |= {"shape": data.samples.shape, "rate": data.rate}
        content = data.samples.astype("<i2").tobytes()
    elif isinstance(data, OwnWords):
        header |= {"shape": data.codes.shape, "alphabet": data.alphabet}
        content = data.codes.tobytes() + data.counts.astype("<i4").tobytes()
    else:
        header |= {"shape": data.pixels.shape, "classes": data.classes}
        content = data.pixels.tobytes()
        if data.labels is not None:
            content += data.labels.astype(np.uint8).tobytes()
    text = json.dumps(header).encode()
    return _PREFIX.pack(_MAGIC, len(text)) + text + content


def from_bytes(payload: bytes, limit: int = MAX_PAYLOAD_BYTES) -> OwnData:
    """Unpack what `to_bytes` packed.

    Args:
        payload: The bytes.
        limit: As for `to_bytes`.

    Raises:
        DataError: Damaged, cut off, too large, or not such bytes at all.
    """
    most = _PREFIX.size + _MAX_HEADER + limit
    if len(payload) > most:
        raise DataError(f"the own data have {len(payload) / 1e6:.1f} MB; at most {most / 1e6:.1f} are allowed")
    try:
        magic, length = _PREFIX.unpack_from(payload)
        if magic != _MAGIC or length > _MAX_HEADER:
            raise ValueError
        start = _PREFIX.size + length
        header = json.loads(payload[_PREFIX.size : start])
        content = np.frombuffer(payload, np.uint8, offset=start) if len(payload) > start else np.empty(0, np.uint8)
        if header["name"] == "own-points":
            return _points(_shape(header, 2), content)
        if header["name"] == "own-images":
            return _images(_shape(header, 4), header["classes"], content)
        if header["name"] == "own-sounds":
            return _sounds(_shape(header, 2), header["rate"], content)
        if header["name"] == "own-words":
            return _words(_shape(header, 2), header["alphabet"], content)
    except (ValueError, TypeError, KeyError, struct.error, RecursionError):
        pass
    raise DataError("the own data in this file are damaged: upload them again")


def described(head: bytes) -> str:
    """Say in a few words what the first `HEAD` bytes of packed data hold; "" if they are no such data."""
    try:
        magic, length = _PREFIX.unpack_from(head)
        header = json.loads(head[_PREFIX.size : _PREFIX.size + length])
        shape = header["shape"]
        if magic != _MAGIC or not all(type(n) is int for n in shape):
            return ""
        return _WORDS[header["name"]](*shape)
    except (ValueError, TypeError, KeyError, struct.error, RecursionError):
        return ""


_WORDS: Final[Mapping[str, Callable[..., str]]] = {
    "own-images": lambda n, side, *_: f"{n:,} pictures, {side} px",
    "own-points": lambda n, _: f"{n:,} points",
    "own-sounds": lambda n, _: f"{n:,} sounds",
    "own-words": lambda n, length: f"{n:,} words of up to {length} letters",
}


def _shape(header: Any, n_dims: int) -> tuple[int, ...]:
    shape = header["shape"]
    if not isinstance(shape, list) or len(shape) != n_dims or not all(type(n) is int and n > 0 for n in shape):
        raise ValueError
    return tuple(shape)


def _points(shape: tuple[int, ...], content: NDArray[np.uint8]) -> OwnPoints:
    if shape[0] > MAX_POINTS or shape[1] != 2 or len(content) != 8 * shape[0]:
        raise ValueError
    return OwnPoints(content.view("<f4").astype(np.float32).reshape(shape))


def _images(shape: tuple[int, ...], classes: Any, content: NDArray[np.uint8]) -> OwnImages:
    n, side, _, channels = shape
    if n > MAX_IMAGES or shape[1] != shape[2] or not MIN_SIDE <= side <= MAX_SIDE or channels not in (1, 3):
        raise ValueError
    if not isinstance(classes, list) or len(classes) > MAX_CLASSES or len(classes) in range(1, MIN_CLASSES):
        raise ValueError
    if not all(isinstance(c, str) and len(c) <= MAX_NAME and c.isprintable() for c in classes):
        raise ValueError
    size = math.prod(shape)
    if len(content) != size + n * bool(classes):
        raise ValueError
    labels = content[size:].astype(np.int64) if classes else None
    return OwnImages(content[:size].reshape(shape).copy(), labels=labels, classes=tuple(classes))


def _sounds(shape: tuple[int, ...], rate: Any, content: NDArray[np.uint8]) -> OwnSounds:
    if shape[0] > MAX_SOUNDS or shape[1] != LENGTH or type(rate) is not int or len(content) != 2 * math.prod(shape):
        raise ValueError
    return OwnSounds(content.view("<i2").astype(np.int16).reshape(shape), rate)


def _words(shape: tuple[int, ...], alphabet: Any, content: NDArray[np.uint8]) -> OwnWords:
    n, length = shape
    if n > MAX_WORDS or length > MAX_WORD or not isinstance(alphabet, str) or len(alphabet) > MAX_LETTERS:
        raise ValueError
    size = n * length
    if len(content) != size + 4 * n:
        raise ValueError
    counts = content[size:].copy().view("<i4").astype(np.int64)
    return OwnWords(content[:size].reshape(shape).copy(), counts, alphabet)


def to_text(data: OwnPoints) -> str | None:
    """Write points as short text; None if they are too many for a link, or not on a grid (as a drawing is)."""
    values = data.values.astype(np.float64)
    if len(values) > MAX_LINK_POINTS:
        return None
    exponent = _grid_exponent(values)
    if exponent is None:
        return None
    whole = np.ldexp(values, -exponent).astype(np.int64)
    corner = whole.min(0)
    offsets = whole - corner
    if offsets.max() >= 1 << 16:
        return None
    raw = _TEXT.pack(_VERSION, exponent, *corner.tolist()) + offsets.astype("<u2").tobytes()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _grid_exponent(values: NDArray[np.float64]) -> int | None:
    """Find the largest e for which all values are multiples of 2 ** e that fit; None if there is none."""
    for exponent in _EXPONENTS:
        scaled = np.ldexp(values, -exponent)
        if np.abs(scaled).max() > _EXACT:
            return None
        if (scaled == np.round(scaled)).all():
            return exponent
    return None


def from_text(text: str) -> OwnPoints:
    """Read the points that `to_text` wrote: the same values, and so the same hash.

    Raises:
        DataError: Damaged, or longer than a link carries.
    """
    if len(text) > _MAX_TEXT:
        raise DataError(f"the drawing in the link is longer than {_MAX_TEXT:,} characters, which is the most it may be")
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        version, exponent, *corner = _TEXT.unpack_from(raw)
        offsets = np.frombuffer(raw, "<u2", offset=_TEXT.size).reshape(-1, 2)
        whole = offsets.astype(np.int64) + corner
        if version != _VERSION or exponent not in _EXPONENTS or np.abs(whole).max() > _EXACT:
            raise ValueError
    except (ValueError, struct.error):
        raise DataError("the drawing in the link is damaged: copy the whole link") from None
    return OwnPoints(np.ldexp(whole.astype(np.float64), exponent).astype(np.float32))
