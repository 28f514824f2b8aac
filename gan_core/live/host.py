"""Places where runs are opened: this process, or processes of their own (`gan_core.live.hosts`).

Runs of one process share its slots, one monitor and one folder of saved runs. Importable without torch, which comes
with the first run that is opened.
"""

from __future__ import annotations

import threading
import time
import weakref
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from gan_core.live.handle import Errand, LockstepSpec, RunHandle, RunSpec
from gan_core.live.memory import Memory, default_budget
from gan_core.live.queue import Slots
from gan_core.storage.autosave import Autosave

if TYPE_CHECKING:
    from gan_core.live.monitor import Monitor


R = TypeVar("R")


class Place(ABC):
    """Place where runs are opened.

    Attributes:
        autosave: The saved runs, or None.
        apart: True if runs are in other processes: then what a handle says takes a moment, which is not to be spent on
            an event loop.
    """

    autosave: Autosave | None
    apart: bool

    @abstractmethod
    def warm(self) -> None:
        """Load what the first run needs; returns when it may come."""

    @abstractmethod
    def open(self, spec: RunSpec | LockstepSpec) -> RunHandle:
        """Start a run, or several in lockstep.

        Raises:
            GanExplorerError: In one sentence: what is not allowed, or not there.
        """

    @abstractmethod
    def ask(self, errand: Errand[R]) -> R:
        """Have something answered where runs are, such as what needs PyTorch.

        Raises:
            GanExplorerError: In one sentence: what is not allowed.
        """

    @abstractmethod
    def close(self, timeout: float = 3.0) -> None:
        """End every run, and write what waits to be saved.

        Args:
            timeout: Seconds to wait for all runs together.
        """


def make_place(n_processes: int, n_slots: int, cluster: str = "", **settings: Any) -> Place:
    """Make a place where runs are opened.

    Args:
        n_processes: Processes of their own for the runs; 0 for this one.
        n_slots: Runs that may play at once; on a cluster in each worker, and 0 for two for each thread.
        cluster: Address of a Dask scheduler, whose workers take the runs; "" for none.
        settings: As for `Host`.

    Raises:
        GanExplorerError: If there can be no such place; says what to do.
    """
    if cluster:
        from gan_core.live.cluster import Cluster

        return Cluster(cluster, n_slots, **settings)
    if not n_processes:
        return Host(n_slots, **settings)
    from gan_core.live.hosts import Hosts  # the first page of a server for one needs none of it

    return Hosts(n_processes, n_slots, **settings)


def check_cluster(address: str) -> None:
    """See whether runs can be taken to the workers of a scheduler with this address; it need not be there yet.

    Raises:
        GanExplorerError: If not; says what to do.
    """
    from gan_core.live.cluster import checked

    checked(address)


class Host(Place):
    """Opens runs in this process, and ends them all.

    Args:
        n_slots: Runs that may play at once.
        pace: Steps a second that no run exceeds, or None.
        device: Where to train.
        folder: Where runs are saved, or None for nowhere.
        app: The app's version, for the files.
        thumbnail: Makes a small PNG from a frame, for the list of saved runs.
        memory: Bytes that all runs may take, or who keeps count of them; None for a share of the machine's.
        autosave: Where runs are saved, in place of a folder.

    Attributes:
        slots: Who may play.
        memory: How much runs may take.
        autosave: The saved runs, or None.
        device: As given.
        thumbnail: As given.
    """

    def __init__(
        self,
        n_slots: int,
        *,
        pace: float | None = None,
        device: str = "cpu",
        folder: Path | None = None,
        app: str = "",
        thumbnail: Callable[[bytes], bytes] | None = None,
        memory: int | Memory | None = None,
        autosave: Autosave | None = None,
    ) -> None:
        self.apart = False
        self.slots = Slots(n_slots, pace)
        self.memory = memory if isinstance(memory, Memory) else Memory(default_budget() if memory is None else memory)
        self.autosave = Autosave(folder, app=app) if autosave is None and folder is not None else autosave
        self.device, self.thumbnail = device, thumbnail
        self._lock = threading.Lock()
        self._monitor: Monitor | None = None
        self._handles: weakref.WeakSet[RunHandle] = weakref.WeakSet()

    @property
    def monitor(self) -> Monitor:
        """Metrics and diagnosis of all runs."""
        from gan_core.live.monitor import Monitor

        with self._lock:
            if self._monitor is None:
                self._monitor = Monitor()
            return self._monitor

    def warm(self) -> None:
        """Load what the first run needs, half of which PyTorch's optimisers import late, and make one step."""
        from gan_core.config.presets import DEFAULT, preset
        from gan_core.training import Trainer

        Trainer(preset(DEFAULT)).step()

    def open(self, spec: RunSpec | LockstepSpec) -> RunHandle:
        """Start a run, or several in lockstep."""
        handle = RunHandle.open(spec, self)
        with self._lock:
            self._handles.add(handle)
        return handle

    def ask(self, errand: Errand[R]) -> R:
        """Have something answered."""
        return errand.answer()

    def close(self, timeout: float = 3.0) -> None:
        """End every run, and write what waits to be saved.

        Args:
            timeout: Seconds to wait for all runs together.
        """
        with self._lock:
            handles, monitor = list(self._handles), self._monitor
        if monitor is not None:
            monitor.close()
        for handle in handles:
            handle.close()
        end = time.monotonic() + timeout
        for handle in handles:
            handle.join(max(0.0, end - time.monotonic()))
        if self.autosave is not None:
            self.autosave.close()
