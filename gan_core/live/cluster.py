"""Hosts in the workers of a Dask cluster, for more visitors than one machine has cores for.

Each worker that the scheduler knows has one host (`gan_core.live.worker`), also one that comes later; a worker that is
lost is as a host that dies, and nothing is put in its place until the scheduler has another one. One host process on
this machine answers what needs no run, such as histories of saved runs, and takes runs while there is no worker at all.

Dask brings the hosts to the workers and tells who is there; what is said to a run goes over lines of its own, which
bring back progress and data, and which end with the worker. Importable without torch.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, Listener
from typing import Any, Final
from urllib.parse import urlsplit

from gan_core.errors import GanExplorerError
from gan_core.live import worker as far
from gan_core.live.hosting import Setup
from gan_core.live.hosts import HostProcess, Hosts
from gan_core.live.line import knows
from gan_core.live.memory import default_budget

LOOK: Final = 2.0
"""Seconds between two looks at which workers there are."""
FIRST: Final = 20.0
"""Seconds for which a server that begins waits for a first worker."""
REST: Final = 30.0
"""Seconds for which a worker is left alone in which a host could not begin."""
PER_THREAD: Final = 2
"""Runs that may play at once for each thread of a worker, if nothing is said."""

_log = logging.getLogger(__name__)


@dataclass
class _Begun:
    """A host that was begun in a worker.

    Attributes:
        number: Of the host.
        future: The task.
    """

    number: int
    future: Any


class Cluster(Hosts):
    """Opens runs in the workers of a cluster.

    Args:
        address: Of the scheduler, such as ``tcp://10.0.0.1:8786``.
        n_slots: Runs that may play at once in each worker; 0 for two for each of its threads.
        settings: As for `Hosts`.

    Raises:
        GanExplorerError: If the address is none, or ``distributed`` is not installed.
    """

    def __init__(self, address: str, n_slots: int, **settings: Any) -> None:
        self._scheduler = checked(address)
        super().__init__(1, n_slots or PER_THREAD, **settings)
        self._n_slots = n_slots
        said = os.environ.get("GAN_EXPLORER_MEMORY")
        self._memory_of_each = default_budget() if said else None
        self._threads: dict[str, int] = {}
        self._begun: dict[str, _Begun] = {}
        self._resting: dict[str, float] = {}
        self._door: Listener | None = None
        self._none = True  # no worker has ever been there
        self._began = time.monotonic()
        self._leave = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="cluster", daemon=True)
        self._watcher.start()

    def warm(self) -> None:
        """Wait until the host of this machine is ready, and for a worker a while."""
        super().warm()
        with contextlib.suppress(GanExplorerError):
            self._wait(lambda: bool(self._fit(errand=False)))

    def close(self, timeout: float = 3.0) -> None:
        """End every run, and the hosts; the workers stay."""
        self._leave.set()
        super().close(timeout)
        self._watcher.join(10)
        if self._door is not None:
            with contextlib.suppress(OSError):
                self._door.close()

    # -- where runs go ---------------------------------------------------------------------------------------

    def _fit(self, *, errand: bool) -> list[HostProcess]:
        found = super()._fit(errand=errand)
        here = [host for host in found if not host.worker]
        there = [host for host in found if host.worker]
        if errand:  # files are here
            return here
        waits = self._none and time.monotonic() < self._began + FIRST
        return there or ([] if waits else here)

    def _setup_of(self, host: HostProcess) -> Setup:
        if not host.worker:
            return super()._setup_of(host)
        return replace(
            self._setup,
            n_slots=self._n_slots or PER_THREAD * self._threads.get(host.worker, 1),
            folder=None,
            saves=self.autosave is not None,
            memory=self._memory_of_each,
        )

    def _outlive(self, host: HostProcess, life: Connection) -> None:
        if not host.worker:
            return super()._outlive(host, life)
        self._none = False
        _log.warning("a host is ready in worker %s", host.worker)
        while life.poll(far.SILENCE):
            life.recv()
            life.send("here")
        return None

    def _replace(self, host: HostProcess, place: int | None, pid: int) -> None:
        if not host.worker:
            return super()._replace(host, place, pid)
        _log.warning("the host in worker %s has ended with %d open runs", host.worker, len(host.runs))
        return None  # the next look sees whether there still is a worker to have one

    # -- which workers there are -----------------------------------------------------------------------------

    def _watch(self) -> None:
        """See to it that each worker has a host; the body of a thread."""
        from distributed import Client

        said = ""
        while not self._leave.is_set():
            try:
                with Client(self._scheduler, timeout=10, set_as_default=False, name="gan-explorer") as client:
                    said = ""
                    while client.status == "running":
                        self._look(client)
                        if self._leave.wait(LOOK):
                            for begun in self._begun.values():
                                begun.future.cancel()
                            return
            except Exception as error:  # whatever Dask says when its scheduler is away
                words = f"{type(error).__name__}: {error}".partition("\n")[0]
                if words != said and not self._leave.is_set():
                    _log.warning("no Dask scheduler at %s, which is tried again: %s", self._scheduler, words)
                said = words
            self._begun.clear()
            self._leave.wait(LOOK)

    def _look(self, client: Any) -> None:
        workers: dict[str, Any] = client.scheduler_info()["workers"]
        now = time.monotonic()
        for name, begun in list(self._begun.items()):
            if begun.future.done() or name not in workers:
                self._give_up(name, begun, now)
        for name, told in workers.items():
            if name in self._begun or self._resting.get(name, 0.0) > now:
                continue
            number = next(self._numbers)
            with self._changed:
                if self._closed:
                    return
                self._threads[name] = int(told.get("nthreads", 1))
                self._hosts[number] = HostProcess(number, self._renew, name)
            task = client.submit(
                far.be_host,
                self._address_for_workers(),
                self._key,
                number,
                workers=[name],
                allow_other_workers=False,
                pure=False,
                retries=0,
                key=f"gan-explorer-host-{self._key[:4].hex()}-{number}",
            )
            self._begun[name] = _Begun(number, task)

    def _give_up(self, name: str, begun: _Begun, now: float) -> None:
        """Forget a host that has ended, or could not begin."""
        del self._begun[name]
        if begun.future.status == "error":
            error = begun.future.exception()
            _log.warning("no host could begin in worker %s; is the same GAN Explorer installed there? %r", name, error)
            self._resting[name] = now + REST
        begun.future.cancel()  # or the scheduler would look for another worker
        if begun.number not in self._lives:  # it never called
            with self._changed:
                host = self._hosts.pop(begun.number, None)
            if host is not None:
                host.lose()

    def _address_for_workers(self) -> tuple[str, int]:
        """Listen where the workers can call, from the first one on."""
        if self._door is None:
            from distributed.utils import get_ip

            parts = urlsplit(self._scheduler)
            self._door = Listener((get_ip(parts.hostname, parts.port), 0), backlog=64)
            self._hear(self._door, self._admit)
        address: tuple[str, int] = self._door.address
        return address

    def _admit(self, connection: Connection) -> None:
        """Hear who calls over the network."""
        if knows(connection, self._key):
            self._greet(connection)


def checked(address: str) -> str:
    """Return a scheduler's address if it is one, and Dask is installed.

    Raises:
        GanExplorerError: If not; says what to do.
    """
    try:
        parts = urlsplit(address)
        good = parts.scheme == "tcp" and bool(parts.hostname) and parts.port is not None
    except ValueError:
        good = False
    if not good:
        raise GanExplorerError(
            f"GAN_EXPLORER_CLUSTER={address[:80]!r} is not allowed: it is the address of a Dask scheduler, "
            "such as tcp://10.0.0.1:8786"
        )
    try:
        import distributed  # noqa: F401 - whether it is there
    except ImportError:
        raise GanExplorerError("a Dask cluster needs: pip install -r requirements-dask.txt") from None
    return address
