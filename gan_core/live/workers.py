"""Processes of this machine that do jobs: how they are begun, and that none outlives the one it works for."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from multiprocessing.connection import wait
from typing import Final

SPAWN: Final = multiprocessing.get_context("spawn")
"""Start method: a fork of a process with threads would copy the locks that these hold."""


def settle(nice: int = 0) -> None:
    """Prepare a worker process; its first act.

    Ctrl-C is left to the process that leads the work. If that one is killed, nobody waits for what is done here, and
    nobody says so either: the queue of an executor is held open by its workers themselves.

    Args:
        nice: How far it stands back for other processes, as of `os.nice`.
    """
    if nice:
        os.nice(nice)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), name="gan-parent", daemon=True).start()


def _end_with(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)  # in the midst of a step, if need be: nothing here is worth keeping
