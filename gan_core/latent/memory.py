r"""Is it memory? Nearest training samples by pixels, and a test whether samples lie closer to them than they should.

If G has learnt the distribution and copied nothing, a sample is as often closer to its nearest training image as to
its nearest held-out image, given as many of each: $P(\text{closer to train}) = 1/2$ (after arXiv:2004.05675). The
share of n samples has a standard deviation of $1 / (2\sqrt n)$ about it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import torch
from torch import Generator, Tensor

from gan_core.data import Images
from gan_core.data.images import network_units
from gan_core.errors import DataError

_PART: Final = 4096
MAX_COMPARED: Final = 10_000
"""Images of each kind that the test looks at."""


@dataclass(frozen=True)
class CopyTest:
    """Outcome of the test.

    Attributes:
        share: Of the samples that lie closer to a training image than to any held-out one; ties count half.
        noise: Its standard deviation if nothing is copied.
        n: Samples.
        n_images: Images of each kind.
    """

    share: float
    noise: float
    n: int
    n_images: int


def nearest(samples: Tensor, images: Tensor, k: int = 1) -> tuple[Tensor, Tensor]:
    """Find the nearest images by root mean square difference of pixels.

    Args:
        samples: ``[n, *shape]``, network units.
        images: ``[m, *shape]``, float32 or uint8 as a data set holds them.
        k: How many.

    Returns:
        Distances ``[n, k]``, ascending, in network units (2 is black against white), and places in ``images``.
    """
    flat = samples.flatten(1)
    near, place = torch.empty(len(flat), 0), torch.empty(len(flat), 0, dtype=torch.int64)
    for start in range(0, len(images), _PART):
        part = network_units(images[start : start + _PART]).flatten(1)
        distances = torch.cdist(flat, part)
        places = torch.arange(start, start + len(part)).expand_as(distances)
        both = torch.cat((near, distances), 1)
        near, order = both.topk(min(k, both.shape[1]), largest=False)
        place = torch.cat((place, places), 1).gather(1, order)
    return near / flat.shape[1] ** 0.5, place


def copy_test(samples: Tensor, data: Images, rng: Generator) -> CopyTest:
    """P(closer to train than to held-out).

    Args:
        samples: ``[n, *shape]``, network units.
        data: With held-out images.
        rng: Chooses which images are compared, as many of each kind.

    Raises:
        DataError: If none are held out.
    """
    if data.held_out is None:
        raise DataError(f"{data.name} has no held-out images here, and without them copies cannot be told from luck")
    n = min(len(data.train), len(data.held_out), MAX_COMPARED)
    train, held_out = (
        nearest(samples, images[torch.randperm(len(images), generator=rng)[:n]])[0][:, 0]
        for images in (data.train, data.held_out)
    )
    closer = (train < held_out).float() + 0.5 * (train == held_out).float()
    return CopyTest(float(closer.mean()), 0.5 / len(samples) ** 0.5, len(samples), n)
