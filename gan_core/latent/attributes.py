"""Attributes measured in a sample without a trained network: ink, slant, width; the class of its nearest images."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import torch
from torch import Tensor

from gan_core.data import Images
from gan_core.latent.memory import nearest

N_NEIGHBOURS: Final = 5


def ink(images: Tensor) -> Tensor:
    """Mean brightness, ``[n]``, 0 (black) to 1 (white), of ``[n, c, h, w]`` in [-1, 1]."""
    return images.flatten(1).mean(1) * 0.5 + 0.5


def slant(images: Tensor) -> Tensor:
    """Shear of the bright parts, ``[n]``: columns to the right for each row upwards, by second moments."""
    _, both, along_column = _moments(images)
    return -both / along_column.clamp_min(1e-6)


def width(images: Tensor) -> Tensor:
    """Measure the standard deviation of brightness along a row, ``[n]``, as a share of the image's width."""
    along_row, _, _ = _moments(images)
    return along_row.sqrt() / images.shape[-1]


ATTRIBUTES: Final[Mapping[str, Callable[[Tensor], Tensor]]] = {"ink": ink, "slant": slant, "width": width}


def _moments(images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Variance of the column, covariance of column and row, variance of the row; the weight is brightness."""
    light = (images.mean(1) * 0.5 + 0.5).clamp(0, 1)
    total = light.sum((1, 2)).clamp_min(1e-6)
    columns = torch.arange(images.shape[3], dtype=torch.float32)
    rows = torch.arange(images.shape[2], dtype=torch.float32)
    by_column, by_row = light.sum(1) / total[:, None], light.sum(2) / total[:, None]
    x, y = by_column @ columns, by_row @ rows
    xx, yy = by_column @ columns.square() - x.square(), by_row @ rows.square() - y.square()
    xy = torch.einsum("nrc,r,c->n", light, rows, columns) / total - x * y
    return xx, xy, yy


def classify(images: Tensor, data: Images) -> Tensor:
    """Classify samples by their nearest labelled training images in pixels, ``[n]``, int64.

    Args:
        images: ``[n, c, h, w]``, network units.
        data: With labels.
    """
    assert data.labels is not None
    votes = data.labels[nearest(images, data.train, N_NEIGHBOURS)[1]]
    return votes.mode(1).values
