"""Data sets: endless samplers in the plane, and real images that lie in memory as one tensor.

`load(name)` gives a data set by name, once per process: all runs of all visitors share its tensors. `load_data`
gives the one that a config describes, which may be somebody's own (`gan_core.data.own`).
Samples are in network units (about unit size, images in [-1, 1]); each data set knows its way back.
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable
from typing import Protocol

from gan_core.config import DataConfig
from gan_core.data import cifar, images, own, points, vision
from gan_core.data.download import Progress
from gan_core.data.images import Images
from gan_core.data.modes import Modes
from gan_core.data.points import Points
from gan_core.data.vision import data_folder
from gan_core.errors import DataError

__all__ = ["DATASETS", "Dataset", "Images", "Modes", "Points", "Progress", "data_folder", "load", "load_data"]

Dataset = Points | Images


class Loader(Protocol):
    """Makes a data set anew; `progress` hears of a download, if there is one."""

    def __call__(self, progress: Progress | None = None) -> Dataset: ...


def _offline(make: Callable[[], Dataset]) -> Loader:
    return lambda progress=None: make()


DATASETS: dict[str, Loader] = {
    "gaussians-2": _offline(points.gaussians_2),
    "ring": _offline(points.ring),
    "blobs-3": _offline(points.blobs_3),
    "line": _offline(points.line),
    "ring-8": _offline(points.ring_8),
    "grid-25": _offline(points.grid_25),
    "moons": _offline(points.moons),
    "swiss-roll": _offline(points.swiss_roll),
    "digits": _offline(images.digits),
    "mnist": vision.mnist,
    "fashion-mnist": vision.fashion_mnist,
    "kmnist": vision.kmnist,
    "cifar10": cifar.cifar10,
    "own-images": _offline(lambda: own.load_own(DataConfig(name="own-images"))),
    "own-points": _offline(lambda: own.load_own(DataConfig(name="own-points"))),
}

_loaded: dict[tuple[str, str], Dataset] = {}
_locks = {name: threading.Lock() for name in DATASETS}


def load(name: str, *, progress: Progress | None = None) -> Dataset:
    """The data set of that name; the second call for it returns the same object.

    Args:
        name: A key of `DATASETS`.
        progress: Called with (file name, bytes so far, bytes in all or 0) while files are downloaded.

    Raises:
        DataError: An unknown name, or files that cannot be read or fetched. The next call tries again.
    """
    if name not in DATASETS:
        raise DataError(f"unknown data set {name!r}; known are {', '.join(DATASETS)}")
    # The folder belongs to the key: a program may change it, and would otherwise get the old files.
    key = (name, str(data_folder()))
    with _locks[name]:
        if key not in _loaded:
            _loaded[key] = DATASETS[name](progress)
        return _loaded[key]


def load_data(config: DataConfig, *, progress: Progress | None = None) -> Dataset:
    """The data set that a config describes; equal descriptions share its tensors.

    Args:
        config: Its name, and for own data its hash, size and colour; whether images are mirrored.
        progress: As for `load`.

    Raises:
        DataError: As `load`; or own data that are not chosen or not here any more.
    """
    if config.name in ("own-images", "own-points"):
        return own.load_own(config)
    data = load(config.name, progress=progress)
    if config.flip and isinstance(data, Images):
        return dataclasses.replace(data, flip=True)
    return data
