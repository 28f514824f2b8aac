"""Classes of generated images: how often each is made, by the class of the nearest real image.

It needs no trained classifier, and so serves data of one's own. The nearest neighbour errs, and more on blurred images
than on sharp ones; therefore each share stands beside what the same rule says of other real images.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gan_core.data.images import Images, network_units
from gan_core.metrics.neighbours import distances

__all__ = ["ClassShare", "class_words", "shares_by_class"]

N_REAL: Final = 500
"""Real images among which the nearest is looked for, and at most as many others beside them."""
N_FEWEST: Final = 4
"""Images of a class that are among them, if it has so many: a rare class could not be nearest otherwise."""
N_CLASSES: Final = 100
"""Classes, at most: of more there are too few images of each to say anything."""
CHANCE: Final = 1 / 700
"""Chance, of all classes of a look together, that a share is said to differ although it does not."""


@dataclass(frozen=True)
class ClassShare:
    """One class of generated images.

    Attributes:
        name: Of the class.
        n_train: Training images of it.
        n: Generated images that were looked at: those asked for as this class where the generator is told, else all.
        made: Share of them whose nearest real image is of this class.
        real: The same share of other real images: of this class where the generator is told, else of all. NaN where
            there are no others.
        n_real: How many these are.
    """

    name: str
    n_train: int
    n: int
    made: float
    real: float
    n_real: int

    @property
    def chance(self) -> float:
        """Chance that it is made so seldom if it is made as often as real images are taken for it; NaN without images.

        Fisher's exact test, one-sided: rare classes have a few images, of which no normal law holds.
        """
        if not self.n or not self.n_real:
            return math.nan
        hits, theirs = round(self.made * self.n), round(self.real * self.n_real)
        all_hits = hits + theirs
        ways = _log_ways(self.n + self.n_real, all_hits)
        return sum(
            math.exp(_log_ways(self.n, k) + _log_ways(self.n_real, all_hits - k) - ways)
            for k in range(max(0, all_hits - self.n_real), hits + 1)
        )


def _log_ways(n: int, k: int) -> float:
    """Logarithm of the number of ways to choose ``k`` of ``n``."""
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def shares_by_class(
    data: Images, fake: Tensor, asked: Tensor | None = None, *, rng_seed: int = 0
) -> tuple[ClassShare, ...]:
    """Count generated images by the class of their nearest real one.

    Args:
        data: Images in classes.
        fake: ``[n, c, h, w]`` in [-1, 1].
        asked: Class that each was asked for, ``[n]``, int64; None if the generator is not told.
        rng_seed: Of the choice of real images.

    Returns:
        One entry a class, in their order; none if the data are in fewer than two classes or in more than `N_CLASSES`,
        or a pixel is not finite.
    """
    k = len(data.classes)
    if data.labels is None or not 2 <= k <= N_CLASSES or not len(fake) or not bool(torch.isfinite(fake).all()):
        return ()
    rng = np.random.default_rng(rng_seed)
    labels = data.labels.numpy()
    chosen, rest = _chosen(labels, k, rng)
    if data.held_out is not None and data.held_out_labels is not None:
        rest = rng.permutation(len(data.held_out))[:N_REAL]
        others, theirs = data.held_out[torch.from_numpy(rest)], data.held_out_labels[torch.from_numpy(rest)]
    else:
        others, theirs = data.train[torch.from_numpy(rest)], data.labels[torch.from_numpy(rest)]
    near = network_units(data.train[torch.from_numpy(chosen)]).flatten(1)
    classes = labels[chosen]
    seen = _nearest_class(fake.flatten(1), near, classes)
    seen_real = _nearest_class(network_units(others).flatten(1), near, classes)
    told = None if asked is None else asked.numpy()
    true = theirs.numpy()
    found = []
    for i, name in enumerate(data.classes):
        mine = seen if told is None else seen[told == i]
        real = seen_real if told is None else seen_real[true == i]
        share = _share(real, i)
        if told is None and data.balanced:  # drawn so for training: each class counts alike
            share = float(np.mean([_share(seen_real[true == j], i) for j in np.unique(true)])) if len(true) else share
        found.append(ClassShare(str(name), int((labels == i).sum()), len(mine), _share(mine, i), share, len(real)))
    return tuple(found)


def _chosen(labels: NDArray[np.int64], k: int, rng: np.random.Generator) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Choose real images among which to look, and others: at most half of the data, in their proportions."""
    order = rng.permutation(len(labels))
    n = min(N_REAL, max(1, len(order) // 2))
    first, rest = order[:n], order[n : n + N_REAL]
    for i in range(k):
        lacking = min(N_FEWEST, int((labels == i).sum())) - int((labels[first] == i).sum())
        if lacking > 0:
            more = order[n:][labels[order[n:]] == i][:lacking]
            first, rest = np.concatenate((first, more)), rest[~np.isin(rest, more)]
    return first, rest


def _nearest_class(images: Tensor, near: Tensor, classes: NDArray[np.int64]) -> NDArray[np.int64]:
    if not len(images):
        return classes[:0]
    found: NDArray[np.int64] = classes[distances(images, near).min(1).indices.numpy()]
    return found


def _share(seen: NDArray[np.int64], i: int) -> float:
    return float((seen == i).mean()) if len(seen) else math.nan


def class_words(shares: Sequence[ClassShare], *, told: bool) -> str:
    """Say which class is made least, in a sentence with its numbers; "" where there are no classes.

    Args:
        shares: From `shares_by_class`.
        told: True if the generator is told which class to make.
    """
    known = [share for share in shares if not math.isnan(share.chance)]
    if not known:
        return ""
    worst = min(known, key=lambda share: share.chance)
    rule = f"Of {len(shares)} classes, by the nearest real image: "
    beside = (
        f"{worst.made:.0%} of {worst.n:,} images, of {worst.n_real:,} real ones {worst.real:.0%} "
        f"({worst.n_train:,} to train on)"
    )
    if worst.chance > CHANCE / len(known):
        return f"{rule}none is made less often than chance explains; the furthest off is {worst.name}: {beside}."
    what = "fewest are right of those asked for as" if told else "made least beside its share is"
    return f"{rule}{what} {worst.name}: {beside}."
