"""A campaign: a sweep that a page has begun, on a thread and in processes of its own, which can be watched and ended.

One campaign of this process trains at a time, on one process fewer than there are cores, and the others wait for it.
What was trained is kept when it is ended, and rows that there are already are not trained again.
"""

from __future__ import annotations

import contextlib
import os
import threading
import weakref
from collections.abc import Iterable, Sequence
from typing import Any, Final, Literal

from gan_core.errors import GanExplorerError
from gan_core.experiments.sweep.plan import Job
from gan_core.experiments.sweep.pools import LOOK_EVERY, Processes, run

Row = dict[str, Any]
State = Literal["waiting", "training", "finished", "cancelled", "failed"]

_turn: Final = threading.Lock()
_all: Final[weakref.WeakSet[Campaign]] = weakref.WeakSet()


class Campaign:
    """A sweep in the making; begins at once.

    Args:
        jobs: From `plan`.
        known: Rows of earlier: those of these jobs are taken over, the others are not.
        workers: Processes.

    Attributes:
        jobs: As given.
        state: How it stands.
        message: Why it failed, or "".
    """

    def __init__(self, jobs: Sequence[Job], known: Iterable[Row] = (), workers: int | None = None) -> None:
        self.jobs = tuple(jobs)
        self.state: State = "waiting"
        self.message = ""
        values = {job.key: job.values for job in jobs}
        # What was varied is said as these jobs say it: a row may come from a file.
        self._rows = {row["run"]: row | dict(values[row["run"]]) for row in known if row.get("run") in values}
        self._workers = max(1, (os.cpu_count() or 1) - 1) if workers is None else workers
        self._stop = threading.Event()
        _all.add(self)
        self._thread = threading.Thread(target=self._work, name="campaign", daemon=True)
        self._thread.start()

    @property
    def rows(self) -> list[Row]:
        """Rows that are there, in the order of the jobs."""
        found = dict(self._rows)
        return [found[job.key] for job in self.jobs if job.key in found]

    @property
    def running(self) -> bool:
        """True until nothing more comes."""
        return self._thread.is_alive()

    def cancel(self) -> None:
        """End it within a second; the rows that are there stay."""
        self._stop.set()

    def join(self, timeout: float) -> None:
        """Wait at most ``timeout`` seconds for its end."""
        self._thread.join(timeout)

    def _work(self) -> None:
        while not _turn.acquire(timeout=LOOK_EVERY):
            if self._stop.is_set():
                self.state = "cancelled"
                return
        try:
            self._train()
            self.state = "cancelled" if self._stop.is_set() else "finished"
        except GanExplorerError as error:
            self.message, self.state = str(error), "failed"
        except Exception as error:
            self.message, self.state = f"something failed ({type(error).__name__}: {error})", "failed"
        finally:
            _turn.release()

    def _train(self) -> None:
        waiting = [job for job in self.jobs if job.key not in self._rows]
        if not waiting or self._stop.is_set():
            return
        self.state = "training"
        with Processes(min(self._workers, len(waiting)), nice=10) as executor:
            for row in run(waiting, executor, stopped=self._stop.is_set):
                self._rows[row["run"]] = row


def close() -> None:
    """End all campaigns of this process."""
    campaigns = list(_all)
    for campaign in campaigns:
        campaign.cancel()
    for campaign in campaigns:
        with contextlib.suppress(RuntimeError):
            campaign.join(5)
