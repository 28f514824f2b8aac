"""CIFAR-10 (Krizhevsky, 2009): 32 x 32 photographs in colour, ten classes, from its binary version.

torchvision keeps the Python version, ``cifar-10-batches-py``, whose files are pickles; a pickle can run code when it
is read, so these are never opened. The authors publish the same pictures as plain bytes: records of one byte of class
and 3,072 of pixels (red, green, blue planes), 10,000 in a file. Looked for in the data folder are
``cifar-10-batches-bin``, unpacked, and ``cifar-10-binary.tar.gz``, which is read as it is; it is what is downloaded.
"""

from __future__ import annotations

import tarfile
import zlib
from pathlib import Path
from typing import IO, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gan_core.data.download import Progress, data_folder, fetch
from gan_core.data.images import Images
from gan_core.errors import DataError

__all__ = ["cifar10"]

_CLASSES: Final = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
_FOLDER: Final = "cifar-10-batches-bin"
_ARCHIVE: Final = ("cifar-10-binary.tar.gz", "c32a1d4ab5d03f1284b67883e8d87530")
_MIRRORS: Final = ("https://www.cs.toronto.edu/~kriz/",)
_TRAIN: Final = tuple(f"data_batch_{i}.bin" for i in range(1, 6))
_HELD_OUT: Final = "test_batch.bin"
_FILES: Final = (*_TRAIN, _HELD_OUT)
_SHAPE: Final = (3, 32, 32)
_RECORD: Final = 1 + 3 * 32 * 32
_MAX_RECORDS: Final = 10_000


def cifar10(progress: Progress | None = None) -> Images:
    """Load 50,000 photographs to train on and 10,000 held out, as uint8; fewer where not all files are there.

    Raises:
        DataError: The files are damaged, or absent and cannot be downloaded; with their folder.
    """
    folder = data_folder()
    archive = folder / _ARCHIVE[0]
    if not (folder / _FOLDER).is_dir() and not archive.is_file():
        _download(folder, progress)
    try:
        unpacked = (folder / _FOLDER).is_dir()
        batches = _read_folder(folder / _FOLDER) if unpacked else _read_archive(archive)
    except (OSError, EOFError, ValueError, tarfile.TarError, zlib.error) as error:
        raise DataError(f"{folder}: CIFAR-10 cannot be read ({error}); delete its files to retry") from error
    train = [batches[name] for name in _TRAIN if name in batches]
    held_out = batches.get(_HELD_OUT)
    if not train:
        if held_out is None:
            raise DataError(f"{folder}: CIFAR-10 is there without any of {', '.join(_FILES)}; delete it to retry")
        train, held_out = [held_out], None
    images, labels = _tensors(np.concatenate(train))
    other = (None, None) if held_out is None else _tensors(held_out)
    return Images("cifar10", images, other[0], labels, other[1], _CLASSES)


def _read_archive(path: Path) -> dict[str, NDArray[np.uint8]]:
    """Read straight from the packed file: nothing is unpacked to disk, so no path in it matters."""
    found = {}
    with tarfile.open(path, "r:gz") as archive:
        for member in archive:  # in one pass, as going back would unpack all again
            name = Path(member.name).name
            file = archive.extractfile(member) if member.isreg() and name in _FILES else None
            if file is not None:
                found[name] = _records(name, file)
    return found


def _read_folder(folder: Path) -> dict[str, NDArray[np.uint8]]:
    found = {}
    for name in _FILES:
        if (folder / name).is_file():
            with (folder / name).open("rb") as file:
                found[name] = _records(name, file)
    return found


def _records(name: str, file: IO[bytes]) -> NDArray[np.uint8]:
    """Read the records of a file, `[n, 3073]`."""
    content = file.read(_MAX_RECORDS * _RECORD + 1)
    n, rest = divmod(len(content), _RECORD)
    if rest or not 1 <= n <= _MAX_RECORDS:
        raise ValueError(f"{name} is not 1 to {_MAX_RECORDS:,} records of {_RECORD:,} bytes")
    records = np.frombuffer(content, np.uint8).reshape(n, _RECORD)
    if records[:, 0].max() >= len(_CLASSES):
        raise ValueError(f"{name} has a class beyond {len(_CLASSES) - 1}")
    return records


def _tensors(records: NDArray[np.uint8]) -> tuple[Tensor, Tensor]:
    pixels = np.ascontiguousarray(records[:, 1:]).reshape(-1, *_SHAPE)
    return torch.from_numpy(pixels), torch.from_numpy(records[:, 0].astype(np.int64))


def _download(folder: Path, progress: Progress | None) -> None:
    try:
        fetch(_MIRRORS, [_ARCHIVE], folder, progress)
    except DataError as error:
        pickled = " (cifar-10-batches-py is there, but its pickles are not read)"
        raise DataError(
            "CIFAR-10 is not on this machine and the download failed"
            f"{pickled if (folder / 'cifar-10-batches-py').is_dir() else ''}. Put {_ARCHIVE[0]} or the folder "
            f"{_FOLDER} into {folder}; or name another folder in GAN_EXPLORER_DATA. ({error})"
        ) from error
