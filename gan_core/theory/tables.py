r"""Tables: the velocity of a Dirac-GAN, looked up instead of differentiated.

A path asks for hundreds of gradients at single states, each of which costs automatic differentiation as much as a
thousand at once. But D is a line: the losses depend on a state through D's logits alone, and the penalty through the
slope. So their slopes are differentiated once, on a fine grid of logits and of slopes, and read off it from then on;
instance noise is averaged over the same nodes as in `DiracGame.losses`. Between the grid's points the slopes are taken
for straight lines, which is wrong by less than 1e-6 except within one cell of a kink; beyond the grid they are
straight: every loss of the app is linear or a square there.
"""

from __future__ import annotations

import functools
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from gan_core.game.objectives import OBJECTIVES
from gan_core.theory.dirac import N_NODES, DiracGame, Floats, field

REACH: Final = 64.0
"""Logits, or slopes, on either side of 0 that are tabulated."""
_PER_UNIT: Final = 512
GRID: Final = np.linspace(-REACH, REACH, 2 * int(REACH) * _PER_UNIT + 1)


def looked_up(game: DiracGame, w: Floats) -> Floats | None:
    """Compute the velocity at a few states, ``[n, 2]``.

    Args:
        game: The game.
        w: States (θ, ψ), ``[n, 2]``.

    Returns:
        Velocities; None with consensus, which is no sum of such slopes.
    """
    if game.consensus:
        return None
    theta, psi = w[:, :1], w[:, 1:]
    rules = OBJECTIVES[game.objective]
    paired = rules.g_needs_real and not rules.averages
    x_real, x_fake, share = _samples(game.noise, paired=paired)
    x_fake = theta + x_fake
    if rules.averages:  # each against the mean of the others: noise has the mean 0, so these are 0 and θ
        g_real, g_fake, d_real, d_fake = slopes_against_means(game.objective)
        apart = x_real - theta
        v_theta = (share * (read(g_fake, psi * x_fake) - read(g_real, psi * apart))).sum(1)
        v_psi = (share * (read(d_fake, psi * x_fake) * x_fake + read(d_real, psi * apart) * apart)).sum(1)
    elif paired:  # only how much both differ counts
        apart = x_fake - x_real
        of_g, of_d, _ = slopes(game.objective)
        v_theta = (share * read(of_g, psi * apart)).sum(1)
        v_psi = (share * read(of_d, psi * apart) * apart).sum(1)
    else:
        of_g, of_d, of_d_real = slopes(game.objective)
        real, fake = rules.equilibrium_logit + psi * x_real, rules.equilibrium_logit + psi * x_fake
        v_theta = (share * read(of_g, fake)).sum(1)
        v_psi = (share * (read(of_d, fake) * x_fake + read(of_d_real, real) * x_real)).sum(1)
    if game.penalty and game.weight:
        v_psi = v_psi + game.weight * read(_steepness(game.penalty), psi[:, 0])
    return np.stack((v_theta * psi[:, 0], v_psi), 1)


def read(table: Floats, at: NDArray[np.floating[Any]]) -> Floats:
    """Values of a table over `GRID`: as by `np.interp`, but its cells are equal, so that nothing is searched.

    Args:
        table: ``[len(GRID)]``.
        at: Places, of any shape; beyond the grid the table goes on straight.

    Returns:
        Of the shape of the places.
    """
    place = (np.asarray(at, np.float64) + REACH) * _PER_UNIT
    cell = np.minimum(np.maximum(place, 0), len(table) - 2).astype(np.intp)
    below = table[cell]
    out: Floats = below + (place - cell) * (table[cell + 1] - below)
    return out


@functools.lru_cache(maxsize=32)
def _samples(noise: float, *, paired: bool) -> tuple[Floats, Floats, Floats]:
    """Return the noise on real and generated samples and its shares, ``[1, n]``: in pairs or each kind by itself."""
    if not noise:
        return np.zeros((1, 1)), np.zeros((1, 1)), np.ones((1, 1))
    x, weight = np.polynomial.hermite_e.hermegauss(N_NODES)
    weight = weight / weight.sum()
    if not paired:
        return noise * x[None], noise * x[None], weight[None]
    share = np.outer(weight, weight).reshape(1, -1)
    return noise * np.repeat(x, N_NODES)[None], noise * np.tile(x, N_NODES)[None], share


@functools.cache
def slopes(objective: str) -> tuple[Floats, Floats, Floats]:
    """Tabulate the slopes of G's loss by the fake logit, and of D's by the fake and the real one, at the logits `GRID`.

    Of an objective that compares, all three are functions of the fake logit minus the real one.
    """
    import torch  # late: the server's own process has none

    rules = OBJECTIVES[objective]
    at = torch.tensor(GRID, requires_grad=True)
    other = torch.full_like(at, 0.0 if rules.g_needs_real else rules.equilibrium_logit)
    found = []
    for loss, real, fake in ((rules.g_loss, other, at), (rules.d_loss, other, at), (rules.d_loss, at, other)):
        each = torch.vmap(loss)(real[:, None], fake[:, None])  # one pair to a batch: an average is its own
        (slope,) = torch.autograd.grad(each.sum(), at)
        found.append(-slope.numpy())
    return found[0], found[1], found[2]


@functools.cache
def slopes_against_means(objective: str) -> tuple[Floats, Floats, Floats, Floats]:
    """Slopes of an objective that compares each logit with the mean of the other kind, at their difference, `GRID`.

    Two pairs to a batch, of which one kind lies as far above its mean as below it: a mean that does not move.

    Returns:
        How G's loss falls with a real and with a fake logit, and D's loss likewise, the means held.
    """
    import torch  # late: the server's own process has none

    rules = OBJECTIVES[objective]
    at = torch.tensor(GRID, requires_grad=True)
    apart, level = torch.stack((at, -at), 1), torch.zeros(len(GRID), 2, dtype=at.dtype)
    found = []
    for loss in (rules.g_loss, rules.d_loss):
        for real, fake in ((apart, level), (level, apart)):
            each = torch.vmap(loss)(real, fake)[:, 0]
            (slope,) = torch.autograd.grad(each.sum(), at, retain_graph=True)
            found.append(-slope.numpy())
    return found[0], found[1], found[2], found[3]


@functools.cache
def _steepness(penalty: str) -> Floats:
    """Tabulate the slope of the penalty by D's slope, on the grid."""
    states = np.stack((np.zeros_like(GRID), GRID), 1)  # at θ = 0 the loss itself does not push D
    return field(DiracGame(penalty=penalty, weight=1.0), states)[:, 1]
