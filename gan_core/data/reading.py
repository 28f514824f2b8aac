"""Data of strangers from files or a folder, whatever they are: pictures, arrays, a table of points, sounds, texts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Final, Literal

from gan_core.config.names import SampleKind, TextUnit
from gan_core.data import recordings, texts
from gan_core.data.arrays import images_of, read_npz
from gan_core.data.files import Entry, Reading, list_files, list_folder, list_zip, out_of_place
from gan_core.data.limits import MAX_TOTAL_PIXELS, MAX_UPLOAD_BYTES
from gan_core.data.own_data import OwnData
from gan_core.data.picture import Choices, is_picture
from gan_core.data.recordings import is_sound
from gan_core.data.tables import read_array, read_csv, read_npy
from gan_core.data.texts import is_table
from gan_core.data.uploads import collect as collect_pictures
from gan_core.data.uploads import unsuitable
from gan_core.data.wave_file import is_wave
from gan_core.errors import DataError

__all__ = ["ReadOptions", "read_files", "read_path"]

_TABLES: Final = ("", ".csv", ".tsv", ".txt", ".dat", ".data", ".tab", ".asc", ".prn")
_EITHER: Final = ("", *texts.ENDINGS)
"""Endings of tables and of texts alike: the content tells."""
_NPY: Final = b"\x93NUMPY"
_ZIP: Final = b"PK\x03\x04"
_SNIFFED: Final = 16


@dataclass(frozen=True)
class ReadOptions:
    """Choices of a person about the reading of data.

    Attributes:
        pictures: How pictures are read.
        columns: Two names or places of columns of a table; without any they are chosen where that is plain.
        scale: Divide each column of a table by its standard deviation.
        rate: Samples a second of sounds; 0 to choose.
        unit: What is made of a text.
        wanted: Kind of samples that the files are to give, where they could give several; None to tell by content.
    """

    pictures: Choices = field(default_factory=Choices)
    columns: tuple[str, ...] = ()
    scale: bool = False
    rate: int = 0
    unit: TextUnit = "auto"
    wanted: SampleKind | None = None


def read_files(
    files: Sequence[tuple[str, bytes]], options: ReadOptions | None = None, progress: Reading | None = None
) -> OwnData:
    """Read what was uploaded.

    Args:
        files: Pairs of name and content, at least one; a zip, an array or a table is read if it is the only one.
        options: How to read it.
        progress: Told of each file.

    Raises:
        DataError: If nothing in them can be used; says why.
    """
    options = options or ReadOptions()
    name, content = files[0]
    kind = _kind(name, content, options) if len(files) == 1 else "files"
    if kind != "files" and len(content) > MAX_UPLOAD_BYTES:
        raise DataError(f"this file has {len(content) / 1e6:,.0f} MB; at most {MAX_UPLOAD_BYTES / 1e6:.0f} are allowed")
    if kind == "zip":
        return _read_entries(list_zip(content), MAX_TOTAL_PIXELS, options, progress)
    if kind == "npz":
        return read_npz(content, options.pictures)
    if kind == "npy" and (array := read_array(content)).ndim > 2:
        return images_of(array, choices=options.pictures)
    if kind == "npy":
        return read_npy(content, options.columns, scale=options.scale)
    if kind == "table":
        try:
            return read_csv(content, options.columns, scale=options.scale)
        except DataError as error:
            if options.wanted is None and content and not is_table(content):
                raise DataError(f"{error}; if these are words, save them as a text, .txt") from None
            raise
    return _read_entries(list_files(files), MAX_TOTAL_PIXELS, options, progress)


def _kind(name: str, content: bytes, options: ReadOptions) -> Literal["zip", "npz", "npy", "table", "files"]:
    """Tell what a single file is: by its first bytes, whatever its name ends in, else by its name."""
    ending = Path(name).suffix.lower()
    if content.startswith(_NPY) or ending == ".npy":
        return "npy"
    if content.startswith(_ZIP) or ending in (".zip", ".npz"):
        return "npz" if ending == ".npz" else "zip"
    if ending not in _TABLES or is_picture(content[:_SNIFFED]) or is_wave(content[:_SNIFFED]):
        return "files"
    if ending in texts.TABLES and options.wanted == "text":
        return "files"
    if ending in _EITHER and options.wanted != "plane" and (options.wanted == "text" or not is_table(content)):
        return "files"
    return "table"


def _read_entries(
    entries: Sequence[Entry], pixels: float, options: ReadOptions, progress: Reading | None = None
) -> OwnData:
    """Read files of the kind that is wanted, or that most of them are; texts count where there is nothing else."""
    kind = options.wanted or _commonest(entries)
    if kind == "sound":
        return recordings.collect(entries, options.rate, progress)
    if kind == "text":
        return texts.collect(entries, options.unit, progress)
    return collect_pictures(entries, pixels, progress, options.pictures)


def _commonest(entries: Sequence[Entry]) -> SampleKind:
    placed = [entry for entry in entries if not out_of_place(entry.path)]
    n_sounds = sum(map(is_sound, placed))
    n_pictures = sum(not unsuitable(entry) for entry in placed)
    if n_sounds or n_pictures:
        return "sound" if n_sounds > n_pictures else "images"
    endings = {PurePosixPath(entry.path).suffix.lower() for entry in placed}
    return "text" if endings & set(_EITHER) else "images"


def read_path(path: Path, options: ReadOptions | None = None, progress: Reading | None = None) -> OwnData:
    """Read a folder or a file of this machine; never call it with a path from a stranger.

    Args:
        path: A folder of pictures, sounds or texts, or a file as for `read_files`.
        options: How to read it.
        progress: Told of each file.

    Raises:
        DataError: As `read_files`.
        OSError: If the file cannot be read.
    """
    options = options or ReadOptions()
    if path.is_dir():
        return _read_entries(list_folder(path), math.inf, options, progress)
    return read_files([(path.name, path.read_bytes())], options, progress)
