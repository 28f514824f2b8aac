"""Executors for the jobs of a sweep: processes of this machine, a Dask cluster, or any other executor.

A worker that dies takes no row with it: a cluster gives its jobs to others by itself, and of a broken pool of
processes the unfinished jobs are done by a new one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from typing import Any, Final

from gan_core.errors import SweepError
from gan_core.experiments.sweep.job import begin, train_one
from gan_core.experiments.sweep.plan import Job
from gan_core.live.workers import SPAWN

LOOK_EVERY: Final = 0.2
"""Seconds between two looks at whether to stop."""
RETRIES: Final = 3
"""Number of times that a job may lose its worker."""

Row = dict[str, Any]


class Processes(Executor):
    """Processes of this machine that come back when one of them dies.

    Args:
        n: How many.
        nice: How far they stand back for other processes of this machine, as of `os.nice`.
    """

    def __init__(self, n: int, nice: int = 0) -> None:
        self._n, self._nice = n, nice
        self._stop = SPAWN.Event()
        self.renew()

    def renew(self) -> None:
        """Replace the pool by one of new processes; no more results come from the old one."""
        self._pool = ProcessPoolExecutor(self._n, SPAWN, begin, (self._stop, self._nice))

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Submit a call, as to any executor."""
        return self._pool.submit(fn, *args, **kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the processes; unfinished jobs are abandoned."""
        self._stop.set()
        self._pool.shutdown(wait, cancel_futures=cancel_futures)


def processes(n: int) -> Processes:
    """Start ``n`` processes of this machine, each with one torch thread; use them in a ``with``."""
    return Processes(n)


@contextmanager
def dask(address: str) -> Iterator[Executor]:
    """Connect to the workers of a Dask cluster; each should have one thread and the same version of this package.

    Args:
        address: Of its scheduler, such as ``tcp://10.0.0.1:8786``.

    Raises:
        SweepError: If ``distributed`` is not installed here, or no scheduler answers.
    """
    try:
        from distributed import Client
    except ImportError:
        raise SweepError("a Dask cluster needs: pip install -r requirements-dask.txt") from None
    try:
        client = Client(address, timeout=10, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        raise SweepError(f"no Dask scheduler at {address[:80]!r}: {str(error).partition(chr(10))[0]}") from None
    with client:
        executor = client.get_executor(pure=False, retries=RETRIES)
        try:
            yield executor
        finally:
            executor.shutdown(wait=False)


def run(jobs: Iterable[Job], executor: Executor, *, stopped: Callable[[], bool] = lambda: False) -> Iterator[Row]:
    """Run jobs and yield each row as soon as it is finished, in no fixed order.

    Args:
        jobs: From `plan`.
        executor: From `processes` or `dask`, or any other.
        stopped: Asked several times a second; once it says yes, no more rows come. Unfinished jobs are abandoned
            by `processes`; on a cluster they are finished in vain.

    Yields:
        Rows, from `train_one`.

    Raises:
        GanExplorerError: Whatever a job raised, such as for want of its data.
        SweepError: If workers keep dying and no row comes any more.
    """
    waiting, deaths = {job.key: job for job in jobs}, 0
    while waiting:
        futures = {executor.submit(train_one, job.plain()): key for key, job in waiting.items()}
        try:
            while futures:
                done, _ = wait(futures, LOOK_EVERY, FIRST_COMPLETED)
                for future in done:
                    row = future.result()
                    deaths = 0
                    del waiting[futures.pop(future)]
                    yield row
                if stopped():
                    return
        except BrokenExecutor:
            deaths += 1
            if deaths > RETRIES or not isinstance(executor, Processes):
                raise SweepError(
                    f"{deaths} workers died one after the other, and {len(waiting)} runs are left; is memory short? "
                    "Fewer workers need less; rows that are there are not lost"
                ) from None
            executor.renew()
        finally:
            for future in futures:
                future.cancel()
