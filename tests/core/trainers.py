"""Small configs of every kind, and how to train and compare them: what the tests of the trainer share.

Networks are tiny here and steps few: numbers are compared bit for bit, so one step shows as much as a thousand.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from gan_core.config import RunConfig
from gan_core.training import Trainer

SMALL = RunConfig().changed(
    {"data.name": "ring-8", "batch_size": 8, "latent_dim": 3, "ema": 0.9}
    | {"generator.width": 9, "generator.depth": 1, "discriminator.width": 10, "discriminator.depth": 2}
)
PENALISED = SMALL.changed({"regularisers": [{"name": "r1_r2", "weight": 0.3, "every": 2}]})
VARIETY = {
    "plain": SMALL,
    "penalised": PENALISED,
    "gradient penalty": SMALL.changed({"regularisers": [{"name": "gradient_penalty"}, {"name": "r1", "every": 3}]}),
    "relativistic": SMALL.changed({"objective": "relativistic", "d_steps": 2, "g_steps": 3}),
    "clipped": SMALL.changed({"objective": "wasserstein", "clip": 0.05, "optimizer_d": "rmsprop"}),
    "momentum": SMALL.changed({"optimizer_g": "sgd", "optimizer_d": "rmsprop", "lr_g": 0.01}),
    "batch norm": SMALL.changed({"generator.norm": "batch", "discriminator.norm": "batch", "prior": "uniform"}),
    "spectral": SMALL.changed({"discriminator.spectral_norm": True, "objective": "hinge", "d_steps": 2}),
    "dropout": SMALL.changed({"discriminator.dropout": 0.4, "ema": 0}),
    "packed": PENALISED.changed({"packing": 3, "objective": "relativistic", "g_steps": 2}),
    "packed images": SMALL.changed(
        {"data.name": "digits", "discriminator.kind": "dcgan", "packing": 2, "augment": ["translation"]}
    ),
    "average": SMALL.changed({"objective": "relativistic_average", "regularisers": [{"name": "dragan"}], "g_steps": 2}),
    "noisy labels": SMALL.changed(
        {"label_smoothing": 0.1, "instance_noise": 0.3, "instance_noise_steps": 5, "replay": 2, "d_steps": 2}
    ),
    "features": SMALL.changed({"feature_matching": True, "discriminator.dropout": 0.2, "lookahead": 2, "g_steps": 2}),
    "unrolled": SMALL.changed({"unroll": 2, "optimizer_d": "optimistic_adam", "optimizer_g": "optimistic_adam"}),
    "minibatch": SMALL.changed({"discriminator.minibatch": "std", "discriminator.logit_gain": 3.0, "unroll": 1}),
    "minibatch images": SMALL.changed(
        {"data.name": "digits", "discriminator.kind": "dcgan", "discriminator.minibatch": "discrimination"}
        | {"conditional": True, "instance_noise": 0.1, "discriminator.norm": "batch"}
    ),
    "article": SMALL.changed({"generator.kind": "article", "discriminator.kind": "article", "data.name": "digits"}),
    "conditional": SMALL.changed(
        {"data.name": "digits", "conditional": True, "objective": "relativistic", "augment": ["cutout", "colour"]}
        | {"regularisers": [{"name": "gradient_penalty"}, {"name": "r1_r2", "every": 2}]}
    ),
    "dcgan": SMALL.changed(
        {"data.name": "digits", "generator.kind": "dcgan", "discriminator.kind": "dcgan", "conditional": True}
        | {"regularisers": [{"name": "r1", "every": 2}], "augment": ["translation"]}
        | {"discriminator.spectral_norm": True}
    ),
    "conditioned": SMALL.changed(
        {"data.name": "digits", "data.condition": "missing-quarter", "generator.kind": "residual"}
        | {"reconstruction": 10.0, "reconstruction_z": 2, "z_reward": 1.0, "discriminator.kind": "dcgan"}
        | {"objective": "relativistic", "regularisers": [{"name": "r1_r2", "every": 2}]}
    ),
    "reconstructed": SMALL.changed(
        {"data.name": "digits", "data.condition": "half-size", "adversarial": 0.0, "reconstruction": 1.0}
    ),
    "sounds": SMALL.changed(
        {"data.name": "notes", "generator.kind": "wavegan", "discriminator.kind": "wavegan", "generator.norm": "batch"}
        | {"regularisers": [{"name": "r1", "every": 2}], "discriminator.phase_shuffle": 2, "packing": 2}
    ),
    "plain sounds": SMALL.changed(
        {"data.name": "notes", "generator.kind": "wavegan", "discriminator.kind": "wavegan"}
        | {"discriminator.spectral_norm": True, "discriminator.minibatch": "std", "objective": "hinge"}
    ),
    "plain dcgan": SMALL.changed(
        {"data.name": "digits", "generator.kind": "dcgan", "discriminator.kind": "dcgan", "objective": "hinge"}
    ),
}
every_variety = pytest.mark.parametrize("config", VARIETY.values(), ids=VARIETY)


def train(config: RunConfig, n: int = 3, **options: Any) -> Trainer:
    trainer = Trainer(config, **options)
    for _ in range(n):
        trainer.step()
    return trainer


def weights(network: nn.Module | None) -> list[Tensor]:
    return [] if network is None else [tensor.clone() for tensor in network.state_dict().values()]


def assert_equal(first: Any, second: Any) -> None:
    """Equal bit for bit, whatever is nested in what; NaN equals NaN."""
    torch.testing.assert_close(first, second, rtol=0, atol=0, equal_nan=True)


def leaves(tree: Any) -> Iterator[Any]:
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield key
            yield from leaves(value)
    elif isinstance(tree, list | tuple):
        for value in tree:
            yield from leaves(value)
    else:
        yield torch.from_numpy(tree) if isinstance(tree, np.ndarray) else tree


def assert_same_state(first: Trainer, second: Trainer) -> None:
    for a, b in zip(leaves(first.state_dict()), leaves(second.state_dict()), strict=True):
        if isinstance(a, Tensor):
            assert_equal(a, b)
        else:
            assert a == b


def global_random_states() -> tuple[Any, ...]:
    kind, keys, *rest = np.random.get_state()  # noqa: NPY002 - it is the global state that is looked at
    return torch.get_rng_state().tolist(), random.getstate(), kind, list(keys), rest
