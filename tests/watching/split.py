"""A third of the loops and bugs that no rule was tuned on: drawn at random before the rules were written."""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Final

SEED: Final = 20261130
"""The day on which the split was drawn; never changed since."""


def held_out(names: Iterable[str]) -> frozenset[str]:
    """The third of `names` that was not looked at while rules were made."""
    ordered = sorted(names)
    return frozenset(random.Random(SEED).sample(ordered, round(len(ordered) / 3)))


def untouched(names: Iterable[str]) -> frozenset[str]:
    """The half of the second set after whose first run no rule was changed; drawn when the set was written."""
    ordered = sorted(names)
    return frozenset(random.Random(SEED + 1).sample(ordered, len(ordered) // 2))
