"""Samples of one's own that no player sees: how many, and which; and the hash by which own data are named."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["HELD_OUT", "MIN_HELD_OUT", "aside", "digest", "held_out_share"]

HELD_OUT: Final = 0.1
"""Share of samples that a new run keeps aside."""
MIN_HELD_OUT: Final = 20
"""Samples kept aside at least, where there are three times as many."""


def held_out_share(n: int) -> float:
    """Share of ``n`` samples that a new run keeps aside: a tenth, at least `MIN_HELD_OUT`; none of very few."""
    if n < 3 * MIN_HELD_OUT:
        return 0.0
    return max(HELD_OUT, round(MIN_HELD_OUT / n, 4))


def aside(rows: NDArray[Any], labels: NDArray[np.int64] | None, data_hash: str, share: float) -> NDArray[np.bool_]:
    """Choose the samples that no player sees, `[n]`: the same ones whenever samples and share are the same.

    Of each class the same share, but never all of it. Copies of one sample stay on one side.

    Args:
        rows: The samples, `[n, ...]`.
        labels: Class of each, `[n]`, or None.
        data_hash: Of the data, from which chance is drawn.
        share: In [0, 1/2].
    """
    chosen = np.zeros(len(rows), bool)
    if not share:
        return chosen
    copies: dict[tuple[int, bytes], list[int]] = {}
    classes = np.zeros(len(chosen), np.int64) if labels is None else labels
    for i, (kind, row) in enumerate(zip(classes.tolist(), rows, strict=True)):
        copies.setdefault((kind, hashlib.sha256(row.tobytes()).digest()), []).append(i)
    groups = list(copies.items())
    order = np.random.default_rng(int(data_hash[:16], 16)).permutation(len(groups))
    left = {kind: min(n - 1, round(share * n)) for kind, n in enumerate(np.bincount(classes).tolist())}
    for (kind, _), members in (groups[i] for i in order):
        if len(members) <= left[kind]:
            chosen[members] = True
            left[kind] -= len(members)
    return chosen


def digest(name: str, shape: Sequence[int], parts: Sequence[bytes]) -> str:
    """Hash own data by their kind, shape and content: SHA-256, hexadecimal."""
    found = hashlib.sha256(f"{name}{list(shape)}".encode())
    for part in parts:
        found.update(part)
    return found.hexdigest()
