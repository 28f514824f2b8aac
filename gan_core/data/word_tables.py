"""Tables that hold words: the column of words in lines of equally many fields."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from typing import Final

__all__ = ["words_of_table"]

_SEPARATORS: Final = ",;\t"
_LOOKED_AT: Final = 2_000
"""Lines by which a table is known."""
_MOST_COLUMNS: Final = 100
"""Fields of a line beyond which it is no row of a table with words."""
_ALIKE: Final = 0.9
"""Share of the lines that have equally many fields."""
_NUMERIC: Final = 0.8
"""Share of its fields by which a column is one of numbers."""


def words_of_table(text: str, sure: bool) -> tuple[str, str]:
    """Take the column of words out of a table, one field a line; a text that is no table is left as it is.

    Args:
        text: Of one file.
        sure: True if the file's name says that it is a table; else it must have a column of numbers to be one, since
            a comma may stand in any line.

    Returns:
        The text or the column, and a sentence on it; "" if nothing was done.
    """
    lines = text.splitlines()
    separator, n_columns = _layout([line for line in lines[:_LOOKED_AT] if line.strip()])
    if not 2 <= n_columns <= _MOST_COLUMNS:
        return text, ""
    try:
        rows = [row for row in csv.reader(lines, delimiter=separator) if len(row) == n_columns]
    except csv.Error:  # a field larger than any word
        return text, ""
    some = rows[:_LOOKED_AT]
    numbers = [sum(map(_is_number, column)) >= _NUMERIC * len(some) for column in zip(*some, strict=True)]
    if all(numbers) or not (sure or any(numbers)):
        return text, ""
    at = numbers.index(False)
    # A heading has words over numbers.
    headed = any(number and not _is_number(field) for number, field in zip(numbers, rows[0], strict=True))
    said = f"a table: column {at + 1} of {n_columns} is taken{', without its heading' if headed else ''}"
    return "\n".join(row[at] for row in rows[headed:]), said


def _layout(lines: Sequence[str]) -> tuple[str, int]:
    """Find the separator that divides nearly all lines into equally many fields, and how many; 1 if none does."""
    for separator in _SEPARATORS:
        counts = Counter(line.count(separator) for line in lines)
        n, often = counts.most_common(1)[0] if counts else (0, 0)
        if n and often >= _ALIKE * len(lines):
            return separator, n + 1
    return ",", 1


def _is_number(field: str) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True
