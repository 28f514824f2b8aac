"""Own data kept on disk beside the saved runs, so that a run goes on tomorrow without another upload.

Small data travel in the run's own file; these are the others. A folder for each owner holds a file for each set, named
by its hash, with values alone: no file names, and nothing that could run. Folders are bounded; what was not used for
the longest time goes first.
"""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gan_core.data.limits import MAX_PACKED_BYTES
from gan_core.data.own_data import OwnData
from gan_core.data.payload import HEAD, described, from_bytes, to_bytes
from gan_core.errors import CheckpointError, GanExplorerError
from gan_core.storage import summary as files

FOLDER: Final = "data"
"""Below the folder of saved runs."""
SUFFIX: Final = ".own"
MAX_BYTES_OF_ONE: Final = 400_000_000
"""Data kept of one owner."""
MAX_BYTES: Final = 2_000_000_000
"""Data kept of all owners."""
_HASH: Final = re.compile(r"[0-9a-f]{64}")
_ONE: Final = "one"
"""Folder of the person whom the app serves, where it serves one."""


def is_wanted(*, for_one: bool) -> bool:
    """Tell whether data are kept: ``GAN_EXPLORER_KEEP_DATA`` says ``on`` or ``off``; else if the app serves one person.

    Args:
        for_one: Whether it does.
    """
    said = os.environ.get("GAN_EXPLORER_KEEP_DATA", "").lower()
    return for_one if said not in ("on", "1", "yes", "off", "0", "no") else said in ("on", "1", "yes")


@dataclass(frozen=True)
class Kept:
    """One set on disk.

    Attributes:
        hash: Of the data.
        when: When it was used last, Unix seconds.
        size: Bytes.
        words: What they are, in a few words.
    """

    hash: str
    when: float
    size: int
    words: str


class KeptData:
    """Own data on disk of one owner.

    Args:
        runs: Folder of the saved runs.
        owner: Fingerprint of the owner's browser; "" for the one person whom the app serves.
    """

    def __init__(self, runs: Path, owner: str = "") -> None:
        if owner and not _HASH.fullmatch(owner):
            raise ValueError(f"{owner!r} is no owner")
        self._all = runs / FOLDER
        self._folder = self._all / (owner or _ONE)

    def keep(self, data: OwnData) -> bool:
        """Write data, unless a run's own file carries them or they are here already; old ones make room.

        Returns:
            Whether they are on disk now.

        Raises:
            CheckpointError: If they cannot be written.
        """
        path = self._path(data.hash)
        if to_bytes(data) is not None:
            return False
        if path.is_file():
            with contextlib.suppress(OSError):
                os.utime(path)
            return True
        content = to_bytes(data, MAX_PACKED_BYTES)
        if content is None:
            return False
        try:
            self._folder.mkdir(0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise CheckpointError(f"{self._folder} cannot be made: {error.strerror or error}") from None
        files.write(content, path)
        _make_room(_sets(self._folder), MAX_BYTES_OF_ONE, path)
        _make_room([one for owner in _folders(self._all) for one in _sets(owner)], MAX_BYTES, path)
        return path.is_file()

    def find(self, data_hash: str) -> OwnData | None:
        """Read the data of a hash; None if they are not here, or damaged."""
        if not _HASH.fullmatch(data_hash):
            return None
        path = self._path(data_hash)
        try:
            if path.stat().st_size > 2 * MAX_PACKED_BYTES:
                return None
            data = from_bytes(path.read_bytes(), MAX_PACKED_BYTES)
        except (OSError, GanExplorerError):
            return None
        if data.hash != data_hash:
            return None
        with contextlib.suppress(OSError):
            os.utime(path, (time.time(), time.time()))
        return data

    def all(self) -> list[Kept]:
        """List what is kept, the last used first."""
        found = [Kept(path.stem, when, size, _words(path)) for path, when, size in _sets(self._folder)]
        return sorted(found, key=lambda kept: -kept.when)

    def delete(self, data_hash: str) -> None:
        """Delete the data of a hash."""
        if _HASH.fullmatch(data_hash):
            self._path(data_hash).unlink(missing_ok=True)

    def _path(self, data_hash: str) -> Path:
        return self._folder / f"{data_hash}{SUFFIX}"


def _words(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return described(file.read(HEAD))
    except OSError:
        return ""


def _folders(folder: Path) -> list[Path]:
    try:
        return [path for path in folder.iterdir() if path.is_dir()]
    except OSError:
        return []


def _sets(folder: Path) -> list[tuple[Path, float, int]]:
    """Files of one owner, with when they were used and their size."""
    found = []
    with contextlib.suppress(OSError):
        for path in folder.iterdir():
            if path.suffix == SUFFIX and _HASH.fullmatch(path.stem):
                status = path.stat()
                found.append((path, status.st_mtime, status.st_size))
    return found


def _make_room(sets: Sequence[tuple[Path, float, int]], limit: int, newest: Path) -> None:
    """Delete the sets that were not used for the longest time until the others fit; the newest one goes last."""
    total = sum(size for _, _, size in sets)
    for path, _, size in sorted(sets, key=lambda one: (one[0] == newest, one[1])):
        if total <= limit:
            return
        path.unlink(missing_ok=True)
        total -= size
