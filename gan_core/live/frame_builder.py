"""The builder: from snapshots, metrics and a run's state to the newest frame.

It belongs to one run and is used on that run's threads; `frame`, a pair that is never changed once it is there,
may be read from anywhere.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np

from gan_core.diagnosis import FINDINGS, Finding, verdict
from gan_core.diagnosis.report import Report
from gan_core.live.clock import WALL
from gan_core.metrics import Score, curves_of, doubts_of
from gan_core.record import frame as frames
from gan_core.record.frame import BareHeader, Built, Header, Mark, Playing, Verdict
from gan_core.record.snapshot import Snapshot
from gan_core.training.snapshots import Moment

MAX_METRIC_POINTS: Final = 400
_RATE_WINDOW: Final = 2.0


class FrameBuilder:
    """Collects what a view shows of a run, and builds its frames.

    Args:
        clock: The time.

    Attributes:
        frame: Serial and bytes of the newest frame, or None. Serials grow for ever, also over restarts.
        snapshot: The newest snapshot, or None.
        published: When the newest frame was built, in the clock's seconds.
    """

    def __init__(self, clock: Callable[[], float] = WALL) -> None:
        self._clock = clock
        self.frame: tuple[int, bytes] | None = None
        self.snapshot: Snapshot | None = None
        self.published = 0.0
        self._serial = 0
        self._lock = threading.Lock()
        self._rates: deque[tuple[float, int]] = deque(maxlen=40)
        self._scores: dict[str, Score] = {}
        self._scores_step = 0
        self._classes = ""
        self._series: list[tuple[int, dict[str, float]]] = []
        self._findings: Sequence[Finding] | None = None
        self._found_step = 0
        self._recalled: tuple[int, Verdict | None] = (0, None)

    def begin_run(self) -> None:
        """Forget the numbers of the last run; its last picture stays until there is a new one."""
        self._scores, self._scores_step, self._series, self._classes = {}, 0, [], ""
        self._findings, self._found_step = None, 0
        self._recalled = (0, None)
        self._rates.clear()

    def recall(self, step: int, said: Verdict | None) -> None:
        """Repeat what was said of a run when it was at this step, until it is looked at again or goes on."""
        self._recalled = step, said
        self._found_step = step if said is not None else 0

    def begin_playing(self) -> None:
        """Measure steps a second from here."""
        self._rates.clear()

    def release(self) -> None:
        """Free the frame and the snapshot."""
        self.frame = self.snapshot = None
        self.begin_run()

    def take(self, snapshot: Snapshot) -> bool:
        """Take in a snapshot, unless D's answers in it are no numbers: then the last good picture stays.

        Returns:
            True if it was taken.
        """
        if not all(np.isfinite(snapshot.arrays[name]).all() for name in ("real_logits", "fake_logits")):
            return False
        self.snapshot = snapshot
        return True

    def report(self, report: Report) -> None:
        """Take in metrics and findings; without scores the last ones stay."""
        scores = report.scores
        with self._lock:
            self._findings, self._found_step = report.findings, report.step
            if not scores:
                return
            self._scores, self._scores_step, self._classes = dict(scores), report.step, report.classes
            self._series.append((report.step, {name: scores[name].value for name in curves_of(scores)}))
            if len(self._series) > MAX_METRIC_POINTS:
                self._series = self._series[::2]

    @property
    def findings(self) -> Sequence[Finding]:
        """Findings of the diagnosis, the gravest first."""
        with self._lock:
            return self._findings or ()

    @property
    def scores(self) -> tuple[int, Mapping[str, Score]]:
        """The newest metrics, and the step that they are of."""
        with self._lock:
            return self._scores_step, dict(self._scores)

    def publish(self, state: Playing, moment: Moment | None) -> None:
        """Build the frame.

        Args:
            state: Header entries of the run's state.
            moment: For the steps done, and what can be said of the run; None before the first.
        """
        with self._lock:
            now = self.published = self._clock()
            self._serial += 1
            step, lost = (0, "") if moment is None else (moment.step, moment.lost)
            built: Built = {
                "serial": self._serial,
                "steps_per_second": self._rate(now, step) if state["state"] == "playing" else 0.0,
                "metrics": {name: {"value": s.value, "floor": s.floor, "n": s.n} for name, s in self._scores.items()},
                "metrics_step": self._scores_step,
                "found_step": self._found_step,
                "lost": lost,
            }
            header: Header | BareHeader
            if self.snapshot is None:
                header = {**state, **built, "step": step}
            else:
                header = {**self.snapshot.header, **state, **built, "step": step}
                if moment is not None:
                    header["doubts"] = doubts_of(moment.config, moment.data, self._scores)
                    header["marks"] = [*header["marks"], *_failure_marks(self._findings or ())]
                    header["verdict"] = self._say(header, moment)
            arrays = {} if self.snapshot is None else dict(self.snapshot.arrays)
            if self._series:
                arrays["metric_step"] = np.array([s for s, _ in self._series], np.float32)
                for name in self._series[-1][1]:
                    values = [row.get(name, np.nan) for _, row in self._series]
                    arrays[f"metric_{name}"] = np.array(values, np.float32)
            self.frame = (self._serial, frames.encode(header, arrays))

    def _say(self, header: Header, moment: Moment) -> Verdict:
        recalled_step, recalled = self._recalled
        if self._findings is None and recalled is not None and moment.step == recalled_step:
            return recalled
        said = verdict(header, moment.history, moment.config, self._findings)
        if moment.lost and "name" in said and FINDINGS[said["name"]].tells_lost_modes:
            said["evidence"].append(moment.lost)
        if self._classes:
            said["evidence"].append(f"At step {self._scores_step:,}: {self._classes}")
        return said

    def _rate(self, now: float, step: int) -> float:
        """Measure steps a second over the last seconds."""
        self._rates.append((now, step))
        while len(self._rates) > 2 and now - self._rates[0][0] > _RATE_WINDOW:
            self._rates.popleft()
        elapsed = now - self._rates[0][0]
        return (step - self._rates[0][1]) / elapsed if elapsed > 0.05 else 0.0


def _failure_marks(findings: Sequence[Finding]) -> list[Mark]:
    """Mark where each failure began, for the plots."""
    return [{"step": f.since_step, "label": FINDINGS[f.name].headline.rstrip(".")} for f in findings if f.failure]
