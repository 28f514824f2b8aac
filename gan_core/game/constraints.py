"""Constraints on weights, enforced after each step."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


@torch.no_grad()
def clip_weights(weights: Sequence[Tensor], limit: float) -> None:
    """Clip every weight to ``[-limit, limit]``, in place (arXiv:1701.07875, algorithm 1).

    Args:
        weights: D's weights and biases, without those of normalisations.
        limit: The bound, positive.
    """
    for weight in weights:
        weight.clamp_(-limit, limit)
