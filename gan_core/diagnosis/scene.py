"""Scene: the real samples that a run's samples are compared with, made once per data set.

Known modes are its regions; data without any are divided into cells, so that "nothing is drawn here" can be said of
every data set. Clumps that lie apart from all other data have a cell of their own, however few they are.
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

from gan_core.data import Images, Points, Signals
from gan_core.data.images import network_units
from gan_core.diagnosis.grain import checker
from gan_core.metrics.neighbours import Cloud, compare, distances

N: Final = 400
"""Samples of each kind."""
MANY: Final = 1_000
"""Generated samples that are counted by region, where a sample is so small that this costs little."""
SMALL: Final = 256
"""Numbers of a sample that is small."""
PAIRS: Final = 1_000
"""Training and held-out images, at most, that a sample may be nearer to."""
CELLS: Final = 16
"""Regions that data without known modes are divided into."""
SEED: Final = 2333
"""Of the noise, which no run trains on, and of the choice of real samples."""

RARE: Final = 0.008
"""Share of the data of the smallest region whose absence is said: a hundredth, less what chance may take of it."""
COUNTED: Final = 8_000
"""Real points that are counted by region: as many images as there are."""

_GAP: Final = 3.0
_MOST_CLUMPS: Final = 8
_FEW = 8  # fewer real samples than this have no neighbourhoods
_REACH = 2.0  # samples farther out than this many times the data are all one "nowhere"


@dataclass(frozen=True)
class Floors:
    """Scores of real samples beside others of the data: what no generator can be expected to pass.

    Attributes:
        precision: See `gan_core.metrics.neighbours.NeighbourScores`; NaN where the data are too few, as all others.
        recall: Likewise.
        coverage: Likewise.
        two_sample: Likewise.
        distance: Of the two sets of samples, see `apart`.
    """

    precision: float = math.nan
    recall: float = math.nan
    coverage: float = math.nan
    two_sample: float = math.nan
    distance: float = math.nan


@dataclass(frozen=True, eq=False)
class Scene:
    """Reference for a run's samples, made once per data set.

    Attributes:
        real: Training samples, `[n, *shape]`, network units.
        labels: Their classes, or None.
        held_out: As many that no player sees, or None.
        held_out_labels: Their classes, or None.
        pair: Places of as many training images as held-out ones, `[n, dim]` both; None without held-out ones.
        cloud: The training samples as points, at their places.
        spread: Standard deviation of these.
        centres: Of the cells, `[k, dim]`; empty where modes are known.
        radius: Distance from the nearest centre beyond which a sample lies in no cell, `[k]`.
        shares: Of the data in each region, `[k]`.
        lone: Whether a region lies apart from all others, as known modes and clumps do, `[k]`; a cell of others may be
            no more than their fringe.
        counted: Real samples that the shares were counted from; infinite where they are known.
        floors: What as many other real samples reach beside these.
        checker: Unevenness of the real images' pixels, see `gan_core.diagnosis.grain`; NaN of other data.
    """

    real: Tensor
    labels: Tensor | None
    held_out: Tensor | None
    held_out_labels: Tensor | None
    pair: tuple[Tensor, Tensor] | None
    cloud: Cloud
    spread: float
    centres: Tensor
    radius: Tensor
    shares: NDArray[np.floating]
    lone: NDArray[np.bool_]
    counted: float
    floors: Floors
    checker: float

    @property
    def n_drawn(self) -> int:
        """Generated samples of a look."""
        return MANY if self.real[0].numel() <= SMALL else N


_scenes: weakref.WeakKeyDictionary[Points | Images | Signals, Scene] = weakref.WeakKeyDictionary()
_lock = threading.Lock()


def scene_of(data: Points | Images | Signals) -> Scene | None:
    """Return the scene of a data set, or None if it has too few samples to compare anything with.

    Words have none: how near they are is not said by their numbers. Their scores say how a run does.
    """
    if isinstance(data, Signals) and not data.placed:
        return None
    with _lock:
        if data not in _scenes:
            made = _make_scene(data)
            if made is None:
                return None
            _scenes[data] = made
        return _scenes[data]


def places_of(samples: Tensor, data: Points | Images | Signals) -> Tensor:
    """Place samples so that those that are alike are near each other, `[n, dim]`: most often by their own numbers."""
    return data.places(samples) if isinstance(data, Signals) else samples.flatten(1)


def _make_scene(data: Points | Images | Signals) -> Scene | None:
    rng = torch.Generator().manual_seed(SEED)
    labels = held_out = held_out_labels = pair = groups = table = None
    if isinstance(data, Points):
        many = data.sample(4 * N, rng)
        table = _few_rows(data)
        if table is not None:
            many = table
        flat = many.flatten(1)
    else:
        order = torch.randperm(data.n_train, generator=rng)[: 4 * N]
        if isinstance(data, Signals):
            many = data.units(data.train[order])
            groups = None if data.groups is None else data.groups[order]
        else:
            many = network_units(data.train[order])
        flat = places_of(many, data)
        labels = None if data.labels is None else data.labels[order[:N]]
        if data.held_out is not None:
            chosen = torch.randperm(len(data.held_out), generator=rng)[:PAIRS]
            rows = data.held_out[chosen]
            unseen = data.units(rows) if isinstance(data, Signals) else network_units(rows)
            held_out = unseen[:N]
            held_out_labels = None if data.held_out_labels is None else data.held_out_labels[chosen[:N]]
            n = min(len(unseen), len(many))
            pair = flat[:n], places_of(unseen[:n], data)
    if len(many) < _FEW:
        return None
    real = many[:N]
    cloud = Cloud.of(flat[:N], min(5, len(real) - 1))
    spread = float(flat.var(0).mean().sqrt())
    n_counted = math.inf
    if isinstance(data, Points) and data.modes is not None:
        centres, shares, radius = flat[:0], data.modes.shares, flat[:0, 0]
        lone = np.ones(len(shares), dtype=bool)
    else:
        n_cells = 0
        if groups is None:
            n_cells = max(2, min(CELLS, len(flat) // 4))
            centres, radius = _divide(flat, n_cells, rng)
        else:
            centres, radius = _means(flat, groups)
        lone = np.arange(len(centres)) >= n_cells
        counted = data.sample(COUNTED, rng) if isinstance(data, Points) and table is None else flat
        owner = torch.cdist(counted, centres).argmin(1)
        shares = torch.bincount(owner, minlength=len(centres)).double().numpy() / len(counted)
        n_counted = len(counted)
    return Scene(
        real,
        labels,
        held_out,
        held_out_labels,
        pair,
        cloud,
        spread,
        centres,
        radius,
        shares,
        lone,
        n_counted,
        _floors(flat, cloud),
        checker(real),
    )


def _few_rows(data: Points) -> Tensor | None:
    """Return a small table's rows, each once: drawn again and again, each would be its own nearest neighbour.

    A table is known by its rows coming up equally often. Of whole numbers some come up far more often than others; with
    these, and where there are many rows, None is returned.
    """
    drawn = data.sample(COUNTED, torch.Generator().manual_seed(SEED))
    rows, counts = torch.unique(drawn, dim=0, return_counts=True)
    often = counts.double()
    if len(rows) > COUNTED / 4 or float(often.var()) > 2 * float(often.mean()):
        return None
    chosen: Tensor = rows[torch.randperm(len(rows), generator=torch.Generator().manual_seed(SEED))[: 4 * N]]
    return chosen


def _floors(flat: Tensor, cloud: Cloud) -> Floors:
    """Compare the cloud with real samples that are not of it, as many as there are."""
    others = flat[len(cloud.points) : 2 * len(cloud.points)]
    if len(others) <= cloud.k or len(others) < len(cloud.points) / 2:
        return Floors()
    other = Cloud.of(others, cloud.k)
    near = compare(cloud, other)
    return Floors(near.precision, near.recall, near.coverage, near.two_sample, apart(cloud, other))


def apart(real: Cloud, fake: Cloud) -> float:
    r"""Distance of two sets of samples, from 0 (equal) to 1: $\sqrt{(2E|x-y| - E|x-x'| - E|y-y'|) / 2E|x-y|}$.

    The root of the energy coefficient (Székely & Rizzo 2013), which is 0 for equal distributions alone. It needs no
    neighbours, and so tells also samples that are far off from those that are farther.
    """
    across = float(distances(real.points, fake.points).mean())
    within = real.mean_distance + fake.mean_distance
    return math.sqrt(max(0.0, 2 * across - within) / (2 * across)) if across > 0 else 0.0


def _divide(x: Tensor, k: int, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """Divide `[n, dim]` into cells by k-means, begun with points far apart (arXiv:1805.12462 uses such cells).

    A clump that lies apart has its own cell from the beginning, beside the `k`.

    Returns:
        Centres and radii.
    """
    clumps = lone_clumps(x)
    others = torch.ones(len(x), dtype=torch.bool)
    for clump in clumps:
        others[clump] = False
    rest = x[others]
    chosen = [int(torch.randint(len(rest), (), generator=rng))]
    away = (rest - rest[chosen[0]]).square().sum(1)
    for _ in range(k - 1):
        chosen.append(int(torch.multinomial(away + 1e-12, 1, generator=rng)))
        away = torch.minimum(away, (rest - rest[chosen[-1]]).square().sum(1))
    centres = torch.cat((rest[chosen], *(x[clump].mean(0, keepdim=True) for clump in clumps)))
    for _ in range(15):
        owner = torch.cdist(x, centres).argmin(1)
        sums = torch.zeros_like(centres).index_add_(0, owner, x)
        counts = torch.bincount(owner, minlength=len(centres))
        centres = torch.where(counts[:, None] > 0, sums / counts.clamp_min(1)[:, None], centres)
    near = torch.cdist(x, centres).min(1)
    radius = (_REACH * near.values.max()).repeat(len(centres))
    for i in range(len(centres) - len(clumps), len(centres)):  # what lies between a clump and the rest is in neither
        own = near.values[near.indices == i]
        radius[i] = _REACH * own.max() if len(own) else 0.0
    return centres, radius


def _means(x: Tensor, groups: Tensor) -> tuple[Tensor, Tensor]:
    """Known modes as cells: the mean of each group, and how far its own samples lie from it, `_REACH` times."""
    centres = torch.stack([x[groups == i].mean(0) for i in range(int(groups.max()) + 1)])
    away = (x - centres[groups]).norm(dim=1)
    return centres, (_REACH * away.max()).repeat(len(centres))


def lone_clumps(x: Tensor, fewest: float = RARE) -> list[Tensor]:
    """Find groups of few points that lie apart from all others: indices of each.

    Points are joined in the order of their distances (single linkage). A group is apart if the step to its next
    neighbour is `_GAP` times as long as the longest step within it.

    Args:
        x: `[n, dim]`.
        fewest: Share of the points that is a group; one that is larger than an even share of the cells needs no help.
    """
    n = len(x)
    table = torch.cdist(x, x).double().numpy()
    inside = np.zeros(n, dtype=bool)
    best, parent = np.full(n, np.inf), np.zeros(n, dtype=int)
    best[0] = 0.0
    edges = []
    for _ in range(n):  # Prim's tree: the shortest way that joins them all
        i = int(np.where(inside, np.inf, best).argmin())
        inside[i] = True
        edges.append((float(best[i]), int(parent[i]), i))
        closer = table[i] < best
        best, parent = np.where(closer, table[i], best), np.where(closer, i, parent)
    group = {i: [i] for i in range(n)}
    of, longest = list(range(n)), [0.0] * n
    found: list[Tensor] = []
    for length, a, b in sorted(edges[1:]):
        big, small = sorted((of[a], of[b]), key=lambda g: -len(group[g]))
        # The group is whole, a little less than its share, and small: chance may have drawn fewer.
        if max(_FEW, 0.7 * fewest * n) <= len(group[small]) < n / CELLS and length >= _GAP * longest[small] > 0:
            found.append(torch.tensor(group[small]))
        for i in group[small]:
            of[i] = big
        group[big] += group.pop(small)
        longest[big] = max(longest[big], longest[small], length)
    return found[-_MOST_CLUMPS:]


def shares_of(flat: Tensor, scene: Scene, data: Points | Images | Signals) -> NDArray[np.float64]:
    """Count samples `[n, dim]` in network units by region: a share for each region, and last for none."""
    k = len(scene.shares)
    if isinstance(data, Points) and data.modes is not None:
        owner = data.modes.assign(data.to_data(flat).double().numpy())[0]
    else:
        nearest = torch.cdist(flat, scene.centres).min(1)
        owner = torch.where(nearest.values <= scene.radius[nearest.indices], nearest.indices, k).numpy()
    return np.bincount(owner, minlength=k + 1) / len(flat)
