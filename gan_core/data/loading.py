"""Loading of data sets, once per process: all runs of all visitors share their tensors."""

from __future__ import annotations

import dataclasses
import threading

from gan_core.config import DataConfig
from gan_core.data import own
from gan_core.data.catalogue import DATASETS
from gan_core.data.download import Progress, data_folder
from gan_core.data.images import Images
from gan_core.data.points import Points
from gan_core.data.signals import Signals
from gan_core.errors import DataError

Dataset = Points | Images | Signals

_loaded: dict[tuple[str, str], Dataset] = {}
_locks = {name: threading.Lock() for name in DATASETS}


def load(name: str, *, progress: Progress | None = None) -> Dataset:
    """Load a data set by its name; the second call for it returns the same object.

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
            _loaded[key] = DATASETS[name].make(progress)
        return _loaded[key]


def load_data(config: DataConfig, *, progress: Progress | None = None) -> Dataset:
    """Load the data set that a config describes; equal descriptions share its tensors.

    Args:
        config: Its name, and for own data its hash, size and colour; how images are drawn.
        progress: As for `load`.

    Raises:
        DataError: As `load`; or own data that are not chosen or not here any more.
    """
    if DATASETS[config.name].own:
        return own.load_own(config)
    data = load(config.name, progress=progress)
    if (config.flip or config.balanced) and isinstance(data, Images):
        return dataclasses.replace(data, flip=config.flip, balanced=config.balanced)
    return data
