"""Every setting has a say, and any config that is allowed trains."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from gan_core.config import KNOBS, PENALTY_KNOBS, RunConfig
from gan_core.data import CONDITIONS, load
from gan_core.data.own import register
from gan_core.data.own_data import OwnImages
from gan_core.game.objectives import OBJECTIVES
from gan_core.game.regularisers import REGULARISERS
from gan_core.game.streams import RARE_PURPOSES
from gan_core.record.frame import encode
from gan_core.record.history import StepStats
from gan_core.training import Trainer
from tests.core.own_sets import words
from tests.core.trainers import (
    SMALL,
    every_variety,
    train,
)

# -- no knob is dead -----------------------------------------------------------------------------------------

SETS = tuple(OwnImages(np.random.default_rng(seed).integers(0, 256, (30, 8, 8, 3), np.uint8)) for seed in (0, 1))
OWN, OTHER = (data.hash for data in SETS)
OWN_DATA = {"data.name": "own-images", "data.hash": OWN, "data.size": 8}
CLASSED = OwnImages(np.full((4, 8, 8, 1), 9, np.uint8), labels=np.arange(4) % 2, classes=("a", "b"))
IN_CLASSES = CLASSED.hash
TEXT = words()
OWN_TEXT = {"data.name": "own-words", "data.hash": TEXT.hash}


@pytest.fixture(autouse=True)
def own_sets() -> None:
    """Make the sets known anew: those of other tests push them out."""
    for data in (*SETS, CLASSED, TEXT):
        register(data)


NOISY = {"data.name": "digits", "data.condition": "noisy", "reconstruction": 1.0}

# What each setting is changed to, and what else must be set for it to have a say.
KNOB_CHANGES: dict[str, tuple[Any, dict[str, Any]]] = {
    "data.name": ("moons", {}),
    "data.hash": (OTHER, OWN_DATA),
    "data.size": (9, OWN_DATA),
    "data.colour": (True, OWN_DATA),
    "data.flip": (True, {"data.name": "digits"}),
    "data.classes": (3, OWN_DATA | {"data.hash": IN_CLASSES, "data.classes": 2, "conditional": True}),
    "data.condition": ("noisy", {"data.name": "digits"}),
    "data.noise": (0.3, NOISY),
    "adversarial": (0.5, NOISY),
    "reconstruction": (3.0, NOISY),
    "reconstruction_z": (2, NOISY),
    "z_reward": (1.0, NOISY | {"reconstruction_z": 2}),
    "data.held_out": (0.5, OWN_DATA),
    "data.length": (9, OWN_TEXT),
    "data.letters": (28, OWN_TEXT),
    "data.balanced": (True, {"data.name": "digits"}),
    "objective": ("least_squares", {}),
    "regularisers": ([{"name": "r1"}], {}),
    "regularisers.0.name": ("r1", {"regularisers": [{"name": "r2"}]}),
    "regularisers.0.weight": (0.2, {"regularisers": [{"name": "r2"}]}),
    "regularisers.0.every": (2, {"regularisers": [{"name": "r2"}]}),
    "d_steps": (2, {}),
    "g_steps": (2, {}),
    "clip": (0.05, {}),
    "label_smoothing": (0.1, {}),
    "feature_matching": (True, {}),
    "unroll": (1, {}),
    "replay": (1, {}),
    "instance_noise": (0.1, {}),
    "instance_noise_steps": (7, {"instance_noise": 0.3}),
    "lookahead": (2, {}),
    "packing": (2, {}),
    "batch_size": (9, {}),
    "generator.kind": ("article", {}),
    "generator.width": (4, {}),
    "generator.depth": (2, {}),
    "generator.activation": ("tanh", {}),
    "generator.norm": ("batch", {}),
    "generator.letters": ("straight-through", {"data.name": "expressions"}),
    "generator.temperature": (0.5, {"data.name": "expressions"}),
    "generator.z_gain": (0.5, {"data.name": "digits", "data.condition": "half-size", "generator.kind": "residual"}),
    "generator.upsampling": ("resize", {"data.name": "digits", "generator.kind": "dcgan"}),
    "discriminator.kind": ("article", {}),
    "discriminator.width": (4, {}),
    "discriminator.depth": (1, {}),
    "discriminator.activation": ("silu", {}),
    "discriminator.norm": ("batch", {}),
    "discriminator.dropout": (0.2, {}),
    "discriminator.spectral_norm": (True, {}),
    "discriminator.minibatch": ("std", {}),
    "discriminator.logit_gain": (2.0, {}),
    "discriminator.phase_shuffle": (1, {"data.name": "notes", "discriminator.kind": "wavegan"}),
    "latent_dim": (4, {}),
    "prior": ("uniform", {}),
    "ema": (0.2, {}),
    "lr_g": (2e-3, {}),
    "lr_d": (2e-3, {}),
    "optimizer_g": ("rmsprop", {}),
    "optimizer_d": ("sgd", {}),
    "betas_g": ([0.4, 0.999], {}),
    "betas_d": ([0.5, 0.9], {}),
    "seed": (1, {}),
    "conditional": (True, {"data.name": "digits"}),
    "augment": (["colour"], {"data.name": "digits"}),
}


@pytest.mark.parametrize("purpose", [purpose for purpose in RARE_PURPOSES if purpose in KNOBS])
def test_a_method_with_chance_of_its_own_shifts_no_other(purpose: str) -> None:
    first, other = train(SMALL), train(SMALL.changed({purpose: 1}))
    mine, theirs = first.state_dict()["rngs"], other.state_dict()["rngs"]
    assert set(theirs) - set(mine) == {purpose}
    assert all(torch.equal(mine[name], theirs[name]) for name in mine)


def test_a_condition_has_chance_of_its_own() -> None:
    made = [train(SMALL.changed({"data.name": "digits", "data.condition": c})) for c in ("half-size", "noisy")]
    still, moved = (trainer.state_dict()["rngs"] for trainer in made)
    assert "condition" not in train(SMALL).state_dict()["rngs"]
    assert [name for name in still if not torch.equal(still[name], moved[name])] == ["shown", "condition"]


def what_is_seen(config: RunConfig) -> tuple[StepStats | None, bytes]:
    trainer = train(config, 4)
    return trainer.stats, trainer.snapshot().arrays["fake_logits"].tobytes()


def test_the_list_of_changes_covers_every_setting() -> None:
    assert set(KNOB_CHANGES) == {*KNOBS, *(f"regularisers.0.{name}" for name in PENALTY_KNOBS)}


@pytest.mark.parametrize("path", KNOB_CHANGES)
def test_no_knob_is_dead(path: str) -> None:
    value, needed = KNOB_CHANGES[path]
    base = SMALL.changed(needed)
    changed = base.changed({path: value})
    assert changed != base
    assert what_is_seen(changed) != what_is_seen(base)


@pytest.mark.parametrize("path", [path for path, knob in (KNOBS | PENALTY_KNOBS).items() if knob.live])
def test_no_live_knob_is_dead_during_a_run(path: str) -> None:
    path = path if path in KNOBS else f"regularisers.0.{path}"
    value, needed = KNOB_CHANGES[path]
    trainer, untouched = (train(SMALL.changed(needed), 2) for _ in range(2))
    trainer.retune({path: value})
    for _ in range(15):  # the ramp of the average reaches 0.2 after two or three updates
        trainer.step()
        untouched.step()
    seen = [(t.stats, t.snapshot().arrays["fake_logits"].tobytes()) for t in (trainer, untouched)]
    assert seen[0] != seen[1]


@pytest.mark.parametrize("optimizer", ["sgd", "rmsprop"])
@pytest.mark.parametrize("player", ["g", "d"])
def test_the_first_beta_is_the_momentum_of_other_optimisers(optimizer: str, player: str) -> None:
    base = SMALL.changed({f"optimizer_{player}": optimizer, f"betas_{player}": [0.0, 0.9]})
    assert what_is_seen(base.changed({f"betas_{player}.0": 0.5})) != what_is_seen(base)
    trainer, untouched = train(base, 2), train(base, 2)
    trainer.retune({f"betas_{player}.0": 0.5})
    for _ in range(3):
        trainer.step()
        untouched.step()
    assert trainer.stats != untouched.stats


def test_a_config_that_allows_anything_trains_what_it_names() -> None:
    trainer = Trainer(SMALL)
    assert trainer.data is load("ring-8")
    assert isinstance(trainer.generator, nn.Module)
    assert trainer.discriminator(trainer.generator(torch.zeros(5, 3))).shape == (5,)


# -- any valid config ----------------------------------------------------------------------------------------

small_networks = {
    "kind": st.sampled_from(["mlp", "dcgan"]),
    "width": st.integers(1, 12),
    "depth": st.integers(0, 3),
    "activation": st.sampled_from(KNOBS["generator.activation"].choices),
    "norm": st.sampled_from(KNOBS["generator.norm"].choices),
}
rates = st.floats(-7, 0).map(lambda exponent: 10**exponent)
beta = st.floats(0, 1, exclude_max=True)
betas = st.tuples(beta, beta)
penalties = st.lists(
    st.fixed_dictionaries(
        {
            "name": st.sampled_from(list(REGULARISERS)),
            "weight": st.just(0.0) | st.floats(-6, 3).map(lambda exponent: 10**exponent),
            "every": st.integers(1, 4),
        }
    ),
    max_size=2,
    unique_by=lambda penalty: penalty["name"],
)
trees = st.fixed_dictionaries(
    {
        "data": st.fixed_dictionaries({"name": st.sampled_from(KNOBS["data.name"].choices[:8]) | st.just("digits")}),
        "conditional": st.booleans(),
        "augment": st.lists(st.sampled_from(KNOBS["augment"].choices), unique=True),
        "condition": st.sampled_from(["none", "none", *CONDITIONS]),
        "adversarial": st.sampled_from([0.0, 1.0, 1.0]),
        "reconstruction": st.sampled_from([0.0, 1.0, 100.0]),
        "reconstruction_z": st.integers(1, 3),
        "z_reward": st.sampled_from([0.0, 1.0]),
        "objective": st.sampled_from(list(OBJECTIVES)),
        "regularisers": penalties,
        "d_steps": st.integers(1, 3),
        "g_steps": st.integers(1, 3),
        "clip": st.just(0.0) | st.floats(0, 10),
        "packing": st.sampled_from([1, 1, 2]),
        "replay": st.sampled_from([0, 0, 2]),
        "lookahead": st.sampled_from([0, 0, 1, 2]),
        "instance_noise": st.just(0.0) | st.floats(0, 2),
        "feature_matching": st.sampled_from([False, False, True]),
        "unroll": st.sampled_from([0, 0, 0, 2]),
        "batch_size": st.integers(2, 12),
        "generator": st.fixed_dictionaries(small_networks),
        "discriminator": st.fixed_dictionaries(
            small_networks
            | {"dropout": st.just(0.0) | st.floats(0, 0.9), "spectral_norm": st.booleans()}
            | {"minibatch": st.sampled_from(["none", "none", *KNOBS["discriminator.minibatch"].choices])}
        ),
        "latent_dim": st.integers(1, 6),
        "prior": st.sampled_from(KNOBS["prior"].choices),
        "ema": st.just(0.0) | st.floats(0, 0.9999),
        "lr_g": rates,
        "lr_d": rates,
        "optimizer_g": st.sampled_from(KNOBS["optimizer_g"].choices),
        "optimizer_d": st.sampled_from(KNOBS["optimizer_d"].choices),
        "betas_g": betas,
        "betas_d": betas,
        "seed": st.integers(0, 2**31 - 1),
    }
)


@pytest.mark.slow
@settings(max_examples=80)
@given(trees)
def test_any_valid_config_trains_three_steps_that_are_finite_or_flagged(tree: dict[str, Any]) -> None:
    if tree["discriminator"]["norm"] == "batch" or tree["discriminator"]["minibatch"] != "none":
        tree["regularisers"] = []
    if tree["discriminator"]["norm"] == "batch":
        tree["feature_matching"] = False
    if tree["unroll"]:
        tree |= {"regularisers": [], "clip": 0.0, "feature_matching": False}
        tree["discriminator"]["minibatch"] = "none"
    if tree["data"]["name"] != "digits":
        tree |= {"conditional": False, "augment": []}
        tree["generator"]["kind"] = tree["discriminator"]["kind"] = "mlp"
    if tree["conditional"]:
        tree |= {"packing": 1, "replay": 0}
    condition = tree.pop("condition")
    if condition != "none" and tree["data"]["name"] == "digits":
        tree |= {"conditional": False, "augment": [], "packing": 1, "replay": 0}
        tree["reconstruction"] = tree["reconstruction"] or (1.0 if not tree["adversarial"] else 0.0)
        tree["generator"]["kind"] = "mlp" if tree["generator"]["kind"] == "mlp" else "residual"
        tree["data"] = {"name": "digits", "condition": condition}
    trainer = Trainer(RunConfig.model_validate(tree))
    for _ in range(3):
        stats = trainer.step()
        snapshot = trainer.snapshot()
        encode(snapshot.header, snapshot.arrays)
        if not stats.finite:
            break
        assert all(math.isfinite(value) for value in stats.values)
    assert len(trainer.history) == trainer.step_count - (not stats.finite)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
@every_variety
def test_a_gpu_trains_the_same_game(config: RunConfig) -> None:
    trainer = train(config, device="cuda")
    assert next(trainer.generator.parameters()).is_cuda
    again = train(config, device="cuda")
    assert trainer.stats == again.stats
    on_cpu = train(config, 1).stats
    assert on_cpu is not None
    assert train(config, 1, device="cuda").stats == pytest.approx(on_cpu, rel=1e-2, abs=1e-3)
    assert trainer.snapshot().arrays["fake_logits"].shape
    resumed = Trainer(config, device="cuda")
    resumed.load_state_dict(trainer.state_dict())
    assert resumed.step() == trainer.step()
