"""A host in a worker of a Dask cluster: it connects back to the process that leads, and plays runs until that ends.

It lives in the worker's own process, on a thread that has left the worker's pool, so that the worker is as free for
other work as before. Nothing of it is on this machine's disk: what is saved is written by the leading process, and
data that are not here, files of data sets included, are asked of it. It ends with the leading process, or when that
has said nothing for a while; the worker stays.
"""

from __future__ import annotations

import contextlib
import gc
import os
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path
from typing import Final

from gan_core.data.elsewhere import look_elsewhere, look_here_alone
from gan_core.live.hosting import Hosting, Setup, begin, call_up, had_by
from gan_core.live.line import Line, LineLostError, answer, knows
from gan_core.live.memory import SHARE, Memory, machine_bytes
from gan_core.record.run_card import RunCard
from gan_core.storage.autosave import Autosave

BEAT: Final = 5.0
"""Seconds between two words of a host that is there."""
SILENCE: Final = 30.0
"""Seconds of silence after which either side takes the other for lost, as when a machine has lost its power."""


def be_host(address: tuple[str, int], key: bytes, number: int) -> None:
    """Be a host until the process that leads has ended or says so; the task of a worker.

    Args:
        address: Where the leading process listens.
        key: That both know.
        number: Of this host.
    """
    from distributed import get_worker, secede

    worker = get_worker()
    secede()
    serve(address, key, number, worker.ip, worker.memory_manager.memory_limit)


def serve(address: tuple[str, int], key: bytes, number: int, here: str, limit: int | None) -> None:
    """Be a host in this process.

    Args:
        address: Where the leading process listens.
        key: That both know.
        number: Of this host.
        here: This machine's address, as the leading process may call it.
        limit: Bytes that this process may take; None if nobody has said.
    """
    life = Client(address, authkey=key)
    with life:
        life.send(("life", number, os.getpid()))
        try:
            setup: Setup = life.recv()
        except (EOFError, OSError):  # it wants this host no more
            return
        up = Line(lambda: call_up(address, key, number))

        def look(what: str) -> bytes | None:
            return had_by(up, what)

        look_elsewhere(look)
        budget = int(SHARE * (limit or machine_bytes())) if setup.memory is None else setup.memory
        hosting = begin(setup, Memory(budget), Sent(up, setup.app) if setup.saves else None)
        listener = Listener((here, 0), backlog=64)
        end = threading.Event()
        threading.Thread(target=_accept, args=(listener, key, hosting, end), name="host-accept", daemon=True).start()
        try:
            life.send((listener.address, hosting.usage()))
            with contextlib.suppress(EOFError, OSError):
                _beat(life)
        finally:
            end.set()
            _wake(listener)
            look_here_alone(look)
            up.lose()  # what waits to be saved has nowhere to go
            hosting.act("stop", (3.0,))
            del hosting
            gc.collect()


def _beat(life: Connection) -> None:
    """Say again and again that this host is there, until the other side says that it is to end, or nothing at all."""
    heard, due = time.monotonic(), 0.0
    while (now := time.monotonic()) < heard + SILENCE:
        if now >= due:
            life.send("here")
            due = now + BEAT
        if life.poll(max(0.0, due - now)):
            if life.recv() is None:
                return
            heard = time.monotonic()


class Sent(Autosave):
    """The saved runs of a host whose disk is not the server's: their files are sent there.

    Args:
        up: To the leading process.
        app: The app's version.
    """

    def __init__(self, up: Line, app: str) -> None:
        super().__init__(Path(), app=app)
        self._up = up

    def put(self, key: str, content: bytes, card: Callable[[], RunCard]) -> None:
        """Have a file written."""
        with contextlib.suppress(LineLostError):  # then this host ends, too
            self._up.call("save", key, content, card())

    def _tidy(self) -> None:
        """Leave the folder to the leading process."""


def _accept(listener: Listener, key: bytes, hosting: Hosting, end: threading.Event) -> None:
    with listener:
        while not end.is_set():
            try:
                connection = listener.accept()
            except Exception:  # one that broke off
                continue
            if end.is_set():
                connection.close()
                return
            args = connection, key, hosting, end
            threading.Thread(target=_answer, args=args, name="host-call", daemon=True).start()


def _answer(connection: Connection, key: bytes, hosting: Hosting, end: threading.Event) -> None:
    if knows(connection, key):
        answer(connection, hosting.act, end.is_set)


def _wake(listener: Listener) -> None:
    """Have a thread that waits for calls look up."""
    with contextlib.suppress(OSError, EOFError):
        Client(listener.address).close()
