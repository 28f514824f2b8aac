r"""Penalties on how steep D is, as pure functions; `gan_core.game.regularisers` has what is known of each.

A penalty is ``(critic, real, fake, rng) -> [batch]``: per sample, unweighted; weight and laziness belong to
the config and the trainer. The critic maps ``[batch, ...]`` to logits ``[batch]``, each from its own sample only
(a discriminator with batch norm is refused by the config). No gradient reaches the generator. ``r1`` and ``r2``
carry the paper's factor one half, so that their weight is the paper's $\gamma$.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Generator, Tensor
from torch.nn.functional import relu

Critic = Callable[[Tensor], Tensor]
Penalty = Callable[[Critic, Tensor, Tensor, Generator], Tensor]


def _squared_gradient_norms(critic: Critic, x: Tensor) -> Tensor:
    r"""$\|\nabla_x D(x)\|_2^2$ per sample, ``[batch]``, differentiable in D's weights."""
    x = x.detach().requires_grad_(True)
    # The sum's gradient is each sample's own gradient, because a critic does not mix samples.
    (gradient,) = torch.autograd.grad(critic(x).sum(), x, create_graph=True)
    return gradient.flatten(1).square().sum(1)


def _gradient_norms(critic: Critic, x: Tensor) -> Tensor:
    # The root has no gradient at zero: a tiny offset keeps a flat critic finite.
    return (_squared_gradient_norms(critic, x) + 1e-12).sqrt()


def _between(real: Tensor, fake: Tensor, rng: Generator) -> Tensor:
    """Mix each real sample with its own fake one, by one even random number."""
    mix = torch.rand(real.shape[0], generator=rng, dtype=real.dtype).to(real.device)
    return torch.lerp(fake.detach(), real, mix.view(-1, *(1 for _ in real.shape[1:])))


def gradient_penalty(critic: Critic, real: Tensor, fake: Tensor, rng: Generator) -> Tensor:
    r"""$(\|\nabla_{\hat x} D(\hat x)\|_2 - 1)^2$ between real and fake (arXiv:1704.00028, eq. 3).

    Args:
        critic: Maps ``[batch, ...]`` to logits ``[batch]``, each from its own sample only.
        real: Real batch, ``[batch, ...]``.
        fake: Generated batch of the same shape.
        rng: Source of the mixing weights, one per sample.

    Returns:
        Penalty per sample, ``[batch]``, unweighted.
    """
    return (_gradient_norms(critic, _between(real, fake, rng)) - 1).square()


def lipschitz_penalty(critic: Critic, real: Tensor, fake: Tensor, rng: Generator) -> Tensor:
    r"""$\max(0, \|\nabla_{\hat x} D(\hat x)\|_2 - 1)^2$ between real and fake: one-sided (arXiv:1709.08894).

    A Lipschitz bound is a bound from above: D may be flatter than 1 where that suits it. As for `gradient_penalty`.
    """
    return relu(_gradient_norms(critic, _between(real, fake, rng)) - 1).square()


def dragan(critic: Critic, real: Tensor, fake: Tensor, rng: Generator) -> Tensor:
    r"""$(\|\nabla D(x + \delta)\|_2 - 1)^2$ around real samples, $\delta = \frac12 s\,U(0, 1)$ (arXiv:1705.07215).

    s is the standard deviation of the whole batch, and each coordinate has a random number of its own: the noise of
    the authors' code, which then also takes a random share of it for each sample (left out here).
    """
    noise = torch.rand(real.shape, generator=rng, dtype=real.dtype).to(real.device)
    near = real.detach() + 0.5 * real.detach().std(correction=0) * noise
    return (_gradient_norms(critic, near) - 1).square()


def r1(critic: Critic, real: Tensor, fake: Tensor, rng: Generator) -> Tensor:
    r"""$\frac12\|\nabla_x D(x)\|_2^2$ at real samples (arXiv:1801.04406, eq. 9)."""
    return 0.5 * _squared_gradient_norms(critic, real)


def r2(critic: Critic, real: Tensor, fake: Tensor, rng: Generator) -> Tensor:
    r"""$\frac12\|\nabla_x D(x)\|_2^2$ at generated samples (arXiv:1801.04406, eq. 10)."""
    return 0.5 * _squared_gradient_norms(critic, fake)


def r1_r2(critic: Critic, real: Tensor, fake: Tensor, rng: Generator) -> Tensor:
    r"""Sum of `r1` and `r2`, in one pass over both batches (arXiv:2501.05441)."""
    both = _squared_gradient_norms(critic, torch.cat((real, fake)))
    return 0.5 * both.view(2, -1).sum(0)
