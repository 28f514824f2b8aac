"""Data of strangers from files or a folder, whatever they are: pictures, arrays of them, a table of points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from gan_core.data.arrays import images_of, read_npz
from gan_core.data.limits import MAX_UPLOAD_BYTES
from gan_core.data.own_data import OwnData
from gan_core.data.picture import Choices, is_picture
from gan_core.data.tables import read_array, read_csv, read_npy
from gan_core.data.uploads import Reading, read_folder, read_images, read_zip
from gan_core.errors import DataError

__all__ = ["ReadOptions", "read_files", "read_path"]

_TABLES: Final = ("", ".csv", ".tsv", ".txt", ".dat", ".data", ".tab", ".asc", ".prn")
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
    """

    pictures: Choices = field(default_factory=Choices)
    columns: tuple[str, ...] = ()
    scale: bool = False


def read_files(
    files: Sequence[tuple[str, bytes]], options: ReadOptions | None = None, progress: Reading | None = None
) -> OwnData:
    """Read what was uploaded.

    Args:
        files: Pairs of name and content, at least one; a zip, an array or a table is read if it is the only one.
        options: How to read it.
        progress: Told of each picture.

    Raises:
        DataError: If nothing in them can be used; says why.
    """
    options = options or ReadOptions()
    name, content = files[0]
    kind = _kind(name, content) if len(files) == 1 else "pictures"
    if kind != "pictures" and len(content) > MAX_UPLOAD_BYTES:
        raise DataError(f"this file has {len(content) / 1e6:,.0f} MB; at most {MAX_UPLOAD_BYTES / 1e6:.0f} are allowed")
    if kind == "zip":
        return read_zip(content, progress, options.pictures)
    if kind == "npz":
        return read_npz(content, options.pictures)
    if kind == "npy" and (array := read_array(content)).ndim > 2:
        return images_of(array, choices=options.pictures)
    if kind == "npy":
        return read_npy(content, options.columns, scale=options.scale)
    if kind == "table":
        return read_csv(content, options.columns, scale=options.scale)
    return read_images(files, progress, options.pictures)


def _kind(name: str, content: bytes) -> Literal["zip", "npz", "npy", "table", "pictures"]:
    """Tell what a single file is: by its first bytes, whatever its name ends in, else by its name."""
    ending = Path(name).suffix.lower()
    if content.startswith(_NPY) or ending == ".npy":
        return "npy"
    if content.startswith(_ZIP) or ending in (".zip", ".npz"):
        return "npz" if ending == ".npz" else "zip"
    return "table" if ending in _TABLES and not is_picture(content[:_SNIFFED]) else "pictures"


def read_path(path: Path, options: ReadOptions | None = None, progress: Reading | None = None) -> OwnData:
    """Read a folder or a file of this machine; never call it with a path from a stranger.

    Args:
        path: A folder of pictures, or a file as for `read_files`.
        options: How to read it.
        progress: Told of each picture.

    Raises:
        DataError: As `read_files`.
        OSError: If the file cannot be read.
    """
    options = options or ReadOptions()
    if path.is_dir():
        return read_folder(path, progress, options.pictures)
    return read_files([(path.name, path.read_bytes())], options, progress)
