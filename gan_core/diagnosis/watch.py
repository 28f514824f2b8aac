"""A watch over one run: its looks so far, in bounded memory, and the findings of them."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from gan_core.config import RunConfig
from gan_core.diagnosis.faults import faults_of
from gan_core.diagnosis.features import Floats, Signs, recent
from gan_core.diagnosis.findings import Finding, diagnose
from gan_core.record.history import StepStats

if TYPE_CHECKING:
    from gan_core.training import Trainer

__all__ = ["LOOK_EVERY", "Watch"]

LOOK_EVERY: Final = 100
"""Steps between two looks where nothing else sets the pace."""
_MAX_LOOKS: Final = 400
_RECENT: Final = 100
"""The newest looks are all kept; of the older ones every second goes when there are too many."""


class Watch:
    """The looks at one run, in bounded memory, and their findings.

    Attributes:
        looks: The looks so far, in order of their steps.
    """

    def __init__(self) -> None:
        self.looks: list[Signs] = []
        self._first: Floats | None = None

    def take(self, signs: Signs | None) -> None:
        """Take in one look; one that showed nothing, or came too late, is left out."""
        if signs is None or (self.looks and signs.step <= self.looks[-1].step):
            return
        self.looks.append(replace(signs, placed=None, shift=self._shift(signs)))
        if len(self.looks) > _MAX_LOOKS:
            self.looks = self.looks[:-_RECENT:2] + self.looks[-_RECENT:]

    def _shift(self, signs: Signs) -> float:
        """Measure how far the samples of the same z are from where the first look saw them."""
        if signs.placed is None:
            return signs.shift
        if self._first is None or self._first.shape != signs.placed.shape:
            self._first = signs.placed
        return float(np.sqrt(np.square(signs.placed - self._first).mean()))

    def look_at(self, trainer: Trainer) -> None:
        """Look at a trainer that stands still; it changes nothing."""
        from gan_core.diagnosis.observation import look  # late: it brings PyTorch along

        players = (copy.deepcopy(m).eval() for m in (trainer.generator, trainer.discriminator))
        generator, discriminator = players
        numbers = recent(trainer.history)
        self.take(
            look(trainer.step_count, trainer.config, trainer.data, generator, trainer.ema, discriminator, numbers)
        )

    def findings(self, config: RunConfig, stats: StepStats | None = None) -> tuple[Finding, ...]:
        """Find what holds now, see `diagnose`."""
        return diagnose(config, self.looks, stats, faults_of(config))
