"""The course of a stranger's run: what G's samples are like beside real ones, look by look.

A sample is seen as a sketch: the vector itself, or a picture averaged down to 8 × 8. Each look compares the fakes that
the loop made for D in a few steps of G with a reservoir of the real samples that D was shown, so it costs no forward
pass and draws no random number of the loop's. Distances are Euclidean between sketches.

`Look.precision` is the share of fakes within the reach of a real sample, `Look.coverage` the share of real samples with
a fake within their reach; the reach of a real sample is its distance to its fifth nearest one (Naeem et al., 2020,
arXiv:2002.09797). Both stand beside what other real samples of the same number attain.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

__all__ = ["Course", "Look", "sketch"]

Array = NDArray[Any]

SIDE: Final = 8
"""Side to which a picture is averaged down; what is lost by it is not judged."""
MOST: Final = 256
"""Numbers of a sketch, and samples of a look."""
ROWS: Final = 128
PLACES: Final = 64
"""Places to which a signal is averaged down."""
FEW_FAKES: Final = 32
ENOUGH_FAKES: Final = 128
FEW_REAL: Final = 64
NEIGHBOURS: Final = 5
MOST_LOOKS: Final = 200


@dataclass(frozen=True)
class Look:
    """G's samples beside real ones, over a few steps of G.

    Attributes:
        step: G's step at its end.
        n: Fakes that were compared.
        spread: Mean distance between two fakes, in units of that between two real samples.
        precision: Share of fakes near a real sample.
        coverage: Share of real samples near which a fake lies.
        real_precision: What other real samples attain, as many as `n`.
        real_coverage: Likewise.
        nearer: Share of fakes that are nearer to a training sample than to any of as many held-out ones; about one
            half where nothing is learned by heart (Meehan et al., 2020, arXiv:2004.05675); NaN without held-out ones.
        classes: How many fakes have a nearest real sample of each class; empty without labels.
    """

    step: int
    n: int
    spread: float
    precision: float
    coverage: float
    real_precision: float
    real_coverage: float
    nearer: float = float("nan")
    classes: Mapping[str, int] = field(default_factory=dict)


def sketch(x: Tensor) -> Tensor | None:
    """Reduce samples to small vectors, on their device.

    Args:
        x: ``[n, …]``; pictures are ``[n, channels, height, width]``.

    Returns:
        ``[min(n, 128), at most 256]``, float32; None for what has no numbers to compare.
    """
    if x.dim() < 2 or not x.is_floating_point() or not x.numel():
        return None
    with torch.no_grad():
        rows = x.detach()[:ROWS].float()
        if rows.dim() == 4 and max(rows.shape[2:]) > SIDE:
            rows = functional.adaptive_avg_pool2d(rows, SIDE)
        elif rows.dim() == 3 and rows.shape[2] > PLACES:
            rows = functional.adaptive_avg_pool1d(rows, PLACES)
        flat = rows.reshape(rows.shape[0], -1)
        step = -(-flat.shape[1] // MOST)
        return flat[:, ::step].contiguous()


class Course:
    """Looks at a run, made of the sketches that D was shown.

    Attributes:
        looks: All so far, the oldest first; from 200 on every second of the older half is dropped.
        shares: Share of each class among the real samples; empty without labels.
        as_made: Whether D is shown what G returns, as it is, so that G's output can stand for it.
    """

    def __init__(self) -> None:
        self.looks: list[Look] = []
        self.shares: dict[str, float] = {}
        self._given: Array | None = None
        self._labels: Array | None = None
        self._held_out: Array | None = None
        self.as_made = False
        self._rng = np.random.default_rng(0)
        self._real: list[Array] = []
        self._n_real = 0
        self._fakes: list[Array] = []
        self._windows = 0
        self._reference: Reference | None = None

    def forget(self) -> None:
        """Leave out what was begun: steps that nobody saw lie between."""
        self._fakes.clear()
        self._windows = 0

    def give(self, real: Array | None, labels: Array | None, held_out: Array | None) -> None:
        """Take real samples from the person in place of those that D is shown.

        Args:
            real: Sketches, ``[m, length]``, or None.
            labels: The class of each, or None.
            held_out: Sketches of samples that are not trained on, or None.
        """
        self._given, self._labels, self._held_out = real, labels, held_out
        if labels is not None:
            names, counts = np.unique(labels.astype(str), return_counts=True)
            self.shares = {str(name): float(count) / len(labels) for name, count in zip(names, counts, strict=True)}

    def show(self, kind: str, rows: Array) -> None:
        """Take what D was shown.

        Args:
            kind: ``real`` or ``fake``; anything else is left out.
            rows: Sketches, ``[n, length]``.
        """
        if kind == "fake":
            self._fakes.append(rows)
        elif kind == "real":
            for row in rows[np.isfinite(rows).all(1)]:
                self._keep(row)

    def _keep(self, row: Array) -> None:
        """Keep each sample ever shown with the same chance (reservoir sampling)."""
        if self._real and self._real[0].shape != row.shape:
            return
        self._n_real += 1
        place = len(self._real) if len(self._real) < MOST else int(self._rng.integers(self._n_real))
        if place < MOST:
            self._real[place : place + 1] = [row]
            self._reference = self._reference if self._given is not None else None

    def step(self, step: int) -> Look | None:
        """Note that G has stepped; returns a look if there is enough for one.

        Args:
            step: G's step.
        """
        self._windows += 1
        n = sum(map(len, self._fakes))
        if n < ENOUGH_FAKES and not (self._windows >= 4 and n >= FEW_FAKES):
            return None
        fakes, self._windows = self._fakes, 0
        self._fakes = []
        return self.look(step, fakes)

    def look(self, step: int, fakes: Sequence[Array]) -> Look | None:
        """Compare fakes with the reservoir; None where that cannot tell.

        Args:
            step: G's step.
            fakes: Sketches, each ``[n, length]``.
        """
        real = self._given if self._given is not None else np.stack(self._real) if self._real else np.zeros((0, 0))
        if self._reference is None and len(real) >= FEW_REAL:
            self._reference = Reference(real, self._labels, self._held_out)
        known = self._reference
        fakes = [rows[np.isfinite(rows).all(1)] for rows in fakes]
        fakes = [rows for rows in fakes if len(rows) and rows.shape[1:] == real.shape[1:]]
        if known is None or known.apart <= 0 or not fakes:
            return None
        made = np.concatenate(fakes)
        if len(made) < FEW_FAKES:
            return None
        self.looks.append(known.compare(step, made[self._rng.permutation(len(made))[:MOST]]))
        if len(self.looks) > MOST_LOOKS:
            half = MOST_LOOKS // 2
            self.looks = [*self.looks[:half:2], *self.looks[half:]]
        return self.looks[-1]


class Reference:
    """The reservoir in halves: one says where real samples lie, the other what real samples attain.

    Args:
        real: Sketches, ``[m, length]``.
        labels: The class of each, or None.
        held_out: Sketches of samples that are not trained on, or None.
        most: Real samples that precision and coverage are computed with.

    Attributes:
        apart: Mean distance between two real samples.
    """

    def __init__(
        self, real: Array, labels: Array | None = None, held_out: Array | None = None, most: int = MOST
    ) -> None:
        few = real[np.random.default_rng(0).permutation(len(real))[:most]]  # given ones may come class by class
        self._near, self._other = few[::2], few[1::2]
        self.apart = mean_distance(few)
        among = np.sort(distances(self._near, self._near), axis=1)
        self._reach = among[:, min(NEIGHBOURS, len(self._near) - 1)]
        self._real, self._labels = real, labels
        same = held_out is not None and held_out.shape[1:] == real.shape[1:]
        self._held_out = held_out if same else None

    def compare(self, step: int, fake: Array) -> Look:
        """Compare fakes with it."""
        n = min(len(fake), len(self._other))
        of_fake, of_real = (share_near(rows[:n], self._near, self._reach) for rows in (fake, self._other))
        nearer, classes = float("nan"), {}
        if self._held_out is not None:
            m = min(len(self._real), len(self._held_out))
            to_real, to_other = (distances(fake, spaced(rows, m)).min(1) for rows in (self._real, self._held_out))
            nearer = float(((to_real < to_other) + 0.5 * (to_real == to_other)).mean())
        if self._labels is not None:
            nearest = self._labels[distances(fake, self._real).argmin(1)].astype(str)
            names, counts = np.unique(nearest, return_counts=True)
            classes = {str(name): int(count) for name, count in zip(names, counts, strict=True)}
        return Look(step, n, mean_distance(fake) / self.apart, *of_fake, *of_real, nearer, classes)


def spaced(rows: Array, n: int) -> Array:
    """Take `n` rows, evenly spaced."""
    return np.asarray(rows[np.linspace(0, len(rows) - 1, n).round().astype(int)])


def share_near(rows: Array, near: Array, reach: Array) -> tuple[float, float]:
    """Compute precision and coverage of rows, by the real samples `near` and their reach."""
    within = distances(rows, near) <= reach
    return float(within.any(1).mean()), float(within.any(0).mean())


def distances(a: Array, b: Array) -> Array:
    """Euclidean distances, ``[len(a), len(b)]``."""
    a, b = a.astype(np.float64), b.astype(np.float64)
    squares = (a**2).sum(1)[:, None] + (b**2).sum(1)[None] - 2 * a @ b.T
    return np.asarray(np.sqrt(np.maximum(squares, 0)))


def mean_distance(rows: Array) -> float:
    """Mean distance between two different rows; 0 for fewer than two."""
    n = len(rows)
    return float(distances(rows, rows).sum() / (n * (n - 1))) if n > 1 else 0.0
