"""Warnings that samples lie in another range or scale than the data, which every other score takes for a difference."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["range_warning", "scale_warning"]

Floats = NDArray[np.floating]

_TAIL: Final = 0.01
"""Share of pixels beyond each end of the range that is compared: a few odd pixels do not make it."""
_OFF: Final = 0.2
"""Distance of an end from the data's, in ranges of the data, from which the range is another one."""
_TIMES: Final = 4.0
"""Width of a column over that of the data's, or the reverse, from which the scale is another one."""
_AWAY: Final = 4.0
"""Distance of a column's median from the data's, in widths of the data, from which the place is another one."""
_SLACK: Final = 0.02


def range_warning(real: Floats, fake: Floats) -> str:
    """Say that pixels of samples use another range than those of the data; "" if they do not.

    Args:
        real: Pixels in [-1, 1], of any shape.
        fake: Likewise.
    """
    low, high = _range(real)
    fake_low, fake_high = _range(fake)
    reach = max(high - low, 1e-6)
    if max(abs(fake_low - low), abs(fake_high - high)) <= _OFF * reach:
        return ""
    said = (
        f"the samples are in another range than the data: 98 % of their pixels lie in {_short(fake_low)} to "
        f"{_short(fake_high)}, of the data's in {_short(low)} to {_short(high)}"
    )
    is_unit = float(fake.min()) >= -_SLACK and float(fake.max()) <= 1 + _SLACK
    if is_unit and low < -0.5:
        return f"{said}. They look like pixels in [0, 1]: take 2 * x - 1, else all scores compare two ranges"
    return f"{said}. If they were scaled or saved otherwise, undo it: all scores count it as a difference"


def scale_warning(real: Floats, fake: Floats) -> str:
    """Say that points have another scale or lie elsewhere than the data; "" if they do not.

    Args:
        real: ``[n, 2]``, data units.
        fake: ``[m, 2]``.
    """
    centre, fake_centre = np.median(real, 0), np.median(fake, 0)
    width, fake_width = (np.maximum(np.subtract(*np.quantile(x, [0.75, 0.25], axis=0)), 1e-12) for x in (real, fake))
    odd = []
    for i in range(real.shape[1]):
        times, away = fake_width[i] / width[i], abs(fake_centre[i] - centre[i]) / width[i]
        if not 1 / _TIMES <= times <= _TIMES or away > _AWAY:
            odd.append(
                f"column {i + 1} has the median {fake_centre[i]:.3g} and the width {fake_width[i]:.3g}, "
                f"the data's {centre[i]:.3g} and {width[i]:.3g}"
            )
    if not odd:
        return ""
    said = f"the samples are in another scale or place than the data: {'; '.join(odd)}"
    if _is_standardised(fake) and not _is_standardised(real):
        return f"{said}. They look standardised: multiply by the data's spread and add their mean"
    return f"{said}. If they were scaled, undo it; if not, they are far from the data"


def _range(pixels: Floats) -> tuple[float, float]:
    step = max(1, pixels.size // 2_000_000)
    low, high = np.quantile(pixels.reshape(-1)[::step], [_TAIL, 1 - _TAIL]).tolist()
    return low, high


def _is_standardised(points: Floats) -> bool:
    return bool((np.abs(points.mean(0)) < 0.25).all() and (np.abs(np.log2(points.std(0) + 1e-12)) < 0.6).all())


def _short(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".").replace("-0", "0", 1) if abs(value) < 5e-3 else f"{value:.2g}"
