"""Repeats: the same comparison from several seeds, on other processes, filling row by row.

It is written against `concurrent.futures.Executor`: a pool of processes of this machine, or whatever else there is.
A trial that is running cannot be broken off; one that waits can.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from multiprocessing.synchronize import Event
from typing import Any, Final

from gan_core.config import RunConfig, parse_config
from gan_core.data.limits import MAX_PACKED_BYTES
from gan_core.data.own import known, packed, register_payload
from gan_core.experiments.gallery import FIRST_CHECK, LAST_CHECK, GoalName
from gan_core.experiments.outcomes import Trial
from gan_core.live.workers import SPAWN, settle

_ended: Final[list[Event]] = []
"""Of this worker process: set when nobody waits for its trials any more."""


@functools.cache
def _end() -> Event:
    return SPAWN.Event()


@functools.cache
def pool() -> Executor:
    """Return this process's pool for repeats: one process fewer than there are cores, so that pages keep responding."""
    return ProcessPoolExecutor(max(1, (os.cpu_count() or 1) - 1), SPAWN, _prepare, (_end(),))


def close() -> None:
    """End the pool, if there is one, and the trials in its hands."""
    if pool.cache_info().currsize:
        _end().set()
        pool().shutdown(wait=False, cancel_futures=True)


class Repeats:
    """Trials of several configs from several seeds, seed by seed.

    Args:
        configs: What to train; their seeds are replaced.
        goal: What to check.
        seeds: Where to begin.
        last: Step of the last check; the checks fill its last third.
        executor: Who does the work.

    Attributes:
        seeds: As given.
    """

    def __init__(
        self,
        configs: Sequence[RunConfig],
        goal: GoalName,
        seeds: Sequence[int],
        *,
        last: int = LAST_CHECK,
        executor: Executor | None = None,
    ) -> None:
        self.seeds = tuple(seeds)
        first = last * FIRST_CHECK // LAST_CHECK
        chosen = pool() if executor is None else executor
        self._cancelled = False
        self._futures: dict[tuple[int, int], Future[Trial]] = {}
        for seed in seeds:
            for i, config in enumerate(configs):
                tree = config.changed({"seed": seed}).model_dump(mode="json")
                own = packed(config.data.hash) if config.data.hash else None
                self._futures[i, seed] = chosen.submit(_trial, tree, goal, first, last, own)

    @property
    def total(self) -> int:
        """Trials in all."""
        return len(self._futures)

    @property
    def finished(self) -> int:
        """Trials that are over; those that were cancelled before they began are not among them."""
        return sum(future.done() and not future.cancelled() for future in self._futures.values())

    @property
    def running(self) -> bool:
        """True until the last trial is over."""
        return not all(future.done() for future in self._futures.values())

    @property
    def cancelled(self) -> bool:
        """True after `cancel`."""
        return self._cancelled

    def trials(self, i: int) -> list[Trial]:
        """Return the finished trials of config ``i``, in the order of the seeds."""
        found = (self._futures[i, seed] for seed in self.seeds)
        return [f.result() for f in found if f.done() and not f.cancelled() and f.exception() is None]

    @property
    def trouble(self) -> str:
        """Error of a trial in words, or ""."""
        for future in self._futures.values():
            if future.done() and not future.cancelled() and (error := future.exception()) is not None:
                return f"{type(error).__name__}: {error}"
        return ""

    def cancel(self) -> None:
        """Begin no further trial."""
        self._cancelled = True
        for future in self._futures.values():
            future.cancel()


def _prepare(end: Event) -> None:
    import torch

    _ended[:] = [end]
    torch.set_num_threads(1)
    settle(nice=10)  # repeats come after what somebody looks at


def _trial(tree: Mapping[str, Any], goal: GoalName, first: int, last: int, own: bytes | None) -> Trial:
    from gan_core.experiments.trials import run_trial  # late: it loads PyTorch, which the caller may not need

    config = parse_config(tree)
    if own is not None and not known(config.data.hash):
        register_payload(own, MAX_PACKED_BYTES)
    return run_trial(config, goal, first=first, last=last, stopped=lambda: any(end.is_set() for end in _ended))
