"""A watch log as a record that can be looked at: read on as it grows, and shown in the frames of the live view.

A log comes from a stranger's machine. Only regular files are opened, never through a link; counts, bytes and pixels are
bounded; every value is checked before it is kept; and what cannot be read is left out, with its reason where nothing is
left. The last line or frame may be half written; the writer may have been killed, or its disk full.
"""

from __future__ import annotations

import json
import math
import os
import stat
import struct
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from gan_core.errors import DataError
from gan_core.record.frame import decode, encode
from gan_core.watching.log import NAMES_OF_CURVES, SCHEMA

__all__ = ["Listed", "WatchedRun", "default_folder", "list_logs"]

Floats = NDArray[np.float32]

MAX_LOGS: Final = 200
MAX_LINE: Final = 64 * 1024
MAX_LINES_BYTES: Final = 64 * 2**20
MAX_STEPS: Final = 200_000
MAX_FINDINGS: Final = 200
MAX_FRAMES: Final = 2_000
MAX_FRAME_BYTES: Final = 8 * 2**20
MAX_FRAMES_BYTES: Final = 512 * 2**20
MAX_TEXT: Final = 600
MAX_STEP: Final = 2**53
MAX_SIDE: Final = 128
"""Pixels of a picture's side that are shown; larger ones are thinned."""
MAX_SHOWN: Final = 64
MAX_POINTS: Final = 2_000
MAX_CURVE: Final = 400
READ_AT_ONCE: Final = 4 * 2**20
SILENT_AFTER: Final = 90.0
"""Seconds without a word after which a log that has no end is said to be silent."""
LARGEST: Final = 1e30
"""Numbers beyond it are not drawn."""

_HEAD: Final = struct.Struct("<IQ")
_LEVELS: Final = {"error": "bad", "warning": "warn", "info": "info"}
_BANDS: Final = ("d_loss", "g_loss")


@dataclass(frozen=True)
class Listed:
    """A log of the watched folder.

    Attributes:
        name: Of its folder.
        when: When something was last written, Unix seconds.
        state: ``writing``, ``ended``, ``silent`` or ``refused``.
        size: Bytes.
        reason: Why it is refused, or "".
    """

    name: str
    when: float
    state: str
    size: int
    reason: str = ""


def default_folder() -> Path:
    """Return the watched folder: ``GAN_EXPLORER_WATCH``, or a folder beside that of the saved runs."""
    chosen = os.environ.get("GAN_EXPLORER_WATCH", "")
    if chosen:
        return Path(chosen).expanduser()
    runs = os.environ.get("GAN_EXPLORER_RUNS", "")
    if runs and runs.lower() not in ("off", "0", "no"):
        return Path(runs).expanduser().parent / "watched"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "gan-explorer" / "watched"


def list_logs(folder: Path, now: float | None = None) -> list[Listed]:
    """List the logs of a folder, the newest first; none if it is not there.

    Args:
        folder: The watched folder.
        now: Unix seconds; the clock's if None.
    """
    now = time.time() if now is None else now
    found = []
    try:
        with os.scandir(folder) as entries:
            for number, entry in enumerate(entries):
                if number >= 50 * MAX_LOGS:
                    break
                if entry.name.endswith(".watch") and entry.is_dir(follow_symlinks=False):
                    found.append((entry.stat(follow_symlinks=False).st_mtime, Path(entry.path)))
    except OSError:
        return []
    newest = sorted(found, reverse=True)[:MAX_LOGS]
    return sorted((_listed(path, now) for _, path in newest), key=lambda log: -log.when)


def _listed(path: Path, now: float) -> Listed:
    sizes, when = 0, 0.0
    for name in ("events.jsonl", "frames.bin"):
        info = _info(path / name)
        if info is not None:
            sizes, when = sizes + info.st_size, max(when, info.st_mtime)
    try:
        _first(path)
    except DataError as error:
        return Listed(path.name, when, "refused", sizes, str(error))
    ended = _info(path / "done") is not None
    state = "ended" if ended else "writing" if now - when < SILENT_AFTER else "silent"
    return Listed(path.name, when, state, sizes)


def _first(path: Path) -> Mapping[str, Any]:
    """Read a log's first line.

    Raises:
        DataError: If it is none of ours.
    """
    line, ended, _ = _read(path / "events.jsonl", 0, MAX_LINE).partition(b"\n")
    event = _parsed(line) if ended else None
    if event is None or event.get("kind") != "watch":
        raise DataError("its first line is not that of a watch log")
    if event.get("schema") != SCHEMA:
        raise DataError(f"it is of schema {str(event.get('schema'))[:20]}, and this version reads {SCHEMA}")
    return event


class WatchedRun:
    """A log, read on as it grows; may be used by several threads.

    Args:
        folder: The ``.watch`` folder.

    Raises:
        DataError: If there is no log of this schema; says why.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._reset()
        self.refresh()

    def _reset(self) -> None:
        self._first = dict(_first(self._folder))
        self._findings: list[dict[str, Any]] = []
        self._steps: dict[int, dict[str, float]] = {}
        self._every = 1
        self._frames: list[tuple[int, int, int]] = []
        self._line_at = self._frame_at = 0
        self._rest = b""
        self._done = False
        self._when = 0.0
        self._notes: list[str] = []
        self._extent: list[float] | None = None

    # ---- reading on ----

    def refresh(self) -> None:
        """Read what was added.

        Raises:
            DataError: If the log is gone.
        """
        with self._lock:
            for name, at in (("events.jsonl", self._line_at), ("frames.bin", self._frame_at)):
                info = _info(self._folder / name)
                if info is None and name == "events.jsonl":
                    raise DataError("the log is gone: its folder was moved or deleted")
                if info is not None and info.st_size < at:  # another one has taken its place
                    self._reset()
                    break
            self._read_lines()
            self._read_frames()
            self._done = _info(self._folder / "done") is not None

    def _read_lines(self) -> None:
        while self._line_at < MAX_LINES_BYTES:
            data = _read(self._folder / "events.jsonl", self._line_at, READ_AT_ONCE)
            if not data:
                break
            self._line_at += len(data)
            *lines, self._rest = (self._rest + data).split(b"\n")
            if len(self._rest) > MAX_LINE:  # no line of ours is as long: what follows is dropped up to its end
                self._rest = self._rest[:MAX_LINE]
            for line in lines:
                event = _parsed(line)
                if event is not None:
                    self._take(event)
        info = _info(self._folder / "events.jsonl")
        self._when = 0.0 if info is None else info.st_mtime

    def _take(self, event: Mapping[str, Any]) -> None:
        step = _step(event.get("step"))
        if event.get("event") == "finding" and step is not None and len(self._findings) < MAX_FINDINGS:
            words = {name: _text(event.get(name)) for name in ("rule", "headline", "evidence", "mend")}
            severity = event.get("severity")
            level = severity if isinstance(severity, str) and severity in _LEVELS else "info"
            self._findings.append({"step": step, "severity": level, **words})
        if event.get("event") == "step" and step is not None:
            numbers = {NAMES_OF_CURVES[k]: float(v) for k, v in event.items() if k in NAMES_OF_CURVES and _number(v)}
            if step in self._steps:
                self._steps[step].update(numbers)
            elif numbers and step % self._every == 0:
                self._steps[step] = numbers
            if len(self._steps) > MAX_STEPS:
                self._every *= 2
                self._steps = {s: v for s, v in self._steps.items() if s % self._every == 0}

    def _read_frames(self) -> None:
        info = _info(self._folder / "frames.bin")
        if info is None:
            return
        self._when = max(self._when, info.st_mtime)
        end = min(info.st_size, MAX_FRAMES_BYTES)
        while self._frame_at + _HEAD.size <= end:
            head = _read(self._folder / "frames.bin", self._frame_at, _HEAD.size)
            if len(head) < _HEAD.size:
                return
            length, step = _HEAD.unpack(head)
            if self._frame_at + _HEAD.size + length > end:
                return
            if length <= MAX_FRAME_BYTES and step <= MAX_STEP:
                self._frames.append((int(step), self._frame_at + _HEAD.size, length))
                if len(self._frames) > MAX_FRAMES:
                    self._frames = [self._frames[0], *self._frames[2::2]]
            self._frame_at += _HEAD.size + length

    # ---- what is shown ----

    @property
    def serial(self) -> int:
        """A number that grows with all that is added."""
        return 1 + self._line_at + self._frame_at + self._done

    @property
    def done(self) -> bool:
        """True if the loop has ended."""
        return self._done

    @property
    def findings(self) -> Sequence[Mapping[str, Any]]:
        """Findings in order, each with step, severity, rule, headline, evidence and mend."""
        with self._lock:
            return tuple(dict(finding) for finding in self._findings)

    def state(self, now: float) -> str:
        """Tell whether it is ``writing``, ``ended`` or ``silent``.

        Args:
            now: Unix seconds.
        """
        return "ended" if self._done else "writing" if now - self._when < SILENT_AFTER else "silent"

    def contents(self) -> dict[str, Any]:
        """Tell the steps of the kept frames, for the time machine; there are no states to go on from."""
        with self._lock:
            return {"run": 0, "frames": sorted({step for step, _, _ in self._frames}), "states": [], "best": None}

    def frame(self, at: int | None = None, now: float | None = None) -> bytes:
        """Build a frame of the live view.

        Args:
            at: The last one of this step or before; the newest if None.
            now: Unix seconds; the clock's if None.
        """
        now = time.time() if now is None else now
        with self._lock:
            curves = self._curves()
            steps = sorted(self._steps)
            last = max([*steps[-1:], *(f[0] for f in self._frames[-1:]), *(f["step"] for f in self._findings[-1:]), 0])
            chosen = [f for f in self._frames if at is None or f[0] <= at][-1:] or self._frames[:1]
            step = last if at is None or not chosen else chosen[0][0]
            picture: dict[str, Any] = {}
            arrays: dict[str, NDArray[Any]] = {}
            if chosen:
                picture, arrays = self._picture(chosen[0])
            stats = self._stats(steps, step)
            header = {
                **_EMPTY,
                **picture,
                "serial": self.serial,
                "step": step,
                "state": "playing" if self.state(now) == "writing" else "paused",
                "stats": stats,
                "marks": self._marks(),
                "verdict": self._verdict(now, last),
                "picture_step": chosen[0][0] if chosen else None,
            }
            return encode(header, {**curves, **arrays})

    def _stats(self, steps: Sequence[int], step: int) -> dict[str, float]:
        known: dict[str, float] = {}
        for one in reversed([s for s in steps if s <= step][-200:]):
            known = {**self._steps[one], **known}
            if len(known) == len(NAMES_OF_CURVES):
                break
        return known

    def _marks(self) -> list[dict[str, Any]]:
        return [
            {"step": finding["step"], "label": finding["headline"].rstrip(".")}
            for finding in self._findings[:50]
            if finding["severity"] != "info"
        ]

    def _verdict(self, now: float, last: int) -> dict[str, Any]:
        ended = {"ended": "The loop has ended.", "writing": "The loop is running.", "silent": _SILENT}[self.state(now)]
        counted = f"{last:,} steps of G."
        order = list(_LEVELS)
        ranked = sorted(self._findings, key=lambda f: (order.index(f["severity"]), f["step"]))
        grave = [finding for finding in ranked if finding["severity"] != "info"]
        if not grave:
            evidence = [f"Step {f['step']:,}: {f['evidence']}. {f['headline']}" for f in ranked]
            words = {"level": "ok", "headline": "Nothing found.", "detail": f"{counted} {ended}", "evidence": evidence}
            return {**words, "name": ""}
        first = grave[0]
        others = [
            f"Step {f['step']:,}, {f['severity']}: {f['evidence']}. {f['headline']}" for f in ranked if f is not first
        ]
        return {
            "level": _LEVELS[first["severity"]],
            "headline": first["headline"],
            "detail": first["evidence"] + ".",
            "evidence": [f"{first['evidence']}.", *others, f"{counted} {ended}"],
            "name": first["rule"],
            "since_step": first["step"],
            "cures": [{"index": 0, "title": "Mend", "changes": first["mend"]}] if first["mend"] else [],
        }

    def _curves(self) -> dict[str, Floats]:
        """Means over buckets of steps, with the extremes of the losses."""
        steps = np.array(sorted(self._steps))
        if not len(steps):
            return {}
        n = min(len(steps), MAX_CURVE)
        edges = np.linspace(0, len(steps), n + 1).astype(int)[:-1]
        found = {"curve_step": steps[np.r_[edges[1:], len(steps)] - 1].astype(np.float32)}
        for name in NAMES_OF_CURVES.values():
            values = np.array([self._steps[int(step)].get(name, math.nan) for step in steps])
            known = np.isfinite(values)
            if not known.any():
                continue
            # At steps of the other player alone a line goes straight on to this one's next number: else numbers of a
            # player that steps less often would be points apart, and no line.
            values = np.interp(steps, steps[known], values[known], left=math.nan, right=math.nan)
            known = np.isfinite(values)
            counts = np.add.reduceat(known.astype(float), edges)
            with np.errstate(invalid="ignore", divide="ignore"):
                mean = (np.add.reduceat(np.where(known, values, 0), edges) / counts).astype(np.float32)
            if name not in _BANDS:
                found[name] = mean
                continue
            low = np.minimum.reduceat(np.where(known, values, np.inf), edges)
            high = np.maximum.reduceat(np.where(known, values, -np.inf), edges)
            found[f"{name}_mean"] = mean
            found[f"{name}_min"] = np.where(counts > 0, low, np.nan).astype(np.float32)
            found[f"{name}_max"] = np.where(counts > 0, high, np.nan).astype(np.float32)
        return found

    def _picture(self, place: tuple[int, int, int]) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Bring a frame's samples into the form of the live view; nothing where they cannot be shown."""
        _, at, length = place
        try:
            _, arrays = decode(_read(self._folder / "frames.bin", at, length))
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError, MemoryError):
            return {}, {}
        fake, real = arrays.get("fake"), arrays.get("real")
        if fake is None or not 2 <= fake.ndim <= 4 or not fake.size:
            return {}, {}
        if fake.ndim == 2 and fake.shape[1] == 2:
            points = {"fake": _points(fake), **({"real": _points(real)} if _is_plane(real) else {})}
            if self._extent is None or real is not None:
                self._extent = self._extent or _extent(points.get("real", points["fake"]))
            return {"kind": "plane", "frame": self._extent, "manifold": ""}, {
                "real": np.empty((0, 2), np.float32),
                **points,
            }
        shown = {f"{name}_images": _images(array) for name, array in (("fake", fake), ("real", real))}
        kept = {name: array for name, array in shown.items() if array is not None}
        return ({"kind": "images"}, kept) if "fake_images" in kept else ({}, {})


_SILENT: Final = (
    f"Nothing was written for {SILENT_AFTER:.0f} seconds and more: the script may have been killed, its disk may be "
    "full, or it makes no steps."
)
_EMPTY: Final[dict[str, Any]] = {
    "run": 0,
    "message": "",
    "position": 0,
    "phase": "",
    "pace": None,
    "stop_at": None,
    "seconds": 0.0,
    "preset": "",
    "steps_per_second": 0.0,
    "metrics": {},
    "metrics_step": 0,
    "lost": "",
    "generator": "",
    "has_ema": False,
    "data": "your loop",
    "objective": "",
    "middle": None,
    "meaning": "critic",
    "heat_scale": 1.0,
    "optimum": {"d_loss": None, "g_loss": None, "d_label": "", "g_label": ""},
}


def _info(path: Path) -> os.stat_result | None:
    """Stat a regular file; None if it is none, or a link."""
    try:
        info = path.stat(follow_symlinks=False)
    except OSError:
        return None
    return info if stat.S_ISREG(info.st_mode) else None


def _read(path: Path, at: int, n: int) -> bytes:
    """Read at most so many bytes from a place in a regular file, and none of anything else."""
    try:
        file = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except OSError:
        return b""
    try:
        if not stat.S_ISREG(os.fstat(file).st_mode):
            return b""
        os.lseek(file, at, os.SEEK_SET)
        return os.read(file, n)
    except OSError:
        return b""
    finally:
        os.close(file)


def _parsed(line: bytes) -> dict[str, Any] | None:
    if len(line) > MAX_LINE:
        return None
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return event if isinstance(event, dict) else None


def _step(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_STEP else None


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and -LARGEST < value < LARGEST


def _text(value: Any) -> str:
    """Make a stranger's text fit to be shown: printable, in one line, short."""
    return "".join(c if c.isprintable() else " " for c in value[:MAX_TEXT]) if isinstance(value, str) else ""


def _is_plane(array: NDArray[Any] | None) -> bool:
    return array is not None and array.ndim == 2 and array.shape[1] == 2 and bool(array.size)


def _points(array: NDArray[Any] | None) -> Floats:
    assert array is not None
    points = np.asarray(array[:MAX_POINTS], np.float32)
    return np.where(np.isfinite(points), np.clip(points, -LARGEST, LARGEST), 0).astype(np.float32)


def _extent(points: Floats) -> list[float]:
    """Square about most of the points, with a margin."""
    low, high = np.quantile(points.astype(np.float64), [0.02, 0.98], axis=0)
    x, y = ((low + high) / 2).tolist()
    half = max(float((high - low).max()) * 0.8, 1e-6)
    return [x - half, x + half, y - half, y + half]


def _images(array: NDArray[Any] | None) -> NDArray[np.uint8] | None:
    """Pictures as ``[n, h, w, 1 or 3]`` in bytes; None if these are none."""
    if array is None or not array.size:
        return None
    array = array[:MAX_SHOWN]
    if array.ndim == 2:  # flat pixels, if they make squares
        side = next((s for c in (1, 3) if (s := math.isqrt(array.shape[1] // c)) ** 2 * c == array.shape[1]), 0)
        if side < 8:
            return None
        array = array.reshape(len(array), -1, side, side)
    elif array.ndim == 3:
        array = array[:, None]
    if array.shape[1] not in (1, 2, 3, 4) and array.shape[3] in (1, 3):
        array = array.transpose(0, 3, 1, 2)
    array = array[:, : 3 if array.shape[1] >= 3 else 1]
    every = -(-max(array.shape[2:]) // MAX_SIDE)
    array = array[:, :, ::every, ::every]
    if min(array.shape[2:]) < 1:
        return None
    if array.dtype != np.uint8:
        finite = np.nan_to_num(array.astype(np.float64), posinf=0, neginf=0)
        low = -1.0 if finite.min() < 0 else 0.0
        array = np.round(np.clip((finite - low) / (1 - low), 0, 1) * 255).astype(np.uint8)
    return np.ascontiguousarray(array.transpose(0, 2, 3, 1))
