"""Holes filled twice: by a lesson's run, and by one from the same seed that minimises the distance alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from torch import Generator, Tensor

from gan_core.data import Images, degrade
from gan_core.data.images import network_units
from gan_core.experiments.applications import ALONE
from gan_core.experiments.lessons.outcome import Pictures
from gan_core.experiments.lessons.watch import Watched
from gan_core.metrics.paired import answers, psnr, recognised
from gan_core.training import Trainer

N_FILLED: Final = 300
N_SHOWN: Final = 10
_SEED: Final = 11


@dataclass(frozen=True)
class Answers:
    """Several answers for each of the same conditions.

    Attributes:
        psnr: Of single answers, in dB.
        of_mean: Of the mean of the answers, in dB.
        sharpness: Mean difference of neighbouring pixels in the holes, over that of the true images.
        spread: Standard deviation over z of a pixel in a hole, over the error of their mean there.
        other: Share of single answers that the judge takes for another class than the true one.
        images: ``[n_z, n, c, h, w]``.
    """

    psnr: float
    of_mean: float
    sharpness: float
    spread: float
    other: float
    images: Tensor


@dataclass(frozen=True)
class Filled:
    """Both runs.

    Attributes:
        game: Answers of the lesson's run.
        alone: Those of the distance alone.
        n: Images that were held out and used.
        pictures: Given, alone, game with two z, truth: ``[5, n, h, w, c]``.
    """

    game: Answers
    alone: Answers
    n: int
    pictures: Pictures


def filled(trainer: Watched) -> Filled:
    """Train the other run, and have both fill the same holes of held-out images.

    Args:
        trainer: Where the run stands, with a condition that leaves holes; it is not changed.
    """
    data = trainer.data
    assert isinstance(data, Images)
    assert data.held_out is not None
    assert data.held_out_labels is not None
    other = Trainer(trainer.config.changed(ALONE))
    while other.step_count < trainer.step_count:
        other.step()
    real, labels = network_units(data.held_out[:N_FILLED]), data.held_out_labels[:N_FILLED]
    condition = degrade(real, trainer.config.data, Generator().manual_seed(_SEED))
    game, alone = (_answers(run, data, real, condition, labels) for run in (trainer, other))
    rows = (condition[:, :-1], alone.images[0], game.images[0], game.images[1], real)
    return Filled(game, alone, len(real), np.stack([data.to_uint8(row[:N_SHOWN]) for row in rows]))


def _answers(run: Trainer, data: Images, real: Tensor, condition: Tensor, labels: Tensor) -> Answers:
    made = answers(run.config, run.shown().eval(), condition)
    hole = condition[:, -1:].expand_as(real) > 0
    mean = made.mean(0)
    error = (mean - real)[hole].square().mean().sqrt()
    return Answers(
        psnr(real.expand_as(made), made),
        psnr(real, mean),
        _sharpness(made.flatten(0, 1), hole.repeat(len(made), 1, 1, 1)) / _sharpness(real, hole),
        float(made.var(0)[hole].mean().sqrt() / error),
        1 - recognised(data, made.flatten(0, 1), labels.repeat(len(made))),
        made,
    )


def _sharpness(images: Tensor, hole: Tensor) -> float:
    """Mean difference of neighbours of a row that both lie in a hole."""
    inside = hole[..., 1:] & hole[..., :-1]
    return float((images[..., 1:] - images[..., :-1]).abs()[inside].mean())
