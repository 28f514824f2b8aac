"""``sweep``: a grid of settings times seeds, one row a run."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from gan_core.commands import own, prepare
from gan_core.commands.arguments import number
from gan_core.commands.printing import print_json
from gan_core.config import KNOBS
from gan_core.config.presets import find, presets
from gan_core.experiments.sweep import (
    SCORES,
    Job,
    Table,
    dask,
    floors,
    parse_vary,
    plan,
    processes,
    samples,
    shown,
    summarise,
)
from gan_core.experiments.sweep import run as do

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from gan_core.experiments.sweep import Summary

HELP = (
    "Train a preset with every combination of some settings and with several seeds, and write one row a run. What the "
    "file has already is not trained again; Ctrl-C keeps the rows that are there."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what to vary, how many seeds, which workers, and the file of the rows."""
    parser.add_argument("preset", metavar="PRESET", help=f"one of: {', '.join(presets())}")
    parser.add_argument(
        "--vary",
        metavar="PATH=VALUE,VALUE",
        action="append",
        default=[],
        help="a setting and its values; may be repeated, and every combination is trained. Besides the settings' "
        "paths: recipe=NAME,… (methods by name), regularisers=none,r1,r1_r2:0.3 (penalties by name and weight)",
    )
    parser.add_argument(
        "--set", metavar="PATH=VALUE", action="append", default=[], help=f"of all runs. Paths: {', '.join(KNOBS)}"
    )
    parser.add_argument(
        "--seeds", metavar="N", type=number(int, 1, 1000, "a whole number"), default=10, help="0 to N-1"
    )
    parser.add_argument(
        "--steps",
        metavar="N",
        type=number(int, 1, 10**9, "a whole number"),
        help="of each run; the preset's own if left out",
    )
    own.add_arguments(parser, "train all runs on them")
    who = parser.add_mutually_exclusive_group()
    who.add_argument(
        "--workers",
        metavar="N",
        type=number(int, 1, 256, "a whole number"),
        default=1,
        help="processes of this machine",
    )
    who.add_argument("--dask", metavar="ADDRESS", help="scheduler of a Dask cluster, such as tcp://10.0.0.1:8786")
    parser.add_argument("--out", metavar="FILE", type=Path, required=True, help="the rows: .csv or .parquet")
    parser.add_argument("--plot", metavar="FILE.html", type=Path, help="also draw the rows, a point for each run")


def run(args: argparse.Namespace) -> None:
    """Train what the file does not have, and print medians over the seeds."""
    preset, vary = find(args.preset), parse_vary(args.vary)
    config = preset.config.changed(own.read(args, preset.config.data) | prepare.changes(args.set, None))
    own.say_split(config)
    jobs = plan(config, vary, seeds=range(args.seeds), steps=args.steps or preset.steps)
    if args.plot is not None:
        prepare.writable(args.plot)
    table = Table(prepare.writable(args.out))
    waiting = [job for job in jobs if job.key not in table.done]
    state = "finished"
    try:
        _train(waiting, table, args)
    except KeyboardInterrupt:
        state = "interrupted"
    keys = {job.key for job in jobs}
    rows = [row for row in table.rows if row["run"] in keys]
    scores = shown(rows)
    summaries = summarise(rows, list(vary), scores)
    if args.plot is not None and rows:
        _draw(rows, list(vary), scores, args.plot)
    if args.json:
        said = {"preset": preset.name, "state": state, "runs": len(jobs), "rows": rows}
        print_json(said | {"summary": [vars(summary) for summary in summaries]})
    else:
        _print(summaries, scores, floors(rows, scores), samples(rows, scores))
        print(f"{state}: {len(rows)} of {len(jobs)} runs in {args.out}")


def _train(jobs: Sequence[Job], table: Table, args: argparse.Namespace) -> None:
    who: AbstractContextManager[Executor] = (
        dask(args.dask) if args.dask else processes(min(args.workers, len(jobs) or 1))
    )
    with tqdm(total=len(jobs), unit=" runs", disable=None) as bar, who as executor:
        for row in do(jobs, executor):
            table.add(row)
            bar.update()


def _draw(rows: Sequence[dict[str, Any]], by: Sequence[str], scores: Sequence[str], path: Path) -> None:
    from gan_core.figures import sweep

    sweep(rows, by, {name: SCORES[name] for name in scores}, floors=floors(rows, scores)).write_html(path)


def _print(
    summaries: Sequence[Summary], scores: Sequence[str], real: Mapping[str, float], n: Mapping[str, int]
) -> None:
    """Medians over the seeds, with their quartiles; what real data reach, and of how many samples a score is."""
    for summary in summaries:
        words = ", ".join(f"{path}={value}" for path, value in summary.values.items()) or "as it is"
        cells = [
            f"{SCORES[name]} {summary.median[name]:.4g} [{summary.low[name]:.4g}, {summary.high[name]:.4g}]"
            for name in scores
        ]
        print(f"{words} ({summary.n} seeds): {', '.join(cells)}")
    if real:
        print(f"real data: {', '.join(f'{SCORES[name]} {value:.4g}' for name, value in real.items())}")
    if n:
        print(f"of so many samples: {', '.join(f'{SCORES[name]} {number:,}' for name, number in n.items())}")
