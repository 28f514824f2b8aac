"""The watch log: a folder that a watched loop only adds to, and that anybody may read meanwhile.

``events.jsonl`` has one JSON object a line; the first line is the header with ``schema``. ``frames.bin`` has frames
of `gan_core.record.frame`, each behind its length and its step (``<IQ``). ``done`` exists once the loop has ended. A
reader drops a last line or frame that is not whole. Nothing of a user's code, paths or weights is in it: numbers,
rules, and samples of both kinds. A full disk turns the log off; the loop goes on.
"""

from __future__ import annotations

import contextlib
import json
import os
import struct
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from gan_core.record.frame import decode, encode, finite

__all__ = ["SCHEMA", "Frame", "Log", "WatchLog", "read_log"]

SCHEMA: Final = 1
LIMIT: Final = 64 * 2**20
LINES: Final = 8 * 2**20
NAMES_OF_CURVES: Final = {
    "d_loss": "d_loss",
    "g_loss": "g_loss",
    "real_answer": "real_logit",
    "fake_answer": "fake_logit",
    "d_grad_norm": "d_grad_norm",
    "g_grad_norm": "g_grad_norm",
}
"""A log's words for numbers, and the live view's."""
_HEAD: Final = struct.Struct("<IQ")


class WatchLog:
    """Writes a watch log.

    Attributes:
        folder: Where.
        full: Whether it stopped: its bound is reached, or the disk is full.
    """

    def __init__(self, folder: Path, limit: int = LIMIT) -> None:
        self.folder = folder
        self.full = False
        self._limit = limit
        self._frames = 0
        self._lines = 0
        self._every = 1
        self._offered = 0
        self._steps = 0

    @classmethod
    def create(cls, parent: Path, header: Mapping[str, Any], limit: int = LIMIT) -> WatchLog:
        """Begin a log in a new folder ``gan-DATE-TIME.watch`` inside `parent`.

        Args:
            parent: Made if missing.
            header: Plain values for the first line.
            limit: Most bytes of the folder.
        """
        stamp = time.strftime("%Y%m%d-%H%M%S")
        log = cls(parent / f"gan-{stamp}.watch", limit)
        try:
            parent.mkdir(parents=True, exist_ok=True)
            for number in range(100):
                log.folder = parent / f"gan-{stamp}{f'-{number}' if number else ''}.watch"
                with contextlib.suppress(FileExistsError):
                    log.folder.mkdir()
                    break
        except OSError:
            log.full = True
        log.event("begin", {"schema": SCHEMA, "kind": "watch", "time": round(time.time(), 3), **header})
        return log

    def event(self, name: str, values: Mapping[str, Any]) -> None:
        """Add a line. Findings always fit; of steps, ever fewer are kept."""
        if name == "step":
            self._steps += 1
            if self._steps % self._every:
                return
            if self._lines > min(LINES, self._limit // 4):
                self._every, self._lines = self._every * 4, self._lines // 2
        line = json.dumps(finite({"event": name, **values}), allow_nan=False, separators=(",", ":")).encode() + b"\n"
        if self._append("events.jsonl", line) and name == "step":
            self._lines += len(line)

    def frame(self, step: int, header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
        """Add a frame; from half the bound on only every second is kept, then every fourth, until the bound."""
        self._offered += 1
        thinning = 1 if self._frames < self._limit // 4 else 2 if self._frames < self._limit // 2 else 8
        if self._offered % thinning:
            return
        body = encode({"step": step, **header}, {name: compact(array) for name, array in arrays.items()})
        if self._frames + len(body) > 3 * self._limit // 4:
            return
        if self._append("frames.bin", _HEAD.pack(len(body), step) + body):
            self._frames += len(body)

    def end(self, values: Mapping[str, Any]) -> None:
        """Write the last line and the mark that the loop has ended."""
        self.event("end", values)
        self._append("done", b"")

    def _append(self, name: str, data: bytes) -> bool:
        if self.full:
            return False
        try:
            file = os.open(self.folder / name, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
            try:
                written = os.write(file, data)
            finally:
                os.close(file)
        except OSError:
            self.full = True
            return False
        if written != len(data):  # a full disk took a part of it: what follows would not be readable
            self.full = True
        return not self.full


def compact(array: NDArray[Any]) -> NDArray[Any]:
    """Pictures in [-1, 1] or [0, 1] become bytes; points stay float32."""
    if array.ndim < 4 or array.dtype == np.uint8:
        return np.ascontiguousarray(array, array.dtype if array.dtype == np.uint8 else np.float32)
    low = -1.0 if float(np.nanmin(array, initial=0)) < 0 else 0.0
    scaled = (np.nan_to_num(array) - low) / (1.0 - low)
    return np.ascontiguousarray(np.round(np.clip(scaled, 0, 1) * 255).astype(np.uint8))


@dataclass(frozen=True)
class Frame:
    """One frame of a log: its step, numbers and samples."""

    step: int
    header: Mapping[str, Any]
    arrays: Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Log:
    """A log as it was read.

    Attributes:
        header: The first line.
        findings: In order.
        steps: Numbers of the steps that were looked at.
        frames: Samples.
        done: Whether the loop has ended.
    """

    header: Mapping[str, Any]
    findings: tuple[Mapping[str, Any], ...] = ()
    steps: tuple[Mapping[str, Any], ...] = ()
    frames: tuple[Frame, ...] = field(default=(), repr=False)
    done: bool = False


def read_log(folder: Path) -> Log:
    """Read a log, also while it is written, after a kill or a full disk.

    Args:
        folder: The ``.watch`` folder.

    Raises:
        ValueError: If there is no log of this schema.
    """
    events = list(_lines(folder / "events.jsonl"))
    if not events or events[0].get("kind") != "watch" or events[0].get("schema") != SCHEMA:
        raise ValueError(f"{folder.name} is no watch log of schema {SCHEMA}")
    return Log(
        header=events[0],
        findings=tuple(event for event in events if event.get("event") == "finding"),
        steps=tuple(event for event in events if event.get("event") == "step"),
        frames=tuple(_frames(folder / "frames.bin")),
        done=(folder / "done").exists(),
    )


def _lines(file: Path) -> list[dict[str, Any]]:
    try:
        text = file.read_bytes()
    except OSError:
        return []
    found = []
    for line in text.split(b"\n")[:-1]:  # what follows the last line feed is not whole
        try:
            event = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(event, dict):
            found.append(event)
    return found


def _frames(file: Path) -> list[Frame]:
    try:
        data = file.read_bytes()
    except OSError:
        return []
    found, at = [], 0
    while at + _HEAD.size <= len(data):
        length, step = _HEAD.unpack_from(data, at)
        at += _HEAD.size
        if at + length > len(data):
            break
        try:
            header, arrays = decode(data[at : at + length])
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
            break
        found.append(Frame(step, header, arrays))
        at += length
    return found
