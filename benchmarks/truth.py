"""The truth about a drawn run: what is wrong with it, from what no diagnosis can know.

In the plane from the exact density the data were drawn from, of digits from a classifier and from digits that no player
saw. `see` takes the oracle's look at a trainer; `labels_of` says what is wrong at a look, `judge` what a whole run is.
The definitions stand in `LABELS`, each with where it is from. They were written down before any drawn run was judged.
"""

from __future__ import annotations

import copy
import functools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from benchmarks.densities import Density, widths
from benchmarks.drawing import RATES
from benchmarks.sources import DigitSource, PlaneSource, Source
from gan_core.config import RunConfig
from gan_core.config.parts import DiscriminatorConfig, GeneratorConfig
from gan_core.data import Images, load
from gan_core.game.objectives import OBJECTIVES
from gan_core.game.sampling import sample_data, sample_prior
from gan_core.metrics import closer_to_train, find_judge, frechet
from gan_core.training import Trainer
from gan_core.training.observe import beside_the_next

__all__ = [
    "LABELS",
    "STATES",
    "TURNING",
    "Label",
    "Seen",
    "Truth",
    "good",
    "judge",
    "labels_of",
    "see",
    "start_of",
    "states_of",
    "turned",
]

Floats = NDArray[np.float64]

N: Final = 2_000
NOISE_SEED: Final = 71
CELLS: Final = 64
"""Cells about as many samples of the data, over which samples and data are compared."""
FAIR: Final = 0.2
"""Share of its fair share of the samples below which a region is not reached (as PacGAN's count, but of a share)."""
LATE: Final = 1 / 3
"""Last part of a run in which it is judged."""
MOSTLY: Final = 0.8
"""Share of the late looks at which a thing must be so, for the run to be called so."""
SELDOM: Final = 0.1
NEARER: Final = 0.85
"""A run is still under way if its distance, or the way from its samples to the data, is in the last half of its late
looks less than this share of what it was in the half before."""
TURNED: Final = 0.5

Verdict = Literal["bad", "good", "between"]


@dataclass(frozen=True)
class Seen:
    """View of the oracle at one step; NaN where it does not exist.

    Attributes:
        step: Finished steps.
        whole: False if a sample or an answer of D is no finite number.
        on: Share of the samples on the data: in the plane where the density exceeds what 99 % of the data exceed, of
            digits those of which the judge is more than 90 % sure, over the same of real ones (at most 1).
        shares: Share of the samples in each region or class, ``[k]``.
        width: Median over the regions of the samples' standard deviation over the data's.
        distance: Total variation over cells in the plane; of digits the Fréchet distance in the judge's features over
            that of a Gaussian fitted to the training digits.
        floor: The same of real samples.
        spread: Standard deviation of the samples over that of the data.
        moved: Root mean square way of the same z's samples since the start, over the data's standard deviation.
        closer: Share of samples nearer to a training digit than to one of as many unseen.
        frame: Mean difference of the frame's pixels from their true value, in [-1, 1].
        right: How often D puts a fresh real sample above a generated one.
        logit: Mean size of D's answers.
        sigmas: In the plane the median distance of a sample to the nearest Gaussian, in its standard deviations.
    """

    step: int
    whole: bool
    on: float
    shares: tuple[float, ...]
    width: float
    distance: float
    floor: float
    spread: float
    moved: float
    closer: float
    frame: float
    right: float
    logit: float
    sigmas: float = math.nan


@dataclass(frozen=True)
class Label:
    """One way in which a run may be bad.

    Attributes:
        meaning: What it is, with where the definition is from.
        holds: Whether it holds at a look, given the true shares of the regions.
    """

    meaning: str
    holds: Callable[[Seen, Floats], bool]


def _missing(seen: Seen, shares: Floats) -> float:
    """Share of the data in regions that get less than `FAIR` of it and that `N` samples can show."""
    got = np.array(seen.shares)
    return float(shares[(got < FAIR * shares) & (shares >= 0.01)].sum())


def _skew(seen: Seen, shares: Floats) -> float:
    return float(np.abs(np.array(seen.shares) - shares).sum() / 2)


LABELS: Final[Mapping[str, Label]] = {
    "diverged": Label(
        "numbers run away: something is not finite, or the samples spread ten times as wide as the data",
        lambda s, p: not s.whole or s.spread > 10,
    ),
    "not begun": Label(
        "the samples of the same z have moved by less than a tenth of the data's standard deviation since the start",
        lambda s, p: s.whole and s.moved < 0.1 and s.distance > 0.5,
    ),
    "off the data": Label(
        "three in four samples lie where there are no data (outside the 99 % highest density region; of digits: the "
        "judge is not sure, and a Gaussian fitted to the pixels is nearer to the data)",
        lambda s, p: s.whole and s.on < 0.25 and s.distance > 0.8,
    ),
    "blurred": Label(
        "in the plane: half of the samples or more lie where there are no data, though not three in four",
        lambda s, p: s.whole and not math.isnan(s.width) and 0.25 <= s.on < 0.5,
    ),
    "collapse": Label(
        "a quarter of the data or more lies in regions (modes, classes, parts of a curve) that get less than a fifth "
        "of their fair share of the samples (mode counts of arXiv:1712.04086), or the samples are one spot",
        lambda s, p: s.whole and (_missing(s, p) >= 0.25 or s.spread < 0.1),
    ),
    "region missing": Label(
        "a region of at least 1 % of the data gets less than a fifth of its fair share of 2,000 samples",
        lambda s, p: s.whole and 0 < _missing(s, p) < 0.25,
    ),
    "skewed": Label(
        "every region is reached, but a quarter of the samples would have to change their region",
        lambda s, p: s.whole and _missing(s, p) == 0 and _skew(s, p) >= 0.25,
    ),
    "narrow": Label(
        "regions are reached by samples on the data, at less than half of the data's width (collapse within modes, "
        "arXiv:1712.04086)",
        lambda s, p: s.whole and s.on >= 0.5 and s.width < 0.5 and s.spread >= 0.1,
    ),
    "frame wrong": Label("the frame around the digits is a quarter of grey off", lambda s, p: s.frame > 0.25),
    "copied": Label(
        "three in four samples are nearer to a training digit than to one of as many unseen (arXiv:2004.05675)",
        lambda s, p: s.whole and s.closer > 0.75,
    ),
}
"""Ways to be bad, in the order in which a run is named."""

TURNING: Final = "turning"
"""Over the late looks, half of the samples changed their region within 300 steps, again and again (oscillation)."""
STATES: Final[Mapping[str, Callable[[Seen], bool]]] = {
    "D tells all": lambda s: s.right > 0.97,
    "D tells nothing": lambda s: s.right < 0.6,
    "huge answers": lambda s: s.logit > 100,
}
"""States of the game: no fault by themselves; in a bad run they are a right name of its cause."""

SETTINGS: Final[Mapping[str, Callable[[RunConfig], bool]]] = {
    "no bound": lambda c: bool(OBJECTIVES[c.objective].usual_clip) and not (c.regularisers or c.clip or _spectral(c)),
    "high rate": lambda c: max(c.lr_g, c.lr_d) > 3 * _usual_rate(c),
    "low rate": lambda c: min(c.lr_g, c.lr_d) < _usual_rate(c) / 10,
    "small network": lambda c: min(_narrowest(c.generator), _narrowest(c.discriminator)) < 16 * len(c.data_shape),
}
"""States of the settings, likewise."""


def _spectral(config: RunConfig) -> bool:
    return config.discriminator.kind != "article" and config.discriminator.spectral_norm


def _usual_rate(config: RunConfig) -> float:
    return RATES[len(config.data_shape)]


def _narrowest(network: GeneratorConfig | DiscriminatorConfig) -> int:
    return min(network.widths, default=0)


def labels_of(seen: Seen, shares: Floats) -> tuple[str, ...]:
    """Say what is wrong at a look, in the order of `LABELS`."""
    return tuple(name for name, label in LABELS.items() if label.holds(seen, shares))


def states_of(seen: Seen) -> tuple[str, ...]:
    """Say in what state the game is at a look."""
    return tuple(name for name, holds in STATES.items() if holds(seen))


def settings_of(config: RunConfig) -> tuple[str, ...]:
    """Say in what state the settings are."""
    return tuple(name for name, holds in SETTINGS.items() if holds(config))


def good(seen: Seen, shares: Floats) -> bool:
    """Tell whether nothing is wrong at a look, nor within a fifth of a limit of `LABELS`; it may still get better."""
    digits = math.isnan(seen.width)
    return (
        seen.whole
        and seen.on >= (0.35 if digits else 0.6)
        and seen.distance <= 0.65
        and _missing(seen, shares) == 0
        and _skew(seen, shares) <= 0.2
        and not seen.width < 0.6
        and not seen.closer > 0.7
        and not seen.frame > 0.2
    )


@dataclass(frozen=True)
class Truth:
    """Judgement of a run.

    Attributes:
        verdict: Bad, good, or between: neither plainly, or still under way.
        labels: What is wrong at most late looks, the first that of the name; of a bad run at least one.
        states: Of the game, at most late looks.
        under_way: True if its samples still come nearer to the data.
    """

    verdict: Verdict
    labels: tuple[str, ...]
    states: tuple[str, ...]
    under_way: bool


def judge(looks: Sequence[Seen], shares: Floats, broke: int | None) -> Truth:
    """Judge a run by its late looks.

    Args:
        looks: In order of their steps.
        shares: True shares of the regions.
        broke: Step at which a number was not finite, or None.
    """
    if broke is not None:
        return Truth("bad", ("diverged",), (), False)
    late = [s for s in looks if s.step > (1 - LATE) * looks[-1].step]
    found = [labels_of(s, shares) for s in late]
    labels = tuple(name for name in LABELS if sum(name in at for at in found) >= MOSTLY * len(late))
    turns = [turn for look, turn in zip(looks, turned(looks), strict=True) if look.step >= late[0].step]
    if sum(turns) >= len(turns) / 3:
        labels = (*labels, TURNING)
    states = tuple(n for n in STATES if sum(n in states_of(s) for s in late) >= MOSTLY * len(late))
    under_way = any(_falls([getattr(s, name) for s in late]) for name in ("distance", "sigmas"))
    n_bad = sum(bool(at) for at in found)
    n_good = sum(good(s, shares) for s in late)
    verdict: Verdict = "between"
    if labels or n_bad >= MOSTLY * len(late):
        names = [at[0] for at in found if at]
        labels = labels or (max(set(names), key=names.count),)
        verdict = "between" if under_way else "bad"
    elif n_good >= MOSTLY * len(late) and n_bad <= SELDOM * len(late):
        verdict = "good"
    return Truth(verdict, labels, states, under_way)


def _falls(values: Sequence[float]) -> bool:
    """Tell whether the last half of them is lower than the half before; not of NaN."""
    half = max(1, len(values) // 2)
    return bool(np.mean(values[-half:]) < NEARER * np.mean(values[:half]))


def turned(looks: Sequence[Seen], every: int = 300) -> list[bool]:
    """Tell of each look whether half of the samples lay elsewhere at most `every` steps before."""
    found = []
    for i, look in enumerate(looks):
        before = [o for o in looks[:i] if look.step - o.step <= every and len(o.shares) == len(look.shares)]
        changes = [float(np.abs(np.array(look.shares) - np.array(o.shares)).sum()) / 2 for o in before]
        found.append(look.whole and max(changes, default=0.0) > TURNED)
    return found


# -- looking ---------------------------------------------------------------------------------------------------


@torch.no_grad()
def _samples(trainer: Trainer, n: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Shown samples, and D's answers on fresh real and raw generated ones."""
    data, config = trainer.data, trainer.config
    raw, critic = (copy.deepcopy(m).eval() for m in (trainer.generator, trainer.discriminator))
    shown = raw if trainer.ema is None else trainer.ema
    rng = torch.Generator().manual_seed(NOISE_SEED)
    z = sample_prior(n, config, rng)
    labels = (torch.arange(n) % config.n_classes,) if config.conditional else ()
    fake, made = shown(z, *labels), raw(z, *labels)
    real, *real_labels = sample_data(min(n, 500), config, data, rng)
    on_real = _answers(critic, config, real, real_labels)
    on_fake = _answers(critic, config, made[: len(real)], [label[: len(real)] for label in labels])
    return fake, real, on_real, on_fake


def _answers(critic: nn.Module, config: RunConfig, x: Tensor, labels: Sequence[Tensor]) -> Tensor:
    answers: Tensor = critic(beside_the_next(x, config.packing), *labels)
    return answers


def start_of(trainer: Trainer) -> Tensor:
    """Return the samples of a run's start, to measure ways from."""
    return _samples(trainer, N)[0].flatten(1)


def see(trainer: Trainer, source: Source, start: Tensor) -> Seen:
    """Look at a trainer; it changes nothing.

    Args:
        trainer: Stands still.
        source: Of its data.
        start: From `start_of`.
    """
    fake, real, on_real, on_fake = _samples(trainer, N)
    answers = torch.cat((on_real, on_fake))
    nothing = dict.fromkeys(("on", "width", "distance", "floor", "spread", "moved", "closer", "frame"), math.nan)
    if not bool(torch.isfinite(fake).all() and torch.isfinite(answers).all()):
        return Seen(trainer.step_count, False, shares=(), right=math.nan, logit=math.nan, **nothing)
    scale = float(real.flatten(1).var(0).mean().sqrt())
    flat = fake.flatten(1)
    common: dict[str, Any] = {
        "spread": float(flat.var(0).mean().sqrt()) / scale,
        "moved": float((flat - start).square().mean().sqrt()) / scale,
        "right": float((on_real[:, None] > on_fake[None]).double().mean()),
        "logit": float(answers.abs().mean()),
    }
    if isinstance(source, PlaneSource):
        found = _in_the_plane(source, np.asarray(trainer.data.to_data(fake.double()).numpy()))  # type: ignore[union-attr]
    else:
        found = _of_digits(source, fake)
    return Seen(trainer.step_count, True, **(nothing | common | found))


def _in_the_plane(source: PlaneSource, points: Floats) -> dict[str, Any]:
    density, k = source.density, len(source.shares)
    on, owner = density.place(points)
    ratio = widths(points[on], owner[on], k) / density.width
    return {
        "on": float(on.mean()),
        "shares": tuple((np.bincount(owner, minlength=k) / len(points)).round(5).tolist()),
        "width": float(np.nanmedian(ratio)) if np.isfinite(ratio).any() else math.nan,
        "distance": _cells_apart(density, points, on),
        "floor": _plane_floor(density),
        "sigmas": float(np.median(density.sigmas(points))),
    }


def _cells_apart(density: Density, points: Floats, on: NDArray[np.bool_]) -> float:
    """Total variation over cells of the data and one for all that lies off them."""
    centres, fair = _cells(density)
    nearest = _nearest(points, centres)
    got = np.bincount(nearest[on], minlength=len(centres)) / len(points)
    return float((np.abs(got - fair).sum() + abs(float((~on).mean()) - 0.01)) / 2)


def _nearest(points: Floats, centres: Floats) -> NDArray[np.intp]:
    nearest: NDArray[np.intp] = (points @ centres.T - 0.5 * np.square(centres).sum(1)).argmax(1)
    return nearest


@functools.lru_cache(maxsize=4)
def _cells(density: Density) -> tuple[Floats, Floats]:
    rng = np.random.default_rng(2)
    centres = density.draw(CELLS, rng)
    many = density.draw(40_000, rng)
    on, _ = density.place(many)
    return centres, np.bincount(_nearest(many[on], centres), minlength=CELLS) / len(many)


@functools.lru_cache(maxsize=4)
def _plane_floor(density: Density) -> float:
    real = density.draw(N, np.random.default_rng(3))
    return _cells_apart(density, real, density.place(real)[0])


def _of_digits(source: DigitSource, fake: Tensor) -> dict[str, Any]:
    border = source.border
    inside = fake[:, :, border : 8 + border, border : 8 + border] if border else fake
    flat = inside.flatten(1).clamp(-1, 1)
    judge_of = find_judge(_digits())
    assert judge_of is not None
    features, seen = judge_of.look(flat.reshape(-1, 1, 8, 8))
    reference, sure, gauss, floor = _digit_reference(source)
    frame = math.nan
    if border:
        mask = torch.ones(fake.shape[2:], dtype=torch.bool)
        mask[border : 8 + border, border : 8 + border] = False
        frame = float((fake[..., mask] + 1).abs().mean() / 2)
    n = len(source.train)
    order = torch.randperm(len(flat), generator=torch.Generator().manual_seed(NOISE_SEED))[:n]
    return {
        "on": min(1.0, seen.confident / sure),
        "shares": tuple(np.round(seen.classes, 5).tolist()),
        "distance": frechet(reference, features) / gauss,
        "floor": floor / gauss,
        "closer": closer_to_train(flat[order], source.train, source.unseen) if n >= 20 else math.nan,
        "frame": frame,
    }


@functools.lru_cache(maxsize=4)
def _digit_reference(source: DigitSource) -> tuple[Floats, float, float, float]:
    """Features of the unseen digits; of training digits the confident share, and Fréchet distances of two models."""
    judge_of = find_judge(_digits())
    assert judge_of is not None
    reference, _ = judge_of.look(source.unseen)
    train, seen = judge_of.look(source.train)
    rng = np.random.default_rng(4)
    pixels = source.train.double().numpy()
    draws = rng.multivariate_normal(pixels.mean(0), np.cov(pixels.T) + 1e-4 * np.eye(64), N)
    gauss, _ = judge_of.look(torch.from_numpy(draws).float().clamp(-1, 1))
    return reference, seen.confident, frechet(reference, gauss), frechet(reference, train)


def _digits() -> Images:
    digits = load("digits")
    assert isinstance(digits, Images)
    return digits
