r"""Losses of D and of G: pure functions of logits; `gan_core.game.objectives` says which two make a game.

Conventions: logits are ``[batch]``, real first, high means real; losses are per sample, ``[batch]``, unreduced,
and minimised. G's loss takes the real logits too, so that a relativistic objective is no special case; the two
players' logits are paired by index. $o_r = D(x)$ and $o_f = D(G(z))$ are logits, $\sigma$ is the sigmoid,
$\mathrm{sp}(t) = \log(1 + e^t)$ is softplus, so that $-\log\sigma(o) = \mathrm{sp}(-o)$ without overflow.
"""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor
from torch.nn.functional import relu, softplus

Loss = Callable[[Tensor, Tensor], Tensor]


def cross_entropy_d_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    r"""$-\log\sigma(o_r) - \log(1-\sigma(o_f))$, so that its mean is $-V(D,G)$ (arXiv:1406.2661, eq. 1).

    Args:
        real_logits: D on real samples, ``[batch]``.
        fake_logits: D on generated samples, ``[batch]``.

    Returns:
        Loss per sample, ``[batch]``.
    """
    return softplus(-real_logits) + softplus(fake_logits)


def minimax_g_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    r"""$\log(1-\sigma(o_f))$: G's half of $V(D,G)$, which saturates where D is sure (arXiv:1406.2661, eq. 1)."""
    return -softplus(fake_logits)


def non_saturating_g_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    r"""$-\log\sigma(o_f)$: the same fixed point with strong gradients early on (arXiv:1406.2661, section 3)."""
    return softplus(-fake_logits)


def least_squares_d_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    r"""$\frac12(o_r-1)^2 + \frac12 o_f^2$, targets 1 for real and 0 for fake (arXiv:1611.04076, eq. 9)."""
    return 0.5 * (real_logits - 1).square() + 0.5 * fake_logits.square()


def least_squares_g_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    r"""$\frac12(o_f-1)^2$ (arXiv:1611.04076, eq. 9)."""
    return 0.5 * (fake_logits - 1).square()


def wasserstein_d_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    r"""$o_f - o_r$; its negative estimates the distance if D is 1-Lipschitz (arXiv:1701.07875, eq. 2)."""
    return fake_logits - real_logits


def critic_g_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    r"""$-o_f$: G climbs the critic (arXiv:1701.07875; arXiv:1705.02894)."""
    return -fake_logits


def hinge_d_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    r"""$\max(0, 1-o_r) + \max(0, 1+o_f)$ (arXiv:1705.02894; arXiv:1802.05957, eq. 16)."""
    return relu(1 - real_logits) + relu(1 + fake_logits)


def relativistic_d_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    r"""$-\log\sigma(o_r - o_f)$: is this real sample more real than that fake one? (arXiv:1807.00734, eq. 5)."""
    return softplus(fake_logits - real_logits)


def relativistic_g_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    r"""$-\log\sigma(o_f - o_r)$ (arXiv:1807.00734, eq. 6)."""
    return softplus(real_logits - fake_logits)


def relativistic_average_d_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    r"""$-\log\sigma(o_r - \bar o_f) - \log(1-\sigma(o_f - \bar o_r))$.

    Is it more real than the others are on average? (arXiv:1807.00734). The means are not held fixed.
    """
    return softplus(fake_logits.mean() - real_logits) + softplus(fake_logits - real_logits.mean())


def relativistic_average_g_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    r"""$-\log\sigma(o_f - \bar o_r) - \log(1-\sigma(o_r - \bar o_f))$ (arXiv:1807.00734): roles exchanged."""
    return relativistic_average_d_loss(fake_logits, real_logits)


def smoothed_d_loss(real_logits: Tensor, fake_logits: Tensor, smoothing: float) -> Tensor:
    r"""Cross-entropy with the target $t = 1 - s$ for real and 0 for fake (arXiv:1606.03498, section 3.4).

    $-t\log\sigma(o_r) - (1-t)\log(1-\sigma(o_r)) - \log(1-\sigma(o_f))$. One-sided: a target above 0 for fake
    samples would reward G for staying where it is.

    Args:
        real_logits: D on real samples, ``[batch]``.
        fake_logits: D on generated samples, ``[batch]``.
        smoothing: s, in [0, 1).

    Returns:
        Loss per sample, ``[batch]``.
    """
    return cross_entropy_d_loss(real_logits, fake_logits) + smoothing * real_logits
