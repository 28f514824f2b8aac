"""The monitor: metrics of playing runs, on one thread per process.

It rides on a runner as an observer. Between two steps it takes a copy of the generator's weights, at most once per
`INTERVAL` seconds and never while the last copy still waits; the work is done elsewhere, with its own fixed noise.
"""

from __future__ import annotations

import copy
import logging
import threading
import time
import weakref
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from gan_core.config import RunConfig
from gan_core.data import Points
from gan_core.metrics import Score, score_plane
from gan_core.runner import Runner
from gan_core.trainer import Trainer
from gan_core.view import sample_prior

INTERVAL: Final = 1.0
N_SAMPLES: Final = 12_000

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Job:
    runner: weakref.ref[Runner]
    run: int
    step: int
    config: RunConfig
    data: Points
    generator: nn.Module
    ema: nn.Module | None


class Monitor:
    """An observer for any number of runners; starts its thread with the first job."""

    def __init__(self) -> None:
        self._ready = threading.Condition()
        self._jobs: dict[int, _Job] = {}
        self._last: weakref.WeakKeyDictionary[Runner, float] = weakref.WeakKeyDictionary()
        self._thread: threading.Thread | None = None
        self._closed = False

    def __call__(self, runner: Runner, trainer: Trainer) -> None:
        """Take a copy of the weights if it is time; called on the training thread."""
        if not isinstance(trainer.data, Points) or trainer.step_count == 0:
            return
        now = time.monotonic()
        if now - self._last.get(runner, 0.0) < INTERVAL or id(runner) in self._jobs:
            return
        self._last[runner] = now
        job = _Job(
            weakref.ref(runner),
            runner.run,
            trainer.step_count,
            trainer.config,
            trainer.data,
            copy.deepcopy(trainer.generator).eval(),
            copy.deepcopy(trainer.ema),
        )
        with self._ready:
            self._jobs[id(runner)] = job
            if self._thread is None and not self._closed:
                self._thread = threading.Thread(target=self._loop, name="metrics", daemon=True)
                self._thread.start()
            self._ready.notify()

    def close(self, timeout: float = 3.0) -> None:
        """End the thread, after the job in hand."""
        with self._ready:
            self._closed = True
            self._ready.notify()
        if self._thread is not None:
            self._thread.join(timeout)

    def _loop(self) -> None:
        while True:
            with self._ready:
                self._ready.wait_for(lambda: self._jobs or self._closed)
                if self._closed:
                    return
                key, job = next(iter(self._jobs.items()))
            try:
                runner = job.runner()
                if runner is not None:
                    scores = score_generators(job.config, job.data, job.generator, job.ema)
                    runner.report(job.run, job.step, scores)
                del runner
            except Exception:
                _log.exception("metrics failed")
            del self._jobs[key], job


def score_generators(config: RunConfig, data: Points, generator: nn.Module, ema: nn.Module | None) -> dict[str, Score]:
    """Metrics of a run in the plane, with noise that no run uses.

    Args:
        config: For the prior.
        data: What the generators imitate.
        generator: The raw generator, in eval mode, on the CPU or not.
        ema: The averaged one, or None.

    Returns:
        Scores of the averaged generator by their names, and of the raw one as ``raw_...``; of the raw one under
        both names if there is no averaged one.
    """
    z = sample_prior(N_SAMPLES, config, torch.Generator().manual_seed(2333))
    raw = score_plane(data, _generate(generator, z, data))
    best = raw if ema is None else score_plane(data, _generate(ema, z, data))
    return best | {f"raw_{name}": score for name, score in raw.items()}


def _generate(generator: nn.Module, z: Tensor, data: Points) -> NDArray[np.float32]:
    device = next(generator.parameters()).device
    with torch.no_grad():
        samples: NDArray[np.float32] = data.to_data(generator(z.to(device))).cpu().numpy()
    return samples
