"""Features of pictures that nobody trained: colours of a coarse picture, and strength of edges by size and direction.

The second half are the first-order coefficients of a scattering transform (Bruna & Mallat, arXiv:1203.1513): modulus of
Gabor filters of three sizes and four directions, averaged over 4 x 4 places. They change little when a picture moves by
a pixel and much when its texture does, which distances of pixels get wrong both ways. Distances in them are no FID and
no KID of Inception: those need that network, and say what ImageNet's classes make of a picture.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

__all__ = ["FEATURES", "SIDE", "Scale", "features", "small"]

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]

SIDE: Final = 32
"""Side at which pictures are compared, whatever they had."""
_COARSE: Final = 8
_PLACES: Final = 4
_SIZES: Final = (2.0, 4.0, 8.0)
"""Wavelengths of the filters in pixels."""
_DIRECTIONS: Final = 4
_AT_ONCE: Final = 256
_LUMA: Final = np.array([0.299, 0.587, 0.114], np.float32)

FEATURES: Final = (
    f"fixed features without training: colours on {_COARSE} x {_COARSE} places, and the strength of edges of "
    f"{len(_SIZES)} sizes and {_DIRECTIONS} directions on {_PLACES} x {_PLACES} places (first-order scattering), of "
    f"pictures at {SIDE} px; no Inception, so nothing here is an FID"
)


def small(pixels: Pixels) -> Floats:
    """Bring pictures to `SIDE`, in [0, 1].

    Args:
        pixels: ``[n, side, side, 3]``.

    Returns:
        ``[n, 32, 32, 3]``.
    """
    if pixels.shape[1] == SIDE:
        return pixels.astype(np.float32) / np.float32(255)
    out = np.empty((len(pixels), SIDE, SIDE, 3), np.float32)
    how = Image.Resampling.BOX if pixels.shape[1] % SIDE == 0 else Image.Resampling.LANCZOS
    for row, picture in zip(out, pixels, strict=True):
        row[:] = np.asarray(Image.fromarray(picture).resize((SIDE, SIDE), how), np.float32) / 255
    return out


def features(pictures: Floats) -> Floats:
    """Compute the features, `[n, 384]`.

    Args:
        pictures: From `small`.
    """
    n = len(pictures)
    step = SIDE // _COARSE
    coarse = pictures.reshape(n, _COARSE, step, _COARSE, step, 3).mean((2, 4)).reshape(n, -1)
    bank = _bank()
    edges = np.empty((n, len(bank) * _PLACES**2), np.float32)
    place = SIDE // _PLACES
    for at in range(0, n, _AT_ONCE):
        grey = pictures[at : at + _AT_ONCE] @ _LUMA
        spectrum = np.fft.fft2(grey - grey.mean((1, 2), keepdims=True))
        parts = []
        for filtered in bank:
            strength = np.abs(np.fft.ifft2(spectrum * filtered)).astype(np.float32)
            parts.append(
                strength.reshape(len(grey), _PLACES, place, _PLACES, place).mean((2, 4)).reshape(len(grey), -1)
            )
        edges[at : at + len(grey)] = np.concatenate(parts, 1)
    return np.concatenate([coarse, edges], 1)


class Scale:
    """Brings each half of the features to the same total variance, and the mean to zero, by a set of pictures."""

    def __init__(self, of: Floats) -> None:
        self._mean = of.mean(0)
        half = _COARSE**2 * 3
        self._factor = np.ones(of.shape[1], np.float32)
        for part in (slice(0, half), slice(half, None)):
            total = float(of[:, part].var(0).sum())
            self._factor[part] = 1 / np.sqrt(max(total, 1e-12) * 2 / of.shape[1])

    def __call__(self, x: Floats) -> Floats:
        """Scale features."""
        scaled: Floats = (x - self._mean) * self._factor
        return scaled


@lru_cache(maxsize=1)
def _bank() -> tuple[Floats, ...]:
    """Build the filters in the frequency domain: a Gaussian about each frequency, without the mean."""
    axis = np.fft.fftfreq(SIDE)
    fy, fx = np.meshgrid(axis, axis, indexing="ij")
    bank = []
    for wavelength in _SIZES:
        centre, width = 0.8 / wavelength, 0.35 / wavelength
        for turn in range(_DIRECTIONS):
            angle = np.pi * turn / _DIRECTIONS
            away = (fx - centre * np.cos(angle)) ** 2 + (fy - centre * np.sin(angle)) ** 2
            window = np.exp(-away / (2 * width**2))
            window[0, 0] = 0
            bank.append(window.astype(np.float32))
    return tuple(bank)
