"""The binary frame: a snapshot and the run's state as bytes for the live view.

Little endian: ``b"GANX"``, uint32 version, uint32 length of the header, the header (JSON, UTF-8, padded with
spaces so that what follows starts at a multiple of 8), all float32 arrays, then all uint8 arrays. The header's
``arrays`` maps each name to its dtype, shape and offset from the start of the array part. JSON knows no NaN, so
numbers that are not finite become null; in arrays they stay.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

MAGIC: Final = b"GANX"
VERSION: Final = 1
_PREFIX: Final = struct.Struct("<4sII")


def encode(header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Pack a header and arrays.

    Args:
        header: JSON-able values; numbers that are not finite become null.
        arrays: float32 or uint8 arrays of any shape.

    Returns:
        The frame.
    """
    ordered = sorted(arrays.items(), key=lambda item: item[1].dtype == np.uint8)
    table: dict[str, Any] = {}
    chunks: list[bytes] = []
    offset = 0
    for name, array in ordered:
        chunk = array.tobytes()
        table[name] = {"dtype": str(array.dtype), "shape": list(array.shape), "offset": offset}
        chunks.append(chunk)
        offset += len(chunk)
    text = json.dumps(finite({**header, "arrays": table}), allow_nan=False, separators=(",", ":")).encode()
    text += b" " * (-(_PREFIX.size + len(text)) % 8)
    return b"".join((_PREFIX.pack(MAGIC, VERSION, len(text)), text, *chunks))


def decode(frame: bytes) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Unpack what `encode` packed.

    Raises:
        ValueError: If the bytes are not a frame of this version.
    """
    if len(frame) < _PREFIX.size:
        raise ValueError(f"a frame has at least {_PREFIX.size} bytes, this has {len(frame)}")
    magic, version, length = _PREFIX.unpack_from(frame)
    start = _PREFIX.size + length
    if magic != MAGIC or version != VERSION or len(frame) < start:
        raise ValueError(f"not a whole frame of version {VERSION}: it begins with {frame[:8]!r}")
    header: dict[str, Any] = json.loads(frame[_PREFIX.size : start])
    arrays: dict[str, NDArray[Any]] = {}
    for name, entry in header.pop("arrays").items():
        dtype: np.dtype[Any] = np.dtype({"float32": "<f4", "uint8": "u1"}[entry["dtype"]])
        count = math.prod(entry["shape"])
        flat = np.frombuffer(frame, dtype, count, start + entry["offset"])
        arrays[name] = flat.reshape(entry["shape"])
    return header, arrays


def finite(value: Any) -> Any:
    """The same tree of JSON-able values with None in place of every number that is not finite."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: finite(v) for key, v in value.items()}
    if isinstance(value, list | tuple):
        return [finite(v) for v in value]
    return value
