r"""Objectives: what D and what G minimise, as pairs of pure functions of logits.

Conventions: logits are ``[batch]``, real first, high means real; losses are per sample, ``[batch]``, unreduced,
and minimised. G's loss takes the real logits too, so that a relativistic objective is no special case; the two
players' logits are paired by index. $o_r = D(x)$ and $o_f = D(G(z))$ are logits, $\sigma$ is the sigmoid,
$\mathrm{sp}(t) = \log(1 + e^t)$ is softplus, so that $-\log\sigma(o) = \mathrm{sp}(-o)$ without overflow.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import torch
from torch import Tensor
from torch.nn.functional import relu, softplus

Loss = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class Objective:
    r"""A game: two losses and what is known about them.

    Attributes:
        label: Name on the page.
        d_loss: D's loss from real and fake logits, both ``[batch]``; returns ``[batch]``.
        g_loss: G's loss from the same; returns ``[batch]``.
        formula_d: $L_D$ in LaTeX.
        formula_g: $L_G$ in LaTeX.
        d_optimum: Mean of D's loss at equilibrium, or None if it has no fixed one.
        g_optimum: The same for G's loss.
        d_label: What D's reference line says, or "".
        g_label: What G's reference line says, or "".
        equilibrium_logit: What D answers everywhere at equilibrium (any constant will do where only
            differences count).
        threshold: The logit above which D says "real"; None where only differences of logits have a meaning,
            and then D is right about a pair if its real logit is the larger.
        probability: True if $\sigma(\text{logit})$ is D's probability of "real".
        g_needs_real: True if G's loss depends on the real logits.
        source: Where it comes from.
        reading: How to read its losses, in a sentence or two.
        averages: True if a sample is compared with the mean of the batch, so that its loss is not its own alone.
    """

    label: str
    d_loss: Loss
    g_loss: Loss
    formula_d: str
    formula_g: str
    d_optimum: float | None
    g_optimum: float | None
    d_label: str
    g_label: str
    equilibrium_logit: float
    threshold: float | None
    probability: bool
    g_needs_real: bool
    source: str
    reading: str
    averages: bool = False


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


def smoothed(objective: Objective, smoothing: float) -> Objective:
    r"""An objective with labels after one-sided smoothing: its D's loss, and with it the equilibrium.

    The best D is then $t\,p/(p+q)$, so that $\sigma = t/2$ where it cannot tell.

    Args:
        objective: One whose D has the loss `cross_entropy_d_loss`.
        smoothing: 1 minus the target for real samples.
    """
    prob = (1 - smoothing) / 2
    logit = math.log(prob / (1 - prob))
    even = torch.tensor([logit], dtype=torch.float64)
    g_optimum = objective.g_loss(even, even).item()
    d_optimum = smoothed_d_loss(even, even, smoothing).item()
    return replace(
        objective,
        d_loss=partial(smoothed_d_loss, smoothing=smoothing),
        formula_d=(
            rf"L_D = -{1 - smoothing:g}\,E[\log D(x)] - {smoothing:g}\,E[\log(1 - D(x))] - E[\log(1 - D(G(z)))]"
        ),
        d_optimum=d_optimum,
        g_optimum=g_optimum,
        d_label="D cannot tell",
        g_label="G cannot be told",
        equilibrium_logit=logit,
        threshold=logit,
        reading=f"At {d_optimum:.3f} D cannot tell; its smoothed labels keep it from ever reaching 0.",
    )


_LOG2: Final = math.log(2)

OBJECTIVES: Final[dict[str, Objective]] = {
    "minimax": Objective(
        label="minimax",
        d_loss=cross_entropy_d_loss,
        g_loss=minimax_g_loss,
        formula_d=r"L_D = -E[\log D(x)] - E[\log(1 - D(G(z)))]",
        formula_g=r"L_G = E[\log(1 - D(G(z)))]",
        d_optimum=2 * _LOG2,
        g_optimum=-_LOG2,
        d_label="log 4: D cannot tell",
        g_label="−log 2: G cannot be told",
        equilibrium_logit=0.0,
        threshold=0.0,
        probability=True,
        g_needs_real=False,
        source="arXiv:1406.2661",
        reading=(
            "At 1.386 (log 4) D cannot tell; near 0 it is sure of every sample, and then G hardly gets a gradient."
        ),
    ),
    "non_saturating": Objective(
        label="non-saturating",
        d_loss=cross_entropy_d_loss,
        g_loss=non_saturating_g_loss,
        formula_d=r"L_D = -E[\log D(x)] - E[\log(1 - D(G(z)))]",
        formula_g=r"L_G = -E[\log D(G(z))]",
        d_optimum=2 * _LOG2,
        g_optimum=_LOG2,
        d_label="log 4: D cannot tell",
        g_label="log 2: G cannot be told",
        equilibrium_logit=0.0,
        threshold=0.0,
        probability=True,
        g_needs_real=False,
        source="arXiv:1406.2661",
        reading="At 1.386 (log 4) D cannot tell, or is always too late to; near 0 it is sure of every sample.",
    ),
    "least_squares": Objective(
        label="least squares",
        d_loss=least_squares_d_loss,
        g_loss=least_squares_g_loss,
        formula_d=r"L_D = \tfrac{1}{2}E[(D(x) - 1)^2] + \tfrac{1}{2}E[D(G(z))^2]",
        formula_g=r"L_G = \tfrac{1}{2}E[(D(G(z)) - 1)^2]",
        d_optimum=0.25,
        g_optimum=0.125,
        d_label="¼: D cannot tell",
        g_label="⅛: G cannot be told",
        equilibrium_logit=0.5,
        threshold=0.5,
        probability=False,
        g_needs_real=False,
        source="arXiv:1611.04076",
        reading=(
            "Squared distances to the scores 1 and 0: D's loss is 0.25 where it cannot tell and 0 where it is "
            "right on all."
        ),
    ),
    "wasserstein": Objective(
        label="Wasserstein",
        d_loss=wasserstein_d_loss,
        g_loss=critic_g_loss,
        formula_d=r"L_D = E[D(G(z))] - E[D(x)]",
        formula_g=r"L_G = -E[D(G(z))]",
        d_optimum=0.0,
        g_optimum=None,
        d_label="0: D cannot tell",
        g_label="",
        equilibrium_logit=0.0,
        threshold=None,
        probability=False,
        g_needs_real=False,
        source="arXiv:1701.07875",
        reading=(
            "D's loss is minus the distance that it sees, on this run's own scale: its level is neither good nor "
            "bad, and it nears 0 as G improves. G's loss alone says nothing."
        ),
    ),
    "hinge": Objective(
        label="hinge",
        d_loss=hinge_d_loss,
        g_loss=critic_g_loss,
        formula_d=r"L_D = E[\max(0, 1 - D(x))] + E[\max(0, 1 + D(G(z)))]",
        formula_g=r"L_G = -E[D(G(z))]",
        d_optimum=2.0,
        g_optimum=0.0,
        d_label="2: D cannot tell",
        g_label="0: G cannot be told",
        equilibrium_logit=0.0,
        threshold=0.0,
        probability=False,
        g_needs_real=False,
        source="arXiv:1705.02894",
        reading=(
            "D's loss is 2 where it cannot tell and 0 where it is right on all. G's loss is minus D's mean score "
            "of its samples, which has no scale."
        ),
    ),
    "relativistic": Objective(
        label="relativistic (paired)",
        d_loss=relativistic_d_loss,
        g_loss=relativistic_g_loss,
        formula_d=r"L_D = -E[\log \sigma(D(x) - D(G(z)))]",
        formula_g=r"L_G = -E[\log \sigma(D(G(z)) - D(x))]",
        d_optimum=_LOG2,
        g_optimum=_LOG2,
        d_label="log 2: D cannot tell",
        g_label="log 2: G cannot be told",
        equilibrium_logit=0.0,
        threshold=None,
        probability=False,
        g_needs_real=True,
        source="arXiv:1807.00734",
        reading=(
            "D compares pairs: its loss is 0.693 (log 2) where it cannot tell which is the more real, 0 where it "
            "always can."
        ),
    ),
    "relativistic_average": Objective(
        label="relativistic (average)",
        d_loss=relativistic_average_d_loss,
        g_loss=relativistic_average_g_loss,
        formula_d=r"L_D = -E[\log \sigma(D(x) - \bar{D}(G(z)))] - E[\log(1 - \sigma(D(G(z)) - \bar{D}(x)))]",
        formula_g=r"L_G = -E[\log \sigma(D(G(z)) - \bar{D}(x))] - E[\log(1 - \sigma(D(x) - \bar{D}(G(z))))]",
        d_optimum=2 * _LOG2,
        g_optimum=2 * _LOG2,
        d_label="log 4: D cannot tell",
        g_label="log 4: G cannot be told",
        equilibrium_logit=0.0,
        threshold=None,
        probability=False,
        g_needs_real=True,
        source="arXiv:1807.00734",
        reading=(
            "D compares each sample with the mean of the others: its loss is 1.386 (log 4) where it cannot tell, "
            "0 where it always can."
        ),
        averages=True,
    ),
}
"""Every objective by its name in the config."""
