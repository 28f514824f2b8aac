"""Filters: what one would do without a GAN, ``(condition, train) -> images``, from conditions ``[n, c', h, w]``.

They are no straw men: each is the usual one for its task, at its usual size, and knows what the condition says (where
something is missing, how strong the noise is). Images are ``[n, c, h, w]`` in [-1, 1].
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

_WINDOW = 3


def blocks(condition: Tensor, train: Tensor, *, block: int) -> Tensor:
    """Leave each block one value: the nearest pixel of the small picture."""
    return condition


def bicubic(condition: Tensor, train: Tensor, *, block: int) -> Tensor:
    """Enlarge the small picture by cubic curves with a = -0.5 (Keys 1981), as Pillow does."""
    small = condition[:, :, ::block, ::block]
    return functional.interpolate(small, scale_factor=block, mode="bicubic", antialias=True).clamp_(-1, 1)


def median(condition: Tensor, train: Tensor, *, noise: float) -> Tensor:
    """Take the median of 3 × 3 pixels, mirrored at the edges."""
    from scipy.ndimage import median_filter

    return torch.from_numpy(median_filter(condition.numpy(), (1, 1, _WINDOW, _WINDOW)))


def wiener(condition: Tensor, train: Tensor, *, noise: float) -> Tensor:
    """Go from each pixel to the mean of 3 × 3 as far as the noise explains their variance (Wiener's local filter)."""
    from scipy.ndimage import uniform_filter

    y = condition.double().numpy()
    size = (1, 1, _WINDOW, _WINDOW)
    mean = uniform_filter(y, size)
    variance = np.maximum(uniform_filter(y * y, size) - mean**2, 1e-12)
    gain = np.maximum(variance - noise**2, 0) / variance
    return torch.from_numpy((mean + gain * (y - mean)).astype(np.float32))


def linear(condition: Tensor, train: Tensor, *, noise: float) -> Tensor:
    """Apply Wiener's filter of whole images, whose covariance is that of the training images.

    Of all linear maps it is the best against noise that does not depend on the image.
    """
    flat = train[:5_000].flatten(1).double()
    mean = flat.mean(0)
    covariance = (flat - mean).T @ (flat - mean) / len(flat)
    noisy = covariance + noise**2 * torch.eye(len(mean), dtype=torch.float64)
    gain = torch.linalg.solve(noisy, covariance)
    out: Tensor = mean + (condition.flatten(1).double() - mean) @ gain
    return out.float().view(condition.shape).clamp_(-1, 1)


def mean_of_the_rest(condition: Tensor, train: Tensor) -> Tensor:
    """Fill the hole with the mean of what is there, channel by channel."""
    known, hole = condition[:, :-1], condition[:, -1:]
    mean = (known * (1 - hole)).sum((2, 3), keepdim=True) / (1 - hole).sum((2, 3), keepdim=True)
    return known + hole * mean


def mean_image(condition: Tensor, train: Tensor) -> Tensor:
    """Fill the hole with the mean of all training images, pixel by pixel."""
    known, hole = condition[:, :-1], condition[:, -1:]
    return known + hole * train.mean(0)
