r"""The Dirac-GAN as a vector field (arXiv:1801.04406, section 2).

Data: the number 0. Generator: the number $\theta$. Discriminator: $D(x) = c + \psi x$, where $c$ is what D answers at
the objective's equilibrium (0, but ½ for least squares; the paper's D has no $c$). A state is $w = (\theta, \psi)$,
an array whose last axis has these two; it moves against each player's own gradient,
$v(w) = (-\partial L_G / \partial\theta, -\partial L_D / \partial\psi)$. The equilibrium is $w = 0$.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from gan_core.config import KNOBS
from gan_core.errors import ConfigError
from gan_core.game.objectives import OBJECTIVES
from gan_core.game.regularisers import REGULARISERS

if TYPE_CHECKING:
    from torch import Tensor

    from gan_core.game.penalties import Critic

Floats = NDArray[np.float64]
Players = tuple[int, ...]
"""0 is G, 1 is D, as in a state."""
BOTH: Final[Players] = (0, 1)

N_NODES: Final = 16
"""Nodes of the quadrature over instance noise, per kind of sample."""


@dataclass(frozen=True)
class DiracGame:
    r"""The game of a Dirac-GAN: the losses of its two players.

    Attributes:
        objective: A name in `OBJECTIVES`.
        penalty: A name in `REGULARISERS`, or "".
        weight: The penalty's weight.
        noise: Standard deviation of instance noise on real and generated samples; its expectation is taken exactly
            enough for any reading (16 × 16 nodes).
        clip: Bound of |ψ| after each of D's updates; 0 is none. No part of the field.
        consensus: γ of consensus optimisation: $v - \gamma \nabla \tfrac12 \|v\|^2$ (arXiv:1705.10461).

    Raises:
        ConfigError: If a name is unknown or a number negative.
    """

    objective: str = KNOBS["objective"].default
    penalty: str = ""
    weight: float = 0.0
    noise: float = 0.0
    clip: float = 0.0
    consensus: float = 0.0

    def __post_init__(self) -> None:
        if self.objective not in OBJECTIVES:
            raise ConfigError(f"objective={self.objective!r} is not allowed: {', '.join(OBJECTIVES)} are")
        if self.penalty and self.penalty not in REGULARISERS:
            raise ConfigError(f"penalty={self.penalty!r} is not allowed: {', '.join(REGULARISERS)} are")
        if min(self.weight, self.noise, self.clip, self.consensus) < 0:
            raise ConfigError("weight, noise, clip and consensus must not be negative: give 0 or more")

    def losses(self, theta: Tensor, psi: Tensor, players: Players = BOTH) -> list[Tensor]:
        """Players' losses at states given as two columns.

        Args:
            theta: ``[n]``, float64.
            psi: ``[n]``, float64.
            players: Whose: 0 is G, 1 is D.

        Returns:
            The loss of each of these players, ``[n]``.
        """
        import torch  # late: the server's own process has none

        objective = OBJECTIVES[self.objective]
        n = len(theta)
        zero = torch.zeros(n, 1, dtype=theta.dtype)
        real, fake = zero, theta[:, None]
        share = torch.ones(1, 1, dtype=theta.dtype)
        if self.noise:
            on_real, on_fake, share = _noise_nodes(self.noise)
            real, fake = real + on_real, fake + on_fake
        critic = _line(psi, objective.equilibrium_logit)
        logits = critic(real), critic(fake)
        found = []
        for player in players:
            loss = (objective.g_loss, objective.d_loss)[player]
            # An objective that averages must do so within a state: the rows are its batches.
            values = torch.vmap(loss)(*logits) if objective.averages else loss(*logits)
            found.append((values * share).sum(1))
        if self.penalty and self.weight and 1 in players:
            rng = torch.Generator().manual_seed(0)  # D is a line: equally steep wherever a penalty looks
            flat = _line(psi, objective.equilibrium_logit)
            values = REGULARISERS[self.penalty].penalty(lambda x: flat(x)[:, 0], zero, theta[:, None], rng)
            found[players.index(1)] = found[players.index(1)] + self.weight * values
        return found

    def velocity(self, w: Tensor, *, players: Players = BOTH, create_graph: bool = False) -> Tensor:
        """$v(w)$, ``[n, 2]``, of states ``[n, 2]``; not a number for a player who is not asked for."""
        import torch  # late: the server's own process has none

        if not self.consensus:
            v = self._plain_velocity(w, players, create_graph=create_graph)
            return v if create_graph else v.detach()
        v = self._plain_velocity(w, BOTH, create_graph=True)
        half = 0.5 * v.square().sum()
        if half.requires_grad:
            (slope,) = torch.autograd.grad(half, w, create_graph=create_graph)
            v = v - self.consensus * slope
        return v if create_graph else v.detach()

    def _plain_velocity(self, w: Tensor, players: Players, *, create_graph: bool) -> Tensor:
        import torch  # late: the server's own process has none

        own = w[:, 0], w[:, 1]
        columns = [torch.full_like(own[0], torch.nan)] * 2
        for player, loss in zip(players, self.losses(*own, players), strict=True):
            keep = create_graph or player != players[-1]
            (slope,) = torch.autograd.grad(loss.sum(), own[player], create_graph=create_graph, retain_graph=keep)
            columns[player] = -slope
        return torch.stack(columns, 1)


def _line(psi: Tensor, c: float) -> Critic:
    """D as a function of ``[n, k]`` samples to ``[n, k]`` logits, each row with its own slope."""
    return lambda x: c + psi.repeat(len(x) // len(psi))[:, None] * x  # a penalty may look at both batches at once


@functools.lru_cache(maxsize=32)
def _noise_nodes(std: float) -> tuple[Tensor, Tensor, Tensor]:
    """Noise on the real and on the fake sample of each pair, and the pair's share: a Gauss-Hermite product rule."""
    import torch  # late: the server's own process has none

    x, weight = np.polynomial.hermite_e.hermegauss(N_NODES)
    weight = weight / weight.sum()
    nodes = torch.from_numpy(std * x)
    share = torch.from_numpy(np.outer(weight, weight).ravel())
    return nodes.repeat_interleave(N_NODES)[None], nodes.repeat(N_NODES)[None], share[None]


def field(game: DiracGame, w: Floats, players: Players = BOTH) -> Floats:
    """Compute the velocity at each state.

    Args:
        game: The game.
        w: States (θ, ψ), ``[..., 2]``.
        players: Whose part is asked for: one player's own gradient costs less than both.

    Returns:
        Velocities (θ̇, ψ̇), of the same shape; not a number for a player who is not asked for.
    """
    import torch  # late: the server's own process has none

    states = torch.tensor(np.reshape(w, (-1, 2)), dtype=torch.float64).requires_grad_()
    out: Floats = game.velocity(states, players=players).numpy()
    return out.reshape(np.shape(w))


@functools.lru_cache(maxsize=128)
def jacobian(game: DiracGame, at: tuple[float, float] = (0.0, 0.0)) -> Floats:
    """Differentiate the field at a state, ``[2, 2]``: row θ̇, ψ̇; column θ, ψ; by automatic differentiation.

    Where the field has a kink (a norm at zero slope) there is none, and the numbers are not finite. It is remembered,
    for all that is said of a game asks for it anew; so it can only be read.
    """
    import torch  # late: the server's own process has none

    w = torch.tensor([at], dtype=torch.float64, requires_grad=True)
    v = game.velocity(w, create_graph=True)
    rows: list[Any] = []
    for i in range(2):
        (row,) = torch.autograd.grad(v[0, i], w, retain_graph=True)
        rows.append(row[0].numpy())
    found = np.array(rows)
    found.flags.writeable = False
    return found


def eigenvalues(game: DiracGame) -> NDArray[np.complex128] | None:
    """Both eigenvalues of the field's derivative at the equilibrium, the one with the larger imaginary part first.

    Returns:
        ``[2]``; None where the field has no derivative there: a penalty that wants slope 1 has a kink at slope 0.
    """
    if game.penalty and game.weight and _has_kink(game.penalty):
        return None
    values = np.linalg.eigvals(jacobian(game)).astype(np.complex128)
    return values[np.argsort(-values.imag)]


@functools.cache
def _has_kink(penalty: str) -> bool:
    """Return True if the penalty's derivative jumps at slope 0."""
    slopes = [field(DiracGame(penalty=penalty, weight=1.0), np.array([0.0, psi]))[1] for psi in (1e-4, -1e-4)]
    return bool(abs(slopes[0] - slopes[1]) > 0.1)
