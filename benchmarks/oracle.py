"""The oracle: when a run is bad, told from exact knowledge that the diagnosis does not have.

It looks at the averaged generator (the raw one where there is none) with the known modes of the data in the plane, or
with how much of the data lies in each cell of a fine grid where there are none, with the judge for digits, with digits
that no player saw for memorisation, and at the players for a game that is won or broken. A failure's onset is the first
step after which a run stays bad for `STAYS` steps. Nothing here knows the diagnosis.
"""

from __future__ import annotations

import copy
import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from gan_core.config import RunConfig
from gan_core.data import Images, Points, Signals, load
from gan_core.game.sampling import sample_data, sample_prior
from gan_core.metrics import find_judge, score_modes
from gan_core.training import Trainer
from gan_core.training.observe import beside_the_next

STAYS: Final = 200
"""Steps that a run must stay bad for its failure to have begun."""
N: Final = 2_500
NOISE_SEED: Final = 7
FAIR: Final = 0.2
CELLS: Final = 20
SMALL_CELLS: Final = 100
ENOUGH: Final = 12
"""Samples of `N` that a cell should get, for its being nearly empty not to be chance."""


@dataclass(frozen=True)
class Look:
    """View of the oracle at one step.

    Attributes:
        step: Finished steps.
        shares: Share of the samples nearest to each mode, in each cell, or taken for each class.
        missing: Share of the data in modes, cells or classes that get less than a fifth of their fair share.
        sharp: Share of samples within three standard deviations of a mode, in a cell that holds data, or of which
            the judge is sure.
        uncovered: Share of the data in small cells, a hundred in all, that get less than a fifth of their fair share of
            the samples: 0 for real ones, 0.6 for modes a fifth as wide; NaN for images.
        spread: Standard deviation of the samples over that of the data.
        wild: True if D's answers are beyond ±100 or something is no number: a sigmoid has no slope there.
        right: How often D puts a fresh real sample above a generated one.
        known: How often D puts an image that it was trained on above one that it never saw; NaN where all are endless.
    """

    step: int
    shares: tuple[float, ...]
    missing: float
    sharp: float
    uncovered: float
    spread: float
    wild: bool
    right: float
    known: float


@dataclass(frozen=True)
class _Modes:
    """Measure where the samples lie: their shares beside the fair ones, and how sharp they are."""

    shares: NDArray[np.floating]
    fair: NDArray[np.floating]
    sharp: float
    uncovered: float = math.nan


@torch.no_grad()
def see(trainer: Trainer) -> Look:
    """Look at a trainer; it changes nothing."""
    data, config = trainer.data, trainer.config
    assert not isinstance(data, Signals), "sounds and words are not looked at here"
    raw, critic = (copy.deepcopy(m).eval() for m in (trainer.generator, trainer.discriminator))
    shown = raw if trainer.ema is None else trainer.ema
    rng = torch.Generator().manual_seed(NOISE_SEED)
    z = sample_prior(N, config, rng)
    labels = (torch.arange(N) % config.n_classes,) if config.conditional else ()
    fake, made = shown(z, *labels), raw(z, *labels)
    real, *real_labels = sample_data(N, config, data, rng)
    on_real, on_fake = _answers(critic, config, real, real_labels), _answers(critic, config, made, labels)
    answers = torch.cat((on_real, on_fake))
    whole = bool(torch.isfinite(answers).all() and torch.isfinite(fake).all())
    modes = _modes(data, fake) if whole else _Modes(np.ones(1), np.ones(1), 0.0)
    lost = modes.shares < FAIR * modes.fair
    return Look(
        trainer.step_count,
        tuple(modes.shares.round(5).tolist()),
        float(modes.fair[lost].sum() / modes.fair.sum()),
        modes.sharp,
        modes.uncovered,
        float(fake.flatten(1).var(0).mean().sqrt() / real.flatten(1).var(0).mean().sqrt()),
        not whole or float(answers.abs().mean()) > 100,
        _above(on_real, on_fake),
        _known(critic, data, config),
    )


def onset(looks: Sequence[Look], bad: Sequence[bool]) -> int | None:
    """Find the step from which a run stays bad for `STAYS` steps; None if it never does.

    Args:
        looks: In order of their steps.
        bad: For each of them.
    """
    begun: int | None = None
    for look, is_bad in zip(looks, bad, strict=True):
        if not is_bad:
            begun = None
            continue
        begun = look.step if begun is None else begun
        if look.step - begun >= STAYS:
            return begun
    return None


def turning(looks: Sequence[Look], every: int = 100) -> list[bool]:
    """Mark each look before which, `every` steps earlier, half of the samples lay elsewhere."""
    found = []
    for i, look in enumerate(looks):
        before = [other for other in looks[:i] if look.step - other.step >= every]
        moved = bool(before) and len(before[-1].shares) == len(look.shares)
        change = np.abs(np.array(look.shares) - np.array(before[-1].shares)).sum() / 2 if moved else 0.0
        found.append(bool(change > 0.5))
    return found


def _answers(critic: nn.Module, config: RunConfig, x: Tensor, labels: Sequence[Tensor]) -> Tensor:
    answers: Tensor = critic(beside_the_next(x, config.packing), *labels)
    return answers


def _above(a: Tensor, b: Tensor) -> float:
    return float((a[:500, None] > b[None, :500]).double().mean())


def _modes(data: Points | Images, fake: Tensor) -> _Modes:
    if isinstance(data, Points):
        points = data.to_data(fake).double().numpy()
        if data.modes is None:
            return _in_cells(data, points)
        nearest, _ = data.modes.assign(points)
        shares = np.bincount(nearest, minlength=len(data.modes)) / N
        return _Modes(shares, data.modes.shares, score_modes(points, data.modes).high_quality, _uncovered(data, points))
    judge = find_judge(_digits())
    if judge is None or fake[0].numel() != 64:
        return _Modes(np.ones(1), np.ones(1), math.nan)
    _, seen = judge.look(fake)
    return _Modes(np.array(seen.classes), np.full(len(seen.classes), 1 / len(seen.classes)), seen.confident)


def _in_cells(data: Points, points: NDArray[np.float64]) -> _Modes:
    """Divide data without modes into cells of a grid; those with enough data have a fair share."""
    there = _cells(data, _many(data))
    fair, shares = there / there.sum(), _cells(data, points) / len(points)
    full = fair >= ENOUGH / N
    sharp = float(shares[there > 0].sum())
    return _Modes(shares[full], fair[full], sharp, _uncovered(data, points))


@functools.cache
def _many(data: Points) -> NDArray[np.float64]:
    """So many samples of the data that their shares and spreads are nearly exact, data units."""
    many = data.to_data(data.sample(40 * N, torch.Generator().manual_seed(NOISE_SEED)))
    return np.asarray(many, dtype=np.float64)


def _uncovered(data: Points, points: NDArray[np.float64]) -> float:
    fair = _small_cells(data, _many(data))
    return float(fair[_small_cells(data, points) < FAIR * fair].sum())


def _small_cells(data: Points, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Shares of points in the cells about a hundred samples of the data, each the points that are nearest to it."""
    centres = _many(data)[:SMALL_CELLS]
    nearest = (points @ centres.T - 0.5 * np.square(centres).sum(1)).argmax(1)
    return np.bincount(nearest, minlength=SMALL_CELLS) / len(points)


def _cells(data: Points, points: NDArray[np.float64]) -> NDArray[np.float64]:
    x0, x1, y0, y1 = data.frame
    return np.histogram2d(points[:, 0], points[:, 1], bins=CELLS, range=((x0, x1), (y0, y1)))[0]


def _known(critic: nn.Module, data: Points | Images, config: RunConfig) -> float:
    if not isinstance(data, Images) or data.train[0].numel() != 64 or config.conditional:
        return float("nan")
    unseen = _digits().held_out
    assert unseen is not None
    seen = data.sample(500, torch.Generator().manual_seed(NOISE_SEED))
    return _above(_answers(critic, config, seen, ()), _answers(critic, config, unseen, ()))


def _digits() -> Images:
    digits = load("digits")
    assert isinstance(digits, Images)
    return digits
