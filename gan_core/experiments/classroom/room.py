"""Rooms of a class: a code of six letters, what the room predicted, and who reached what.

A room is one append-only file of JSON lines in the server's folder: no accounts, no names beyond what a student types,
nothing that leaves the machine. Files are bounded in size and number, and deleted after `KEPT_DAYS` days, or by their
teacher at once.
"""

from __future__ import annotations

import hmac
import json
import os
import re
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from gan_core.errors import ConfigError
from gan_core.experiments.classroom.tasks import MAX_BYTES, MAX_TEXT, Task, read_task

LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Of a code: those that are not taken for digits or for each other."""
KEPT_DAYS: Final = 30
MAX_ROOMS: Final = 100
MAX_ENTRIES: Final = 2_000
MAX_ENTRY_BYTES: Final = 8_000
MAX_STUDENTS: Final = 200
_CODE: Final = re.compile(f"[{LETTERS}]{{6}}")
_SUFFIX: Final = ".room.jsonl"


@dataclass(frozen=True)
class Reached:
    """One line of the board.

    Attributes:
        student: What they call themselves.
        step: Where their run stood.
        goals: Goal, in words, to whether it held.
        values: Goal to the value that was measured.
        changes: Settings that differ from the start, as text.
    """

    student: str
    step: int
    goals: Mapping[str, bool]
    values: Mapping[str, float]
    changes: str

    @property
    def all(self) -> bool:
        """True if every goal held."""
        return bool(self.goals) and all(self.goals.values())


@dataclass(frozen=True)
class Summary:
    """Answers and results of a room.

    Attributes:
        task: The room's task.
        predictions: Question to how often each choice was made; each student's last choice counts.
        board: The newest result of each student, those who reached the goal first.
        answers: Question to students and their answers in words, for the teacher.
        n_students: Students who predicted or handed in.
    """

    task: Task
    predictions: Mapping[str, Mapping[int, int]]
    board: tuple[Reached, ...]
    answers: Mapping[str, tuple[tuple[str, str], ...]]
    n_students: int


class Rooms:
    """The rooms of a server.

    Args:
        folder: Where their files are; made when it is needed.
        clock: Unix seconds.
    """

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        self._folder, self._clock = folder, clock
        self._lock = threading.Lock()

    def open(self, task: Task, owner: str = "") -> tuple[str, str]:
        """Open a room.

        Args:
            task: What it is about.
            owner: Fingerprint of the teacher's browser, which finds the key again; "" if it has none.

        Returns:
            Its code, for everybody, and its key, for the teacher alone.

        Raises:
            ConfigError: If there are too many rooms, or the disk is full.
        """
        with self._lock:
            self._clear_old()
            files = self._files()
            if len(files) >= MAX_ROOMS:
                raise ConfigError(f"there are {len(files)} rooms on this server, and {MAX_ROOMS} are allowed: end one")
            code = next(code for code in iter(new_code, "") if not self._path(code).exists())
            key = secrets.token_urlsafe(16)
            self._append(
                code, {"kind": "task", "task": task.model_dump(mode="json"), "key": key, "owner": owner}, first=True
            )
        return code, key

    def task(self, code: str) -> Task:
        """Find the task of a room.

        Raises:
            ConfigError: If there is no such room.
        """
        return self._read(code)[0]

    def is_teacher(self, code: str, key: str) -> bool:
        """Tell whether this is the key of a room."""
        try:
            known = self._read(code)[1]
        except ConfigError:
            return False
        return hmac.compare_digest(known.encode(), key.encode())

    def key_of(self, code: str, owner: str) -> str:
        """Return a room's key to the browser that opened it; "" to any other, and where there is no such room."""
        try:
            first = self._read(code)[3]
        except ConfigError:
            return ""
        known = str(first.get("owner", ""))
        mine = bool(known) and hmac.compare_digest(known.encode(), owner.encode())
        return str(first.get("key", "")) if mine else ""

    def predict(self, code: str, who: str, predictions: Mapping[str, int]) -> None:
        """Take down what a student predicted.

        Args:
            code: The room.
            who: Tells one browser from another; nobody sees it.
            predictions: Question to the place of what was chosen.

        Raises:
            ConfigError: If there is no such room, no such choice, or no room for more.
        """
        asked = {question.name: len(question.choices) for question in self.task(code).questions}
        for name, place in predictions.items():
            if not 0 <= place < asked.get(name, 0):
                raise ConfigError(f"choice {place} of question {name[:40]!r} is none of this task's")
        self._write(code, {"kind": "prediction", "who": who[:64], "predictions": dict(predictions)})

    def hand_in(self, code: str, who: str, result: Reached, answers: Mapping[str, str]) -> None:
        """Take down what a student reached, and their answers in words.

        Args:
            code: The room.
            who: Tells one browser from another; nobody sees it.
            result: What they reached.
            answers: Question to an answer.

        Raises:
            ConfigError: If there is no such room, or no room for more.
        """
        asked = {question.name for question in self.task(code).questions}
        entry = {
            "kind": "result",
            "who": who[:64],
            "student": " ".join(result.student.split())[:60],
            "step": result.step,
            "goals": dict(result.goals),
            "values": {name: value for name, value in result.values.items() if abs(value) < 1e300},
            "changes": result.changes[:400],
            "answers": {name: text[:MAX_TEXT] for name, text in answers.items() if name in asked},
        }
        self._write(code, entry)

    def summary(self, code: str) -> Summary:
        """Sum up a room.

        Raises:
            ConfigError: If there is no such room.
        """
        task, _, entries, _ = self._read(code)
        chosen: dict[str, Mapping[str, int]] = {}
        results: dict[str, Mapping[str, Any]] = {}
        for entry in entries:
            if entry.get("kind") == "prediction":
                chosen[str(entry["who"])] = entry["predictions"]
            elif entry.get("kind") == "result":
                results[str(entry["who"])] = entry
        counts: dict[str, Counter[int]] = {q.name: Counter() for q in task.questions if q.choices}
        for predictions in chosen.values():
            for name, place in predictions.items():
                if name in counts:
                    counts[name][int(place)] += 1
        board = [Reached(e["student"], int(e["step"]), e["goals"], e["values"], e["changes"]) for e in results.values()]
        words = {
            q.name: tuple((e["student"], e["answers"][q.name]) for e in results.values() if e["answers"].get(q.name))
            for q in task.questions
            if not q.choices
        }
        ranked = tuple(sorted(board, key=lambda line: (not line.all, line.step)))
        return Summary(task, counts, ranked, words, len(chosen.keys() | results.keys()))

    def end(self, code: str, key: str) -> None:
        """Delete a room and all that is in it.

        Raises:
            ConfigError: If this is not its key.
        """
        if not self.is_teacher(code, key):
            raise ConfigError("only the room's teacher can end it")
        self._path(code).unlink(missing_ok=True)

    def _path(self, code: str) -> Path:
        if not is_code(code):
            raise ConfigError(f"{code[:20]!r} is no code of a room: six letters are")
        return self._folder / f"{code}{_SUFFIX}"

    def _files(self) -> list[Path]:
        return list(self._folder.glob(f"*{_SUFFIX}")) if self._folder.is_dir() else []

    def _clear_old(self) -> None:
        for path in self._files():
            if path.stat().st_mtime < self._clock() - KEPT_DAYS * 86_400:
                path.unlink(missing_ok=True)

    def _write(self, code: str, entry: Mapping[str, Any]) -> None:
        with self._lock:
            entries = self._read(code)[2]
            if len(entries) >= MAX_ENTRIES or (
                entry["who"] not in {e.get("who") for e in entries}
                and len({e.get("who") for e in entries}) >= MAX_STUDENTS
            ):
                raise ConfigError("this room is full: its teacher can open another")
            self._append(code, entry)

    def _append(self, code: str, entry: Mapping[str, Any], *, first: bool = False) -> None:
        line = json.dumps(entry, separators=(",", ":")).encode() + b"\n"
        if len(line) > (MAX_BYTES if first else MAX_ENTRY_BYTES):
            raise ConfigError(f"an entry of {len(line):,} bytes is too long: {MAX_ENTRY_BYTES:,} are allowed")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with self._path(code).open("xb" if first else "r+b") as file:
                if not first:
                    file.seek(-1, os.SEEK_END)
                    whole = file.read(1) == b"\n"  # else a killed server left half a line
                    line = line if whole else b"\n" + line
                file.write(line)
        except OSError as error:
            raise ConfigError(f"the room cannot be written to: {error.strerror or error}") from None

    def _read(self, code: str) -> tuple[Task, str, list[Mapping[str, Any]], Mapping[str, Any]]:
        code = code.strip().upper()
        try:
            lines = self._path(code).read_bytes().splitlines()
        except OSError:
            raise ConfigError(
                f"there is no room {code[:20]!r} on this server; rooms end after {KEPT_DAYS} days"
            ) from None
        entries: list[Mapping[str, Any]] = []
        for line in lines[: MAX_ENTRIES + 1]:
            try:
                entry = json.loads(line)
            except ValueError:
                continue  # the last line of a server that was killed
            if isinstance(entry, dict):
                entries.append(entry)
        if not entries or entries[0].get("kind") != "task":
            raise ConfigError(f"the file of room {code} is damaged")
        first = entries[0]
        return read_task(json.dumps(first["task"]).encode()), str(first.get("key", "")), entries[1:], first


def new_code() -> str:
    """Make a code of six letters, none of which is taken for another."""
    return "".join(secrets.choice(LETTERS) for _ in range(6))


def is_code(text: str) -> bool:
    """Tell whether a text has the form of a code."""
    return _CODE.fullmatch(text) is not None
