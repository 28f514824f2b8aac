"""What was learned: a run of another config begins with the networks of one that there is, where they fit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import torch

from gan_core.config import Intervention, RunConfig, parse_config
from gan_core.config.presets import from_query, link_repeats_until, to_query
from gan_core.errors import CheckpointError, ConfigError
from gan_core.export.script import write_script
from gan_core.live.runner import Runner
from gan_core.storage import checkpoint
from gan_core.training import Trainer, learned

SMALL = parse_config(
    {
        "data": {"name": "ring-8"},
        "batch_size": 8,
        "generator": {"width": 8, "depth": 1},
        "discriminator": {"width": 8, "depth": 2},
        "ema": 0.9,
        "seed": 3,
    }
)
PARTS = ("generator", "discriminator", "ema")
OTHERS: dict[str, dict[str, Any]] = {
    "objective and penalty": {"objective": "wasserstein", "regularisers": [{"name": "gradient_penalty"}]},
    "batch": {"batch_size": 16},
    "optimisers": {"optimizer_g": "sgd", "optimizer_d": "rmsprop"},
    "dropout": {"discriminator.dropout": 0.3},
    "data": {"data.name": "moons"},
    "seed": {"seed": 4},
    "lookahead": {"lookahead": 3},
    "replay": {"replay": 2},
}


@pytest.fixture(scope="module")
def state() -> Mapping[str, Any]:
    """A run of `SMALL` after 20 steps."""
    return played(Trainer(SMALL), 20).state_dict()


def played(trainer: Trainer, steps: int) -> Trainer:
    for _ in range(steps):
        assert trainer.step().finite
    return trainer


def begun(state: Mapping[str, Any], config: RunConfig) -> Trainer:
    return Trainer(config, begin_with=learned(state, config))


def equal(a: Mapping[str, Any], b: Mapping[str, Any]) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def same_numbers(a: Mapping[str, Any], b: Mapping[str, Any]) -> bool:
    """As `equal`, but dropout between the layers may have moved their numbers on."""
    return len(a) == len(b) and all(map(torch.equal, a.values(), b.values()))


@pytest.mark.parametrize("changes", OTHERS.values(), ids=list(OTHERS))
def test_where_all_shapes_agree_all_networks_are_kept_and_all_else_begins_anew(
    state: Mapping[str, Any], changes: dict[str, Any]
) -> None:
    config = SMALL.changed(changes)
    trainer, fresh = begun(state, config), Trainer(config).state_dict()
    given = trainer.state_dict()
    assert all(same_numbers(given[part], state[part]) for part in PARTS)
    assert equal(given["opt_g"], fresh["opt_g"])
    assert equal(given["opt_d"], fresh["opt_d"])
    assert equal(given["rngs"], fresh["rngs"])
    assert given["counters"] == fresh["counters"]
    assert trainer.step_count == len(trainer.history) == 0
    assert trainer.config == trainer.initial_config == config
    (begin,) = trainer.interventions
    assert begin.origin is not None
    assert begin.origin.step == 20
    assert all(n == of > 0 for n, of in begin.origin.kept.values())
    played(trainer, 5)


def test_a_discriminator_of_another_width_begins_anew_where_its_shapes_differ(state: Mapping[str, Any]) -> None:
    config = SMALL.changed({"discriminator.width": 16})
    trainer, fresh = begun(state, config), Trainer(config)
    origin = trainer.interventions[0].origin
    assert origin is not None
    assert equal(trainer.generator.state_dict(), state["generator"])
    kept = {n for n, t in fresh.discriminator.state_dict().items() if t.shape == state["discriminator"][n].shape}
    assert origin.kept["discriminator"] == (len(kept), 6)
    assert len(kept) < 3
    for name, tensor in trainer.discriminator.state_dict().items():
        source = state["discriminator"] if name in kept else fresh.discriminator.state_dict()
        assert torch.equal(tensor, source[name]), name
    played(trainer, 5)


def test_of_networks_of_another_kind_nothing_is_left(state: Mapping[str, Any]) -> None:
    images = RunConfig().changed(
        {"data.name": "digits", "generator.kind": "dcgan", "discriminator.kind": "dcgan", "ema": 0}
    )
    found = learned(state, images)
    assert found.nothing == (sum(n for n, _ in found.origin.kept.values()) == 0)
    assert found.origin.kept["generator"][0] < found.origin.kept["generator"][1]
    assert "ema" not in found.origin.kept


def test_the_average_begins_as_a_copy_of_g_where_the_other_run_had_none() -> None:
    plain = played(Trainer(SMALL.changed({"ema": 0})), 5)
    trainer = begun(plain.state_dict(), SMALL.changed({"objective": "hinge"}))
    assert trainer.ema is not None
    assert equal(trainer.ema.state_dict(), plain.generator.state_dict())


def test_lookahead_goes_back_to_what_was_learned_not_to_the_weights_of_the_seed(state: Mapping[str, Any]) -> None:
    trainer = begun(state, SMALL.changed({"lookahead": 3}))
    assert trainer.game.lookahead is not None
    weights = [*trainer.game.g_weights.tensors, *trainer.game.d_weights.tensors]
    assert all(torch.equal(a, b) for a, b in zip(trainer.game.lookahead.slow, weights, strict=True))


def test_it_is_the_same_run_twice_and_the_state_stays_as_it_was(state: Mapping[str, Any]) -> None:
    config = SMALL.changed({"objective": "hinge"})
    before = {part: {n: t.clone() for n, t in state[part].items()} for part in PARTS}
    a, b = begun(state, config), begun(state, config)
    assert a.interventions == b.interventions
    assert equal(played(a, 10).state_dict()["generator"], played(b, 10).state_dict()["generator"])
    assert a.stats == b.stats
    assert all(equal(before[part], state[part]) for part in PARTS)
    other = played(Trainer(SMALL), 21).state_dict()
    assert learned(other, config).origin.weights != learned(state, config).origin.weights


@pytest.mark.parametrize("steps", [0, 7])
def test_its_file_goes_on_bit_for_bit(state: Mapping[str, Any], steps: int) -> None:
    trainer = played(begun(state, SMALL.changed({"objective": "hinge", "lookahead": 3})), steps)
    again = checkpoint.load(checkpoint.encode(trainer.state_dict()))
    assert again.interventions == trainer.interventions
    played(trainer, 10)
    played(again, 10)
    assert again.stats == trainer.stats
    assert all(equal(again.state_dict()[part], trainer.state_dict()[part]) for part in PARTS)


def test_neither_link_nor_script_nor_a_second_training_claims_to_repeat_it(state: Mapping[str, Any]) -> None:
    trainer = begun(state, SMALL.changed({"objective": "hinge"}))
    done = trainer.interventions
    assert link_repeats_until(done) == -1
    assert from_query(to_query(trainer.initial_config, "ring-8", done)) == (trainer.initial_config, "ring-8", ())
    with pytest.raises(ConfigError, match="no script"):
        write_script(trainer.initial_config, done)
    with pytest.raises(ConfigError, match="go on from its file"):
        Trainer(trainer.initial_config, interventions=done)


def test_networks_that_are_not_finite_are_not_kept(state: Mapping[str, Any]) -> None:
    broken = {**state, "discriminator": {n: t * torch.nan for n, t in state["discriminator"].items()}}
    with pytest.raises(CheckpointError, match="no longer finite"):
        learned(broken, SMALL)


# -- on a runner ---------------------------------------------------------------------------------------------


@pytest.fixture
def runner() -> Iterator[Runner]:
    made = Runner(SMALL)
    made.set_stop_at(15)
    made.play()
    assert made.wait(lambda r: r.step_count == 15 and r.state == "paused")
    yield made
    made.close()
    made.join(5)


def test_a_runner_begins_another_config_with_what_its_run_has_learned(runner: Runner) -> None:
    config = SMALL.changed({"objective": "hinge"})
    state = runner.state_now()
    assert state is not None
    assert state["counters"]["step"] == 15
    what = learned(state, config)
    runner.restart(config, begin_with=what)
    assert runner.interventions == (Intervention(step=0, origin=what.origin),)
    assert runner.wait(lambda r: r.run == 2 and r.state == "paused")
    assert runner.interventions == (Intervention(step=0, origin=what.origin),)
    trainer = runner.trainer
    assert trainer is not None
    assert equal(trainer.generator.state_dict(), state["generator"])
    runner.set_stop_at(9)
    runner.play()
    assert runner.wait(lambda r: r.step_count == 9 and r.state == "paused")
    alone = played(Trainer(config, begin_with=what), 9)
    assert equal(trainer.generator.state_dict(), alone.generator.state_dict())


def test_a_change_that_comes_right_after_begins_with_it_too_and_a_reset_forgets(runner: Runner) -> None:
    state = runner.state_now()
    assert state is not None
    runner.restart(SMALL, begin_with=learned(state, SMALL))
    runner.retune({"lr_g": 0.02})
    later = runner.state_now()
    assert later is not None
    assert equal(later["generator"], state["generator"])
    assert later["counters"]["step"] == 0
    assert runner.config.lr_g == 0.02
    runner.reset()
    fresh = runner.state_now()
    assert fresh is not None
    assert runner.interventions == ()
    assert not equal(fresh["generator"], state["generator"])


def test_a_closed_runner_has_no_state(runner: Runner) -> None:
    runner.close()
    runner.join(5)
    assert runner.state_now(timeout=0.1) is None
