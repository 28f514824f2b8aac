"""Trials: a config trained from a seed and checked against a goal, without a page or a thread.

One trial says what may happen; trials from several seeds say how sure a comparison is. A trial is a plain function
of plain values, so that it can run in another process.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError
from typing import Final

import torch
from torch import nn

from gan_core.config import RunConfig
from gan_core.data import Images, Points, load
from gan_core.data.images import network_units
from gan_core.experiments.gallery import CHECK_EVERY, FEW_OF, FIRST_CHECK, LAST_CHECK, GoalName
from gan_core.experiments.outcomes import Trial, interval
from gan_core.game.sampling import sample_prior
from gan_core.metrics import class_shares, score_modes
from gan_core.training import Trainer

__all__ = ["FAIR_FRACTION", "N_SAMPLES", "Trial", "interval", "run_trial"]

N_SAMPLES: Final = 2_500
FAIR_FRACTION: Final = 0.2
"""A class counts as made when at least this fraction of its fair share is taken for it."""
_UNSEEN = 500


def run_trial(
    config: RunConfig,
    goal: GoalName,
    *,
    first: int = FIRST_CHECK,
    last: int = LAST_CHECK,
    every: int = CHECK_EVERY,
    stopped: Callable[[], bool] = lambda: False,
) -> Trial:
    """Train a config to its last check.

    Args:
        config: What to train, with its seed.
        goal: What to check, on the shown generator: the averaged one where G is averaged.
        first: Step of the first check.
        last: Step of the last one.
        every: Steps between two.
        stopped: Asked now and then; once true the trial ends.

    Raises:
        CancelledError: If it was stopped.
    """
    trainer = Trainer(config)
    rng = torch.Generator().manual_seed(2333)
    z = sample_prior(N_SAMPLES, config, rng)
    values: list[float] = []
    n_passed = 0
    for step in range(1, last + 1):
        if step % CHECK_EVERY == 0 and stopped():
            raise CancelledError
        if not trainer.step().finite:
            return Trial(config.seed, interval(values)[0], 0.0, step)
        if step >= first and (step - first) % every == 0:
            value, passed = _check(trainer, z, goal)
            values.append(value)
            n_passed += passed
    return Trial(config.seed, interval(values)[0], n_passed / len(values))


def _check(trainer: Trainer, z: torch.Tensor, goal: GoalName) -> tuple[float, bool]:
    """Measure the goal, and decide whether it is reached."""
    generator = trainer.shown()
    training = generator.training
    with torch.no_grad():
        fake = generator.eval()(z)
    generator.train(training)
    return _MEASURES[goal](trainer, fake)


def _modes(trainer: Trainer, fake: torch.Tensor) -> tuple[float, bool]:
    data = trainer.data
    assert isinstance(data, Points)
    assert data.modes is not None
    if not torch.isfinite(fake).all():
        return math.nan, False
    reached = score_modes(data.to_data(fake).numpy(), data.modes).modes_reached
    return float(reached), reached >= math.ceil(7 / 8 * len(data.modes))


def _classes(trainer: Trainer, fake: torch.Tensor) -> tuple[float, bool]:
    data = trainer.data
    assert isinstance(data, Images)
    shares = class_shares(data, fake.numpy())
    made = sum(share >= FAIR_FRACTION / len(shares) for share in shares.values())
    return float(made), made >= math.ceil(0.7 * len(shares))


def _unseen(trainer: Trainer, fake: torch.Tensor) -> tuple[float, bool]:
    """Compute the share of D's lead on training images kept on unseen ones: 1 - r_v (arXiv:2006.06676, eq. 1)."""
    data, digits = trainer.data, load(FEW_OF)
    assert isinstance(data, Images)
    assert isinstance(digits, Images)
    assert digits.held_out is not None
    train, unseen, made = (
        _mean_logit(trainer.discriminator, images[:_UNSEEN])
        for images in (network_units(data.train), network_units(digits.held_out), fake)
    )
    kept = (unseen - made) / (train - made) if train > made else math.nan
    return kept, kept >= 0.5


def _mean_logit(discriminator: nn.Module, images: torch.Tensor) -> float:
    discriminator.eval()
    with torch.no_grad():
        mean = discriminator(images).mean().item()
    discriminator.train()
    return float(mean)


_MEASURES: Final[Mapping[GoalName, Callable[[Trainer, torch.Tensor], tuple[float, bool]]]] = {
    "modes": _modes,
    "classes": _classes,
    "unseen": _unseen,
}
