"""A step in slow motion as a visitor sees it: which lines were executed, and what they changed.

The question says all that was done since the beginning, so that any process can answer it: one that has answered the
question before goes on from there, another makes it again, line by line, to the same numbers. Plain values; importable
without torch.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from gan_core.training.debugger import Line, Stepper

Done = tuple[tuple[int, frozenset[str]], ...]
"""Lines that were executed one after the other: how many, and what was left out meanwhile."""
MAX_AGAIN: Final = 5_000
"""Lines that are made again at most: some seconds. Beyond that it begins anew."""
_MAX_KNOWN: Final = 16

_known: OrderedDict[str, tuple[Done, Stepper]] = OrderedDict()
_lock = threading.Lock()


@dataclass(frozen=True)
class Shown:
    """State of a step in slow motion.

    Attributes:
        lines: Source and note of each line, as the switches have it now.
        at: The line that is next, from 0.
        n_steps: Finished steps.
        last: Source and note of the line that was executed last, or None.
        switches: What can be left out: name to words.
        gradients: Player to layer to the norm of the gradient that its weights hold, NaN for none.
        changes: Player to layer to the norm of what the last line changed.
        moved: Mean distance that G's samples of the same z were moved by the last line, data units.
        tensors: The step's variables, a row each.
        real: Real points, ``[n, 2]``, data units.
        fake: G's samples of always the same z, ``[n, 2]``, data units.
        anew: True if what was done was too much to be made again: this is the beginning.
    """

    lines: Sequence[tuple[str, str]]
    at: int
    n_steps: int
    last: tuple[str, str] | None
    switches: Mapping[str, str]
    gradients: Mapping[str, Mapping[str, float]]
    changes: Mapping[str, Mapping[str, float]]
    moved: float
    tensors: Sequence[Mapping[str, str]]
    real: NDArray[np.float32]
    fake: NDArray[np.float32]
    anew: bool = False


@dataclass(frozen=True)
class SlowMotion:
    """Question for the state after some lines, to `gan_core.live.host.Place.ask`.

    Attributes:
        key: Of the visitor's walk through the step, unguessable.
        done: What was executed.
        switches: What is left out from now on.
    """

    key: str
    done: Done = ()
    switches: frozenset[str] = frozenset()

    def answer(self) -> Shown:
        """Execute what is still to be executed, and look."""
        with _lock:  # one step after the other: they are short
            return self._answer()

    def _answer(self) -> Shown:
        from gan_core.training.debugger import SWITCHES, Stepper, lines  # late: it loads PyTorch

        had, stepper = _known.pop(self.key, (None, None))
        rest = None if had is None else left(had, self.done)
        if stepper is None or rest is None:
            stepper, rest = Stepper(), list(self.done)
        anew = sum(n for n, _ in rest) > MAX_AGAIN
        if anew:
            stepper, rest = Stepper(), []
        last: Line | None = None
        for n, switches in rest:
            stepper.switches = switches
            for _ in range(n):
                last = stepper.next()
        stepper.switches = self.switches
        _known[self.key] = (() if anew else self.done), stepper
        while len(_known) > _MAX_KNOWN:
            _known.popitem(last=False)
        if last is None and self.done and not anew:  # nothing new was done: what was done last stays said
            _, switches = self.done[-1]
            last = lines(switches)[stepper.at - 1]
        view = stepper.look()
        return Shown(
            lines=[(line.source, line.note) for line in lines(self.switches)],
            at=stepper.at,
            n_steps=stepper.n_steps,
            last=None if last is None else (last.source, last.note),
            switches=dict(SWITCHES),
            gradients=view.gradients,
            changes=view.changes,
            moved=view.moved,
            tensors=view.tensors,
            real=view.real,
            fake=view.fake,
            anew=anew,
        )


def further(done: Done, n: int, switches: frozenset[str]) -> Done:
    """Add lines to what was done."""
    if done and done[-1][1] == switches:
        return (*done[:-1], (done[-1][0] + n, switches))
    return (*done, (n, switches))


def left(had: Done, done: Done) -> list[tuple[int, frozenset[str]]] | None:
    """Find what is still to be executed; None if something else was executed before."""
    if len(had) > len(done):
        return None
    rest = []
    for i, (n, switches) in enumerate(done):
        before, same = had[i] if i < len(had) else (0, switches)
        if same != switches or before > n or (before < n and i < len(had) - 1):
            return None
        if before < n:
            rest.append((n - before, switches))
    return rest
