"""Walks: what lies between two z of a run on real digits, and whether one of its samples is a copy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import torch

from gan_core.data import Images
from gan_core.experiments.lessons.outcome import Pictures
from gan_core.experiments.lessons.watch import Watched
from gan_core.game import sampling
from gan_core.metrics.judge import SURE, Judge, find_judge
from gan_core.training import observe as view

N_WALKS: Final = 200
N_CHECKED: Final = 897
N_SHOWN: Final = 8
N_STOPS: Final = 8
SAME: Final = 1e-3
"""Distance of two images below which they are the same one."""


@dataclass(frozen=True)
class Halfway:
    """Tell whether a judge recognises what lies halfway.

    Attributes:
        real: Share of held-out digits of which the judge is sure.
        ends: The same of generated samples, both ends of the walks.
        middle: The same of what G makes halfway.
        fade: The same of the means of both ends' pixels.
        pictures: One walk, and the cross-fade of its ends below it, ``[2, N_STOPS, h, w, c]``.
        shown: What the judge takes the walk's beginning, its middle and its end for.
        shown_sure: How sure it is of the middle.
    """

    real: float
    ends: float
    middle: float
    fade: float
    pictures: Pictures
    shown: tuple[int, int, int]
    shown_sure: float


@dataclass(frozen=True)
class Copies:
    """Distances of samples to the images that were trained on, and to as many that were not.

    Attributes:
        closer: Share of the samples that are nearer to a training image than to a held-out one.
        nearest: Distance of the one that is nearest to a training image.
        same: How many are the same as a training image.
        n: Samples.
        n_train: Images of each kind.
        pictures: The nearest ones, and the training images that they are nearest to, ``[2, N_SHOWN, h, w, c]``.
    """

    closer: float
    nearest: float
    same: int
    n: int
    n_train: int
    pictures: Pictures


def halfway(trainer: Watched, rng: torch.Generator) -> Halfway:
    """Walk between pairs of z by the shown G.

    Args:
        trainer: Where the run stands; it is not changed.
        rng: Where the z come from.
    """
    data, generator = _images(trainer), trainer.shown()
    judge = find_judge(data)
    assert judge is not None
    z = sampling.sample_prior(2 * N_WALKS, trainer.config, rng)
    with torch.no_grad():
        ends = generator(z)
        made = generator(torch.stack([view.slerp(z[i], z[i + N_WALKS], 3)[1] for i in range(N_WALKS)]))
        fade = (ends[:N_WALKS] + ends[N_WALKS:]) / 2
        chosen, shown, sure = _usual_pair(judge, ends, made)
        walk = generator(view.slerp(z[chosen], z[chosen + N_WALKS], N_STOPS))
        mix = torch.linspace(0, 1, N_STOPS).view(-1, 1, 1, 1)
        faded = torch.lerp(ends[chosen], ends[chosen + N_WALKS], mix)
    real = data.train if data.held_out is None else data.held_out
    sure_of_real, sure_of_ends, sure_of_made, sure_of_fade = (
        judge.look(images)[1].confident for images in (real, ends, made, fade)
    )
    pictures = np.stack([data.to_uint8(walk), data.to_uint8(faded)])
    return Halfway(sure_of_real, sure_of_ends, sure_of_made, sure_of_fade, pictures, shown, sure)


def _usual_pair(judge: Judge, ends: torch.Tensor, made: torch.Tensor) -> tuple[int, tuple[int, int, int], float]:
    """Choose a walk between two digits: of those whose ends differ and are plain, the one with the median middle.

    Returns:
        Its number; what its beginning, middle and end are taken for; how sure the judge is of its middle.
    """
    (sure, which), (halfway, what) = (
        judge.network(images.flatten(1).clamp(-1, 1)).softmax(1).max(1) for images in (ends, made)
    )
    plain = torch.minimum(sure[:N_WALKS], sure[N_WALKS:]) * (which[:N_WALKS] != which[N_WALKS:])
    able = (plain > SURE).nonzero().flatten()
    if len(able) == 0:
        able = plain.argmax().view(1)
    chosen = int(able[halfway[able].argsort()[len(able) // 2]])
    shown = int(which[chosen]), int(what[chosen]), int(which[chosen + N_WALKS])
    return chosen, shown, float(halfway[chosen])


def copies(trainer: Watched, rng: torch.Generator) -> Copies:
    """Compare samples of the shown G with real images: equal sets, or the larger would be nearer by its size alone.

    Args:
        trainer: Where the run stands; it is not changed.
        rng: Where the z come from.
    """
    data = _images(trainer)
    with torch.no_grad():
        fresh = trainer.shown()(sampling.sample_prior(N_CHECKED, trainer.config, rng))
    train = data.train.flatten(1)
    held_out = train if data.held_out is None else data.held_out.flatten(1)
    train = train[: len(held_out)]
    to_train, which = torch.cdist(fresh.flatten(1), train).min(1)
    to_held_out = torch.cdist(fresh.flatten(1), held_out).min(1).values
    closest = to_train.argsort()[:N_SHOWN]
    pictures = np.stack([data.to_uint8(fresh[closest]), data.to_uint8(data.train[which[closest]])])
    closer = (to_train < to_held_out).float().mean().item()
    same = int((to_train < SAME).sum())
    return Copies(closer, to_train[closest[0]].item(), same, N_CHECKED, len(train), pictures)


def _images(trainer: Watched) -> Images:
    assert isinstance(trainer.data, Images)
    return trainer.data


def sure_words() -> str:
    """Explain "sure" in words, for a text."""
    return f"{SURE:.0%}"
