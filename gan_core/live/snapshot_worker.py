"""The snapshot worker: snapshots of a run in training that hardly hold it up.

Between two steps it copies weights and numbers, which takes a tenth of a millisecond for small networks; the snapshot
is made from the copy on a thread of its own. One snapshot is being made at a time.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import torch
from torch import Tensor, nn

from gan_core.record.snapshot import Snapshot
from gan_core.training import Trainer, Which
from gan_core.training.snapshots import Moment


class SnapshotWorker:
    """Makes the snapshots of one run; used on that run's thread.

    Args:
        name: Of the thread; "" to make each snapshot at once, without a thread.
    """

    def __init__(self, name: str) -> None:
        self._pool = ThreadPoolExecutor(1, name) if name else None
        self._work: Future[None] | None = None
        self._trainer: Trainer | None = None

    def aim(self, trainer: Trainer) -> None:
        """Make snapshots of this trainer from now on."""
        self.settle()
        self._trainer = trainer
        self._generator = copy.deepcopy(trainer.generator).eval().requires_grad_(False)
        self._discriminator = copy.deepcopy(trainer.discriminator).eval().requires_grad_(False)
        self._raw: nn.Module | None = None  # copied when it is first looked at

    @property
    def busy(self) -> bool:
        """True while a snapshot is being made."""
        return self._work is not None and not self._work.done()

    def shoot(self, which: Which, then: Callable[[Moment, Snapshot], None]) -> None:
        """Take a snapshot now; not while `busy`.

        Args:
            which: Whose samples to show.
            then: Called with what was copied and with the snapshot, on the worker's thread.

        Raises:
            Exception: Whatever the making of the last snapshot raised.
        """
        self.settle()
        trainer = self._trainer
        assert trainer is not None
        _copy_into(self._generator, trainer.shown(which))
        _copy_into(self._discriminator, trainer.discriminator)
        raw = trainer.beside(which)
        if raw is not None:
            self._raw = self._raw or copy.deepcopy(raw).eval().requires_grad_(False)
            _copy_into(self._raw, raw)
        copied = trainer.moment(which), self._raw if raw is not None else None, then
        if self._pool is None:
            self._make(*copied)
        else:
            self._work = self._pool.submit(self._make, *copied)

    def settle(self) -> None:
        """Wait until no snapshot is being made.

        Raises:
            Exception: Whatever the making of the last snapshot raised.
        """
        work, self._work = self._work, None
        if work is not None:
            work.result()

    def close(self) -> None:
        """End the thread."""
        if self._pool is not None:
            self._pool.shutdown(wait=True)
        self._trainer = None

    def _make(self, moment: Moment, raw: nn.Module | None, then: Callable[[Moment, Snapshot], None]) -> None:
        then(moment, moment.snapshot(self._generator, self._discriminator, raw))


def _copy_into(network: nn.Module, source: nn.Module) -> None:
    torch._foreach_copy_(_tensors(network), _tensors(source))


def _tensors(network: nn.Module) -> list[Tensor]:
    return [t.detach() for t in (*network.parameters(), *network.buffers())]
