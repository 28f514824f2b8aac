"""Visits: which browser holds which run, and what becomes of a run when its browser goes.

Knows nothing of Streamlit. A visit's token is unguessable and is all that the frame route accepts. A reaper looks
once a second: a run whose browser has been gone for `GRACE` seconds is suspended, after `release_after` seconds
its memory is given back.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import gc
import os
import secrets
import threading
import time
import weakref
from collections.abc import Sequence
from typing import Final

from gan_core import Intervention, RunConfig, Runner, __version__
from gan_core.autosave import Autosave, autosave_folder
from gan_core.monitor import Monitor
from gan_core.recorder import Recorder
from gan_core.slots import Slots

GRACE: Final = 7.0
"""A drop shorter than this leaves the run playing; it stops well within ten seconds."""


class Visit:
    """One browser's run.

    Args:
        config: The run's config.
        interventions: What is to be repeated.
        preset: The preset's name, or "".
        rooms: What all visits of the process share.

    Attributes:
        token: Opens the frame route.
        runner: The run.
        recorder: Its past.
        key: Its name in the autosave folder.
        gone_at: When the browser went, in `time.monotonic` seconds, or None.
    """

    def __init__(self, config: RunConfig, interventions: Sequence[Intervention], preset: str, rooms: Rooms) -> None:
        self.token = secrets.token_urlsafe(16)
        self.gone_at: float | None = None
        self._lock = threading.Lock()
        self.key = f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(3)}"
        self.recorder = Recorder(rooms.autosave, self.key)
        self.runner = Runner(
            config,
            interventions=interventions,
            preset=preset,
            slots=rooms.slots,
            device=default_device(),
            visitor=self.token,
            observers=(rooms.monitor, self.recorder),
            on_frame=self.recorder.show,
        )
        self.runner.play()
        self._seen: object = None

    def arrive(self) -> None:
        """The browser is here (again)."""
        with self._lock:
            self.gone_at = None
            self.runner.resume()

    def leave(self) -> None:
        """The browser is gone, perhaps for a moment."""
        self.gone_at = time.monotonic()

    def settle(self, now: float, release_after: float) -> bool:
        """Suspend or release the run if the browser has been gone for long.

        Args:
            now: `time.monotonic` seconds.
            release_after: Seconds after which the memory is given back.

        Returns:
            True if the run was released.
        """
        with self._lock:  # or a browser that is back at this very moment would find its run suspended for ever
            if self.gone_at is None or self.runner.state == "closed":
                return False
            gone = now - self.gone_at
            if gone > release_after:
                self.runner.close()
                return True
            if gone > GRACE:
                self.runner.suspend()
            return False

    def is_new(self, nonce: object) -> bool:
        """True the first time that a command with this nonce comes."""
        if nonce == self._seen:
            return False
        self._seen = nonce
        return True


class Rooms:
    """What the visits of a process share: slots, metrics, tokens.

    Args:
        n_slots: Runs that may play at once.
        release_after: Seconds after which the memory of a run whose browser is gone is given back.

    Attributes:
        since: When this process began, Unix seconds.
    """

    def __init__(self, n_slots: int, release_after: float) -> None:
        self.slots = Slots(n_slots)
        self.monitor = Monitor()
        folder = autosave_folder()
        self.autosave = None if folder is None else Autosave(folder, app=__version__)
        self.release_after = release_after
        self.since = time.time()
        self._visits: weakref.WeakValueDictionary[str, Visit] = weakref.WeakValueDictionary()
        self._lock = threading.Lock()

    def open(self, config: RunConfig, interventions: Sequence[Intervention], preset: str) -> Visit:
        """A new visit with a run that plays."""
        visit = Visit(config, interventions, preset, self)
        with self._lock:
            self._visits[visit.token] = visit
        # A session that is dropped takes its run along.
        weakref.finalize(visit, Runner.close, visit.runner)
        return visit

    def find(self, token: str) -> Visit | None:
        """The visit with this token, if its run is alive."""
        visit = self._visits.get(token)
        return None if visit is None or visit.runner.state == "closed" else visit

    def sweep(self) -> None:
        """Suspend and release runs whose browsers are gone."""
        now = time.monotonic()
        with self._lock:
            visits = list(self._visits.values())
        released = [visit.runner for visit in visits if visit.settle(now, self.release_after)]
        del visits
        if released:
            for runner in released:
                runner.join(2.0)
            gc.collect(1)
            _trim()

    def close(self) -> None:
        """End every run; a thread still at work when Python ends would take it down with an ugly message."""
        with self._lock:
            runners = [visit.runner for visit in self._visits.values()]
        self.monitor.close()
        for runner in runners:
            runner.close()
        end = time.monotonic() + 3.0
        for runner in runners:
            runner.join(max(0.0, end - time.monotonic()))
        if self.autosave is not None:
            self.autosave.close()

    def reap(self, stop: threading.Event) -> None:
        """Sweep once a second until told to stop; the body of the reaper's thread."""
        while not stop.wait(1.0):
            self.sweep()


def default_slots() -> int:
    """Playing runs at once: twice the cores, or what ``GAN_EXPLORER_SLOTS`` says."""
    text = os.environ.get("GAN_EXPLORER_SLOTS", "")
    return max(1, int(text)) if text.isdecimal() else 2 * (os.cpu_count() or 1)


def default_device() -> str:
    """Where runs train: "cpu", or what ``GAN_EXPLORER_DEVICE`` says, such as "cuda"."""
    return os.environ.get("GAN_EXPLORER_DEVICE", "") or "cpu"


def _trim() -> None:
    """Give freed memory back to the system, where the C library can (glibc)."""
    name = ctypes.util.find_library("c")
    if name:
        trim = getattr(ctypes.CDLL(name), "malloc_trim", None)
        if trim is not None:
            trim(0)
