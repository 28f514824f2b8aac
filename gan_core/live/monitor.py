"""The monitor: metrics and diagnosis of playing runs, on one thread per process.

It rides on a runner as an observer. Between two steps it takes a copy of the players' weights, never while the last
copy still waits; the work is done elsewhere, with its own fixed noise. A look for the diagnosis is short and is taken
often, scores take longer and are taken seldom; both wait until they cost no more than their share of the processor
time that the training had, so that they slow it no more on a busy machine than on an idle one.
"""

from __future__ import annotations

import copy
import logging
import threading
import time
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from gan_core.config import RunConfig
from gan_core.data import Images, Points
from gan_core.diagnosis import Finding, Watch, look, recent
from gan_core.diagnosis.report import Report
from gan_core.diagnosis.scene import scene_of
from gan_core.game.sampling import even_labels, sample_prior
from gan_core.metrics import Score, score_images, score_plane
from gan_core.training import Trainer

INTERVAL: Final = 1.0
"""Seconds between two scores, at least."""
LOOK_INTERVAL: Final = 0.3
"""Seconds between two looks, at least."""
SHARE: Final = 0.012
"""Of the processor time of a training thread, that looks may take, at all its runs together."""
SHARE_SCORES: Final = 0.009
"""And scores."""
N_SAMPLES: Final = 12_000
N_IMAGES: Final = 900

_log = logging.getLogger(__name__)


class Watched(Protocol):
    """What the monitor knows of a run: a `Runner`, or one side of a lockstep."""

    @property
    def run(self) -> int:
        """Number of the run among the restarts."""

    @property
    def n_together(self) -> int:
        """Runs that its thread trains in turn, itself included."""

    def report(self, found: Report) -> None:
        """Take in what was found."""


@dataclass(frozen=True)
class _Job:
    runner: weakref.ref[Watched]
    run: int
    step: int
    config: RunConfig
    data: Points | Images
    generator: nn.Module
    ema: nn.Module | None
    discriminator: nn.Module
    numbers: Mapping[str, float]
    scores: bool
    worked: float
    copied: float


@dataclass
class _Record:
    """What is kept of one runner between two jobs: moments of the clock, and of the training thread's own time."""

    run: int = 0
    watch: Watch = field(default_factory=Watch)
    known: frozenset[str] = frozenset()
    next_look: float = 0.0
    next_scores: float = 0.0
    worked: float = 0.0
    look_from: float = 0.0
    scores_from: float = 0.0


class Monitor:
    """An observer for any number of runners; starts its thread with the first job."""

    def __init__(self) -> None:
        self._ready = threading.Condition()
        self._jobs: dict[int, _Job] = {}
        self._records: weakref.WeakKeyDictionary[Watched, _Record] = weakref.WeakKeyDictionary()
        self._alarms: weakref.WeakKeyDictionary[Watched, Callable[[Finding], None]] = weakref.WeakKeyDictionary()
        self._thread: threading.Thread | None = None
        self._closed = False

    def __call__(self, runner: Watched, trainer: Trainer) -> None:
        """Take a copy of the weights if it is time; called on the training thread."""
        if trainer.step_count == 0:
            return
        now, worked = time.monotonic(), time.thread_time()
        record = self._records.setdefault(runner, _Record())
        if worked < record.worked:  # another thread trains now
            record.look_from = record.scores_from = worked
        record.worked = worked
        if id(runner) in self._jobs or now < record.next_look or worked < record.look_from:
            return
        record.next_look = now + LOOK_INTERVAL
        scores = now >= record.next_scores and worked >= record.scores_from
        if scores:
            record.next_scores = now + INTERVAL
        job = _Job(
            weakref.ref(runner),
            runner.run,
            trainer.step_count,
            trainer.config,
            trainer.data,
            copy.deepcopy(trainer.generator).eval(),
            copy.deepcopy(trainer.ema),
            copy.deepcopy(trainer.discriminator).eval(),
            recent(trainer.history),
            scores,
            worked,
            time.thread_time() - worked,
        )
        with self._ready:
            self._jobs[id(runner)] = job
            if self._thread is None and not self._closed:
                self._thread = threading.Thread(target=self._loop, name="metrics", daemon=True)
                self._thread.start()
            self._ready.notify()

    def on_failure(self, runner: Watched, act: Callable[[Finding], None] | None) -> None:
        """Have something done when a failure is found in this run that was not there before; None for nothing."""
        if act is None:
            self._alarms.pop(runner, None)
        else:
            self._alarms[runner] = act

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
                    self._work(runner, job, self._records[runner])
                del runner
            except Exception:
                _log.exception("metrics failed")
            del self._jobs[key], job

    def _work(self, runner: Watched, job: _Job, record: _Record) -> None:
        if record.run != job.run:
            record.run, record.watch, record.known = job.run, Watch(), frozenset()
        scene_of(job.data)  # made once per data set: no look has to pay for it
        begun = time.thread_time()
        record.watch.take(look(job.step, job.config, job.data, job.generator, job.ema, job.discriminator, job.numbers))
        findings = record.watch.findings(job.config) if record.watch.looks else None
        looked, n = time.thread_time(), runner.n_together
        record.look_from = job.worked + n * (job.copied + looked - begun) / SHARE
        scores: Mapping[str, Score] = {}
        if job.scores:
            scores = score_generators(job.config, job.data, job.generator, job.ema)
            record.scores_from = job.worked + n * (time.thread_time() - looked) / SHARE_SCORES
        runner.report(Report(job.run, job.step, scores, findings, record.watch.lost))
        self._sound(runner, record, findings or ())

    def _sound(self, runner: Watched, record: _Record, findings: Sequence[Finding]) -> None:
        failures = {f.name: f for f in findings if f.failure}
        fresh = failures.keys() - record.known
        record.known = frozenset(failures)
        act = self._alarms.get(runner)
        if act is not None and fresh:
            act(next(f for name, f in failures.items() if name in fresh))


def score_generators(
    config: RunConfig, data: Points | Images, generator: nn.Module, ema: nn.Module | None
) -> dict[str, Score]:
    """Metrics of a run, with noise that no run uses.

    Args:
        config: For the prior and the number of classes.
        data: What the generators imitate.
        generator: The raw generator, in eval mode, on the CPU or not.
        ema: The averaged one, or None.

    Returns:
        Scores of the averaged generator by their names, and in the plane of the raw one as ``raw_...``; of the raw one
        under both names if there is no averaged one.
    """
    images = isinstance(data, Images)
    z = sample_prior(N_IMAGES if images else N_SAMPLES, config, torch.Generator().manual_seed(2333))
    best = generator if ema is None else ema
    if isinstance(data, Images):
        return score_images(data, _generate(best, z, config))
    raw = score_plane(data, data.to_data(_generate(generator, z, config)))
    shown = raw if ema is None else score_plane(data, data.to_data(_generate(best, z, config)))
    return shown | {f"raw_{name}": score for name, score in raw.items()}


def _generate(generator: nn.Module, z: Tensor, config: RunConfig) -> NDArray[np.float32]:
    device = next(generator.parameters()).device
    labels = even_labels(len(z), config)
    with torch.no_grad():
        samples: NDArray[np.float32] = generator(z.to(device), *(y.to(device) for y in labels)).cpu().numpy()
    return samples
