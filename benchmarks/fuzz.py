"""Mutated files over every reader of strangers' files: ``python -m benchmarks.fuzz --n 5000``.

Each reader has a few valid files. A mutation flips bits, cuts, repeats, inserts, swaps, or writes extreme numbers,
a few times over. What comes of it is counted: read (good data within the caps), refused (a `DataError` in one line),
or broken: another exception, data beyond the caps, a message of several lines, or more than `MAX_SECONDS`. The
table also says the slowest file and the largest memory; the command fails if anything broke. Equal seeds try equal
files. `tests/core/test_fuzz.py` runs a few hundred of them.
"""

from __future__ import annotations

import argparse
import io
import json
import random
import resource
import sys
import time
import tracemalloc
import warnings
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.io import wavfile
from torch import Generator

from gan_core.config import DataConfig
from gan_core.data.limits import MAX_IMAGES, MAX_POINTS, MAX_SIDE, MAX_SOUNDS, MAX_WORDS
from gan_core.data.own_data import OwnData, OwnImages, OwnPoints, OwnWords
from gan_core.data.payload import from_bytes, from_text, to_bytes, to_text
from gan_core.data.reading import ReadOptions, read_files
from gan_core.data.tables import read_csv, read_drawing, read_npy
from gan_core.data.uploads import read_images, read_zip
from gan_core.errors import DataError

MAX_SECONDS: Final = 5.0
_EXTREMES: Final = (0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF)
_FORMATS: Final = {"png": "PNG", "jpg": "JPEG", "webp": "WEBP", "bmp": "BMP", "gif": "GIF"}


@dataclass(frozen=True)
class Reader:
    """A way in for strangers' bytes.

    Attributes:
        seeds: Valid files.
        read: Reads one.
        text: True if what arrives is text, so that mutations must stay text.
        mend: Makes checksums right again, so that a mutation gets past them; None if there are none.
    """

    seeds: tuple[bytes, ...]
    read: Callable[[bytes], OwnData]
    text: bool = False
    mend: Callable[[bytes], bytes] | None = None


def _noise(*shape: int) -> NDArray[np.uint8]:
    return np.random.default_rng(len(shape)).integers(0, 256, shape, np.uint8)


def _picture(kind: str, mode: str = "RGB", side: int = 24, **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(_noise(side, side, 3)).convert(mode).save(buffer, kind, **options)
    return buffer.getvalue()


def _zip(how: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", how) as archive:
        for i in range(3):
            archive.writestr(f"{'ab'[i % 2]}/{i}.png", _picture("PNG", "L", 12))
        archive.writestr("more/readme.txt", b"words " * 20)
    return buffer.getvalue()


def _npy(array: NDArray[np.generic]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()


def _readers() -> dict[str, Reader]:
    rng = np.random.default_rng(0)
    cloud = rng.normal(size=(40, 2))
    drawing = read_drawing(cloud.tolist())
    labelled = OwnImages(_noise(4, 8, 8, 3), labels=np.array([0, 1, 1, 0]), classes=("a", "b"))
    rows = "\n".join(f"{x:.3f},{y:.3f}" for x, y in cloud)
    exif = Image.Exif()
    exif[0x0112] = 6
    pictures: dict[str, tuple[bytes, ...]] = {
        ending: (_picture(kind), _picture(kind, "L")) for ending, kind in _FORMATS.items()
    }
    pictures["png"] += (_picture("PNG", "P"), _picture("PNG", "RGBA"), _picture("PNG", "I;16"))
    pictures["jpg"] += (_picture("JPEG", "CMYK"), _picture("JPEG", progressive=True, exif=exif, side=80))
    pictures["gif"] += (_picture("GIF", "P", transparency=3),)
    readers = {
        ending: Reader(seeds, partial(_read_picture, f"a.{ending}"), mend=_mend_png if ending == "png" else None)
        for ending, seeds in pictures.items()
    }
    return readers | {
        "zip": Reader((_zip(zipfile.ZIP_STORED), _zip(zipfile.ZIP_DEFLATED)), read_zip),
        "csv": Reader((f"x,y\n{rows}\n".encode(), rows.replace(",", ";").replace(".", ",").encode()), read_csv),
        "npy": Reader(
            (_npy(cloud), _npy(cloud.astype(">f4")), _npy(np.asfortranarray((100 * cloud).astype("<i2")))), read_npy
        ),
        "wav": Reader(
            tuple(_wave(kind, n) for kind, n in (("u1", 1), ("<i2", 2), ("<i4", 1), ("<f4", 2))), _read_sound
        ),
        "text": Reader(_texts(), _read_text),
        "payload": Reader(tuple(to_bytes(d) or b"" for d in (labelled, drawing, *_signals())), from_bytes),
        "link": Reader(((to_text(drawing) or "").encode(),), lambda raw: from_text(raw.decode("latin-1")), text=True),
        "drawing": Reader((json.dumps(drawing.values.tolist()).encode(),), _drawing, text=True),
    }


def _wave(kind: str, n_channels: int) -> bytes:
    """Write a WAV file of two tones and a pause as SciPy does."""
    t = np.arange(6_000) / 8_000
    sound = 0.8 * np.sin(2 * np.pi * np.where(t < 0.3, 300, 700) * t) * ((t < 0.25) | (t > 0.4)) * np.exp(-t)
    scaled = 127.5 + 100 * sound if kind == "u1" else sound * {"<i2": 30_000, "<i4": 2e9}.get(kind, 1.0)
    out = io.BytesIO()
    wavfile.write(out, 8_000, np.stack([scaled] * n_channels, 1).astype(kind))
    return out.getvalue()


def _texts() -> tuple[bytes, ...]:
    words = "the quick brown fox didn't jump über the lazy dog, naïve as ever\n" * 6
    names = "Anna\nBjörn\nZoë\nAna Maria\n李雷\nשלום\n" * 4
    table = "name,count\n" + "".join(f'"{name}",{i}\n' for i, name in enumerate(words.split()))
    plain = words.encode(), words.encode("utf-16"), words.encode("cp1252"), names.encode()
    return *plain, table.encode(), table.encode("utf-16-le")


def _signals() -> tuple[OwnData, OwnData]:
    return _read_sound(_wave("<i2", 1)), _read_text(_texts()[0])


def _read_sound(content: bytes) -> OwnData:
    return read_files([("a.wav", content)], ReadOptions(wanted="sound"))


def _read_text(content: bytes) -> OwnData:
    return read_files([("a.txt", content)], ReadOptions(wanted="text"))


def _read_picture(name: str, content: bytes) -> OwnData:
    return read_images([(name, content)])


def _mend_png(content: bytes) -> bytes:
    """Repair the checksum of each chunk of a PNG, as far as chunks can be told apart."""
    out, at = bytearray(content), 8
    while at + 12 <= len(out):
        end = at + 8 + int.from_bytes(out[at : at + 4], "big")
        if end + 4 > len(out):
            break
        out[end : end + 4] = zlib.crc32(out[at + 4 : end]).to_bytes(4, "big")
        at = end + 4
    return bytes(out)


def _drawing(raw: bytes) -> OwnData:
    """Parse a drawing as the page sends it; the server never passes on what is no JSON."""
    try:
        points = json.loads(raw)
    except (ValueError, RecursionError):
        raise DataError("not JSON") from None
    return read_drawing(points)


READERS: Final = _readers()


def mutated(reader: Reader, luck: random.Random) -> bytes:
    """Damage a copy of one of a reader's valid files.

    Args:
        reader: The reader.
        luck: Decides which, where and how; the same state gives the same copy.
    """
    content = _mutate(luck.choice(reader.seeds), luck, text=reader.text)
    return reader.mend(content) if reader.mend is not None and luck.random() < 0.7 else content


def _mutate(content: bytes, luck: random.Random, *, text: bool) -> bytes:
    out = bytearray(content)
    for _ in range(luck.choice((1, 1, 2, 3, 8, 30))):
        size = len(out)
        # Headers are short, and most is decided there.
        at = luck.randrange(min(size, 64) if luck.random() < 0.5 else size) if size else 0
        length = luck.choice((1, 2, 4, 16, 256))
        deed = luck.randrange(7)
        if deed == 0 and size:
            out[at] = luck.randrange(32, 127) if text else out[at] ^ 1 << luck.randrange(8)
        elif deed == 1:
            del out[at : at + length]
        elif deed == 2 and luck.random() < 0.3:
            del out[at:]
        elif deed == 3:
            out[at:at] = bytes(luck.randrange(32, 127) if text else luck.randrange(256) for _ in range(length))
        elif deed == 4:
            out[at:at] = out[at : at + length] * luck.choice((1, 1, 2, 50))
        elif deed == 5:
            other = luck.randrange(size) if size else 0
            out[at : at + length], out[other : other + length] = out[other : other + length], out[at : at + length]
        else:
            value, width = luck.choice(_EXTREMES), luck.choice((1, 2, 4))
            number = (value & (1 << 8 * width) - 1).to_bytes(width, luck.choice(("big", "little")))
            out[at : at + width] = str(luck.choice((-1, 1)) * value).encode() if text else number
    return bytes(out)


def outcome(reader: Reader, content: bytes) -> str:
    """Name the outcome of a reader: "read", "refused", or the error that broke it."""
    begin = time.perf_counter()
    try:
        data = reader.read(content)
    except DataError as error:
        words = str(error)
        result = "refused" if words and "\n" not in words and len(words) < 1000 else f"message {words[:80]!r}"
    except Exception as error:
        result = f"{type(error).__name__}: {error}"
    else:
        result = "read" if _within_the_caps(data) else "beyond the caps"
    seconds = time.perf_counter() - begin
    return result if seconds < MAX_SECONDS else f"{seconds:.1f} s"


def _within_the_caps(data: OwnData) -> bool:
    if isinstance(data, OwnImages):
        n, side, _, channels = data.pixels.shape
        small = n <= MAX_IMAGES and side <= MAX_SIDE and channels in (1, 3)
        return small and data.at(8, True).shape == (n, 8, 8, 3)
    if isinstance(data, OwnPoints):
        return len(data.values) <= MAX_POINTS and bool(np.isfinite(data.values).all()) and data.dataset().scale > 0
    if isinstance(data, OwnWords) and not data.alphabet.isprintable():
        return False
    made = data.made(DataConfig.model_validate({path.removeprefix("data."): v for path, v in data.settings.items()}))
    sample = made.sample(8, Generator().manual_seed(0))
    return len(data.rows) <= max(MAX_SOUNDS, MAX_WORDS) and bool(sample.isfinite().all() and sample.abs().max() <= 1)


def run(n: int, seed: int) -> bool:
    """Try `n` files over all readers in turn, print the table, and say whether all is well."""
    counts = {name: Counter[str]() for name in READERS}
    slowest = dict.fromkeys(READERS, 0.0)
    broken: list[str] = []
    largest = {name: _memory(reader) for name, reader in READERS.items()}
    for i in range(n):
        name = list(READERS)[i % len(READERS)]
        reader = READERS[name]
        luck = random.Random(f"{seed} {i}")
        content = mutated(reader, luck)
        begin = time.perf_counter()
        result = outcome(reader, content)
        slowest[name] = max(slowest[name], time.perf_counter() - begin)
        if result not in ("read", "refused"):
            broken.append(f"{name}, file {i}: {result}")
        counts[name][result if result in ("read", "refused") else "broken"] += 1
    print(
        f"{'reader':<10}{'files':>8}{'read':>8}{'refused':>9}{'broken':>8}{'slowest, ms':>13}{'of a good one, MB':>19}"
    )
    for name, count in counts.items():
        numbers = f"{count['read']:>8}{count['refused']:>9}{count['broken']:>8}"
        print(f"{name:<10}{count.total():>8}{numbers}{1000 * slowest[name]:>13.1f}{largest[name] / 1e6:>19.2f}")
    total = sum(counts.values(), Counter[str]())
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    print(f"{'all':<10}{n:>8}{total['read']:>8}{total['refused']:>9}{total['broken']:>8}   process {memory:,.0f} MB")
    print(*broken[:20], sep="\n")
    return not broken


def _memory(reader: Reader) -> int:
    tracemalloc.start()
    reader.read(reader.seeds[0])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


def main(words: Sequence[str] | None = None) -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzz", description="Mutated files over every reader.")
    parser.add_argument("--n", type=int, default=5000, help="files in all (default 5000)")
    parser.add_argument("--seed", type=int, default=0, help="another seed tries other files")
    args = parser.parse_args(words)
    warnings.simplefilter("ignore")  # Pillow's remarks on damaged files
    return 0 if run(args.n, args.seed) else 1


if __name__ == "__main__":
    sys.exit(main())
