"""Data sets of sounds and words: what both have in common, one tensor in memory, `[n, *shape]`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from torch import Generator, Tensor, randint

__all__ = ["Signals"]


@dataclass(frozen=True, eq=False)
class Signals(ABC):
    """A fixed set of samples that are neither points nor pictures.

    A subclass says what a frame, a person and a file have of a sample; everything that trains needs only this.

    Attributes:
        name: Its key in `gan_core.data.DATASETS`.
        train: What a GAN sees, `[n_train, *shape]`; see `units`.
        held_out: Samples that no GAN sees, in the form of `train`, or None.
        kind: What the samples are.
        n_shown: Samples that the live view shows.
        placed: True if samples that are alike have places near each other, see `places`.
        labels: None: these data have no classes.
        held_out_labels: Likewise.
        classes: Likewise empty.
    """

    name: str
    train: Tensor
    held_out: Tensor | None
    kind: ClassVar[Literal["sound", "text"]]
    n_shown: ClassVar[int]
    placed: ClassVar[bool] = False
    labels: ClassVar[None] = None
    held_out_labels: ClassVar[None] = None
    classes: ClassVar[tuple[str, ...]] = ()

    @property
    @abstractmethod
    def shape(self) -> tuple[int, ...]:
        """Shape of one sample in network units."""

    @property
    def n_train(self) -> int:
        """Number of training samples."""
        return len(self.train)

    def units(self, rows: Tensor) -> Tensor:
        """Convert rows of `train` or `held_out` to what networks see, float32 `[n, *shape]`."""
        return rows

    def sample(self, n: int, rng: Generator) -> Tensor:
        """Draw training samples with replacement, `[n, *shape]`, float32, network units.

        Args:
            n: How many, >= 1.
            rng: A CPU generator; the same state gives the same samples.
        """
        return self.units(self.train.index_select(0, randint(len(self.train), (n,), generator=rng)))

    def places(self, x: Tensor) -> Tensor:
        """Place samples so that those that are alike are near each other, `[n, dim]`, where `placed` says so.

        Args:
            x: `[n, *shape]` in network units.
        """
        return x.flatten(1)

    @property
    def groups(self) -> Tensor | None:
        """Known mode of each training sample, `[n_train]`, int64, or None."""
        return None

    @abstractmethod
    def shown(self, x: Tensor) -> NDArray[np.uint8] | NDArray[np.float32]:
        """Convert `[n, *shape]` in network units to what a frame holds of it."""

    @abstractmethod
    def pictured(self, x: Tensor) -> NDArray[np.uint8]:
        """Convert `[n, *shape]` in network units to pictures `[n, h, w, 1]`, or to numbers of letters `[n, length]`."""

    def more(self, x: Tensor) -> dict[str, NDArray[np.uint8] | NDArray[np.float32]]:
        """Say more of generated samples `[n, *shape]`: arrays of a frame besides them, by their names."""
        return {}

    @abstractmethod
    def told(self) -> dict[str, Any]:
        """Tell what a reader of a frame must know to show the samples: entries of its header."""

    @abstractmethod
    def files(self, x: Tensor, start: int) -> Iterator[tuple[str, bytes]]:
        """Write samples as files for a person: name and content of each.

        Args:
            x: `[n, *shape]` in network units.
            start: Number of the first one.
        """
