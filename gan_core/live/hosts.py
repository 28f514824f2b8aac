"""Host processes: runs live in processes of their own, so that each core trains and one that ends takes few along.

There are as many as were asked for, begun once and kept warm (`gan_core.live.nursery`); in each is a `Host` with its
part of the slots. What they share stays in the leading process: the budget of memory, own data that somebody has
brought, and which run is where. A visitor's runs are together in one host, where the queue counts them as one
visitor's. A host that ends is replaced, and its runs say so (`gan_core.live.remote`). Importable without torch.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import os
import queue
import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import replace
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path
from typing import Any, Final, TypeVar, cast

from gan_core.data.download import packed_file
from gan_core.data.elsewhere import FILE, look_elsewhere, look_here_alone
from gan_core.errors import CheckpointError, GanExplorerError
from gan_core.live import nursery
from gan_core.live.handle import Errand, LockstepSpec, RunSpec
from gan_core.live.host import Place
from gan_core.live.hosting import Setup, Usage
from gan_core.live.line import Line, LineLostError, answer
from gan_core.live.memory import Memory, default_budget
from gan_core.live.remote import RemoteRun
from gan_core.live.status import RunStatus
from gan_core.record.run_card import RunCard
from gan_core.storage.autosave import Autosave

R = TypeVar("R")

PATIENCE: Final = 120.0
"""Seconds for a host to be ready: PyTorch is loaded from a cold disk."""
GROWTH: Final = 200_000_000
"""Bytes by which a host that has no runs may have grown before another takes its place."""
SHORT_LIFE: Final = 5.0
"""Seconds; a host that ends sooner is replaced ever later, up to `LONGEST_REST`."""
LONGEST_REST: Final = 30.0

_log = logging.getLogger(__name__)


class HostProcess:
    """One host, as the leading process knows it.

    Args:
        number: Its number.
        on_empty: Told when the last of its runs has ended.
        worker: Address of the worker of a cluster in which it is; "" on this machine.

    Attributes:
        number: As given.
        worker: As given.
        line: Calls it; once it is ready.
        ready: Whether it is.
        lost: True when it has ended.
        leaving: True if it takes no more runs.
        base: What it took when it was ready.
        runs: Number of an open run to its visitor.
    """

    line: Line

    def __init__(self, number: int, on_empty: Callable[[HostProcess], None], worker: str = "") -> None:
        self.number, self.worker = number, worker
        self.ready = self.lost = self.leaving = False
        self.base = Usage(0, 0, 0)
        self.runs: dict[int, Hashable] = {}
        self.since = time.monotonic()
        self._on_empty = on_empty
        self._ending: set[int] = set()
        self._dropped: queue.SimpleQueue[int | None] = queue.SimpleQueue()
        threading.Thread(target=self._drop_all, name=f"host-{number}-drop", daemon=True).start()

    def drop(self, number: int) -> None:
        """Have a run ended soon; returns at once, and may be called in the midst of anything."""
        self._ending.add(number)
        self._dropped.put(number)

    @property
    def visitors(self) -> list[Hashable]:
        """Visitors of the runs that are here, one entry a run; runs that are being ended are not counted."""
        return [visitor for number, visitor in list(self.runs.items()) if number not in self._ending]

    def has_ended(self, number: int) -> bool:
        """Tell whether a run has ended."""
        return self.lost or number not in self.runs

    def wait_for(self, number: int, timeout: float) -> None:
        """Wait until a run that was dropped has ended."""
        end = time.monotonic() + timeout
        while not self.has_ended(number) and time.monotonic() < end:
            time.sleep(0.01)

    def lose(self) -> None:
        """Note that the process has ended."""
        self.lost = True
        if self.ready:
            self.line.lose()
        self._dropped.put(None)

    def _drop_all(self) -> None:
        while (number := self._dropped.get()) is not None:
            try:
                self.line.call("close", number)
            except LineLostError:
                return
            except Exception:
                _log.exception("a run could not be ended")
            self.runs.pop(number, None)
            self._ending.discard(number)
            if not self.runs:
                self._on_empty(self)


class Shelf(Autosave):
    """The saved runs as the leading process sees them: hosts write them.

    Args:
        folder: Where they are.
        app: The app's version.
        hosts: Calls all hosts: verb and arguments to their answers.
    """

    def __init__(self, folder: Path, app: str, hosts: Callable[..., list[Any]]) -> None:
        super().__init__(folder, app=app)
        self._hosts = hosts

    def forget(self, key: str) -> None:
        """Do not write what waits of a run."""
        self._hosts("forget", key)

    def flush(self, timeout: float = 10.0) -> bool:
        """Wait until all that was offered is written; returns whether it was."""
        return all(self._hosts("flush", timeout))


class Hosts(Place):
    """Opens runs in host processes, and ends them all.

    Args:
        n: Processes; no more than slots.
        n_slots: Runs that may play at once, in all of them together.
        pace: As for `gan_core.live.host.Host`, and so are all others.
        device: Where to train.
        folder: Where runs are saved, or None for nowhere.
        app: The app's version.
        thumbnail: A function of a module, for it goes by its name.
        memory: Bytes that all runs may take, or None.

    Attributes:
        n: Processes.
    """

    def __init__(
        self,
        n: int,
        n_slots: int,
        *,
        pace: float | None = None,
        device: str = "cpu",
        folder: Path | None = None,
        app: str = "",
        thumbnail: Callable[[bytes], bytes] | None = None,
        memory: int | None = None,
    ) -> None:
        self.apart = True
        self.autosave = None if folder is None else Shelf(folder, app, self._all)
        self.n = max(1, min(n, n_slots))
        self._setup = Setup(0, self.n, pace, device, folder, app, thumbnail)
        self._slots = [n_slots // self.n + (i < n_slots % self.n) for i in range(self.n)]
        self._memory = Memory(default_budget() if memory is None else memory)
        self._taken: dict[int, set[Any]] = {}
        self._changed = threading.Condition(threading.RLock())
        self._hosts: dict[int, HostProcess] = {}
        self._places: dict[int, int] = {}  # number of a host to whose slots it has
        self._numbers = itertools.count(1)
        self._short_lives = 0
        self._closed = self._deaf = False
        self._key = secrets.token_bytes(32)
        self._folder = Path(tempfile.mkdtemp(prefix="gan-hosts-"))  # of this user alone
        own = None if os.name == "nt" else str(self._folder / "lead")
        self._listener = Listener(own, backlog=64, authkey=self._key)
        self._address: str = cast(str, self._listener.address)
        self._lives: dict[int, Connection] = {}
        self._hear(self._listener, self._greet)
        self._nursery: subprocess.Popen[bytes] | None = None
        look_elsewhere(self.packed)
        for place in range(self.n):
            self._begin(place)

    # -- what is asked for -----------------------------------------------------------------------------------

    def warm(self) -> None:
        """Wait until all hosts are ready."""
        self._wait(lambda: sum(host.ready for host in self._hosts.values()) >= self.n)

    def open(self, spec: RunSpec | LockstepSpec) -> RemoteRun:
        """Start a run, or several in lockstep, in the host that has the fewest."""
        return RemoteRun(spec, self, *self.enter(spec))

    def enter(self, spec: RunSpec | LockstepSpec) -> tuple[HostProcess, int, tuple[RunStatus, ...]]:
        """Choose a host for a run, and open it there.

        Returns:
            The host, the run's number there, and what is said of the run.

        Raises:
            GanExplorerError: If it is not allowed, or no host can be begun.
        """
        while True:
            with self._chosen(spec.visitor) as host, contextlib.suppress(LineLostError):
                number, sides = host.line.call("open", spec)
                host.runs[number] = spec.visitor
                return host, number, sides
            host.lose()

    def ask(self, errand: Errand[R]) -> R:
        """Have something answered by the host that has the fewest runs."""
        while True:
            with self._chosen(None, errand=True) as host, contextlib.suppress(LineLostError):
                return cast(R, host.line.call("errand", errand))
            host.lose()

    def usage(self) -> list[Usage]:
        """Tell what each host takes."""
        return self._all("usage")

    def packed(self, data_hash: str) -> bytes | None:
        """Look for own data in the hosts, such as those that a file has brought along."""
        return next((found for found in self._all("packed", data_hash) if found is not None), None)

    def _all(self, verb: str, *args: Any) -> list[Any]:
        """Call all hosts; those that have ended give no answer."""
        with self._changed:
            ready = [host for host in self._hosts.values() if host.ready and not host.lost]
        found = []
        for host in ready:
            with contextlib.suppress(LineLostError):
                found.append(host.line.call(verb, *args))
        return found

    def close(self, timeout: float = 3.0) -> None:
        """End every run, and the hosts."""
        with self._changed:
            if self._closed:
                return
            self._closed = True
            hosts = list(self._hosts.values())
        look_here_alone(self.packed)
        ends = [threading.Thread(target=self._stop, args=(host, timeout), daemon=True) for host in hosts]
        for end in ends:
            end.start()
        for end in ends:
            end.join(timeout + 12)
        if self._nursery is not None and self._nursery.stdin is not None:
            with contextlib.suppress(OSError):
                self._nursery.stdin.close()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._nursery.wait(5)
        self._deaf = True  # until now hosts had files to send
        with contextlib.suppress(OSError):
            self._listener.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    # -- hosts that come and go ------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _chosen(self, visitor: Hashable, *, errand: bool = False) -> Any:
        """Find a host for a visitor's run, or for an errand, which counts as its run from now on."""
        self._wait(lambda: bool(self._fit(errand=errand)))
        busy = {} if errand else self._busy()
        mark = -next(self._numbers)
        with self._changed:
            hosts = self._fit(errand=errand)
            if not hosts:
                raise GanExplorerError("the processes that train have just ended; try again in a moment")
            own = [host for host in hosts if visitor is not None and visitor in host.visitors]
            # Pages that only stand take no turns; of equals, and of those that come at the same time, who has fewest.
            host = min(own or hosts, key=lambda host: (busy.get(host.number, 0), len(host.visitors), host.number))
            host.runs[mark] = visitor
        try:
            yield host
        finally:
            host.runs.pop(mark, None)

    def _busy(self) -> dict[int, int]:
        """Tell how many visitors take turns in each host that may take a run; one that has just come counts, too."""
        found = {}
        for host in self._fit(errand=False):
            with contextlib.suppress(LineLostError):
                waiting = sum(run < 0 for run in list(host.runs))
                found[host.number] = host.line.call("usage").busy + waiting
        return found

    def _fit(self, *, errand: bool) -> list[HostProcess]:
        """List the hosts that may take a run, or an errand."""
        return [host for host in self._hosts.values() if host.ready and not host.lost and not host.leaving]

    def _wait(self, ready: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE
        with self._changed:
            while not ready():
                if self._closed or time.monotonic() > end:
                    raise GanExplorerError("no process that trains could be begun; the server's log says why")
                self._changed.wait(0.5)

    def _begin(self, place: int) -> None:
        """Begin a host in the place of one that has ended, or the first one there."""
        with self._changed:
            if self._closed:
                return
            number = next(self._numbers)
            self._hosts[number] = HostProcess(number, self._renew)
            self._places[number] = place
            if self._nursery is not None and nursery.FORKS:
                try:
                    nursery.tell(self._nursery, number)
                    return
                except OSError:
                    _log.warning("the process that begins others has ended, and is begun anew")
            self._nursery = nursery.start(self._address, self._key)
            nursery.tell(self._nursery, number)

    def _hear(self, listener: Listener, greet: Callable[[Connection], None]) -> None:
        """Accept connections, each on a thread of its own."""

        def accept() -> None:
            while not self._deaf:
                try:
                    connection = listener.accept()
                except Exception:  # a stranger's, or one that broke off; or this end is closed
                    time.sleep(0.01)
                    continue
                threading.Thread(target=greet, args=(connection,), name="host-greet", daemon=True).start()

        threading.Thread(target=accept, name="hosts-accept", daemon=True).start()

    def _greet(self, connection: Connection) -> None:
        """Hear which host calls, and for what, and be there for it."""
        try:
            kind, number, pid = connection.recv()
        except Exception:
            connection.close()
            return
        if kind != "life":
            self._serve(connection, number)
        elif number in self._hosts and number not in self._lives:
            self._live(connection, number, pid)
        else:  # one that was given up meanwhile
            connection.close()

    def _live(self, life: Connection, number: int, pid: int) -> None:
        """Set a host up, and wait for its end."""
        host = self._hosts[number]
        self._lives[number] = life
        with contextlib.suppress(EOFError, OSError):
            life.send(self._setup_of(host))
            address, host.base = life.recv()
            host.line = Line(lambda: Client(address, authkey=self._key))
            with self._changed:
                host.ready, host.since = True, time.monotonic()
                self._changed.notify_all()
            self._outlive(host, life)
        host.lose()
        with self._changed:
            del self._hosts[number], self._lives[number]
            place = self._places.pop(number, None)
            for key in self._taken.pop(number, set()):
                self._memory.free((number, key))
        if not self._closed and not host.leaving:
            self._replace(host, place, pid)

    def _setup_of(self, host: HostProcess) -> Setup:
        return replace(self._setup, n_slots=self._slots[self._places[host.number]])

    def _outlive(self, host: HostProcess, life: Connection) -> None:
        """Return, or raise as a connection does, when the host has ended."""
        life.recv()  # says nothing more, ever

    def _replace(self, host: HostProcess, place: int | None, pid: int) -> None:
        """Begin a host in the place of one that has ended by itself."""
        assert place is not None
        lived = time.monotonic() - host.since if host.ready else 0.0
        _log.warning(
            "host process %d (pid %d) has ended with %d open runs; another is begun", host.number, pid, len(host.runs)
        )
        self._short_lives = 0 if lived > SHORT_LIFE else self._short_lives + 1
        if self._short_lives > 1:
            time.sleep(min(LONGEST_REST, 2.0**self._short_lives / 4))
        self._begin(place)

    def _serve(self, connection: Connection, number: int) -> None:
        """Answer what a host asks for."""

        def act(verb: str, args: tuple[Any, ...]) -> Any:
            if verb == "take":
                self._memory.take((number, args[0]), args[1])
                with self._changed:
                    self._taken.setdefault(number, set()).add(args[0])
                return None
            if verb == "free":
                self._memory.free((number, args[0]))
                with self._changed:
                    self._taken.get(number, set()).discard(args[0])
                return None
            if verb == "save":
                return self._save(*args)
            if args[0].startswith(FILE):
                return packed_file(args[0])
            own = sys.modules.get("gan_core.data.own")  # who has not loaded it, and PyTorch with it, has no data
            here = None if own is None else own.packed(args[0])
            return self.packed(args[0]) if here is None else here

        answer(connection, act)

    def _save(self, key: str, content: bytes, card: RunCard) -> None:
        """Write a run's file for a host of another machine."""
        if self.autosave is None:
            return
        try:
            self.autosave.put(key, content, lambda: card)
        except OSError as error:
            raise CheckpointError(str(error)) from None

    def _renew(self, host: HostProcess) -> None:
        """Replace a host that has no runs if it has grown."""
        if host.worker:  # a process that is not ours to end
            return
        with contextlib.suppress(LineLostError):
            grown = host.line.call("usage").rss - host.base.rss
            with self._changed:
                if grown < GROWTH or host.runs or self._closed:
                    return
                host.leaving = True
                place = self._places[host.number]
            self._begin(place)
            self._stop(host, 1.0)

    def _stop(self, host: HostProcess, timeout: float) -> None:
        """End a host that is not needed any more."""
        life = self._lives.get(host.number)
        if host.ready:
            with contextlib.suppress(LineLostError, GanExplorerError):
                host.line.call("stop", timeout)
        if life is not None:
            with contextlib.suppress(OSError):
                life.send(None)
