"""Random runs of the bench: a seeded generator draws a source, a config and a number of steps.

Four runs in five are *usual*: an objective with a penalty that goes with it, rates and sizes of the order that papers
use. The others are *wild*: each setting may lie anywhere within what a config allows. That is so because most wild runs
fail, and a bench needs both. No run is chosen by what comes of it; whether it is healthy is the oracle's word
(`benchmarks.truth`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, get_args

import numpy as np

from benchmarks.sources import IMAGES, PLANE, DigitSource, Source, make
from gan_core.config import RunConfig
from gan_core.config.names import ActivationName, ObjectiveName, OptimizerName, PriorName, RegulariserName
from gan_core.errors import ConfigError
from gan_core.game.objectives import OBJECTIVES

__all__ = ["Drawn", "draw_run"]

Rng = np.random.Generator
Changes = dict[str, Any]

IMAGE_EVERY: Final = 4
"""One run in so many is one of images."""
WILD_EVERY: Final = 5
"""One run in so many has settings from all over what a config allows."""
MAX_FLOPS: Final = 1.5e8
"""Of one step: a run then takes some ten seconds of one core."""
RATES: Final = {1: 1e-3, 3: 5e-4}
"""Usual learning rate by the number of dimensions of a sample."""
STEPS: Final = {1: (1_500, 2_000), 3: (1_200, 1_500)}
_TRIES: Final = 1_000


@dataclass(frozen=True)
class Drawn:
    """One run of a draw.

    Attributes:
        draw: Seed of the draw.
        number: Of the run in it, from 0.
        kind: Of its source.
        source_seed: Of the source.
        usual: True for settings of the usual order.
        config: What is trained.
        steps: For how long.
    """

    draw: int
    number: int
    kind: str
    source_seed: int
    usual: bool
    config: RunConfig
    steps: int


def draw_run(draw: int, number: int) -> tuple[Drawn, Source]:
    """Draw a run; the same two numbers give the same run."""
    rng = np.random.default_rng((draw, number))
    kinds = IMAGES if number % IMAGE_EVERY == IMAGE_EVERY - 1 else PLANE
    kind = str(rng.choice(list(kinds)))
    usual = number % WILD_EVERY != WILD_EVERY - 1
    source_seed = int(rng.integers(2**31))
    source = make(kind, source_seed)
    settings = {**source.settings, "seed": int(rng.integers(2**31))}
    dims = 3 if isinstance(source, DigitSource) else 1
    steps = int(rng.choice(STEPS[dims]))
    choose = _usual if usual else _wild
    for _ in range(_TRIES):
        try:
            config = RunConfig().changed(settings | choose(rng, dims))
        except ConfigError:
            continue
        if config.flops_per_step <= MAX_FLOPS:
            return Drawn(draw, number, kind, source_seed, usual, config, steps), source
    raise RuntimeError(f"draw {draw}, run {number}: no config that is allowed in {_TRIES} tries")


def _usual(rng: Rng, dims: int) -> Changes:
    """Draw settings of the order that papers and the presets use, with what the objective requires."""
    objective = _one(rng, get_args(ObjectiveName))
    beta = _one(rng, (0.0, 0.5))
    rate = RATES[dims]
    changes: Changes = {
        "objective": objective,
        "betas_g": [beta, 0.99 if beta == 0 else 0.999],
        "betas_d": [beta, 0.99 if beta == 0 else 0.999],
        "lr_g": _log(rng, 0.5 * rate, 1.5 * rate),
        "lr_d": _log(rng, 0.7 * rate, 1.5 * rate),
        "batch_size": int(_one(rng, (64, 128))),
        "latent_dim": int(_one(rng, (2, 4, 8) if dims == 1 else (16, 32, 64))),
        "ema": float(_one(rng, (0.99, 0.995, 0.998))),
        "generator.activation": _one(rng, ("relu", "leaky_relu", "silu")),
        "discriminator.activation": _one(rng, ("relu", "leaky_relu")),
    }
    for player in ("generator", "discriminator"):
        changes |= {f"{player}.width": int(_one(rng, (64, 96, 128))), f"{player}.depth": int(_one(rng, (2, 3)))}
    if OBJECTIVES[objective].usual_clip:
        changes |= {"regularisers": [{"name": "gradient_penalty", "weight": _log(rng, 1, 10)}]}
        changes |= {"d_steps": int(_one(rng, (1, 2, 3)))}
    else:
        name = _one(rng, ("r1", "r1_r2", "r1_r2", "gradient_penalty"))
        weight = _log(rng, 0.5, 5) if name == "gradient_penalty" else _log(rng, 0.05, 1)
        changes |= {"regularisers": [{"name": name, "weight": weight}]}
    return changes


def _wild(rng: Rng, dims: int) -> Changes:
    """Draw settings from all over what a config allows; each rarer one is used in one run of eight."""
    rate = RATES[dims]
    usual_rates = rng.random() < 0.4
    changes: Changes = {
        "objective": _one(rng, get_args(ObjectiveName)),
        "batch_size": int(_log(rng, 4, 128)),
        "latent_dim": int(_log(rng, 1, 16 if dims == 1 else 64)),
        "ema": float(_one(rng, (0.0, 0.9, 0.99, 0.999))),
        "prior": _one(rng, get_args(PriorName)),
        "generator.activation": _one(rng, get_args(ActivationName)),
        "discriminator.activation": _one(rng, get_args(ActivationName)),
    }
    for player in ("g", "d"):
        changes[f"lr_{player}"] = _log(rng, 0.3 * rate, 3 * rate) if usual_rates else _log(rng, 1e-6, 5e-2)
        changes[f"betas_{player}"] = [float(_one(rng, (0.0, 0.5, 0.9))), float(_one(rng, (0.9, 0.99, 0.999)))]
        if rng.random() < 0.2:
            changes[f"optimizer_{player}"] = _one(rng, get_args(OptimizerName))
    for player in ("generator", "discriminator"):
        low = 2 if rng.random() < 0.3 else 32
        changes[f"{player}.width"] = int(_log(rng, low, 128))
        changes[f"{player}.depth"] = int(rng.integers(0 if rng.random() < 0.1 else 1, 4))
    if rng.random() < 0.4:
        weight = 10 ** rng.uniform(-3, 2)
        changes["regularisers"] = [{"name": _one(rng, get_args(RegulariserName)), "weight": float(weight)}]
    if rng.random() < 0.4:
        changes[str(_one(rng, ("d_steps", "g_steps")))] = int(rng.integers(2, 7))
    rarer: Sequence[Mapping[str, Any]] = (
        {"clip": _log(rng, 0.005, 2)},
        {"label_smoothing": float(rng.uniform(0.05, 0.4))},
        {"feature_matching": True},
        {"packing": int(rng.integers(2, 5))},
        {"replay": int(rng.integers(5, 50))},
        {"instance_noise": float(rng.uniform(0.05, 1.0))},
        {"lookahead": int(_log(rng, 3, 100))},
        {"discriminator.norm": "batch"},
        {"generator.norm": "batch"},
        {"discriminator.spectral_norm": True},
        {"discriminator.dropout": float(rng.uniform(0.1, 0.6))},
        {"discriminator.minibatch": _one(rng, ("std", "discrimination"))},
        {"discriminator.logit_gain": _log(rng, 0.05, 50)},
    )
    for more in rarer:
        if rng.random() < 1 / 8:
            changes |= more
    return changes


def _one(rng: Rng, choices: Sequence[Any]) -> Any:
    return choices[int(rng.integers(len(choices)))]


def _log(rng: Rng, low: float, high: float) -> float:
    """Draw evenly in the logarithm, to three digits."""
    return float(f"{math.exp(rng.uniform(math.log(low), math.log(high))):.3g}")
