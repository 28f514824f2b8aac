"""Quality of the presets, measured against their bars: ``python -m benchmarks.quality``.

Each preset is trained at its own settings with several seeds; the table shows what each seed reached, the median
and whether the bar is met. Scores are of the averaged generator, or of the raw one where averaging is off, on
20,000 points from noise that training never sees (Jensen-Shannon on 12,000).

Image presets have no number for "recognisable to the eye": with ``--pictures`` their sample grids are written as
PNG files, and a classifier of real digits says how many of the ten classes appear, as a help to the eye.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from gan_core.config.presets import find
from gan_core.data import Images, Points
from gan_core.errors import GanExplorerError
from gan_core.game.sampling import sample_prior
from gan_core.metrics import score_plane
from gan_core.training import Trainer

N_SCORED: Final = 20_000
NOISE_SEED: Final = 2333
"""Noise of the scored samples: no stream of a run draws from it."""

Values = dict[str, float]
Picture = Callable[[Trainer, int], None]
Measure = Callable[[Trainer, int, Picture], Values]


@dataclass(frozen=True)
class Bar:
    """Demand on one value.

    Attributes:
        value: Its name among a study's values.
        sign: ``"<="`` or ``">="``.
        limit: The bar.
        need: Share of the seeds that must meet it; None if the median over the seeds must.
    """

    value: str
    sign: Literal["<=", ">="]
    limit: float
    need: float | None = 1.0

    def holds(self, value: float) -> bool:
        """Tell whether ``value`` meets the bar; NaN never does."""
        return value <= self.limit if self.sign == "<=" else value >= self.limit

    def met(self, values: Sequence[float]) -> bool:
        """Tell whether these values, one for each seed, meet the bar together."""
        if self.need is None:
            return self.holds(statistics.median(values))
        return self.n_holding(values) >= self.need * len(values) - 1e-9

    def n_holding(self, values: Sequence[float]) -> int:
        """Count the values that meet the bar."""
        return sum(map(self.holds, values))

    def text(self) -> str:
        """Write the bar in words, such as ``js@2000 <= 0.2, median``."""
        rule = "median" if self.need is None else "all seeds" if self.need == 1 else f"{self.need:.0%} of seeds"
        return f"{self.value} {self.sign} {self.limit:g}, {rule}"


@dataclass(frozen=True)
class Study:
    """One preset's training and its bars.

    Attributes:
        preset: Name of the preset.
        measure: Trains a trainer for some steps and returns values.
        bars: What is asked of them.
        steps: How long to train; 0 stands for the preset's own ``steps``.
        n_seeds: Runs, with seeds 0, 1, ….
    """

    preset: str
    measure: Measure
    bars: tuple[Bar, ...]
    steps: int = 0
    n_seeds: int = 10


@dataclass
class Result:
    """Results of a study: values by name, one for each seed."""

    study: Study
    steps: int
    seconds: list[float] = field(default_factory=list)
    values: dict[str, list[float]] = field(default_factory=dict)

    def record(self) -> dict[str, Any]:
        """Return the result as plain JSON values."""
        return {
            "preset": self.study.preset,
            "steps": self.steps,
            "seeds": len(self.seconds),
            "seconds": self.seconds,
            "values": {k: [v if math.isfinite(v) else None for v in vs] for k, vs in self.values.items()},
            "bars": [
                {
                    "bar": bar.text(),
                    "median": statistics.median(values),
                    "held": bar.n_holding(values),
                    "met": bar.met(values),
                }
                for bar in self.study.bars
                for values in (self.values[bar.value],)
            ],
        }


# -- what is measured ----------------------------------------------------------------------------------------


@torch.no_grad()
def _samples(trainer: Trainer, n: int) -> Tensor:
    """``[n, *shape]``, network units, always from the same noise."""
    z = sample_prior(n, trainer.config, torch.Generator().manual_seed(NOISE_SEED))
    shown = trainer.generator if trainer.ema is None else trainer.ema
    return torch.cat([shown(part) for part in z.split(2_000)])


def _plane_scores(trainer: Trainer, n: int = N_SCORED) -> Values:
    data = trainer.data
    assert isinstance(data, Points)
    points = data.to_data(_samples(trainer, n)).numpy()
    return {name: score.value for name, score in score_plane(data, points, n=n).items()}


def _plane_at(*checkpoints: int) -> Measure:
    """Scores at these steps (none: at the end only), as ``js@2000``."""

    def measure(trainer: Trainer, steps: int, picture: Picture) -> Values:
        values: Values = {}
        for stop in checkpoints or (steps,):
            while trainer.step_count < stop:
                trainer.step()
            values |= {f"{name}@{stop}": value for name, value in _plane_scores(trainer).items()}
        return values

    return measure


def _collapse(trainer: Trainer, steps: int, picture: Picture) -> Values:
    """Train to step 1,300; collect losses of every step from 1,000 on, samples of every tenth."""
    kl, spread, reached, d_loss, g_loss = [], [], [], [], []
    while trainer.step_count < 1_300:
        stats = trainer.step()
        if stats.step < 1_000:
            continue
        d_loss.append(stats.d_loss)
        g_loss.append(stats.g_loss)
        if stats.step % 10 == 0:
            scores = _plane_scores(trainer, 2_500)
            kl.append(scores["all_sample_kl"])
            spread.append(scores["spread"])
            reached.append(scores["modes_reached"])
    collapsed = [k >= 1.9 and s < 0.1 for k, s in zip(kl, spread, strict=True)]
    return {
        "share with KL >= 1.9": statistics.mean(k >= 1.9 for k in kl),
        "share with KL >= 1.9 and spread < 10 %": statistics.mean(collapsed),
        "median spread": statistics.median(spread),
        "median modes reached": statistics.median(reached),
        "distance of D's median loss from 1.386": abs(statistics.median(d_loss) - 2 * math.log(2)),
        "distance of G's median loss from 0.693": abs(statistics.median(g_loss) - math.log(2)),
    }


def _discriminator_wins(trainer: Trainer, steps: int, picture: Picture) -> Values:
    """Find when D's loss and G's gradient are first below their bars, and for how much of the last 100 steps."""
    d_loss, g_norm = [], []
    for _ in range(1_000):
        stats = trainer.step()
        d_loss.append(stats.d_loss)
        g_norm.append(stats.g_grad_norm)
    picture(trainer, 1_000)
    share = np.array(g_norm) / np.maximum.accumulate(g_norm)
    won = (np.array(d_loss) < 0.05) & (share < 0.02)
    return {
        "first step won": float(won.argmax() + 1) if won.any() else math.inf,
        "won in the last 100 steps": float(won[-100:].mean()),
        "D's loss at 1000": d_loss[-1],
        "G's gradient / its largest at 1000": float(share[-1]),
    }


def _images(trainer: Trainer, steps: int, picture: Picture) -> Values:
    """Pictures at the end, and at a quarter and half of the way; the classes that a classifier sees."""
    stops = sorted({steps // 4, steps // 2, steps})
    data = trainer.data
    assert isinstance(data, Images)
    for stop in stops:
        while trainer.step_count < stop:
            stats = trainer.step()
        picture(trainer, stop)
    values = {
        "D's loss": stats.d_loss,
        "G's loss": stats.g_loss,
    }
    fake = _samples(trainer, 2_000).flatten(1).numpy()
    real = data.train.flatten(1).numpy()
    values["diversity"] = _mean_distance(fake) / _mean_distance(real[:2_000])
    if data.labels is not None:
        shares = _class_shares(real, data.labels.numpy(), fake)
        values["classes that appear"] = float((shares >= 0.02).sum())
        values["smallest class"] = float(shares.min())
    return values


def _mean_distance(x: NDArray[np.float32]) -> float:
    """Mean distance of pairs: about nothing when all samples are alike."""
    half = len(x) // 2
    return float(np.linalg.norm(x[:half] - x[half : 2 * half], axis=1).mean())


def _class_shares(
    real: NDArray[np.float32], labels: NDArray[np.int64], fake: NDArray[np.float32]
) -> NDArray[np.float64]:
    """Share of each class among the fakes, by the label of the nearest real image."""
    distances = np.square(real).sum(1)[None] - 2 * fake @ real.T
    counts = np.bincount(labels[distances.argmin(1)], minlength=labels.max() + 1)
    return np.asarray(counts / len(fake))


# -- the bars ------------------------------------------------------------------------------------------------


STUDIES: Final = (
    Study("gaussians-2", _plane_at(2_000), (Bar("js@2000", "<=", 0.20, None),)),
    Study(
        "ring",
        _plane_at(2_000, 10_000),
        (
            Bar("modes@2000", ">=", 8),
            Bar("js@2000", "<=", 0.20, None),
            Bar("modes@10000", ">=", 8),
        ),
    ),
    Study("blobs-3", _plane_at(2_000), (Bar("modes@2000", ">=", 3), Bar("js@2000", "<=", 0.20, None))),
    Study("line", _plane_at(2_000), (Bar("js@2000", "<=", 0.10, None),)),
    Study(
        "ring-8",
        _plane_at(10_000),
        (
            Bar("modes@10000", ">=", 8),
            Bar("high_quality@10000", ">=", 0.92),
            Bar("reverse_kl@10000", "<=", 0.01),
        ),
        n_seeds=5,
    ),
    Study(
        "grid-25",
        _plane_at(13_000),
        (
            Bar("modes@13000", ">=", 25),
            Bar("high_quality@13000", ">=", 0.92),
            Bar("reverse_kl@13000", "<=", 0.02),
        ),
        n_seeds=5,
    ),
    Study(
        "collapse",
        _collapse,
        (
            Bar("share with KL >= 1.9", ">=", 0.7, 0.9),
            Bar("share with KL >= 1.9 and spread < 10 %", ">=", 0.7, 0.9),
            Bar("distance of D's median loss from 1.386", "<=", 0.05, 0.9),
            Bar("distance of G's median loss from 0.693", "<=", 0.05, 0.9),
        ),
        steps=1_300,
    ),
    Study(
        "discriminator-wins",
        _discriminator_wins,
        (Bar("first step won", "<=", 1_000, 0.9), Bar("won in the last 100 steps", ">=", 0.9, 0.9)),
        steps=1_000,
    ),
    Study("digits", _images, (Bar("classes that appear", ">=", 10),), steps=4_000, n_seeds=3),
    Study("mnist", _images, (Bar("classes that appear", ">=", 10),), n_seeds=5),
    Study("article-mnist", _images, (), n_seeds=1),
    Study("moons", _plane_at(), (), n_seeds=3),
    Study("swiss-roll", _plane_at(), (), n_seeds=3),
)


# -- running and printing ------------------------------------------------------------------------------------


def run(study: Study, n_seeds: int, pictures: Path | None = None) -> Result:
    """Train a study's preset once for each seed.

    Args:
        study: What to train and what to measure.
        n_seeds: Seeds 0, 1, ….
        pictures: Folder for sample grids, or None.

    Raises:
        DataError: If the preset's data cannot be had.
    """
    preset = find(study.preset)
    result = Result(study, study.steps or preset.steps)

    def picture(trainer: Trainer, step: int) -> None:
        if pictures is not None and isinstance(trainer.data, Images):
            path = pictures / f"{study.preset}-seed{trainer.config.seed}-step{step}.png"
            Image.fromarray(_grid(trainer.data.to_uint8(_samples(trainer, 100)))).save(path)

    for seed in range(n_seeds):
        trainer = Trainer(preset.config.changed({"seed": seed}))
        start = time.perf_counter()
        for name, value in study.measure(trainer, result.steps, picture).items():
            result.values.setdefault(name, []).append(value)
        result.seconds.append(time.perf_counter() - start)
        last = {name: round(values[-1], 4) for name, values in result.values.items()}
        print(f"{study.preset} seed {seed}: {result.seconds[-1]:.0f} s {last}", file=sys.stderr, flush=True)
    return result


def _grid(images: NDArray[np.uint8], columns: int = 10) -> NDArray[np.uint8]:
    """``[n, h, w, 1]`` as one picture, enlarged, with a thin line between the images."""
    zoom = 4 if images.shape[1] < 16 else 2
    big = images[..., 0].repeat(zoom, 1).repeat(zoom, 2)
    big = np.pad(big, ((0, 0), (1, 1), (1, 1)), constant_values=96)
    rows = [np.concatenate(list(big[i : i + columns]), 1) for i in range(0, len(big), columns)]
    return np.concatenate(rows)


def table(results: Sequence[Result]) -> str:
    """Format the results as a Markdown table: a line for each bar, or for each value of a study without bars."""
    lines = [
        "| preset | steps | bar | min | median | max | held | met |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for result in results:
        for bar in result.study.bars:
            values = result.values[bar.value]
            held = f"{bar.n_holding(values)}/{len(values)}"
            lines.append(_row(result, bar.text(), values, held, "yes" if bar.met(values) else "**no**"))
        for name, values in result.values.items() if not result.study.bars else ():
            lines.append(_row(result, name, values, "", ""))
    return "\n".join(lines)


def _row(result: Result, what: str, values: Sequence[float], held: str, met: str) -> str:
    numbers = " | ".join(f"{f(values):.4g}" for f in (min, statistics.median, max))
    return f"| {result.study.preset} | {result.steps:,} | {what} | {numbers} | {held} | {met} |"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the studies and print the table.

    Returns:
        Exit status: 0 if every bar that was measured is met, else 1.
    """
    studies: Mapping[str, Study] = {study.preset: study for study in STUDIES}
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality", description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=list(studies), metavar="NAME", help="presets to measure")
    parser.add_argument("--seeds", type=int, metavar="N", help="seeds 0 to N-1 (default: as the bar asks, 5 or 10)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the record to this file")
    parser.add_argument("--pictures", type=Path, metavar="FOLDER", help="write sample grids of images to it")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    if options.pictures is not None:
        options.pictures.mkdir(parents=True, exist_ok=True)
    results, all_met = [], True
    for name in options.only or studies:
        study = studies[name]
        try:
            results.append(run(study, options.seeds or study.n_seeds, options.pictures))
        except GanExplorerError as error:  # no network and no files: the other presets still count
            print(f"{name} is left out: {error}", file=sys.stderr)
            all_met = False
            continue
        if options.json is not None:
            records = [result.record() for result in results]
            options.json.write_text(json.dumps(records, indent=2) + "\n", encoding="utf-8")
        all_met &= all(bar["met"] for bar in results[-1].record()["bars"])
    print(table(results))
    return 0 if all_met else 1


if __name__ == "__main__":
    sys.exit(main())
