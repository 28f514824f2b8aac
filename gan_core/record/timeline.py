"""Timeline of a run: frames, states and clock by step in bounded memory, which a branch inherits."""

from __future__ import annotations

import bisect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from gan_core.record.run_card import Clock

T = TypeVar("T")


class Thinned(Generic[T]):
    """Items by step, in a bounded number: dense at the beginning and at the end, thinner between.

    Args:
        max_items: At most so many, at least 3.
    """

    def __init__(self, max_items: int) -> None:
        self._max = max_items
        self.steps: list[int] = []
        self.items: list[T] = []
        self._sizes: list[int] = []
        self.n_bytes = 0

    def add(self, step: int, item: T, size: int, max_bytes: int) -> None:
        """Keep an item; one of the same or a later step makes room for it, then those that are missed the least.

        Args:
            step: Not negative.
            item: What to keep.
            size: Its bytes.
            max_bytes: Of all items together; at least the first and the newest stay.
        """
        while self.steps and self.steps[-1] >= step:
            self._drop(len(self.steps) - 1)
        self.steps.append(step)
        self.items.append(item)
        self._sizes.append(size)
        self.n_bytes += size
        while len(self.steps) > 2 and (len(self.steps) > self._max or self.n_bytes > max_bytes):
            self._drop(self._least())

    def before(self, step: int) -> tuple[int, T] | None:
        """Return the last item of this step or an earlier one, with its step; the first one if there is none."""
        if not self.steps:
            return None
        i = max(0, bisect.bisect_right(self.steps, step) - 1)
        return self.steps[i], self.items[i]

    def _least(self) -> int:
        """Find the inner item whose removal leaves the smallest gap for its distance from both ends."""
        last = self.steps[-1]

        def gap(i: int) -> float:
            here = self.steps[i]
            return (self.steps[i + 1] - self.steps[i - 1]) / (1 + min(here, last - here))

        return min(range(1, len(self.steps) - 1), key=gap)

    def _drop(self, i: int) -> None:
        del self.steps[i], self.items[i]
        self.n_bytes -= self._sizes.pop(i)


@dataclass(frozen=True)
class Best:
    """The best state by a metric."""

    step: int
    metric: str
    value: float
    state: Mapping[str, Any]


@dataclass(frozen=True)
class Timeline:
    """Timeline of a run, or of its beginning.

    Attributes:
        frames: Steps and frames, oldest first.
        states: Steps and states (`Trainer.state_dict`), oldest first.
        best: The best state, or None.
        clock: Steps, and the seconds of playing after which each was reached.
    """

    frames: Sequence[tuple[int, bytes]] = ()
    states: Sequence[tuple[int, Mapping[str, Any]]] = ()
    best: Best | None = None
    clock: Clock = ()
