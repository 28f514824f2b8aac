"""Data sets of the random bench: the catalogue's, and tables and pictures like a person's own, drawn from a seed.

Each comes with what only the bench knows: in the plane the density that the points were drawn from, of images digits
that no player saw, of the same classes, and how a judge of digits is to look at them. `Source.facts` says what is true
of the data themselves: a sentence about one of these is never a false alarm.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from benchmarks.densities import Density, density_of
from gan_core.data import Images, load
from gan_core.data.own import register
from gan_core.data.own_data import OwnImages, OwnPoints

__all__ = ["IMAGES", "PLANE", "DigitSource", "PlaneSource", "Source", "make"]

Floats = NDArray[np.float64]
Rng = np.random.Generator

FEW: Final = 500
"""Points or images below which a set is small: its shape is known from its samples no better than to a tenth."""
RARE: Final = 0.05
UNEVEN: Final = 4.0
"""Largest share over smallest from which regions or classes are uneven."""


@dataclass(frozen=True, eq=False)
class PlaneSource:
    """Points with a known density.

    Attributes:
        settings: Of the config.
        density: In data units.
        shares: Of the data that the run sees in each region, ``[k]``.
        facts: What is true of the data.
    """

    settings: Mapping[str, Any]
    density: Density
    shares: Floats
    facts: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class DigitSource:
    """Digits, perhaps framed and uneven.

    Attributes:
        settings: Of the config.
        border: Pixels of the frame around each digit.
        train: What the run sees, without the frame, ``[n, 64]`` in [-1, 1].
        unseen: As many digits of the same classes that it never sees, ``[n, 64]``.
        shares: Of each of the ten classes in the data, ``[10]``.
        facts: What is true of the data.
    """

    settings: Mapping[str, Any]
    border: int
    train: Tensor
    unseen: Tensor
    shares: Floats
    facts: tuple[str, ...] = ()


Source = PlaneSource | DigitSource
Make = Callable[[Rng], Source]


def make(kind: str, seed: int) -> Source:
    """Make a source; the same kind and seed give the same data, and own data are registered for configs."""
    return {**PLANE, **IMAGES}[kind](np.random.default_rng(seed))


# -- the plane -------------------------------------------------------------------------------------------------


def _mixture(rng: Rng, shares: Floats, *, apart: float = 6.0) -> Density:
    """Round Gaussians whose centres lie at least `apart` of the larger standard deviation from each other."""
    k = len(shares)
    stds = np.exp(rng.uniform(math.log(0.05), math.log(0.2), k))
    centres: list[Floats] = []
    while len(centres) < k:
        at = rng.uniform(-2, 2, 2)
        i = len(centres)
        if all(np.linalg.norm(at - c) > apart * max(stds[i], s) for c, s in zip(centres, stds, strict=False)):
            centres.append(at)
        elif rng.random() < 0.02:
            stds *= 0.9
    return Density(np.array(centres), np.repeat(stds[:, None], 2, 1), shares / shares.sum(), np.arange(k))


def _uneven_shares(rng: Rng, k: int) -> Floats:
    shares = np.exp(rng.uniform(math.log(0.05), 0, k))
    return np.asarray(np.maximum(shares / shares.sum(), 0.03))


def _table(rng: Rng, density: Density, n: int, facts: tuple[str, ...] = (), extra: Floats | None = None) -> PlaneSource:
    """Draw a table of points and register it; ``extra`` rows are no part of the density."""
    points, owner = density.draw_owned(n, rng)
    rows = points if extra is None else np.concatenate((points, extra))
    shares = np.bincount(owner, minlength=len(density.shares)) / n
    own = OwnPoints(rows[rng.permutation(len(rows))].astype(np.float32))
    register(own)
    return PlaneSource(own.settings, density, shares, (*facts, *_facts(shares, n, RARE)))


def _facts(shares: Floats, n: int, rare: float) -> tuple[str, ...]:
    there = shares[shares > 0]
    found = {
        "few samples": n < FEW,
        "uneven": there.max() / there.min() >= UNEVEN,
        "rare region": there.min() < min(rare, 0.5 / len(there)),
    }
    return tuple(name for name, holds in found.items() if holds)


def _catalogue(name: str) -> Make:
    def made(rng: Rng) -> PlaneSource:
        density = density_of(name)
        return PlaneSource({"data.name": name}, density, density.shares)

    return made


def _even(rng: Rng) -> PlaneSource:
    k = int(rng.integers(2, 10))
    return _table(rng, _mixture(rng, np.ones(k)), int(rng.integers(1_000, 8_000)))


def _uneven(rng: Rng) -> PlaneSource:
    k = int(rng.integers(2, 8))
    return _table(rng, _mixture(rng, _uneven_shares(rng, k)), int(rng.integers(2_000, 8_000)))


def _rare(rng: Rng) -> PlaneSource:
    share = rng.uniform(0.01, 0.04)
    rest = np.full(int(rng.integers(1, 5)), 1.0)
    shares = np.concatenate((rest / rest.sum() * (1 - share), [share]))
    return _table(rng, _mixture(rng, shares, apart=8.0), int(rng.integers(3_000, 8_000)))


def _few(rng: Rng) -> PlaneSource:
    return _table(rng, _mixture(rng, np.ones(int(rng.integers(2, 6)))), int(rng.integers(60, 400)))


def _scaled(rng: Rng) -> PlaneSource:
    scale = 10 ** rng.uniform(-2, 3)
    shift = scale * rng.uniform(-20, 20, 2)
    density = _mixture(rng, np.ones(int(rng.integers(2, 8)))).moved(np.full(2, scale), shift)
    return _table(rng, density, int(rng.integers(2_000, 6_000)))


def _unequal_axes(rng: Rng) -> PlaneSource:
    scale = np.array([1.0, 10 ** rng.uniform(1.3, 3)])
    density = _mixture(rng, np.ones(int(rng.integers(2, 6)))).moved(scale[:: int(rng.choice((-1, 1)))], np.zeros(2))
    return _table(rng, density, int(rng.integers(2_000, 6_000)), ("unequal scales",))


def _integers(rng: Rng) -> PlaneSource:
    """Poisson counts: the density is one of narrow peaks, a tenth of a count wide."""
    rates = rng.uniform(2, 12, 2)
    counts = rng.poisson(rates, (int(rng.integers(2_000, 6_000)), 2)).astype(np.float64)
    places, number = np.unique(counts, axis=0, return_counts=True)
    quarter = (places[:, 0] >= np.median(counts[:, 0])) * 2 + (places[:, 1] >= np.median(counts[:, 1]))
    density = Density(places, np.full(places.shape, 0.1), number / number.sum(), quarter.astype(np.intp))
    own = OwnPoints(counts.astype(np.float32))
    register(own)
    return PlaneSource(own.settings, density, density.shares, ("integers",))


def _outliers(rng: Rng) -> PlaneSource:
    far = rng.normal(0, 1, (int(rng.integers(1, 6)), 2)) * 10 ** rng.uniform(2, 4)
    density = _mixture(rng, np.ones(int(rng.integers(2, 8))))
    return _table(rng, density, int(rng.integers(1_000, 5_000)), ("outliers",), far)


def _sentinels(rng: Rng) -> PlaneSource:
    rows = np.full((int(rng.integers(20, 80)), 2), float(rng.choice((-999.0, -1.0e4, 9999.0))))
    density = _mixture(rng, np.ones(int(rng.integers(2, 8))))
    return _table(rng, density, int(rng.integers(1_000, 4_000)), ("sentinels", "outliers", "duplicates"), rows)


PLANE: Final[Mapping[str, Make]] = {
    **{name: _catalogue(name) for name in ("gaussians-2", "blobs-3", "ring-8", "grid-25")},
    **{name: _catalogue(name) for name in ("ring", "line", "moons", "swiss-roll")},
    "own: even mixture": _even,
    "own: uneven mixture": _uneven,
    "own: rare region": _rare,
    "own: few points": _few,
    "own: shifted and scaled": _scaled,
    "own: unequal axes": _unequal_axes,
    "own: integers": _integers,
    "own: outliers": _outliers,
    "own: sentinels": _sentinels,
}
"""Kinds of points."""


# -- digits ----------------------------------------------------------------------------------------------------


def _digits() -> tuple[Images, NDArray[np.int64], NDArray[np.int64]]:
    digits = load("digits")
    assert isinstance(digits, Images)
    assert digits.labels is not None
    assert digits.held_out is not None
    assert digits.held_out_labels is not None
    return digits, digits.labels.numpy(), digits.held_out_labels.numpy()


def _builtin(settings: Mapping[str, Any]) -> Make:
    def made(rng: Rng) -> DigitSource:
        digits, labels, _ = _digits()
        assert digits.held_out is not None
        shares = np.bincount(labels, minlength=10) / len(labels)
        train, unseen = digits.train.flatten(1), digits.held_out.flatten(1)
        return DigitSource({"data.name": "digits", **settings}, 0, train[: len(unseen)], unseen, shares)

    return made


def _of(counts: NDArray[np.int64], rng: Rng, border: int = 0, facts: tuple[str, ...] = ()) -> DigitSource:
    """Take so many training digits of each class, frame them, and as many unseen ones in the same proportions."""
    digits, labels, unseen_labels = _digits()
    assert digits.held_out is not None
    chosen, unseen = (
        np.concatenate([rng.choice(np.flatnonzero(of == c), n, replace=False) for c, n in enumerate(counts) if n])
        for of in (labels, unseen_labels)
    )
    rng.shuffle(chosen)
    small = digits.to_uint8(digits.train[torch.from_numpy(chosen)])
    wide = [(0, 0), (border, border), (border, border), (0, 0)]
    pixels = np.pad(small, wide, constant_values=0)
    own = OwnImages(pixels)
    register(own)
    side = 8 + 2 * border
    settings = {**own.settings, "data.size": side}
    n, shares = int(counts.sum()), counts / counts.sum()
    train = torch.from_numpy(small).float().div_(127.5).sub_(1).flatten(1)
    held = digits.held_out[torch.from_numpy(unseen)].flatten(1)
    bordered = ("border",) if border else ()
    return DigitSource(settings, border, train, held, shares, (*facts, *bordered, *_facts(shares, n, RARE)))


def _bordered(rng: Rng) -> DigitSource:
    return _of(np.full(10, int(rng.integers(55, 85))), rng, border=int(rng.integers(1, 4)))


def _uneven_classes(rng: Rng) -> DigitSource:
    counts = np.zeros(10, np.int64)
    classes = rng.permutation(10)[: int(rng.integers(2, 6))]
    counts[classes] = np.maximum(4, (80 * np.exp(rng.uniform(math.log(0.06), 0, len(classes)))).astype(np.int64))
    return _of(counts, rng)


def _few_digits(rng: Rng) -> DigitSource:
    return _of(np.full(10, int(rng.integers(3, 16))), rng)


def _some_classes(rng: Rng) -> DigitSource:
    counts = np.zeros(10, np.int64)
    counts[rng.permutation(10)[: int(rng.integers(2, 6))]] = 80
    return _of(counts, rng)


IMAGES: Final[Mapping[str, Make]] = {
    "digits": _builtin({}),
    "digits, conditional": _builtin({"conditional": True}),
    "own: bordered digits": _bordered,
    "own: uneven classes": _uneven_classes,
    "own: few digits": _few_digits,
    "own: some classes": _some_classes,
}
"""Kinds of images."""
