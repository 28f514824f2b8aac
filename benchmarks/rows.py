"""Rows of the live benchmarks: one table of measured values beside their bars, and the same as a record."""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal


@dataclass(frozen=True)
class Row:
    """One measured quantity.

    Attributes:
        case: What was measured.
        name: Which quantity of it, with its unit.
        values: One for each repeat; the median counts.
        digits: Decimals to print.
        sign: On which side of the bar the value must lie.
        limit: The bar, or None if there is none.
    """

    case: str
    name: str
    values: Sequence[float]
    digits: int = 2
    sign: Literal["<=", ">="] = "<="
    limit: float | None = None

    @property
    def value(self) -> float:
        """The median."""
        return statistics.median(self.values)

    @property
    def met(self) -> bool | None:
        """True if the value is on the right side of the bar; None without one."""
        if self.limit is None:
            return None
        return self.value <= self.limit if self.sign == "<=" else self.value >= self.limit

    @property
    def cells(self) -> tuple[str, ...]:
        """The row as text."""
        spread = f"{min(self.values):.{self.digits}f} to {max(self.values):.{self.digits}f}"
        bar = "" if self.limit is None else f"{self.sign} {self.limit:g}"
        verdict = "" if self.met is None else "met" if self.met else "MISSED"
        return (
            self.case,
            self.name,
            f"{self.value:.{self.digits}f}",
            spread if len(self.values) > 1 else "",
            bar,
            verdict,
        )


HEADINGS = ("case", "what", "median", "range", "bar", "")


def parser(description: str | None, *, repeats: int = 5) -> argparse.ArgumentParser:
    """Add the options that all benchmarks share; ``repeats`` is the default of one of them."""
    made = argparse.ArgumentParser(description=(description or "").partition("\n")[0])
    made.add_argument("--json", type=Path, metavar="FILE", help="also write the record to this file")
    made.add_argument("--repeats", type=int, default=repeats, metavar="N", help="repeats, of which the median counts")
    return made


def report(benchmark: str, rows: Sequence[Row], notes: Sequence[str], file: Path | None) -> None:
    """Print the table and its notes; write the record if a file is named."""
    lines = [HEADINGS, *(row.cells for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(HEADINGS))]
    before = ""
    for i, (case, *cells) in enumerate(lines):
        new = case != before
        if new and i:
            print("-" * (sum(widths) + 2 * len(widths) - 2))
        before = case
        line = (case if new else "", *cells)
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
    for note in notes:
        print(f"* {note}")
    if file is not None:
        record: dict[str, Any] = {
            "benchmark": benchmark,
            "when": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "machine": {"system": platform.platform(), "python": platform.python_version(), "cores": os.cpu_count()},
            "rows": [{**vars(row), "values": list(row.values), "value": row.value, "met": row.met} for row in rows],
            "notes": list(notes),
        }
        file.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
