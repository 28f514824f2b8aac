"""MNIST, Fashion-MNIST and KMNIST in torchvision's folder layout: used if they are there, else downloaded.

The folder is `$GAN_EXPLORER_DATA`, or `gan-explorer` in the user's cache folder; the files lie in
`MNIST/raw`, `FashionMNIST/raw` and `KMNIST/raw` below it, packed (.gz) or not. torchvision itself is needed only for
a download: it knows the addresses and checksums.
"""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gan_core.data.catalogue import DATASETS
from gan_core.data.compat import import_torchvision
from gan_core.data.download import Progress, data_folder, fetch
from gan_core.data.images import Images
from gan_core.errors import DataError

__all__ = ["fashion_mnist", "kmnist", "mnist"]

_SIDE = 28
_MAX_IMAGES = 1_000_000
_IMAGES_MAGIC, _LABELS_MAGIC = 2051, 2049
_FASHION_CLASSES = (
    "T-shirt/top",
    "trouser",
    "pullover",
    "dress",
    "coat",
    "sandal",
    "shirt",
    "sneaker",
    "bag",
    "ankle boot",
)
_KUZUSHIJI_CLASSES = ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo")


def mnist(progress: Progress | None = None) -> Images:
    """Load handwritten digits, 28 x 28: 60,000 to train on and 10,000 held out, where all files are there.

    Raises:
        DataError: The files are damaged, or absent and cannot be downloaded; with their folder.
    """
    return _load("mnist", tuple("0123456789"), progress)


def fashion_mnist(progress: Progress | None = None) -> Images:
    """Load pictures of clothes in MNIST's format (arXiv:1708.07747), as `mnist`."""
    return _load("fashion-mnist", _FASHION_CLASSES, progress)


def kmnist(progress: Progress | None = None) -> Images:
    """Load ten cursive Japanese characters in MNIST's format (arXiv:1812.01718), as `mnist`."""
    return _load("kmnist", _KUZUSHIJI_CLASSES, progress)


def _load(name: str, classes: tuple[str, ...], progress: Progress | None) -> Images:
    folder_name = DATASETS[name].folder
    folder = data_folder() / folder_name / "raw"
    splits = _read_splits(folder, len(classes))
    if not splits:
        _download(folder_name, folder, progress)
        splits = _read_splits(folder, len(classes))
    (train, labels), *others = splits
    held_out, held_out_labels = others[0] if others else (None, None)
    return Images(name, train, held_out, labels, held_out_labels, classes)


def _read_splits(folder: Path, n_classes: int) -> list[tuple[Tensor, Tensor | None]]:
    """Read images and labels of each split that is there; the first is the one to train on."""
    splits = []
    for stem in ("train", "t10k"):
        images_path = _find(folder, f"{stem}-images-idx3-ubyte")
        if images_path is None:
            continue
        pixels = _read_idx(images_path, _IMAGES_MAGIC)
        images = torch.from_numpy(pixels).unsqueeze(1).float().div_(127.5).sub_(1.0)
        labels = None
        if labels_path := _find(folder, f"{stem}-labels-idx1-ubyte"):
            values = _read_idx(labels_path, _LABELS_MAGIC)
            if len(values) != len(pixels) or values.max() >= n_classes:
                raise DataError(f"{labels_path} does not fit {images_path.name}; delete both to retry")
            labels = torch.from_numpy(values).long()
        splits.append((images, labels))
    return splits


def _find(folder: Path, name: str) -> Path | None:
    return next((path for path in (folder / name, folder / f"{name}.gz") if path.is_file()), None)


def _read_idx(path: Path, magic: int) -> NDArray[np.uint8]:
    """Read an IDX file of bytes: `[n, 28, 28]` for images, `[n]` for labels.

    Never reads more than the header promises, and refuses a header that promises too much.
    """
    n_dims = magic % 256
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            header = np.frombuffer(file.read(4 * (1 + n_dims)), dtype=">u4").tolist()
            if header[:1] != [magic] or len(header) != 1 + n_dims:
                raise ValueError("not the expected IDX header")
            n, *sides = header[1:]
            if not 1 <= n <= _MAX_IMAGES or sides not in ([], [_SIDE, _SIDE]):
                raise ValueError(f"{n} items of {sides}; allowed are 1 to {_MAX_IMAGES} of {_SIDE} x {_SIDE}")
            size = n * (_SIDE * _SIDE if sides else 1)
            # One byte more than promised: at the end of the file gzip compares its checksum.
            content = bytearray(file.read(size + 1))
            if len(content) != size:
                raise ValueError(f"not the {size} bytes that its header promises")
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise DataError(f"{path} cannot be read ({error}); delete it to retry") from error
    return np.frombuffer(content, dtype=np.uint8).reshape(n, *sides)


def _download(folder_name: str, folder: Path, progress: Progress | None) -> None:
    try:
        known = getattr(import_torchvision().datasets, folder_name)
        fetch(known.mirrors, known.resources, folder, progress)
    except DataError as error:
        raise DataError(
            f"{folder_name} is not on this machine and the download failed. Put train-images-idx3-ubyte.gz and "
            f"train-labels-idx1-ubyte.gz, or the t10k- pair, into {folder}; or name another folder in "
            f"GAN_EXPLORER_DATA. ({error})"
        ) from error
