"""The trainer's promises: what a step is, that equal configs give equal runs, and that looking changes nothing.

Networks are tiny here and steps few: numbers are compared bit for bit, so one step shows as much as a thousand.
"""

from __future__ import annotations

import math
import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from gan_core import view
from gan_core.config import KNOBS, PENALTY_KNOBS, Intervention, RunConfig
from gan_core.data import load
from gan_core.data.own import register
from gan_core.data.own_data import OwnImages
from gan_core.errors import CheckpointError, ConfigError
from gan_core.frame import decode, encode
from gan_core.history import StepStats
from gan_core.networks import build_discriminator, build_generator, refresh_spectral
from gan_core.objectives import OBJECTIVES
from gan_core.presets import preset
from gan_core.regularisers import REGULARISERS
from gan_core.streams import streams
from gan_core.trainer import Trainer

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


# -- what a step is ------------------------------------------------------------------------------------------


def textbook(config: RunConfig, n: int) -> list[dict[str, float]]:
    """Goodfellow's algorithm, written down plainly: separate passes, PyTorch's plain optimisers, no tricks."""
    rngs, data = streams(config.seed), load(config.data.name)
    generator, discriminator = build_generator(config, rngs), build_discriminator(config, rngs)
    objective = OBJECTIVES[config.objective]
    make: dict[str, Callable[..., torch.optim.Optimizer]] = {
        "adam": torch.optim.Adam,
        "sgd": lambda weights, lr, betas: torch.optim.SGD(weights, lr, betas[0]),
        "rmsprop": lambda weights, lr, betas: torch.optim.RMSprop(weights, lr, betas[1], momentum=betas[0]),
    }
    opt_g = make[config.optimizer_g](generator.parameters(), config.lr_g, config.betas_g)
    opt_d = make[config.optimizer_d](discriminator.parameters(), config.lr_d, config.betas_d)

    def reals() -> Tensor:
        return data.sample(config.batch_size, rngs["data"])

    def fakes() -> Tensor:
        made: Tensor = generator(view.sample_prior(config.batch_size, config, rngs["z"]))
        return made

    def norm(network: nn.Module) -> float:
        return math.sqrt(sum(float(w.grad.square().sum()) for w in network.parameters() if w.grad is not None))

    numbers: dict[str, float] = {}
    records, d_updates = [], 0
    for _ in range(n):
        for _ in range(config.d_steps):
            real, fake = reals(), fakes().detach()
            refresh_spectral(discriminator)
            real_logits, fake_logits = discriminator(real), discriminator(fake)
            loss = objective.d_loss(real_logits, fake_logits).mean()
            total = loss.clone()
            for r in config.regularisers:
                if d_updates % r.every == 0:
                    cost = REGULARISERS[r.name].penalty(discriminator, real, fake, rngs["penalty"]).mean()
                    total = total + r.weight * r.every * cost
                    numbers["penalty"] = r.weight * cost.item()
            opt_d.zero_grad()
            total.backward()
            bar = objective.threshold
            right = real_logits > (fake_logits if bar is None else bar)
            wrong = fake_logits > (real_logits if bar is None else bar)
            numbers |= {
                "d_loss": loss.item(),
                "real_logit": real_logits.mean().item(),
                "fake_logit": fake_logits.mean().item(),
                "real_prob": real_logits.sigmoid().mean().item(),
                "fake_prob": fake_logits.sigmoid().mean().item(),
                "real_accuracy": right.float().mean().item(),
                "fake_accuracy": 1 - wrong.float().mean().item(),
                "d_grad_norm": norm(discriminator),
            }
            opt_d.step()
            d_updates += 1
            with torch.no_grad():
                for weight in discriminator.parameters():
                    weight.clamp_(-(config.clip or math.inf), config.clip or math.inf)
        for _ in range(config.g_steps):
            loss = objective.g_loss(
                discriminator(reals()) if objective.g_needs_real else torch.zeros(()), discriminator(fakes())
            )
            opt_g.zero_grad()
            loss.mean().backward()
            numbers |= {"g_loss": loss.mean().item(), "g_grad_norm": norm(generator)}
            opt_g.step()
        records.append({"penalty": 0.0} | numbers)
    return records


def assert_close_to_textbook(config: RunConfig, n: int = 4) -> None:
    trainer = Trainer(config)
    for expected in textbook(config, n):
        found = asdict(trainer.step())
        del found["step"]
        assert found == pytest.approx(expected, rel=2e-3, abs=2e-5)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_a_step_is_the_textbooks(objective: str) -> None:
    # Plain SGD: Adam would blow up the rounding of gradients that are zero, such as a relativistic D's last bias.
    sgd = {"optimizer_g": "sgd", "optimizer_d": "sgd", "lr_g": 0.05, "lr_d": 0.05}
    assert_close_to_textbook(SMALL.changed(sgd | {"objective": objective, "d_steps": 2, "g_steps": 2}))


@pytest.mark.parametrize("name", REGULARISERS)
@pytest.mark.parametrize("every", [1, 3])
def test_a_penalised_step_is_the_textbooks(name: str, every: int) -> None:
    assert_close_to_textbook(SMALL.changed({"regularisers": [{"name": name, "weight": 0.7, "every": every}]}))


@pytest.mark.parametrize("optimizer", ["adam", "sgd", "rmsprop"])
@pytest.mark.parametrize("betas", [[0.0, 0.9], [0.5, 0.99]])
def test_an_optimiser_is_the_textbooks(optimizer: str, betas: list[float]) -> None:
    changes = {"optimizer_g": optimizer, "optimizer_d": optimizer, "betas_g": betas, "betas_d": betas}
    assert_close_to_textbook(SMALL.changed(changes | {"lr_g": 0.003, "lr_d": 0.002}))


@pytest.mark.parametrize("name", ["clipped", "batch norm", "spectral"])
def test_a_step_with_more_to_it_is_the_textbooks(name: str) -> None:
    # Batch norm and clipping together would need a list of what is clipped: that has a test of its own.
    assert_close_to_textbook(VARIETY[name])


def test_images_are_trained_as_in_the_textbook() -> None:
    assert_close_to_textbook(PENALISED.changed({"data.name": "digits"}))


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("regulariser", ["none", *REGULARISERS])
def test_every_objective_trains_with_every_regulariser(objective: str, regulariser: str) -> None:
    penalties = [] if regulariser == "none" else [{"name": regulariser}]
    trainer = Trainer(SMALL.changed({"objective": objective, "regularisers": penalties}))
    for number in (1, 2, 3):
        stats = trainer.step()
        assert stats.step == number
        assert all(math.isfinite(value) for value in stats.values)
        assert (stats.penalty > 0) == bool(penalties)
    assert len(trainer.history) == 3


@every_variety
def test_a_step_is_d_updates_and_then_g_updates_bit_for_bit(config: RunConfig) -> None:
    whole, parts = Trainer(config), Trainer(config)
    whole.step()
    for _ in range(config.d_steps):
        parts.step_d()
    for _ in range(config.g_steps):
        last = parts.step_g()
    for network in ("generator", "discriminator", "ema"):
        assert_equal(weights(getattr(whole, network)), weights(getattr(parts, network)))
    assert whole.stats is not None
    assert replace(whole.stats, step=0) == last


def test_only_a_whole_step_advances_the_step_number_and_the_history() -> None:
    trainer = Trainer(SMALL)
    assert trainer.step_d().step == trainer.step_g().step == trainer.step_count == len(trainer.history) == 0
    assert trainer.step().step == trainer.step_count == len(trainer.history) == 1


def test_a_step_can_be_watched_half_by_half() -> None:
    whole, halves = Trainer(SMALL), Trainer(SMALL)
    whole.step()
    before = weights(halves.generator)
    seen = [(half, all(map(torch.equal, before, weights(halves.generator)))) for half in halves.halves()]
    assert seen == [("d", True), ("g", False)]
    assert_same_state(whole, halves)


@every_variety
def test_each_player_is_held_fixed_while_the_other_moves(config: RunConfig) -> None:
    trainer = train(config, 1)

    def moved(update: Callable[[], StepStats]) -> tuple[bool, bool]:
        networks = trainer.generator, trainer.discriminator
        before = [[p.detach().clone() for p in network.parameters()] for network in networks]
        update()
        g, d = (
            not all(map(torch.equal, old, network.parameters())) for old, network in zip(before, networks, strict=True)
        )
        return g, d

    assert moved(trainer.step_d) == (False, True)
    assert moved(trainer.step_g) == (True, False)


def test_before_the_first_update_of_a_player_its_numbers_are_unknown() -> None:
    stats = Trainer(SMALL).step_d()
    assert math.isfinite(stats.d_loss + stats.real_logit + stats.d_grad_norm)
    assert math.isnan(stats.g_loss)
    assert math.isnan(stats.g_grad_norm)


# -- penalties and clipping ----------------------------------------------------------------------------------


def test_a_lazy_penalty_is_computed_at_every_kth_update_with_k_times_the_weight(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls = []

    def count(critic: Callable[[Tensor], Tensor], real: Tensor, fake: Tensor, rng: torch.Generator) -> Tensor:
        calls.append(lazy.step_count)
        return critic(real).square()

    monkeypatch.setitem(REGULARISERS, "r1", replace(REGULARISERS["r1"], penalty=count))
    base = SMALL.changed({"optimizer_d": "sgd"})  # Adam's first step is of one length, whatever the gradient's
    lazy = Trainer(base.changed({"regularisers": [{"name": "r1", "weight": 0.5, "every": 4}]}))
    eager = Trainer(base.changed({"regularisers": [{"name": "r1", "weight": 2}]}))
    plain = Trainer(base)
    for trainer in (lazy, eager, plain):
        trainer.step_d()
    assert_equal(weights(lazy.discriminator), weights(eager.discriminator))
    assert not torch.equal(weights(lazy.discriminator)[0], weights(plain.discriminator)[0])
    calls.clear()
    for _ in range(9):
        lazy.step()
    assert calls == [3, 7]  # updates 4 and 8, after update 0 above


def test_the_shown_penalty_is_what_it_costs_on_average() -> None:
    config = SMALL.changed({"regularisers": [{"name": "r2", "weight": 3, "every": 2}]})
    trainer = Trainer(config)
    rngs = streams(config.seed)
    generator, discriminator = build_generator(config, rngs), build_discriminator(config, rngs)
    real = load("ring-8").sample(8, rngs["data"])
    fake = generator(view.sample_prior(8, config, rngs["z"]))
    expected = 3 * REGULARISERS["r2"].penalty(discriminator, real, fake, rngs["penalty"]).mean().item()
    assert trainer.step_d().penalty == pytest.approx(expected)
    assert trainer.step_d().penalty == pytest.approx(expected)  # not due: the last one is shown


def test_a_penalty_of_weight_0_is_none() -> None:
    with_it = train(SMALL.changed({"regularisers": [{"name": "gradient_penalty", "weight": 0}]}))
    assert with_it.stats == train(SMALL).stats


def test_a_penalty_that_is_switched_off_is_no_longer_shown() -> None:
    trainer = Trainer(SMALL.changed({"regularisers": [{"name": "r1"}]}))
    assert trainer.step().penalty > 0
    trainer.retune({"regularisers.0.weight": 0})
    assert trainer.step().penalty == 0


def test_a_penalty_does_not_shift_the_noise_or_the_data_of_a_compared_run() -> None:
    first, other = train(SMALL), train(SMALL.changed({"regularisers": [{"name": "gradient_penalty"}]}))
    for purpose in ("data", "z", "dropout"):
        assert torch.equal(first.state_dict()["rngs"][purpose], other.state_dict()["rngs"][purpose])


def test_clipping_bounds_what_d_has_learned_after_the_update() -> None:
    trainer = train(SMALL.changed({"clip": 0.01, "lr_d": 0.5}))
    assert all(weight.abs().max() <= 0.01 for weight in trainer.discriminator.parameters())
    assert any(weight.abs().max() > 0.01 for weight in trainer.generator.parameters())


def test_clipping_leaves_batch_norm_alone() -> None:
    trainer = train(SMALL.changed({"clip": 0.01, "discriminator.norm": "batch", "lr_d": 1e-4}))
    for module in trainer.discriminator.modules():
        for weight in module.parameters(recurse=False):
            largest = weight.detach().abs().max().item()
            name = type(module).__name__
            if name != "BatchNorm1d":
                assert largest <= 0.01, name
            elif weight is module.weight:
                assert largest > 0.9


# -- the averaged generator ----------------------------------------------------------------------------------


def test_the_average_has_a_ramp() -> None:
    trainer = Trainer(SMALL.changed({"ema": 0.7, "g_steps": 2}))
    assert trainer.ema is not None
    expected = [w.clone() for w in trainer.generator.parameters()]
    for update in range(1, 60):
        trainer.step_g()
        beta = min(0.7, 1 - 10 / (update + 10))
        expected = [
            beta * a + (1 - beta) * w.detach() for a, w in zip(expected, trainer.generator.parameters(), strict=True)
        ]
    for average, wanted in zip(trainer.ema.parameters(), expected, strict=True):
        torch.testing.assert_close(average, wanted, check_stride=False)
        assert not average.requires_grad


def test_the_average_follows_soon_after_the_start() -> None:
    # With a constant β of 0.9999 the shown generator would be the untrained one for thousands of steps.
    trainer = Trainer(SMALL.changed({"ema": 0.9999, "lr_g": 0.01}))
    start = [w.detach().clone() for w in trainer.generator.parameters()]
    for _ in range(60):
        trainer.step()
    assert trainer.ema is not None
    way = [
        (a - s).norm() / (w - s).norm()
        for a, s, w in zip(trainer.ema.parameters(), start, trainer.generator.parameters(), strict=True)
    ]
    assert min(way) > 0.5


def test_the_average_takes_over_the_statistics_of_batch_norm() -> None:
    trainer = train(SMALL.changed({"generator.norm": "batch", "ema": 0.9}), 5)
    assert trainer.ema is not None
    buffers = dict(trainer.generator.named_buffers())
    assert any("running_mean" in name for name in buffers)
    for name, buffer in trainer.ema.named_buffers():
        assert_equal(buffer, buffers[name])
        assert buffer.data_ptr() != buffers[name].data_ptr()


def test_an_average_without_memory_is_the_generator_in_eval_mode(rng: torch.Generator) -> None:
    # The first update's β is 1/11, so set the memory to almost nothing instead of off.
    trainer = train(SMALL.changed({"generator.norm": "batch", "ema": 1e-9}), 5)
    assert trainer.ema is not None
    assert not trainer.ema.training
    z = torch.randn(6, 3, generator=rng)
    torch.testing.assert_close(trainer.ema(z), trainer.generator.eval()(z))


def test_the_average_has_no_say_in_the_training() -> None:
    assert train(SMALL.changed({"ema": 0})).stats == train(SMALL.changed({"ema": 0.99})).stats
    assert Trainer(SMALL.changed({"ema": 0})).ema is None


def test_averaging_can_be_switched_off_and_on_again_during_a_run() -> None:
    trainer = train(SMALL.changed({"lr_g": 0.1}))
    trainer.retune({"ema": 0})
    assert trainer.ema is None
    assert trainer.snapshot("ema").header["generator"] == "raw"
    trainer.step()
    trainer.retune({"ema": 0.5})
    assert trainer.ema is not None
    assert_equal(weights(trainer.ema), weights(trainer.generator))  # it begins where G is now
    trainer.step()
    assert trainer.snapshot("ema").header["generator"] == "ema"
    assert not torch.equal(weights(trainer.ema)[0], weights(trainer.generator)[0])


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
    objective = OBJECTIVES[config.objective]
    assert header["stats"]["value"] == (-stats.d_loss if objective.probability else None)
    assert header["optimum"]["d_loss"] == objective.d_optimum
    assert header["meaning"] == ("probability" if objective.probability else "critic")
    assert ("real_prob" in snapshot.arrays) == ("fake_prob" in snapshot.arrays) == objective.probability
    assert header["g_weights"] + header["d_weights"] >= config.n_parameters
    for key in ("objective", "latent_dim", "prior", "d_steps", "g_steps", "batch_size"):
        assert header[key] == getattr(config, key)
    assert header["data"] == config.data.name
    assert header["kind"] == ("images" if config.data.name == "digits" else "plane")
    found, arrays = decode(encode(header, snapshot.arrays))
    assert found["step"] == 3
    assert arrays.keys() == snapshot.arrays.keys()


def test_an_untrained_gan_can_be_looked_at() -> None:
    snapshot = Trainer(SMALL).snapshot()
    assert snapshot.step == 0
    assert len(snapshot.arrays["curve_step"]) == 0
    assert decode(encode(snapshot.header, snapshot.arrays))[0]["stats"]["d_loss"] is None


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


@pytest.mark.parametrize("optimizer", ["adam", "sgd", "rmsprop"])
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


@pytest.mark.parametrize("optimizer", ["adam", "sgd", "rmsprop"])
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


# -- no knob is dead -----------------------------------------------------------------------------------------

OWN, OTHER = (
    register(OwnImages(np.random.default_rng(seed).integers(0, 256, (30, 8, 8, 3), np.uint8))) for seed in (0, 1)
)
OWN_DATA = {"data.name": "own-images", "data.hash": OWN, "data.size": 8}

# What each setting is changed to, and what else must be set for it to have a say.
KNOB_CHANGES: dict[str, tuple[Any, dict[str, Any]]] = {
    "data.name": ("moons", {}),
    "data.hash": (OTHER, OWN_DATA),
    "data.size": (9, OWN_DATA),
    "data.colour": (True, OWN_DATA),
    "data.flip": (True, {"data.name": "digits"}),
    "objective": ("least_squares", {}),
    "regularisers": ([{"name": "r1"}], {}),
    "regularisers.0.name": ("r1", {"regularisers": [{"name": "r2"}]}),
    "regularisers.0.weight": (0.2, {"regularisers": [{"name": "r2"}]}),
    "regularisers.0.every": (2, {"regularisers": [{"name": "r2"}]}),
    "d_steps": (2, {}),
    "g_steps": (2, {}),
    "clip": (0.05, {}),
    "batch_size": (9, {}),
    "generator.kind": ("article", {}),
    "generator.width": (4, {}),
    "generator.depth": (2, {}),
    "generator.activation": ("tanh", {}),
    "generator.norm": ("batch", {}),
    "discriminator.kind": ("article", {}),
    "discriminator.width": (4, {}),
    "discriminator.depth": (1, {}),
    "discriminator.activation": ("silu", {}),
    "discriminator.norm": ("batch", {}),
    "discriminator.dropout": (0.2, {}),
    "discriminator.spectral_norm": (True, {}),
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
    seen = [(t.stats, t.snapshot().arrays["fake"].tobytes()) for t in (trainer, untouched)]
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
        "objective": st.sampled_from(list(OBJECTIVES)),
        "regularisers": penalties,
        "d_steps": st.integers(1, 3),
        "g_steps": st.integers(1, 3),
        "clip": st.just(0.0) | st.floats(0, 10),
        "batch_size": st.integers(2, 12),
        "generator": st.fixed_dictionaries(small_networks),
        "discriminator": st.fixed_dictionaries(
            small_networks | {"dropout": st.just(0.0) | st.floats(0, 0.9), "spectral_norm": st.booleans()}
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
    if tree["discriminator"]["norm"] == "batch":
        tree["regularisers"] = []
    if tree["data"]["name"] != "digits":
        tree |= {"conditional": False, "augment": []}
        tree["generator"]["kind"] = tree["discriminator"]["kind"] = "mlp"
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
