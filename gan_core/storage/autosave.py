"""Autosave: running runs write themselves to a folder, so that a crash costs seconds.

One thread per process writes, and several processes may; whole files replace old ones, so that there is always a good
one. Beside each run lies its card (`gan_core.record.run_card`). Each owner has a quota of runs, of which the oldest go
first; the folder holds a bounded number of runs and bytes, and what is over goes from those who have most (`surplus`).
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from gan_core.errors import CheckpointError, GanExplorerError
from gan_core.record import run_card as cards
from gan_core.record.run_card import RunCard
from gan_core.storage import summary as files
from gan_core.storage.summary import Summary

INTERVAL: Final = 15.0
"""Seconds between two writings of one run, while it plays."""
MAX_RUNS: Final = 30
"""Runs of one owner that are kept."""
MAX_RUNS_IN_ALL: Final = 300
MAX_BYTES: Final = 2**30
"""Bytes of all runs together."""
LEFT_BEHIND: Final = 3600.0
"""Seconds after which a file that a killed process was writing is taken for waste."""
SUFFIX: Final = ".safetensors"
DELETED: Final = ".deleted"
MAX_DELETED: Final = 10
"""Deleted runs of all that can be brought back, the last ones; after `LEFT_BEHIND` none."""
_KEY: Final = re.compile(r"[A-Za-z0-9_-]{1,80}")

_log = logging.getLogger(__name__)


def autosave_folder() -> Path | None:
    """Find the folder of saved runs: ``GAN_EXPLORER_RUNS`` (``off`` for nowhere), or a folder in the user's cache."""
    chosen = os.environ.get("GAN_EXPLORER_RUNS", "")
    if chosen.lower() in ("off", "0", "no"):
        return None
    if chosen:
        return Path(chosen).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "gan-explorer" / "runs"


@dataclass(frozen=True)
class Saved:
    """A file in the folder.

    Attributes:
        key: Its name without the suffix.
        when: When it was written, Unix seconds.
        size: Bytes.
        summary: What it says of itself.
        card: What is told of it.
    """

    key: str
    when: float
    size: int
    summary: Summary
    card: RunCard


class Autosave:
    """Writes states to files, on a thread that begins with the first one.

    Args:
        folder: Is made when it is needed.
        interval: Seconds between two writings of one run.
        app: The app's version, for the files.
        clock: Seconds since some moment.
    """

    def __init__(
        self,
        folder: Path,
        *,
        interval: float = INTERVAL,
        app: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock = clock
        self.folder, self._interval, self._app = folder, interval, app
        self._ready = threading.Condition()
        self._waiting: dict[str, tuple[Mapping[str, Any], str, Callable[[], RunCard]]] = {}
        self._due: dict[str, float] = {}
        self._cards = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closed = self._failed = False
        self._writing = ""
        self._entries: dict[str, Entry] = {}

    def offer(
        self,
        key: str,
        state: Mapping[str, Any],
        *,
        preset: str = "",
        at_once: bool = False,
        card: Callable[[], RunCard] = RunCard,
    ) -> None:
        """Queue a state to be written, if the last writing is long enough ago; returns at once.

        Args:
            key: The run's name: letters, digits, ``-`` and ``_``.
            state: From `Trainer.state_dict`; not to be changed any more.
            preset: Where its config came from.
            at_once: True to write it whatever the time.
            card: Makes what is told of it, on the thread that writes; the name that it has is kept.
        """
        if not _KEY.fullmatch(key):
            raise ValueError(f"{key!r} is not a name for a run: letters, digits, - and _ are")
        now = self._clock()
        with self._ready:
            if self._closed or (not at_once and now < self._due.setdefault(key, now + self._interval)):
                return
            self._due[key] = now + self._interval
            self._waiting[key] = (state, preset, card)
            if self._thread is None:
                self._thread = threading.Thread(target=self._loop, name="autosave", daemon=True)
                self._thread.start()
            self._ready.notify()

    def saved(self) -> list[Saved]:
        """List the files that can be read, newest first."""
        found = []
        for path in _files(self.folder):
            try:
                status = path.stat()
                card = cards.read(_card_of(path))
                found.append(Saved(path.stem, status.st_mtime, status.st_size, files.summarise(path), card))
            except (OSError, GanExplorerError):
                continue
        return sorted(found, key=lambda s: -s.when)

    def path(self, key: str) -> Path:
        """Return the file of a run.

        Raises:
            ValueError: If it is no name for a run.
        """
        if not _KEY.fullmatch(key):
            raise ValueError(f"{key!r} is not a name for a run: letters, digits, - and _ are")
        return self.folder / f"{key}{SUFFIX}"

    def delete(self, key: str) -> None:
        """Delete a run's file, and write it no more; for a while `undelete` brings it back."""
        self.forget(key)
        sweep_up(self.folder, time.time())
        path = self.path(key)
        for file in (path, _card_of(path)):
            with contextlib.suppress(FileNotFoundError):
                os.utime(file)  # it is waste from now on, not from when it was written
                file.replace(_deleted(file))
        old = sorted(self.folder.glob(f".*{SUFFIX}{DELETED}"), key=lambda file: file.stat().st_mtime)
        for file in old[:-MAX_DELETED]:
            file.unlink(missing_ok=True)

    def forget(self, key: str) -> None:
        """Do not write what waits of a run."""
        with self._ready:
            self._waiting.pop(key, None)

    def undelete(self, key: str) -> None:
        """Bring back a run that was deleted of late.

        Raises:
            CheckpointError: If it is gone for good.
        """
        path = self.path(key)
        try:
            _deleted(path).replace(path)
        except OSError:
            raise CheckpointError("this run was deleted too long ago to be brought back") from None
        with contextlib.suppress(OSError):
            _deleted(_card_of(path)).replace(_card_of(path))

    def rename(self, key: str, name: str) -> None:
        """Give a run a name.

        Args:
            key: The run.
            name: Its name; as `gan_core.record.run_card.tidy` makes it.

        Raises:
            CheckpointError: If it cannot be written.
        """
        path = _card_of(self.path(key))
        with self._one_at_a_time():
            files.write(replace(cards.read(path), name=cards.tidy(name)).encode(), path)

    def duplicate(self, key: str, name: str) -> str:
        """Copy a run, so that one can go on while the other stays as it is.

        Args:
            key: The run.
            name: The copy's name.

        Returns:
            The copy's key.

        Raises:
            CheckpointError: If it cannot be read or written.
        """
        source, copy = self.path(key), f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(3)}-1"
        files.write(files.read(source), self.path(copy))
        card = replace(cards.read(_card_of(source)), name=cards.tidy(name))
        files.write(card.encode(), _card_of(self.path(copy)))
        return copy

    def flush(self, timeout: float = 10.0) -> bool:
        """Wait until all that was offered is written; returns whether it was."""
        with self._ready:
            return self._ready.wait_for(lambda: not self._waiting and not self._writing, timeout)

    def close(self, timeout: float = 10.0) -> None:
        """Write what waits, and end the thread."""
        with self._ready:
            self._closed = True
            self._ready.notify_all()
        if self._thread is not None:
            self._thread.join(timeout)

    def _tidy(self) -> None:
        """Remove what a killed process left."""
        sweep_up(self.folder, time.time())

    def _loop(self) -> None:
        self._tidy()
        while True:
            with self._ready:
                self._ready.wait_for(lambda: self._waiting or self._closed)
                if not self._waiting:
                    return
                key = next(iter(self._waiting))
                state, preset, card = self._waiting.pop(key)
                self._writing = key
            try:
                self._write(key, state, preset, card)
            except (GanExplorerError, OSError) as error:
                if not self._failed:  # once is enough: a full disk would fill the log
                    _log.warning("runs are not being saved: %s", error)
                self._failed = True
            except Exception:
                _log.exception("autosave failed")
            del state, card
            with self._ready:
                self._writing = ""
                self._ready.notify_all()

    def _write(self, key: str, state: Mapping[str, Any], preset: str, card: Callable[[], RunCard]) -> None:
        from gan_core.storage import checkpoint  # late: it needs torch

        self.put(key, checkpoint.encode(state, preset=preset, app=self._app), card)

    def put(self, key: str, content: bytes, card: Callable[[], RunCard]) -> None:
        """Write a run's file and card now, and remove what is too much.

        Args:
            key: The run's name.
            content: Of its file.
            card: Makes its card; the name that it has is kept.

        Raises:
            CheckpointError: If it cannot be written.
        """
        path = self.path(key)
        self.folder.mkdir(parents=True, exist_ok=True)
        files.write(content, path)
        made = card()
        with self._one_at_a_time():
            named = cards.read(_card_of(path)).name
            files.write(replace(made, name=named).encode(), _card_of(path))
        self._failed = False
        for waste in surplus([self._entry(path) for path in _files(self.folder)], key):
            _remove(self.path(waste))

    @contextlib.contextmanager
    def _one_at_a_time(self) -> Iterator[None]:
        """Keep other threads from the cards, and other processes where there are such locks."""
        with self._cards, contextlib.ExitStack() as held:
            with contextlib.suppress(ImportError, OSError):
                import fcntl  # of POSIX alone

                folder = os.open(self.folder, os.O_RDONLY)
                held.callback(os.close, folder)
                fcntl.flock(folder, fcntl.LOCK_EX)
            yield

    def _entry(self, path: Path) -> Entry:
        """Read what decides whether a file is kept; a card that has not changed is not read again."""
        status = path.stat()
        known = self._entries.get(path.stem)
        if known is None or known.when != status.st_mtime:
            card = cards.read(_card_of(path))
            played = card.clock[-1][1] if card.clock else 0.0
            known = Entry(path.stem, status.st_mtime, status.st_size, card.owner, played)
            self._entries[path.stem] = known
        return known


@dataclass(frozen=True)
class Entry:
    """A file, as far as it matters for whether it is kept.

    Attributes:
        key: The run.
        when: When it was written, Unix seconds.
        size: Bytes.
        owner: Whose it is; "" if nobody's.
        played: Seconds for which the run had played.
    """

    key: str
    when: float
    size: int
    owner: str = ""
    played: float = 0.0


def surplus(entries: Sequence[Entry], newest: str = "") -> list[str]:
    """Choose which runs go when there are too many.

    An owner's oldest runs go first, beyond `MAX_RUNS` of them. If there is still too much in all, one run after another
    goes of the owner who has more than a fair share of what is short, the oldest first; and if all have little, the run
    that had played least: many short visits do not push out one long one.

    Args:
        entries: All runs.
        newest: One that stays whatever happens, because it was just written.

    Returns:
        Keys, in the order in which they go.
    """
    left = sorted(entries, key=lambda entry: entry.when)
    gone: list[str] = []

    def drop(entry: Entry) -> None:
        left.remove(entry)
        gone.append(entry.key)

    for owner, n in Counter(entry.owner for entry in left).items():
        theirs = [entry for entry in left if entry.owner == owner and entry.key != newest]
        for entry in theirs[: max(0, n - MAX_RUNS)]:
            drop(entry)
    for amount, limit in ((lambda entry: 1, MAX_RUNS_IN_ALL), (lambda entry: entry.size, MAX_BYTES)):
        while sum(map(amount, left)) > limit and (open_ := [entry for entry in left if entry.key != newest]):
            shares: Counter[str] = Counter()
            for entry in left:
                shares[entry.owner] += amount(entry)
            over = {owner for owner, share in shares.items() if share > 2 * limit / len(shares)}
            rich = [entry for entry in open_ if entry.owner in over]
            drop(rich[0] if rich else min(open_, key=lambda entry: (entry.played, entry.when)))
    return gone


def sweep_up(folder: Path, now: float) -> int:
    """Remove what a killed process left half written.

    Args:
        folder: Of the runs.
        now: Unix seconds.

    Returns:
        The number of files.
    """
    waste = []
    with contextlib.suppress(OSError):
        for path in folder.iterdir():
            written = path.name.startswith(".") and (f"{SUFFIX}." in path.name or f"{cards.SUFFIX}." in path.name)
            if written and path.is_file() and path.stat().st_mtime < now - LEFT_BEHIND:
                path.unlink(missing_ok=True)
                waste.append(path)
    return len(waste)


def _deleted(path: Path) -> Path:
    """Return where a deleted file lies meanwhile: out of sight, and swept up in the end."""
    return path.with_name(f".{path.name}{DELETED}")


def _card_of(path: Path) -> Path:
    return path.with_suffix(cards.SUFFIX)


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)
    _card_of(path).unlink(missing_ok=True)


def _files(folder: Path) -> list[Path]:
    try:
        return [p for p in folder.iterdir() if p.suffix == SUFFIX and _KEY.fullmatch(p.stem) and p.is_file()]
    except OSError:
        return []
