"""Grain: a checkerboard in images, as transposed convolutions leave it (distill.pub/2016/deconv-checkerboard).

What such a layer does too often it does at every second pixel, in all images at the same places. In photographs and
drawings fine detail has no such places.
"""

from __future__ import annotations

import math
from typing import Final

import torch
from torch import Tensor

__all__ = ["checker"]

SMALLEST: Final = 16
"""Side below which each pixel has a meaning of its own, and an uneven grain may be that of the data."""


def checker(images: Tensor) -> float:
    """Unevenness of fine detail between even and odd rows and columns: 0 none, 1 all of it at one pixel of four.

    Args:
        images: `[n, c, h, w]`; of points, or images of fewer than `SMALLEST` pixels, NaN is returned.
    """
    if images.dim() != 4 or min(images.shape[2:]) < SMALLEST:
        return math.nan
    x = images.float()
    around = (x[..., :-2, 1:-1] + x[..., 2:, 1:-1] + x[..., 1:-1, :-2] + x[..., 1:-1, 2:]) / 4
    detail = (x[..., 1:-1, 1:-1] - around).square().mean((0, 1))
    h, w = detail.shape[0] // 2 * 2, detail.shape[1] // 2 * 2
    power = torch.stack([detail[i:h:2, j:w:2].mean() for i in (0, 1) for j in (0, 1)])
    total = float(power.sum())
    return float((power - power.mean()).abs().sum()) / total / 1.5 if total > 0 else 0.0
