r"""Is it memory? Nearest training samples by pixels, and a test whether samples lie closer to them than they should.

If G has learnt the distribution and copied nothing, a sample is as often closer to its nearest training image as to
its nearest held-out image, given as many of each (or corrected for unequal numbers): $P(\text{closer to train}) = 1/2$
(after arXiv:2004.05675). The share of n samples has a standard deviation of $1 / (2\sqrt n)$ about it where images are
many. Of few images chance in which of them are held out adds to it: it is what the share does if all of them are dealt
out anew at random.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import torch
from torch import Generator, Tensor

from gan_core.data import Images
from gan_core.data.images import network_units
from gan_core.errors import DataError
from gan_core.metrics.neighbours import even_chance, sooner

_PART: Final = 4096
_FEW: Final = 400
"""Up to so many held-out images, it matters which these are, and copies of other training images would not be seen
if as few of them were compared."""
MAX_TRAIN: Final = 2_500
"""Training images beside few held-out ones."""
_DEALS: Final = 400
MAX_COMPARED: Final = 10_000
"""Images of each kind that the test looks at."""


@dataclass(frozen=True)
class CopyTest:
    """Outcome of the test.

    Attributes:
        share: Of the samples that lie closer to a training image than to any held-out one; ties count half.
        noise: Its standard deviation if nothing is copied.
        n: Samples.
        n_images: Held-out images, and as many training images unless there are few.
        n_train: Training images that were compared.
    """

    share: float
    noise: float
    n: int
    n_images: int
    n_train: int


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
    few = n <= _FEW
    train = data.train[torch.randperm(len(data.train), generator=rng)[: MAX_TRAIN if few else n]]
    held_out = data.held_out[torch.randperm(len(data.held_out), generator=rng)[:n]]
    noise = 0.5 / len(samples) ** 0.5
    if few:
        place = nearest(samples, torch.cat((train, held_out)))[1][:, 0]
        is_train = torch.arange(len(train) + n) < len(train)
        share = _share_of(place, is_train)
        deals = [_share_of(place, is_train[torch.randperm(len(is_train), generator=rng)]) for _ in range(_DEALS)]
        noise = max(noise, float(torch.tensor(deals).std()))
    else:
        share = sooner(nearest(samples, train)[0][:, 0], nearest(samples, held_out)[0][:, 0])
    return CopyTest(share, noise, len(samples), n, len(train))


def _share_of(place: Tensor, is_train: Tensor) -> float:
    """Compute the share, corrected for the numbers of images, from the nearest image of each sample, ``[n]``."""
    n_train = int(is_train.sum())
    return even_chance(float(is_train[place].double().mean()), n_train, len(is_train) - n_train)
