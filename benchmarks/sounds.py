"""What sounds reach: a part of `benchmarks.applications`.

A preset is trained from several seeds and scored after so many seconds of one core's time (of this process, so that a
busy machine changes little), beside what real sounds score. While a run plays it is looked at as in the app; where a
failure is found, its first cure is trained from the same seed as long.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator, Sequence
from typing import Any, Final

from gan_core.config import RunConfig
from gan_core.config.presets import preset
from gan_core.diagnosis import FINDINGS, Watch
from gan_core.metrics.scoring import evaluate
from gan_core.training import Trainer

PRESETS: Final = ("notes", "notes-collapse")
COLUMNS: Final = ("notes_reached", "in_tune", "cents", "purity", "note_kl", "coverage", "precision")
LOOK: Final = 100
"""Steps between two looks."""


def train(config: RunConfig, seconds: Sequence[float]) -> Iterator[tuple[float, Trainer, Watch]]:
    """Train, and stop to be scored after so many seconds of processor time.

    Args:
        config: Of the run.
        seconds: When to stop, ascending.

    Yields:
        The second, the trainer, and the looks so far.
    """
    trainer, watch, used = Trainer(config), Watch(), 0.0
    for end in seconds:
        while used < end:
            begun = time.process_time()
            trainer.step()
            used += time.process_time() - begun
            if trainer.step_count % LOOK == 0:
                watch.look_at(trainer)
        yield end, trainer, watch


def report(name: str, seeds: Sequence[int], seconds: Sequence[float]) -> dict[str, Any]:
    """Train, score and print.

    Args:
        name: Of a preset.
        seeds: Of the runs.
        seconds: When to score, ascending.

    Returns:
        Every value, by row.
    """
    print(f"\n{name}: seeds {', '.join(map(str, seeds))}, medians (ranges)")
    print(f"{'':34}{'steps':>7}" + "".join(f"{column:>22}" for column in COLUMNS), flush=True)
    rows: dict[str, list[dict[str, Any]]] = {}
    cured: list[RunConfig] = []
    for label, configs in (("", [preset(name).changed({"seed": seed}) for seed in seeds]), ("first cure, ", cured)):
        for config in configs:
            for end, trainer, watch in train(config, seconds):
                found = watch.findings(trainer.config, trainer.stats)
                scores = {key: (score.value, score.floor) for key, score in evaluate(trainer).items()}
                names = [f.name for f in found]
                row: dict[str, Any] = {"seed": config.seed, "steps": trainer.step_count, "found": names, **scores}
                rows.setdefault(f"{label}{end:g} s", []).append(row)
                cure = next((f.cures[0] for f in found if FINDINGS[f.name].failure and f.cures), None)
            if cure is not None and not label:
                print(f"seed {config.seed}: {row['found'][0]}; its first cure: {dict(cure)}", flush=True)
                cured.append(config.changed(cure))
        for title, runs in list(rows.items()):
            if title.startswith(label or tuple("0123456789")):
                _print(title, runs)
    if rows:
        first = next(iter(rows.values()))[0]
        print(f"{'real sounds':41}" + "".join(f"{_number(first[column][1]):>22}" for column in COLUMNS), flush=True)
    return rows


def _print(title: str, runs: Sequence[dict[str, Any]]) -> None:
    steps = int(statistics.median(run["steps"] for run in runs))
    cells = [_range([run[column][0] for run in runs]) for column in COLUMNS]
    print(f"{title:34}{steps:>7,}" + "".join(f"{cell:>22}" for cell in cells), flush=True)


def _number(value: float) -> str:
    return f"{value:.3g}"


def _range(values: Sequence[float]) -> str:
    middle = _number(statistics.median(values))
    return middle + (f" ({_number(min(values))}–{_number(max(values))})" if len(values) > 1 else "")
