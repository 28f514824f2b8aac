"""The event file: records that TensorBoard's own reader would take, with the run's numbers in them."""

from __future__ import annotations

import struct
import time
from collections.abc import Iterator
from typing import Any

import pytest

from gan_core.export import tensorboard
from gan_core.export.tensorboard import event_file
from gan_core.record.history import QUANTITIES, History, StepStats


def a_history(n: int) -> History:
    history = History()
    for step in range(1, n + 1):
        history.add(StepStats(step, *(float(step * 10 + i) for i in range(len(QUANTITIES)))))
    return history


def varint(content: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        value |= (content[at] & 127) << shift
        at, shift = at + 1, shift + 7
        if content[at - 1] < 128:
            return value, at


def fields(content: bytes) -> Iterator[tuple[int, Any]]:
    """A protocol buffer's fields: number and value."""
    at = 0
    while at < len(content):
        value: Any
        key, at = varint(content, at)
        if key & 7 == 0:
            value, at = varint(content, at)
        else:
            size, at = varint(content, at) if key & 7 == 2 else ({1: 8, 5: 4}[key & 7], at)
            value, at = content[at : at + size], at + size
        yield key >> 3, value


def records(content: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(content):
        (size,) = struct.unpack_from("<Q", content, at)
        yield content[at + 12 : at + 12 + size]
        at += 12 + size + 4


def test_every_bucket_is_an_event_with_every_curve() -> None:
    first, *events = records(event_file(a_history(300), wall_time=5.0))
    assert dict(fields(first))[3] == b"brain.Event:2"
    assert len(events) == 300
    event = dict(fields(events[199]))
    assert struct.unpack("<d", event[1]) == (5.0,)
    assert event[2] == 200
    scalars = {}
    for _, value in fields(event[5]):
        scalar = dict(fields(value))
        scalars[scalar[1].decode()] = struct.unpack("<f", scalar[2])[0]
    assert scalars["d_loss"] == scalars["d_loss_min"] == 2000.0
    assert scalars["g_grad_norm_max"] == 2010.0
    assert len(scalars) == 3 * len(QUANTITIES)


@pytest.mark.parametrize(
    ("content", "crc"), [(b"123456789", 0xE3069283), (bytes(32), 0x8A9136AA), (b"\xff" * 32, 0x62A8AB43)]
)
def test_checksums_are_those_of_the_standard(content: bytes, crc: int) -> None:
    """Values of RFC 3720, appendix B.4, and the check value of CRC-32C."""
    (masked,) = struct.unpack("<I", tensorboard._checksum(content))
    rotated = (masked - 0xA282EAD8) & 0xFFFFFFFF
    assert (rotated >> 17 | rotated << 15) & 0xFFFFFFFF == crc


def test_each_record_carries_the_checksums_of_its_length_and_content() -> None:
    content = event_file(a_history(1), wall_time=0.0)
    (size,) = struct.unpack_from("<Q", content)
    assert content[8:12] == tensorboard._checksum(content[:8])
    assert content[12 + size : 16 + size] == tensorboard._checksum(content[12 : 12 + size])


def test_a_long_history_takes_no_longer() -> None:
    history = a_history(2000)
    start = time.process_time()
    assert len(event_file(history)) < 1_000_000
    assert time.process_time() - start < 2
