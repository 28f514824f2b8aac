r"""Unrolling: G's loss is that against D after its next updates (Metz et al., arXiv:1611.02163, section 2).

$L_G(\theta_G, \theta_D^k(\theta_G))$, where $\theta_D^k$ is D after k more updates on one batch of real and generated
samples. Its gradient passes through those updates: a G that jumps to one mode sees that D will follow. D itself and
its optimiser stay as they are, because the updates are made on stand-ins for its weights.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.func import functional_call

from gan_core.game.losses import Loss
from gan_core.game.networks import Weights
from gan_core.game.optimizers import Optimizer
from gan_core.game.penalties import Critic


def unrolled(
    discriminator: nn.Module,
    weights: Weights,
    optimizer: Optimizer,
    d_loss: Loss,
    shown: tuple[Tensor, Tensor],
    labels: Sequence[Tensor],
    k: int,
) -> Critic:
    """Compute D as it will be after k updates, for the same labels; G's gradient passes through the updates.

    Args:
        discriminator: D.
        weights: D's.
        optimizer: D's.
        d_loss: D's loss, from real and fake logits.
        shown: What D sees in those updates, real and generated; the latter with G's graph.
        labels: Of both, ``[batch]`` each, where D is conditional; else empty.
        k: Updates, at least 1.
    """
    real, fake = shown
    buffers = {name: buffer.clone() for name, buffer in discriminator.named_buffers()}
    tensors = [w.clone().requires_grad_(True) for w in weights.tensors]
    memory, n = optimizer.memory, int(optimizer.n_updates)
    for i in range(k):
        judge = _stand_in(discriminator, weights.named(tensors) | buffers, labels)
        losses = d_loss(judge(real), judge(fake))
        gradients = torch.autograd.grad(losses.mean(), tensors, create_graph=True)
        tensors, memory = optimizer.imagined(tensors, gradients, memory, n + i + 1)
    return _stand_in(discriminator, weights.named(tensors) | buffers, labels)


def _stand_in(network: nn.Module, named: dict[str, Tensor], labels: Sequence[Tensor]) -> Critic:
    return lambda x: functional_call(network, named, (x, *labels))
