"""Lost modes: which known mode the samples held and then left, and where those samples are now.

A look knows where the samples of the same z lie each time. A mode is *held* while enough of them are near it, and
*lost* once it was held and is no longer reached; between the two thresholds nothing is said, so that a mode does not
flicker. Only the first loss is followed, until every mode that was held is reached again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from gan_core.data.modes import Floats, Modes

__all__ = ["HELD", "KEPT", "LostMode", "LostModes", "Where"]

HELD: Final = 0.5
"""Share of its fair share of the samples that must be near a mode, for it to be held."""
KEPT: Final = 0.2
"""The same of the samples to which it is the nearest, below which it is not reached."""


@dataclass(frozen=True, eq=False)
class Where:
    """Places of the samples of the same z at one look.

    Attributes:
        modes: Of the data.
        nearest: The mode that is nearest to each sample, ``[n]``.
        near: Whether it is nearer to it than half the way from there to the next mode, ``[n]``.
    """

    modes: Modes
    nearest: NDArray[np.intp]
    near: NDArray[np.bool_]

    @classmethod
    def of(cls, points: Floats, modes: Modes) -> Where:
        """Of points in data units, ``[n, 2]``."""
        nearest = modes.assign(points)[0]
        return cls(modes, nearest, np.linalg.norm(points - modes.centres[nearest], axis=1) < modes.half_gap)


@dataclass(frozen=True)
class LostMode:
    """The first mode that was lost, as it stands at the last look.

    Attributes:
        mode: Where it is, in words.
        before: Step of the last look at which it was held.
        step: Step of the look at which it was lost.
        n: Samples that were near it when it was last held.
        to: Where the mode is that is now nearest to most of these, in words.
        n_to: How many that are.
        n_lost: Modes that are lost now.
        n_held: Modes that were held at some time.
    """

    mode: str
    before: int
    step: int
    n: int
    to: str
    n_to: int
    n_lost: int
    n_held: int

    @property
    def words(self) -> str:
        """In two sentences."""
        there = "it again" if self.to == self.mode else f"the one {self.to}"
        return (
            f"First lost: the mode {self.mode}, between steps {self.before:,} and {self.step:,}; of its {self.n} "
            f"samples {self.n_to} are now nearest to {there}. Lost now: {self.n_lost} of {self.n_held} modes once held."
        )


class LostModes:
    """Follows a run from look to look; takes samples of the same z in the same order."""

    def __init__(self) -> None:
        self._held: dict[int, tuple[int, NDArray[np.bool_]]] = {}
        self._first: tuple[int, int, int, NDArray[np.bool_]] | None = None

    def take(self, step: int, where: Where) -> LostMode | None:
        """Take in a look and return the first loss; None while no mode that was held is lost.

        Args:
            step: Finished steps.
            where: The samples now.
        """
        k, n = len(where.modes), len(where.nearest)
        fair = where.modes.shares * n
        near = np.bincount(where.nearest[where.near], minlength=k)
        for mode in np.flatnonzero(near >= HELD * fair).tolist():
            self._held[mode] = step, (where.nearest == mode) & where.near
        few = np.bincount(where.nearest, minlength=k) < KEPT * fair
        gone = sorted((self._held[mode][0], mode) for mode in self._held if few[mode])
        if not gone:
            self._first = None
            return None
        if self._first is None:
            before, mode = gone[0]
            self._first = mode, before, step, self._held[mode][1]
        mode, before, since, samples = self._first
        went = np.bincount(where.nearest[samples], minlength=k)
        to = int(went.argmax())
        places = where.modes.places
        return LostMode(
            places[mode], before, since, int(samples.sum()), places[to], int(went[to]), len(gone), len(self._held)
        )
