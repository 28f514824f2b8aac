"""Files of strangers before anything is decoded: several of them, a zip, or a folder, as names with a way to read each.

Nothing is written to disk, nothing leads out of its folder, and every size is bounded by `gan_core.data.limits`.
"""

from __future__ import annotations

import io
import os
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from gan_core.data.download import data_folder
from gan_core.data.limits import (
    MAX_DEPTH,
    MAX_FILE_BYTES,
    MAX_FILES,
    MAX_NAME,
    MAX_UNPACKED_BYTES,
    MAX_UPLOAD_BYTES,
    MAX_ZIP_RATIO,
)
from gan_core.data.picture import Skip
from gan_core.errors import DataError

__all__ = [
    "TOO_BIG",
    "Entry",
    "Reading",
    "list_files",
    "list_folder",
    "list_zip",
    "out_of_place",
    "own_folder",
    "own_folders",
    "shown",
]

Reading = Callable[[int, int], None]
"""Called with (files looked at, files in all); if it raises, the reading ends."""

_ENTRY_MARK: Final = b"PK\x01\x02"  # begins each line of a zip's table of contents
_FOLDER_NAME: Final = re.compile(r"[\w][\w .-]{0,63}")
# What zipfile raises on damage: some of it on purpose, some not.
_DAMAGED: Final = (
    *(zipfile.BadZipFile, zlib.error, struct.error, OSError, EOFError, RuntimeError),
    *(ValueError, LookupError, ArithmeticError),
)
TOO_BIG: Final = f"larger than {MAX_FILE_BYTES // 10**6} MB"


@dataclass(frozen=True)
class Entry:
    """A file that may be used.

    Attributes:
        path: With forward slashes.
        read: Reads so many of its first bytes, by default all up to the largest size that is used.
    """

    path: str
    read: Callable[[int], bytes]


def list_files(files: Iterable[tuple[str, bytes]]) -> list[Entry]:
    """List files that were uploaded one by one, by name.

    Raises:
        DataError: More than an upload may hold.
    """
    files = sorted(files)
    size = sum(len(content) for _, content in files)
    if len(files) > MAX_FILES:
        raise DataError(f"these are {len(files):,} files; at most {MAX_FILES:,} are looked at: take fewer")
    if size > MAX_UPLOAD_BYTES:
        raise DataError(_too_much("an upload", size))
    return [Entry(name, partial(_head, content)) for name, content in files]


def list_zip(content: bytes) -> list[Entry]:
    """List the files of a zip, unpacking none of them.

    Raises:
        DataError: No zip, damaged, or too large; says why.
    """
    if len(content) > MAX_UPLOAD_BYTES:
        raise DataError(_too_much("a zip", len(content)))
    if content.count(_ENTRY_MARK) > MAX_FILES:  # counted before the table is read, as it could be huge
        raise DataError(f"this zip lists more than {MAX_FILES:,} files, which is the most that is looked at: split it")
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except _DAMAGED as error:
        raise DataError(f"this is not a zip that can be read ({_short(error)}): pack it again") from None
    infos = [info for info in archive.infolist() if not info.filename.endswith("/")]
    unpacked = sum(info.file_size for info in infos)
    if unpacked > MAX_UNPACKED_BYTES:
        raise DataError(
            f"this zip unpacks to {unpacked / 1e6:,.0f} MB; at most {MAX_UNPACKED_BYTES / 1e6:.0f} are allowed"
        )
    return [Entry(info.filename, partial(_unpack, archive, info)) for info in infos]


def list_folder(folder: Path) -> list[Entry]:
    """List the files of a folder of this machine and of the folders in it; never with a path from a stranger.

    Raises:
        DataError: No such folder, or too many files.
    """
    if not folder.is_dir():
        raise DataError(f"{folder} is no folder: name one with pictures in it")
    entries: list[Entry] = []
    for path in _walk(folder):
        if len(entries) == MAX_FILES:
            raise DataError(f"{folder} holds more than {MAX_FILES:,} files, which is the most that is looked at")
        entries.append(Entry(path.relative_to(folder).as_posix(), partial(_read_file, path)))
    return entries


def own_folders() -> tuple[str, ...]:
    """List the folders in ``GAN_EXPLORER_DATA/own``, which anyone who uses the app may open, by name."""
    try:
        found = [path.name for path in (data_folder() / "own").iterdir() if path.is_dir()]
    except OSError:
        return ()
    return tuple(sorted(name for name in found if _FOLDER_NAME.fullmatch(name)))


def own_folder(name: str) -> Path:
    """Find the folder of that name in ``GAN_EXPLORER_DATA/own``.

    Raises:
        DataError: There is none; the message names those that are there.
    """
    if name not in own_folders():
        raise DataError(f"no folder {name[:64]!r} of own images here; there are: {', '.join(own_folders()) or 'none'}")
    return data_folder() / "own" / name


def out_of_place(path: str) -> str:
    """Say why a file is left out by its path alone; "" if it may be read."""
    parts = re.split(r"[/\\]", path)
    if path.startswith(("/", "\\")) or ".." in parts or ":" in parts[0] or "\0" in path:
        return "a path that leads out of its folder"
    if any(part.startswith(".") or part == "__MACOSX" for part in parts):
        return "hidden"
    if len(parts) > MAX_DEPTH:
        return f"more than {MAX_DEPTH - 1} folders deep"
    if not parts[-1].strip():
        return "without a name"
    return "a zip in the upload: hand it in alone" if parts[-1].lower().endswith(".zip") else ""


def _head(content: bytes, n: int) -> bytes:
    return content[:n]


def _unpack(archive: zipfile.ZipFile, info: zipfile.ZipInfo, n: int) -> bytes:
    """Unpack the first ``n`` bytes of a file of a zip, in bounded memory.

    Raises:
        Skip: It is a link, encrypted, packed too tightly or in an unusual way, or damaged.
    """
    if stat.S_ISLNK(info.external_attr >> 16):
        raise Skip("a link")
    if info.flag_bits & 1:
        raise Skip("encrypted")
    if info.file_size > MAX_FILE_BYTES:
        raise Skip(TOO_BIG)
    if info.file_size > MAX_ZIP_RATIO * max(1, info.compress_size):
        raise Skip(f"packed more than {MAX_ZIP_RATIO} to 1")
    # The others unpack as much as they like before zipfile looks at the size.
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise Skip("packed in a way that is not read")
    try:
        with archive.open(info) as file:
            return file.read(min(n, info.file_size))
    except _DAMAGED:
        raise Skip("damaged in the zip") from None


def _walk(folder: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(folder):
        folders.sort()
        if len(Path(place).relative_to(folder).parts) >= MAX_DEPTH:
            yield from (Path(place, name, "…") for name in folders)  # too deep: counted, and not looked into
            folders.clear()
        yield from (Path(place, name) for name in sorted(files))


def _read_file(path: Path, n: int) -> bytes:
    try:
        if path.is_symlink():
            raise Skip("a link")
        if not path.is_file():  # a device or a pipe could have no end
            raise Skip("not a file")
        with path.open("rb") as file:
            return file.read(n)
    except OSError:
        raise Skip("cannot be read") from None


def shown(path: str) -> str:
    """Make a name fit to be shown as text: printable, in one line, short."""
    return "".join(c if c.isprintable() else "?" for c in path[-MAX_NAME:])


def _short(error: BaseException) -> str:
    return shown(str(error))[:60] or type(error).__name__


def _too_much(what: str, size: int) -> str:
    return f"{what} of {size / 1e6:,.0f} MB is too large: at most {MAX_UPLOAD_BYTES / 1e6:.0f} MB are allowed"
