"""Does a server hold while visitors come, play, change and leave? ``python -m benchmarks.comings``.

Eight plain visitors (`benchmarks.plain`) come again and again, play a preset, press what there is to press, and leave;
ten minutes, or as many as ``--minutes`` says (60 for a long look). In the middle the server is killed (SIGKILL) and
begun again on the same folder: a visitor who had played for a while must find a file that lacks no more than 15 s.
Bars: memory of the server and its hosts together (PSS) in the last third of each half over the third before it, and
no exception in the log.
"""

from __future__ import annotations

import random
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from benchmarks.hosts import pss
from benchmarks.plain import PlainVisitor
from benchmarks.rows import Row, parser, report
from benchmarks.served import Server
from gan_core.storage.autosave import Autosave

N_VISITORS: Final = 8
GROWTH: Final = 5.0
LOST_S: Final = 15.0
WRITING: Final = 3.0
"""Seconds that the copy of a state and the writing of its file may take beside, on a busy machine."""
STAYS: Final = 20.0, 90.0
PRESETS: Final = ("ring-8", "grid-25", "digits", "moons")
READ_EVERY: Final = 5.0
FORGETS: Final = {"STREAMLIT_SERVER_DISCONNECTED_SESSION_TTL": "15"}
"""Runs of who has left end after so many seconds and five, in place of 125: else nothing is level for four minutes."""


@dataclass
class Seen:
    """What was seen of one half.

    Attributes:
        memory: Readings, MB.
        visits: Visits that ended well.
        errors: What pages said had gone wrong, and what visitors met.
    """

    memory: list[float] = field(default_factory=list)
    visits: int = 0
    errors: list[str] = field(default_factory=list)


class Crowd:
    """Visitors that come and go; use it in a ``with``.

    Args:
        server: The app.
        seen: Takes what is seen.
        rng: Chance.
    """

    def __init__(self, server: Server, seen: Seen, rng: random.Random) -> None:
        self._server, self._seen = server, seen
        self._stop = threading.Event()
        self._killed = False
        self.here: dict[int, PlainVisitor] = {}
        seeds = [rng.randrange(10**6) for _ in range(N_VISITORS)]
        self._threads = [threading.Thread(target=self._live, args=(i, random.Random(s))) for i, s in enumerate(seeds)]

    def __enter__(self) -> Crowd:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(60)

    def kill(self) -> dict[str, float]:
        """Kill the server; returns for how long each run had played, by its seed."""
        self._killed = True
        self._stop.set()
        played = {}
        for visitor in list(self.here.values()):
            header = visitor.header()
            if header.get("run") == 1:  # a run that was begun anew has another file
                played[visitor.seed] = float(header["seconds"])
        self._server.kill()
        return played

    def _live(self, i: int, rng: random.Random) -> None:
        while not self._stop.wait(rng.uniform(0, 5)):
            seed = str(rng.randrange(1, 10**6))
            visitor = None
            try:
                visitor = PlainVisitor(self._server.url, {"preset": rng.choice(PRESETS), "seed": seed})
                self.here[i] = visitor
                end = time.monotonic() + rng.uniform(*STAYS)
                while time.monotonic() < end and not self._stop.wait(rng.uniform(1, 6)):
                    name, value = rng.choice(
                        [("pause", None), ("play", None), ("play", None), ("step", None), ("pace", 40), ("pace", None)]
                    )
                    visitor.command(name, value)
                if not self._killed:
                    self._seen.errors += visitor.errors
                    self._seen.visits += 1
            except Exception as error:
                if not self._killed:
                    self._seen.errors.append(f"{type(error).__name__}: {error}")
            finally:
                self.here.pop(i, None) if not self._killed else None
                if visitor is not None and not self._killed:
                    visitor.leave()


def half(folder: Path, minutes: float, seen: Seen, rng: random.Random, *, kill: bool) -> tuple[dict[str, float], str]:
    """Let a server live for one half; returns for how long each run had played when it was killed, and its log."""
    changes = {"GAN_EXPLORER_HOSTS": "2", "GAN_EXPLORER_SLOTS": "4", "GAN_EXPLORER_RUNS": str(folder)} | FORGETS
    with Server(changes | {"GAN_EXPLORER_USERS": "many"}) as server:
        with Crowd(server, seen, rng) as crowd:
            end = time.monotonic() + 60 * minutes
            while time.monotonic() < end:
                time.sleep(READ_EVERY)
                seen.memory.append(pss(server.pid) + sum(pss(pid) for pid in server.hosts()))
            played = crowd.kill() if kill else {}
        return played, server.log()


def lost(folder: Path, played: dict[str, float]) -> list[float]:
    """Find how many seconds of each run that had played for more than that are in no file."""
    saved: dict[str, float] = {}
    for run in Autosave(folder).saved():
        seed = str(run.summary.config.seed)
        at = run.card.clock[-1][1] if run.card.clock else 0.0
        saved[seed] = max(at, saved.get(seed, 0.0))
    return [seconds - saved.get(seed, 0.0) for seed, seconds in played.items() if seconds > LOST_S + WRITING]


def rows_of(name: str, seen: Seen, log: str) -> Iterator[Row]:
    """Format one half."""
    third = len(seen.memory) // 3
    before, after = statistics.median(seen.memory[third : 2 * third]), statistics.median(seen.memory[2 * third :])
    yield Row(name, "visits", [seen.visits], 0)
    yield Row(name, "memory of server and hosts, MB: second third", [before], 0)
    yield Row(name, "memory of server and hosts, MB: last third", [after], 0)
    yield Row(name, "growth, %", [100 * (after / before - 1)], 1, "<=", GROWTH)
    yield Row(
        name, "exceptions in the log, and what visitors met", [log.count("Traceback") + len(seen.errors)], 0, "<=", 0
    )


def main() -> None:
    """Measure and print."""
    options = parser(__doc__, repeats=1)
    options.add_argument("--minutes", type=float, default=10, help="both halves together")
    given = options.parse_args()
    rng = random.Random(7)
    rows: list[Row] = []
    notes = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for half_name, kill in (("first half", True), ("second half", False)):
            seen = Seen()
            played, log = half(folder, given.minutes / 2, seen, rng, kill=kill)
            rows += rows_of(half_name, seen, log)
            notes += seen.errors[:5]
            if kill:
                missing = lost(folder, played)
                rows.append(Row("killed in the middle", "runs that had played for a while", [len(missing)], 0))
                rows.append(
                    Row(
                        "killed in the middle",
                        "seconds lost, at most",
                        [max(missing, default=0.0)],
                        1,
                        "<=",
                        LOST_S + WRITING,
                    )
                )
    report("comings", rows, notes, given.json)


if __name__ == "__main__":
    main()
