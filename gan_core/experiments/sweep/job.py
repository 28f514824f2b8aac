"""One job of a sweep, where it is done: in a process of its own, on this machine or another."""

from __future__ import annotations

import time
from collections.abc import Mapping
from multiprocessing.synchronize import Event
from typing import TYPE_CHECKING, Any, Final

from gan_core.live.workers import settle

if TYPE_CHECKING:
    from gan_core.metrics import Score

CHECK_EVERY: Final = 50
"""Steps between two looks at whether the sweep was stopped."""

_stop: Final[list[Event]] = []
"""Of this worker process, if it belongs to a pool."""


class StoppedError(Exception):
    """The sweep was stopped while this job was trained."""


def begin(stop: Event, nice: int) -> None:
    """Prepare a worker process.

    Args:
        stop: Set when running jobs are to end without a row.
        nice: How far it stands back for other processes.
    """
    _stop[:] = [stop]
    settle(nice)


def train_one(job: Mapping[str, Any]) -> dict[str, Any]:
    """Train and score one run on one thread.

    Args:
        job: From `Job.plain`.

    Returns:
        Its row: ``run`` (the job's key), what was varied, ``seed``, ``steps`` (made), ``state`` (finished, diverged
        or failed), the last losses, all scores of the averaged generator, those of the raw one as ``raw_…``, of the
        most telling ones what real data reach as ``real_…`` and the number of samples as ``samples_…``, and
        ``seconds`` of processor time in training. Numbers that are not finite are None.

    Raises:
        StoppedError: If the sweep was stopped.
        GanExplorerError: If the run cannot be, such as for want of its data.
    """
    import torch

    from gan_core.config import parse_config
    from gan_core.data.limits import MAX_PACKED_BYTES
    from gan_core.data.own import known, register_payload
    from gan_core.errors import GanExplorerError
    from gan_core.experiments.sweep.table import REAL, SAMPLES, SCORES
    from gan_core.metrics.scoring import evaluate
    from gan_core.record.frame import finite
    from gan_core.record.history import LOSSES
    from gan_core.training import Trainer

    torch.set_num_threads(1)
    if job["own"] is not None and not known(job["config"]["data"]["hash"]):
        register_payload(job["own"], MAX_PACKED_BYTES)
    trainer = Trainer(parse_config(job["config"]))
    began, state = time.thread_time(), "finished"
    found: dict[str, Score] = {}
    try:
        for step in range(job["steps"]):
            if step % CHECK_EVERY == 0 and any(stop.is_set() for stop in _stop):
                raise StoppedError
            if not trainer.step().finite:
                state = "diverged"
                break
        seconds = time.thread_time() - began
        found = evaluate(trainer)
    except (MemoryError, RuntimeError, ArithmeticError, ValueError, LookupError) as error:
        if isinstance(error, GanExplorerError):
            raise
        # One run that fails, most often for want of memory, does not end the others.
        state, seconds = "failed", time.thread_time() - began
    stats = trainer.stats or trainer.game.read()
    scores: dict[str, float | None] = {name: float(score.value) for name, score in found.items()}
    scores |= {REAL + name: found[name].floor for name in SCORES if name in found}
    n_samples = {SAMPLES + name: found[name].n for name in SCORES if name in found}
    row = {
        "run": job["run"],
        **job["values"],
        "seed": trainer.config.seed,
        "steps": trainer.step_count,
        "state": state,
        **{name: getattr(stats, name) for name in LOSSES},
        **scores,
        **n_samples,
        "seconds": seconds,
    }
    plain: dict[str, Any] = finite(row)
    return plain
