"""Cures on failures and on healthy runs: ``python -m benchmarks.cures --rows FILE.csv [--minutes N] [--seeds N]``.

For each finding and each kind of data (points, digits, own pictures) to which it applies, a failing run and a healthy
one are trained as they are and with each of the first three cures, from the beginning and with the same seed, for as
many steps. What came out is scored by precision and coverage beside what real samples reach, on samples that no look
has used; the diagnosis has no say. A cure makes a run worse if the mean of both falls by more than `WORSE`, and works
on a failing run if both reach `GOOD` of what real ones do.

Rows are kept in the file, and what is there is not run again, so that the table grows in pieces; its last line says how
many core hours it took and how much of all is done.
"""

from __future__ import annotations

import argparse
import csv
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch

from benchmarks.gallery import key
from benchmarks.words import clusters, pictures
from gan_core.config import RunConfig
from gan_core.config.presets import preset
from gan_core.diagnosis import FINDINGS, cures_of, describe
from gan_core.metrics.scoring import evaluate
from gan_core.training import Trainer

WORSE: Final = 0.1
GOOD: Final = 0.6
CURES: Final = 3
AS_IT_IS: Final = -1

Make = Callable[[int], RunConfig]
Row = dict[str, str]

COLUMNS: Final = (
    "finding",
    "kind",
    "run",
    "seed",
    "cure",
    "config",
    "steps",
    "precision",
    "coverage",
    "seconds",
    "what",
)


@dataclass(frozen=True)
class Kind:
    """A kind of data.

    Attributes:
        steps: How long its runs are trained.
        healthy: Runs in which nothing is wrong.
        failing: By finding, a run in which it shows.
    """

    steps: int
    healthy: Mapping[str, Make]
    failing: Mapping[str, Make]


def _of(start: str, changes: Mapping[str, Any], data: Callable[[], Mapping[str, Any]] = dict) -> Make:
    return lambda seed: preset(start).changed({**data(), **changes, "seed": seed})


_BARE: Final[dict[str, Any]] = {"objective": "non_saturating", "regularisers": [], "ema": 0.0}
_CRITIC: Final[dict[str, Any]] = {"objective": "wasserstein", "regularisers": []}
_WEAK: Final[dict[str, Any]] = {
    "objective": "wasserstein",
    "regularisers": [{"name": "gradient_penalty", "weight": 1e-4}],
}


def _both(rate: float) -> dict[str, float]:
    return {"lr_g": rate, "lr_d": rate}


KINDS: Final[Mapping[str, Kind]] = {
    "points": Kind(
        2_500,
        {"ring-8": _of("ring-8", {}), "own clusters": _of("ring-8", {}, lambda: clusters(800, 800, 800, 800, 800))},
        {
            "no_lipschitz_bound": _of("ring-8", _CRITIC),
            "divergence": _of("ring-8", _BARE | _both(1.0)),
            "rates_too_high": _of("ring-8", _both(0.05)),
            "rates_too_low": _of("ring-8", _both(1e-6)),
            "scale_runs_away": _of("ring-8", _WEAK),
            "low_capacity": _of("ring-8", {"generator.width": 4, "generator.depth": 1}),
            "discriminator_overpowers": _of(
                "ring-8", _BARE | {"objective": "minimax", "d_steps": 5, "lr_d": 2e-3, "batch_size": 64}
            ),
            "mode_collapse": _of("collapse", {}),
            "oscillation": _of("ring-8", _BARE | {"lr_g": 4e-3, "betas_g": [0.9, 0.999], "betas_d": [0.9, 0.999]}),
            "discriminator_dead": _of("ring-8", {"lr_d": 1e-6}),
            "within_mode_collapse": _of("gaussians-2", {"latent_dim": 1}),
            "rare_missing": _of("ring-8", _BARE, lambda: clusters(3_960, 40)),
        },
    ),
    "digits": Kind(
        2_000,
        {"digits": _of("digits", {})},
        {
            "no_lipschitz_bound": _of("digits", _CRITIC),
            "rates_too_high": _of("digits", _both(0.02)),
            "rates_too_low": _of("digits", _both(1e-6)),
            "low_capacity": _of("digits", {"generator.width": 4, "generator.depth": 1}),
            "discriminator_overpowers": _of("discriminator-wins", {}),
            "mode_collapse": _of(
                "digits", _BARE | _both(2e-3) | {"latent_dim": 2, "betas_g": [0.9, 0.999], "betas_d": [0.9, 0.999]}
            ),
        },
    ),
    "own pictures": Kind(
        1_000,
        {
            "pictures": _of("own-images", {}, pictures),
            "bordered": _of("own-images", {}, lambda: pictures(6)),
            "few": _of("own-images", {}, lambda: pictures(0, 120)),
        },
        {
            "rates_too_high": _of("own-images", _both(0.05), pictures),
            "mode_collapse": _of("own-images", {"g_steps": 8, "lr_g": 4e-3}, pictures),
        },
    ),
}

Wish = tuple[str, str, str, int, int, RunConfig]


def wishes(seeds: int) -> Iterator[Wish]:
    """Name every run in order: finding, kind, name, seed, cure, config."""
    for seed in range(seeds):
        for kind_name, kind in KINDS.items():
            for finding, failing in kind.failing.items():
                for name, make in ({"failing": failing} | dict(kind.healthy)).items():
                    config = make(seed)
                    yield finding, kind_name, name, seed, AS_IT_IS, config
                    for i, changes in enumerate(cures_of(finding, config)[:CURES]):
                        yield finding, kind_name, name, seed, i, config.changed(changes)


def trained(wish: Wish) -> Row:
    """Train one run and score it."""
    finding, kind, name, seed, cure, config = wish
    begun, trainer = time.process_time(), Trainer(config)
    while trainer.step_count < KINDS[kind].steps and trainer.step().finite:
        pass
    broken = trainer.step_count < KINDS[kind].steps
    scores = {} if broken else evaluate(trainer)
    parts = {}
    for n in ("precision", "coverage"):
        floor = scores[n].floor if n in scores else None
        parts[n] = min(1.0, scores[n].value / floor) if floor else 0.0
    start = wish_config(finding, kind, name, seed)
    what = "as it is" if cure == AS_IT_IS else describe(cures_of(finding, start)[cure])
    return {
        "finding": finding,
        "kind": kind,
        "run": name,
        "seed": str(seed),
        "cure": str(cure),
        "config": key(config, ""),
        "steps": str(trainer.step_count),
        "precision": f"{parts['precision']:.3f}",
        "coverage": f"{parts['coverage']:.3f}",
        "seconds": f"{time.process_time() - begun:.1f}",
        "what": what,
    }


def wish_config(finding: str, kind: str, name: str, seed: int) -> RunConfig:
    """Return the config of a run without a cure."""
    runs = KINDS[kind]
    return (runs.failing[finding] if name == "failing" else runs.healthy[name])(seed)


def report(rows: list[Row], n_all: int) -> str:
    """Format what each cure did to each run."""
    assert {row["finding"] for row in rows} <= FINDINGS.keys()
    by = {(r["finding"], r["kind"], r["run"], r["seed"], int(r["cure"])): r for r in rows}
    lines, first, some, worse, healthy = [], [0, 0], [0, 0], [0, 0], []
    for (finding, kind, name, seed, cure), base in by.items():
        if cure != AS_IT_IS:
            continue
        tried = [by[finding, kind, name, seed, i] for i in range(CURES) if (finding, kind, name, seed, i) in by]
        marks = [f"{_mean(base):.2f}"] + [f"{_mean(row):.2f}" for row in tried]
        lines.append(f"{finding:26}{kind:14}{name:14}{seed:>3}   {' -> '.join(marks[:1])} | {' '.join(marks[1:])}")
        if not tried:
            continue
        if name == "failing" and not _good(base):
            first = [first[0] + _good(tried[0]), first[1] + 1]
            some = [some[0] + any(_good(row) for row in tried), some[1] + 1]
        elif _good(base):
            bad = [row for row in tried if _mean(row) < _mean(base) - WORSE]
            worse = [worse[0] + len(bad), worse[1] + len(tried)]
            healthy += [f"  {name}, seed {seed}: {row['what']}" for row in bad]
    hours = sum(float(row["seconds"]) for row in rows) / 3600
    lines.append(f"the first cure works in {first[0]} of {first[1]} failures, one of three in {some[0]} of {some[1]}")
    lines.append(f"healthy runs made worse: {worse[0]} of {worse[1]} tried")
    lines += healthy
    lines.append(f"{len(rows)} of {n_all} runs done, {hours:.2f} core hours")
    return "\n".join(lines)


def _mean(row: Row) -> float:
    return (float(row["precision"]) + float(row["coverage"])) / 2


def _good(row: Row) -> bool:
    return min(float(row["precision"]), float(row["coverage"])) >= GOOD


def main() -> None:
    """Train what is missing, and print the table."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument("--rows", type=Path, required=True, help="CSV file of finished runs")
    options.add_argument("--seeds", type=int, default=10, help="seeds of each run")
    options.add_argument("--kinds", nargs="+", default=list(KINDS), choices=list(KINDS), help="some of the kinds")
    options.add_argument("--findings", nargs="+", default=[], help="some of the findings")
    options.add_argument("--minutes", type=float, default=1e9, help="begin no further run after this")
    given = options.parse_args()
    torch.set_num_threads(1)
    rows: list[Row] = []
    if given.rows.is_file():
        with given.rows.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    kept = {(r["finding"], r["kind"], r["run"], r["seed"], r["cure"], r["config"]): r for r in rows}
    configs = {(r["kind"], r["config"]): r for r in rows}
    end = time.monotonic() + 60 * given.minutes
    wanted: list[Row] = []
    n_all = 0
    for wish in wishes(given.seeds):
        finding, kind, name, seed, cure, config = wish
        if kind not in given.kinds or (given.findings and finding not in given.findings):
            continue
        n_all += 1
        place = (finding, kind, name, str(seed), str(cure), key(config, ""))
        if place not in kept:
            twin = configs.get((kind, place[-1]))
            if twin is None and time.monotonic() > end:
                continue
            row = trained(wish) if twin is None else {**twin, **dict(zip(COLUMNS, place, strict=False)), "seconds": "0"}
            fresh = not given.rows.is_file()
            with given.rows.open("a", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, COLUMNS)
                if fresh:
                    writer.writeheader()
                writer.writerow(row)
            kept[place] = configs[kind, place[-1]] = row
        wanted.append(kept[place])
    print(report(wanted, n_all))


if __name__ == "__main__":
    main()
