"""The monitor: metrics and diagnosis of playing runs, on one thread per process.

It observes runs. Between two steps it copies the players' weights, never while the last copy still waits; the work is
done elsewhere, with its own fixed noise. A look for the diagnosis is short and is taken often, scores take longer and
are taken seldom; both wait until they cost no more than their share of the processor time that the training had, so
that they slow it no more on a busy machine than on an idle one.
"""

from __future__ import annotations

import copy
import logging
import threading
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from torch import nn

from gan_core.config import RunConfig
from gan_core.data import Dataset
from gan_core.diagnosis import FINDINGS, Finding, Watch, look, recent
from gan_core.diagnosis.report import Report
from gan_core.diagnosis.scene import scene_of
from gan_core.live.clock import WALL, WallClock, rest_for
from gan_core.metrics import Score
from gan_core.metrics.scoring import score_classes, score_generators
from gan_core.training import Trainer

INTERVAL: Final = 1.0
"""Seconds between two scores, at least."""
LOOK_INTERVAL: Final = 0.3
"""Seconds between two looks, at least."""
SHARE: Final = 0.012
"""Of the processor time of a training thread, that looks may take, at all its runs together."""
SHARE_SCORES: Final = 0.009
"""And scores."""
FIRST_REST: Final = 12.0
"""Seconds of training between the first two scorings of a run: the first is of a game that has hardly begun."""

_log = logging.getLogger(__name__)


class Watched(Protocol):
    """A run as the monitor knows it: a `Runner`, or one side of a lockstep."""

    scoring: int

    @property
    def run(self) -> int:
        """Number of the run among the restarts."""

    @property
    def n_together(self) -> int:
        """Runs that its thread trains in turn, itself included."""

    def report(self, report: Report) -> None:
        """Take in metrics and findings."""


@dataclass(frozen=True)
class _Job:
    runner: weakref.ref[Watched]
    run: int
    step: int
    config: RunConfig
    data: Dataset
    generator: nn.Module
    ema: nn.Module | None
    discriminator: nn.Module
    numbers: Mapping[str, float]
    scores: bool
    worked: float
    copied: float


@dataclass
class _Record:
    """Notes on one runner between two jobs: moments of the clock, and of the training thread's own time."""

    run: int = 0
    watch: Watch = field(default_factory=Watch)
    known: frozenset[str] = frozenset()
    scored: bool = False
    next_look: float = 0.0
    next_scores: float = 0.0
    worked: float = 0.0
    look_from: float = 0.0
    scores_from: float = 0.0


class Monitor:
    """An observer of any number of runs; starts its thread with the first job.

    Args:
        clock: The time.
        threaded: False to have jobs done by `work` alone.
    """

    def __init__(self, clock: WallClock = WALL, *, threaded: bool = True) -> None:
        self._clock, self._threaded = clock, threaded
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
        now, worked = self._clock(), self._clock.worked()
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
            runner.scoring = trainer.step_count
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
            self._clock.worked() - worked,
        )
        with self._ready:
            self._jobs[id(runner)] = job
            if self._threaded and self._thread is None and not self._closed:
                self._thread = threading.Thread(target=self._loop, name="metrics", daemon=True)
                self._thread.start()
            self._ready.notify()

    def on_failure(self, runner: Watched, act: Callable[[Finding], None] | None) -> None:
        """Act when a failure is found in this run that was not there before; None for nothing."""
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
            self.work()

    def work(self) -> None:
        """Do the oldest job that waits, if there is one."""
        with self._ready:
            if not self._jobs:
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
            record.run, record.watch, record.known, record.scored = job.run, Watch(), frozenset(), False
        scene_of(job.data)  # made once per data set: no look has to pay for it
        begun = self._clock.worked()
        record.watch.take(look(job.step, job.config, job.data, job.generator, job.ema, job.discriminator, job.numbers))
        findings: Sequence[Finding] | None = record.watch.findings(job.config)
        if not findings and not record.watch.looks:
            findings = None
        looked, n = self._clock.worked(), runner.n_together
        record.look_from = job.worked + rest_for(job.copied + looked - begun, SHARE, n)
        scores: Mapping[str, Score] = {}
        classes = ""
        if job.scores:
            scores = score_generators(job.config, job.data, job.generator, job.ema)
            classes = score_classes(job.config, job.data, job.generator, job.ema)
            rest = rest_for(self._clock.worked() - looked, SHARE_SCORES, n)
            record.scores_from = job.worked + (rest if record.scored else min(rest, n * FIRST_REST))
            record.scored = True
        runner.report(Report(job.run, job.step, scores, findings, classes))
        self._sound(runner, record, findings or ())

    def _sound(self, runner: Watched, record: _Record, findings: Sequence[Finding]) -> None:
        failures = {f.name: f for f in findings if f.failure and FINDINGS[f.name].alarms}
        fresh = failures.keys() - record.known
        record.known = frozenset(failures)
        act = self._alarms.get(runner)
        if act is not None and fresh:
            act(next(f for name, f in failures.items() if name in fresh))
