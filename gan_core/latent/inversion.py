r"""Inversion: the z whose sample is nearest to a given one (arXiv:1609.03552, section 3.2; arXiv:1611.05644).

From several starts Adam descends $\|G(z) - x\|^2 / \text{pixels} + w \|z\|^2 / \text{latent\_dim}$; the second term
holds z where the prior has mass. The starts are the nearest of many random samples rather than random ones: most
starts then lie in the right valley. All descend at once as one batch, which is exact, because the generator is in
eval mode and no sample of a batch knows of another. The rate falls along a cosine, so that the last steps settle.
"""

from __future__ import annotations

import math
from typing import Final

import torch
from torch import Generator, Tensor

from gan_core.errors import ConfigError
from gan_core.game.optimizers import OPTIMIZERS
from gan_core.game.sampling import sample_prior
from gan_core.latent.players import Players

N_STEPS: Final = 300
RATE: Final = 0.1
PRIOR_WEIGHT: Final = 1e-4
N_TRIED: Final = 512
"""Random samples among which the starts are chosen."""
MAX_STARTS: Final = 8
MAX_TARGETS: Final = 64


class Inversion:
    """A search for z, step by step.

    Args:
        players: Whose generator.
        targets: What to find, ``[m, *shape]``, network units, 1 <= m <= `MAX_TARGETS`.
        n_starts: Starts for each target, 1 to `MAX_STARTS`.
        n_steps: Length of the search.
        seed: Of the random samples among which the starts are chosen.
        only: Class to make, for a conditional generator; None to try all of them.
        known: 1 where the targets are known and 0 in a hole, of a target's shape or one that broadcasts to it: only
            what is known is compared (arXiv:1607.07539, section 3.1, without its weights); None for all of it.

    Attributes:
        step: Steps done.
        n_steps: Steps in all.

    Raises:
        ConfigError: If the targets have another shape or there are too many of anything.
    """

    def __init__(
        self,
        players: Players,
        targets: Tensor,
        *,
        n_starts: int = 4,
        n_steps: int = N_STEPS,
        seed: int = 0,
        only: int | None = None,
        known: Tensor | None = None,
    ) -> None:
        shape, m = tuple(players.data.shape), len(targets)
        if tuple(targets.shape[1:]) != shape or not 1 <= m <= MAX_TARGETS:
            raise ConfigError(
                f"1 to {MAX_TARGETS} samples of shape {list(shape)} can be inverted, not {[*targets.shape]}"
            )
        if not 1 <= n_starts <= MAX_STARTS:
            raise ConfigError(f"{n_starts} starts are not allowed: 1 to {MAX_STARTS} are")
        self.step, self.n_steps = 0, n_steps
        self._players, self._k = players, n_starts
        self._targets = targets
        self._wanted = targets.repeat_interleave(n_starts, 0)
        self._known = None if known is None else known.expand(shape)
        tried = sample_prior(N_TRIED, players.config, Generator().manual_seed(seed))
        labels = (
            torch.full((N_TRIED,), only)
            if only is not None
            else torch.arange(N_TRIED) % max(1, players.config.n_classes)
        )
        classes = players.classes(labels)
        made = self._seen(players.sample(tried, classes)).flatten(1)
        nearest = torch.cdist(self._seen(targets).flatten(1), made).topk(n_starts, largest=False).indices.flatten()
        self._z, self._classes = tried[nearest].clone(), classes[nearest]
        self._adam = OPTIMIZERS["adam"]([self._z], RATE, (0.9, 0.999))
        self.curve = [self._errors()]

    @property
    def n_starts(self) -> int:
        """Starts for each target."""
        return self._k

    @property
    def z(self) -> Tensor:
        """Return where the starts have come to, ``[m, n_starts, latent_dim]``; a copy."""
        return self._z.clone().view(len(self._targets), self._k, -1)

    @property
    def classes(self) -> Tensor:
        """Their classes, ``[m, n_starts, n_classes]``."""
        return self._classes.view(len(self._targets), self._k, -1)

    def advance(self, to: int) -> None:
        """Make the steps up to this one; none if they are done already.

        Args:
            to: At most `n_steps`, else all are made.
        """
        pixels, dim = self._n_seen(), self._z.shape[1]
        while self.step < min(to, self.n_steps):
            self._adam.lr = RATE * 0.5 * (1 + math.cos(math.pi * self.step / self.n_steps))
            z = self._z.clone().requires_grad_(True)
            with torch.enable_grad():
                away = self._seen(self._players.differentiable(z, self._classes) - self._wanted).square().sum() / pixels
                # Summed over the batch, so that each start has the gradient that it would have alone.
                loss = away + PRIOR_WEIGHT * z.square().sum() / dim
                (gradient,) = torch.autograd.grad(loss, z)
            self._adam.step([gradient])
            self.step += 1
            self.curve.append(self._errors())

    def _errors(self) -> Tensor:
        away = self._players.sample(self._z, self._classes) - self._wanted
        if self._known is None:
            return away.flatten(1).square().mean(1).view(-1, self._k)
        return (self._seen(away).flatten(1).square().sum(1) / self._n_seen()).view(-1, self._k)

    def _seen(self, x: Tensor) -> Tensor:
        return x if self._known is None else x * self._known

    def _n_seen(self) -> float:
        return self._targets[0].numel() if self._known is None else float(self._known.sum())

    def psnr(self) -> Tensor:
        """PSNR after each step, ``[steps + 1, m, n_starts]``, in dB."""
        return psnr(torch.stack(self.curve))

    def best(self) -> tuple[Tensor, Tensor, Tensor]:
        """Pick the best start of each target.

        Returns:
            z ``[m, latent_dim]``, classes ``[m, n_classes]``, mean squared error ``[m]``.
        """
        errors, which = self.curve[-1].min(1)
        rows = torch.arange(len(which))
        return self.z[rows, which], self.classes[rows, which], errors


def psnr(errors: Tensor) -> Tensor:
    """Peak signal-to-noise ratio in dB, 10 log10(peak² / error), of mean squared errors.

    The peak of images in [-1, 1] is 2. Cut off at 100 dB, where float32 ends.
    """
    return (10 * torch.log10(4 / errors.clamp_min(1e-12))).clamp_max(100.0)
