"""Crops of the two photographs that come with scikit-learn: the left halves to train on, the right halves held out.

Both lie in the installed package (a temple in China and a flower, CC BY), so nothing is fetched.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from gan_core.data.images import Images
from gan_core.errors import DataError

__all__ = ["photographs"]

NAMES: Final = ("china.jpg", "flower.jpg")
SIDE: Final = 32
STRIDE: Final = 8
"""Between training crops; those held out do not overlap."""


def photographs() -> Images:
    """Load 3,700 overlapping crops of the left halves, and 260 of the right halves, in colour.

    Raises:
        DataError: scikit-learn is not installed, or without its pictures.
    """
    spec = find_spec("sklearn")
    places = (spec.submodule_search_locations if spec else None) or []
    folder = next((f for place in places if (f := Path(place, "datasets/images")).is_dir()), None)
    if folder is None:
        raise DataError("these pictures come with scikit-learn, which is not installed: pip install scikit-learn")
    try:
        whole = [np.asarray(Image.open(folder / name).convert("RGB")) for name in NAMES]
    except (OSError, ValueError) as error:
        raise DataError(f"{folder} is damaged ({error}); install scikit-learn again") from error
    half = whole[0].shape[1] // 2
    train = np.concatenate([crops(picture[:, :half], STRIDE) for picture in whole])
    held_out = np.concatenate([crops(picture[:, half:], SIDE) for picture in whole])
    return Images("photographs", torch.from_numpy(train), torch.from_numpy(held_out), None, None, ())


def crops(picture: NDArray[np.uint8], stride: int) -> NDArray[np.uint8]:
    """Cut all squares of `SIDE` whose corners lie ``stride`` apart, ``[n, 3, SIDE, SIDE]``, row by row.

    Args:
        picture: ``[height, width, 3]``.
        stride: In pixels.
    """
    windows = np.lib.stride_tricks.sliding_window_view(picture, (SIDE, SIDE), (0, 1))[::stride, ::stride]
    return np.ascontiguousarray(windows.reshape(-1, 3, SIDE, SIDE))
