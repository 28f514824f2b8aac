"""Columns of a table of strangers: its names, how it writes numbers, and which two columns are the points."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from gan_core.errors import DataError

__all__ = ["Style", "Table", "number", "pick", "style_of", "table_of"]

Row = tuple[int, Sequence[str]]
"""A line's number in the file, from 1, and its fields."""

_THOUSANDS: Final = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?")
_SURE: Final = re.compile(r"[+-]?\d{1,3}(,\d{3})+\.\d*|[+-]?\d{1,3}(,\d{3}){2,}")
_EUROPEAN: Final = re.compile(r"[+-]?\d{1,3}(\.\d{3})+,\d*|[+-]?\d{1,3}(\.\d{3}){2,}")
_LABELS: Final = frozenset(
    {"label", "labels", "class", "classes", "target", "targets", "cluster", "category", "species"}
)
_INDICES: Final = frozenset({"", "index", "id", "nr", "no", "row", "unnamed: 0", "#"})
_FEW_KINDS: Final = 20
"""A column of whole numbers with at most so many different ones beside two of measured ones is taken for labels."""
_LOOKED_AT: Final = 2_000
"""Rows by which the kind of a column is told."""
_SHOWN: Final = 24


@dataclass(frozen=True)
class Style:
    """Style in which a table writes numbers.

    Attributes:
        decimal: "." or ",".
        thousands: ",", "." or "".
    """

    decimal: str
    thousands: str = ""

    @property
    def words(self) -> tuple[str, ...]:
        """The decision in words, unless numbers are written as programs write them."""
        if self.thousands:
            return (f"numbers are read like 1{self.thousands}234{self.decimal}5",)
        return ("numbers are read like 1234,5",) if self.decimal == "," else ()


@dataclass(frozen=True)
class Table:
    """A table as it was split, without its heading.

    Attributes:
        rows: All of one width.
        names: Of the columns; their places, from 1, if it has no heading.
        named: True if it has one.
        plain: How it writes numbers.
    """

    rows: Sequence[Row]
    names: tuple[str, ...]
    named: bool
    plain: Style


def style_of(rows: Iterable[Sequence[str]], separator: str) -> Style:
    """Tell how a table writes numbers, from all of its fields.

    A comma is a decimal one where fields are not separated by commas (or are quoted) and it does not look like a
    separator of thousands anywhere.
    """
    commas = thousands = sure = european = 0
    for fields in rows:
        for field in fields:
            if _EUROPEAN.fullmatch(field):
                european += 1
            elif "," in field:
                commas += 1
                thousands += bool(_THOUSANDS.fullmatch(field))
                sure += bool(_SURE.fullmatch(field))
    if european and not sure:
        return Style(",", ".")
    if sure or (commas and commas == thousands and separator == ","):
        return Style(".", ",")
    return Style(",") if commas else Style(".")


def number(field: str, style: Style) -> float:
    """Read a number; NaN for what is no finite number."""
    if style.thousands and style.thousands in field:
        grouped = _THOUSANDS if style.thousands == "," else _EUROPEAN
        if not grouped.fullmatch(field):
            return math.nan
        field = field.replace(style.thousands, "")
    if style.decimal == "," and "." not in field:
        field = field.replace(",", ".")
    if "_" in field or not field.isascii():  # Python reads 1_000 and other alphabets' digits; a spreadsheet does not
        return math.nan
    try:
        value = float(field)
    except ValueError:
        return math.nan
    return value if math.isfinite(value) else math.nan


def table_of(rows: Sequence[Row], heading: Sequence[str], style: Style) -> Table:
    """Separate the heading from the rows, and see that all rows have one width.

    Args:
        rows: At least one.
        heading: Fields of a comment that may hold the names, or nothing.
        style: How numbers are written.

    Raises:
        DataError: If the rows differ in width.
    """
    first, body = rows[0][1], rows[1:]
    has_heading = _is_heading(first, [fields for _, fields in islice(body, _LOOKED_AT)], style)
    kept = body if has_heading else rows
    width = len(kept[0][1]) if kept else len(first)
    for at, fields in kept:
        if len(fields) != width:
            raise DataError(
                f"row {at} has {_columns(len(fields))}, and row {kept[0][0]} has {width}: "
                "separate them by comma, semicolon, tab or blanks, in the same way in all rows"
            )
    names = list(first) if has_heading else list(heading)
    if len(names) == width - 1:  # as R and some scripts write it: the index has no name
        names = ["", *names]
    if len(names) != width:
        return Table(kept, tuple(str(i + 1) for i in range(width)), named=False, plain=style)
    return Table(kept, tuple(names), named=True, plain=style)


def _is_heading(first: Sequence[str], body: Sequence[Sequence[str]], style: Style) -> bool:
    values = [number(field, style) for field in first]
    if all(map(math.isnan, values)):
        return True
    if not body:
        return False
    # Running numbers from 0, as pandas names columns, over something that is not whole.
    running = [value for value, field in zip(values, first, strict=True) if field]
    if len(running) > 1 and running == list(range(len(running))):
        return any(number(field, style) % 1 for fields in body for field in fields[-len(running) :])
    # A word over a column of numbers.
    return any(
        math.isnan(value) and field and all(len(f) > i and not math.isnan(number(f[i], style)) for f in body)
        for i, (value, field) in enumerate(zip(values, first, strict=True))
    )


def pick(table: Table, columns: Sequence[str]) -> tuple[tuple[int, int], tuple[str, ...]]:
    """Choose the two columns of the points.

    Args:
        table: Its rows have one width.
        columns: Two names or places, from 1; or none, to leave the choice to what the columns look like.

    Returns:
        Their places from 0, and what was decided, in sentences.

    Raises:
        DataError: If one is not there, or two are not plain to see.
    """
    if columns:
        if len(columns) != 2:
            raise DataError(f"two columns are wanted, and {len(columns)} are named")
        chosen = _place(table, columns[0]), _place(table, columns[1])
        if chosen[0] == chosen[1]:
            raise DataError(f"two different columns are wanted; {columns[0][:_SHOWN]!r} is named twice")
        return chosen, (f"columns {_name(table, chosen[0])} and {_name(table, chosen[1])} are used, as chosen",)
    width = len(table.names)
    if width == 2:
        return (0, 1), (_heading(table),) if table.named else ()
    if width < 2:
        raise DataError(
            f"row {table.rows[0][0] if table.rows else 1} has one column; two are wanted, separated by comma, "
            "semicolon, tab or blanks"
        )
    left, why = _left_out(table)
    rest = [i for i in range(width) if i not in left]
    if len(rest) != 2:
        raise DataError(
            f"this table has {width} columns, {len(rest)} of which could be meant: choose two of "
            f"{', '.join(_name(table, i) for i in (rest or range(width)))}"[:280]
        )
    said = f"columns {_name(table, rest[0])} and {_name(table, rest[1])} are used"
    return (rest[0], rest[1]), (said, *why)


def _left_out(table: Table) -> tuple[set[int], tuple[str, ...]]:
    """Columns that are no coordinates, with the reason for each."""
    width = len(table.names)
    looked = [fields for _, fields in islice(table.rows, _LOOKED_AT)]
    columns = [[number(fields[i], table.plain) for fields in looked] for i in range(width)]
    words = {i for i, column in enumerate(columns) if sum(map(math.isnan, column)) * 2 > len(column)}
    why = dict.fromkeys(words, "words")
    if 0 not in words and _is_index(columns[0], table.names[0] if table.named else "-", width - len(words)):
        why[0] = "a running number"
    whole = {i for i in range(width) if i not in why and all(v % 1 == 0 for v in columns[i])}
    if table.named:
        why |= {i: "labels" for i in whole if table.names[i].lower() in _LABELS}
    elif width - len(why) == 3 and len(whole) == 1:
        (i,) = whole
        if len(set(columns[i])) <= _FEW_KINDS:
            why[i] = "labels"
    return set(why), tuple(f"column {_name(table, i)} is left out: {reason}" for i, reason in sorted(why.items()))


def _is_index(column: Sequence[float], name: str, width: int) -> bool:
    """Tell whether a first column only counts the rows; one that could be data needs a name that says so."""
    start = column[0] if column else math.nan
    counts = start in (0, 1) and all(value == start + i for i, value in enumerate(column))
    return counts and (width > 2 or name.lower() in _INDICES)


def _place(table: Table, wanted: str) -> int:
    wanted = wanted.strip()
    if table.named and wanted in table.names:
        return table.names.index(wanted)
    if wanted.isascii() and wanted.isdigit() and 1 <= int(wanted) <= len(table.names):
        return int(wanted) - 1
    there = ", ".join(_name(table, i) for i in range(len(table.names)))
    raise DataError(f"there is no column {wanted[:_SHOWN]!r}; there are {there}"[:280])


def _name(table: Table, i: int) -> str:
    """Return a column's name as text to be shown, or its place."""
    name = "".join(c if c.isprintable() else "?" for c in table.names[i][:_SHOWN]) if table.named else ""
    return repr(name) if name else str(i + 1)


def _heading(table: Table) -> str:
    return f"the first line names the columns: {_name(table, 0)} and {_name(table, 1)}"


def _columns(n: int) -> str:
    return "one column" if n == 1 else f"{n} columns"
