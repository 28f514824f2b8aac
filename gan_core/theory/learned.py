"""A D trained on samples of two densities on a line while G stands still, and the gradient that G would get.

A slider waits for this training, so it is done by hand: two hidden layers, backwards in a few lines of NumPy, the
slopes of the losses from `tables`. That takes a fifth of the time of automatic differentiation.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from gan_core.config.names import CROSS_ENTROPY
from gan_core.game.objectives import OBJECTIVES
from gan_core.theory.densities import Pair
from gan_core.theory.tables import read, slopes

if TYPE_CHECKING:
    from torch import Generator

Floats = NDArray[np.float64]
Array = NDArray[np.floating[Any]]

WIDTH: Final = 32
BATCH: Final = 128
RATE: Final = 3e-3
N_TEST: Final = 2_000
_LEAK: Final = 0.2
_GAME: Final = CROSS_ENTROPY[0]
"""Objective that D is trained by: all objectives with labels share its loss of D."""


@dataclass(frozen=True)
class LearnedD:
    """Values of a trained D.

    Attributes:
        x: Points, ``[n]``.
        logits: D's logits at the points, ``[n]``.
        steps: Updates after which the following were measured, ``[k]``.
        values: V(D) on fresh samples, ``[k]``.
        accuracies: How often D was right on them, ``[k]``.
        pulls: Objective to size of the gradient that G(z) = z + θ would get by θ, ``[k]``.
    """

    x: Floats
    logits: Floats
    steps: NDArray[np.int64]
    values: Floats
    accuracies: Floats
    pulls: dict[str, Floats]


def learn(
    pair: Pair,
    n_steps: int,
    *,
    x: Floats,
    objectives: tuple[str, ...] = CROSS_ENTROPY,
    seed: int = 0,
    n_looks: int = 40,
) -> LearnedD:
    """Train D (two hidden layers of 32) by cross-entropy on samples; G is not trained.

    Args:
        pair: The two densities.
        n_steps: Updates of D, 128 samples of each kind.
        x: Where to show its logits, ``[n]``.
        objectives: Whose G's gradients are wanted; none that compares with real samples.
        seed: Of weights and samples.
        n_looks: How often it is measured on the way, at most; the last time in the end.

    Returns:
        Its logits in the end, and its way there.
    """
    import torch  # late: the server's own process has none

    rng = torch.Generator().manual_seed(seed)
    d = _Network(rng)
    real_test = torch.randn(N_TEST, generator=rng).numpy()
    fake_test = pair.mean + pair.std * torch.randn(N_TEST, generator=rng).numpy()
    draws = torch.randn(max(n_steps, 1), 2 * BATCH, generator=rng).numpy()
    draws[:, BATCH:] = pair.mean + pair.std * draws[:, BATCH:]
    looks = set(np.unique(np.geomspace(max(1, n_steps), 1, n_looks).round().astype(int)).tolist())
    rows: list[tuple[int, float, float, list[float]]] = []
    _, of_fake, of_real = slopes(_GAME)
    for step in range(1, n_steps + 1):
        logits = d(draws[step - 1])
        up = np.concatenate((read(of_real, logits[:BATCH]), read(of_fake, logits[BATCH:])))
        d.climb(up / BATCH)
        if step in looks:
            rows.append((step, *_look(d, real_test, fake_test, objectives)))
    steps, values, accuracies, sizes = zip(*rows, strict=True) if rows else ((), (), (), ())
    pulls = {name: np.array([row[i] for row in sizes]) for i, name in enumerate(objectives)}
    shown = d(x).astype(np.float64)
    return LearnedD(x, shown, np.array(steps, dtype=np.int64), np.array(values), np.array(accuracies), pulls)


class _Network:
    """D with its Adam; remembers its last batch.

    Points are columns, and below each layer's values stands a row of ones, so that a bias is a weight: a quarter of
    the operations, each over long rows, into memory that is used again.

    Args:
        rng: Source of the first weights.
    """

    def __init__(self, rng: Generator) -> None:
        import torch  # late: the server's own process has none

        first = []
        for n_in, n_out in ((1, WIDTH), (WIDTH, WIDTH), (WIDTH, 1)):
            weight, bias = (
                (2 * torch.rand(shape, generator=rng) - 1).numpy() / math.sqrt(n_in)
                for shape in ((n_in, n_out), (n_out,))
            )
            first.append(np.concatenate((weight.T, bias[:, None]), 1))
        self._flat = np.concatenate([w.ravel() for w in first])
        parts = np.split(self._flat, np.cumsum([w.size for w in first])[:-1])
        self._weights = [part.reshape(w.shape) for part, w in zip(parts, first, strict=True)]  # views
        self._mean, self._square, self._t = np.zeros_like(self._flat), np.zeros_like(self._flat), 0
        self._layers: dict[int, list[Array]] = {}
        self._seen: list[Array] = []

    def __call__(self, x: Array) -> Array:
        """Logits of points, ``[n]``."""
        if len(x) not in self._layers:
            self._layers[len(x)] = [np.ones((n, len(x)), np.float32) for n in (2, WIDTH + 1, WIDTH + 1)]
        self._seen = self._layers[len(x)]
        below = self._seen[0]
        below[0] = x
        for weight, above in zip(self._weights, self._seen[1:], strict=False):
            out = weight @ below
            np.maximum(out, _LEAK * out, out=above[:-1])
            below = above
        logits: Array = (self._weights[-1] @ below)[0]
        return logits

    def _back(self, up: Array) -> tuple[Array, Array]:
        """Compute what reaches both hidden layers, before their bends, of a weighted sum of the last batch's logits."""
        _, first, second = self._seen
        _, w2, w3 = self._weights
        to_second = w3[:, :-1].T * up
        to_second *= _bend(second[:-1])
        to_first = w2[:, :-1].T @ to_second
        to_first *= _bend(first[:-1])
        return to_first, to_second

    def slope(self) -> Array:
        """Differentiate each of the last batch's logits by its point, ``[n]``."""
        to_first, _ = self._back(np.ones(self._seen[0].shape[1], np.float32))
        out: Array = self._weights[0][:, 0] @ to_first
        return out

    def climb(self, up: Array) -> None:
        """Take a step of Adam up the sum of the last batch's logits, each times its number in ``up``, ``[n]``."""
        up = up.astype(np.float32)
        to_first, to_second = self._back(up)
        ups = (to_first, to_second, up[None])
        gradient = np.concatenate([(above @ below.T).ravel() for above, below in zip(ups, self._seen, strict=True)])
        self._t += 1
        self._mean += 0.1 * (gradient - self._mean)
        self._square += 1e-3 * (gradient * gradient - self._square)
        size = np.sqrt(self._square / (1 - 0.999**self._t)) + 1e-8
        self._flat += RATE / (1 - 0.9**self._t) * self._mean / size


def _bend(after: Array) -> Array:
    """Slope of a leaky unit where it gave these values."""
    return (after > 0) * np.float32(1 - _LEAK) + np.float32(_LEAK)  # `np.where` takes six times as long


def _look(d: _Network, real: Array, fake: Array, objectives: tuple[str, ...]) -> tuple[float, float, list[float]]:
    """V(D), accuracy, and the size of G's gradient by its one parameter for each objective."""
    import torch  # late: the server's own process has none

    real_logits, fake_logits = d(real), d(fake)
    slope = d.slope()
    value = -OBJECTIVES[_GAME].d_loss(torch.from_numpy(real_logits), torch.from_numpy(fake_logits)).mean()
    right = ((real_logits > 0).mean() + (fake_logits <= 0).mean()) / 2
    sizes = [abs(float((read(slopes(name)[0], fake_logits) * slope).mean())) for name in objectives]
    return float(value), float(right), sizes
