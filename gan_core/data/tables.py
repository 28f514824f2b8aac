"""Points of strangers: CSV, NPY or a drawing, read into `OwnPoints`.

Nothing in a file is executed, and no number in it decides how much memory is taken: a CSV is text, and of an NPY
file only the plain header that `numpy.save` writes is understood, by a regular expression. A table that cannot be
used is refused with one sentence that names the row (the line of the file, from 1) and the column.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from gan_core.data.limits import MAX_COORDINATE, MAX_DRAWN, MAX_POINTS, MAX_TABLE_BYTES
from gan_core.data.own_data import OwnPoints
from gan_core.errors import DataError

__all__ = ["read_csv", "read_drawing", "read_npy", "read_points"]

_NPY_MAGIC: Final = b"\x93NUMPY"
_NPY_HEADER: Final = re.compile(
    r"\{'descr': '([^']{1,20})', 'fortran_order': (True|False), 'shape': \(([\d, ]{0,60})\), \}\s*"
)
_NUMBERS: Final = re.compile(r"[<>|=]?([fiu])([1248])")
_DRAWN_STEPS: Final = 14  # a drawing lies on a grid of at least 2 ** 13 steps across, far finer than a screen


def read_points(name: str, content: bytes) -> OwnPoints:
    """Read points from a file, by what its name ends in: .npy, or else CSV.

    Raises:
        DataError: As `read_npy` and `read_csv`.
    """
    return read_npy(content) if name.lower().endswith(".npy") else read_csv(content)


def read_csv(content: bytes) -> OwnPoints:
    """Read two columns of numbers, separated by comma, semicolon or tab; a first line of names is left out.

    With semicolons or tabs a decimal comma is understood. Empty lines are skipped.

    Args:
        content: The file, UTF-8.

    Raises:
        DataError: Too large, no text, another number of columns, or a field that is no finite number.
    """
    _check_size(content)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DataError("this file is not text in UTF-8: save the table as CSV (UTF-8)") from None
    # Not splitlines(), which also splits at characters that a spreadsheet would count as part of a line.
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text.count("\n") > 2 * MAX_POINTS:  # before they become objects
        raise DataError(f"this table has {text.count(chr(10)):,} lines; at most {MAX_POINTS:,} rows are allowed")
    lines = text.split("\n")
    rows = [(number, line) for number, line in enumerate(lines, 1) if line.strip()]
    if not rows:
        raise DataError("this table is empty: two columns of numbers are wanted")
    separator = next((s for s in (";", "\t", ",") if s in rows[0][1]), ",")
    if not any(_is_number(field, separator) for field in _fields(rows[0][1], separator)):
        del rows[0]
    if len(rows) > MAX_POINTS:
        raise DataError(f"this table has {len(rows):,} rows; at most {MAX_POINTS:,} are allowed: take a sample of it")
    values = np.empty((len(rows), 2))
    for i, (number, line) in enumerate(rows):
        values[i] = _row(number, line, separator)
    return _checked(values)


def read_npy(content: bytes) -> OwnPoints:
    """Read an array of shape `[n, 2]`, of integers or floating-point numbers, as `numpy.save` writes it.

    Raises:
        DataError: Another kind of file, shape or type, cut off, or with numbers that are not finite.
    """
    _check_size(content)
    if content[:6] != _NPY_MAGIC:
        raise DataError("this is not a NumPy .npy file: write it with numpy.save(path, points)")
    version, sizes = content[6:7], {b"\x01": 2, b"\x02": 4, b"\x03": 4}
    start = 8 + sizes.get(version, 0)
    end = start + int.from_bytes(content[8:start], "little")
    header = _NPY_HEADER.fullmatch(content[start:end].decode("latin-1")) if start < end < start + 1000 else None
    kind = _NUMBERS.fullmatch(header[1]) if header else None
    if header is None or kind is None or kind[0][-2:] == "f1":
        given = f", and not {header[1]!r}" if header else ""
        raise DataError(f"this .npy file does not hold plain numbers: integers or floats of up to 64 bits do{given}")
    shape = [int(part) for part in header[3].replace(" ", "").split(",") if part]
    if len(shape) != 2 or shape[1] != 2:
        raise DataError(f"points are an array of shape [n, 2]; this has {shape}"[:200])
    if not 1 <= shape[0] <= MAX_POINTS:
        raise DataError(f"this array has {shape[0]:,} rows; 2 to {MAX_POINTS:,} are allowed: take a sample of it"[:200])
    dtype = np.dtype(header[1])
    if len(content) - end != shape[0] * 2 * dtype.itemsize:
        raise DataError(
            f"this .npy file promises {shape[0]:,} rows and does not hold as many: it is cut off or damaged"
        )
    flat = np.frombuffer(content, dtype, offset=end)
    with np.errstate(all="ignore"):  # odd bytes may be signalling NaNs; the check below refuses them
        values = flat.reshape(shape, order="F" if header[2] == "True" else "C").astype(np.float64)
    return _checked(values)


def read_drawing(drawn: Any) -> OwnPoints:
    """Read the points of a drawing: a list of [x, y], as JSON has it, in data units.

    They are moved to the nearest point of a fine grid of binary fractions, so that a link can carry them exactly
    (`gan_core.data.payload`).

    Raises:
        DataError: Something else, too few or too many, or coordinates that are not finite numbers.
    """
    if not isinstance(drawn, Sequence) or isinstance(drawn, str | bytes) or not 2 <= len(drawn) <= MAX_DRAWN:
        raise DataError(f"a drawing is a list of 2 to {MAX_DRAWN:,} points [x, y]")
    values = np.empty((len(drawn), 2))
    for i, point in enumerate(drawn):
        if not isinstance(point, Sequence) or isinstance(point, str | bytes) or len(point) != 2:
            raise DataError(f"point {i + 1} of the drawing is not a pair [x, y]")
        for j, value in enumerate(point):
            usable = isinstance(value, float | int) and not isinstance(value, bool) and abs(value) <= MAX_COORDINATE
            if not usable:
                raise DataError(
                    f"point {i + 1}, column {j + 1} of the drawing is not a number up to {MAX_COORDINATE:,.0f} in size"
                )
            values[i, j] = value
    span = float(np.ptp(values, axis=0).max())
    if span > 0:
        # Not finer than what float32 holds of the largest coordinate.
        step = 2.0 ** max(_exponent(span) - _DRAWN_STEPS, _exponent(float(np.abs(values).max())) - 23)
        values = np.round(values / step) * step
    return _checked(values)


def _exponent(value: float) -> int:
    """Find the smallest e with value <= 2 ** e, or one more."""
    return math.frexp(value)[1]


def _checked(values: NDArray[np.float64]) -> OwnPoints:
    good = np.abs(values) <= MAX_COORDINATE  # before the cast, which could overflow
    values = np.where(good, values, np.nan)
    return OwnPoints(values.astype(np.float32) + np.float32(0))  # and -0 becomes 0, so that equal points hash alike


def _check_size(content: bytes) -> None:
    if len(content) > MAX_TABLE_BYTES:
        raise DataError(
            f"this file has {len(content) / 1e6:.0f} MB; at most {MAX_TABLE_BYTES / 1e6:.0f} are allowed for points"
        )


def _fields(line: str, separator: str) -> list[str]:
    """Split off the first fields of a line; one more than two, so that a third is noticed."""
    return [field.strip().strip('"').strip() for field in line.split(separator, 2)]


def _number(field: str, separator: str) -> float:
    """Read a number; NaN for what is no finite number."""
    if separator != "," and "." not in field:
        field = field.replace(",", ".")
    if "_" in field or not field.isascii():  # Python reads 1_000 and other alphabets' digits; a spreadsheet does not
        return math.nan
    try:
        value = float(field)
    except ValueError:
        return math.nan
    return value if math.isfinite(value) else math.nan


def _is_number(field: str, separator: str) -> bool:
    return not math.isnan(_number(field, separator))


def _row(number: int, line: str, separator: str) -> tuple[float, float]:
    fields = _fields(line, separator)
    if len(fields) != 2:
        found = "one column" if len(fields) < 2 else "more than two"
        raise DataError(f"row {number} has {found}; two are wanted, separated by comma, semicolon or tab")
    x, y = (_number(field, separator) for field in fields)
    for column, (field, value) in enumerate(zip(fields, (x, y), strict=True), 1):
        if math.isnan(value) or abs(value) > MAX_COORDINATE:
            shown = repr(field[:20] + "..." * (len(field) > 20))
            raise DataError(
                f"row {number}, column {column} is {shown}: "
                f"a finite number up to {MAX_COORDINATE:,.0f} in size is wanted"
            )
    return x, y
