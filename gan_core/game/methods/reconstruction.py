"""Reconstruction: G's image of a condition is compared with the real one, pixel by pixel (arXiv:1611.07004, eq. 3)."""

from __future__ import annotations

import math

from torch import Tensor


def reconstruction_loss(real: Tensor, made: Tensor, z_reward: float = 0.0) -> Tensor:
    r"""$\frac1d\|x - \bar G\|_1 - \delta \beta_k s$: the distance of the mean of k images, less a reward for spread.

    One image of each condition is compared as in pix2pix, and then had better not depend on z: the median over all
    that fit is the nearest to each. The mean of several leaves them free to differ, and the reward makes them.
    $s = \sqrt{\pi / (2k(k-1))}\,\sum_i \frac1d\|G_i - \bar G\|_1$ estimates their standard deviation, and with
    $\beta_k = \sqrt{2 / (\pi k (k+1))}$ and $\delta = 1$ independent Gaussian pixels get the mean and the spread of the
    real ones (rcGAN, arXiv:2210.13389, section 3).

    Args:
        real: The real samples, ``[batch, ...]``, of d numbers each.
        made: Those made of their conditions, ``[k, batch, ...]``.
        z_reward: $\delta$; needs k of at least 2.

    Returns:
        ``[batch]``.
    """
    k = len(made)
    if k == 1:
        return (made[0] - real).abs().flatten(1).mean(1)
    mean = made.mean(0)
    distance = (mean - real).abs().flatten(1).mean(1)
    if not z_reward:
        return distance
    spread = (made - mean).abs().flatten(2).mean(2).sum(0) * math.sqrt(math.pi / (2 * k * (k - 1)))
    return distance - z_reward * math.sqrt(2 / (math.pi * k * (k + 1))) * spread
