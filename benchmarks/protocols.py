"""Results of a minute or two of PacGAN's published protocol: ``python -m benchmarks.protocols``.

GAN and PacGAN2 on its ring and grid, with its networks, batch, optimiser and metrics, for the first steps of the
400,000 behind the paper's table. The raw generator is scored: modes and reverse KL on 2,500 samples, high quality on
20,000. With ``--out FILE`` rows are kept, and what is there is not trained again.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Final

from benchmarks.rows import Row, parser, report
from gan_core.experiments.published import FIRST_STEPS, PROTOCOLS, STEPS
from gan_core.experiments.sweep import Job, Table, plan, processes, run

TITLES: Final = {"1": "GAN", "2": "PacGAN2"}
SHOWN: Final = ("modes", "modes_reached", "high_quality", "reverse_kl")


def jobs_of(name: str, steps: int, n_seeds: int) -> list[Job]:
    """Yield the runs of one protocol seed by seed, so that any part of them has both methods."""
    jobs = plan(PROTOCOLS[name].config(), {"packing": list(TITLES)}, seeds=range(n_seeds), steps=steps)
    return sorted(jobs, key=lambda job: job.config.seed)


def main() -> None:
    """Train what is not done yet, and print."""
    options = parser(__doc__)
    options.add_argument("--steps", type=int, default=FIRST_STEPS)
    options.add_argument("--seeds", type=int, default=3)
    options.add_argument("--workers", type=int, default=1, help="processes, one thread each")
    options.add_argument("--out", type=Path, metavar="FILE.csv", help="keep the rows here")
    given = options.parse_args()
    jobs = {name: jobs_of(name, given.steps, given.seeds) for name in PROTOCOLS}
    with tempfile.TemporaryDirectory() as folder:
        table = Table(given.out or Path(folder) / "protocols.csv")
        waiting = [job for several in zip(*jobs.values(), strict=True) for job in several if job.key not in table.done]
        if waiting:
            with processes(given.workers) as executor:
                for row in run(waiting, executor):
                    table.add(row)
                    print(json.dumps({k: row[k] for k in ("packing", "seed", *SHOWN, "seconds")}), flush=True)
        found = {row["run"]: row for row in table.rows}
    lines = []
    for name, protocol in PROTOCOLS.items():
        for packing, title in TITLES.items():
            rows = [found[job.key] for job in jobs[name] if job.values["packing"] == packing]
            case = f"{protocol.title}, {title}, {given.steps:,} of {STEPS:,} steps, n = {len(rows)}"
            lines += [
                Row(case, f"modes of {protocol.n_modes}", [row["modes"] for row in rows], 1),
                Row(case, "modes reached", [row["modes_reached"] for row in rows], 1),
                Row(case, "high quality, %", [100 * row["high_quality"] for row in rows], 1),
                Row(case, "reverse KL", [row["reverse_kl"] for row in rows if row["reverse_kl"] is not None], 3),
                Row(case, "core seconds", [row["seconds"] for row in rows], 0),
            ]
    report("protocols", lines, ["real data have 98.9 % high quality"], given.json)


if __name__ == "__main__":
    main()
