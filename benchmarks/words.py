"""Runs that the words of the diagnosis are tried on: ``python -m benchmarks.words --traces tests/core/words``.

Each is a kind of trouble, or a healthy run of data or settings that are not among the presets. Only what was looked at
is kept; `tests/core/test_words.py` says which words are right of each, and trains nothing. ``--rows FILE`` keeps what
was done, one line of JSON a run, so that it can be made in pieces (``--minutes``).
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch

from benchmarks.gallery import key
from benchmarks.verdicts import kept, write_traces
from gan_core.config import RunConfig
from gan_core.config.presets import preset
from gan_core.data import Images, load, own
from gan_core.data.own_data import OwnImages, OwnPoints
from gan_core.diagnosis import LOOK_EVERY, Watch
from gan_core.training import Trainer

Row = dict[str, Any]
Changes = Mapping[str, Any]


@dataclass(frozen=True)
class Told:
    """A run whose words are known.

    Attributes:
        start: A preset.
        changes: What differs.
        steps: How long it is trained.
        data: Makes its own data and returns their hash; None for the preset's.
        seeds: Which are trained.
    """

    start: str
    changes: Changes
    steps: int
    data: Callable[[], Changes] | None = None
    seeds: tuple[int, ...] = (0,)

    def config(self, seed: int) -> RunConfig:
        """Return its config, with its data registered."""
        named = {} if self.data is None else self.data()
        return preset(self.start).changed({**named, **self.changes, "seed": seed})


def _points(values: Any) -> Changes:
    return {"data.name": "own-points", "data.hash": own.register(OwnPoints(np.asarray(values, dtype=np.float32)))}


def clusters(*counts: int, width: float = 0.3, radius: float = 4.0) -> Changes:
    """Draw round clusters on a circle, of so many points each."""
    rng = np.random.default_rng(0)
    turn = 2 * np.pi * np.arange(len(counts)) / len(counts)
    centres = radius * np.stack((np.cos(turn), np.sin(turn)), 1)
    return _points(
        np.concatenate([c + width * rng.standard_normal((n, 2)) for c, n in zip(centres, counts, strict=True)])
    )


def integers() -> Changes:
    """Draw counts: points at whole numbers."""
    return _points(np.random.default_rng(0).poisson((4.0, 6.0), (3_000, 2)))


def spiral() -> Changes:
    """Draw a thin spiral of one turn and a half."""
    rng = np.random.default_rng(0)
    t = 1 + 9 * rng.random(3_000)
    return _points(np.stack((t * np.cos(t), t * np.sin(t)), 1) + 0.2 * rng.standard_normal((3_000, 2)))


def pictures(border: int = 0, n: int = 600, value: int = 0) -> Changes:
    """Draw digits of 32 px, with a border of one level."""
    data = load("digits")
    assert isinstance(data, Images)
    digits = data.train[:n, 0]
    inside = torch.nn.functional.interpolate(digits[:, None], size=32 - 2 * border, mode="bilinear")[:, 0]
    pixels = np.full((n, 32, 32, 1), value, np.uint8)
    end = 32 - border
    pixels[:, border:end, border:end, 0] = ((inside + 1) * 127.5).round().clamp(0, 255).numpy().astype(np.uint8)
    return {"data.name": "own-images", "data.hash": own.register(OwnImages(pixels))}


def _rates(both: float) -> dict[str, float]:
    return {"lr_g": both, "lr_d": both}


_BARE: Final[dict[str, Any]] = {"objective": "wasserstein", "regularisers": []}
_PLAIN: Final[dict[str, Any]] = {"objective": "non_saturating", "regularisers": []}


def _gradient_penalty(weight: float) -> dict[str, Any]:
    return {"objective": "wasserstein", "regularisers": [{"name": "gradient_penalty", "weight": weight}]}


RUNS: Final[Mapping[str, Told]] = {
    "digits, rates 0.02": Told("digits", _rates(0.02), 1_500, seeds=(0, 1)),
    "digits-wgan-gp, rates 0.02": Told("digits-wgan-gp", _rates(0.02), 1_500),
    "ring-8, rates 0.05": Told("ring-8", _rates(0.05), 1_500, seeds=(0, 1)),
    "moons, least squares, rates 0.03": Told("moons", _rates(0.03) | {"objective": "least_squares"}, 1_500),
    "ring-8, rates 1e-6": Told("ring-8", _rates(1e-6), 3_000),
    "digits, rates 3e-7": Told("digits", _rates(3e-7), 1_500),
    "moons, RMSprop, rates 1e-6": Told(
        "moons", _rates(1e-6) | {"optimizer_g": "rmsprop", "optimizer_d": "rmsprop"}, 1_500
    ),
    "two far clusters, one rare": Told("ring-8", _PLAIN, 2_500, lambda: clusters(3_960, 40)),
    "five clusters, one rare": Told("ring-8", {}, 2_500, lambda: clusters(990, 990, 990, 990, 60)),
    "five clusters": Told("ring-8", {}, 2_500, lambda: clusters(800, 800, 800, 800, 800)),
    "spiral": Told("ring-8", {}, 2_500, spiral),
    "whole numbers": Told("ring-8", {}, 2_500, integers),
    "digits, no bound": Told("digits", _BARE, 2_000),
    "ring-8, no bound": Told("ring-8", _BARE, 1_500),
    "grid-25, no bound, five D steps": Told("grid-25", _BARE | {"d_steps": 5}, 800),
    "ring-8, clip 0.01, deep D": Told("ring-8", _BARE | {"clip": 0.01, "discriminator.depth": 5, "d_steps": 5}, 900),
    "ring-8, gradient penalty, rates 0.05": Told("ring-8", _gradient_penalty(10) | _rates(0.05), 2_500),
    "ring-8, weak gradient penalty": Told("ring-8", _gradient_penalty(1e-4) | {"d_steps": 5}, 800),
    "digits, weak gradient penalty": Told("digits", _gradient_penalty(1e-5), 1_200),
    "collapse": Told("collapse", {}, 1_300, seeds=(0, 1)),
    "pictures with a border": Told("own-images", {}, 800, lambda: pictures(6), seeds=(0, 1)),
    "pictures": Told("own-images", {}, 800, pictures),
    "pictures with a white border, MLP": Told(
        "own-images", {"generator.kind": "mlp", "discriminator.kind": "mlp", "discriminator.norm": "none"}, 1_500,
        lambda: pictures(8, value=255),
    ),
    "ring-8, gradient penalty": Told("ring-8", _gradient_penalty(1.0) | {"d_steps": 3}, 2_500),
    "ring-8, rates 1e-4": Told("ring-8", _rates(1e-4), 2_500),
    "moons, SGD": Told("moons", {"optimizer_g": "sgd", "optimizer_d": "sgd", "lr_g": 0.1, "lr_d": 0.1}, 3_000),
    "digits, slow": Told("digits", _rates(1e-4), 3_000),
}  # fmt: skip


def run(name: str, told: Told, seed: int) -> Row:
    """Train one run and keep its looks."""
    trainer, watch = Trainer(told.config(seed)), Watch()
    broke = None
    while trainer.step_count < told.steps and broke is None:
        stats = trainer.step()
        if not stats.finite:
            broke = stats.step
        elif stats.step % LOOK_EVERY == 0:
            watch.look_at(trainer)
    settings = trainer.config.model_dump(mode="json", exclude_defaults=True)
    row = {"case": name, "seed": seed, "config": key(trainer.config, ""), "settings": settings, "broke": broke}
    return row | {"looks": kept(watch)}


def main() -> None:
    """Train what is missing."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument("--cases", nargs="+", default=list(RUNS), help="some of the runs")
    options.add_argument("--rows", type=Path, required=True, help="file of finished runs, one line of JSON each")
    options.add_argument("--traces", type=Path, help="folder for the looks of each run")
    options.add_argument("--minutes", type=float, default=1e9, help="begin no further run after this")
    given = options.parse_args()
    torch.set_num_threads(1)
    rows: list[Row] = []
    if given.rows.is_file():
        rows = [json.loads(line) for line in given.rows.read_text(encoding="utf-8").splitlines()]
    done = {(row["case"], row["seed"], row["config"]) for row in rows}
    end = time.monotonic() + 60 * given.minutes
    for name in given.cases:
        for seed in RUNS[name].seeds:
            if (name, seed, key(RUNS[name].config(seed), "")) in done or time.monotonic() > end:
                continue
            begun = time.process_time()
            rows.append(run(name, RUNS[name], seed))
            print(f"{name}, seed {seed}: {time.process_time() - begun:.0f} s of one core", flush=True)
            with given.rows.open("a", encoding="utf-8") as file:
                file.write(json.dumps(rows[-1]) + "\n")
    if given.traces is not None:
        write_traces(given.traces, rows)


if __name__ == "__main__":
    main()
