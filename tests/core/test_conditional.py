"""Conditional GANs: both players know the class, the objective stays, and without labels nothing changes."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from gan_core.config import RunConfig
from gan_core.data import Images, load
from gan_core.errors import DataError
from gan_core.game import sampling
from gan_core.game.augment import augment
from gan_core.game.networks import build_discriminator, build_generator, refresh_spectral
from gan_core.game.objectives import OBJECTIVES
from gan_core.game.regularisers import REGULARISERS
from gan_core.game.streams import stream, streams
from gan_core.training import Trainer
from gan_core.training import observe as view

SMALL = RunConfig().changed(
    {"data.name": "digits", "conditional": True, "batch_size": 6, "latent_dim": 3, "ema": 0.9}
    | {"generator.width": 16, "generator.depth": 1, "discriminator.width": 16, "discriminator.depth": 1}
)
KINDS: dict[str, dict[str, Any]] = {
    "mlp": {},
    "spectral mlp": {"discriminator.spectral_norm": True},
    "article": {"generator.kind": "article", "discriminator.kind": "article"},
    "dcgan": {"generator.kind": "dcgan", "discriminator.kind": "dcgan"},
    "spectral dcgan": {
        "generator.kind": "dcgan",
        "discriminator.kind": "dcgan",
        "discriminator.spectral_norm": True,
    },
    "batch norm": {"generator.norm": "batch", "discriminator.norm": "batch"},
}
every_kind = pytest.mark.parametrize("config", [SMALL.changed(c) for c in KINDS.values()], ids=KINDS)


def players(config: RunConfig) -> tuple[nn.Module, nn.Module]:
    rngs = streams(config.seed)
    return build_generator(config, rngs), build_discriminator(config, rngs)


def digits() -> Images:
    data = load("digits")
    assert isinstance(data, Images)
    return data


# -- data ----------------------------------------------------------------------------------------------------


def test_labelled_images_are_those_that_would_be_drawn_without_labels() -> None:
    data = digits()
    plain = data.sample(50, torch.Generator().manual_seed(4))
    images, labels = data.sample_labelled(50, torch.Generator().manual_seed(4))
    assert torch.equal(images, plain)
    assert data.labels is not None
    for image, label in zip(images, labels, strict=True):
        places = (data.train == image).flatten(1).all(1).nonzero()
        assert label in data.labels[places]


def test_data_that_lie_here_without_labels_are_refused() -> None:
    bare = dataclasses.replace(digits(), labels=None)
    with pytest.raises(DataError, match="digits lies on this machine without labels"):
        view.fix(SMALL, bare, stream(0, "shown"))
    assert view.fix(SMALL.changed({"conditional": False}), bare, stream(0, "shown")).labels is None


# -- networks ------------------------------------------------------------------------------------------------


@every_kind
def test_the_label_changes_what_g_makes_and_what_d_says(config: RunConfig, rng: torch.Generator) -> None:
    generator, discriminator = (network.eval() for network in players(config))
    z = torch.randn(1, 3, generator=rng).expand(10, -1)
    made = generator(z, torch.arange(10))
    assert made.shape == (10, 1, 8, 8)
    logits = discriminator(made[:1].expand(10, -1, -1, -1), torch.arange(10))
    assert logits.shape == (10,)
    for outputs in (made, logits):
        assert len({output.detach().numpy().tobytes() for output in outputs}) == 10


@every_kind
def test_each_player_learns_by_its_labels(config: RunConfig, rng: torch.Generator) -> None:
    generator, discriminator = players(config)
    labels = torch.tensor([0, 3, 3, 9, 1, 2])
    loss = discriminator(generator(torch.randn(6, 3, generator=rng), labels), labels).square().sum()
    for network in (generator, discriminator):
        gradients = torch.autograd.grad(loss, list(network.parameters()), retain_graph=True)
        assert all(torch.isfinite(gradient).all() for gradient in gradients)
    # What belongs to a class that was not asked for gets no gradient; what belongs to the others does.
    first = next(generator.parameters())
    (gradient,) = torch.autograd.grad(loss, first)
    by_class = gradient[:, -10:].abs().sum(0)
    assert (by_class > 0).tolist() == [n in labels for n in range(10)]


def test_one_label_does_not_touch_another_samples_logit(rng: torch.Generator) -> None:
    _, discriminator = players(SMALL)
    images = torch.randn(3, 1, 8, 8, generator=rng)
    first, second = (discriminator(images, torch.tensor([1, 2, last])) for last in (3, 4))
    torch.testing.assert_close(first[:2], second[:2])
    assert first[2] != second[2]


# -- training ------------------------------------------------------------------------------------------------


def textbook_step(config: RunConfig) -> dict[str, float]:
    """One step, written down plainly: labels of the real batch go to both players, with each sample."""
    rngs, data, objective = streams(config.seed), digits(), OBJECTIVES[config.objective]
    generator, discriminator = build_generator(config, rngs), build_discriminator(config, rngs)
    refresh_spectral(discriminator)
    opt_d = torch.optim.SGD(discriminator.parameters(), config.lr_d, 0.5)

    def noise() -> Tensor:
        return sampling.sample_prior(config.batch_size, config, rngs["z"])

    def changed(images: Tensor) -> Tensor:
        return augment(images, config.augment, rngs["augment"])

    real, labels = data.sample_labelled(config.batch_size, rngs["data"])
    fake = generator(noise(), labels).detach()
    real, fake = changed(real), changed(fake)
    real_logits, fake_logits = discriminator(real, labels), discriminator(fake, labels)
    d_loss = objective.d_loss(real_logits, fake_logits).mean()
    penalty = torch.zeros(())
    for r in config.regularisers:
        # One sample at a time, with its own label.
        costs = []
        mix = torch.rand(config.batch_size, generator=rngs["penalty"])
        for i, (x, y, label) in enumerate(zip(real, fake, labels, strict=True)):

            def critic(images: Tensor, label: Tensor = label) -> Tensor:
                out: Tensor = discriminator(images, label.expand(len(images)))
                return out

            if r.name == "gradient_penalty":
                between = torch.lerp(y, x, mix[i])[None].requires_grad_(True)
                (slope,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
                costs.append((slope.norm() - 1).square())
            else:
                costs.append(REGULARISERS[r.name].penalty(critic, x[None], y[None], rngs["dropout"]).mean())
        penalty = penalty + r.weight * torch.stack(costs).mean()
    (d_loss + penalty).backward()
    opt_d.step()
    real, labels = data.sample_labelled(config.batch_size, rngs["data"])
    fake_logits = discriminator(changed(generator(noise(), labels)), labels)
    real_logits = discriminator(changed(real), labels) if objective.g_needs_real else fake_logits
    g_loss = objective.g_loss(real_logits, fake_logits).mean()
    return {"d_loss": d_loss.item(), "penalty": penalty.item(), "g_loss": g_loss.item()}


@pytest.mark.parametrize("changes", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("objective", ["non_saturating", "relativistic"])
@pytest.mark.parametrize("names", [[], ["colour", "translation", "cutout"]])
def test_a_step_is_the_textbooks_with_labels_beside_each_sample(
    changes: dict[str, Any], objective: str, names: list[str]
) -> None:
    if changes.get("generator.kind") == "article":
        changes = changes | {"discriminator.kind": "mlp"}  # the article's dropout draws by the batch
    config = SMALL.changed(changes | {"objective": objective, "augment": names, "optimizer_d": "sgd", "lr_d": 0.01})
    if config.discriminator.norm == "none":
        config = config.changed({"regularisers": [{"name": "gradient_penalty", "weight": 2}, {"name": "r1_r2"}]})
    stats = Trainer(config).step()
    expected = textbook_step(config)
    found = {name: getattr(stats, name) for name in expected}
    assert found == pytest.approx(expected, rel=1e-3, abs=1e-5)


def test_the_game_without_labels_is_played_with_the_same_noise_and_the_same_images() -> None:
    plain, told = (
        Trainer(SMALL.changed({"conditional": False, "objective": "relativistic"})),
        Trainer(SMALL.changed({"objective": "relativistic"})),
    )
    for trainer in (plain, told):
        trainer.step()
    for purpose in ("data", "z", "penalty", "augment"):
        assert torch.equal(plain.state_dict()["rngs"][purpose], told.state_dict()["rngs"][purpose])
    assert plain.stats != told.stats


def test_augmentation_has_a_stream_of_its_own() -> None:
    trainers = [Trainer(SMALL.changed({"augment": names})) for names in ([], ["colour"])]
    for trainer in trainers:
        trainer.step()
    first, second = (trainer.state_dict()["rngs"] for trainer in trainers)
    assert {purpose for purpose in first if not torch.equal(first[purpose], second[purpose])} == {"augment"}


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "width", "n"), [("mlp", 128, 600), ("dcgan", 16, 200)])
def test_a_conditional_gan_learns_the_classes_that_it_is_asked_for(kind: str, width: int, n: int) -> None:
    config = SMALL.changed(
        {"generator.kind": kind, "discriminator.kind": kind, "batch_size": 32, "latent_dim": 8}
        | {"generator.width": width, "discriminator.width": width, "objective": "relativistic"}
        | {"generator.depth": 2, "discriminator.depth": 2}
        | {"regularisers": [{"name": "r1_r2", "weight": 0.3}], "betas_g": [0, 0.99], "betas_d": [0, 0.99]}
    )
    trainer = Trainer(config)
    for _ in range(n):
        trainer.step()
    data = digits()
    assert data.labels is not None
    assert trainer.ema is not None
    means = torch.stack([data.train[data.labels == n].mean(0) for n in range(10)])
    (labels,) = sampling.even_labels(500, config)
    with torch.no_grad():
        made = trainer.ema(sampling.sample_prior(500, config, torch.Generator().manual_seed(1)), labels)
    nearest = torch.cdist(made.flatten(1), means.flatten(1)).argmin(1)
    assert (nearest == labels).float().mean() > 0.6  # of real digits 0.9; by chance 0.1


# -- what is shown -------------------------------------------------------------------------------------------


def test_the_shown_images_go_class_by_class_and_the_walk_keeps_one() -> None:
    trainer = Trainer(SMALL)
    header, arrays = trainer.snapshot().header, trainer.snapshot().arrays
    assert header["classes"] == list("0123456789")
    assert len(header["labels"]) == len(arrays["fake_images"])
    assert len(header["real_labels"]) == len(arrays["real_images"])
    assert header["labels"] == sorted(header["labels"])
    assert header["real_labels"] == sorted(header["real_labels"])
    counts = np.bincount(header["labels"])
    assert len(counts) == 10
    assert counts.max() - counts.min() <= 1
    np.testing.assert_array_equal(arrays["walk"][0], arrays["fake_images"][0])
    np.testing.assert_array_equal(arrays["walk"][-1], arrays["fake_images"][1])
    assert header["labels"][0] == header["labels"][1]


def test_the_shown_samples_are_made_and_judged_with_their_labels() -> None:
    trainer = Trainer(SMALL)
    seen: dict[str, list[int]] = {}

    class Watched(nn.Module):
        def __init__(self, name: str, network: nn.Module) -> None:
            super().__init__()
            self.name, self.network = name, network

        def forward(self, x: Tensor, labels: Tensor) -> Any:
            seen[self.name] = labels.tolist()
            return self.network(x, labels)

    snapshot = trainer.moment().snapshot(Watched("g", trainer.shown()), Watched("d", trainer.discriminator))
    labels = snapshot.header["labels"]
    assert seen["g"] == labels + [labels[0]] * view.WALK_LENGTH
    assert seen["d"] == snapshot.header["real_labels"] + labels


def test_a_snapshot_without_labels_has_none() -> None:
    header = Trainer(SMALL.changed({"conditional": False})).snapshot().header
    assert not {"labels", "real_labels", "classes"} & set(header)


@pytest.mark.parametrize("n", [1, 7, 10, 36, 2_500])
def test_labels_for_n_samples_have_all_classes_equally_often(n: int) -> None:
    (labels,) = sampling.even_labels(n, SMALL)
    assert labels.shape == (n,)
    assert labels.dtype == torch.int64
    counts = torch.bincount(labels, minlength=10)
    assert counts.max() - counts.min() <= 1
    assert sampling.even_labels(n, SMALL.changed({"conditional": False})) == ()
