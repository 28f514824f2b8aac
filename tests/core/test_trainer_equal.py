"""Equal configs give equal runs, whatever else the process does, and looking at a run changes nothing."""

from __future__ import annotations

import random
import threading
from dataclasses import asdict
from typing import Any

import numpy as np
import pytest
import torch

from gan_core.config import RunConfig
from gan_core.record.frame import decode, encode
from gan_core.record.history import StepStats
from gan_core.training import Trainer
from tests.core.trainers import (
    SMALL,
    VARIETY,
    assert_same_state,
    every_variety,
    global_random_states,
    train,
)

# -- equal configs give equal runs ---------------------------------------------------------------------------


@every_variety
def test_equal_configs_give_equal_runs(config: RunConfig) -> None:
    first, second = train(config), train(config)
    assert first.stats == second.stats
    assert_same_state(first, second)
    assert first.stats != train(config.changed({"seed": 77})).stats


@every_variety
def test_the_global_random_state_is_neither_read_nor_written(config: RunConfig) -> None:
    runs = []
    for seed in (4711, 13):
        torch.manual_seed(seed)
        np.random.seed(seed)  # noqa: NPY002
        random.seed(seed)
        before = global_random_states()
        trainer = train(config)
        trainer.snapshot()
        assert global_random_states() == before
        runs.append(trainer.stats)
    assert runs[0] == runs[1]


@pytest.mark.parametrize("name", ["dropout", "gradient penalty", "spectral", "batch norm"])
def test_two_runs_in_two_threads_equal_each_alone(name: str) -> None:
    configs = [VARIETY[name].changed({"seed": seed}) for seed in (1, 2)]
    alone = [train(config, 25).stats for config in configs]
    together: list[StepStats | None] = [None, None]
    barrier = threading.Barrier(2)

    def run(i: int) -> None:
        barrier.wait(10)
        trainer = Trainer(configs[i])
        for _ in range(25):
            trainer.step()
            trainer.snapshot()
        together[i] = trainer.stats

    threads = [threading.Thread(target=run, args=(i,)) for i in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert together == alone


# -- looking changes nothing ---------------------------------------------------------------------------------


@every_variety
@pytest.mark.parametrize("which", ["ema", "raw"])
def test_a_snapshot_changes_nothing(config: RunConfig, which: Any) -> None:
    watched, unwatched = train(config), train(config)
    for trainer in (watched, unwatched):
        trainer.generator.train()
    before = global_random_states()
    first, again = watched.snapshot(which), watched.snapshot(which)
    assert global_random_states() == before
    assert_same_state(watched, unwatched)
    assert watched.step() == unwatched.step()
    assert_same_state(watched, unwatched)
    for name, array in first.arrays.items():
        np.testing.assert_array_equal(array, again.arrays[name])


def test_a_snapshot_keeps_what_it_saw() -> None:
    trainer = train(SMALL)
    snapshot = trainer.snapshot()
    arrays = {name: array.copy() for name, array in snapshot.arrays.items()}
    header = dict(snapshot.header)
    trainer.step()
    for name, array in arrays.items():
        np.testing.assert_array_equal(snapshot.arrays[name], array)
    assert snapshot.header == header


def test_the_same_noise_is_followed_through_the_whole_run() -> None:
    trainer = train(SMALL.changed({"lr_g": 1e-7, "ema": 0}))
    first = trainer.snapshot().arrays["fake"]
    trainer.step()
    np.testing.assert_allclose(trainer.snapshot().arrays["fake"], first, atol=1e-4)
    np.testing.assert_array_equal(trainer.snapshot().arrays["real"], train(SMALL, 1).snapshot().arrays["real"])


def test_a_snapshot_shows_the_generator_that_was_asked_for() -> None:
    trainer = train(SMALL.changed({"lr_g": 0.1}))
    ema, raw = trainer.snapshot("ema"), trainer.snapshot("raw")
    assert (ema.header["generator"], raw.header["generator"]) == ("ema", "raw")
    assert not np.array_equal(ema.arrays["fake"], raw.arrays["fake"])
    without = train(SMALL.changed({"ema": 0})).snapshot("ema")
    assert (without.header["generator"], without.header["has_ema"]) == ("raw", False)


@every_variety
def test_a_snapshot_says_what_it_is_of(config: RunConfig) -> None:
    trainer = train(config)
    snapshot = trainer.snapshot()
    header, stats = snapshot.header, trainer.stats
    assert stats is not None
    assert snapshot.step == header["step"] == header["stats"]["step"] == 3
    assert {name: header["stats"][name] for name in asdict(stats)} == asdict(stats)
    objective = trainer.game.objective
    assert header["stats"]["value"] == (-stats.d_loss if objective.probability else None)
    assert header["optimum"]["d_loss"] == objective.d_optimum
    assert header["meaning"] == ("probability" if objective.probability else "critic")
    assert ("real_prob" in snapshot.arrays) == ("fake_prob" in snapshot.arrays) == objective.probability
    assert header["g_weights"] + header["d_weights"] >= config.n_parameters
    for key in ("objective", "latent_dim", "prior", "d_steps", "g_steps", "batch_size"):
        assert header[key] == getattr(config, key)
    assert header["data"] == config.data.name
    assert header["kind"] == config.data.kind
    found, arrays = decode(encode(header, snapshot.arrays))
    assert found["step"] == 3
    assert arrays.keys() == snapshot.arrays.keys()


def test_an_untrained_gan_can_be_looked_at() -> None:
    snapshot = Trainer(SMALL).snapshot()
    assert snapshot.step == 0
    assert len(snapshot.arrays["curve_step"]) == 0
    assert decode(encode(snapshot.header, snapshot.arrays))[0]["stats"]["d_loss"] is None
