"""Instance noise: the same blur on all that D sees, real and generated (Sønderby et al., arXiv:1610.04490).

Two thin distributions hardly overlap, and a D that tells them apart without error has nothing to teach; blurred they
overlap everywhere. The blur fades, and what is scored and shown never has it.
"""

from __future__ import annotations

import torch
from torch import Generator, Tensor


def noise_std(start: float, over: int, step: int) -> float:
    r"""$\sigma_t = \sigma_0 \max(0, 1 - t/T)$.

    Args:
        start: $\sigma_0$, in units of the networks' data.
        over: T, in steps; 0 for noise that stays.
        step: t, the number of finished steps.
    """
    return start * max(0.0, 1 - step / over) if over else start


def add_noise(x: Tensor, std: float, rng: Generator) -> Tensor:
    r"""$x + \sigma\,\varepsilon$ with $\varepsilon \sim N(0, 1)$.

    Args:
        x: Samples, real or generated, ``[batch, ...]``.
        std: σ; 0 draws nothing.
        rng: Source of the noise, on the CPU.
    """
    return x + std * torch.randn(x.shape, generator=rng).to(x.device) if std else x
