"""Sanity checks of our metrics, and what fools them: ``python -m benchmarks.sanity``.

Simple experiments after the sanity checks of Räisä et al. 2025 (arXiv:2505.22450), on three worlds whose truth is
known: clusters in eight dimensions, the grid of 25 Gaussians, and the digits. Samples are spoilt in one way, most of
them by a third, and each metric must do what it is for: fall if that is its business, stay if it is not.

A metric's reading is 0 where it is as for real samples and 1 where it is as for the worst of its kind: noise for what
measures quality, a single sample for what measures variety. It *falls* if it reads at least half of the share that is
spoilt, and it *stays* if it reads less than a tenth. Distances have no worst: they are read in standard deviations of
what real samples score, and fall from five of these on. ``--markdown`` prints the table of the docs.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final, Literal, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from gan_core.data import Images, Points, load
from gan_core.metrics import (
    METRICS,
    frechet,
    kid,
    random_directions,
    score_any,
    score_images,
    score_plane,
    score_plane_neighbours,
    sliced_wasserstein,
    spread,
)

__all__ = ["AIMS", "CHECKS", "Check", "Reading", "readings", "verdict"]

Floats = NDArray[np.float64]
Rng = np.random.Generator
Aim = Literal["quality", "variety", "both", "copies"]
Reaction = Literal["falls", "stays"]

SPOILT: Final = 1 / 3
HALF: Final = 0.5
STILL: Final = 0.1
SURE: Final = 5.0
"""Standard deviations of real samples' scores from which a distance is no chance."""
SEEDS: Final = 3
REAL_SEEDS: Final = 8

AIMS: Final[Mapping[str, Aim]] = {
    "modes_reached": "variety",
    "modes": "variety",
    "high_quality": "quality",
    "reverse_kl": "variety",
    "all_sample_kl": "variety",
    "std_ratio": "variety",
    "js": "both",
    "frechet_classifier": "both",
    "sliced_wasserstein": "both",
    "spread": "variety",
    "kid": "both",
    "coverage": "variety",
    "precision": "quality",
    "recall": "variety",
    "density": "quality",
    "clipped_density": "quality",
    "clipped_coverage": "variety",
    "two_sample": "both",
    "diversity": "variety",
    "closer_to_train": "copies",
    "class_kl": "variety",
    "confident": "quality",
}
"""Purpose of each metric."""


class World(Protocol):
    """Real samples with classes, and what the metrics say of others."""

    @property
    def n(self) -> int:
        """Samples of each kind that are compared."""

    def real(self, n: int, rng: Rng) -> tuple[Floats, NDArray[np.intp]]:
        """Draw real samples ``[n, dim]`` with their classes ``[n]``."""

    def noise(self, n: int, rng: Rng) -> Floats:
        """Draw samples where there are no data."""

    def scores(self, fake: Floats, copied: Floats | None = None, real: Floats | None = None) -> dict[str, float]:
        """Score samples; ``copied`` are the training samples if others than usual, ``real`` what is compared with."""


@dataclass(frozen=True)
class Vectors:
    """Ten round clusters in eight dimensions.

    Attributes:
        n: Samples of each kind.
    """

    n: int = 1_000

    def real(self, n: int, rng: Rng) -> tuple[Floats, NDArray[np.intp]]:
        """Draw samples with their clusters."""
        centres = 10 * np.random.default_rng(0).standard_normal((10, 8))
        which = rng.integers(10, size=n)
        return centres[which] + rng.standard_normal((n, 8)), which

    def noise(self, n: int, rng: Rng) -> Floats:
        """Draw evenly from the cube that holds the data."""
        return rng.uniform(-25, 25, (n, 8))

    def scores(self, fake: Floats, copied: Floats | None = None, real: Floats | None = None) -> dict[str, float]:
        """Score by neighbours, kernel, moments and projections."""
        rng = np.random.default_rng(1)
        real = self.real(self.n, rng)[0] if real is None else real
        other = self.real(len(real), rng)[0] if copied is None else copied
        n = min(len(real), len(fake))
        tensors = [torch.from_numpy(x) for x in (real, other, fake)]
        found = {name: score.value for name, score in score_any(*tensors, held_out=True).items()}
        directions = random_directions(64, real.shape[1], np.random.default_rng(2))
        return found | {
            "kid": kid(real / spread(real), fake / spread(real)),
            "frechet_classifier": frechet(real, fake),
            "sliced_wasserstein": sliced_wasserstein(real[:n], fake[:n], directions),
            "spread": spread(fake) / spread(real),
        }


@dataclass(frozen=True)
class Plane:
    """Grid of 25 Gaussians.

    Attributes:
        n: Points of each kind.
    """

    n: int = 2_500

    @property
    def data(self) -> Points:
        """The data set."""
        data = load("grid-25")
        assert isinstance(data, Points)
        return data

    def real(self, n: int, rng: Rng) -> tuple[Floats, NDArray[np.intp]]:
        """Draw points with their modes."""
        assert self.data.modes is not None
        which = rng.integers(25, size=n)
        return self.data.modes.centres[which] + 0.05 * rng.standard_normal((n, 2)), which

    def noise(self, n: int, rng: Rng) -> Floats:
        """Draw points between the modes."""
        return np.asarray(np.array([1.0, 1.0]) + 2 * rng.integers(-2, 2, (n, 2)) + 0.05 * rng.standard_normal((n, 2)))

    def scores(self, fake: Floats, copied: Floats | None = None, real: Floats | None = None) -> dict[str, float]:
        """Score by modes, histograms and neighbours."""
        found = score_plane(self.data, fake) | score_plane_neighbours(self.data, fake, n=1_000)
        return {name: score.value for name, score in found.items()}


@dataclass(frozen=True)
class Digits:
    """Digits: half of the training ones, beside the held-out ones.

    Attributes:
        n: Images of each kind.
    """

    n: int = 450

    @property
    def data(self) -> Images:
        """The data set."""
        data = load("digits")
        assert isinstance(data, Images)
        return data

    def real(self, n: int, rng: Rng) -> tuple[Floats, NDArray[np.intp]]:
        """Draw training digits without repetition, with their classes."""
        assert self.data.labels is not None
        chosen = rng.permutation(self.data.n_train)[:n]
        return self.data.train.flatten(1).double().numpy()[chosen], self.data.labels.numpy()[chosen]

    def noise(self, n: int, rng: Rng) -> Floats:
        """Draw grey noise."""
        return rng.uniform(-1, 1, (n, 64))

    def scores(self, fake: Floats, copied: Floats | None = None, real: Floats | None = None) -> dict[str, float]:
        """Score as the app does."""
        images = fake.reshape(-1, 1, 8, 8).astype(np.float32)
        found = {name: score.value for name, score in score_images(self.data, images).items()}
        return {name: value for name, value in found.items() if AIMS[name] != "copies"}  # real ones are copies here


WORLDS: Final[Mapping[str, World]] = {"clusters": Vectors(), "grid": Plane(), "digits": Digits()}


@dataclass(frozen=True)
class Check:
    """One way to spoil samples.

    Attributes:
        title: In a few words.
        spoil: From a world and a random stream to scores.
        expected: What metrics of each aim must do; of an aim that is absent nothing is asked.
        share: Of what is spoilt: half of it must show.
        worlds: In which it is done.
        own_data: True if its data are others than the world's, so that distances there have no scale here.
    """

    title: str
    spoil: Callable[[World, Rng], Mapping[str, float]]
    expected: Mapping[Aim, Reaction]
    share: float = SPOILT
    worlds: tuple[str, ...] = ("clusters", "grid", "digits")
    own_data: bool = False


Change = Callable[[Floats, NDArray[np.intp], Rng, World], Floats]


def _of(world: World, change: Change, rng: Rng) -> dict[str, float]:
    fake, which = world.real(world.n, rng)
    fake = change(fake, which, rng, world)
    return world.scores(fake[rng.permutation(len(fake))])


def _spoilt(change: Change) -> Callable[[World, Rng], Mapping[str, float]]:
    return lambda world, rng: _of(world, change, rng)


def _some(n: int) -> slice:
    return slice(0, round(SPOILT * n))


def _dropped(fake: Floats, which: NDArray[np.intp], rng: Rng, world: World) -> Floats:
    kept = fake[which >= SPOILT * (which.max() + 1)]
    return np.asarray(np.concatenate((kept, kept[rng.integers(len(kept), size=len(fake) - len(kept))])))


def _dropped_anew(world: World, rng: Rng) -> Mapping[str, float]:
    """Drop modes, and fill up with new samples of the others, which repeat nothing."""
    n = world.n
    fake, which = world.real(3 * n, rng)
    kept = fake[which >= SPOILT * (which.max() + 1)][:n]
    return world.scores(kept)


def _invented(fake: Floats, which: NDArray[np.intp], rng: Rng, world: World) -> Floats:
    bad = _some(len(fake))
    fake[bad] = world.noise(bad.stop, rng)
    return fake


def _one(fake: Floats, which: NDArray[np.intp], rng: Rng, world: World) -> Floats:
    return np.repeat(fake[:1], len(fake), axis=0)


def _ten(fake: Floats, which: NDArray[np.intp], rng: Rng, world: World) -> Floats:
    return np.asarray(fake[rng.integers(10, size=len(fake))])


def _uneven(world: World, rng: Rng) -> Mapping[str, float]:
    """Leave a tenth of a third of the modes."""
    n = world.n
    fake, which = world.real(3 * n, rng)
    rare = which < SPOILT * (which.max() + 1)
    return world.scores(fake[~rare | (rng.random(len(fake)) < 0.1)][:n])


def _narrow(fake: Floats, which: NDArray[np.intp], rng: Rng, world: World) -> Floats:
    for mode in range(int(which.max()) + 1):
        mine = which == mode
        fake[mine] = fake[mine].mean(0) + 0.3 * (fake[mine] - fake[mine].mean(0))
    return fake


def _blurred(fake: Floats, which: NDArray[np.intp], rng: Rng, world: World) -> Floats:
    inner = np.mean([fake[which == mode].std(0).mean() for mode in range(int(which.max()) + 1)])
    return np.asarray(fake + 3 * inner * rng.standard_normal(fake.shape))


def _outlier(fake: Floats, which: NDArray[np.intp], rng: Rng, world: World) -> Floats:
    n = max(1, len(fake) // 100)
    fake[:n] = fake.mean(0) + 5 * fake.std() * rng.standard_normal((n, fake.shape[1]))
    return fake


def _outliers_of_the_data(world: World, rng: Rng) -> Mapping[str, float]:
    """Put a hundredth of the data far away, and a third of the samples among them."""
    n = world.n
    real, fake = world.real(n, rng)[0], world.real(n, rng)[0]
    real[: n // 100] = 100 + 100 * rng.standard_normal((n // 100, real.shape[1]))
    bad = _some(n)
    fake[bad] = 100 + 50 * rng.standard_normal((bad.stop, real.shape[1]))
    return world.scores(fake, real=real)


def _scaled(world: World, rng: Rng) -> Mapping[str, float]:
    """Multiply data and samples alike."""
    n = world.n
    real, other, fake = (1_000 * world.real(n, rng)[0] for _ in range(3))
    return world.scores(fake, copied=other, real=real)


def _one_coordinate(world: World, rng: Rng) -> Mapping[str, float]:
    """Multiply one coordinate of data and samples, and leave out a third of the modes."""
    n = world.n
    factors = np.ones(8)
    factors[0] = 1_000
    real, other = (world.real(n, rng)[0] * factors for _ in range(2))
    fake, which = world.real(3 * n, rng)
    return world.scores((fake * factors)[which >= 10 * SPOILT][:n], copied=other, real=real)


def _sphere(world: World, rng: Rng) -> Mapping[str, float]:
    """Let the data lie on a sphere, and all samples well inside it."""
    n = world.n
    directions = [rng.standard_normal((n, 8)) for _ in range(3)]
    real, other, fake = (x / np.linalg.norm(x, axis=1, keepdims=True) for x in directions)
    return world.scores(fake * rng.random((n, 1)) ** (1 / 8) * 0.7, copied=other, real=real)


def _shifted(world: World, rng: Rng) -> Mapping[str, float]:
    """Let both be Gaussians in 64 dimensions, the samples three standard deviations away."""
    n = world.n
    real, other, fake = (rng.standard_normal((n, 64)) for _ in range(3))
    return world.scores(fake + 3 / 8, copied=other, real=real)


def _fewer(world: World, rng: Rng) -> Mapping[str, float]:
    """Take a quarter of the samples."""
    n = world.n
    return world.scores(world.real(n // 4, rng)[0])


def _copies(world: World, rng: Rng) -> Mapping[str, float]:
    """Draw the training samples themselves."""
    n = world.n
    train = world.real(n, rng)[0]
    return world.scores(train + 1e-3 * rng.standard_normal(train.shape), copied=train)


ALL: Final[Mapping[Aim, Reaction]] = {"quality": "stays", "variety": "stays", "both": "stays", "copies": "stays"}
QUALITY: Final[Mapping[Aim, Reaction]] = {"quality": "falls", "both": "falls"}
VARIETY: Final[Mapping[Aim, Reaction]] = {"quality": "stays", "variety": "falls", "both": "falls"}

CHECKS: Final[tuple[Check, ...]] = (
    Check("fresh real samples", _spoilt(lambda fake, which, rng, world: fake), ALL),
    Check("a third of the modes dropped", _dropped_anew, VARIETY, worlds=("clusters", "grid")),
    Check("a third of the modes nearly dropped", _uneven, VARIETY, worlds=("clusters", "grid")),
    Check("a third of the classes dropped", _spoilt(_dropped), VARIETY, worlds=("digits",)),
    Check("a third of the samples off the data", _spoilt(_invented), QUALITY),
    Check("ten real samples again and again", _spoilt(_ten), VARIETY, share=1.0),
    Check("every mode at a third of its width", _spoilt(_narrow), VARIETY, worlds=("clusters", "grid")),
    Check("every mode at three times its width", _spoilt(_blurred), QUALITY, worlds=("clusters", "grid")),
    Check("one sample in a hundred far away", _spoilt(_outlier), ALL),
    Check(
        "outliers in the data, a third of the samples there",
        _outliers_of_the_data,
        QUALITY,
        worlds=("clusters",),
        own_data=True,
    ),
    Check("data and samples times 1,000", _scaled, ALL, worlds=("clusters",)),
    Check(
        "one coordinate times 1,000, a third of the modes dropped",
        _one_coordinate,
        VARIETY,
        worlds=("clusters",),
        own_data=True,
    ),
    Check("data on a sphere, samples inside", _sphere, QUALITY, share=1.0, worlds=("clusters",), own_data=True),
    Check(
        "64 dimensions, three standard deviations away",
        _shifted,
        QUALITY,
        share=1.0,
        worlds=("clusters",),
        own_data=True,
    ),
    Check("a quarter of the samples", _fewer, ALL),
    Check("the training samples again", _copies, {"copies": "falls"}, share=1.0, worlds=("clusters",)),
)
"""The checks, in the order of the table."""


@dataclass(frozen=True)
class Reading:
    """Reading of a metric in a check.

    Attributes:
        value: 0 as for real samples, 1 as for the worst.
        expected: What it should do.
        passed: Whether it does.
    """

    value: float
    expected: Reaction
    passed: bool


@dataclass(frozen=True)
class Ends:
    """Range of a metric's scores in a world.

    Attributes:
        real: Mean of real samples.
        chance: Standard deviation of real samples.
        worst: Noise, or a single sample; 1 for copies.
    """

    real: float
    chance: float
    worst: float

    def read(self, name: str, value: float) -> float:
        """Place a score, see the module."""
        if unbounded(name):
            return (value - self.real) / self.chance
        return (value - self.real) / (self.worst - self.real) if self.worst != self.real else math.nan


def unbounded(name: str) -> bool:
    """Tell whether a metric is a distance without a largest value."""
    metric = METRICS[name]
    return not metric.higher_is_better and math.isinf(metric.range[1])


@cache
def _ends(name: str) -> Mapping[str, Ends]:
    world = WORLDS[name]
    n = world.n
    many = [world.scores(world.real(n, np.random.default_rng(100 + i))[0]) for i in range(REAL_SEEDS)]
    noise, single = (
        world.scores(world.noise(n, np.random.default_rng(200))),
        _of(world, _one, np.random.default_rng(201)),
    )
    found = {}
    for metric in set(many[0]) & set(AIMS):
        values = np.array([scores[metric] for scores in many])
        aim = AIMS[metric]
        worst = 1.0 if aim == "copies" else single[metric] if aim == "variety" else noise[metric]
        found[metric] = Ends(float(values.mean()), float(values.std(ddof=1)), worst if math.isfinite(worst) else 0.0)
    return found


def readings(check: Check, name: str) -> dict[str, Reading]:
    """Read all metrics of a world in a check, by their names; those of which nothing is asked are left out."""
    ends = _ends(name)
    many = [check.spoil(WORLDS[name], np.random.default_rng((300, i))) for i in range(SEEDS)]
    found = {}
    for metric, aim in AIMS.items():
        if metric not in ends or aim not in check.expected or (check.own_data and unbounded(metric)):
            continue
        value = float(np.mean([ends[metric].read(metric, scores.get(metric, math.nan)) for scores in many]))
        if math.isfinite(value):
            found[metric] = Reading(value, check.expected[aim], verdict(metric, value, check))
    return found


def verdict(metric: str, value: float, check: Check) -> bool:
    """Tell whether a reading is what was asked for."""
    falls = check.expected[AIMS[metric]] == "falls"
    if unbounded(metric):
        return value >= SURE if falls else abs(value) < SURE
    return value >= HALF * check.share if falls else abs(value) < STILL


def _words(name: str, value: float) -> str:
    return f"{value:,.0f} σ" if unbounded(name) else f"{value:.2f}"


def main() -> None:
    """Run all checks and print the table."""
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--markdown", action="store_true", help="as a table for the docs")
    given = options.parse_args()
    torch.set_num_threads(1)
    results: dict[tuple[str, str], dict[str, Reading]] = {}
    for check in CHECKS:
        for world in check.worlds:
            results[check.title, world] = readings(check, world)
    metrics = [name for name in METRICS if any(name in found for found in results.values())]
    if given.markdown:
        print("| metric | fooled by, and what it read | passed |\n|---|---|---|")
    for name in metrics:
        mine = [(title, world, found[name]) for (title, world), found in results.items() if name in found]
        failed = [f"{title} ({world}: {_words(name, r.value)})" for title, world, r in mine if not r.passed]
        passed = f"{len(mine) - len(failed)} of {len(mine)}"
        if given.markdown:
            print(f"| {METRICS[name].label} | {'; '.join(failed) or '–'} | {passed} |")
        else:
            print(f"{name:20}{passed:>10}  {'; '.join(failed)}")
    rest = sorted(set(METRICS) - set(metrics))
    print(f"\nnot tried: {', '.join(rest) or 'none'}")


if __name__ == "__main__":
    main()
