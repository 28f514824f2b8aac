"""Common parts of exports: a copy of the generator to work with; and how long ones are watched (`progress`)."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from gan_core.config import RunConfig
from gan_core.data import Dataset, Images, degrade
from gan_core.data.images import network_units
from gan_core.export.progress import Cancelled, ExportCancelledError, Progress, watched, within
from gan_core.game.sampling import sample_prior
from gan_core.training import Trainer, Which

__all__ = ["Cancelled", "ExportCancelledError", "GeneratorCopy", "Progress", "watched", "within"]


@dataclass(frozen=True)
class GeneratorCopy:
    """A generator as it was at one step, with all that is needed to use it; the run goes on without it.

    Attributes:
        generator: In eval mode, on the CPU.
        config: The run's config then.
        data: The run's data.
        step: Finished steps.
        which: "ema" or "raw".
    """

    generator: nn.Module
    config: RunConfig
    data: Dataset
    step: int
    which: str

    @classmethod
    def of(cls, trainer: Trainer, which: Which = "ema") -> GeneratorCopy:
        """Copy a run's generator, between two of its steps; it changes nothing.

        Args:
            trainer: The run.
            which: As for `Trainer.shown`.
        """
        shown = trainer.shown(which)
        copied = copy.deepcopy(shown).to("cpu").eval().requires_grad_(False)
        name = "raw" if shown is trainer.generator else "ema"
        return cls(copied, trainer.config, trainer.data, trainer.step_count, name)

    @property
    def n_classes(self) -> int:
        """Classes that the generator is told; 0 if it is not conditional."""
        return self.config.n_classes

    def inputs(self, n: int, rng: torch.Generator) -> tuple[Tensor, ...]:
        """Draw the input of ``n`` samples: noise ``[n, latent_dim]``, with what it is told.

        A conditional generator is told all classes in turn, ``[n]``, a conditioned one what is left of images that
        were held out (or of training images), ``[n, *condition_shape]``.

        Args:
            n: How many.
            rng: A stream of the export's own.
        """
        z = sample_prior(n, self.config, rng)
        if self.config.conditioned and isinstance(self.data, Images):
            source = self.data.train if self.data.held_out is None else self.data.held_out
            real = network_units(source[torch.randint(len(source), (n,), generator=rng)])
            return z, degrade(real, self.config.data, rng)
        return (z, torch.arange(n) % self.n_classes) if self.n_classes else (z,)

    @torch.no_grad()
    def sample(self, inputs: Iterable[Tensor]) -> Tensor:
        """Generate samples ``[n, *shape]`` in network units."""
        out: Tensor = self.generator(*inputs)
        return out
