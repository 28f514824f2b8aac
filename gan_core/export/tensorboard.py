"""A run's history as a TensorBoard event file, written without TensorBoard.

The format is that of ``tf.summary``: records, each with its length and two masked CRC-32C checksums (TFRecord), that
hold ``Event`` messages of protocol buffers. Of these only the few fields that a scalar needs are written.
"""

from __future__ import annotations

import struct
import time
from collections.abc import Mapping
from typing import Final

from gan_core.export.tables import history_table
from gan_core.record.history import History

FILE_NAME: Final = "events.out.tfevents.{time}.gan-explorer"
"""TensorBoard knows event files by their names."""
_POLYNOMIAL: Final = 0x82F63B78


def event_file(history: History, wall_time: float | None = None) -> bytes:
    """All curves as scalars, ``d_loss``, ``d_loss_min``, ``d_loss_max`` and so on, at the last step of each bucket.

    Args:
        history: Of the run.
        wall_time: When it happened, in seconds since 1970, the same for all steps; now if None.

    Returns:
        The file, to be named as in `FILE_NAME`.
    """
    now = time.time() if wall_time is None else wall_time
    columns = history_table(history)
    steps = columns.pop("step")
    records = [_record(_event(now, 0) + _bytes(3, b"brain.Event:2"))]
    for i, step in enumerate(steps):
        values = {name: column[i] for name, column in columns.items()}
        records.append(_record(_event(now, int(step)) + _bytes(5, _summary(values))))
    return b"".join(records)


def _event(wall_time: float, step: int) -> bytes:
    return _key(1, 1) + struct.pack("<d", wall_time) + _key(2, 0) + _varint(step)


def _summary(values: Mapping[str, float]) -> bytes:
    return b"".join(
        _bytes(1, _bytes(1, name.encode()) + _key(2, 5) + struct.pack("<f", value)) for name, value in values.items()
    )


def _key(field: int, wire_type: int) -> bytes:
    """Encode a field's number and wire type: 0 a varint, 1 eight bytes, 2 counted bytes, 5 four bytes."""
    return _varint(field << 3 | wire_type)


def _bytes(field: int, content: bytes) -> bytes:
    return _key(field, 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def _record(content: bytes) -> bytes:
    length = struct.pack("<Q", len(content))
    return length + _checksum(length) + content + _checksum(content)


def _checksum(content: bytes) -> bytes:
    """CRC-32C, rotated and shifted as TFRecord wants it, so that a checksum of checksums tells something."""
    crc = 0xFFFFFFFF
    for byte in content:
        crc = _TABLE[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    crc ^= 0xFFFFFFFF
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def _table_entry(crc: int) -> int:
    for _ in range(8):
        crc = crc >> 1 ^ (_POLYNOMIAL if crc & 1 else 0)
    return crc


_TABLE: Final = tuple(_table_entry(i) for i in range(256))
