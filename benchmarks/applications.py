"""What the applications reach: ``python -m benchmarks.applications``.

Each preset is trained twice, with the reconstruction alone and with the game beside it, from several seeds, and looked
at after 60 and after 180 seconds of one core's time (of this process, so that a busy machine changes little). All
held-out images are restored with four z each; beside the scores stand those of the filters and of the real images.
Presets of words are trained with the game alone, and stand beside real words and a model of pairs of letters.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from torch import Generator, nn

from benchmarks import sounds
from gan_core.config.presets import preset
from gan_core.data import Images, degrade, load_data, restored
from gan_core.data.images import network_units
from gan_core.data.words import Words
from gan_core.experiments.applications import APPLICATIONS
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
COLUMNS: Final = ("psnr", "judged_right", "sharpness", "z_spread")
WORD_COLUMNS: Final = ("in_dictionary", "grammatical", "unique", "pairs_js", "novel", "commonest")
ALONE: Final = {"adversarial": 0.0, "reconstruction_z": 1, "z_reward": 0.0}
"""What is left of the game in the row of the reconstruction alone."""


def filters(name: str) -> dict[str, Mapping[str, float]]:
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
    rows: dict[str, Mapping[str, float]] = {}
    for label, picture in pictures.items():
        row = {"psnr": psnr(real, picture), "sharpness": sharpness(picture) / sharpness(real)}
        if data.held_out_labels is not None:
            row["judged_right"] = recognised(data, picture, data.held_out_labels)
        rows[label] = row
    return rows


def train(
    name: str, changes: Mapping[str, Any], seconds: Sequence[float]
) -> Iterator[tuple[float, int, dict[str, float]]]:
    """Train, and look after so many seconds of processor time.

    Args:
        name: Of a preset.
        changes: What differs from it.
        seconds: When to look, ascending.

    Yields:
        The second, the steps made, and the scores.
    """
    trainer = Trainer(preset(name).changed(changes))
    used = 0.0
    for end in seconds:
        while used < end:
            begun = time.process_time()
            trainer.step()
            used += time.process_time() - begun
        generator = trainer.shown()
        was = generator.training
        found = _scores(trainer, generator.eval())
        generator.train(was)
        yield end, trainer.step_count, {key: score.value for key, score in found.items()}


def _scores(trainer: Trainer, generator: nn.Module) -> dict[str, Score]:
    """Score a generator in eval mode."""
    config, data = trainer.config, trainer.data
    if isinstance(data, Words):
        return score_text(data, generate(generator, N, config, Generator().manual_seed(NOISE_SEED)))
    assert isinstance(data, Images)
    return score_restored(config, data, generator, n_images=N)


def without_a_gan(name: str) -> dict[str, Mapping[str, float]]:
    """Score real words, and those of a model of pairs of letters that is fitted to the training words.

    Args:
        name: Of a preset of words.
    """
    data = load_data(preset(name).data)
    assert isinstance(data, Words)
    scores = score_pairs(data, N, np.random.default_rng(0))
    real = {key: score.floor for key, score in scores.items() if score.floor is not None}
    return {"real words": real, "pairs of letters": {key: score.value for key, score in scores.items()}}


def main() -> None:
    """Train, score and print."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    every = (*PRESETS, *WRITING, *sounds.PRESETS)
    options.add_argument("names", metavar="PRESET", nargs="*", choices=[*every, []], help=", ".join(every))
    options.add_argument("--seeds", type=int, default=SEEDS)
    options.add_argument("--first", type=int, default=0, help="the first seed")
    options.add_argument("--seconds", type=float, nargs="+", default=SECONDS)
    options.add_argument("--json", type=Path, help="also write every value here")
    options.add_argument("--recorded", action="store_true", help="score the recorded runs in place of training")
    given = options.parse_args()
    torch.set_num_threads(1)
    if given.recorded:
        _score_recorded()
        return
    everything: dict[str, Any] = {}
    seeds = range(given.first, given.first + given.seeds)
    for name in given.names or every:
        if name in sounds.PRESETS:
            everything[name] = sounds.report(name, seeds, sorted(given.seconds))
            continue
        columns, words = (WORD_COLUMNS, True) if name in WRITING else (COLUMNS, False)
        print(f"\n{name}: {given.seeds} seeds, medians (ranges); n is at most {N:,}")
        print(f"{'':34}{'steps':>7}" + "".join(f"{column:>24}" for column in columns))
        rows: dict[str, Any] = {}
        for label, row in (without_a_gan(name) if words else filters(name)).items():
            rows[label] = row
            print(f"{label:34}{'':7}" + "".join(f"{_number(row.get(column)):>24}" for column in columns))
        for label, changes in {"GAN": {}}.items() if words else {"L1 alone": ALONE, "L1 + GAN": {}}.items():
            runs = [list(train(name, {**changes, "seed": seed}, sorted(given.seconds))) for seed in seeds]
            for i, (end, _, _) in enumerate(runs[0]):
                seen = [run[i] for run in runs]
                steps = int(statistics.median(step for _, step, _ in seen))
                cells = [_range([found.get(column) for _, _, found in seen]) for column in columns]
                print(f"{f'{label}, {end:g} s':34}{steps:>7,}" + "".join(f"{cell:>24}" for cell in cells), flush=True)
                rows[f"{label}, {end:g} s"] = [{"steps": step, **found} for _, step, found in seen]
        everything[name] = rows
    if given.json is not None:
        given.json.write_text(json.dumps(everything, indent=1), encoding="utf-8")


def _score_recorded() -> None:
    """Print the rows of what one has without a GAN and that of the recorded run, for each preset that has one."""
    for name in (name for name in (*PRESETS, *WRITING) if name in RECORDED):
        words, columns = name in WRITING, WORD_COLUMNS if name in WRITING else COLUMNS
        trainer = recorded(name).trainer()
        found = _scores(trainer, trainer.shown().eval())
        rows = without_a_gan(name) if words else filters(name)
        rows |= {f"recorded, {trainer.step_count:,} steps": {key: score.value for key, score in found.items()}}
        print(f"\n{name:34}" + "".join(f"{column:>24}" for column in columns))
        for label, row in rows.items():
            print(f"{label:34}" + "".join(f"{_number(row.get(column)):>24}" for column in columns))


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
