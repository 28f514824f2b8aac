"""Progress and cancelling of exports; importable without torch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from gan_core.errors import ConfigError, GanExplorerError

Progress = Callable[[int, int], None]
"""Hears of (items done, items in all)."""
Cancelled = Callable[[], bool]
"""Says whether to stop."""
T = TypeVar("T")


class ExportCancelledError(GanExplorerError):
    """An export was cancelled; nothing was written."""


def watched(items: Sequence[T], progress: Progress | None, cancelled: Cancelled | None) -> Iterator[T]:
    """Yield the items one by one, and report each that is done.

    Raises:
        ExportCancelledError: Before the next item, once ``cancelled`` says so.
    """
    for i, item in enumerate(items):
        if cancelled is not None and cancelled():
            raise ExportCancelledError("The export was cancelled.")
        yield item
        if progress is not None:
            progress(i + 1, len(items))


def within(name: str, value: float, low: float, high: float) -> None:
    """Refuse a number out of its range.

    Raises:
        ConfigError: With the range.
    """
    if not low <= value <= high:  # also NaN
        raise ConfigError(f"{name}={value} is not allowed: a number from {low:g} to {high:g} is")
