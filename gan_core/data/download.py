"""The data folder, and downloads into it: either all files of a set arrive, checked, or nothing is left behind."""

from __future__ import annotations

import hashlib
import http.client
import os
import shutil
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path

from gan_core.data import elsewhere
from gan_core.errors import DataError

__all__ = ["Progress", "data_folder", "fetch"]

Progress = Callable[[str, int, int], None]
"""Called with (file name, bytes so far, bytes in all; 0 where the server does not say)."""

_TIMEOUT_S = 10.0  # to connect, and again for each read
_CHUNK = 1 << 16
_MAX_BYTES = 256 << 20
_FAILURES = (OSError, http.client.HTTPException, ValueError)  # URLError and timeouts are OSErrors


def data_folder() -> Path:
    """Find the folder of image files: `$GAN_EXPLORER_DATA`, or a folder in the user's cache."""
    if chosen := os.environ.get("GAN_EXPLORER_DATA"):
        return Path(chosen).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "gan-explorer"


def fetch(
    mirrors: Sequence[str],
    files: Sequence[tuple[str, str]],
    folder: Path,
    progress: Progress | None = None,
) -> None:
    """Download files into `folder`; they appear there together, after all were checked.

    Args:
        mirrors: Base addresses ending in a slash, tried in turn for each file.
        files: Pairs of file name and MD5 checksum (hexadecimal).
        folder: Created if need be.
        progress: Told about each chunk; if it raises, the download ends and leaves nothing.

    Raises:
        DataError: A file came from no mirror, or the folder cannot be written; with the reason.
    """
    absent = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # On the same file system as the folder, so that the last move of each file is atomic.
        waiting = Path(tempfile.mkdtemp(prefix=".download-", dir=folder))
    except OSError as error:
        raise DataError(f"{folder} cannot be written ({error})") from error
    try:
        for name, md5 in files:
            if not _from_elsewhere(folder / name, md5, waiting / name):
                _from_any(mirrors, name, md5, waiting / name, progress)
        for name, _ in files:
            (waiting / name).replace(folder / name)
    except OSError as error:
        raise DataError(f"{folder} cannot be written ({error})") from error
    finally:
        shutil.rmtree(waiting, ignore_errors=True)
        _remove_empty(absent)


def _remove_empty(folders: Sequence[Path]) -> None:
    """Remove folders that were made in vain, innermost first."""
    for folder in folders:
        try:
            folder.rmdir()
        except OSError:  # something lies in it
            return


def packed_file(what: str) -> bytes | None:
    """Read a file of the data folder for another process that asks with `elsewhere.FILE`; None if it is not there."""
    folder = data_folder().resolve()
    path = (folder / what.removeprefix(elsewhere.FILE)).resolve()
    if not path.is_relative_to(folder) or not path.is_file() or path.stat().st_size > _MAX_BYTES:
        return None
    return path.read_bytes()


def _from_elsewhere(path: Path, md5: str, target: Path) -> bool:
    """Take a file from a process that has it; returns whether it came, whole."""
    try:
        content = elsewhere.fetch(elsewhere.FILE + path.relative_to(data_folder()).as_posix())
    except ValueError:  # not in the data folder
        return False
    if content is None or hashlib.md5(content, usedforsecurity=False).hexdigest() != md5:
        return False
    target.write_bytes(content)
    return True


def _from_any(mirrors: Sequence[str], name: str, md5: str, target: Path, progress: Progress | None) -> None:
    reasons = []
    for mirror in mirrors:
        try:
            _from_one(mirror + name, md5, target, progress)
        except _FAILURES as error:
            reasons.append(str(getattr(error, "reason", error) or type(error).__name__))
        else:
            return
    raise DataError(f"{name}: {'; '.join(dict.fromkeys(reasons))}")


def _from_one(url: str, md5: str, target: Path, progress: Progress | None) -> None:
    request = urllib.request.Request(url, headers={"User-Agent": "gan-explorer"})
    digest = hashlib.md5(usedforsecurity=False)
    done = 0
    with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as response, target.open("wb") as file:
        total = int(response.headers.get("Content-Length") or 0)
        while chunk := response.read(_CHUNK):
            file.write(chunk)
            digest.update(chunk)
            done += len(chunk)
            if done > _MAX_BYTES:
                raise ValueError(f"more than {_MAX_BYTES >> 20} MB")
            if progress is not None:
                progress(target.name, done, total)
    if digest.hexdigest() != md5:
        raise ValueError("the file that came is damaged (wrong checksum)")
