"""Scores for samples of any origin: an array, or a file that is not trusted.

A file is not trusted: nothing in it is executed, and its size is checked before it is read.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from gan_core.config.names import KIND_WORDS
from gan_core.data import Images, Points, Signals, load
from gan_core.data.images import network_units
from gan_core.errors import DataError
from gan_core.metrics.any_data import score_plane_neighbours
from gan_core.metrics.images import class_shares, score_images
from gan_core.metrics.neighbours import K
from gan_core.metrics.plane import score_plane
from gan_core.metrics.ranges import range_warning, scale_warning
from gan_core.metrics.table import Score

__all__ = ["load_samples", "range_of_samples", "sample_classes", "score_samples"]

Floats = NDArray[np.floating]

_MAX_BYTES = 200_000_000
_MAX_ROWS = 1_000_000
_MAX_ABS = 1e6  # no data set here comes near; squares and sums of it are harmless
_PIXEL_TOLERANCE = 1e-3


def load_samples(path: str | os.PathLike[str]) -> NDArray[np.generic]:
    """Read a NumPy `.npy` file of at most 200 MB.

    Raises:
        DataError: No such file, not an `.npy` file (`.npz` and pickles are refused), or too large.
    """
    path = Path(path)
    if not path.is_file():
        raise DataError(f"{path} is no file")
    size = path.stat().st_size
    if size > _MAX_BYTES:
        raise DataError(f"{path} has {size / 1e6:.0f} MB; at most {_MAX_BYTES / 1e6:.0f} are read")
    with path.open("rb") as file:
        if file.read(6) != b"\x93NUMPY":
            raise DataError(f"{path} is not a NumPy .npy file; write it with numpy.save(path, samples)")
    try:
        # Mapped, not read: a header that promises more than the file holds is an error, no allocation.
        mapped = np.load(path, mmap_mode="r", allow_pickle=False)
        return np.array(mapped)
    except (ValueError, OSError, EOFError, TypeError, SyntaxError) as error:
        raise DataError(f"{path} cannot be read as plain numbers ({error})") from error


def score_samples(
    name: str, samples: NDArray[np.generic] | str | os.PathLike[str], *, rng_seed: int = 0
) -> dict[str, Score]:
    """Scores samples of any origin against a data set.

    Args:
        name: A key of `gan_core.data.DATASETS`.
        samples: An array or the path of an `.npy` file. In the plane `[n, 2]` in data units; images
            `[n, c, h, w]`, `[n, h, w]` or `[n, c * h * w]` in [-1, 1]. 2 <= n <= 1,000,000. The order does
            not matter beyond chance: the samples are shuffled first, as files are often sorted.
        rng_seed: Of the shuffle and of the real samples.

    Returns:
        As `score_plane` and `score_plane_neighbours` (of more than 5 points), or as `score_images`.

    Raises:
        DataError: An unknown data set, or samples of the wrong shape, type, range or size.
    """
    data = _numbers_of(name)
    fake = _read(samples, data.shape, name)
    fake = fake[np.random.default_rng(rng_seed).permutation(len(fake))]
    if isinstance(data, Images):
        return score_images(data, fake, rng_seed=rng_seed)
    scores = score_plane(data, fake, rng_seed=rng_seed)
    return scores | score_plane_neighbours(data, fake, rng_seed=rng_seed) if len(fake) > K else scores


def sample_classes(name: str, samples: NDArray[np.generic] | str | os.PathLike[str]) -> dict[str, float]:
    """Measure the share of samples that a judge takes for each class, by its name; empty where there is no judge.

    Args:
        name: As for `score_samples`.
        samples: As for `score_samples`.

    Raises:
        DataError: As `score_samples`.
    """
    data = load(name)
    return class_shares(data, _read(samples, data.shape, name)) if isinstance(data, Images) else {}


def range_of_samples(
    name: str, samples: NDArray[np.generic] | str | os.PathLike[str], n_shown: int = 400
) -> tuple[str, tuple[NDArray[Any], NDArray[Any]]]:
    """Warn of samples in another range or scale than the data, and show some of both.

    Args:
        name: As for `score_samples`.
        samples: As for `score_samples`.
        n_shown: Samples of each to be shown, at most.

    Returns:
        The warning, or ""; and real and generated samples: pictures ``uint8 [n, h, w, c]``, or points in data units.

    Raises:
        DataError: As `score_samples`.
    """
    data = _numbers_of(name)
    fake = _read(samples, data.shape, name)
    some = fake[:: max(1, len(fake) // n_shown)][:n_shown]
    rng = torch.Generator().manual_seed(0)
    if isinstance(data, Images):
        real = network_units(data.train[torch.randperm(data.n_train, generator=rng)[:2_000]])
        shown = data.to_uint8(real[:n_shown]), data.to_uint8(torch.from_numpy(np.ascontiguousarray(some)).float())
        return range_warning(real.numpy(), fake), shown
    points = data.to_data(data.sample(2_000, rng).double()).numpy()
    return scale_warning(points, fake), (points[:n_shown], some)


def _numbers_of(name: str) -> Points | Images:
    """Load a data set whose samples are compared as numbers."""
    data = load(name)
    if isinstance(data, Signals):
        raise DataError(
            f"files are scored against points and images, and {name} has {KIND_WORDS[data.kind]}: "
            "score a saved run on them instead"
        )
    return data


def _read(samples: NDArray[np.generic] | str | os.PathLike[str], shape: tuple[int, ...], name: str) -> Floats:
    return _checked(samples if isinstance(samples, np.ndarray) else load_samples(samples), shape, name)


def _checked(array: NDArray[np.generic], shape: tuple[int, ...], name: str) -> Floats:
    allowed = [list(shape)]
    if len(shape) == 3:
        allowed += [list(shape[1:])] * (shape[0] == 1) + [[int(np.prod(shape))]]
    if array.ndim < 1 or list(array.shape[1:]) not in allowed:
        wanted = " or ".join(f"[n, {', '.join(map(str, one))}]" for one in allowed)
        raise DataError(f"samples for {name} have the shape {wanted}; these have {list(array.shape)}")
    if array.dtype.kind not in "fiu":
        raise DataError(f"samples are real numbers; these are of type {array.dtype}")
    if not 2 <= len(array) <= _MAX_ROWS or array.nbytes > _MAX_BYTES:
        raise DataError(
            f"2 to {_MAX_ROWS:,} samples and {_MAX_BYTES / 1e6:.0f} MB are allowed; "
            f"these are {len(array):,} in {array.nbytes / 1e6:.0f} MB"
        )
    # Before any cast: one to float32 could overflow, and so could the absolute value of an int8.
    largest = max(float(array.max()), -float(array.min()))
    if not np.isfinite(largest):
        raise DataError("some samples are NaN or infinite; remove them, or find out why they are")
    if len(shape) == 3 and largest > 1 + _PIXEL_TOLERANCE:
        raise DataError(f"pixels lie in [-1, 1]; here up to {largest:g}. For 0..255 take x / 127.5 - 1")
    if largest > _MAX_ABS:
        raise DataError(f"coordinates are at most {_MAX_ABS:g}; here up to {largest:g}")
    # Images in the type of the real ones; points in double precision, as all scores in the plane.
    fake: Floats = np.asarray(array, np.float32) if len(shape) == 3 else np.asarray(array, np.float64)
    return fake.reshape(-1, *shape)
