"""The players: both networks as they stood at one step, copied out of a state that was kept; the run goes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import torch
from torch import Generator, Tensor, nn

from gan_core.config import RunConfig, parse_config
from gan_core.data import Images, Points, Signals, load_data
from gan_core.game.networks import build_discriminator, build_generator
from gan_core.game.networks.layers import one_hot
from gan_core.game.streams import streams
from gan_core.latent.pinned import first_condition, pinned
from gan_core.training import Which
from gan_core.training.observe import HEAT_PACKS, beside_real

BATCH: Final = 256
"""Samples made at once: more would leave the processor's caches."""


@dataclass(frozen=True)
class Players:
    """Generator and discriminator of one moment, in eval mode, on the CPU.

    Attributes:
        generator: The averaged one or the raw one.
        discriminator: The discriminator.
        config: The run's config.
        data: The run's data.
        step: Finished steps.
        condition: The one that is held, of a conditioned run; else None.
        whole: The generator of such a run as it is, of z and any condition.
    """

    generator: nn.Module
    discriminator: nn.Module
    config: RunConfig
    data: Points | Images | Signals
    step: int
    condition: Tensor | None = None
    whole: nn.Module | None = None

    @classmethod
    def of(cls, state: Mapping[str, Any], which: Which = "ema") -> Players:
        """Copy them out of a state; it is only read.

        Args:
            state: From `gan_core.training.Trainer.state_dict`.
            which: The averaged generator (the raw one if averaging is off), or the raw one.

        Raises:
            DataError: If the data are not on this machine any more.
        """
        config = parse_config(state["config"])
        rngs = streams(config.seed)
        generator, discriminator = build_generator(config, rngs), build_discriminator(config, rngs)
        averaged = state["ema"] if which == "ema" else None
        generator.load_state_dict(averaged or state["generator"])
        discriminator.load_state_dict(state["discriminator"])
        for network in (generator, discriminator):
            network.eval().requires_grad_(False)
        data, step = load_data(config.data), int(state["counters"]["step"])
        if not (config.conditioned and isinstance(data, Images)):
            return cls(generator, discriminator, config, data, step)
        condition = first_condition(config, data)
        return cls(pinned(generator, condition), discriminator, config, data, step, condition, generator)

    @property
    def layers(self) -> nn.Sequential:
        """The generator's layers; z, with the classes' weights beside it, goes into the first."""
        layers = self.generator.layers
        assert isinstance(layers, nn.Sequential)
        return layers

    @property
    def first_weight(self) -> Tensor:
        """Weights of the first layer for z, ``[n_out, latent_dim]``; the columns of the classes are left out."""
        weight = self.layers[0].weight
        assert isinstance(weight, Tensor)
        return weight.detach()[:, : self.config.latent_dim]

    def classes(self, labels: Tensor) -> Tensor:
        """Weights ``[n, n_classes]`` that ask for one class each; ``[n, 0]`` unless the generator is conditional.

        Args:
            labels: Classes ``[n]``, int64.
        """
        return one_hot(labels, self.config.n_classes)

    def even_classes(self, n: int) -> Tensor:
        """All classes in turn, ``[n, n_classes]``."""
        return self.classes(torch.arange(n) % max(1, self.config.n_classes))

    @torch.no_grad()
    def sample(self, z: Tensor, classes: Tensor) -> Tensor:
        """Generate samples ``[n, *shape]``.

        Args:
            z: ``[n, latent_dim]``.
            classes: ``[n, n_classes]``, see `gan_core.latent`.
        """
        parts = zip(z.split(BATCH), classes.split(BATCH), strict=True)
        return torch.cat([self.differentiable(*part) for part in parts])

    def differentiable(self, z: Tensor, classes: Tensor) -> Tensor:
        """As `sample`, but gradients reach z."""
        out: Tensor = self.layers(torch.cat((z, classes), 1))
        return out.view(-1, *self.data.shape)

    @torch.no_grad()
    def judge(self, samples: Tensor, classes: Tensor) -> Tensor:
        """D's logits ``[n]``; between two classes, of the nearer one. A D of packs sees each beside real samples.

        Args:
            samples: ``[n, *shape]``.
            classes: ``[n, n_classes]``.
        """
        k, n, told = self.config.packing, len(samples), classes.argmax(1) if self.config.n_classes else None
        if k > 1:
            real = self.data.sample(HEAT_PACKS * (k - 1), Generator().manual_seed(0))
            samples = beside_real(samples, real, k)
            told = None if told is None else told.repeat(HEAT_PACKS)
        parts = range(0, len(samples), BATCH)
        labels = [() if told is None else (told[i : i + BATCH],) for i in parts]
        if self.condition is not None:
            same = self.condition.shape[1:]
            labels = [(self.condition.expand(len(samples[i : i + BATCH]), *same),) for i in parts]
        logits = [self.discriminator(samples[i : i + BATCH], *of) for i, of in zip(parts, labels, strict=True)]
        return torch.cat(logits).view(-1, n).mean(0)
