"""Six methods on the two mode-collapse benchmarks: ``python -m benchmarks.modes``.

Each method is a recipe of `gan_core.experiments.recipes` on the networks of the presets (G 2-128-128-2, D 2-128-128-1,
ReLU, batch 256, rate 1e-3, averaging 0.999), trained with ten seeds for a fixed number of steps: about what a minute of
one core allows on the grid, and half of that on the ring. Scores are of 20,000 samples, of the averaged generator and
of the raw one, with the definitions of PacGAN; a perfect sampler has 98.9 % of its samples within three standard
deviations of a mode.

The whole takes two hours of one core. With ``--out FILE`` rows are kept, and what is there is not trained again;
``--minutes`` then ends a piece of it.
"""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks.rows import Row, parser, report
from gan_core.config.presets import preset
from gan_core.experiments.recipes import RECIPES
from gan_core.experiments.sweep import Job, Table, plan, processes, run

STEPS: Final[Mapping[str, Mapping[str, int]]] = {
    "grid-25": {
        "non_saturating": 18_000,
        "r1": 14_000,
        "r3gan": 12_000,
        "pacgan": 16_000,
        "minibatch_std": 10_000,
        "wgan_gp": 4_000,
    },
    "ring-8": {
        "non_saturating": 10_000,
        "r1": 8_000,
        "r3gan": 8_000,
        "pacgan": 9_000,
        "minibatch_std": 6_000,
        "wgan_gp": 2_000,
    },
}
"""Steps for which each is trained."""
N_SEEDS: Final = 10
BARS: Final = {"grid-25": (25, 0.95), "ring-8": (8, 0.93)}
"""Modes and high quality that at least one method is to reach in the median."""
SHOWN: Final = ("modes", "high_quality", "reverse_kl")
PLAIN: Final[dict[str, Any]] = {"betas_g": [0.5, 0.999], "betas_d": [0.5, 0.999]}


def jobs_of(data: str, methods: Sequence[str], n_seeds: int) -> list[Job]:
    """Yield the runs of one data set seed by seed, so that any part of them has all methods."""
    base = RECIPES["non_saturating"].apply(preset(data)).changed(PLAIN)
    jobs = [job for m in methods for job in plan(base, {"recipe": [m]}, seeds=range(n_seeds), steps=STEPS[data][m])]
    return sorted(jobs, key=lambda job: job.config.seed)


def rows_of(data: str, method: str, done: Sequence[Mapping[str, Any]]) -> list[Row]:
    """One method's lines of the table."""
    case = f"{data}, {RECIPES[method].label}, {STEPS[data][method]:,} steps, n = {len(done)}"
    n_modes = BARS[data][0]
    lines = []
    for prefix, generator in (("", "EMA"), ("raw_", "raw")):
        modes, quality, kl = ([row[prefix + name] for row in done] for name in SHOWN)
        lines += [
            Row(case, f"{generator}: modes of {n_modes}", modes, 1),
            Row(case, f"{generator}: high quality, %", [100 * q for q in quality], 1),
            Row(case, f"{generator}: reverse KL", [k for k in kl if k is not None] or [float("nan")], 4),
        ]
    return [*lines, Row(case, "core seconds", [row["seconds"] for row in done], 0)]


def winners(data: str, done: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[str]:
    """Methods whose median reaches the bars, with the averaged generator."""
    n_modes, sharp = BARS[data]
    return [
        method
        for method, rows in done.items()
        if statistics.median(row["modes"] for row in rows) >= n_modes
        and statistics.median(row["high_quality"] for row in rows) >= sharp
    ]


def main() -> None:
    """Train what is not done yet, and print."""
    options = parser(__doc__)
    options.add_argument(
        "--out", type=Path, metavar="FILE.csv", help="keep the rows here; what is done is not repeated"
    )
    options.add_argument("--minutes", type=float, default=float("inf"), help="start no run after so many minutes")
    options.add_argument("--workers", type=int, default=1, help="processes, one thread each")
    options.add_argument("--data", nargs="*", choices=list(STEPS), default=list(STEPS))
    options.add_argument("--methods", nargs="*", choices=list(STEPS["ring-8"]), default=list(STEPS["ring-8"]))
    options.add_argument("--seeds", type=int, default=N_SEEDS)
    given = options.parse_args()
    end = time.monotonic() + 60 * given.minutes
    with tempfile.TemporaryDirectory() as folder:
        table = Table(given.out or Path(folder) / "modes.csv")
        jobs = {data: jobs_of(data, given.methods, given.seeds) for data in given.data}
        waiting = [job for several in jobs.values() for job in several if job.key not in table.done]
        with processes(given.workers) as executor:
            # One for each worker at a time: a piece then ends with a row, not with a run given up.
            while waiting and time.monotonic() < end:
                now, waiting = waiting[: given.workers], waiting[given.workers :]
                for row in run(now, executor):
                    table.add(row)
                    print(json.dumps({k: row[k] for k in ("recipe", "seed", "steps", *SHOWN, "seconds")}), flush=True)
        found = {row["run"]: row for row in table.rows}
    lines, notes = [], ["scores of 20,000 samples; real data have 98.9 % high quality"]
    for data in given.data:
        done = {
            m: [found[j.key] for j in jobs[data] if j.values["recipe"] == m and j.key in found] for m in given.methods
        }
        done = {method: rows for method, rows in done.items() if rows}
        for method, rows in done.items():
            lines += rows_of(data, method, rows)
        n_modes, sharp = BARS[data]
        best = ", ".join(winners(data, done)) or "none"
        notes.append(f"{data}: {n_modes} modes and {sharp:.0%} high quality in the median, EMA: {best}")
    report("modes", lines, notes, given.json)


if __name__ == "__main__":
    main()
