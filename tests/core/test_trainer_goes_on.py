"""What is done to a run while it goes on: interventions, states that are kept and taken up again, divergence."""

from __future__ import annotations

import numpy as np
import pytest

from gan_core.config import Intervention, RunConfig
from gan_core.config.presets import preset
from gan_core.errors import CheckpointError, ConfigError
from gan_core.game.optimizers import OPTIMIZERS
from gan_core.record.frame import decode, encode
from gan_core.training import Trainer
from tests.core.trainers import (
    PENALISED,
    SMALL,
    VARIETY,
    assert_same_state,
    train,
)

# -- interventions -------------------------------------------------------------------------------------------


def intervene(trainer: Trainer) -> Trainer:
    trainer.step_d()
    trainer.step()
    trainer.retune({"lr_g": 0.02, "betas_d": [0.1, 0.9], "d_steps": 2})
    trainer.step()
    trainer.step_g()
    trainer.retune({"regularisers.0.weight": 1.5, "regularisers.0.every": 1, "ema": 0})
    trainer.step()
    trainer.step()
    trainer.retune({"ema": 0.5, "clip": 0.3})
    trainer.retune({"lr_d": 0.004, "g_steps": 3})
    trainer.step()
    return trainer


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_equal_interventions_give_equal_runs(optimizer: str) -> None:
    config = PENALISED.changed({"optimizer_g": optimizer, "optimizer_d": optimizer, "betas_d": [0.0, 0.9]})
    original = intervene(Trainer(config))
    replayed = train(config, 5, interventions=original.interventions)
    assert replayed.stats == original.stats
    assert replayed.config == original.config
    assert replayed.interventions == original.interventions
    assert_same_state(replayed, original)


def test_what_was_done_is_recorded_in_order() -> None:
    trainer = intervene(Trainer(PENALISED))
    assert [(i.step, i.update, sorted(i.changes)) for i in trainer.interventions] == [
        (0, "d", []),
        (1, None, ["betas_d", "d_steps", "lr_g"]),
        (2, "g", []),
        (2, None, ["ema", "regularisers.0.every", "regularisers.0.weight"]),
        (4, None, ["clip", "ema"]),
        (4, None, ["g_steps", "lr_d"]),
    ]
    assert trainer.initial_config == PENALISED
    assert trainer.config.lr_g == 0.02
    marks = trainer.snapshot().header["marks"]
    assert marks[0] == {"step": 0, "label": "lone D update"}
    assert marks[1]["step"] == 1
    assert "lr_g = 0.02" in marks[1]["label"]


def test_later_interventions_wait_for_their_step() -> None:
    change = Intervention(step=2, changes={"lr_g": 0.5})
    trainer = Trainer(SMALL, interventions=[change])
    trainer.step()
    trainer.step()
    assert trainer.config.lr_g == SMALL.lr_g
    assert trainer.stats == train(SMALL, 2).stats
    trainer.step()
    assert trainer.config.lr_g == 0.5
    assert trainer.interventions == [change]


def test_a_setting_that_needs_a_restart_is_refused_and_nothing_happens() -> None:
    trainer, untouched = train(SMALL), train(SMALL)
    for changes in ({"lr_g": 0.5, "generator.width": 4}, {"lr_g": 7}, {"lr": 1}):
        with pytest.raises(ConfigError):
            trainer.retune(changes)
    assert trainer.interventions == []
    assert trainer.step() == untouched.step()


# -- keeping and going on ------------------------------------------------------------------------------------


RESUMED = VARIETY | {name: preset(name) for name in ("ring-8", "digits", "collapse", "discriminator-wins")}


@pytest.mark.parametrize("config", RESUMED.values(), ids=RESUMED)
def test_resuming_equals_never_having_stopped(config: RunConfig) -> None:
    whole, stopped = Trainer(config), train(config)
    state = stopped.state_dict()
    stopped.step()  # what is kept must not move with the run that it was taken from
    resumed = Trainer(config)
    resumed.load_state_dict(state)
    for _ in range(3):
        whole.step()
    assert resumed.stats == whole.stats
    assert_same_state(resumed, whole)
    for _ in range(3):
        assert resumed.step() == whole.step()
    assert_same_state(resumed, whole)
    for name, array in whole.snapshot().arrays.items():
        np.testing.assert_array_equal(resumed.snapshot().arrays[name], array)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_run_with_interventions_behind_and_before_it_can_be_resumed(optimizer: str) -> None:
    config = PENALISED.changed({"optimizer_g": optimizer, "optimizer_d": optimizer, "betas_d": [0.0, 0.9]})
    to_come = Intervention(step=6, changes={"lr_d": 0.02, "betas_d": [0.6, 0.9]})
    whole = intervene(Trainer(config, interventions=[to_come]))
    resumed = Trainer(config)
    resumed.load_state_dict(whole.state_dict())
    assert resumed.config == whole.config
    for _ in range(3):
        assert resumed.step() == whole.step()
    assert resumed.interventions == whole.interventions
    assert_same_state(resumed, whole)


def test_a_trainer_can_be_taken_back_to_an_earlier_state() -> None:
    trainer = train(PENALISED)
    state = trainer.state_dict()
    first = [trainer.step() for _ in range(3)]
    trainer.retune({"ema": 0, "lr_g": 0.3})
    trainer.step()
    trainer.load_state_dict(state)
    assert [trainer.step() for _ in range(3)] == first


def test_a_state_of_another_run_is_refused_with_what_differs() -> None:
    state = train(SMALL).state_dict()
    with pytest.raises(CheckpointError, match=r"of another run: generator.width, seed differ"):
        Trainer(SMALL.changed({"seed": 8, "generator.width": 11})).load_state_dict(state)


@pytest.mark.parametrize("key", ["config", "generator", "opt_d", "rngs", "history", "counters", "interventions"])
@pytest.mark.parametrize("damage", ["missing", "nonsense", "empty"])
def test_a_damaged_state_is_refused(key: str, damage: str) -> None:
    state = train(SMALL).state_dict()
    if damage == "missing":
        del state[key]
    else:
        state[key] = 7 if damage == "nonsense" else {"x": 1}
    with pytest.raises(CheckpointError):
        Trainer(SMALL).load_state_dict(state)


# -- divergence ----------------------------------------------------------------------------------------------


EXPLOSIVE = SMALL.changed({"optimizer_d": "sgd", "lr_d": 1, "regularisers": [{"name": "r1", "weight": 1000}]})


def test_a_run_that_diverges_is_flagged_and_its_history_stays_finite() -> None:
    trainer = Trainer(EXPLOSIVE)
    stats = trainer.step()
    while stats.finite and trainer.step_count < 50:
        stats = trainer.step()
    assert not stats.finite
    assert trainer.stats is stats
    assert len(trainer.history) == trainer.step_count - 1
    for curve in trainer.history.curves().values():
        assert np.isfinite(curve[np.abs(curve) < 3e38]).all()
        assert not np.isnan(curve).any()
    snapshot = trainer.snapshot()
    assert decode(encode(snapshot.header, snapshot.arrays))[0]["step"] == trainer.step_count
