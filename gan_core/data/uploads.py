"""Pictures of strangers: several files, a zip, or a folder, read into `OwnImages` without writing anything to disk.

A single file that cannot be used is skipped and counted with its reason; the whole is refused only when nothing
usable is in it, or when it is too large to be looked at. Files are taken in the order of their names, so that the
same files give the same result, whatever order they came in. Caps: `gan_core.data.limits`.
"""

from __future__ import annotations

import io
import math
import os
import re
import stat
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gan_core.data.download import data_folder
from gan_core.data.limits import (
    MAX_CLASSES,
    MAX_DEPTH,
    MAX_FILE_BYTES,
    MAX_FILES,
    MAX_IMAGES,
    MAX_NAME,
    MAX_TOTAL_PIXELS,
    MAX_UNPACKED_BYTES,
    MAX_UPLOAD_BYTES,
    MAX_ZIP_RATIO,
    MIN_CLASSES,
)
from gan_core.data.own_data import OwnImages
from gan_core.data.picture import FORMATS, Budget, Skip, decode
from gan_core.errors import DataError

__all__ = ["Reading", "own_folder", "own_folders", "read_folder", "read_images", "read_zip"]

Reading = Callable[[int, int], None]
"""Called with (files looked at, files in all); if it raises, the reading ends."""

_ENTRY_MARK: Final = b"PK\x01\x02"  # begins each line of a zip's table of contents
_FOLDER_NAME: Final = re.compile(r"[\w][\w .-]{0,63}")
# What zipfile raises on damage: some of it on purpose, some not.
_DAMAGED: Final = (
    *(zipfile.BadZipFile, zlib.error, struct.error, OSError, EOFError, RuntimeError),
    *(ValueError, LookupError, ArithmeticError),
)
_TOO_BIG: Final = f"larger than {MAX_FILE_BYTES // 10**6} MB"


@dataclass(frozen=True)
class _Entry:
    """A file that may be a picture: its path with forward slashes, and how to get its content."""

    path: str
    read: Callable[[], bytes]


def read_images(files: Iterable[tuple[str, bytes]], progress: Reading | None = None) -> OwnImages:
    """Read pictures from files that were uploaded one by one.

    Args:
        files: Pairs of file name and content.
        progress: Told of each file.

    Raises:
        DataError: No usable picture, or more than an upload may hold; says why.
    """
    files = sorted(files)
    size = sum(len(content) for _, content in files)
    if len(files) > MAX_FILES:
        raise DataError(f"these are {len(files):,} files; at most {MAX_FILES:,} are looked at: take fewer")
    if size > MAX_UPLOAD_BYTES:
        raise DataError(_too_much("an upload", size))
    return _collect([_Entry(name, partial(bytes, content)) for name, content in files], MAX_TOTAL_PIXELS, progress)


def read_zip(content: bytes, progress: Reading | None = None) -> OwnImages:
    """Read pictures from a zip; if all lie in a few folders, these are their classes.

    Nothing is unpacked to disk. Links, encrypted files, zips in the zip, and paths that lead out of it are skipped.

    Args:
        content: The zip.
        progress: Told of each file.

    Raises:
        DataError: No zip, damaged, too large, or without a usable picture; says why.
    """
    if len(content) > MAX_UPLOAD_BYTES:
        raise DataError(_too_much("a zip", len(content)))
    if content.count(_ENTRY_MARK) > MAX_FILES:  # counted before the table is read, as it could be huge
        raise DataError(f"this zip lists more than {MAX_FILES:,} files, which is the most that is looked at: split it")
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except _DAMAGED as error:
        raise DataError(f"this is not a zip that can be read ({_short(error)}): pack it again") from None
    with archive:
        infos = [info for info in archive.infolist() if not info.filename.endswith("/")]
        unpacked = sum(info.file_size for info in infos)
        if unpacked > MAX_UNPACKED_BYTES:
            raise DataError(
                f"this zip unpacks to {unpacked / 1e6:,.0f} MB; at most {MAX_UNPACKED_BYTES / 1e6:.0f} are allowed"
            )
        entries = [_Entry(info.filename, partial(_unpack, archive, info)) for info in infos]
        return _collect(entries, MAX_TOTAL_PIXELS, progress)


def read_folder(folder: Path, progress: Reading | None = None) -> OwnImages:
    """Read pictures from a folder of this machine and the folders in it; never call it with a path from a stranger.

    Args:
        folder: As the person who runs the program named it, or from `own_folder`.
        progress: Told of each file.

    Raises:
        DataError: No such folder, too many files, or no usable picture.
    """
    if not folder.is_dir():
        raise DataError(f"{folder} is no folder: name one with pictures in it")
    entries: list[_Entry] = []
    for path in _walk(folder):
        if len(entries) == MAX_FILES:
            raise DataError(f"{folder} holds more than {MAX_FILES:,} files, which is the most that is looked at")
        entries.append(_Entry(path.relative_to(folder).as_posix(), partial(_read_file, path)))
    return _collect(entries, math.inf, progress)


def own_folders() -> tuple[str, ...]:
    """List the folders in ``GAN_EXPLORER_DATA/own``, which anyone who uses the app may open."""
    try:
        found = [path.name for path in (data_folder() / "own").iterdir() if path.is_dir()]
    except OSError:
        return ()
    return tuple(sorted(name for name in found if _FOLDER_NAME.fullmatch(name)))


def own_folder(name: str) -> Path:
    """Find the folder of a name in ``GAN_EXPLORER_DATA/own``.

    Raises:
        DataError: There is none; the message names those that are there.
    """
    if name not in own_folders():
        raise DataError(f"no folder {name[:64]!r} of own images here; there are: {', '.join(own_folders()) or 'none'}")
    return data_folder() / "own" / name


def _collect(entries: Sequence[_Entry], pixels: float, progress: Reading | None) -> OwnImages:
    """Decode what can be decoded, count what cannot, and bring all pictures to one side."""
    skipped: Counter[str] = Counter()
    candidates: list[_Entry] = []
    for entry in sorted(entries, key=lambda entry: entry.path):
        if reason := _unsuitable(entry.path):
            skipped[reason] += 1
        else:
            candidates.append(entry)
    if len(candidates) > MAX_IMAGES:
        skipped[f"more than {MAX_IMAGES:,} pictures"] = len(candidates) - MAX_IMAGES
        candidates = [candidates[i * len(candidates) // MAX_IMAGES] for i in range(MAX_IMAGES)]
    paths, squares, budget = [], [], Budget(pixels)
    for i, entry in enumerate(candidates):
        try:
            content = entry.read()
            if len(content) > MAX_FILE_BYTES:
                raise Skip(_TOO_BIG)
            squares.append(decode(entry.path, content, budget))
            paths.append(entry.path)
        except Skip as reason:
            skipped[str(reason)] += 1
        if progress is not None:
            progress(i + 1, len(candidates))
    counts = tuple(sorted(skipped.items(), key=lambda item: (-item[1], item[0])))
    if not squares:
        why = "; ".join(f"{n} {'file' if n == 1 else 'files'}: {reason}" for reason, n in counts[:4])
        raise DataError(f"no usable picture ({why or 'no file at all'}): PNG, JPEG, WebP, BMP or GIF is wanted")
    labels, classes = _folders_as_classes(paths)
    return OwnImages(_stack(squares), tuple(map(_shown, paths)), counts, labels, classes)


def _unsuitable(path: str) -> str:
    """Say why a file is left out by its path alone; "" if it may be a picture."""
    parts = re.split(r"[/\\]", path)
    if path.startswith(("/", "\\")) or ".." in parts or ":" in parts[0] or "\0" in path:
        return "a path that leads out of its folder"
    if any(part.startswith(".") or part == "__MACOSX" for part in parts):
        return "hidden"
    if len(parts) > MAX_DEPTH:
        return f"more than {MAX_DEPTH - 1} folders deep"
    ending = PurePosixPath(parts[-1]).suffix.lower()
    if ending == ".zip":
        return "a zip in the upload: hand it in alone"
    return "" if ending in FORMATS else "not named as a picture (.png, .jpg, .webp, .bmp, .gif)"


def _stack(squares: Sequence[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """Bring all to the side of the largest, `[n, side, side, 1 or 3]`: one channel if none has a colour."""
    side = max(len(square) for square in squares)
    out = np.empty((len(squares), side, side, 3), np.uint8)
    for row, square in zip(out, squares, strict=True):
        if len(square) < side:
            square = np.asarray(Image.fromarray(square).resize((side, side), Image.Resampling.LANCZOS))
        row[:] = square
    grey = all((row == row[..., :1]).all() for row in out)
    return np.ascontiguousarray(out[..., :1]) if grey else out


def _folders_as_classes(paths: Sequence[str]) -> tuple[NDArray[np.int64] | None, tuple[str, ...]]:
    """Find labels, if all pictures lie in a few folders beside each other (which may lie in one common folder)."""
    folders = [path.replace("\\", "/").split("/")[:-1] for path in paths]
    if len({tuple(folder[:1]) for folder in folders}) == 1:  # the zip of a folder, not of its content
        folders = [folder[1:] for folder in folders]
    names = sorted({"/".join(folder) for folder in folders})
    flat = all(len(folder) == 1 for folder in folders)
    if not flat or not MIN_CLASSES <= len(names) <= MAX_CLASSES:
        return None, ()
    number = {name: i for i, name in enumerate(names)}
    return np.array([number[folder[0]] for folder in folders], np.int64), tuple(map(_shown, names))


def _unpack(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """Unpack one file of a zip, in bounded memory.

    Raises:
        Skip: It is a link, encrypted, packed too tightly or in an unusual way, or damaged.
    """
    if stat.S_ISLNK(info.external_attr >> 16):
        raise Skip("a link")
    if info.flag_bits & 1:
        raise Skip("encrypted")
    if info.file_size > MAX_FILE_BYTES:
        raise Skip(_TOO_BIG)
    if info.file_size > MAX_ZIP_RATIO * max(1, info.compress_size):
        raise Skip(f"packed more than {MAX_ZIP_RATIO} to 1")
    # The others unpack as much as they like before zipfile looks at the size.
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise Skip("packed in a way that is not read")
    try:
        with archive.open(info) as file:
            return file.read(info.file_size)
    except _DAMAGED:
        raise Skip("damaged in the zip") from None


def _walk(folder: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(folder):
        folders.sort()
        if len(Path(place).relative_to(folder).parts) >= MAX_DEPTH:
            folders.clear()
        yield from (Path(place, name) for name in sorted(files))


def _read_file(path: Path) -> bytes:
    try:
        if path.is_symlink():
            raise Skip("a link")
        if not path.is_file():  # a device or a pipe could have no end
            raise Skip("not a file")
        with path.open("rb") as file:
            return file.read(MAX_FILE_BYTES + 1)
    except OSError:
        raise Skip("cannot be read") from None


def _shown(path: str) -> str:
    """Make a name fit to be shown as text: printable, in one line, short."""
    return "".join(c if c.isprintable() else "?" for c in path[-MAX_NAME:])


def _short(error: BaseException) -> str:
    return _shown(str(error))[:60] or type(error).__name__


def _too_much(what: str, size: int) -> str:
    return f"{what} of {size / 1e6:,.0f} MB is too large: at most {MAX_UPLOAD_BYTES / 1e6:.0f} MB are allowed"
