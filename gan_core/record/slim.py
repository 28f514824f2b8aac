"""Slim frames for many onlookers: numbers rounded to what a picture shows, compressed."""

from __future__ import annotations

import gzip
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from gan_core.record.frame import decode, encode

KEPT_BITS: Final = 11
"""Bits of a number's fraction that are kept: it is right to 1 part in 4,000."""
_DROPPED: Final = 23 - KEPT_BITS


def slim(frame: bytes, **said: Any) -> tuple[int, bytes]:
    """Round and compress a frame.

    The header, and with it every number that is shown as a number, stays as it is; so do the steps of curves.

    Args:
        frame: As `gan_core.record.frame.encode` made it.
        said: Fields of its header that are to say something else.

    Returns:
        Its serial, and a frame of the same form, compressed with gzip.

    Raises:
        ValueError: If the bytes are no frame.
    """
    header, arrays = decode(frame)
    header |= said
    rounded = {name: array if name.endswith("step") else _rounded(array) for name, array in arrays.items()}
    return int(header["serial"]), gzip.compress(encode(header, rounded), 1, mtime=0)


def _rounded(array: NDArray[np.generic]) -> NDArray[np.generic]:
    """Round float32 numbers to `KEPT_BITS` bits of their fraction; others, and what is not finite, stay."""
    if array.dtype != np.float32:
        return array
    bits = np.ascontiguousarray(array).view(np.uint32)
    near = ((bits + np.uint32(1 << (_DROPPED - 1))) & ~np.uint32((1 << _DROPPED) - 1)).view(np.float32)
    return np.where(np.isfinite(array) & np.isfinite(near), near, array).astype(np.float32)
