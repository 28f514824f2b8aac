"""Small sets of own data of every kind, and runs that train on them."""

from __future__ import annotations

import numpy as np

from gan_core.config import RunConfig
from gan_core.data import DATASETS
from gan_core.data.own import register
from gan_core.data.own_data import OwnData, OwnImages, OwnPoints, OwnSounds, OwnWords


def pictures(n: int = 60, side: int = 48, seed: int = 0) -> OwnImages:
    return OwnImages(np.random.default_rng(seed).integers(0, 256, (n, side, side, 3), np.uint8))


def points(n: int = 50, seed: int = 0) -> OwnPoints:
    return OwnPoints(np.random.default_rng(seed).normal(3, 2, (n, 2)).astype(np.float32))


def sounds(n: int = 70, seed: int = 0, rate: int = 4096) -> OwnSounds:
    rng = np.random.default_rng(seed)
    tones = np.sin(np.arange(512) * rng.uniform(0.1, 1.5, (n, 1))) * np.exp(-np.arange(512) / 200)
    return OwnSounds((30_000 * tones).astype(np.int16), rate)


def words(n: int = 70, seed: int = 0) -> OwnWords:
    rng = np.random.default_rng(seed)
    codes = rng.integers(1, 7, (n, 5)).astype(np.uint8)
    for row, length in zip(codes, rng.integers(2, 6, n), strict=True):
        row[length:] = 0
    return OwnWords(codes, rng.integers(1, 9, n), " abéñ<&")


SETS: dict[str, OwnData] = {data.name: data for data in (pictures(), points(), sounds(), words())}
"""One set of each kind."""


def with_own_data(config: RunConfig) -> RunConfig:
    """A config with some data, if it asks for somebody's own."""
    if not DATASETS[config.data.name].own:
        return config
    data = SETS[config.data.name]
    register(data)
    settings = data.settings if config.data.kind in ("sound", "text") else {"data.hash": data.hash}
    return config.changed(settings)
