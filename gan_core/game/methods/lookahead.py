r"""Lookahead: both players now and then go back half of the way (Chavdarova et al., arXiv:2006.14567, algorithm 1).

Every k updates $\tilde w \leftarrow \tilde w + \alpha(w - \tilde w)$ and $w \leftarrow \tilde w$, for G and D
together: what turns in circles is pulled to their middle. With one player alone it would be another game.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import torch
from torch import Tensor

ALPHA: Final = 0.5


class Lookahead:
    """Anchor of both players, half of the way to which they go back now and then.

    Args:
        every: k, counted in G's updates.
        weights: Of both players, as they train; changed in place.

    Attributes:
        slow: Where they were when last they met.
        n: Updates since the start.
    """

    def __init__(self, every: int, weights: Sequence[Tensor]) -> None:
        self._every = every
        self._weights = list(weights)
        self.slow = [w.clone() for w in weights]
        self.n = torch.zeros((), dtype=torch.int64)

    @torch.no_grad()
    def restart(self) -> None:
        """Anchor both players where they are now."""
        for slow, weight in zip(self.slow, self._weights, strict=True):
            slow.copy_(weight)

    @torch.no_grad()
    def updated(self) -> None:
        """Count an update of G; at every k-th, go back half of the way."""
        self.n += 1
        if self.n % self._every == 0:
            for slow, weight in zip(self.slow, self._weights, strict=True):
                slow.lerp_(weight, ALPHA)
                weight.copy_(slow)
