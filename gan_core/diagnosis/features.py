"""Features: the numbers of one look at a run, and the looks of a run as columns.

A series of looks is all that a diagnosis reads. Nothing here needs PyTorch; `gan_core.diagnosis.observation` takes
the looks.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from gan_core.diagnosis.thresholds import limit

if TYPE_CHECKING:
    from gan_core.record.history import History

__all__ = ["RECENT", "Flags", "Floats", "Series", "Signs", "recent"]

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

RECENT: Final = 100
"""Steps over which the numbers of single steps are averaged."""


@dataclass(frozen=True)
class Signs:
    """Numbers of one look; those that do not exist for this run are NaN.

    Scores are of the shown generator (the averaged one where there is one) unless they are called raw; D's answers
    are on the raw generator's samples, which are what it is trained on.

    Attributes:
        step: Finished steps.
        n_train: Training images; 0 where there is no end of samples.
        reached: Regions of the data that get at least a fifth of their share of the samples: known modes, or cells.
        regions: How many there are.
        missing: Share of the data that lies in regions which are not reached.
        raw_shares: Where the raw generator's samples lie, a share for each region, and last for none of them.
        precision: See `gan_core.metrics.neighbours.NeighbourScores`.
        recall: Likewise.
        coverage: Likewise.
        two_sample: Likewise.
        diversity: Likewise.
        spread: Standard deviation of the samples over that of the data.
        auc: Chance that D answers higher on a real sample (held out where there are such) than on a generated one.
        overfit: How far D's answers on held-out images have gone from those on training images towards those on
            generated ones: 0 not at all, 1 all the way (arXiv:2006.06676, equation 1).
        closer: Share of samples nearer to a training image than to a held-out one.
        copies: Median distance of samples to the nearest training image, over that between training images.
        logit: Mean size of D's answers.
        d_loss: Mean over the last steps.
        accuracy: D's, mean over the last steps.
        g_grad: Norm of G's gradient, mean over the last steps.
        g_grad_peak: Its largest since the run began.
        distance: Of the samples from the data, 0 to 1, see `gan_core.diagnosis.scene.apart`.
        distance_floor: What as many other real samples reach; NaN where the data are too few, as all floors.
        precision_floor: Likewise of the precision.
        recall_floor: Likewise.
        coverage_floor: Likewise.
        two_sample_floor: Likewise.
        n_drawn: Generated samples that were counted by region.
        absent: Share of the data in regions that hold at least a hundredth of them, are large enough for ``n_drawn``
            to show it, and are not reached.
        absent_got: Share of the samples in these regions.
        lone: Share of the data in those of them that lie apart from all others: known modes, and clumps; NaN
            in looks that were taken before this was told.
        lone_got: Share of the samples in these.
        skew: Half the sum of the differences of the regions' shares, samples to data: 0 equal, 1 apart.
        skew_floor: What chance alone would give on average.
        slope: Difference of D's mean answers on real and generated samples over their mean distance: a lower bound of
            how steep D is.
        checker: Unevenness of the images' grain beyond that of the real ones, see `gan_core.diagnosis.grain`.
        shift: Distance of the raw samples of the same z from where the first look saw them, in standard deviations of
            the data.
        pace: How much a step can change, of what a step of the usual rates can; never more than 1.
        placed: Raw samples of the same z in standard deviations of the data, `[n, dim]`; a watch takes them out.
    """

    step: int
    n_train: int
    reached: int
    regions: int
    missing: float
    raw_shares: tuple[float, ...]
    precision: float
    recall: float
    coverage: float
    two_sample: float
    diversity: float
    spread: float
    auc: float
    overfit: float
    closer: float
    copies: float
    logit: float
    d_loss: float
    accuracy: float
    g_grad: float
    g_grad_peak: float
    distance: float = math.nan
    distance_floor: float = math.nan
    precision_floor: float = math.nan
    recall_floor: float = math.nan
    coverage_floor: float = math.nan
    two_sample_floor: float = math.nan
    n_drawn: int = 0
    absent: float = 0.0
    absent_got: float = 0.0
    lone: float = math.nan
    lone_got: float = math.nan
    skew: float = math.nan
    skew_floor: float = math.nan
    slope: float = math.nan
    checker: float = math.nan
    shift: float = math.nan
    pace: float = 1.0
    placed: Floats | None = field(default=None, repr=False, compare=False)


class Series:
    """The looks at a run as columns.

    Attributes:
        step: `[n]`, ascending.
        age: Steps, each counted by its pace, `[n]`: windows and waits are measured in it.
        moved: Share of the raw generator's samples that changed their region since the look before, averaged over the
            last ``window`` steps, `[n]`.
        reach: How far back progress is looked for, in steps of the age, `[n]`: a part of the run, within bounds.
    """

    def __init__(self, looks: Sequence[Signs]) -> None:
        names = [field.name for field in fields(Signs) if field.name not in ("raw_shares", "where", "placed")]
        self._columns = {name: np.array([getattr(look, name) for look in looks], dtype=np.float64) for name in names}
        self.step: Floats = self._columns["step"]
        self._flags: dict[Hashable, NDArray[np.bool_]] = {}
        self._means: dict[tuple[str, float], Floats] = {}
        pace = np.where(np.isfinite(self._columns["pace"]), self._columns["pace"], 1.0)
        self.age: Floats = np.cumsum(np.diff(self.step, prepend=0.0) * pace)
        shares = np.array([look.raw_shares for look in looks])
        change = np.abs(np.diff(shares, axis=0)).sum(1) / 2
        self.moved = self.mean(np.concatenate(([0.0], change)))
        self.reach: Floats = np.clip(limit("part") * self.age, limit("window"), limit("patience"))
        self._gains: dict[str, Gain] = {}

    def __getitem__(self, name: str) -> Floats:
        return self._columns[name]

    def once(self, key: Hashable, tell: Callable[[], NDArray[np.bool_]]) -> NDArray[np.bool_]:
        """Return what ``tell`` answers, asked once for each key: several findings share their conditions."""
        if key not in self._flags:
            self._flags[key] = tell()
        return self._flags[key]

    def mean(self, values: Floats | str, steps: float | Floats | None = None) -> Floats:
        """Of each look and those before it, as far back as ``steps`` (by default the window); NaN counts as absent."""
        window = limit("window") if steps is None else steps
        if isinstance(values, str) and isinstance(window, int | float):  # several findings ask for the same
            if (values, window) not in self._means:
                self._means[values, window] = self._mean(self[values], window)
            return self._means[values, window]
        return self._mean(self[values] if isinstance(values, str) else values, window)

    def _mean(self, x: Floats, window: float | Floats) -> Floats:
        there = np.isfinite(x)
        first = self._first(window)
        total = np.concatenate(([0.0], np.cumsum(np.where(there, x, 0.0))))
        count = np.concatenate(([0], np.cumsum(there)))
        end = np.arange(1, len(x) + 1)
        with np.errstate(invalid="ignore"):
            out: Floats = (total[end] - total[first]) / (count[end] - count[first])
        out.setflags(write=False)
        return out

    def ago(self, values: Floats | str, steps: float) -> Floats:
        """Return the value ``steps`` earlier, from the last look that is at least so old; NaN where there is none."""
        x = self[values] if isinstance(values, str) else values
        at = np.searchsorted(self.age, self.age - steps, side="right") - 1
        return np.where(at >= 0, x[np.maximum(at, 0)], np.nan)

    def gain(self, name: str) -> Gain:
        """Compute how much a number has fallen below its lowest level so far, over the last `reach` steps.

        Levels are means over a third of the reach. The first look stands for the time before there was a level.

        Args:
            name: Of a column that is lower for samples that are nearer to the data.
        """
        if name not in self._gains:
            x = self[name]
            window = self.reach / 3
            now = self.mean(name, window)
            at = np.searchsorted(self.age, self.age - self.reach, side="right") - 1
            lowest = np.fmin.accumulate(np.where(np.isfinite(now), now, np.inf))
            before = np.where(at >= 0, lowest[np.maximum(at, 0)], x[0])
            looks = np.maximum(1, np.arange(1, len(x) + 1) - self._first(window))
            self._gains[name] = Gain(before, now, _scatter(x) / _MEDIAN * np.sqrt(2 / looks))
        return self._gains[name]

    def _first(self, steps: float | Floats) -> NDArray[np.intp]:
        return np.searchsorted(self.age, self.age - steps, side="right")


def _scatter(x: Floats) -> Floats:
    """Median distance of the last differences from their median: what goes the same way each time is no noise."""
    steps = np.concatenate((np.full(_NOISY, np.nan), np.diff(x, prepend=np.nan)))
    windows = np.sort(np.lib.stride_tricks.sliding_window_view(steps, _NOISY)[1:], axis=1)  # NaN come last
    away = np.sort(np.abs(windows - _middle(windows)[:, None]), axis=1)
    return np.nan_to_num(_middle(away))


def _middle(ordered: Floats) -> Floats:
    """Median of each row of ascending numbers, NaN aside, ``[n]``."""
    rows, count = np.arange(len(ordered)), np.isfinite(ordered).sum(1)
    low, high = np.maximum(count - 1, 0) // 2, np.minimum(count // 2, _NOISY - 1)
    out: Floats = (ordered[rows, low] + ordered[rows, high]) / 2
    return out


_NOISY: Final = 12
"""Looks from whose differences the noise of a look is told."""
_MEDIAN: Final = 0.954
"""Median of the difference of two normal numbers, over their standard deviation."""


@dataclass(frozen=True)
class Gain:
    """Progress of one number at every look.

    Attributes:
        before: Lowest level that was reached before the last `Series.reach` steps, `[n]`.
        now: Its level now, `[n]`.
        noise: Standard deviation of the difference of two levels by chance, `[n]`.
    """

    before: Floats
    now: Floats
    noise: Floats


def recent(history: History) -> dict[str, float]:
    """Average a step's numbers over the last steps, as far as the history tells them apart."""
    curves = history.curves(bands=())
    steps = curves["curve_step"]
    late = steps > (steps[-1] if len(steps) else 0) - RECENT

    def mean(*names: str) -> float:
        return float(np.mean([curves[name][late].mean() for name in names])) if late.any() else math.nan

    return {
        "d_loss": mean("d_loss"),
        "accuracy": mean("real_accuracy", "fake_accuracy"),
        "g_grad": mean("g_grad_norm"),
        "g_grad_peak": history.peak("g_grad_norm"),
    }
