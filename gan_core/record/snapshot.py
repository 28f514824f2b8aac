"""Snapshot: one moment of a run for everything outside the trainer, in NumPy and read-only.

`Snapshot.header` holds words and numbers, `Snapshot.arrays` the pictures and curves; both go unchanged into the
binary frame of the live view (`gan_core.record.frame`), and figures are drawn from them. Points are in data units, D's
answers are logits, images are ``uint8 [n, height, width, channels]``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from gan_core.record.frame import Picture

Array = NDArray[Any]
Which = Literal["ema", "raw", "both"]
"""Generator of the shown samples: the averaged one, the raw one, or both."""


@dataclass(frozen=True)
class Snapshot:
    """One moment of a run.

    Attributes:
        step: Finished steps.
        header: Words and numbers, see `gan_core.record.frame`; read-only.
        arrays: float32 and uint8 arrays by name, read-only.
    """

    step: int
    header: Picture
    arrays: Mapping[str, Array]

    def __post_init__(self) -> None:
        for name, array in self.arrays.items():
            if array.dtype not in (np.float32, np.uint8):
                raise TypeError(f"array {name!r} is {array.dtype}; a snapshot holds float32 and uint8")
            array.flags.writeable = False
        object.__setattr__(self, "header", MappingProxyType(dict(self.header)))
        object.__setattr__(self, "arrays", MappingProxyType(dict(self.arrays)))
