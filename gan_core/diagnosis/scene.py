"""Scene: the real samples that a run's samples are compared with, made once per data set.

Known modes are its regions; data without any are divided into cells, so that "nothing is drawn here" can be said of
every data set.
"""

from __future__ import annotations

import math
import threading
import weakref
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gan_core.data import Images, Points
from gan_core.data.images import network_units
from gan_core.metrics.neighbours import Cloud

N: Final = 400
"""Samples of each kind."""
PAIRS: Final = 1_000
"""Training and held-out images, at most, that a sample may be nearer to."""
CELLS: Final = 16
"""Regions that data without known modes are divided into."""
SEED: Final = 2333
"""Of the noise, which no run trains on, and of the choice of real samples."""

_FEW = 8  # fewer real samples than this have no neighbourhoods
_REACH = 2.0  # samples farther out than this many times the data are all one "nowhere"


@dataclass(frozen=True, eq=False)
class Scene:
    """Reference for a run's samples, made once per data set.

    Attributes:
        real: Training samples, `[n, *shape]`, network units.
        labels: Their classes, or None.
        held_out: As many that no player sees, or None.
        held_out_labels: Their classes, or None.
        pair: As many training images as held-out ones, flat, `[n, dim]` both; None without held-out ones.
        cloud: The training samples as points.
        spread: Their standard deviation.
        centres: Of the cells, `[k, dim]`; empty where modes are known.
        radius: Distance from the nearest centre beyond which a sample lies in no cell.
        shares: Of the data in each region, `[k]`.
    """

    real: Tensor
    labels: Tensor | None
    held_out: Tensor | None
    held_out_labels: Tensor | None
    pair: tuple[Tensor, Tensor] | None
    cloud: Cloud
    spread: float
    centres: Tensor
    radius: float
    shares: NDArray[np.floating]


_scenes: weakref.WeakKeyDictionary[Points | Images, Scene] = weakref.WeakKeyDictionary()
_lock = threading.Lock()


def scene_of(data: Points | Images) -> Scene | None:
    """Return the scene of a data set, or None if it has too few samples to compare anything with."""
    with _lock:
        if data not in _scenes:
            made = _make_scene(data)
            if made is None:
                return None
            _scenes[data] = made
        return _scenes[data]


def _make_scene(data: Points | Images) -> Scene | None:
    rng = torch.Generator().manual_seed(SEED)
    labels = held_out = held_out_labels = pair = None
    if isinstance(data, Points):
        many = data.sample(4 * N, rng)
    else:
        order = torch.randperm(data.n_train, generator=rng)[: 4 * N]
        many = network_units(data.train[order])
        labels = None if data.labels is None else data.labels[order[:N]]
        if data.held_out is not None:
            chosen = torch.randperm(len(data.held_out), generator=rng)[:PAIRS]
            unseen = network_units(data.held_out[chosen])
            held_out = unseen[:N]
            held_out_labels = None if data.held_out_labels is None else data.held_out_labels[chosen[:N]]
            n = min(len(unseen), len(many))
            pair = many[:n].flatten(1), unseen[:n].flatten(1)
    if len(many) < _FEW:
        return None
    real, flat = many[:N], many.flatten(1)
    cloud = Cloud.of(flat[:N], min(5, len(real) - 1))
    spread = float(flat.var(0).mean().sqrt())
    if isinstance(data, Points) and data.modes is not None:
        return Scene(
            real, labels, held_out, held_out_labels, pair, cloud, spread, flat[:0], math.inf, data.modes.shares
        )
    centres, shares, radius = _divide(flat, min(CELLS, len(flat) // 4), rng)
    return Scene(real, labels, held_out, held_out_labels, pair, cloud, spread, centres, radius, shares)


def _divide(x: Tensor, k: int, rng: torch.Generator) -> tuple[Tensor, NDArray[np.float64], float]:
    """Cells of `[n, dim]` by k-means, begun with points far from each other (arXiv:1805.12462 uses such cells)."""
    chosen = [int(torch.randint(len(x), (), generator=rng))]
    away = (x - x[chosen[0]]).square().sum(1)
    for _ in range(max(k, 2) - 1):
        chosen.append(int(torch.multinomial(away + 1e-12, 1, generator=rng)))
        away = torch.minimum(away, (x - x[chosen[-1]]).square().sum(1))
    centres = x[chosen].clone()
    for _ in range(15):
        owner = torch.cdist(x, centres).argmin(1)
        sums = torch.zeros_like(centres).index_add_(0, owner, x)
        counts = torch.bincount(owner, minlength=len(centres))
        centres = torch.where(counts[:, None] > 0, sums / counts.clamp_min(1)[:, None], centres)
    table = torch.cdist(x, centres)
    shares = torch.bincount(table.argmin(1), minlength=len(centres)).double().numpy() / len(x)
    return centres, shares, float(_REACH * table.min(1).values.max())


def shares_of(flat: Tensor, scene: Scene, data: Points | Images) -> NDArray[np.float64]:
    """Count samples `[n, dim]` in network units by region: a share for each region, and last for none."""
    k = len(scene.shares)
    if isinstance(data, Points) and data.modes is not None:
        owner = data.modes.assign(data.to_data(flat).double().numpy())[0]
    else:
        table = torch.cdist(flat, scene.centres)
        nearest = table.min(1)
        owner = torch.where(nearest.values <= scene.radius, nearest.indices, k).numpy()
    return np.bincount(owner, minlength=k + 1) / len(flat)
