"""The trainer's promises: what a step is, what penalties and clipping do to it, and the averaged generator."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, replace

import pytest
import torch
from torch import Tensor, nn

from gan_core.config import RunConfig
from gan_core.data import load
from gan_core.game import sampling
from gan_core.game.networks import build_discriminator, build_generator, refresh_spectral
from gan_core.game.objectives import OBJECTIVES
from gan_core.game.regularisers import REGULARISERS
from gan_core.game.streams import streams
from gan_core.record.history import StepStats
from gan_core.training import Trainer
from tests.core.trainers import (
    PENALISED,
    SMALL,
    VARIETY,
    assert_equal,
    assert_same_state,
    every_variety,
    train,
    weights,
)

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

    n_samples = config.batch_size * config.packing

    def packed(x: Tensor) -> Tensor:
        return x.view(config.batch_size, config.packing * x.shape[1], *x.shape[2:])

    def reals() -> Tensor:
        return packed(data.sample(n_samples, rngs["data"]))

    def fakes() -> Tensor:
        made: Tensor = generator(sampling.sample_prior(n_samples, config, rngs["z"]))
        return packed(made)

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


@pytest.mark.parametrize("name", ["clipped", "batch norm", "spectral", "packed"])
def test_a_step_with_more_to_it_is_the_textbooks(name: str) -> None:
    # Batch norm and clipping together would need a list of what is clipped: that has a test of its own.
    assert_close_to_textbook(VARIETY[name])


def test_images_are_trained_as_in_the_textbook() -> None:
    assert_close_to_textbook(PENALISED.changed({"data.name": "digits"}))


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("regulariser", ["none", *REGULARISERS])
def test_every_objective_trains_with_every_regulariser(objective: str, regulariser: str) -> None:
    penalties = [] if regulariser == "none" else [{"name": regulariser}]
    steep = {"discriminator.logit_gain": 30}  # a flat D pays no one-sided penalty
    trainer = Trainer(SMALL.changed({"objective": objective, "regularisers": penalties} | steep))
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
    fake = generator(sampling.sample_prior(8, config, rngs["z"]))
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
