"""Outcome of a lesson's run: what its answer says and shows, as plain values; importable without torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
Pictures = NDArray[np.uint8]


@dataclass(frozen=True)
class Trace:
    """One z on its way through the flow, at one time.

    Attributes:
        when: In words.
        z: What goes in.
        point: What comes out.
        prob: What D says of it: its probability of "real".
    """

    when: str
    z: str
    point: str
    prob: str


@dataclass(frozen=True)
class Fall:
    """Fall of D's loss and of G's gradient.

    Attributes:
        steps: ``[n]``.
        d_loss: D's loss, ``[n]``.
        g_gradient: Norm of G's gradient, ``[n]``.
        at: The step at which D had won.
    """

    steps: NDArray[np.int64]
    d_loss: Floats
    g_gradient: Floats
    at: int


@dataclass(frozen=True)
class Facts:
    """Facts of a lesson's run, with its pictures.

    Attributes:
        words: For the braces in the answer's text.
        held: True if the run behaved as the lesson is meant to show.
        traces: One z through the flow, first and last.
        path: Where the followed sample went, ``[steps + 1, 2]``, or None.
        probs: What D said of it meanwhile, ``[steps + 1]``, or None.
        fall: How the game was lost, or None.
        occupancy: How many of the shown samples are near each mode, ``[steps + 1, modes]``, or None.
        walk: A walk over a cross-fade of its ends, ``[2, n, h, w, c]``, or None.
        nearest: Generated images over the training images that are nearest to them, ``[2, n, h, w, c]``, or None.
        filled: Holes, filled by the distance alone and by the game with two z, and the truth, ``[5, n, h, w, c]``; or
            None.
        row: This run in a table of runs.
    """

    words: Mapping[str, str]
    held: bool
    traces: tuple[Trace, ...] = ()
    path: Floats | None = None
    probs: Floats | None = None
    fall: Fall | None = None
    occupancy: NDArray[np.int64] | None = None
    walk: Pictures | None = None
    nearest: Pictures | None = None
    filled: Pictures | None = None
    row: Mapping[str, str] = field(default_factory=dict)
