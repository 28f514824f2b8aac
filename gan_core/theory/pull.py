"""Pull on G: the slope of its loss by D's logit on its own sample, for every objective."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gan_core.game.objectives import OBJECTIVES

Floats = NDArray[np.float64]


def pull(objective: str, fake_logits: Floats, real_logit: float | None = None) -> Floats:
    r"""$-\partial L_G / \partial o_f$ by automatic differentiation: positive means that G is pulled upwards in D.

    Args:
        objective: A name in `OBJECTIVES`.
        fake_logits: D's logits on generated samples, ``[n]``, each on its own.
        real_logit: D's logit on the real sample that it is compared with, where the objective compares; by default
            the mirror image of the fake one, as where D is as sure of the one as of the other.

    Returns:
        ``[n]``.
    """
    import torch  # late: the server's own process has none

    fake = torch.tensor(fake_logits, dtype=torch.float64, requires_grad=True)
    real = -fake.detach() if real_logit is None else torch.full_like(fake, real_logit)
    g_loss = OBJECTIVES[objective].g_loss
    if OBJECTIVES[objective].averages:
        loss = torch.stack([g_loss(r[None], f[None]).sum() for r, f in zip(real, fake, strict=True)]).sum()
    else:
        loss = g_loss(real, fake).sum()
    (slope,) = torch.autograd.grad(loss, fake)
    out: Floats = -slope.numpy()
    return out
