"""Feature matching: G gives its samples the mean features of the real ones (arXiv:1606.03498, section 3.1)."""

from __future__ import annotations

from torch import Tensor


def feature_matching_loss(real_features: Tensor, fake_features: Tensor) -> Tensor:
    r"""$\|E f(x) - E f(G(z))\|_2^2$, with f D's last hidden layer: one number for the batch.

    Args:
        real_features: Of real samples, ``[batch, n]``; held fixed.
        fake_features: Of generated samples, ``[batch, n]``.
    """
    return (real_features.detach().mean(0) - fake_features.mean(0)).square().sum()
