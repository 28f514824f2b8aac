"""The best discriminator of two densities on a line, beside one that is trained on samples of them."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import numpy as np

from gan_core.config.names import CROSS_ENTROPY
from gan_core.figures import theory
from gan_core.figures.palette import Theme
from gan_core.theory import Pair, bayes_accuracy, best_logit, jensen_shannon, value_of_best, wasserstein
from pages.ui.learn.theory.blocks import Block, picture, table, words
from pages.ui.learn.theory.computed import computed
from pages.ui.prose import number

if TYPE_CHECKING:
    from gan_core.theory import LearnedD

UPDATES: Final = (0, 10, 30, 100, 300)
_X: Final = np.linspace(-6, 14, 241)
_MEANS: Final = np.linspace(0, 10, 41)


@functools.lru_cache(maxsize=256)
def trained(pair: Pair, n_updates: int, n_looks: int) -> LearnedD:
    """Train a D on samples of a pair; remembered."""
    lesson: LearnedD = computed("learn", pair, n_updates, x=_X, n_looks=n_looks, objectives=CROSS_ENTROPY)
    return lesson


@functools.lru_cache(maxsize=64)
def _distances(std: float) -> tuple[np.ndarray, np.ndarray]:
    pairs = [Pair(mean, std) for mean in _MEANS]
    return np.array([jensen_shannon(p) for p in pairs]), np.array([wasserstein(p) for p in pairs])


def best(at: Mapping[str, float], chosen: Mapping[str, str], theme: Theme) -> list[list[Block]]:
    """Show both densities with both D's, both divergences, and what they are worth."""
    pair, updates = Pair(at["mean"], at["std"]), int(at["updates"])
    log_p, log_q = pair.log_densities(_X)
    lesson = trained(pair, updates, 1)
    best, learned = (1 / (1 + np.exp(-np.clip(z, -60, 60))) for z in (best_logit(pair, _X), lesson.logits))
    both = theory.best_discriminator(_X, np.exp(log_p), np.exp(log_q), best, learned, theme=theme)
    divergences = theory.divergences(_MEANS, *_distances(pair.std), pair.mean, theme=theme)
    return [
        [
            picture("densities", both, "Both densities, the best D, and D as it was trained"),
            picture("divergences", divergences, "Both divergences over the distance of the means"),
        ],
        [_worth(pair, lesson, updates), _read(wasserstein(pair))],
    ]


def _worth(pair: Pair, lesson: LearnedD, updates: int) -> Block:
    value = number(lesson.values[-1], ".4f") if updates else "not trained"
    right = f"{lesson.accuracies[-1]:.1%}" if updates else "not trained"
    return table(
        ("", "exact", f"D after {updates} updates"),
        (
            ("value V(D*) = −log 4 + 2 JSD", number(value_of_best(pair), ".4f"), value),
            (
                f"Jensen–Shannon divergence, nats (at most log 2 = {math.log(2):.4f})",
                f"{jensen_shannon(pair):.4f}",
                "",
            ),
            ("D is right (Bayes accuracy)", f"{bayes_accuracy(pair):.1%}", right),
            ("Wasserstein distance", f"{wasserstein(pair):.4f}", ""),
        ),
    )


def _read(distance: float) -> Block:
    return words(
        f"At equal densities D* is ½ everywhere and V is −log 4 = −{math.log(4):.4f}: **½ is the best answer to a "
        "perfect G**. Move the mean out: the Jensen–Shannon divergence stops growing near log 2, the Wasserstein "
        "distance goes on. That is why a Wasserstein critic still tells a far G where to go.",
        f"**Is a Wasserstein loss of {number(-distance, '.2f')} bad?** It is what the best critic of slope 1 reaches "
        "here: minus the distance between the two densities. It is not an error to be brought to zero by D; it comes "
        "closer to zero as _G_ improves. A number by itself says nothing; its way over the steps does.",
    )
