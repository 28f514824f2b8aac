"""Quality of the diagnosis beside what the oracle knows: ``python -m benchmarks.diagnosis``.

Failures of every kind and healthy presets are trained from several seeds. Beside each run stand the looks of the
product (every 100 steps) and the oracle of `benchmarks.oracle` (every 50). A failure counts as found if its finding
stands within 500 steps of the onset; a healthy run raises a false alarm if any failure is ever named.

With ``--unseen`` the same is done for failures and healthy runs of other data, networks, rates and batch sizes, by
which nothing was tuned. With ``--cures`` the cures of each failure's verdict are trained in their order until one
works, three at most, from the beginning and with the same seeds: a cure works if the oracle finds nothing bad, and at
least seven in eight of the modes, at 80 % of the looks between steps 2,000 and 3,000. The first three cures of a
collapse are tried on the healthy runs as well: they must not make them worse.

``--rows FILE`` keeps one line of JSON a run, the looks among them, so that hours of work can be done in pieces
(``--minutes``). What is there is not run again, unless its config has changed; the verdicts are always made anew, by
the diagnosis as it is now. ``--traces FOLDER`` writes the looks for the tests.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import torch

from benchmarks.cases import FAILING, HEALTHY, UNSEEN_FAILING, UNSEEN_HEALTHY, Case, Healthy
from benchmarks.gallery import key
from benchmarks.oracle import Look, onset, see
from benchmarks.verdicts import kept, report, report_cures, said, write_traces
from gan_core.config import RunConfig
from gan_core.diagnosis import FINDINGS, LOOK_EVERY, Watch, cures_of, describe
from gan_core.training import Trainer

ORACLE_EVERY: Final = 50
AFTER: Final = 500
"""Steps that a failing run is trained beyond its onset: no more are needed to judge."""
FAILING_STEPS: Final = 3_000
FAILING_SEEDS: Final = 10
HEALTHY_SEEDS: Final = 5
CURES: Final = 3
CURED_FROM: Final = 2_000
CURED: Final = 0.8
ENOUGH_MISSING: Final = 1 / 8
AS_IT_IS: Final = -1
"""In place of a cure's number: the run without any."""

FAILURES: Final = {*FAILING, *UNSEEN_FAILING}

Row = dict[str, Any]
Key = tuple[str, int, str | int, str]
Job = Callable[[], Row]


def run_failing(name: str, case: Case, seed: int) -> Row:
    """One failing run: its onset, and what was seen of it."""
    trainer, watch = Trainer(case.config(seed)), Watch()
    looks: list[Look] = []
    began: int | None = None
    broke: int | None = None
    while trainer.step_count < FAILING_STEPS and (began is None or trainer.step_count < began + AFTER):
        stats = trainer.step()
        step = trainer.step_count
        if not stats.finite:
            broke, began = step, step if began is None else began
            break
        if step % ORACLE_EVERY == 0 and began is None:
            looks.append(see(trainer))
            began = onset(looks, case.bad(looks))
        if step % LOOK_EVERY == 0:
            watch.look_at(trainer)
    row = {"case": name, "seed": seed, "healthy": False, **_what(trainer.config)}
    return row | {"onset": began, "broke": broke, "steps": trainer.step_count, "looks": kept(watch)}


def run_healthy(name: str, case: Healthy, seed: int) -> Row:
    """One healthy run: what was seen of it, and how it ended for the oracle."""
    trainer, watch = Trainer(case.config(seed)), Watch()
    while trainer.step_count < case.steps:
        if trainer.step().step % LOOK_EVERY == 0:
            watch.look_at(trainer)
    last = see(trainer)
    row = {"case": name, "seed": seed, "healthy": True, **_what(trainer.config)}
    row |= {"steps": case.steps, "missing": last.missing, "sharp": last.sharp, "uncovered": last.uncovered}
    return row | {"looks": kept(watch)}


def run_cure(name: str, case: Case | Healthy, finding: str, seed: int, index: int) -> Row:
    """Train a run with one cure of a finding and judge whether it works."""
    changes, config = _cured(case.config(seed), finding, index)
    row: Row = {"case": name, "seed": seed, "cure": index, "finding": finding, "config": _hash(config)}
    row |= {"changes": changes, "works": False, "passed": 0.0}
    if changes is None:
        return row
    trainer, looks = Trainer(config), []
    while trainer.step_count < FAILING_STEPS:
        stats = trainer.step()
        if not stats.finite:
            return row
        if stats.step >= CURED_FROM and stats.step % ORACLE_EVERY == 0:
            looks.append(see(trainer))
    bad = case.bad(looks) if isinstance(case, Case) else [False] * len(looks)
    good = [not b and look.missing <= ENOUGH_MISSING for b, look in zip(bad, looks, strict=True)]
    passed = sum(good) / len(good)
    sharp = sum(look.sharp for look in looks) / len(looks)
    return row | {"works": passed >= CURED, "passed": passed, "sharp": sharp}


def _cured(config: RunConfig, finding: str, index: int) -> tuple[str | None, RunConfig]:
    """Return a cure in words (None if there are not so many) and the config with it."""
    if index == AS_IT_IS:
        return "", config
    cures = cures_of(finding, config)[index : index + 1]
    return (describe(cures[0]), config.changed(cures[0])) if cures else (None, config)


def jobs(
    failing: Mapping[str, Case], healthy: Mapping[str, Healthy], seeds: int | None, n_healthy: int
) -> Iterator[tuple[Key, Job]]:
    """Every run in order, one seed of each case after the other."""
    for seed in range(seeds or FAILING_SEEDS):
        for name, case in failing.items():
            yield (name, seed, "failing", _hash(case.config(seed))), partial(run_failing, name, case, seed)
        if seed < (seeds or n_healthy):
            for name, well in healthy.items():
                yield (name, seed, "healthy", _hash(well.config(seed))), partial(run_healthy, name, well, seed)


def cure_jobs(
    failing: Mapping[str, Case], healthy: Mapping[str, Healthy], seeds: int, rows: Sequence[Row]
) -> Iterator[tuple[Key, Job]]:
    """Every trial of a cure in order, one seed after the other and the first cures first."""
    for seed in range(seeds):
        for index in range(CURES):
            for name, case in failing.items():
                finding = _named(name, case, seed, rows)
                _, config = _cured(case.config(seed), finding, index)
                yield (name, seed, index, _hash(config)), partial(run_cure, name, case, finding, seed, index)
        for index in (*range(CURES), AS_IT_IS):
            for name, well in healthy.items():
                _, config = _cured(well.config(seed), "mode_collapse", index)
                made = partial(run_cure, name, well, "mode_collapse", seed, index)
                yield (name, seed, index, _hash(config)), made


def _idle(wish: Key, rows: Sequence[Row]) -> bool:
    """Tell whether a trial would add nothing: a cure works already, or none made this run worse."""
    name, seed, index, _ = wish
    tried = [row for row in rows if (row["case"], row["seed"]) == (name, seed) and "cure" in row]
    works = [row["works"] or row["changes"] is None for row in tried]
    if index == AS_IT_IS:
        return all(works)
    return name in FAILURES and any(works)


def _named(name: str, case: Case, seed: int, rows: Sequence[Row]) -> str:
    """Return the failure that the last verdict names if the run was trained, else the first expected one."""
    for row in rows:
        if row.get("healthy") is False and (row["case"], row["seed"]) == (name, seed):
            failures = [n for n in said(row)[-1][1] if n not in ("improving", "converged")]
            if failures:
                return failures[0]
    assert case.expected[0] in FINDINGS
    return case.expected[0]


def _what(config: RunConfig) -> Row:
    return {"config": _hash(config), "settings": config.model_dump(mode="json", exclude_defaults=True)}


def _hash(config: RunConfig) -> str:
    return key(config, "")


def _key(row: Row) -> Key:
    kind = row.get("cure", "healthy" if row.get("healthy") else "failing")
    return row["case"], row["seed"], kind, row["config"]


def main() -> None:
    """Train what is missing, and print the table."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument("--cases", nargs="+", default=[], help="some of the cases or healthy runs")
    options.add_argument("--unseen", action="store_true", help="failures and healthy runs that nothing was tuned for")
    options.add_argument("--seeds", type=int, help="seeds of each (default: 10 of a failure, 5 of a healthy run)")
    options.add_argument("--rows", type=Path, help="file of finished runs, one line of JSON each")
    options.add_argument("--traces", type=Path, help="folder for the looks of each case")
    options.add_argument("--minutes", type=float, default=1e9, help="begin no further run after this")
    options.add_argument("--cures", action="store_true", help="try the cures in place of the failures")
    given = options.parse_args()
    torch.set_num_threads(1)
    failing, healthy = (UNSEEN_FAILING, UNSEEN_HEALTHY) if given.unseen else (FAILING, HEALTHY)
    if given.cases:
        failing = {name: case for name, case in failing.items() if name in given.cases}
        healthy = {name: case for name, case in healthy.items() if name in given.cases}
    rows: list[Row] = []
    if given.rows is not None and given.rows.is_file():
        rows = [json.loads(line) for line in given.rows.read_text(encoding="utf-8").splitlines()]
    end = time.monotonic() + 60 * given.minutes
    wanted: list[Row] = []
    todo = jobs(failing, healthy, given.seeds, HEALTHY_SEEDS)
    if given.cures:
        todo = cure_jobs(failing, healthy, given.seeds or FAILING_SEEDS, rows)
    known = {_key(row): row for row in rows}
    for wish, make in todo:
        if wish not in known:
            if time.monotonic() > end or _idle(wish, wanted):
                continue
            known[wish] = make()
            if given.rows is not None:
                with given.rows.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(known[wish]) + "\n")
        wanted.append(known[wish])
    if given.traces is not None:
        write_traces(given.traces, wanted)
    print(report_cures(wanted, CURES) if given.cures else report(wanted, failing, healthy))


if __name__ == "__main__":
    main()
