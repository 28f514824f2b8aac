"""A Dask cluster on this machine: a scheduler and workers, each a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def cluster(
    folder: Path, n: int = 2, environment: Mapping[str, str] | None = None
) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """Start them, and end them; yields the scheduler's address and the workers.

    Args:
        folder: For the scheduler's file.
        n: Workers.
        environment: Of the workers.
    """
    where = folder / "scheduler.json"
    begin = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--port", "0", "--no-dashboard"]
    join = [sys.executable, "-m", "distributed.cli.dask_worker", "--nthreads", "1", "--no-nanny", "--no-dashboard"]
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": ROOT}
    started = [subprocess.Popen([*begin, "--host", "127.0.0.1", "--scheduler-file", str(where)], **quiet)]
    started += [
        subprocess.Popen([*join, "--scheduler-file", str(where)], env=environment, **quiet)  # type: ignore[call-overload]
        for _ in range(n)
    ]
    try:
        end = time.monotonic() + 60
        while not where.exists() and time.monotonic() < end:
            time.sleep(0.05)
        yield json.loads(where.read_text())["address"], started[1:]
    finally:
        for process in started:
            process.kill()
            process.wait()
