"""History: the numbers of every step in bounded memory, with every peak kept.

A run may last a million steps, a plot has a few hundred pixels. Steps are gathered in buckets that keep minimum,
maximum and mean of each quantity; when the buckets run out, neighbours merge in pairs and each then holds twice
the steps. Reading costs the same at step 1,000 and at step 1,000,000.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from operator import attrgetter
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


Kind = Literal["loss", "penalty", "answer", "accuracy", "gradient"]
Turn = Literal[1, 2, 3]


@dataclass(frozen=True)
class Quantity:
    """Facts of a number of a step.

    Attributes:
        name: Field of `StepStats`.
        label: What a page calls it.
        kind: What sort of number it is; an answer is a logit or a probability.
        turn: The part of a step that it belongs to: 1 both players are looked at, 2 D is taught, 3 G is taught.
        derived: True if it is computed from logits, and so not finite only where they are not.
    """

    name: str
    label: str
    kind: Kind
    turn: Turn
    derived: bool = False


def _facts(label: str, kind: Kind, turn: Turn, *, derived: bool = False) -> dict[str, tuple[str, Kind, Turn, bool]]:
    return {"facts": (label, kind, turn, derived)}


@dataclass(frozen=True, slots=True)
class StepStats:
    """The numbers of one step: the only place that names them and gives their order.

    Losses are means over the batch of the step's last update of each player. Logits are D's, in training mode,
    before that update. Norms are Euclidean, over all weights of the player.

    Attributes:
        step: Number of this step, from 1.
        d_loss: D's loss, without the penalty.
        g_loss: G's loss.
        penalty: Weighted penalty that was added to D's loss; 0 without one.
        real_logit: Mean of D(x).
        fake_logit: Mean of D(G(z)) in D's update.
        real_prob: Mean of sigmoid(D(x)).
        fake_prob: Mean of sigmoid(D(G(z))).
        real_accuracy: Share of real samples that D calls real; where only differences of logits count, the
            share of pairs that D puts in the right order.
        fake_accuracy: Share of generated samples that D calls fake; for pairs as above.
        d_grad_norm: Norm of D's gradient, penalty included.
        g_grad_norm: Norm of G's gradient.
    """

    step: int
    d_loss: float = field(metadata=_facts("D's loss", "loss", 2))
    g_loss: float = field(metadata=_facts("G's loss", "loss", 3))
    penalty: float = field(metadata=_facts("penalty", "penalty", 2))
    real_logit: float = field(metadata=_facts("D's logit on real", "answer", 1))
    fake_logit: float = field(metadata=_facts("D's logit on generated", "answer", 1))
    real_prob: float = field(metadata=_facts("D's probability on real", "answer", 1, derived=True))
    fake_prob: float = field(metadata=_facts("D's probability on generated", "answer", 1, derived=True))
    real_accuracy: float = field(metadata=_facts("D right on real", "accuracy", 1, derived=True))
    fake_accuracy: float = field(metadata=_facts("D right on generated", "accuracy", 1, derived=True))
    d_grad_norm: float = field(metadata=_facts("D's gradient norm", "gradient", 2))
    g_grad_norm: float = field(metadata=_facts("G's gradient norm", "gradient", 3))

    @property
    def finite(self) -> bool:
        """False if any value is infinite or NaN: the run has diverged."""
        return all(map(math.isfinite, _deciding(self)))

    @property
    def values(self) -> tuple[float, ...]:
        """All but the step number, in the order of `QUANTITIES`."""
        values: tuple[float, ...] = _values(self)
        return values

    def as_dict(self) -> dict[str, float]:
        """All of them by name."""
        return {"step": self.step, **dict(zip(QUANTITIES, self.values, strict=True))}


ABOUT: Final = {f.name: Quantity(f.name, *f.metadata["facts"]) for f in fields(StepStats) if f.metadata}
"""Facts of each quantity, by its name."""
QUANTITIES: Final = tuple(ABOUT)
"""Names of the curves, in the order of the values of a step."""
LOSSES: Final = tuple(name for name, about in ABOUT.items() if about.kind == "loss")

_values = attrgetter(*QUANTITIES)
_deciding = attrgetter(*(name for name, about in ABOUT.items() if not about.derived))


class History:
    """Every step's numbers in at most ``capacity`` buckets.

    Args:
        capacity: Buckets at most; even, at least 4.
    """

    def __init__(self, capacity: int = 400) -> None:
        if capacity < 4 or capacity % 2:
            raise ValueError(f"capacity={capacity} is not allowed: an even number of at least 4 is")
        n = len(QUANTITIES)
        self._capacity = capacity
        self._stride = 1
        self._full = 0  # closed buckets
        self._count = 0  # steps in the open one
        self._last = 0
        self._low = np.zeros((capacity + 1, n))
        self._high = np.zeros((capacity + 1, n))
        self._sum = np.zeros((capacity + 1, n))
        self._steps = np.zeros(capacity + 1)  # last step of each bucket

    def __len__(self) -> int:
        """Count the recorded steps."""
        return self._full * self._stride + self._count

    def add(self, stats: StepStats) -> None:
        """Record one step; its values must be finite."""
        row = np.array(stats.values)
        i = self._full
        if self._count == 0:
            self._low[i] = row
            self._high[i] = row
            self._sum[i] = row
        else:
            np.minimum(self._low[i], row, out=self._low[i])
            np.maximum(self._high[i], row, out=self._high[i])
            self._sum[i] += row
        self._steps[i] = self._last = stats.step
        self._count += 1
        if self._count == self._stride:
            self._full += 1
            self._count = 0
            if self._full == self._capacity:
                self._merge()

    def _merge(self) -> None:
        half = self._capacity // 2
        pairs = slice(0, self._capacity)
        n = self._low.shape[1]
        self._low[:half] = self._low[pairs].reshape(half, 2, n).min(1)
        self._high[:half] = self._high[pairs].reshape(half, 2, n).max(1)
        self._sum[:half] = self._sum[pairs].reshape(half, 2, n).sum(1)
        self._steps[:half] = self._steps[1 : self._capacity : 2]
        self._full = half
        self._stride *= 2

    def curves(self, bands: Sequence[str] = LOSSES) -> dict[str, Floats]:
        """All curves, as arrays of equal length (at most capacity + 1).

        Args:
            bands: Quantities whose extremes are wanted too.

        Returns:
            ``curve_step`` (last step of each bucket), ``<name>`` (mean) for every quantity, and for those in
            ``bands`` ``<name>_mean``, ``<name>_min``, ``<name>_max`` in its place.
        """
        n = self._full + (self._count > 0)
        counts = np.full((n, 1), float(self._stride))
        if self._count:
            counts[-1] = self._count
        means = (self._sum[:n] / counts).astype(np.float32)
        out: dict[str, Floats] = {"curve_step": self._steps[:n].astype(np.float32)}
        for i, name in enumerate(QUANTITIES):
            if name in bands:
                out[f"{name}_mean"] = means[:, i]
                out[f"{name}_min"] = self._low[:n, i].astype(np.float32)
                out[f"{name}_max"] = self._high[:n, i].astype(np.float32)
            else:
                out[name] = means[:, i]
        return out

    def peak(self, name: str) -> float:
        """Largest value of a quantity over the whole run; 0 before the first step."""
        n = self._full + (self._count > 0)
        return float(self._high[:n, QUANTITIES.index(name)].max()) if n else 0.0

    def state_dict(self) -> dict[str, NDArray[np.float64]]:
        """All of it as arrays."""
        return {
            "low": self._low.copy(),
            "high": self._high.copy(),
            "sum": self._sum.copy(),
            "steps": self._steps.copy(),
            "counters": np.array([self._stride, self._full, self._count, self._last], dtype=np.float64),
        }

    def load_state_dict(self, state: dict[str, NDArray[np.float64]]) -> None:
        """Take over what `state_dict` gave.

        Raises:
            ValueError: If it belongs to another capacity, or its numbers make no sense; nothing is then changed.
        """
        if state["low"].shape != self._low.shape:
            raise ValueError(f"history has shape {state['low'].shape}, expected {self._low.shape}")
        if not all(np.isfinite(array).all() for array in state.values()):
            raise ValueError("history holds numbers that are not finite")
        stride, full, count, last = (int(v) for v in state["counters"])
        power = stride > 0 and stride & (stride - 1) == 0
        if not (power and stride < 2**50 and 0 <= full < self._capacity and 0 <= count < stride and last >= 0):
            raise ValueError(f"history's counters make no sense: {stride}, {full}, {count}, {last}")
        for name, mine in (
            ("low", self._low),
            ("high", self._high),
            ("sum", self._sum),
            ("steps", self._steps),
        ):
            mine[...] = state[name]
        self._stride, self._full, self._count, self._last = stride, full, count, last
