"""Faults of own data that no GAN can make up for: found before training, each with its evidence and a remedy.

Every check is a pure function of the data, and one entry of `FAULTS`. Widths are robust (half the range between the
quartiles, scaled to a standard deviation), so that a fault does not hide itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gan_core.data.own_data import OwnData, OwnImages, OwnPoints
from gan_core.errors import DataError

__all__ = ["FAULTS", "Fault", "FoundFault", "check", "refuse_unusable"]

Floats = NDArray[np.float64]

MIN_DISTINCT: Final = 8
"""Different samples below which a run is refused: neighbours of each are looked at, and some are held out."""
FAR: Final = 20.0
"""Widths from the median beyond which a point is far: a normal sample of any size has none."""
DOMINATED: Final = 1.5
"""Standard deviation with far points over that without: from here on they set the scale of what is learned."""
REPEATED: Final = 0.005
"""Share of rows with one and the same extreme value, from which it is a mark for a missing one; at least three."""
APART: Final = 3.0
"""Distance of such a value from the others, in ranges of the others."""
UNEQUAL: Final = 10.0
"""Width of the wider column over that of the narrower one."""
COARSE: Final = 0.25
"""Step between the values of a column, in its standard deviations, from which samples that fall between them show."""
COPIES: Final = 0.1
"""Share of pictures that are copies of others."""
COPIED_POINTS: Final = 0.5
"""Share of points that are copies of others."""
_BEYOND_CHANCE: Final = 0.2
"""Share of copies beyond that of columns paired at random."""
FLAT: Final = 2.0
"""Mean standard deviation of a pixel over all pictures, of 255, below which they hardly differ."""
BORDER: Final = 1 / 12
"""Depth of a border that is the same in all pictures, on all four sides, as a share of the side."""
SAME: Final = 2.0
"""Levels, of 255, by which a border may differ from picture to picture."""
IMBALANCE: Final = 10.0
"""Pictures of the largest class over those of the smallest."""
CONTRAST: Final = 64.0
"""Levels, of 255, between the darkest and the brightest hundredth of all pixels, below which the range is narrow."""

_NORMAL: Final = 1.349  # quartiles of a standard normal lie that far apart
_MOST_VALUES: Final = 256  # of a column that comes in steps; far values apart, it has some dozens
_ON_A_STEP: Final = 0.01  # of a step
_PIXELS: Final = 2_000_000  # looked at where all would take long


@dataclass(frozen=True)
class Fault:
    """A fault that data can have.

    Attributes:
        name: In snake_case.
        headline: In a few words.
        remedy: What to do, in a sentence.
        find: Returns the evidence in a sentence, or "" if the data do not have it.
    """

    name: str
    headline: str
    remedy: str
    find: Callable[[OwnData], str]


@dataclass(frozen=True)
class FoundFault:
    """A fault that was found.

    Attributes:
        name: A key of `FAULTS`.
        headline: In a few words.
        evidence: The numbers that show it, in a sentence.
        remedy: What to do, in a sentence.
    """

    name: str
    headline: str
    evidence: str
    remedy: str


def check(data: OwnData) -> tuple[FoundFault, ...]:
    """Find the faults of own data.

    Args:
        data: Of any kind.

    Returns:
        What was found, in the order of `FAULTS`.
    """
    found = []
    for fault in FAULTS.values():
        evidence = fault.find(data)
        if evidence:
            found.append(FoundFault(fault.name, fault.headline, evidence, fault.remedy))
    return tuple(found)


def refuse_unusable(data: OwnData) -> None:
    """Refuse data on which no run can begin.

    Raises:
        DataError: If they have fewer different samples than the scores need: each is compared with its neighbours.
    """
    rows, what = data.rows, data.noun
    flat = np.ascontiguousarray(rows.reshape(len(rows), -1))
    n_distinct = len({row.tobytes() for row in flat})
    if n_distinct < MIN_DISTINCT:
        raise DataError(
            f"these are {n_distinct} different {what} ({len(rows):,} in all); at least {MIN_DISTINCT} are needed, "
            "as each is compared with its nearest ones: add more"
        )


# -- points --------------------------------------------------------------------------------------------------


def _width(column: Floats) -> float:
    low, high = np.quantile(column, [0.25, 0.75])
    return float(high - low) / _NORMAL


def _sentinels(data: OwnData) -> str:
    if not isinstance(data, OwnPoints):
        return ""
    found = _sentinel_rows(data.values.astype(np.float64))
    if found is None:
        return ""
    column, value, rows = found
    return f"{rows:,} of {len(data.values):,} rows have exactly {value:g} in column {column + 1}, far from all others"


def _sentinel_rows(values: Floats) -> tuple[int, float, int] | None:
    """Column, value and number of rows of the first repeated extreme value that lies apart from the others."""
    for column in range(values.shape[1]):
        x = values[:, column]
        for value in (x.min(), x.max()):
            same = x == value
            rows, rest = int(same.sum()), x[~same]
            if rows < max(3, REPEATED * len(x)) or len(rest) < len(x) / 2:
                continue
            spread = float(np.ptp(rest))
            if spread > 0 and np.abs(rest - value).min() > APART * spread:
                return column, float(value), rows
    return None


def _outliers(data: OwnData) -> str:
    if not isinstance(data, OwnPoints) or _sentinel_rows(data.values.astype(np.float64)) is not None:
        return ""
    values = data.values.astype(np.float64)
    widths = np.array([_width(column) or np.std(column) / FAR for column in values.T])
    if not (widths > 0).all():
        return ""
    away = (np.abs(values - np.median(values, 0)) / widths).max(1)
    far = away > FAR
    if not far.any() or far.mean() > 0.05:
        return ""
    ratio = float(np.sqrt(values.var(0).mean() / values[~far].var(0).mean()))
    if ratio < DOMINATED:
        return ""
    row = int(away.argmax())
    return (
        f"{int(far.sum()):,} of {len(values):,} points lie more than {FAR:g} widths from the median (row {row + 1}: "
        f"{values[row, 0]:g}, {values[row, 1]:g}) and make the spread {ratio:,.1f} times as large"
    )


def _unequal_scales(data: OwnData) -> str:
    if not isinstance(data, OwnPoints):
        return ""
    values = data.values.astype(np.float64)
    wide, narrow = sorted((_width(column) for column in values.T), reverse=True)
    if narrow <= 0:
        return ""
    # Clumps may lie so that half of a column is narrow while the whole of it is not.
    near = (np.abs(values - np.median(values, 0)) <= FAR * np.array([_width(column) for column in values.T])).all(1)
    if near.any():
        spread = sorted(values[near].std(0).tolist(), reverse=True)
        wide, narrow = min((wide, narrow), (spread[0], spread[1]), key=lambda pair: pair[0] / max(pair[1], 1e-300))
    if wide / narrow < UNEQUAL:
        return ""
    return f"one column is {wide / narrow:,.0f} times as wide as the other ({wide:.3g} and {narrow:.3g})"


def _steps(data: OwnData) -> str:
    if not isinstance(data, OwnPoints):
        return ""
    for column, x in enumerate(data.values.astype(np.float64).T):
        values = np.unique(x)
        if not 1 < len(values) <= _MOST_VALUES:
            continue
        step, spread = float(np.diff(values).min()), float(x.std())
        places = (values - values[0]) / step
        if step >= COARSE * spread and np.abs(places - places.round()).max() < _ON_A_STEP:
            return (
                f"column {column + 1} has {len(values)} different values, {step:g} apart: {step / spread:.2f} of its "
                "standard deviation"
            )
    return ""


def _flat_column(data: OwnData) -> str:
    if not isinstance(data, OwnPoints):
        return ""
    spreads = data.values.astype(np.float64).std(0)
    if spreads.min() > 1e-6 * spreads.max():
        return ""
    return f"column {int(spreads.argmin()) + 1} has one value in all rows"


# -- pictures ------------------------------------------------------------------------------------------------


def _some(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """At most `_PIXELS` values: pictures at even distances."""
    step = max(1, pixels.size // _PIXELS)
    return pixels[::step]


def _no_variation(data: OwnData) -> str:
    if not isinstance(data, OwnImages):
        return _flat_column(data)
    spread = float(_some(data.pixels).astype(np.float32).std(0).mean())
    if spread >= FLAT or len(data.pixels) < 2:
        return ""
    return f"a pixel differs by {spread:.1f} of 255 levels from picture to picture, on average"


def _duplicates(data: OwnData) -> str:
    rows = data.rows
    flat = np.ascontiguousarray(rows.reshape(len(rows), -1))
    n_distinct = len({row.tobytes() for row in flat})
    share = 1 - n_distinct / len(rows)
    limit = COPIED_POINTS if isinstance(data, OwnPoints) else COPIES
    if isinstance(data, OwnPoints) and share > limit:
        by_chance = 1 - len(np.unique(_dealt_out(data.values), axis=0)) / len(rows)
        if share < by_chance + _BEYOND_CHANCE:  # whole numbers, for instance, meet without being copies
            return ""
    return f"{share:.0%} of the {len(rows):,} {data.noun} are copies of others" if share > limit else ""


def _dealt_out(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Pair the first column with the second one in random order: copies then go, but not what few values make."""
    return np.stack((values[:, 0], np.random.default_rng(0).permutation(values[:, 1])), 1)


def _border(data: OwnData) -> str:
    if not isinstance(data, OwnImages) or len(data.pixels) < 2:
        return ""
    pixels = _some(data.pixels).astype(np.float32)
    varies = (pixels.std(0).max(-1) > SAME) | (np.abs(pixels.mean(0) - pixels.mean(0)[:1, :1]).max(-1) > SAME)
    inside = np.argwhere(varies)
    if not len(inside):
        return ""
    side = pixels.shape[1]
    depth = int(min(inside.min(), side - 1 - inside.max()))
    if depth < max(1, BORDER * side):
        return ""
    return f"the outer {depth} of {side} px are the same on all sides of all pictures"


def _imbalance(data: OwnData) -> str:
    if not isinstance(data, OwnImages) or data.labels is None:
        return ""
    counts = data.counts
    if max(counts) < IMBALANCE * min(counts):
        return ""
    most, least = counts.index(max(counts)), counts.index(min(counts))
    return f"class {data.classes[most]} has {counts[most]:,} pictures, class {data.classes[least]} {counts[least]:,}"


def _narrow_range(data: OwnData) -> str:
    if not isinstance(data, OwnImages):
        return ""
    low, high = np.quantile(_some(data.pixels), [0.01, 0.99])
    if high - low >= CONTRAST:
        return ""
    return f"nearly all pixels lie between {low:.0f} and {high:.0f} of 0 to 255"


def _too_few(data: OwnData) -> str:
    n = len(data.rows)
    return f"{n:,} {data.noun}; {data.few:,} are few already" if n < data.few else ""


FAULTS: Final[Mapping[str, Fault]] = {
    fault.name: fault
    for fault in (
        Fault(
            "sentinels",
            "A mark for missing values is taken for a value.",
            "Remove these rows, or put in what is missing.",
            _sentinels,
        ),
        Fault(
            "outliers",
            "A few points far away set the scale.",
            "Remove them if they are errors; else scale the columns, for example by their logarithm.",
            _outliers,
        ),
        Fault(
            "unequal_scales",
            "The columns have very different scales.",
            "Divide each column by its spread: “scale each column” does it when the table is read.",
            _unequal_scales,
        ),
        Fault(
            "steps",
            "The values come in steps.",
            "Samples fall between them, however good they are otherwise: round what G makes, or add a random part of a "
            "step to each value before training.",
            _steps,
        ),
        Fault(
            "no_variation",
            "The data hardly vary.",
            "Check that the right files or columns were read: there is nothing to learn but one sample.",
            _no_variation,
        ),
        Fault(
            "duplicates",
            "Many are copies of others.",
            "Keep one of each: copies are learned by heart, and scores take them for variety.",
            _duplicates,
        ),
        Fault(
            "narrow_range",
            "The pictures use little of the range of brightness.",
            "Stretch their contrast, or check how they were saved: networks see −1 to 1.",
            _narrow_range,
        ),
        Fault(
            "common_border",
            "All pictures have the same border.",
            "Cut it off: it costs pixels, and scores count it as likeness.",
            _border,
        ),
        Fault(
            "imbalance",
            "The classes are very unequal.",
            "Add pictures of the small classes, or draw all classes equally often (data.balanced): a rare class may "
            "never be made.",
            _imbalance,
        ),
        Fault(
            "too_few",
            "There are few of them.",
            "Add more (pictures can be mirrored too): D soon knows each by heart, and G makes copies.",
            _too_few,
        ),
    )
}
"""Every fault by its name, in the order in which they are said."""
