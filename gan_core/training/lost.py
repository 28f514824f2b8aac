"""Lost modes: which known mode the samples held and then left first, when, and where those samples went.

A run has one answer. It comes from looks at the samples of the same z at fixed steps, every `EVERY` of them, at
any speed and with or without viewers; the answer is part of the run's state and of its file. A mode is *held*
while enough of the samples are near it, and *lost* once it was held and is no longer reached; between the two
thresholds nothing is said, so that a mode does not flicker.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from gan_core.data.modes import Floats, Modes

__all__ = ["EVERY", "HELD", "KEPT", "LostMode", "LostModes", "Where"]

EVERY: Final = 10
"""Steps between two looks."""
HELD: Final = 0.5
"""Share of its fair share of the samples that must be near a mode, for it to be held."""
KEPT: Final = 0.2
"""The same of the samples to which it is the nearest, below which it is not reached."""


@dataclass(frozen=True, eq=False)
class Where:
    """Places of the samples of the same z at one look.

    Attributes:
        nearest: The mode that is nearest to each sample, ``[n]``.
        near: Whether it is nearer to it than half the way from there to the next mode, ``[n]``.
    """

    nearest: NDArray[np.intp]
    near: NDArray[np.bool_]

    @classmethod
    def of(cls, points: Floats, modes: Modes) -> Where:
        """Of points in data units, ``[n, 2]``."""
        nearest = modes.assign(points)[0]
        return cls(nearest, np.linalg.norm(points - modes.centres[nearest], axis=1) < modes.half_gap)


@dataclass(frozen=True)
class LostMode:
    """The first loss of a run.

    Attributes:
        mode: Which mode.
        before: Step of the last look at which it was held.
        step: Step of the look at which it was lost.
        n: Samples that were near it when it was last held.
        to: The mode that was nearest to most of these when it was lost.
        n_to: How many of them it was nearest to.
    """

    mode: int
    before: int
    step: int
    n: int
    to: int
    n_to: int


class LostModes:
    """Follows a run from look to look; takes samples of the same z in the same order.

    Args:
        modes: Of the data.

    Attributes:
        first: The first loss, or None.
        lost: Modes that were held at some time and were not reached at the last look.
        step: Of the last look; 0 before the first.
        since: Step from which the run was followed; 0 for all of it.
    """

    def __init__(self, modes: Modes) -> None:
        self.modes = modes
        self.first: LostMode | None = None
        self.lost: tuple[int, ...] = ()
        self.step = self.since = 0
        self._held: dict[int, tuple[int, NDArray[np.bool_]]] = {}

    def take(self, step: int, where: Where) -> LostMode | None:
        """Take in a look.

        Args:
            step: Finished steps.
            where: The samples now.

        Returns:
            The first loss so far.
        """
        k, n = len(self.modes), len(where.nearest)
        fair = self.modes.shares * n
        near = np.bincount(where.nearest[where.near], minlength=k)
        for mode in np.flatnonzero(near >= HELD * fair).tolist():
            self._held[mode] = step, (where.nearest == mode) & where.near
        few = np.bincount(where.nearest, minlength=k) < KEPT * fair
        gone = sorted((self._held[mode][0], mode) for mode in self._held if few[mode])
        self.lost, self.step = tuple(mode for _, mode in gone), step
        if gone and self.first is None:
            before, mode = gone[0]
            samples = self._held[mode][1]
            went = np.bincount(where.nearest[samples], minlength=k)
            to = int(went.argmax())
            self.first = LostMode(mode, before, step, int(samples.sum()), to, int(went[to]))
        return self.first

    @property
    def words(self) -> str:
        """In two sentences; "" before the first look."""
        if not self.step:
            return ""
        places, first = self.modes.places, self.first
        since = f"From step {self.since:,} on: " if self.since else ""
        if first is None:
            return f"{since or 'None lost: '}every mode that the samples held is still reached at step {self.step:,}."
        return (
            f"{since}First lost: the mode {places[first.mode]}, between steps {first.before:,} and {first.step:,}; of "
            f"its {first.n} samples {first.n_to} were then nearest to the one {places[first.to]}. At step "
            f"{self.step:,}: {len(self.lost)} of {len(self._held)} modes once held are lost."
        )

    def state(self) -> dict[str, Any]:
        """Return all that is known, as plain values."""
        held = {str(mode): [step, np.packbits(at).tobytes().hex()] for mode, (step, at) in self._held.items()}
        first = None if self.first is None else asdict(self.first)
        return {"step": self.step, "since": self.since, "first": first, "lost": list(self.lost), "held": held}

    @classmethod
    def resumed(cls, modes: Modes, given: Any, step: int) -> LostModes:
        """Go on from what `state` gave; from what is no such state, as one who sees the run only from here on.

        Args:
            modes: Of the data.
            given: May come from a stranger's file.
            step: Finished steps.
        """
        made = cls(modes)
        try:
            made._load(given, step)
        except (KeyError, TypeError, ValueError, AttributeError):
            made = cls(modes)
            made.since = step
        return made

    def _load(self, given: Mapping[str, Any], step: int) -> None:
        modes = range(len(self.modes))
        self.step, self.since = (_whole(given[name], step) for name in ("step", "since"))
        if len(given["held"]) > len(modes):
            raise ValueError("more modes than there are")
        for name, (at, bits) in given["held"].items():
            if int(name) not in modes or len(bits) > _MAX_BITS // 4:
                raise ValueError("no such mode")
            samples = np.unpackbits(np.frombuffer(bytes.fromhex(bits), np.uint8)).astype(bool)
            self._held[int(name)] = _whole(at, step), samples
        self.lost = tuple(_whole(mode, len(modes) - 1) for mode in given["lost"][: len(modes)])
        if given["first"] is not None:
            first = LostMode(**{name: _whole(value, max(step, _MAX_BITS)) for name, value in given["first"].items()})
            if first.mode not in modes or first.to not in modes:
                raise ValueError("no such mode")
            self.first = first


_MAX_BITS: Final = 4096
"""Samples of a look, at most."""


def _whole(value: Any, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
        raise ValueError("no such number")
    return value
