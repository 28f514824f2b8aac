"""Presence: which browser holds which run, what becomes of a run when its browser goes, what all of them share.

Knows nothing of Streamlit. A guest's token is unguessable and is all that the frame routes accept. Once a second
`Rooms.reap` looks for browsers that are gone: what a guest trains is suspended `GRACE` seconds after its browser went,
and closed some time later.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import gc
import math
import os
import secrets
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Protocol

from gan_core import Intervention, RunConfig, __version__
from gan_core.export.thumbnails import thumbnail
from gan_core.live import commands as do
from gan_core.live.handle import RunHandle, RunSpec
from gan_core.live.host import make_place
from gan_core.record.snapshot import Which
from gan_core.storage.autosave import autosave_folder
from gan_core.storage.bundled import outline
from pages.ui.following.leads import Lead, Leads

Clock = Callable[[], float]
"""Seconds that only grow, such as `time.monotonic`."""

GRACE: Final = 7.0
"""A drop shorter than this leaves the run playing; it stops well within ten seconds."""
_CPU_LIMIT: Final = Path("/sys/fs/cgroup/cpu.max")
MAX_HOSTS: Final = 64
"""Host processes that are begun, whatever is asked for."""
N_SEEN: Final = 256
"""Number of nonces of commands that are remembered."""


class Stop(Protocol):
    """Tells the reaper to stop, such as a `threading.Event`."""

    def wait(self, timeout: float) -> bool:
        """Wait so many seconds; True if it is to stop."""


class Guest:
    """A browser with a run of its own, or with several in lockstep.

    Args:
        clock: Says when the browser went.

    Attributes:
        token: Opens the frame route.
        run: The run.
        gone_at: When the browser went, in the clock's seconds, or None.
        acting: Held by who does what the visitor asked for: one thing is done after the other, whichever way it came.
        asking: True while a request of theirs is being done.
        scripted: True if only the page's script may do what the visitor asks for.
    """

    run: RunHandle
    asking: bool = False
    scripted: bool = False

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self.token = secrets.token_urlsafe(16)
        self.gone_at: float | None = None
        self._lock = threading.Lock()
        self.acting = threading.RLock()
        self._seen: deque[int] = deque(maxlen=N_SEEN)

    def arrive(self) -> None:
        """Note that the browser is here, perhaps again."""
        with self._lock:
            self.gone_at = None
            self.run.send(do.Resume())

    def leave(self) -> None:
        """Note that the browser is gone, perhaps for a moment."""
        self.gone_at = self._clock()

    def settle(self, now: float, release_after: float) -> bool:
        """Suspend or close the run if the browser has been gone for long.

        Args:
            now: What the clock says.
            release_after: Seconds after which the memory is given back.

        Returns:
            True if the run was closed.
        """
        with self._lock:  # or a browser that is back at this very moment would find its run suspended for ever
            if self.gone_at is None or self.run.closed:
                return False
            gone = now - self.gone_at
            if gone > release_after:
                self.run.close()
                return True
            if gone > GRACE:
                self.run.send(do.Suspend())
            return False

    def is_new(self, nonce: int) -> bool:
        """Tell whether a command with this nonce comes for the first time."""
        if nonce in self._seen:
            return False
        self._seen.append(nonce)
        return True

    @property
    def newest(self) -> int:
        """Nonce of the newest command that came, or 0."""
        return self._seen[-1] if self._seen else 0

    @property
    def heard(self) -> str:
        """The same as text: the view sends again what it sent later."""
        return str(self.newest)


class Visit(Guest):
    """One browser's run.

    Args:
        rooms: What all visits of the process share.
        config: The run's config.
        interventions: What is to be repeated.
        preset: The preset's name, or "".
        visitor: Whose turn it is when the run plays; "" for a visitor of its own.
        at_end_of: Name of a recorded run to stand at the end of; "" for a run that plays.

    Attributes:
        key: The run's name in the autosave folder.
        visitor: As given, or a name of its own.
        which: Whose samples the visitor's page shows.
        leads: Where others are let follow.
        lead: By what code others follow this run, or None.
        point: Panel that the visitor points at, or "".
        looks_back: Step of the past that the visitor looks at, or None.
    """

    which: Which = "ema"
    lead: Lead | None = None
    point: str = ""
    looks_back: int | None = None

    def __init__(
        self,
        rooms: Rooms,
        config: RunConfig,
        interventions: Sequence[Intervention],
        preset: str,
        visitor: str = "",
        at_end_of: str = "",
    ) -> None:
        super().__init__(rooms.clock)
        self.visitor = visitor or self.token
        self.leads = rooms.leads
        self.key = f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(3)}"
        spec = RunSpec(
            config,
            interventions,
            preset,
            visitor=self.visitor,
            key=self.key,
            play=not at_end_of,
            recorded=at_end_of,
        )
        self.run = rooms.host.open(spec)


class Rooms:
    """Common parts of the visits of a process: the host of their runs, and their tokens.

    Args:
        n_slots: Runs that may play at once.
        release_after: Seconds after which the memory of a run whose browser is gone is given back.
        pace: Steps a second that no run exceeds, or None.
        clock: Says how long a browser has been gone.
        n_hosts: Processes of their own for the runs; 0 for this one.
        cluster: Address of a Dask scheduler whose workers take the runs; "" for none.

    Attributes:
        host: Where the runs are.
        since: When this process began, Unix seconds.
        leads: Runs that others follow.
        answered: Names of saved runs of an earlier process that were offered to their owner and answered.
    """

    def __init__(
        self,
        n_slots: int,
        release_after: float,
        pace: float | None = None,
        clock: Clock = time.monotonic,
        n_hosts: int = 0,
        cluster: str = "",
    ) -> None:
        self.clock = clock
        self.leads = Leads(clock)
        self.host = make_place(
            n_hosts,
            n_slots,
            cluster,
            pace=pace,
            device=default_device(),
            folder=autosave_folder(),
            app=__version__,
            thumbnail=thumbnail,
        )
        self.release_after = release_after
        self.since = time.time()
        self.answered: set[str] = set()
        self._visits: weakref.WeakValueDictionary[str, Guest] = weakref.WeakValueDictionary()
        self._lock = threading.Lock()

    def open(self, config: RunConfig, interventions: Sequence[Intervention], preset: str, visitor: str = "") -> Visit:
        """Open a visit with a run that plays."""
        return self._admitted(Visit(self, config, interventions, preset, visitor))

    def open_recorded(self, name: str, visitor: str = "") -> Visit:
        """Open a visit with a run that stands at the end of a recorded one."""
        return self._admitted(Visit(self, outline(name).config, (), name, visitor, at_end_of=name))

    def _admitted(self, visit: Visit) -> Visit:
        self.admit(visit)
        return visit

    def admit(self, guest: Guest) -> None:
        """Look after a guest from now on."""
        with self._lock:
            self._visits[guest.token] = guest
        # A session that is dropped takes its run along.
        weakref.finalize(guest, guest.run.close)

    def find(self, token: str) -> Visit | None:
        """Find the visit with this token, if its run is alive."""
        guest = self.guest(token)
        return guest if isinstance(guest, Visit) else None

    def guest(self, token: str) -> Guest | None:
        """Find the guest with this token, if its run is alive."""
        guest = self._visits.get(token)
        return None if guest is None or guest.run.closed else guest

    def sweep(self) -> None:
        """Suspend and close runs whose browsers are gone."""
        now = self.clock()
        with self._lock:
            visits = list(self._visits.values())
        closed = [visit.run for visit in visits if visit.settle(now, self.release_after)]
        del visits
        if closed:
            for run in closed:
                run.join(2.0)
            gc.collect(1)
            _trim()

    def close(self) -> None:
        """End every run; a thread still at work when Python ends would take it down with an ugly message."""
        self.host.close()

    def reap(self, stop: Stop) -> None:
        """Sweep once a second until told to stop; the body of the reaper's thread."""
        while not stop.wait(1.0):
            self.sweep()


def default_hosts(*, for_many: bool) -> int:
    """Read from ``GAN_EXPLORER_HOSTS`` how many processes are for the runs; 0 is the server's own.

    Args:
        for_many: Whether others can reach the server: then there is one for each core, if nothing is said. Not on a
            graphics processor, where each would take its own part of the memory.
    """
    text = os.environ.get("GAN_EXPLORER_HOSTS", "")
    if text.isascii() and text.isdecimal():
        return min(int(text), MAX_HOSTS)
    return min(cores(), MAX_HOSTS) if for_many and default_device() == "cpu" else 0


def cores(limit: Path = _CPU_LIMIT) -> int:
    """Return the cores that this process may use: those of the machine, or of the container that it is.

    Args:
        limit: File that says which share of the time a container has, as "200000 100000" for two cores.
    """
    n = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, period = limit.read_text(encoding="ascii").split()
    except (OSError, ValueError):
        return n
    whole = quota.isdecimal() and period.isdecimal() and int(period) > 0
    return max(1, min(n, math.ceil(int(quota) / int(period)))) if whole else n


def default_cluster() -> str:
    """Read from ``GAN_EXPLORER_CLUSTER`` the address of the Dask scheduler whose workers take the runs, or ""."""
    return os.environ.get("GAN_EXPLORER_CLUSTER", "").strip()


def default_slots() -> int:
    """Read from ``GAN_EXPLORER_SLOTS`` how many runs may play at once, on a cluster in each worker.

    If it says nothing, it is twice the cores, and 0 on a cluster: twice each worker's threads.
    """
    text = os.environ.get("GAN_EXPLORER_SLOTS", "")
    return max(1, int(text)) if text.isdecimal() else 0 if default_cluster() else 2 * (os.cpu_count() or 1)


def default_pace() -> float | None:
    """Read from ``GAN_EXPLORER_PACE`` how many steps a second no run exceeds, at least 1; None if it says nothing."""
    text = os.environ.get("GAN_EXPLORER_PACE", "")
    return float(max(1, int(text))) if text.isdecimal() else None


def default_device() -> str:
    """Read from ``GAN_EXPLORER_DEVICE`` where runs train, such as "cuda"; "cpu" if it says nothing."""
    return os.environ.get("GAN_EXPLORER_DEVICE", "") or "cpu"


def _trim() -> None:
    """Give freed memory back to the system, where the C library can (glibc)."""
    name = ctypes.util.find_library("c")
    if name:
        trim = getattr(ctypes.CDLL(name), "malloc_trim", None)
        if trim is not None:
            trim(0)
