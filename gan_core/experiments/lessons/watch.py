"""A trainer that writes down what a lesson will be asked about, at every step and not only when somebody looks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from gan_core.config import RunConfig
from gan_core.data import Points
from gan_core.record.history import StepStats
from gan_core.training import Trainer

MAX_MOVES: Final = 60
"""Steps of which both halves are measured: weighing the weights costs as much as a small step."""


@dataclass(frozen=True)
class Moves:
    """Changes made by one half of a step.

    Attributes:
        half: "d" or "g".
        d_weights: Euclidean length of the change of D's weights.
        g_weights: The same of G's.
        points: Mean distance that the shown generated points moved, data units.
        opinion: Mean change of D's logit at the shown real points.
    """

    half: Literal["d", "g"]
    d_weights: float
    g_weights: float
    points: float
    opinion: float


@dataclass
class Log:
    """Log of a run, step by step.

    Attributes:
        stats: Each step's numbers.
        owners: Plane with known modes: the nearest mode of each shown z before step 1 and after each step, ``[256]``.
        near: Likewise: is it nearer to that mode than half the way from there to the next one?, ``[256]``.
        places: Plane: where the first shown z lies, data units, likewise.
        probs: σ of D's logit on it, likewise.
        rises: By how much G's half of each step raised D's logit: of it, and the mean over all shown z.
        moves: Both halves of the first steps, in order.
    """

    stats: list[StepStats] = field(default_factory=list)
    owners: list[NDArray[np.intp]] = field(default_factory=list)
    near: list[NDArray[np.bool_]] = field(default_factory=list)
    places: list[NDArray[np.float32]] = field(default_factory=list)
    probs: list[float] = field(default_factory=list)
    rises: list[tuple[float, float]] = field(default_factory=list)
    moves: list[Moves] = field(default_factory=list)


class Watched(Trainer):
    """A trainer with a log. It draws nothing at random, so its run is that of a plain trainer.

    Args:
        config: What to train; without batch norm in the networks.

    Attributes:
        log: What happened.
    """

    def __init__(self, config: RunConfig) -> None:
        super().__init__(config)
        self.log = Log()
        self._fake_before: torch.Tensor | None = None
        self._note_places()

    def halves(self) -> Iterator[Literal["d", "g"]]:
        """As of `Trainer`, with what each half moved written down."""
        for half in self._weighed() if self.step_count < MAX_MOVES else super().halves():
            if half == "g":
                assert self.stats is not None
                self.log.stats.append(self.stats)
                self._note_places()
            yield half

    def _weighed(self) -> Iterator[Literal["d", "g"]]:
        before = self._weigh()
        for half in super().halves():
            after = self._weigh()
            d, g, points, opinion = (b - a for a, b in zip(before, after, strict=True))
            moved = float(points.norm(dim=-1).mean()) if points.dim() == 2 else 0.0
            self.log.moves.append(Moves(half, float(d.norm()), float(g.norm()), moved, float(opinion.abs().mean())))
            before = after
            yield half

    @torch.no_grad()
    def _weigh(self) -> tuple[torch.Tensor, ...]:
        """All weights of D and of G, the shown generated points, D's logits on the shown real ones."""
        d, g = (torch.cat([w.flatten() for w in p.parameters()]) for p in (self.discriminator, self.generator))
        if not isinstance(self.data, Points) or self.config.packing > 1:
            return d, g, torch.zeros(()), torch.zeros(())
        return d, g, self.data.to_data(self.generator(self._fixed.z)), self.discriminator(self._fixed.real)

    @torch.no_grad()
    def _note_places(self) -> None:
        if not isinstance(self.data, Points):
            return
        fake = self.generator(self._fixed.z)
        points = self.data.to_data(fake).numpy()
        self.log.places.append(points[0].copy())
        if self.config.packing == 1:
            logits = self.discriminator(fake)
            self.log.probs.append(float(logits[0].sigmoid()))
            if self._fake_before is not None:
                rise = logits - self.discriminator(self._fake_before)
                self.log.rises.append((float(rise[0]), float(rise.mean())))
            self._fake_before = fake
        if self.data.modes is not None:
            owners = self.data.modes.assign(points)[0]
            self.log.owners.append(owners)
            away = np.linalg.norm(points - self.data.modes.centres[owners], axis=1)
            self.log.near.append(away < self.data.modes.half_gap)

    @property
    def first_z(self) -> NDArray[np.float32]:
        """The z that is followed, ``[latent_dim]``."""
        z: NDArray[np.float32] = self._fixed.z[0].cpu().numpy()
        return z

    @property
    def shown_real(self) -> NDArray[np.float32]:
        """Plane: the shown real points, ``[256, 2]``, data units."""
        assert isinstance(self.data, Points)
        points: NDArray[np.float32] = self.data.to_data(self._fixed.real).cpu().numpy()
        return points
