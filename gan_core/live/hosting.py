"""A host process: runs as `Host` plays them, for the handles of another process (`gan_core.live.remote`).

It is started by `gan_core.live.nursery` and tells the process that leads where it can be called. It ends with that
process, at once: what is worth keeping has been saved. It never imports Streamlit.
"""

from __future__ import annotations

import contextlib
import ctypes
import ctypes.util
import gc
import itertools
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path
from typing import Any, Final

from gan_core.config import RunConfig
from gan_core.data.elsewhere import look_elsewhere
from gan_core.errors import CheckpointError
from gan_core.live import commands as do
from gan_core.live.handle import LockstepSpec, Question, RunHandle, RunSpec
from gan_core.live.host import Host
from gan_core.live.line import Line, LineLostError, answer
from gan_core.live.memory import Memory
from gan_core.live.status import RunStatus
from gan_core.storage.autosave import Autosave

END: Final = 10.0
"""Seconds for a run's thread to end."""


@dataclass(frozen=True)
class Setup:
    """Settings of a host at its start.

    Attributes:
        n_slots: Runs that may play at once in it.
        n_hosts: Hosts in all.
        pace: Steps a second that no run exceeds, or None.
        device: Where to train.
        folder: Where runs are saved, or None for nowhere.
        app: The app's version, for the files.
        thumbnail: Makes a small PNG from a frame; a function of a module, which may import torch late.
        saves: True if the leading process is to write what is saved, because its folder is on another machine.
        memory: Bytes that the runs of a host on another machine may take; None for a share of what it may take.
    """

    n_slots: int
    n_hosts: int = 1
    pace: float | None = None
    device: str = "cpu"
    folder: Path | None = None
    app: str = ""
    thumbnail: Callable[[bytes], bytes] | None = None
    saves: bool = False
    memory: int | None = None


@dataclass(frozen=True)
class Usage:
    """Memory and load of a host process.

    Attributes:
        pid: The process.
        rss: Bytes of memory, those included that it shares with others; 0 where that is not known.
        runs: Runs that are open.
        busy: Visitors whose runs play, or wait for their turn.
    """

    pid: int
    rss: int
    runs: int
    busy: int = 0


class LentMemory(Memory):
    """The budget of all hosts together, which the leading process keeps.

    Args:
        up: To that process.
    """

    def __init__(self, up: Line) -> None:
        super().__init__(0)
        self._up = up

    def take(self, key: Any, config: RunConfig) -> None:
        """Reserve what a run is to need."""
        with contextlib.suppress(LineLostError):  # then this process ends, too
            self._up.call("take", key, config)

    def free(self, key: Any) -> None:
        """Give it back."""
        with contextlib.suppress(LineLostError):
            self._up.call("free", key)


class Hosting:
    """The answering end of the handles.

    Args:
        host: Opens the runs.
    """

    def __init__(self, host: Host) -> None:
        self._host = host
        self._numbers = itertools.count(1)
        self._handles: dict[int, RunHandle] = {}
        self._verbs: Mapping[str, Callable[..., Any]] = {
            "open": self._open,
            "sides": lambda number: self._run(number).sides,
            "frame": lambda number, since, which: self._run(number).frame(since, which),
            "shown": lambda number, since, which, timeout: self._run(number).shown(since, which, timeout),
            "kept": lambda number, at: self._run(number).kept(at),
            "contents": lambda number: self._run(number).contents(),
            "send": self._send,
            "ask": self._ask,
            "taken": lambda number, timeout: self._run(number).flush(timeout),
            "close": self._close,
            "errand": lambda errand: errand.answer(),
            "packed": _packed,
            "usage": self.usage,
            "flush": lambda timeout: self._host.autosave is None or self._host.autosave.flush(timeout),
            "forget": self._forget,
            "stop": self._host.close,
        }

    def act(self, verb: str, args: tuple[Any, ...]) -> Any:
        """Do what another process asks for."""
        return self._verbs[verb](*args)

    def usage(self) -> Usage:
        """Tell what this process takes."""
        return Usage(os.getpid(), rss(), len(self._handles), self._host.slots.visitors)

    def _run(self, number: int) -> RunHandle:
        handle = self._handles.get(number)
        if handle is None:
            raise CheckpointError("this run has ended")
        return handle

    def _open(self, spec: RunSpec | LockstepSpec) -> tuple[int, tuple[RunStatus, ...]]:
        handle = self._host.open(spec)
        number = next(self._numbers)
        self._handles[number] = handle
        return number, handle.sides

    def _send(
        self, number: int, command: do.RunCommand[Any], patience: float = 0.0
    ) -> tuple[Any, tuple[RunStatus, ...]]:
        handle = self._run(number)
        return handle.send(command, patience=patience), handle.sides

    def _ask(self, number: int, question: Question[Any]) -> Any:
        return self._run(number).ask(question)

    def _forget(self, key: str) -> None:
        if self._host.autosave is not None:
            self._host.autosave.forget(key)

    def _close(self, number: int) -> tuple[RunStatus, ...] | None:
        """End a run, and give its memory back."""
        handle = self._handles.pop(number, None)
        if handle is None:
            return None
        handle.close()
        handle.join(END)
        sides = handle.sides
        del handle
        gc.collect()
        trim()
        return sides


def serve(address: str, key: bytes, number: int) -> None:
    """Be a host until the process that leads has ended or says so; the whole life of a host process.

    Args:
        address: Where the leading process listens.
        key: That both know.
        number: Of this host.
    """
    life = Client(address, authkey=key)
    life.send(("life", number, os.getpid()))
    setup: Setup = life.recv()
    up = Line(lambda: call_up(address, key, number))
    look_elsewhere(lambda what: had_by(up, what))
    hosting = begin(setup, LentMemory(up))
    gc.collect()
    gc.freeze()
    # Beside the leading process's own, in a folder of its user alone; elsewhere a pipe of the system has a name.
    own = None if os.name == "nt" else str(Path(address).with_name(f"host-{number}-{os.getpid()}"))
    listener = Listener(own, backlog=64, authkey=key)
    threading.Thread(target=_accept, args=(listener, hosting), name="host-accept", daemon=True).start()
    life.send((listener.address, hosting.usage()))
    status = 0
    try:
        life.recv()
    except (EOFError, OSError):
        status = 1  # the leading process was killed, and nobody else clears up
    if own is not None:
        if status:
            Path(address).unlink(missing_ok=True)
        Path(own).unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # others are still there, or it is gone
            Path(own).parent.rmdir()
    os._exit(status)  # in the midst of a step, if need be


def begin(setup: Setup, memory: Memory, autosave: Autosave | None = None) -> Hosting:
    """Begin to be a host: load what a first run needs.

    Args:
        setup: Of the leading process.
        memory: Who keeps count of what runs take.
        autosave: Where runs are saved, in place of the folder of ``setup``.
    """
    import torch

    from gan_core.live.recorder import share_among

    torch.set_num_threads(1)
    share_among(setup.n_hosts)
    host = Host(
        setup.n_slots,
        pace=setup.pace,
        device=setup.device,
        folder=setup.folder,
        app=setup.app,
        thumbnail=setup.thumbnail,
        memory=memory,
        autosave=autosave,
    )
    host.warm()
    return Hosting(host)


def call_up(address: Any, key: bytes, number: int) -> Connection:
    """Open a connection to the leading process, to ask it for something."""
    connection = Client(address, authkey=key)
    connection.send(("up", number, os.getpid()))
    return connection


def _accept(listener: Listener, hosting: Hosting) -> None:
    while True:
        try:
            connection = listener.accept()
        except Exception:  # a stranger's, or one that broke off
            continue
        threading.Thread(target=answer, args=(connection, hosting.act), name="host-call", daemon=True).start()


def had_by(up: Line, what: str) -> bytes | None:
    """Look for data in the leading process, and in whatever it knows."""
    try:
        found: bytes | None = up.call("packed", what)
    except LineLostError:
        return None
    return found


def _packed(data_hash: str) -> bytes | None:
    from gan_core.data.own import packed

    return packed(data_hash)


def rss() -> int:
    """Return the bytes of memory of this process; 0 where nothing tells."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def trim() -> None:
    """Give freed memory back to the system, where the C library can (glibc)."""
    name = ctypes.util.find_library("c")
    if name:
        found = getattr(ctypes.CDLL(name), "malloc_trim", None)
        if found is not None:
            found(0)
