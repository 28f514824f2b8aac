"""Scores for samples that come from somewhere else: an array, or a file of a stranger.

A file is not trusted: nothing in it is executed, and its size is checked before it is read.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from gan_core.data import Images, load
from gan_core.data.images import network_units
from gan_core.errors import DataError
from gan_core.metrics.distances import random_directions, sliced_wasserstein
from gan_core.metrics.plane import score_plane
from gan_core.metrics.table import Score

__all__ = ["load_samples", "score_images", "score_samples"]

Floats = NDArray[np.floating]

_MAX_BYTES = 200_000_000
_MAX_ROWS = 1_000_000
_MAX_ABS = 1e6  # no data set here comes near; squares and sums of it are harmless
_N_IMAGES = 2_500
_N_DIVERSITY = 500
_N_DIRECTIONS = 128
_PIXEL_TOLERANCE = 1e-3


def load_samples(path: str | os.PathLike[str]) -> NDArray[np.generic]:
    """Reads a NumPy `.npy` file of at most 200 MB.

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
        As `score_plane` or `score_images`.

    Raises:
        DataError: An unknown data set, or samples of the wrong shape, type, range or size.
    """
    data = load(name)
    array = samples if isinstance(samples, np.ndarray) else load_samples(samples)
    fake = _checked(array, data.shape, name)
    fake = fake[np.random.default_rng(rng_seed).permutation(len(fake))]
    if isinstance(data, Images):
        return score_images(data, fake, rng_seed=rng_seed)
    return score_plane(data, fake, rng_seed=rng_seed)


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


def score_images(data: Images, fake: Floats, *, rng_seed: int = 0) -> dict[str, Score]:
    """Scores images by pixels: simple, honest about its limits, no trained network in between.

    Compared with held-out images where there are some, else with half of the training images; the
    floor is that of the training images (or the other half) in place of the fake ones. Both scores
    catch a collapse; neither says whether a picture looks right.

    Args:
        data: The data set.
        fake: `[m, c, h, w]` in [-1, 1], m >= 2, in random order; at most 2,500 are used.
        rng_seed: Of the choice of real images.

    Returns:
        `sliced_wasserstein` over 128 random directions in pixel space, and `diversity`.
    """
    rng = np.random.default_rng(rng_seed)
    real, other = _two_real_sets(data, rng)
    n = min(len(fake), len(real), len(other), _N_IMAGES)
    real, other, flat = real[:n], other[:n], fake[:n].reshape(n, -1)
    directions = random_directions(_N_DIRECTIONS, flat.shape[1], rng).astype(np.float32)
    few = min(n, _N_DIVERSITY)
    real_distance = _mean_distance(real[:few])
    return {
        "sliced_wasserstein": Score(
            sliced_wasserstein(real, flat, directions), sliced_wasserstein(real, other, directions), n
        ),
        "diversity": Score(
            _mean_distance(flat[:few]) / real_distance, _mean_distance(other[:few]) / real_distance, few
        ),
    }


def _two_real_sets(data: Images, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Two disjoint sets of real images, flat, in random order: to compare with, and for the floor."""
    order = torch.from_numpy(rng.permutation(data.n_train))
    if data.held_out is None:
        half = len(order) // 2
        first, order = data.train[order[:half][:_N_IMAGES]], order[half:]
    else:
        chosen = torch.from_numpy(rng.permutation(len(data.held_out)))
        first = data.held_out[chosen[:_N_IMAGES]]
    first, second = (network_units(part).flatten(1) for part in (first, data.train[order[:_N_IMAGES]]))
    return first.numpy(), second.numpy()


def _mean_distance(flat: Floats) -> float:
    """Mean distance of two different samples of `[n, dim]`."""
    tensor = torch.from_numpy(np.ascontiguousarray(flat))
    return float(torch.pdist(tensor).mean())
