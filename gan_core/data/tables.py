"""Points of strangers: CSV, NPY or a drawing, read into `OwnPoints`.

Nothing in a file is executed, and no number in it decides how much memory is taken: a CSV is text, and of an NPY
file only the plain header that `numpy.save` writes is understood, by a regular expression. A table that cannot be
used is refused with one sentence that names the row (the line of the file, from 1) and the column.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from gan_core.data.columns import Style, Table, number, pick, style_of, table_of
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
_MAX_COLUMNS: Final = 64
_DECIMAL_COMMA: Final = re.compile(r"[+-]?\d+(,\d+)?(e[+-]?\d+)?", re.I)
_MISSING: Final = frozenset({"", "nan", "na", "n/a", "#n/a", "<na>", "null", "none", "?", "-", "missing"})
"""Marks of a missing value, in small letters."""
_FEW_MISSING: Final = 0.1
"""Rows with a missing value, as a share of all, that are left out; more are refused, as something else may be wrong."""


def read_points(name: str, content: bytes, columns: Sequence[str] = (), *, scale: bool = False) -> OwnPoints:
    """Read points from a file, by what its name ends in: .npy, or else CSV.

    Args:
        name: Of the file.
        content: Of the file.
        columns: Two names or places (from 1) of columns; without any they are chosen where that is plain.
        scale: Divide each column by its standard deviation.

    Raises:
        DataError: As `read_npy` and `read_csv`.
    """
    read = read_npy if name.lower().endswith(".npy") else read_csv
    return read(content, columns, scale=scale)


def read_csv(content: bytes, columns: Sequence[str] = (), *, scale: bool = False) -> OwnPoints:
    """Read two columns of numbers, separated by comma, semicolon, tab or blanks.

    A first line of names is recognised, also the numbers 0, 1, ... that pandas writes; a line that begins with # is
    a comment. With semicolons or tabs a decimal comma is understood; so are separators of thousands. Of more than two
    columns, a running index, columns of words and columns called label or class are left out. Empty lines are skipped;
    so is a row in which a value is missing, if there are few of them.

    Args:
        content: The file, UTF-8.
        columns: As for `read_points`.
        scale: As for `read_points`.

    Raises:
        DataError: Too large, no text, no two columns that can be told, or a field that is no finite number.
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
    lines = [(at, line) for at, line in enumerate(text.split("\n"), 1) if line.strip()]
    comments = [line.lstrip()[1:] for _, line in lines if line.lstrip().startswith("#")]
    lines = [(at, line) for at, line in lines if not line.lstrip().startswith("#")]
    if not lines:
        raise DataError("this table is empty: two columns of numbers are wanted")
    separator = _separator(lines[0][1])
    rows = [(at, _fields(at, line, separator)) for at, line in lines]
    style = style_of((fields for _, fields in rows), separator)
    heading = _fields(0, comments[-1], separator) if comments else []
    table = table_of(rows, heading, style)
    if len(table.rows) > MAX_POINTS:
        raise DataError(
            f"this table has {len(table.rows):,} rows; at most {MAX_POINTS:,} are allowed: take a sample of it"
        )
    chosen, said = pick(table, columns)
    missing = [i for i, (_, fields) in enumerate(table.rows) if any(_is_missing(fields[c]) for c in chosen)]
    few = len(missing) <= _FEW_MISSING * len(table.rows)  # more of them are a reason to ask
    out = set(missing) if few else set()
    rows = [(number, list(fields)) for i, (number, fields) in enumerate(table.rows) if i not in out]
    values = np.empty((len(rows), 2))
    for i, (at, fields) in enumerate(rows):
        values[i] = _row(at, fields, chosen, style)
    if out:
        said = (*said, _said_of_missing(len(missing), len(table.rows), table.rows[missing[0]][0]))
    return _checked(values, scale=scale, said=(*said, *style.words))


def read_npy(content: bytes, columns: Sequence[str] = (), *, scale: bool = False) -> OwnPoints:
    """Read an array of shape `[n, k]`, of integers or floating-point numbers, as `numpy.save` writes it.

    Args:
        content: The file.
        columns: As for `read_points`, by place; needed if k is not 2.
        scale: As for `read_points`.

    Raises:
        DataError: Another kind of file, shape or type, cut off, or with numbers that are not finite.
    """
    _check_size(content)
    array = read_array(content)
    shape = list(array.shape)
    if len(shape) != 2 or not (shape[1] == 2 or (columns and 2 <= shape[1] <= _MAX_COLUMNS)):
        more = "; choose two of them by their places" if len(shape) == 2 and 2 < shape[1] <= _MAX_COLUMNS else ""
        raise DataError(f"points are an array of shape [n, 2]; this has {shape}"[:200] + more)
    if not 1 <= shape[0] <= MAX_POINTS:
        raise DataError(f"this array has {shape[0]:,} rows; 2 to {MAX_POINTS:,} are allowed: take a sample of it"[:200])
    chosen: tuple[int, int] = (0, 1)
    said: tuple[str, ...] = ()
    if columns:
        places = Table((), tuple(str(i + 1) for i in range(shape[1])), named=False, plain=Style("."))
        chosen, said = pick(places, columns)
    with np.errstate(all="ignore"):  # odd bytes may be signalling NaNs; the check below refuses them
        values = array[:, list(chosen)].astype(np.float64)
    missing = np.isnan(values).any(1)
    if 0 < missing.sum() <= _FEW_MISSING * len(values):
        said = (*said, _said_of_missing(int(missing.sum()), len(values), int(missing.argmax()) + 1))
        values = values[~missing]
    return _checked(values, scale=scale, said=said)


def read_array(content: bytes) -> NDArray[Any]:
    """Read the array of a .npy file without executing anything in it or believing its sizes.

    Raises:
        DataError: Another kind of file or type, or cut off.
    """
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
    dtype = np.dtype(header[1])
    size = math.prod(shape)
    if len(shape) > 4 or size > 10**12 or len(content) - end != size * dtype.itemsize:
        rows = f"{shape[0]:,} rows" if shape else "a number"
        raise DataError(f"this .npy file promises {rows} and does not hold as many: it is cut off or damaged"[:200])
    flat = np.frombuffer(content, dtype, offset=end)
    return flat.reshape(shape, order="F" if header[2] == "True" else "C")


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
    """Return the smallest e with value <= 2 ** e, or one more."""
    return math.frexp(value)[1]


def _checked(values: NDArray[np.float64], *, scale: bool = False, said: tuple[str, ...] = ()) -> OwnPoints:
    good = np.abs(values) <= MAX_COORDINATE  # before the cast, which could overflow
    values = np.where(good, values, np.nan)
    if scale and good.all() and len(values) > 1:
        widths = values.std(0)
        if (widths > 0).all():
            values = (values - values.mean(0)) / widths
            said = (*said, f"each column is centred and divided by its spread: {widths[0]:.3g} and {widths[1]:.3g}")
    # And -0 becomes 0, so that equal points hash alike.
    return OwnPoints(values.astype(np.float32) + np.float32(0), decisions=said)


def _check_size(content: bytes) -> None:
    if len(content) > MAX_TABLE_BYTES:
        raise DataError(
            f"this file has {len(content) / 1e6:.0f} MB; at most {MAX_TABLE_BYTES / 1e6:.0f} are allowed for points"
        )


def _fields(at: int, line: str, separator: str) -> list[str]:
    """Split a line into its fields; blanks separate where no separator is given."""
    if not separator:
        fields = line.split()
    else:
        try:
            fields = next(csv.reader([line], delimiter=separator, skipinitialspace=True))
        except (csv.Error, StopIteration):
            raise DataError(f"row {at} cannot be split into columns: a field is too long or not closed") from None
    if len(fields) > _MAX_COLUMNS:
        raise DataError(f"row {at} has {len(fields):,} columns; at most {_MAX_COLUMNS} are read")
    return [field.strip() for field in fields]


def _separator(line: str) -> str:
    """Tell what separates fields from a first line; "" for blanks."""
    found = next((s for s in (";", "\t", ",") if s in line), "")
    parts = line.split()
    # Blanks between numbers with decimal commas.
    return "" if found == "," and len(parts) > 1 and all(map(_DECIMAL_COMMA.fullmatch, parts)) else found


def _is_missing(field: str) -> bool:
    return field.lower() in _MISSING


def _said_of_missing(n: int, total: int, first: int) -> str:
    return f"{n:,} of {total:,} rows are left out: a value is missing, first in row {first}"


def _row(at: int, fields: Sequence[str], chosen: tuple[int, int], style: Style) -> tuple[float, float]:
    found = []
    for column in chosen:
        value = number(fields[column], style)
        if math.isnan(value) or abs(value) > MAX_COORDINATE:
            field = fields[column]
            shown = repr(field[:20] + "..." * (len(field) > 20))
            raise DataError(
                f"row {at}, column {column + 1} is {shown}: "
                f"a finite number up to {MAX_COORDINATE:,.0f} in size is wanted"
            )
        found.append(value)
    return found[0], found[1]
