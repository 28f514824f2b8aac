"""Do the cures of the failure gallery help? ``python -m benchmarks.gallery [FAILURE ...]``.

Every failure and every cure of it is trained from several seeds to step 3,000 and checked every 50 steps from 2,000
on. A seed is good if 80 % of its checks reach the failure's goal, and a cure helps if 9 of 10 seeds are good: two that
are not settle that it does not. Without a cure three seeds are trained, and all should fail. Finished trials are kept
in a file, so that the work can be done in pieces; with ``--write`` the counts go into ``assets/gallery.json``. The file
names each trial by its config: a changed one is tried anew.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from gan_core.config import RunConfig
from gan_core.experiments.gallery import FILE, SEEDS, Failure, Tried, failures, find
from gan_core.experiments.trials import Trial, interval, run_trial

RECORD: Final = Path("gallery-trials.jsonl")
BARE: Final = "(no cure)"
BARE_SEEDS: Final = 3
"""Seeds of the failing run itself; all of them are trained."""


@dataclass(frozen=True)
class Case:
    """One failure, with one of its cures or without."""

    name: str
    cure: str

    @property
    def n_seeds(self) -> int:
        """Seeds to try at most."""
        return BARE_SEEDS if self.cure == BARE else SEEDS

    @property
    def failure(self) -> Failure:
        """The failure."""
        return find(self.name)

    def config(self, seed: int) -> RunConfig:
        """Return the config to train."""
        failure = self.failure
        return failure.config(seed) if self.cure == BARE else failure.cured(failure.cure(self.cure), seed)


def cases(names: list[str], cure: str) -> Iterator[Case]:
    """List the trials."""
    for failure in [find(name) for name in names] or list(failures().values()):
        for name in (BARE, *(c.name for c in failure.cures)):
            if cure in ("", name):
                yield Case(failure.name, name)


def key(config: RunConfig, goal: str) -> str:
    """Return the key that tells one trial from another."""
    text = json.dumps([config.model_dump(mode="json", exclude_defaults=True), goal], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def one(name: str, cure: str, seed: int) -> Trial:
    """Train one trial, in a process of its own."""
    import torch

    torch.set_num_threads(1)
    case = Case(name, cure)
    return run_trial(case.config(seed), case.failure.goal)


def work(todo: list[tuple[str, Case, int]], failed: Counter[Case], workers: int, minutes: float, record: Path) -> None:
    """Run the trials for so many minutes; keep each result at once.

    Args:
        todo: Keys, cases and seeds.
        failed: Seeds of each case that are known not to be good; counted on. A cure is settled by two of them.
        workers: Processes.
        minutes: Begin nothing after so many.
        record: Where results are kept.
    """
    end = time.monotonic() + 60 * minutes
    queue = (job for job in todo if job[1].cure == BARE or not Tried(0, failed[job[1]]).settled)
    with ProcessPoolExecutor(workers) as pool, record.open("a", encoding="utf-8") as file:
        running: dict[Future[Trial], tuple[str, Case]] = {}
        while True:
            while len(running) < workers and time.monotonic() < end:
                name, case, seed = next(queue, (None, None, None))
                if name is None or case is None or seed is None:
                    break
                running[pool.submit(one, case.name, case.cure, seed)] = name, case
            if not running:
                return
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                name, case = running.pop(future)
                failed[case] += not future.result().good
                file.write(json.dumps({"key": name, **asdict(future.result())}) + "\n")
                file.flush()


def read(record: Path) -> dict[str, Trial]:
    """Finished trials by their keys."""
    if not record.is_file():
        return {}
    rows = [json.loads(line) for line in record.read_text(encoding="utf-8").splitlines()]
    return {row.pop("key"): Trial(**row) for row in rows}


def write(counted: dict[tuple[str, str], Tried]) -> None:
    """Put the counts beside what they are of."""
    entries: list[dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))
    for entry in entries:
        for part, cure in [(entry, BARE), *((c, c["name"]) for c in entry["cures"])]:
            tried = counted.get((entry["name"], cure))
            if tried is not None:
                part["tried"] = asdict(tried)
        entry["cures"].sort(key=_rank)
    FILE.write_text(json.dumps(entries, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _rank(cure: dict[str, Any]) -> tuple[bool, float]:
    """Sorts cures that help to the front, then by the share of good seeds."""
    tried = Tried(**cure.get("tried", {"good": 0, "of": 0}))
    return not tried.helps, -tried.good / max(1, tried.of)


def main() -> int:
    """Try what is not yet tried, and print a table."""
    arguments = argparse.ArgumentParser(prog="python -m benchmarks.gallery", description=(__doc__ or "").split("\n")[0])
    arguments.add_argument("names", nargs="*", metavar="FAILURE")
    arguments.add_argument("--cure", default="", help=f"only this one; {BARE!r} is the failing run itself")
    arguments.add_argument("--seeds", type=int, default=SEEDS)
    arguments.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    arguments.add_argument("--minutes", type=float, default=600.0, help="begin no trial after so many")
    arguments.add_argument("--record", type=Path, default=RECORD, help="where finished trials are kept")
    arguments.add_argument("--write", action="store_true", help=f"write the counts into {FILE.name}")
    arguments.add_argument("--json", type=Path, metavar="FILE", help="write the table here as well")
    given = arguments.parse_args()
    wanted, seeds = list(cases(given.names, given.cure)), range(given.seeds)
    # Seed by seed: what is done of the work is then the same share of every case.
    keys = {
        (case, seed): key(case.config(seed), case.failure.goal)
        for seed in seeds
        for case in wanted
        if seed < case.n_seeds
    }
    known = read(given.record)
    work(
        [(k, case, seed) for (case, seed), k in keys.items() if k not in known],
        Counter(case for (case, _), k in keys.items() if k in known and not known[k].good),
        given.workers,
        given.minutes,
        given.record,
    )
    known = read(given.record)
    counted: dict[tuple[str, str], Tried] = {}
    rows = []
    for case in wanted:
        trials = [known[keys[case, seed]] for seed in seeds if keys.get((case, seed)) in known]
        if not trials:
            continue
        tried = Tried(sum(trial.good for trial in trials), len(trials))
        middle, low, high = interval([trial.value for trial in trials])
        diverged = sum(trial.diverged_at is not None for trial in trials)
        rows.append({"failure": case.name, "cure": case.cure, "goal": case.failure.goal, **asdict(tried)})
        rows[-1] |= {"median": middle, "low": low, "high": high, "diverged": diverged}
        print(
            f"{case.name:24} {case.cure:28} {tried.good:2} of {tried.of:2}  {case.failure.goal} "
            f"{middle:.3g} [{low:.3g}, {high:.3g}]{f', {diverged} diverged' if diverged else ''}"
        )
        counted[case.name, case.cure] = tried
    if given.write:
        write(counted)
    if given.json is not None:
        given.json.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
