"""Pictures as arrays of strangers: NPY, or NPZ with labels, read into `OwnImages`.

Nothing in a file is executed, and no number in it decides how much memory is taken (`gan_core.data.tables`).
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gan_core.data.limits import (
    MAX_ASPECT,
    MAX_CLASSES,
    MAX_IMAGES,
    MAX_PIXELS,
    MAX_UNPACKED_BYTES,
    MAX_UPLOAD_BYTES,
    MIN_CLASSES,
    MIN_SIDE,
)
from gan_core.data.own_data import OwnImages
from gan_core.data.picture import HOW, Choices, to_square
from gan_core.data.tables import read_array
from gan_core.errors import DataError

__all__ = ["images_of", "read_npz"]

_IMAGES: Final = ("images", "x_train", "x", "data", "train_images", "arr_0")
_LABELS: Final = ("labels", "y_train", "y", "targets", "train_labels", "arr_1")
_MAX_ARRAYS: Final = 100


def read_npz(content: bytes, choices: Choices | None = None) -> OwnImages:
    """Read pictures, and their labels if there are any, from an NPZ file.

    Args:
        content: The file, as `numpy.savez` writes it.
        choices: How pictures that are not square become so.

    Raises:
        DataError: Damaged, too large, or without an array of pictures; says what there is.
    """
    if len(content) > MAX_UPLOAD_BYTES:
        raise DataError(f"this file has {len(content) / 1e6:,.0f} MB; at most {MAX_UPLOAD_BYTES / 1e6:.0f} are allowed")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            infos = {info.filename.removesuffix(".npy"): info for info in archive.infolist()[:_MAX_ARRAYS]}
            name = _first_of(_IMAGES, infos) or next(iter(infos), "")
            if not name:
                raise DataError("this .npz file holds no array")
            images = read_array(_unpacked(archive, infos[name]))
            other = _first_of(_LABELS, infos)
            labels = read_array(_unpacked(archive, infos[other])) if other and other != name else None
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, ValueError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError("this .npz file is damaged: write it with numpy.savez(path, images=…, labels=…)") from None
    return images_of(images, labels, choices, said=(f"pictures are the array {_text(name)}",))


def images_of(
    array: NDArray[Any],
    labels: NDArray[Any] | None = None,
    choices: Choices | None = None,
    said: tuple[str, ...] = (),
) -> OwnImages:
    """Make own images of an array.

    Args:
        array: ``[n, h, w]``, ``[n, h, w, c]`` or ``[n, c, h, w]`` with one or three channels: bytes, whole numbers of
            more bits, or floating-point numbers in [0, 1], [-1, 1] or [0, 255].
        labels: Class numbers, ``[n]`` or ``[n, 1]``; those of more than `MAX_CLASSES` kinds are left out.
        choices: How pictures that are not square become so.
        said: What was decided before.

    Raises:
        DataError: Another shape, range or size.
    """
    fit = (choices or Choices()).fit
    pictures, order = _channels_last(array)
    n, height, width, channels = pictures.shape
    short, long = min(height, width), max(height, width)
    if n < 1 or short < MIN_SIDE or short * long > MAX_PIXELS or long > MAX_ASPECT * short:
        raise DataError(
            f"these are {n:,} pictures of {width} x {height} px; at least one is wanted, of {MIN_SIDE} px or more, not "
            f"more than {MAX_ASPECT} times as long as wide and of at most {MAX_PIXELS // 10**6} million pixels"
        )
    keep = np.arange(n) if n <= MAX_IMAGES else np.arange(MAX_IMAGES) * n // MAX_IMAGES
    skipped = ((f"more than {MAX_IMAGES:,} pictures", n - MAX_IMAGES),) if n > MAX_IMAGES else ()
    shift, scale, words = _range(pictures)
    squares = []
    for i in keep:
        levels = ((pictures[i].astype(np.float64) + shift) * scale + 0.5).clip(0, 255).astype(np.uint8)
        squares.append(to_square(Image.fromarray(levels[..., 0] if channels == 1 else levels), fit))
    stack = np.stack(squares)
    grey = bool((stack == stack[..., :1]).all())
    decided = (*said, order, words, "all are grey" if grey else "they have colour")
    if height != width:
        decided = (*decided, f"they are {width} x {height} px: each is {HOW[fit]}")
    numbers, classes, more = _classes(labels, n, keep)
    stack = np.ascontiguousarray(stack[..., :1]) if grey else stack
    return OwnImages(stack, (), skipped, numbers, classes, (*decided, *more))


def _channels_last(array: NDArray[Any]) -> tuple[NDArray[Any], str]:
    """Bring the channels to the end, and say how the shape was read."""
    shape = array.shape
    if len(shape) == 3:
        return array[..., None], "pictures are [n, height, width]"
    if len(shape) == 4 and shape[3] in (1, 3):
        return array, "pictures are [n, height, width, channels]"
    if len(shape) == 4 and shape[1] in (1, 3):
        return array.transpose(0, 2, 3, 1), "pictures are [n, channels, height, width]"
    raise DataError(
        "pictures are an array of shape [n, h, w], [n, h, w, c] or [n, c, h, w] with 1 or 3 channels; this has "
        f"{list(shape)}"[:120]
    )


def _range(array: NDArray[Any]) -> tuple[float, float, str]:
    """Return the shift and the scale that bring the pixels to 0..255, and how they were read."""
    low, high = float(array.min()), float(array.max())
    if not np.isfinite([low, high]).all():
        raise DataError("some pixels are NaN or infinite: remove these pictures, or find out why they are")
    floating = array.dtype.kind == "f"
    if floating and low >= 0 and high <= 1:
        return 0.0, 255.0, "pixels are read as 0 to 1"
    if floating and low >= -1 and high <= 1:
        return 1.0, 127.5, "pixels are read as -1 to 1"
    if low >= 0 and high <= 255:
        return 0.0, 1.0, "pixels are read as 0 to 255"
    if not floating and low >= 0:
        top = 2 ** int(high).bit_length() - 1
        return 0.0, 255 / top, f"pixels are read as 0 to {top:,}"
    raise DataError(f"pixels lie in 0..1, -1..1 or 0..255; here from {low:g} to {high:g}: scale them")


def _classes(
    labels: NDArray[Any] | None, n: int, keep: NDArray[np.int64]
) -> tuple[NDArray[np.int64] | None, tuple[str, ...], tuple[str, ...]]:
    """Return class numbers of the kept pictures, the classes' names, and what was decided."""
    if labels is None:
        return None, (), ()
    flat = labels.reshape(-1)
    if len(flat) != n or flat.dtype.kind not in "iu":
        return None, (), (f"the array of labels ({flat.dtype}, {len(flat):,}) does not fit, and is left out",)
    kinds, numbers = np.unique(flat[keep], return_inverse=True)
    if not MIN_CLASSES <= len(kinds) <= MAX_CLASSES:
        return None, (), (f"{len(kinds):,} kinds of labels are no classes: {MIN_CLASSES} to {MAX_CLASSES} are allowed",)
    names = tuple(map(str, kinds.tolist()))
    each = ", ".join(f"{name} {count:,}" for name, count in zip(names, np.bincount(numbers), strict=True))
    return numbers.astype(np.int64), names, (f"labels are classes: {each}",)


def _first_of(wanted: tuple[str, ...], there: Mapping[str, object]) -> str:
    lower = {name.lower(): name for name in there}
    return next((lower[name] for name in wanted if name in lower), "")


def _unpacked(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    if info.file_size > MAX_UNPACKED_BYTES or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise DataError(
            f"an array of this .npz file unpacks to {info.file_size / 1e6:,.0f} MB, or in an unusual way: at most "
            f"{MAX_UNPACKED_BYTES / 1e6:.0f} MB, stored or deflated, are read"
        )
    with archive.open(info) as file:
        return file.read(info.file_size)


def _text(name: str) -> str:
    return repr("".join(c if c.isprintable() else "?" for c in name[:40]))
