"""Verdicts on kept looks, and the tables that are made of them."""

from __future__ import annotations

import gzip
import json
import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from benchmarks.cases import HEALTHY, UNSEEN_HEALTHY, Case, Healthy
from gan_core.config import parse_config
from gan_core.diagnosis import FINDINGS, Signs, Watch, diagnose
from gan_core.record.history import QUANTITIES, StepStats

__all__ = [
    "WITHIN",
    "changes",
    "delay",
    "first",
    "kept",
    "report",
    "report_cures",
    "said",
    "trace_file",
    "write_traces",
]

WITHIN: Final = 500
"""Steps from the onset within which a failure must be named."""
MAX_CHANGES: Final = 3
GOOD: Final = tuple(name for name, entry in FINDINGS.items() if not entry.failure)
"""Verdict where nothing is wrong."""

Row = dict[str, Any]
Said = list[tuple[int, tuple[str, ...]]]


def kept(watch: Watch) -> dict[str, list[Any]]:
    """Pack looks as columns, to four digits."""
    looks = [asdict(look) for look in watch.looks]
    numbers = [name for name, value in looks[0].items() if value is not None] if looks else []
    return {name: [_rounded(look[name]) for look in looks] for name in numbers}


def _rounded(value: Any) -> Any:
    if isinstance(value, tuple):
        return [round(v, 4) for v in value]
    return value if isinstance(value, int) else float(f"{value:.4g}")


def looks_of(row: Row) -> list[Signs]:
    """Unpack the looks of a row."""
    columns: dict[str, list[Any]] = row["looks"]
    looks = []
    for values in zip(*columns.values(), strict=True):
        look: dict[str, Any] = dict(zip(columns, values, strict=True))
        looks.append(Signs(**look | {"raw_shares": tuple(look["raw_shares"])}))
    return looks


def said(row: Row) -> Said:
    """After each look its step and the names of what was found, the gravest first."""
    looks, config = looks_of(row), parse_config(row["settings"])
    out = [(look.step, _names(diagnose(config, looks[: i + 1]))) for i, look in enumerate(looks)]
    if row.get("broke"):
        numbers = StepStats(row["broke"], *[math.nan] * len(QUANTITIES))
        out.append((row["broke"], _names(diagnose(config, looks, numbers))))
    return out


def _names(findings: Sequence[Any]) -> tuple[str, ...]:
    return tuple(finding.name for finding in findings)


def first(verdicts: Said) -> dict[str, int]:
    """Find the step at which each finding first stood."""
    steps: dict[str, int] = {}
    for step, names in verdicts:
        for name in names:
            steps.setdefault(name, step)
    return steps


def changes(verdicts: Said) -> int:
    """Count the changes of the verdict, the first finding; the first one is none."""
    heads = [names[0] for _, names in verdicts if names]
    return sum(a != b for a, b in pairwise(heads))


def delay(row: Row, verdicts: Said, expected: Sequence[str]) -> int | None:
    """Count steps from the onset to the first expected finding; None if there was none."""
    named = first(verdicts)
    steps = [named[name] for name in expected if name in named]
    return max(0, min(steps) - row["onset"]) if steps else None


def report(rows: Sequence[Row], failing: Mapping[str, Case], healthy: Mapping[str, Healthy]) -> str:
    """Format the confusion table as text."""
    width = max((len(name) for name in [*failing, *healthy]), default=0) + 2
    lines = [f"{'':{width}}{'runs':>5}{'onset':>7}{'found':>7}{'delay':>7}   named within {WITHIN} steps of the onset"]
    for name, case in failing.items():
        mine = [row for row in rows if row["case"] == name and not row["healthy"]]
        if mine:
            lines.append(f"{name:{width}}{_failing_line(mine, case)}")
    n_false = n_healthy = 0
    lines.append(f"{'':{width}}{'runs':>5}{'false':>7}{'changes':>9}   last verdicts; alarms")
    for name in healthy:
        mine = [row for row in rows if row["case"] == name and row["healthy"]]
        if not mine:
            continue
        verdicts = [said(row) for row in mine]
        alarms = [(row["seed"], n, s) for row, v in zip(mine, verdicts, strict=True) for n, s in first(v).items()]
        alarms = [alarm for alarm in alarms if alarm[1] not in GOOD]
        n_false += len({seed for seed, *_ in alarms})
        n_healthy += len(mine)
        most = max(changes(v) for v in verdicts)
        last = ", ".join(sorted({(v[-1][1] or ("nothing",))[0] for v in verdicts}))
        words = "".join(f"; seed {seed}: {n} at {step}" for seed, n, step in alarms)
        false = len({seed for seed, *_ in alarms})
        lines.append(f"{name:{width}}{len(mine):>5}{false:>7}{most:>9}   {last}{words}")
    lines.append(f"false alarms: {n_false} of {n_healthy} healthy runs")
    return "\n".join(lines)


def _failing_line(mine: Sequence[Row], case: Case) -> str:
    begun = [row for row in mine if row["onset"] is not None]
    verdicts = [said(row) for row in begun]
    delays = [delay(row, v, case.expected) for row, v in zip(begun, verdicts, strict=True)]
    found = [d for d in delays if d is not None and d <= WITHIN]
    named: dict[str, int] = {}
    for row, v in zip(begun, verdicts, strict=True):
        for name, step in first(v).items():
            if name not in GOOD and step <= row["onset"] + WITHIN:
                named[name] = named.get(name, 0) + 1
    words = ", ".join(f"{name} {count}" for name, count in sorted(named.items(), key=lambda n: -n[1]))
    middle = f"{statistics.median(found):.0f}" if found else ""
    onsets = f"{statistics.median(row['onset'] for row in begun):.0f}" if begun else "none"
    return f"{len(mine):>5}{onsets:>7}{f'{len(found)}/{len(begun)}':>7}{middle:>7}   {words}"


def report_cures(rows: Sequence[Row], n_cures: int) -> str:
    """Report how often each cure works, and how often the first one and one of the first ones do."""
    lines = []
    trials: dict[tuple[str, int], dict[int, Row]] = {}
    for row in rows:
        trials.setdefault((row["case"], row["seed"]), {})[row["cure"]] = row
    for case in dict.fromkeys(row["case"] for row in rows):
        for index in range(-1, n_cures):
            mine = [t[index] for (name, _), t in trials.items() if name == case and index in t]
            if not mine or (index >= 0 and not any(row["changes"] for row in mine)):
                continue
            works = f"{sum(row['works'] for row in mine)}/{len(mine)}"
            sharp = statistics.median(row.get("sharp", math.nan) for row in mine)
            what = "as it is" if index < 0 else f"cure {index + 1} of {mine[0]['finding']}: {mine[0]['changes']}"
            lines.append(f"{case:42}{works:>6}  sharp {sharp:.2f}  {what}")
    well = [t for (name, _), t in trials.items() if name in {*HEALTHY, *UNSEEN_HEALTHY}]
    failing = [t for t in trials.values() if t not in well and 0 in t]
    if failing:
        firsts = sum(t[0]["works"] for t in failing)
        some = sum(any(row["works"] for row in t.values()) for t in failing)
        lines.append(f"the first cure works in {firsts} of {len(failing)} failing runs, one of those tried in {some}")
    worse = [
        f"{name}, seed {seed}, cure {index + 1}"
        for (name, seed), t in trials.items()
        if -1 in t and t[-1]["works"]
        for index, row in t.items()
        if index >= 0 and row["changes"] and not row["works"]
    ]
    if well:
        n = sum(index >= 0 and bool(row["changes"]) for t in well for index, row in t.items())
        lines.append(f"healthy runs that a cure makes worse: {'; '.join(worse) or 'none'}, of {n} tried")
    return "\n".join(lines)


def trace_file(folder: Path, name: str) -> Path:
    """Return the file of the looks of a case."""
    return folder / f"{name.replace(', ', '-').replace(' ', '-')}.json.gz"


def write_traces(folder: Path, rows: Sequence[Row]) -> None:
    """One packed file a case, with all its runs."""
    folder.mkdir(parents=True, exist_ok=True)
    for case in dict.fromkeys(row["case"] for row in rows):
        mine = sorted((row for row in rows if row["case"] == case), key=lambda row: row["seed"])
        text = json.dumps(mine, separators=(",", ":"))
        trace_file(folder, case).write_bytes(gzip.compress(text.encode(), 9, mtime=0))
