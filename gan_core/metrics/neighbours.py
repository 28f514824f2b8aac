"""Scores by nearest neighbours: they need no known modes, and work in any space with a distance.

Each set is looked at once (`Cloud`), a pair of sets once more (`compare`); all scores fall out of the same three
tables of distances. Their values depend on the number of samples and on k: compare only equal ones, and always
beside what two real sets of that size reach.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gan_core.metrics.clipped import clipped_coverage, clipped_density

__all__ = [
    "Cloud",
    "K",
    "NeighbourScores",
    "closer_to_train",
    "compare",
    "coverage_of_real",
    "distances",
    "even_chance",
    "sooner",
]

Floats = NDArray[np.floating]

K: Final = 5
"""Neighbours that make a ball around each sample."""

_FEW_DIMENSIONS = 16  # below it differences are formed one by one: exact, and as fast as a matrix product


@dataclass(frozen=True)
class NeighbourScores:
    """Scores of two sets of samples by each other's neighbourhoods.

    Attributes:
        precision: Share of fake samples inside the ball of a real one: is what is drawn plausible?
        recall: Share of real samples inside the ball of a fake one: is all of the data drawn?
        density: Mean number of real balls that a fake sample lies in, over k; 1 for real data.
        coverage: Share of real balls that hold a fake sample.
        two_sample: Accuracy of telling real from fake by the nearest other sample: ½ for equal sets, 1 for sets
            apart, below ½ for copies.
        diversity: Mean distance of two fake samples over that of two real ones.
        clipped_density: Density of which neither a sample nor a ball of an outlier counts more than another, over what
            the real samples reach among themselves, at most 1.
        clipped_coverage: Share of good samples that would fill the real balls as well as these do.
    """

    precision: float
    recall: float
    density: float
    coverage: float
    two_sample: float
    diversity: float
    clipped_density: float
    clipped_coverage: float


@dataclass(frozen=True, eq=False)
class Cloud:
    """A set of samples, with what its own distances say.

    Attributes:
        points: `[n, dim]`, n > k.
        radius: Distance of each point's k-th nearest other point, `[n]`.
        nearest: Distance of each point's nearest other point, `[n]`.
        mean_distance: Of two different points.
        k: Neighbours in a ball.
        clipped: The radii, none larger than their median: an outlier's ball would hold whatever is drawn, `[n]`.
        crowding: Mean over the points of the others' clipped balls that hold it, over k and at most 1.
    """

    points: Tensor
    radius: Tensor
    nearest: Tensor
    mean_distance: float
    k: int
    clipped: Tensor
    crowding: float

    @classmethod
    def of(cls, points: Floats | Tensor, k: int = K) -> Cloud:
        """Look at `[n, dim]`; in the given precision.

        Raises:
            ValueError: Not more than k points.
        """
        x = torch.as_tensor(points)
        if len(x) <= k:
            raise ValueError(f"{len(x)} samples have no {k} neighbours each: more than {k} are needed")
        table = distances(x, x)
        n = len(x)
        mean = float(table.sum() / (n * (n - 1)))
        table.fill_diagonal_(torch.inf)
        near, index = table.topk(k, dim=1, largest=False)
        radius = near[:, -1]
        clipped = radius.clamp(max=float(np.median(radius.numpy())))
        held = torch.bincount(index[near <= clipped[:, None]], minlength=n)
        return cls(x, radius, near[:, 0], mean, k, clipped, _mean((held.double() / k).clamp(max=1)))


def distances(a: Tensor, b: Tensor) -> Tensor:
    """Euclidean distances of `[n, dim]` and `[m, dim]`, `[n, m]`."""
    if a.shape[1] <= _FEW_DIMENSIONS:
        return torch.cdist(a, b, compute_mode="donot_use_mm_for_euclid_dist")
    middle = b.mean(0)  # small numbers lose fewer digits in the matrix product
    return torch.cdist(a - middle, b - middle, compute_mode="use_mm_for_euclid_dist")


def compare(real: Cloud, fake: Cloud) -> NeighbourScores:
    """All scores of a fake cloud beside a real one of the same k.

    Precision and recall of Kynkäänniemi et al. 2019 (arXiv:1904.06991), density and coverage of Naeem et al. 2020
    (arXiv:2002.09797), the 1-NN two-sample test of Lopez-Paz & Oquab 2017 (arXiv:1610.06545), whose accuracy is
    the mean of the two sets' here, so that their sizes may differ a little; equal ones are meant. Clipped density and
    clipped coverage of Salvy et al. 2025 (arXiv:2507.01761, and its authors' code).
    """
    table = distances(real.points, fake.points)
    in_real = table <= real.radius[:, None]
    near_fake, near_real = table.min(1).values, table.min(0).values
    right = (sooner(real.nearest, near_fake) + sooner(fake.nearest, near_real)) / 2
    return NeighbourScores(
        precision=_mean(in_real.any(0)),
        recall=_mean((table <= fake.radius).any(1)),
        density=_mean(in_real.sum(0)) / real.k,
        coverage=_mean(in_real.any(1)),
        two_sample=right,
        diversity=fake.mean_distance / real.mean_distance if real.mean_distance else float("nan"),
        clipped_density=clipped_density(table, real.clipped, real.k, real.crowding),
        clipped_coverage=clipped_coverage(table, real.radius, real.k),
    )


def closer_to_train(fake: Tensor, train: Tensor, held_out: Tensor) -> float:
    """Share of fake samples whose nearest training sample is nearer than their nearest held-out one; ties count ½.

    ½ for an honest generator, 1 for one that copies (after Meehan et al. 2020, arXiv:2004.05675). Both real sets
    must have the same size, or the larger one is nearer by its size alone.

    Raises:
        ValueError: They have not.
    """
    if train.shape != held_out.shape:
        raise ValueError(f"train {tuple(train.shape)} and held-out {tuple(held_out.shape)} must have one shape")
    return sooner(distances(fake, train).min(1).values, distances(fake, held_out).min(1).values)


def even_chance(share: float, n_train: int, n_held_out: int) -> float:
    """Correct a share of samples that are nearer to a training image for unequal numbers of images.

    It is the number of samples nearest to a training image, for each such image, over that and the same number of the
    held-out ones: ½ if nothing is copied, 1 if everything is, and the share itself if there are as many of each.

    Args:
        share: Of samples whose nearest image is a training one.
        n_train: Training images.
        n_held_out: Held-out images.
    """
    train, held_out = share / n_train, (1 - share) / n_held_out
    return train / (train + held_out)


def coverage_of_real(n: int, m: int, k: int = K) -> float:
    """Compute the expected coverage of n real samples by m others of one distribution (arXiv:2002.09797, lemma 2)."""
    i = np.arange(1, k + 1)
    return float(1 - np.prod((n - i) / (m + n - i)))


def sooner(a: Tensor, b: Tensor) -> float:
    """Share of distances `[n]` that are smaller in the first; ties count ½."""
    return _mean(a < b) + _mean(a == b) / 2


def _mean(values: Tensor) -> float:
    return float(values.double().mean())
