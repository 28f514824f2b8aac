"""WAV files of strangers: their samples, by a reader of our own that trusts no size and runs nothing.

Read are whole numbers of 8 to 32 bits and floating point of 32 or 64, of any number of channels up to
`gan_core.data.limits.MAX_CHANNELS`. Sizes that a header claims are bounded by what is there.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gan_core.data.limits import MAX_CHANNELS, MAX_FRAMES, SOUND_RATES_READ
from gan_core.data.picture import Skip

__all__ = ["Recording", "decode_wave", "is_wave"]

_INTEGER: Final = 1
_FLOAT: Final = 3
_EXTENSIBLE: Final = 0xFFFE
_OTHERS: Final = {2: "ADPCM", 6: "A-law", 7: "µ-law", 17: "ADPCM", 80: "MPEG", 85: "MP3"}
_MAX_CHUNKS: Final = 1_000
_LARGEST: Final = 1e6
"""Largest number of floating point; 1 is as loud as whole numbers can be."""
_SILENT: Final = 1e-4
"""Largest sample, of 1, below which there is nothing to hear: 80 dB below the loudest."""


@dataclass(frozen=True, eq=False)
class Recording:
    """Samples of one file.

    Attributes:
        samples: Mean of all channels without its own mean, ``[n]``, float32, the loudest one 1 or -1.
        rate: Samples a second.
        channels: How many there were.
        words: How they were written, such as "16-bit".
        whole: False if the file goes on where reading ended.
    """

    samples: NDArray[np.float32]
    rate: int
    channels: int
    words: str
    whole: bool


def is_wave(head: bytes) -> bool:
    """Tell whether the first 12 bytes of a file are those of a WAV file."""
    return head[:4] in (b"RIFF", b"RIFX", b"RF64") and head[8:12] == b"WAVE"


def decode_wave(content: bytes) -> Recording:
    """Read a WAV file.

    Args:
        content: Of the file, whatever it is.

    Raises:
        Skip: It is none that can be used; says why in a few words.
    """
    if not is_wave(content):
        raise Skip("no WAV file, by its first bytes")
    if content[:4] != b"RIFF":
        raise Skip(f"a WAV file of the kind {content[:4].decode()}, which is not read: save it as usual")
    layout, data = _chunks(content)
    if len(layout) < 16 or data is None:
        raise Skip("damaged: a WAV file without " + ("its layout" if len(layout) < 16 else "samples"))
    tag, channels, rate, _, align, bits = struct.unpack_from("<HHIIHH", layout)
    if tag == _EXTENSIBLE and len(layout) >= 26:
        (tag,) = struct.unpack_from("<H", layout, 24)
    if tag not in (_INTEGER, _FLOAT):
        raise Skip(f"compressed ({_OTHERS.get(tag, f'kind {tag}')}): save it as WAV without compression")
    if not 1 <= channels <= MAX_CHANNELS:
        raise Skip(f"{channels:,} channels; 1 to {MAX_CHANNELS} are read")
    if not SOUND_RATES_READ[0] <= rate <= SOUND_RATES_READ[1]:
        low, high = SOUND_RATES_READ
        raise Skip(f"{rate:,} samples a second; {low:,} to {high:,} are read")
    width, rest = divmod(align, channels)
    possible = (4, 8) if tag == _FLOAT else (1, 2, 3, 4)
    if rest or width not in possible or width != (bits + 7) // 8:
        raise Skip(f"{bits}-bit samples in {align} bytes; 8, 16, 24 and 32 bits are read, and floating point")
    n = len(data) // align
    values = _numbers(data[: min(n, MAX_FRAMES) * align], width, floating=tag == _FLOAT)
    if not np.isfinite(values).all():
        raise Skip("holds values that are no numbers")
    if len(values) and np.abs(values).max() > _LARGEST:
        raise Skip("holds values that are too large")
    mono = values.reshape(-1, channels).mean(1, dtype=np.float64)
    mono -= mono.mean() if len(mono) else 0.0
    peak = float(np.abs(mono).max()) if len(mono) else 0.0
    if peak < _SILENT:
        raise Skip("silent")
    words = f"{bits}-bit" + " floating point" * (tag == _FLOAT)
    return Recording((mono / peak).astype(np.float32), rate, channels, words, n <= MAX_FRAMES)


def _chunks(content: bytes) -> tuple[bytes, memoryview | None]:
    """Find the layout and the samples, each cut off where the file ends."""
    at, layout, data = 12, b"", None
    view = memoryview(content)
    for _ in range(_MAX_CHUNKS):
        if at + 8 > len(content) or (layout and data is not None):
            return layout, data
        name, size = struct.unpack_from("<4sI", content, at)
        part = view[at + 8 : at + 8 + size]
        if name == b"fmt " and not layout:
            layout = bytes(part[:64])
        elif name == b"data" and data is None:
            data = part
        at += 8 + size + size % 2
    raise Skip("damaged: a WAV file of more parts than any has")


def _numbers(data: memoryview, width: int, *, floating: bool) -> NDArray[np.float32] | NDArray[np.float64]:
    """Convert samples to numbers, whole ones to [-1, 1]."""
    if floating:
        return np.frombuffer(data, "<f4" if width == 4 else "<f8")
    if width == 1:
        return (np.frombuffer(data, np.uint8).astype(np.float32) - 128) / 128
    if width == 3:
        bytes_of = np.frombuffer(data, np.uint8).reshape(-1, 3)
        wide = np.zeros((len(bytes_of), 4), np.uint8)
        wide[:, 1:] = bytes_of  # the lowest byte is empty, so that the sign stays in its place
        return wide.view("<i4")[:, 0].astype(np.float32) / 2.0**31
    return np.frombuffer(data, f"<i{width}").astype(np.float32) / np.float32(2 ** (8 * width - 1))
