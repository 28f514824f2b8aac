"""Pictures of strangers: several files, a zip, or a folder, read into `OwnImages` without writing anything to disk.

A single file that cannot be used is skipped and counted with its reason; the whole is refused only when nothing
usable is in it, or when it is too large to be looked at. Files are taken in the order of their names, so that the
same files give the same result, whatever order they came in. Caps: `gan_core.data.limits`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gan_core.data.files import TOO_BIG, Entry, Reading, list_files, list_folder, list_zip, out_of_place, shown
from gan_core.data.limits import MAX_CLASSES, MAX_FILE_BYTES, MAX_IMAGES, MAX_TOTAL_PIXELS, MIN_CLASSES
from gan_core.data.own_data import OwnImages
from gan_core.data.picture import HOW, Budget, Choices, Picture, Skip, decode, is_picture
from gan_core.errors import DataError

__all__ = ["collect", "read_folder", "read_images", "read_zip", "unsuitable"]

_SNIFFED: Final = 16
"""First bytes of a file by which it is known to be a picture."""
_USUAL: Final = frozenset(
    [".png", ".jpg", ".jpeg", ".jfif", ".jpe", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".avif", ".jp2", ".ppm"]
)
"""Endings of pictures; a file of another name is looked at only if its first bytes are those of a picture."""
_SPLITS: Final = frozenset({"train", "training", "val", "valid", "validation", "test", "testing"})
"""Folders that split a set; in them lie the folders of its classes."""
_FEW_LOOSE: Final = 0.1
"""Pictures beside the folders of classes, as a share of all, that are left out; of more, there are no classes."""


def read_images(
    files: Iterable[tuple[str, bytes]], progress: Reading | None = None, choices: Choices | None = None
) -> OwnImages:
    """Read pictures from files that were uploaded one by one.

    Args:
        files: Pairs of file name and content.
        progress: Told of each file.
        choices: How to read them.

    Raises:
        DataError: No usable picture, or more than an upload may hold; says why.
    """
    return collect(list_files(files), MAX_TOTAL_PIXELS, progress, choices)


def read_zip(content: bytes, progress: Reading | None = None, choices: Choices | None = None) -> OwnImages:
    """Read pictures from a zip; if they lie in a few folders, these are their classes.

    Nothing is unpacked to disk. Links, encrypted files, zips in the zip, and paths that lead out of it are skipped.

    Args:
        content: The zip.
        progress: Told of each file.
        choices: How to read them.

    Raises:
        DataError: No zip, damaged, too large, or without a usable picture; says why.
    """
    return collect(list_zip(content), MAX_TOTAL_PIXELS, progress, choices)


def read_folder(folder: Path, progress: Reading | None = None, choices: Choices | None = None) -> OwnImages:
    """Read pictures from a folder of this machine and the folders in it; never call it with a path from a stranger.

    Args:
        folder: As the person who runs the program named it, or from `own_folder`.
        progress: Told of each file.
        choices: How to read them.

    Raises:
        DataError: No such folder, too many files, or no usable picture.
    """
    return collect(list_folder(folder), math.inf, progress, choices)


def collect(entries: Sequence[Entry], pixels: float, progress: Reading | None, choices: Choices | None) -> OwnImages:
    """Decode what can be decoded, count what cannot, and bring all pictures to one side.

    Args:
        entries: Files, in any order.
        pixels: That they may declare together.
        progress: Told of each file.
        choices: How to read them.

    Raises:
        DataError: No usable picture; says why.
    """
    choices = choices or Choices()
    skipped: Counter[str] = Counter()
    candidates: list[Entry] = []
    for entry in sorted(entries, key=lambda entry: entry.path):
        if reason := unsuitable(entry):
            skipped[reason] += 1
        else:
            candidates.append(entry)
    if len(candidates) > MAX_IMAGES:
        skipped[f"more than {MAX_IMAGES:,} pictures"] = len(candidates) - MAX_IMAGES
        candidates = [candidates[i * len(candidates) // MAX_IMAGES] for i in range(MAX_IMAGES)]
    found: list[tuple[Entry, Picture]] = []
    budget = Budget(pixels)
    for i, entry in enumerate(candidates):
        try:
            found.append((entry, _decoded(entry, budget, choices)))
        except Skip as reason:
            skipped[str(reason)] += 1
        if progress is not None:
            progress(i + 1, len(candidates))
    found, depth = _at_one_depth(found, choices)
    found, labels, classes, said = _classes(found, skipped)
    counts = tuple(sorted(skipped.items(), key=lambda item: (-item[1], item[0])))
    if not found:
        why = "; ".join(f"{n} {'file' if n == 1 else 'files'}: {reason}" for reason, n in counts[:4])
        raise DataError(
            f"no usable picture ({why or 'no file at all'}): PNG, JPEG, WebP, TIFF, AVIF, BMP or GIF is wanted"
        )
    stack = _stack([picture.pixels for _, picture in found])
    names = tuple(shown(entry.path) for entry, _ in found)
    decisions = (*_decisions([picture for _, picture in found], stack, choices, depth), *said)
    return OwnImages(stack, names, counts, labels, classes, decisions)


def _decoded(entry: Entry, budget: Budget, choices: Choices, depth: int = 16) -> Picture:
    content = entry.read(MAX_FILE_BYTES + 1)
    if len(content) > MAX_FILE_BYTES:
        raise Skip(TOO_BIG)
    return decode(content, budget, choices, depth)


def _at_one_depth(found: Sequence[tuple[Entry, Picture]], choices: Choices) -> tuple[list[tuple[Entry, Picture]], int]:
    """Decode pictures of more than eight bits again if none of them uses all sixteen, by the bits that they use.

    Returns:
        The pictures, and these bits; 0 if no picture has more than eight.
    """
    depth = max((picture.depth for _, picture in found), default=0)
    if depth in (0, 16):
        return list(found), depth
    again = [
        (entry, _decoded(entry, Budget(math.inf), choices, depth) if picture.depth else picture)
        for entry, picture in found
    ]
    return again, depth


def _decisions(pictures: Sequence[Picture], stack: NDArray[np.uint8], choices: Choices, depth: int) -> tuple[str, ...]:
    """Say what was decided about the pictures, one sentence each."""
    n = len(pictures)
    odd = n - sum(picture.square for picture in pictures)
    animated = sum(picture.frames > 1 for picture in pictures)
    said = []
    if odd:
        said.append(f"{odd:,} of {n:,} are not square: each is {HOW[choices.fit]}")
    if depth:
        said.append(f"more than 8 bits a pixel: the brightest needs {depth}, and all are divided by {2 ** (depth - 8)}")
    if animated:
        said.append(f"{animated:,} of {n:,} are animations: the first frame of each is used")
    coloured = 0 if stack.shape[3] == 1 else int((stack != stack[..., :1]).any((1, 2, 3)).sum())
    said.append(f"{coloured:,} of {n:,} have colour" if coloured else "all are grey")
    return tuple(said)


def unsuitable(entry: Entry) -> str:
    """Say why a file is left out before it is read whole; "" if it may be a picture."""
    if reason := out_of_place(entry.path):
        return reason
    if PurePosixPath(entry.path).suffix.lower() in _USUAL:
        return ""
    try:
        return "" if is_picture(entry.read(_SNIFFED)) else "no picture, by its name and its first bytes"
    except Skip as reason:
        return str(reason)


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


def _classes(
    found: Sequence[tuple[Entry, Picture]], skipped: Counter[str]
) -> tuple[list[tuple[Entry, Picture]], NDArray[np.int64] | None, tuple[str, ...], tuple[str, ...]]:
    """Take folders as classes, if the pictures lie in a few folders beside each other.

    These may lie in one common folder, or in folders that split the set (train, val, test). A few pictures beside the
    folders are left out.

    Returns:
        The pictures that stay, their classes ``[n]`` or None, the classes' names, and what was decided.
    """
    folders = [tuple(entry.path.replace("\\", "/").split("/")[:-1]) for entry, _ in found]
    if len({folder[:1] for folder in folders}) == 1:  # the zip of a folder, not of its content
        folders = [folder[1:] for folder in folders]
    said: list[str] = []
    tops = sorted({folder[0] for folder in folders if folder})
    depths = {len(folder) for folder in folders}
    if tops and all(top.lower() in _SPLITS for top in tops) and (depths == {2} or (depths == {1} and len(tops) > 1)):
        folders = [folder[1:] for folder in folders]
        said.append(f"{' and '.join(map(shown, tops))} are taken together")
    loose = sum(not folder for folder in folders)
    names = sorted({folder[0] for folder in folders if folder})
    flat = all(len(folder) <= 1 for folder in folders)
    if not flat or not MIN_CLASSES <= len(names) <= MAX_CLASSES or loose > _FEW_LOOSE * len(folders):
        if len(names) > MAX_CLASSES and flat and not loose:
            said.append(f"{len(names):,} folders are too many for classes, of which {MAX_CLASSES} are allowed")
        return list(found), None, (), tuple(said)
    if loose:
        skipped["beside the folders of the classes"] += loose
    stay = [(one, folder[0]) for one, folder in zip(found, folders, strict=True) if folder]
    number = {name: i for i, name in enumerate(names)}
    labels = np.array([number[name] for _, name in stay], np.int64)
    counts = np.bincount(labels, minlength=len(names)).tolist()
    each = ", ".join(f"{shown(name)} {n:,}" for name, n in zip(names, counts, strict=True))
    said.append(f"folders are classes: {each}")
    return [one for one, _ in stay], labels, tuple(map(shown, names)), tuple(said)
