"""What the applications reach: ``python -m benchmarks.applications``.

Each preset is trained from several seeds and looked at after 60 and after 180 seconds of one core's own time: the
processor time of this process, so that a busy machine changes little. Presets that restore are trained twice, with
the reconstruction alone and with the game beside it; all held-out images are restored with four z each, and beside
the scores stand those of the filters and of the real images. Words stand beside real words and a model of pairs of
letters, sounds beside real ones, edits beside random directions (`benchmarks.edits`, `benchmarks.sounds`).

``--rows FILE`` keeps every row, one line of JSON each, as soon as it is measured; what the file has already is not
measured again, so that a series can be made in pieces, and ``--report`` prints what it has.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from torch import Generator, nn

from benchmarks import edits, sounds
from gan_core.commands.prepare import changes as read_changes
from gan_core.config.presets import preset
from gan_core.data import Images, degrade, load_data, restored
from gan_core.data.images import network_units
from gan_core.data.words import Words
from gan_core.experiments.applications import ALONE, APPLICATIONS
from gan_core.metrics import Score
from gan_core.metrics.paired import psnr, recognised, score_restored, sharpness
from gan_core.metrics.scoring import NOISE_SEED, generate
from gan_core.metrics.text import score_pairs, score_text
from gan_core.storage.bundled import RECORDED, recorded
from gan_core.training import Trainer

PRESETS: Final = tuple(name for one in APPLICATIONS.values() if one.way == "restore" for name in one.presets)
WRITING: Final = tuple(name for one in APPLICATIONS.values() if one.way == "write" for name in one.presets)
SECONDS: Final = (60.0, 180.0)
SEEDS: Final = 5
N: Final = 1_000

Scores = Mapping[str, float]


@dataclass(frozen=True)
class Kind:
    """How presets of one kind are measured.

    Attributes:
        presets: Their names.
        columns: Scores that are printed.
        baselines: ``(preset) -> rows`` of what one has without a GAN.
        sides: What differs from the preset, by the row's label.
    """

    presets: tuple[str, ...]
    columns: tuple[str, ...]
    baselines: Callable[[str], Mapping[str, Scores]]
    sides: Mapping[str, Mapping[str, Any]]


def filters(name: str) -> dict[str, Scores]:
    """Score what one would do without a GAN, and the real images themselves.

    Args:
        name: Of a preset.
    """
    config = preset(name).data
    data = load_data(config)
    assert isinstance(data, Images)
    assert data.held_out is not None
    real = network_units(data.held_out)
    condition = degrade(real, config, Generator().manual_seed(0))
    pictures = {
        "condition": condition[:, : data.shape[0]],
        **restored(condition, config, network_units(data.train)),
        "real": real,
    }
    rows: dict[str, Scores] = {}
    for label, picture in pictures.items():
        row = {"psnr": psnr(real, picture), "sharpness": sharpness(picture) / sharpness(real)}
        if data.held_out_labels is not None:
            row["judged_right"] = recognised(data, picture, data.held_out_labels)
        rows[label] = row
    return rows


def without_a_gan(name: str) -> dict[str, Scores]:
    """Score real words, and those of a model of pairs of letters that is fitted to the training words.

    Args:
        name: Of a preset of words.
    """
    data = load_data(preset(name).data)
    assert isinstance(data, Words)
    scores = score_pairs(data, N, np.random.default_rng(0))
    real = {key: score.floor for key, score in scores.items() if score.floor is not None}
    return {"real words": real, "pairs of letters": {key: score.value for key, score in scores.items()}}


_GAME: Final[Mapping[str, Mapping[str, Any]]] = {"GAN": {}}
KINDS: Final = (
    Kind(
        PRESETS,
        ("psnr", "judged_right", "sharpness", "z_spread"),
        filters,
        {"L1 + GAN": {}, "L1 alone": ALONE},
    ),
    Kind(WRITING, ("in_dictionary", "grammatical", "unique", "pairs_js", "novel", "commonest"), without_a_gan, _GAME),
    Kind(sounds.PRESETS, sounds.COLUMNS, sounds.real, _GAME),
    Kind(edits.PRESETS, edits.COLUMNS, edits.real, _GAME),
)


def train(
    name: str, label: str, changes: Mapping[str, Any], seconds: Sequence[float]
) -> Iterator[tuple[str, float, int, Scores]]:
    """Train, and look after so many seconds of processor time.

    Args:
        name: Of a preset.
        label: Of the row; "" for a cure, after which no other is tried.
        changes: What differs from the preset.
        seconds: When to look, ascending.

    Yields:
        The row's label, the second, the steps made, and the scores. Where the diagnosis finds a failure of sounds at
        the end, its first cure follows from the beginning.
    """
    config = preset(name).changed(changes)
    trainer, watch, used = Trainer(config), sounds.Looks(name), 0.0
    for end in seconds:
        while used < end:
            begun = time.process_time()
            trainer.step()
            used += time.process_time() - begun
            watch.look_at(trainer)
        yield label, end, trainer.step_count, scores_of(name, trainer)
    cure = watch.cure(trainer) if label else {}
    if cure:
        for _, end, steps, found in train(name, "", {**changes, **cure}, seconds):
            yield "its first cure", end, steps, found


def scores_of(name: str, trainer: Trainer) -> dict[str, float]:
    """Score a run as presets of its kind are; it is not changed."""
    if name in edits.PRESETS:
        return edits.scores(trainer)
    generator = trainer.shown()
    was = generator.training
    found = _scores(trainer, generator.eval())
    generator.train(was)
    return {key: score.value for key, score in found.items()}


def _scores(trainer: Trainer, generator: nn.Module) -> Mapping[str, Score]:
    config, data = trainer.config, trainer.data
    if isinstance(data, Words):
        return score_text(data, generate(generator, N, config, Generator().manual_seed(NOISE_SEED)))
    if isinstance(data, Images):
        return score_restored(config, data, generator, n_images=N)
    return sounds.scores(trainer)


def main() -> None:
    """Train, score and print."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    every = tuple(name for kind in KINDS for name in kind.presets)
    options.add_argument("names", metavar="PRESET", nargs="*", choices=[*every, []], help=", ".join(every))
    options.add_argument("--seeds", type=int, default=SEEDS)
    options.add_argument("--first", type=int, default=0, help="the first seed")
    options.add_argument("--seconds", type=float, nargs="+", default=SECONDS)
    options.add_argument("--sides", nargs="+", help="only rows of these labels, such as 'L1 alone'")
    options.add_argument("--set", action="append", metavar="PATH=VALUE", default=[], help="change a setting")
    options.add_argument("--rows", type=Path, help="keep every row here, and measure none twice")
    options.add_argument("--report", action="store_true", help="print what --rows has, and measure nothing")
    options.add_argument("--recorded", action="store_true", help="score the recorded runs in place of training")
    given = options.parse_args()
    torch.set_num_threads(1)
    if given.recorded:
        _score_recorded()
        return
    rows = _read(given.rows)
    for name in given.names or every:
        kind = next(kind for kind in KINDS if name in kind.presets)
        tried = f"{name} {' '.join(given.set)}".strip()
        if not given.report:
            for seed in range(given.first, given.first + given.seeds):
                for label, changes in kind.sides.items():
                    if given.sides and label not in given.sides:
                        continue
                    wanted = sorted(given.seconds)
                    if _has(rows, tried, label, seed, wanted[-1]):
                        continue
                    all_changes = {**read_changes(given.set, None), **changes, "seed": seed}
                    for found, end, steps, scores in train(name, label, all_changes, wanted):
                        row = {"preset": tried, "row": found, "seed": seed, "seconds": end, "steps": steps}
                        rows.append({**row, "scores": scores})
                        _keep(given.rows, rows[-1])
        _print(name, kind, [row for row in rows if row["preset"].split()[0] == name])


def _read(path: Path | None) -> list[dict[str, Any]]:
    if path is None or not path.is_file():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _has(rows: Sequence[Mapping[str, Any]], name: str, label: str, seed: int, end: float) -> bool:
    return any((r["preset"], r["row"], r["seed"], r["seconds"]) == (name, label, seed, end) for r in rows)


def _keep(path: Path | None, row: Mapping[str, Any]) -> None:
    if path is not None:
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")


def _print(name: str, kind: Kind, rows: Sequence[Mapping[str, Any]]) -> None:
    seeds = sorted({row["seed"] for row in rows})
    if not rows:
        return
    print(f"\n{name}: seeds {', '.join(map(str, seeds))}, medians (ranges); n is at most {N:,}")
    print(f"{'':34}{'steps':>7}" + "".join(f"{column:>24}" for column in kind.columns))
    for label, scores in kind.baselines(name).items():
        print(f"{label:34}{'':7}" + "".join(f"{_number(scores.get(column)):>24}" for column in kind.columns))
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        title = f"{row['row']}, {row['seconds']:g} s {row['preset'].partition(' ')[2]}".strip()
        groups.setdefault(title, []).append(row)
    for title, seen in groups.items():
        steps = int(statistics.median(row["steps"] for row in seen))
        cells = [_range([row["scores"].get(column) for row in seen]) for column in kind.columns]
        title = f"{title}, n={len(seen)}"
        print(f"{title:34}{steps:>7,}" + "".join(f"{cell:>24}" for cell in cells), flush=True)


def _score_recorded() -> None:
    """Print the rows of what one has without a GAN and that of the recorded run, for each preset that has one."""
    for name in (name for name in (*PRESETS, *WRITING) if name in RECORDED):
        kind = next(kind for kind in KINDS if name in kind.presets)
        trainer = recorded(name).trainer()
        rows = dict(kind.baselines(name))
        rows |= {f"recorded, {trainer.step_count:,} steps": scores_of(name, trainer)}
        print(f"\n{name:34}" + "".join(f"{column:>24}" for column in kind.columns))
        for label, row in rows.items():
            print(f"{label:34}" + "".join(f"{_number(row.get(column)):>24}" for column in kind.columns))


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"


def _range(values: Sequence[float | None]) -> str:
    known = [value for value in values if value is not None]
    if not known:
        return ""
    middle = statistics.median(known)
    return f"{middle:.4g}" + (f" ({min(known):.4g}–{max(known):.4g})" if len(known) > 1 else "")


if __name__ == "__main__":
    main()
