"""The judge: measures of each snapshot of a series, beside what real pictures reach in the same numbers."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from gan_core.errors import DataError
from gan_core.judging.features import FEATURES, Scale, features, small
from gan_core.judging.reading import Samples, Series
from gan_core.judging.report import (
    COPIES,
    DISTANCE,
    NEAREST,
    TWINS,
    Report,
    Snapshot,
    judge_series,
)
from gan_core.metrics.any_data import score_any
from gan_core.metrics.neighbours import K
from gan_core.metrics.table import DIVERSITY, Score

__all__ = ["judge"]

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]
Progress = Callable[[int, int], None]

TWIN: Final = 5.0
"""Levels of 255 a pixel within which two pictures are twins: less than what JPEG of usual quality changes."""
SHOWN: Final = 8
"""Samples on a snapshot's sheet."""
_DRAWS: Final = 20
_RESAMPLES: Final = 50
_FEWEST_REAL: Final = 2 * (K + 1)
_QUANTILE: Final = 0.01
_BESIDE: Final = 6
"""Real neighbours that a copy must be much nearer than."""
_MOST_ALIKE: Final = 0.6
"""Share of the distance to the other neighbours beyond which nothing is a copy."""
_MOST_TABLE: Final = 1_000
"""Real pictures whose own neighbours are looked up for floors."""
_LOWEST: Final = 0.5


@dataclass(frozen=True, eq=False)
class _Real:
    """Real pictures, looked at once.

    Attributes:
        flat: Their pixels, ``[n, 3072]``, in random order, without near duplicates of each other.
        points: Their scaled features, ``[n, dim]``.
        pairs: Mean distance of two of them.
        alike: Distance to the nearest over that to the next ones, below which a sample is a copy.
        nearest: Median distance of a real picture to the nearest other.
        copies: Share of real pictures that are as near to another.
        shown: Pixels at the samples' size, of `flat`.
    """

    flat: Floats
    points: Floats
    pairs: float
    alike: float
    nearest: float
    copies: float
    shown: Pixels


def judge(
    series: Series, real: Pixels | None, *, seed: int = 0, progress: Progress | None = None, said: Sequence[str] = ()
) -> Report:
    """Measure every snapshot.

    Args:
        series: From `read_series`.
        real: Real pictures ``[m, side, side, 3]``; None to judge without them, or with those that the series holds.
        seed: Of the choice of real pictures for floors.
        progress: Told of each snapshot.
        said: What was decided about the real pictures.

    Raises:
        DataError: If there are too few real pictures.
    """
    rng = np.random.default_rng(seed)
    sets = [small(samples.pixels) for samples in series.sets]
    raw = [features(pictures) for pictures in sets]
    if real is None:
        real = series.real
    if real is not None and len(real) < _FEWEST_REAL:
        raise DataError(f"{len(real)} real pictures are too few to compare with; give {_FEWEST_REAL} or more")
    if real is None:
        points, looked = _alone(raw), None
    else:
        looked, scale = _look(real, rng)
        points = [scale(x) for x in raw]
    spreads = [_mean_distance(x) for x in points]
    reference = looked.pairs if looked is not None else max((s for s in spreads if math.isfinite(s)), default=math.nan)
    shots = []
    for number, (samples, pictures, own, pairs) in enumerate(zip(series.sets, sets, points, spreads, strict=True)):
        shots.append(_shot(samples, pictures, own, pairs / reference if reference else math.nan, looked, rng))
        if progress is not None:
            progress(number + 1, len(sets))
    n_real = 0 if real is None else len(real)
    verdicts, best = judge_series(shots, n_real)
    side = series.sets[0].pixels.shape[1]
    notes = (*series.said, *said)
    if looked is not None and len(looked.flat) < n_real:
        notes += (f"{n_real - len(looked.flat):,} of {n_real:,} real pictures are twins of others, and left out",)
    return Report(tuple(shots), verdicts, best, n_real, side, notes, series.skipped, FEATURES)


def _alone(raw: Sequence[Floats]) -> list[Floats]:
    scale = Scale(np.concatenate(raw))
    return [scale(x) for x in raw]


def _look(real: Pixels, rng: np.random.Generator) -> tuple[_Real, Scale]:
    order = rng.permutation(len(real))
    pictures = small(real[order])
    flat = pictures.reshape(len(pictures), -1)
    single = _without_twins(flat)
    # Twins in the data would look like copies; but data of nothing else must still be compared with.
    if single.sum() < _FEWEST_REAL:
        single[:] = True
    order, pictures, flat = order[single], pictures[single], flat[single]
    raw = features(pictures)
    scale = Scale(raw)
    points = scale(raw)
    some = flat[:_MOST_TABLE]
    near = np.sort(_table(some, flat, mirrored=True, but_itself=True), 1)[:, : _BESIDE + 1]
    ratios = _ratios(near)
    alike = min(float(np.quantile(ratios, _QUANTILE)), _MOST_ALIKE)
    return (
        _Real(
            flat,
            points,
            _mean_distance(points),
            alike,
            float(np.median(near[:, 0])) * 255,
            float((ratios <= alike).mean()),
            real[order],
        ),
        scale,
    )


def _shot(
    samples: Samples, pictures: Floats, points: Floats, diversity: float, real: _Real | None, rng: np.random.Generator
) -> Snapshot:
    n = len(pictures)
    flat = pictures.reshape(n, -1)
    scores = {DIVERSITY: Score(diversity, 1.0 if real is not None else None, n)}
    if real is None:
        scores[TWINS] = Score(_twins(flat), None, n)
        return Snapshot(samples.moment.label, n, scores, sheet=_sheet(samples.pixels), sheet_words=_words(n, False))
    scores[TWINS] = _near_each_other(real.points, points, rng)
    table = _table(flat, real.flat, mirrored=True)
    near = np.sort(np.partition(table, min(_BESIDE, table.shape[1] - 1), 1)[:, : _BESIDE + 1], 1)
    scores[COPIES] = Score(float((_ratios(near) <= real.alike).mean()), real.copies, n)
    scores[NEAREST] = Score(float(np.median(near[:, 0])) * 255, real.nearest, n)
    half = min(n, len(real.points) // 2)
    error = math.nan
    if half > K:
        mine = points[rng.permutation(n)[:half]]
        first, other = real.points[:half], real.points[half : 2 * half]
        scores |= score_any(*(torch.from_numpy(x) for x in (first, other, mine)), held_out=False)
        distance, error = _distance(real.points, points, rng)
        floor, _ = _distance(real.points[half:], real.points[:half], rng)
        scores[DISTANCE] = Score(distance, floor, n)
    sheet = _sheet(samples.pixels, real.shown[table[:SHOWN].argmin(1)])
    words = _words(n, True)
    return Snapshot(samples.moment.label, n, scores, _lowest(real, n, rng), error, sheet, words)


def _words(n: int, real: bool) -> str:
    return f"{min(n, SHOWN)} of {n:,} samples" + (", beneath each its nearest real picture" if real else "")


def _twins(flat: Floats) -> float:
    """Share of pictures that another one matches."""
    if len(flat) < 2:
        return math.nan
    return float((_table(flat, flat, but_itself=True).min(1) * 255 <= TWIN).mean())


def _near_each_other(real: Floats, fake: Floats, rng: np.random.Generator) -> Score:
    """Share of samples nearer to another one than all but one in a hundred of as many real pictures are."""
    n = min(len(fake), len(real))
    if n < 2:
        return Score(math.nan, None, n)
    own = np.concatenate([_nearest(real[rng.choice(len(real), n, replace=False)]) for _ in range(_draws(n))])
    limit = np.quantile(own, _QUANTILE)
    mine = _nearest(fake[rng.permutation(len(fake))[:n]])
    return Score(float((mine <= limit).mean()), float((own <= limit).mean()), n)


def _nearest(points: Floats) -> Floats:
    """Squared distance of each point to the nearest other."""
    centred = points - points.mean(0)
    table = _squares(centred, centred, (centred**2).sum(1))
    np.fill_diagonal(table, np.inf)
    nearest: Floats = table.min(1)
    return nearest


def _without_twins(flat: Floats) -> NDArray[np.bool_]:
    """Mark pictures that no earlier one matches."""
    single = np.ones(len(flat), bool)
    for at in range(0, len(flat), _MOST_TABLE):
        table = _table(flat[at : at + _MOST_TABLE], flat) * 255 <= TWIN
        earlier = np.arange(len(flat))[None] < (at + np.arange(len(table)))[:, None]
        single[at : at + len(table)] = ~(table & earlier).any(1)
    return single


def _table(a: Floats, b: Floats, *, mirrored: bool = False, but_itself: bool = False) -> Floats:
    """Root mean square differences of pixels, `[n, m]`, optionally to the nearer of a picture and its mirror image.

    With `but_itself`, `a` is the beginning of `b` and no picture is compared with itself.
    """
    middle = b.mean(0)
    b = b - middle
    squares = (b**2).sum(1)
    found = _squares(a - middle, b, squares)
    if mirrored:
        side = int(math.sqrt(a.shape[1] / 3))
        flipped = a.reshape(-1, side, side, 3)[:, :, ::-1].reshape(a.shape)
        found = np.minimum(found, _squares(flipped - middle, b, squares))
    table: Floats = np.sqrt(np.maximum(found, 0) / a.shape[1])
    if but_itself:
        np.fill_diagonal(table, np.inf)
    return table


def _squares(a: Floats, b: Floats, of_b: Floats) -> Floats:
    found: Floats = (a**2).sum(1)[:, None] + of_b - 2 * (a @ b.T)
    return found


def _ratios(near: Floats) -> Floats:
    """Distance to the nearest over the mean of those to the next ones."""
    ratios: Floats = near[:, 0] / np.maximum(near[:, 1:].mean(1), 1e-6)
    return ratios


def _mean_distance(points: Floats) -> float:
    n = len(points)
    if n < 2:
        return math.nan
    centred = points - points.mean(0)
    squares = (centred**2).sum(1)
    table = np.sqrt(np.maximum(squares[:, None] + squares - 2 * (centred @ centred.T), 0))
    np.fill_diagonal(table, 0)
    return float(table.sum() / (n * (n - 1)))


def _lowest(real: _Real, n: int, rng: np.random.Generator) -> float:
    """Diversity below which so few samples are hardly ever by chance: the least of some sets of real pictures."""
    if n < 2:
        return math.nan
    m = len(real.points)
    if n >= m // 2:
        return _LOWEST
    return min(_mean_distance(real.points[rng.choice(m, n, replace=False)]) / real.pairs for _ in range(_draws(n)))


def _draws(n: int) -> int:
    return _DRAWS if n <= 256 else 3


def _distance(real: Floats, fake: Floats, rng: np.random.Generator) -> tuple[float, float]:
    """Kernel distance with its standard error by resampling the generated ones."""
    real, fake = real[: 2 * _MOST_TABLE].astype(np.float64), fake[: 2 * _MOST_TABLE].astype(np.float64)
    n, m, dim = len(fake), len(real), real.shape[1]
    own, cross, other = ((a @ b.T / dim + 1) ** 3 for a, b in ((fake, fake), (real, fake), (real, real)))
    constant = (other.sum() - np.trace(other)) / (m * (m - 1))
    across = cross.mean(0)
    value = (own.sum() - np.trace(own)) / (n * (n - 1)) + constant - 2 * across.mean()
    draws = []
    for _ in range(_RESAMPLES):
        weights = rng.multinomial(n, np.full(n, 1 / n)).astype(np.float64)
        # Pairs of one sample with itself, which resampling makes, are left out of the mean over pairs.
        pairs = weights @ own @ weights - (weights**2 * np.diag(own)).sum()
        draws.append(pairs / max((weights.sum() ** 2 - (weights**2).sum()), 1) - 2 * (weights @ across) / n)
    return float(value), float(np.std(draws))


def _sheet(pixels: Pixels, real: Pixels | None = None) -> bytes:
    """Draw some samples in a row, and beneath each its nearest real picture."""
    chosen = pixels[:SHOWN]
    side, gap = max(32, chosen.shape[1]), 2
    rows = [chosen] if real is None else [chosen, real]
    sheet = Image.new("RGB", (len(chosen) * (side + gap) - gap, len(rows) * (side + gap) - gap), "white")
    for y, row in enumerate(rows):
        for x, picture in enumerate(row):
            tile = Image.fromarray(picture).resize((side, side), Image.Resampling.NEAREST)
            sheet.paste(tile, (x * (side + gap), y * (side + gap)))
    file = io.BytesIO()
    sheet.save(file, "PNG")
    return file.getvalue()
