"""Samples that lie somewhere, read as a series of sets: folders, zips, uploads; pictures, grids, arrays.

Nothing is unpacked to disk, nothing in a file is executed, and all is bounded: by `gan_core.data.limits`, and by the
counts below. A file that cannot be used is left out and counted with its reason.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gan_core.data.arrays import images_of, read_npz
from gan_core.data.files import Entry, list_files, list_folder, list_zip
from gan_core.data.limits import MAX_FILE_BYTES, MAX_SIDE, MAX_TOTAL_PIXELS, MAX_UPLOAD_BYTES, MIN_SIDE
from gan_core.data.picture import Budget, Skip, decode_whole, size_of, to_square
from gan_core.data.tables import read_array
from gan_core.data.uploads import unsuitable
from gan_core.errors import DataError
from gan_core.judging.grids import Grid, NoGrid, cut, given_grid, tell_grid
from gan_core.judging.steps import Moment, is_of_real, moment, numbered_folders

__all__ = ["MOST_REAL", "Progress", "Samples", "Series", "read_real", "read_series"]

T = TypeVar("T")
Pixels = NDArray[np.uint8]
Progress = Callable[[int, int], None]
"""Called with (files read, files in all)."""

MOST_SAMPLES: Final = 10_000
"""Samples of a whole series that are judged; of more, as many of each snapshot at even distances."""
MOST_OF_ONE: Final = 2_500
"""Samples of one snapshot."""
MOST_SNAPSHOTS: Final = 200
"""Snapshots, of more at even distances with the first and the last."""
MOST_REAL: Final = 5_000
"""Real pictures that are compared with, of more at even distances."""
MOST_FILES: Final = 2_000
"""Files that are read where they are grids or arrays, of more at even distances."""
_LEAST_OF_ONE: Final = 16
_LOOKED_AT: Final = 6
"""Pictures of one size by which a grid is told."""
_ARRAYS: Final = (".npy", ".npz")
_NOT_READ: Final = (".pt", ".pth", ".pkl", ".pickle", ".ckpt")


@dataclass(frozen=True, eq=False)
class Samples:
    """Samples of one time of training.

    Attributes:
        moment: When.
        pixels: ``[n, side, side, 3]``, uint8.
    """

    moment: Moment
    pixels: Pixels


@dataclass(frozen=True, eq=False)
class Series:
    """All samples of a folder, zip or upload.

    Attributes:
        sets: In the order of training; one without a time where names tell none.
        real: Pictures whose names say that they are real, ``[n, side, side, 3]``, or None.
        said: What was decided, a sentence each.
        skipped: Reasons for which files were left out, with their numbers, the commonest first.
    """

    sets: tuple[Samples, ...]
    real: Pixels | None = None
    said: tuple[str, ...] = ()
    skipped: tuple[tuple[str, int], ...] = ()


@dataclass
class _Reader:
    """Reads the files of one source."""

    entries: Sequence[Entry]
    tile: int | None
    budget: Budget
    progress: Progress | None
    skipped: Counter[str] = field(default_factory=Counter)
    said: list[str] = field(default_factory=list)
    found: dict[Moment, list[Pixels]] = field(default_factory=lambda: defaultdict(list))
    real: list[Pixels] = field(default_factory=list)

    def read(self, *, only_real: bool) -> None:
        """Read all files; with `only_real`, names tell nothing."""
        usable = [entry for entry in sorted(self.entries, key=lambda entry: entry.path) if self._usable(entry)]
        pictures = [entry for entry in usable if not _is_array(entry)]
        sizes = {entry.path: size for entry in pictures if (size := self._size(entry)) is not None}
        grids = self._grids(pictures, sizes)
        folders = numbered_folders([entry.path for entry in usable])
        readable = [entry for entry in usable if _is_array(entry) or entry.path in sizes]
        # Files of many samples are bounded more, so that memory stays bounded whatever they hold.
        many = sum(_is_array(entry) or grids[sizes[entry.path]] is not None for entry in readable)
        wanted = _even(readable, MOST_FILES if many else MOST_SAMPLES)
        if len(wanted) < len(readable):
            self.said.append(f"of {len(readable):,} files, {len(wanted):,} at even distances are read")
        most = max(_LEAST_OF_ONE, 2 * MOST_SAMPLES // max(1, min(many, len(wanted))))
        for number, entry in enumerate(wanted):
            grid = None if _is_array(entry) else grids[sizes[entry.path]]
            try:
                tiles = self._array(entry, most) if _is_array(entry) else self._tiles(entry, grid, most)
            except Skip as reason:
                self.skipped[str(reason)] += 1
                continue
            finally:
                if self.progress is not None:
                    self.progress(number + 1, len(wanted))
            if only_real or is_of_real(entry.path):
                self.real += tiles
            else:
                whole = grid is not None or _is_array(entry)
                self.found[moment(entry.path, whole=whole, folders=folders)] += tiles

    def _usable(self, entry: Entry) -> bool:
        ending = PurePosixPath(entry.path).suffix.lower()
        reason = "" if ending in _ARRAYS else unsuitable(entry)
        if ending in _NOT_READ:
            reason = "a file of PyTorch or pickle, which can run code: save samples as pictures or .npy"
        if reason:
            self.skipped[reason] += 1
        return not reason

    def _size(self, entry: Entry) -> tuple[int, int] | None:
        try:
            return size_of(entry.read(MAX_FILE_BYTES))
        except Skip as reason:
            self.skipped[str(reason)] += 1
            return None

    def _grids(
        self, pictures: Sequence[Entry], sizes: dict[str, tuple[int, int]]
    ) -> dict[tuple[int, int], Grid | None]:
        """Tell for each size of picture whether it is a grid."""
        groups: dict[tuple[int, int], list[Entry]] = defaultdict(list)
        for entry in pictures:
            if entry.path in sizes:
                groups[sizes[entry.path]].append(entry)
        return {size: self._grid(size, group) for size, group in groups.items()}

    def _grid(self, size: tuple[int, int], group: Sequence[Entry]) -> Grid | None:
        width, height = size
        words = f"{len(group):,} {'picture' if len(group) == 1 else 'pictures'} of {width} x {height} px"
        if max(size) <= MAX_SIDE and width == height and self.tile is None:
            return None
        try:
            found = tell_grid(self._some(group)) if self.tile is None else given_grid((height, width), self.tile)
        except NoGrid as reason:
            self.said.append(f"{words}: each is taken as one sample ({reason}; --tile SIDE cuts grids)")
            return None
        except Skip:
            return None
        self.said.append(f"{words}: grids of {found.words}")
        return found

    def _some(self, group: Sequence[Entry]) -> list[Pixels]:
        """Decode a few of the pictures, at even distances; all of one size."""
        n = min(_LOOKED_AT, len(group))
        chosen = [group[i * (len(group) - 1) // max(n - 1, 1)] for i in range(n)]
        found: list[Pixels] = []
        for entry in chosen:
            try:
                picture = decode_whole(entry.read(MAX_FILE_BYTES), Budget(math.inf))
            except Skip:
                continue
            if not found or picture.shape == found[0].shape:
                found.append(picture)
        if not found:
            raise NoGrid("none of them can be read")
        return found

    def _tiles(self, entry: Entry, grid: Grid | None, most: int) -> list[Pixels]:
        picture = decode_whole(entry.read(MAX_FILE_BYTES), self.budget)
        fits = grid is not None and (
            grid.tops[-1] + grid.height <= picture.shape[0] and grid.lefts[-1] + grid.width <= picture.shape[1]
        )
        tiles = cut(picture, grid) if grid is not None and fits else [picture]
        return [to_square(Image.fromarray(tile), "crop") for tile in _even(tiles, most)]

    def _array(self, entry: Entry, most: int) -> list[Pixels]:
        content = entry.read(MAX_UPLOAD_BYTES)
        try:
            if entry.path.lower().endswith(".npz"):
                own = read_npz(content)
            else:
                array = read_array(content)
                if array.ndim < 3:
                    raise Skip("an array of points or of flat pixels, not of pictures")
                own = images_of(array)
        except DataError as error:
            raise Skip(str(error)) from None
        return [
            np.repeat(picture, 3, 2) if picture.shape[2] == 1 else picture for picture in _even(list(own.pixels), most)
        ]


def read_series(
    source: Path | bytes | Sequence[tuple[str, bytes]], *, tile: int | None = None, progress: Progress | None = None
) -> Series:
    """Read samples.

    Args:
        source: A folder or file as the person who runs the program named it, or what was uploaded: a zip's content,
            or pairs of name and content.
        tile: Side of the tiles of grids, in pixels; None to find it.
        progress: Told of each file.

    Raises:
        DataError: No usable sample, or more than is looked at; says why.
    """
    reader = _reader(source, tile, progress)
    reader.read(only_real=False)
    if not reader.found:
        raise DataError(f"no usable sample ({_why(reader)}): pictures, grids of them, .npy or .npz are wanted")
    moments = sorted(reader.found)
    if len(moments) > 1 and moments[0] == Moment():
        n = len(reader.found.pop(moments.pop(0)))
        reader.skipped["a picture without a step in its name beside others that have one"] += n
    if len(moments) > MOST_SNAPSHOTS:
        reader.said.append(f"of {len(moments):,} snapshots, {MOST_SNAPSHOTS} at even distances are judged")
        moments = [moments[i * (len(moments) - 1) // (MOST_SNAPSHOTS - 1)] for i in range(MOST_SNAPSHOTS)]
    most = min(MOST_OF_ONE, MOST_SAMPLES // len(moments))
    if any(len(reader.found[one]) > most for one in moments):
        reader.said.append(f"of each snapshot at most {most:,} samples are judged")
    side = _side([tile for one in moments for tile in reader.found[one]])
    sets = tuple(Samples(one, _stack(_even(reader.found[one], most), side)) for one in moments)
    real = _stack(_even(reader.real, MOST_REAL), side) if reader.real else None
    return Series(sets, real, tuple(reader.said), _counts(reader))


def read_real(
    source: Path | bytes | Sequence[tuple[str, bytes]], *, progress: Progress | None = None
) -> tuple[Pixels, tuple[str, ...], tuple[tuple[str, int], ...]]:
    """Read real pictures, whatever their names.

    Returns:
        ``[n, side, side, 3]``, at most `MOST_REAL`, what was decided, and what was left out.

    Raises:
        DataError: As `read_series`.
    """
    reader = _reader(source, None, progress)
    reader.read(only_real=True)
    if not reader.real:
        raise DataError(f"no usable real picture ({_why(reader)}): pictures, .npy or .npz are wanted")
    if len(reader.real) > MOST_REAL:
        reader.said.append(f"of {len(reader.real):,} real pictures, {MOST_REAL:,} at even distances are used")
    pixels = _stack(_even(reader.real, MOST_REAL), _side(reader.real))
    return pixels, tuple(reader.said), _counts(reader)


def _reader(source: Path | bytes | Sequence[tuple[str, bytes]], tile: int | None, progress: Progress | None) -> _Reader:
    if tile is not None and not MIN_SIDE <= tile <= 4096:
        raise DataError(f"tiles of {tile} px are not possible; give a side from {MIN_SIDE} to 4,096")
    pixels: float = MAX_TOTAL_PIXELS
    if isinstance(source, Path):
        if source.is_dir():
            entries, pixels = list_folder(source), math.inf
        else:
            source = _file(source)
    if isinstance(source, bytes):
        entries = list_zip(source)
    elif not isinstance(source, Path):
        zipped = len(source) == 1 and source[0][0].lower().endswith(".zip")
        entries = list_zip(source[0][1]) if zipped else list_files(source)
    return _Reader(entries, tile, Budget(pixels), progress)


def _file(path: Path) -> list[tuple[str, bytes]]:
    try:
        if path.stat().st_size > MAX_UPLOAD_BYTES:
            raise DataError(f"{path} has more than {MAX_UPLOAD_BYTES / 1e6:.0f} MB, which is the most that is read")
        return [(path.name, path.read_bytes())]
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from None


def _even(values: Sequence[T], most: int) -> list[T]:
    n = len(values)
    return list(values) if n <= most else [values[i * n // most] for i in range(most)]


def _side(tiles: Sequence[Pixels]) -> int:
    return max(len(tile) for tile in tiles)


def _stack(tiles: Sequence[Pixels], side: int) -> Pixels:
    out = np.empty((len(tiles), side, side, 3), np.uint8)
    for row, tile in zip(out, tiles, strict=True):
        if len(tile) != side:
            tile = np.asarray(Image.fromarray(tile).resize((side, side), Image.Resampling.LANCZOS))
        row[:] = tile
    return out


def _is_array(entry: Entry) -> bool:
    return PurePosixPath(entry.path).suffix.lower() in _ARRAYS


def _counts(reader: _Reader) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(reader.skipped.items(), key=lambda item: (-item[1], item[0])))


def _why(reader: _Reader) -> str:
    counts = _counts(reader)[:4]
    return "; ".join(f"{n} {'file' if n == 1 else 'files'}: {reason}" for reason, n in counts) or "no file at all"
