"""Summaries of runs' files, read without their tensors and without torch; see `gan_core.storage.checkpoint`."""

from __future__ import annotations

import json
import os
import struct
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from safetensors import SafetensorError, safe_open

from gan_core.config import RunConfig, parse_config
from gan_core.config.interventions import MAX_INTERVENTIONS
from gan_core.errors import CheckpointError, GanExplorerError
from gan_core.record.history import History

FORMAT: Final = 2
MAX_BYTES: Final = 2**29
MAX_HEADER_BYTES: Final = 2**23
WORDS: Final = ("config", "interventions", "pending", "counters")
MAY_BE: Final = ("lost",)
"""Words that a file need not have."""

MIGRATIONS: Final[dict[int, Callable[[dict[str, Any]], dict[str, Any]]]] = {1: lambda words: words}
"""From a format to the next: what to do with its words.

A config of format 2 may have settings that format 1 did not know; their defaults are what format 1 did.
"""


@dataclass(frozen=True)
class Summary:
    """Summary of a file, read without its tensors.

    Attributes:
        config: What the run began with.
        step: Finished steps.
        preset: Where the config came from, or "".
        app: Version that wrote it.
        words: All of the header's entry.
        tensors: Name to (type as safetensors writes it, shape).
    """

    config: RunConfig
    step: int
    preset: str
    app: str
    words: Mapping[str, Any]
    tensors: Mapping[str, tuple[str, tuple[int, ...]]]


def write(content: bytes, path: str | Path) -> None:
    """Write a file so that it is complete or not there, whatever happens.

    Raises:
        CheckpointError: If it cannot be written.
    """
    path = Path(path)
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise CheckpointError(f"{path} cannot be written: {error.strerror or error}") from None
    new = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        new.replace(path)
    except OSError as error:
        new.unlink(missing_ok=True)
        raise CheckpointError(f"{path} cannot be written: {error.strerror or error}") from None


def read(source: bytes | str | Path) -> bytes:
    """Read a file, or take its content, if it is not too large.

    Raises:
        CheckpointError: If it is too large or cannot be read.
    """
    try:
        size = len(source) if isinstance(source, bytes) else Path(source).stat().st_size
        if size > MAX_BYTES:
            raise CheckpointError(f"this file has {size / 1e6:.0f} MB; a run has at most {MAX_BYTES / 1e6:.0f} MB")
        return source if isinstance(source, bytes) else Path(source).read_bytes()
    except OSError as error:
        raise CheckpointError(f"{source!s} cannot be read: {error.strerror or error}") from None


def summarise(source: bytes | str | Path) -> Summary:
    """Read what a file says of itself.

    Raises:
        CheckpointError: If it is no checkpoint, damaged, or of a version that this app cannot read.
        ConfigError: If its config is not allowed here.
    """
    if isinstance(source, bytes):
        head, size = source[: 8 + MAX_HEADER_BYTES], len(source)
    else:
        try:
            size = Path(source).stat().st_size
            with Path(source).open("rb") as file:
                head = file.read(8)
                if len(head) == 8:
                    head += file.read(min(struct.unpack("<Q", head)[0], MAX_HEADER_BYTES))
        except OSError as error:
            raise CheckpointError(f"{source!s} cannot be read: {error.strerror or error}") from None
    if size > MAX_BYTES:
        raise CheckpointError(f"this file has {size / 1e6:.0f} MB; a run has at most {MAX_BYTES / 1e6:.0f} MB")
    header = _parse_header(head, size)
    tensors = _table(header, size - 8 - struct.unpack("<Q", head[:8])[0])
    words = _words(header)
    _bound(words)
    try:
        step = int(words["counters"]["step"])
        config = parse_config(words["config"])
    except (TypeError, KeyError, ValueError, OverflowError) as error:
        if isinstance(error, GanExplorerError):
            raise
        raise CheckpointError("this checkpoint is damaged: its counters are not numbers") from None
    return Summary(config, step, str(words.get("preset", ""))[:60], str(words.get("app", ""))[:60], words, tensors)


def _bound(words: Mapping[str, Any]) -> None:
    lists = words["interventions"], words["pending"]
    if not all(isinstance(entries, list) for entries in lists):
        raise CheckpointError("this checkpoint is damaged: its interventions are no list")
    n = sum(map(len, lists))
    if n > MAX_INTERVENTIONS:
        raise CheckpointError(f"this run had {n:,} interventions; at most {MAX_INTERVENTIONS:,} are read")


def load_history(path: str | Path) -> History:
    """Read a run's history alone, without its weights and without its data.

    Raises:
        CheckpointError: If it is no checkpoint, damaged, or of a version that this app cannot read.
    """
    summary, history = summarise(path), History()
    due = {f"history.{name}": array.shape for name, array in history.state_dict().items()}
    if any(summary.tensors.get(name) != ("F64", shape) for name, shape in due.items()):
        raise CheckpointError("this checkpoint is damaged: its history is not as it should be")
    try:
        with safe_open(path, "np") as file:
            history.load_state_dict({name.partition(".")[2]: file.get_tensor(name) for name in due})
    except (SafetensorError, OSError, ValueError) as error:
        raise CheckpointError(f"this checkpoint is damaged: {error}") from None
    return history


# -- the header ----------------------------------------------------------------------------------------------


def _parse_header(head: bytes, size: int) -> dict[str, Any]:
    if size < 8:
        raise CheckpointError("this is not a checkpoint: it has fewer than 8 bytes")
    (length,) = struct.unpack("<Q", head[:8])
    if length > MAX_HEADER_BYTES or head[8:9] != b"{":
        raise CheckpointError("this is not a checkpoint of GAN Explorer: it is no safetensors file")
    if len(head) < 8 + length:
        raise CheckpointError(f"this checkpoint is cut off: it has {size:,} bytes, its header alone {8 + length:,}")
    try:
        header = json.loads(head[8 : 8 + length])
    except (ValueError, RecursionError):
        raise CheckpointError("this checkpoint is damaged: its header cannot be read") from None
    if not isinstance(header, dict):
        raise CheckpointError("this checkpoint is damaged: its header is no table")
    return header


def _words(header: Mapping[str, Any]) -> dict[str, Any]:
    metadata = header.get("__metadata__")
    text = metadata.get("gan_explorer") if isinstance(metadata, dict) else None
    if not isinstance(text, str):
        raise CheckpointError("this safetensors file holds no run of GAN Explorer: it has no such header")
    try:
        words = json.loads(text)
        written = words["format"]
    except (ValueError, RecursionError, KeyError, TypeError):
        raise CheckpointError("this checkpoint is damaged: its description cannot be read") from None
    if not isinstance(written, int) or isinstance(written, bool) or written < 1:
        raise CheckpointError(f"this checkpoint is damaged: its format is {written!r}")
    if written > FORMAT:
        raise CheckpointError(
            f"this checkpoint has format {written}, this app reads up to {FORMAT}: update GAN Explorer to open it"
        )
    while written < FORMAT:
        words, written = MIGRATIONS[written](words), written + 1
    missing = [name for name in WORDS if name not in words]
    if missing:
        raise CheckpointError(f"this checkpoint is damaged: {', '.join(missing)} are missing")
    return dict(words)


def _table(header: Mapping[str, Any], room: int) -> dict[str, tuple[str, tuple[int, ...]]]:
    """Names, types and shapes; their places must fill the file without gap or overlap."""
    places: list[tuple[int, int]] = []
    table: dict[str, tuple[str, tuple[int, ...]]] = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        try:
            dtype, shape, (start, end) = entry["dtype"], tuple(entry["shape"]), entry["data_offsets"]
            whole = all(isinstance(n, int) and 0 <= n <= MAX_BYTES for n in (*shape, start, end))
        except (KeyError, TypeError, ValueError):
            whole = False
        if not whole or not isinstance(dtype, str) or len(shape) > 8:
            raise CheckpointError(f"this checkpoint is damaged: {name[:60]!r} is not described as it should be")
        if end > room:
            raise CheckpointError(f"this checkpoint is cut off: {name[:60]!r} ends beyond the file")
        places.append((start, end))
        table[name] = (dtype, shape)
    places.sort()
    ends = [0, *(end for _, end in places)]
    if [start for start, _ in places] != ends[:-1] or ends[-1] != room:
        raise CheckpointError("this checkpoint is damaged: its tensors do not fill it")
    return table
