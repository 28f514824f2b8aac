"""The rows of a sweep: kept in a file as they come, and summed up over the seeds."""

from __future__ import annotations

import csv
import io
import math
import os
import statistics
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from gan_core.errors import DataError
from gan_core.metrics import METRICS

MAX_BYTES: Final = 100_000_000
WHOLE: Final = ("seed", "steps")
"""Columns of whole numbers, beside those of `SAMPLES`; all other numbers are fractions."""
KINDS: Final = (".csv", ".parquet")
SCORES: Final = {metric.name: metric.label for metric in METRICS.values() if metric.swept}
"""Scores printed and drawn of a sweep, the most telling first; see `shown`."""
REAL: Final = "real_"
"""Begins the columns of what real data of the same size reach."""
SAMPLES: Final = "samples_"
"""Begins the columns of how many samples a score is of."""

Row = dict[str, Any]


class Table:
    """A file with one row a run; it is complete after every row, whatever happens.

    Args:
        path: A ``.csv`` or ``.parquet`` file. Rows that it has already are kept.

    Attributes:
        rows: All of them, in the order in which they came.

    Raises:
        DataError: If it is of another kind, or no file of a sweep, or cannot be read.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        if self.path.suffix not in KINDS:
            raise DataError(f"{self.path} is not allowed: rows go into a file that ends in {' or '.join(KINDS)}")
        self.rows: list[Row] = []
        if self.path.exists():
            self.rows = self._read()

    @property
    def done(self) -> set[str]:
        """Keys of the runs whose rows are there."""
        return {row["run"] for row in self.rows}

    def add(self, row: Row) -> None:
        """Take a row, and write the file.

        Raises:
            DataError: If it cannot be written.
        """
        self.rows.append(row)
        content = to_bytes(self.rows, self.path.suffix)
        try:
            handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.name}.")
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            Path(name).replace(self.path)
        except OSError as error:
            raise DataError(f"{self.path} cannot be written: {error.strerror or error}") from None

    def _read(self) -> list[Row]:
        try:
            size = self.path.stat().st_size
            if size > MAX_BYTES:
                raise DataError(f"{self.path} has {size / 1e6:.0f} MB; at most {MAX_BYTES / 1e6:.0f} are read")
            content = self.path.read_bytes()
        except OSError as error:
            raise DataError(f"{self.path} cannot be read: {error.strerror or error}") from None
        return from_bytes(content, str(self.path))


def shown(rows: Sequence[Mapping[str, Any]], n: int = 3) -> list[str]:
    """Return the first ``n`` of `SCORES` that the rows have."""
    return [name for name in SCORES if any(row.get(name) is not None for row in rows)][:n]


def floors(rows: Sequence[Mapping[str, Any]], scores: Sequence[str]) -> dict[str, float]:
    """Return the median of what real data reach on these scores; it varies a little by chance."""
    found = {name: [row[REAL + name] for row in rows if row.get(REAL + name) is not None] for name in scores}
    return {name: statistics.median(values) for name, values in found.items() if values}


def samples(rows: Sequence[Mapping[str, Any]], scores: Sequence[str]) -> dict[str, int]:
    """Find the number of samples of each score; a score whose rows say nothing of it, or not the same, is left out."""
    found = {name: {row[SAMPLES + name] for row in rows if row.get(SAMPLES + name) is not None} for name in scores}
    return {name: numbers.pop() for name, numbers in found.items() if len(numbers) == 1}


def to_bytes(rows: Sequence[Row], kind: str) -> bytes:
    """Rows as a file of one of `KINDS`."""
    return _as_csv(rows) if kind == ".csv" else _as_parquet(rows)


def from_bytes(content: bytes, name: str) -> list[Row]:
    """Rows of a file; it may be a stranger's.

    Args:
        content: Of the file.
        name: Of the file: its ending says which of `KINDS` it is.

    Raises:
        DataError: If it is no file of a sweep.
    """
    try:
        rows = _from_csv(content) if name.endswith(".csv") else _from_parquet(content)
    except (ValueError, csv.Error, OSError) as error:
        raise DataError(f"{name} cannot be read: {str(error).partition(chr(10))[0]}") from None
    if not all(isinstance(row.get("run"), str) for row in rows):
        raise DataError(f"{name} is no file of a sweep: it has no column 'run'; choose another")
    return rows


def _columns(rows: Iterable[Row]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row))


def _as_csv(rows: Sequence[Row]) -> bytes:
    """Words in quotes, numbers without: so each comes back as what it was. None is an empty cell."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
    columns = _columns(rows)
    writer.writerow(columns)
    for row in rows:
        writer.writerow(["" if row.get(name) is None else row[name] for name in columns])
    return out.getvalue().encode()


def _from_csv(content: bytes) -> list[Row]:
    columns, *lines = csv.reader(io.StringIO(content.decode()), quoting=csv.QUOTE_NONNUMERIC) if content else [[]]
    return [{name: _value(name, cell) for name, cell in zip(columns, line, strict=True)} for line in lines]


def _value(name: str, cell: Any) -> Any:
    if cell == "":
        return None
    return int(cell) if name in WHOLE or name.startswith(SAMPLES) else cell


def _as_parquet(rows: Sequence[Row]) -> bytes:
    import pyarrow as pa
    from pyarrow import parquet

    out = io.BytesIO()
    parquet.write_table(pa.table({name: [row.get(name) for row in rows] for name in _columns(rows)}), out)
    return out.getvalue()


def _from_parquet(content: bytes) -> list[Row]:
    from pyarrow import BufferReader, parquet

    rows: list[Row] = parquet.read_table(BufferReader(content)).to_pylist()
    return rows


@dataclass(frozen=True)
class Summary:
    """One combination of a sweep over its seeds.

    Attributes:
        values: What was varied, by path.
        n: Rows.
        median: Of each score.
        low: Its first quartile.
        high: Its third quartile.
    """

    values: Mapping[str, str]
    n: int
    median: Mapping[str, float]
    low: Mapping[str, float]
    high: Mapping[str, float]


def summarise(rows: Iterable[Row], by: Sequence[str], scores: Sequence[str]) -> list[Summary]:
    """Medians and quartiles over the seeds, in the order of the first row of each combination.

    Args:
        rows: Of one or more combinations.
        by: What was varied.
        scores: Which columns to sum up; a row without a number there does not count for that column.
    """
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(str(row[path]) for path in by), []).append(row)
    out = []
    for key, members in groups.items():
        spread = {name: _quartiles([row[name] for row in members if row.get(name) is not None]) for name in scores}
        low, median, high = ({name: q[i] for name, q in spread.items()} for i in range(3))
        out.append(Summary(dict(zip(by, key, strict=True)), len(members), median, low, high))
    return out


def _quartiles(values: Sequence[float]) -> tuple[float, float, float]:
    if len(values) < 2:
        return (values[0],) * 3 if values else (math.nan,) * 3
    low, median, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, median, high
