"""The watch in a terminal: a line per finding at once, one status line on a TTY, a summary at the end."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, TextIO

if TYPE_CHECKING:
    from gan_core.watching.session import Finding, Summary

__all__ = ["Terminal", "finding_line", "summary_lines"]

EVERY: Final = 5.0
"""Seconds between two status lines."""


class Terminal:
    """Writes to stderr, where it does not mix with what a script prints as its result."""

    def __init__(self, clock: Callable[[], float], stream: TextIO | None = None) -> None:
        self._stream = stream
        self._clock = clock
        self._last = clock()
        self._shown = 0

    def finding(self, found: Finding) -> None:
        """Print a finding at once."""
        self._clear()
        self._write(finding_line(found) + "\n")

    def status(self, words: Callable[[], str]) -> None:
        """Replace the status line, at most every few seconds, and on a TTY alone."""
        stream = self._stream or sys.stderr
        if self._clock() - self._last < EVERY or not stream.isatty():
            return
        self._last = self._clock()
        line = words()
        self._write(f"\r{line.ljust(self._shown)}")
        self._shown = len(line)

    def say(self, line: str) -> None:
        """Print one line."""
        self._clear()
        self._write(line + "\n")

    def _clear(self) -> None:
        if self._shown:
            self._write("\r" + " " * self._shown + "\r")
            self._shown = 0

    def _write(self, text: str) -> None:
        try:
            stream = self._stream or sys.stderr
            stream.write(text)
            stream.flush()
        except (OSError, ValueError):  # a closed pipe is no reason to stop somebody's training
            return


def finding_line(found: Finding) -> str:
    """One finding as a line: what was seen, what it means, what mends it."""
    headline = found.headline.rstrip(".")
    return f"watch  step {found.step}  {found.severity}  {found.rule}: {found.evidence}. {headline}. Mend: {found.mend}"


def summary_lines(summary: Summary) -> Sequence[str]:
    """Write what was found, what was checked and what could not be."""
    lines = [f"watch  {summary.steps_g} steps of G, {summary.steps_d} of D; losses as read: {summary.losses or 'none'}"]
    if summary.headline is None:
        lines.append("watch  nothing found" if summary.seen else "watch  nothing of G or D was seen")
    else:
        lines.append(f"watch  the earliest cause: {finding_line(summary.headline).removeprefix('watch  ')}")
        lines += [finding_line(found) for found in summary.findings if found is not summary.headline]
    lines.append(f"watch  checked: {', '.join(summary.checked) or 'nothing'}")
    together: dict[str, list[str]] = {}
    for name, needs in summary.unchecked:
        together.setdefault(needs, []).append(name)
    for needs, names in together.items():
        lines.append(f"watch  not checked: {', '.join(names)} need{'s' * (len(names) == 1)} {needs}")
    lines += [f"watch  {note}" for note in summary.notes]
    return lines
