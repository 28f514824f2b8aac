"""Pictures with names, to take home: one ZIP of PNGs."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_ODD: Final = re.compile(r"[^A-Za-z0-9.]+")
_LONGEST: Final = 60


def pictures_zip(pictures: Iterable[tuple[str, NDArray[np.uint8]]]) -> bytes:
    """Pack pictures, pixel for pixel, numbered in their order.

    Args:
        pictures: A caption and ``uint8 [h, w]``, ``[h, w, 1]`` or ``[h, w, 3]`` each; a file's name is made of the
            letters and digits of its caption.
    """
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as file:
        for i, (caption, pixels) in enumerate(pictures, 1):
            name = _ODD.sub("-", caption).strip("-.")[:_LONGEST]
            file.writestr(f"{i:02d}-{name}.png", _png(pixels))
    return out.getvalue()


def _png(pixels: NDArray[Any]) -> bytes:
    out = io.BytesIO()
    flat = pixels[..., 0] if pixels.ndim == 3 and pixels.shape[2] == 1 else pixels
    Image.fromarray(np.ascontiguousarray(flat)).save(out, "PNG")
    return out.getvalue()
