"""The diagnosis on runs drawn at random: ``python -m benchmarks.draws --draw 1 --runs 60``, then ``--judge``.

``--draw`` and ``--runs`` train what is missing of a draw, one run after the other (60 take less than 40 minutes of one
core), and append one line of JSON a run to ``FOLDER/draw1/runs.jsonl``: its config, what the oracle saw
(`benchmarks.truth`) and the looks of the diagnosis. The weights at each look lie beside it, so that ``--look`` can take
the looks anew with another diagnosis, in seconds a run and without training.

``--judge`` says of the kept runs what the diagnosis makes of them now, beside the oracle: how often a bad run is named
rightly, how often a good one raises an alarm, and how often a bad one is called improving or converged. It notes in
``FOLDER/looked.json`` that a draw was looked at, and prints how many were.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch

from benchmarks.drawing import draw_run
from benchmarks.keeping import Row, config_of, looked_anew, looks_of, read_rows, record, seen_of, write_rows
from benchmarks.truth import LABELS, LATE, TURNING, Truth, judge, labels_of, settings_of, states_of, turned
from gan_core.diagnosis import FINDINGS, Finding, Watch
from gan_core.record.history import QUANTITIES, StepStats

__all__ = ["NAMES", "Judged", "Names", "judge_row", "table", "wilson"]

FOLDER: Final = Path("bench-traces")
RUNS: Final = 60
RECENT: Final = 500
"""An alarm in a run that ends well is true if the oracle saw what it names within so many steps before."""
ENOUGH: Final = 150
"""Bad and good runs that the table needs of each."""
Z: Final = 1.959964
"""Of a two-sided interval of 95 %."""

_ANY: Final = (*LABELS, TURNING)
_FAR: Final = ("off the data", "blurred", "frame wrong")
_LOST: Final = ("collapse", "region missing")


@dataclass(frozen=True)
class Names:
    """Meaning of a finding, in the oracle's words.

    Attributes:
        labels: It is a right name of a run of which any of these holds.
        states: Where this is not empty, one of these states of the game or the settings must hold as well.
        causes: It is a right name of any bad run whose data have one of these.
        facts: Of data of which one of these is true it is no false alarm, but no name of what is wrong either.
        praise: True if it says that all is well, or becomes so.
    """

    labels: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    causes: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    praise: bool = False

    def right(self, labels: Collection[str], states: Collection[str], facts: Collection[str]) -> bool:
        """Tell whether it names what the oracle saw."""
        game = not self.states or _any(self.states, states)
        return (game and _any(self.labels, labels)) or _any(self.causes, facts)

    def true(self, labels: Collection[str], states: Collection[str], facts: Collection[str]) -> bool:
        """Tell whether it is no false alarm."""
        return self.right(labels, states, facts) or _any(self.facts, facts)


def _any(some: Collection[str], of: Collection[str]) -> bool:
    return not set(some).isdisjoint(of)


NAMES: Final[Mapping[str, Names]] = {
    "data_fault": Names(
        causes=("integers", "outliers", "sentinels", "unequal scales"),
        facts=("border", "duplicates", "few samples", "rare region", "uneven"),
    ),
    "no_lipschitz_bound": Names(_ANY, ("no bound",)),
    "divergence": Names(("diverged",)),
    "rates_too_low": Names(_ANY, ("low rate",)),
    "rates_too_high": Names(_ANY, ("high rate",)),
    "scale_runs_away": Names(_ANY, ("huge answers",)),
    "low_capacity": Names(_ANY, ("small network",)),
    "vanishing_gradient": Names(_ANY, ("D tells all",)),
    "discriminator_overpowers": Names(_ANY, ("D tells all",)),
    "mode_collapse": Names(_LOST),
    "some_missing": Names(_LOST),
    "oscillation": Names((TURNING,)),
    "discriminator_dead": Names(_ANY, ("D tells nothing",)),
    "off_data": Names(_FAR),
    "within_mode_collapse": Names(("narrow",)),
    "rare_missing": Names(_LOST),
    "wrong_shares": Names(("skewed",)),
    "memorisation": Names(("copied",), facts=("few samples",)),
    "checkerboard": Names(),
    "unlike_data": Names(_FAR),
    "not_begun": Names(("not begun",)),
    "mostly_off": Names(_FAR),
    "not_nearer": Names(),
    "converged": Names(praise=True),
    "approaching": Names(praise=True),
    "improving": Names(praise=True),
    "close": Names(praise=True),
    "like_the_data": Names(praise=True),
}
"""Findings of the diagnosis by their names, those of this edition and of the one before."""


@dataclass(frozen=True)
class Judged:
    """The oracle's word on a run, and the diagnosis'.

    Attributes:
        row: The run.
        truth: What it is.
        last: Findings at the end.
        named: Whether one of these names what is wrong.
        alarms: Failures that were found while nothing of what they name was so, with the first step of each.
        praised: Findings of the last third that say that all is well, or becomes so.
    """

    row: Row
    truth: Truth
    last: tuple[str, ...]
    named: bool
    alarms: Mapping[str, int]
    praised: tuple[str, ...]


def judge_row(row: Row) -> Judged:
    """Ask the diagnosis of today about the kept looks of a run, and hold it against the oracle."""
    config, watch = config_of(row), Watch()
    found: list[tuple[int, tuple[Finding, ...]]] = []
    for signs in looks_of(row):
        watch.take(signs)
        found.append((signs.step, watch.findings(config)))
    if row["broke"]:
        numbers = StepStats(row["broke"], *[math.nan] * len(QUANTITIES))
        found.append((row["broke"], watch.findings(config, numbers)))
    looks, shares, facts = seen_of(row), np.array(row["shares"]), row["facts"]
    truth, settings = judge(looks, shares, row["broke"]), settings_of(config)
    seen = [
        (look.step, (*labels_of(look, shares), *((TURNING,) if turn else ())), (*states_of(look), *settings))
        for look, turn in zip(looks, turned(looks), strict=True)
    ]
    alarms: dict[str, int] = {}
    for step, findings in found:
        recent = [(labels, states) for at, labels, states in seen if step - RECENT <= at <= step]
        for name in (f.name for f in findings if f.failure):
            if not any(NAMES[name].true(labels, states, facts) for labels, states in recent):
                alarms.setdefault(name, step)
    late = looks[-1].step * (1 - LATE)
    heads = [findings[0].name for step, findings in found if step > late and findings]
    last = tuple(f.name for f in found[-1][1]) if found else ()
    return Judged(
        row,
        truth,
        last,
        any(NAMES[name].right(truth.labels, (*truth.states, *settings), facts) for name in last),
        alarms,
        tuple(dict.fromkeys(name for name in heads if NAMES[name].praise)),
    )


def wilson(count: int, of: int) -> tuple[float, float]:
    """Wilson's interval of 95 % for a share; (0, 1) of nothing."""
    if not of:
        return 0.0, 1.0
    share, square = count / of, Z * Z
    middle = (share + square / (2 * of)) / (1 + square / of)
    half = Z * math.sqrt(share * (1 - share) / of + square / (4 * of * of)) / (1 + square / of)
    return max(0.0, middle - half), min(1.0, middle + half)


def table(runs: Sequence[Judged], n_draws: int) -> str:
    """Format the confusion table.

    Args:
        runs: Of the draws that are judged.
        n_draws: Draws that were ever looked at.
    """
    lines = [f"{'the oracle':16}{'runs':>5}{'named':>7}  what the diagnosis says at the end"]
    bad, well = ([r for r in runs if r.truth.verdict == verdict] for verdict in ("bad", "good"))
    for label in dict.fromkeys([*_ANY, *(r.truth.labels[0] for r in bad)]):
        mine = [r for r in bad if r.truth.labels[0] == label]
        if mine:
            lines.append(f"{label:16}{len(mine):>5}{sum(r.named for r in mine):>7}  {_heads(mine)}")
    for verdict in ("good", "between"):
        mine = [r for r in runs if r.truth.verdict == verdict]
        lines.append(f"{verdict:16}{len(mine):>5}{'':>7}  {_heads(mine)}")
    ending = [r for r in bad if r.last and NAMES[r.last[0]].praise]
    for what, count, of, bar in (
        ("bad runs named rightly at the end", sum(r.named for r in bad), len(bad), "at least 90 %"),
        ("good runs with a false alarm, ever", sum(bool(r.alarms) for r in well), len(well), "at most 2 %"),
        ("bad runs called improving or converged at the end", len(ending), len(bad), "at most 2 %"),
        ("bad runs called so at any look of the last third", sum(bool(r.praised) for r in bad), len(bad), "none"),
    ):
        low, high = wilson(count, of)
        lines.append(f"{what}: {count} of {of} ({low:.1%} to {high:.1%}; bar: {bar})")
    enough = "" if min(len(bad), len(well)) >= ENOUGH else f", fewer than the {ENOUGH} that a figure needs"
    lines.append(f"{len(bad)} bad and {len(well)} good runs{enough}")
    lines.append(f"draws looked at so far: {n_draws}")
    return "\n".join(lines)


def _heads(runs: Sequence[Judged]) -> str:
    counts = Counter(r.last[0] if r.last else "nothing" for r in runs)
    return ", ".join(f"{name} {count}" for name, count in counts.most_common())


def mistakes(runs: Sequence[Judged]) -> list[str]:
    """List the runs on which the diagnosis is wrong, one line each."""
    lines = []
    for r in runs:
        what = f"draw {r.row['draw']}, run {r.row['number']} ({r.row['kind']}; {', '.join(r.truth.labels) or 'good'})"
        if r.truth.verdict == "bad" and not r.named:
            lines.append(f"{what}: not named; the diagnosis says {', '.join(r.last) or 'nothing'}")
        if r.truth.verdict == "bad" and r.praised:
            lines.append(f"{what}: called {', '.join(r.praised)}")
        if r.truth.verdict == "good" and r.alarms:
            lines.append(f"{what}: alarms {', '.join(f'{name} at {step}' for name, step in r.alarms.items())}")
    return lines


def _place(folder: Path, draw: int) -> Path:
    return folder / f"draw{draw}"


def _weights(folder: Path, draw: int, number: int) -> Path:
    return _place(folder, draw) / f"run{number:03}.safetensors"


def _train(folder: Path, draw: int, n: int, minutes: float) -> None:
    file = _place(folder, draw) / "runs.jsonl"
    file.parent.mkdir(parents=True, exist_ok=True)
    done = {row["number"] for row in read_rows(file)}
    end = time.monotonic() + 60 * minutes
    for number in range(n):
        if number in done or time.monotonic() > end:
            continue
        began = time.perf_counter()
        row = record(*draw_run(draw, number), _weights(folder, draw, number))
        with file.open("a", encoding="utf-8") as out:
            out.write(json.dumps(row, separators=(",", ":")) + "\n")
        print(f"draw {draw}, run {number}: {row['kind']}, {time.perf_counter() - began:.0f} s", flush=True)


def _look(folder: Path, draws: Sequence[int]) -> None:
    for draw in draws:
        file = _place(folder, draw) / "runs.jsonl"
        rows = [looked_anew(row, _weights(folder, draw, row["number"])) for row in read_rows(file)]
        write_rows(file, rows)


def _looked(folder: Path, draws: Sequence[int]) -> int:
    """Note that draws were looked at, and count all that ever were."""
    file = folder / "looked.json"
    before = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else []
    after = sorted({*before, *draws})
    file.write_text(json.dumps(after) + "\n", encoding="utf-8")
    return len(after)


def main() -> None:
    """Record, look anew or judge."""
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--draw", type=int, nargs="+", default=[1], help="seeds of the draws")
    options.add_argument("--runs", type=int, default=RUNS, help="runs of each draw")
    options.add_argument("--folder", type=Path, default=FOLDER, help="where the runs are kept")
    options.add_argument("--minutes", type=float, default=math.inf, help="begin no further run after this")
    options.add_argument("--look", action="store_true", help="take the looks of kept runs anew")
    options.add_argument("--judge", action="store_true", help="print the table of kept runs")
    options.add_argument("--mistakes", action="store_true", help="list the runs on which the diagnosis is wrong too")
    given = options.parse_args()
    torch.set_num_threads(1)
    if not (given.look or given.judge):
        for draw in given.draw:
            _train(given.folder, draw, given.runs, given.minutes)
    if given.look:
        _look(given.folder, given.draw)
    if given.judge:
        if unknown := sorted(set(FINDINGS) - set(NAMES)):
            options.error(f"benchmarks.draws.NAMES says of no label which of them {', '.join(unknown)} names")
        rows = [row for draw in given.draw for row in read_rows(_place(given.folder, draw) / "runs.jsonl")]
        runs = [judge_row(row) for row in rows]
        print("\n".join([table(runs, _looked(given.folder, given.draw)), *(mistakes(runs) if given.mistakes else [])]))


if __name__ == "__main__":
    main()
