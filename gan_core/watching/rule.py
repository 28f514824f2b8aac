"""A rule on a stranger's loop, and what it can answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from gan_core.watching.evidence import Evidence, Facts

__all__ = ["OK", "SEVERITIES", "UNKNOWN", "Check", "Rule", "Severity", "Told"]

Severity = Literal["error", "warning", "info"]
SEVERITIES: Final[tuple[Severity, ...]] = ("error", "warning", "info")


@dataclass(frozen=True)
class Told:
    """A rule's answer: words if something is wrong, none if not; `known` says whether it could tell."""

    words: str = ""
    known: bool = True


OK: Final = Told()
UNKNOWN: Final = Told(known=False)
Check = Callable[[Facts, Evidence], Told]


@dataclass(frozen=True)
class Rule:
    """One rule.

    Attributes:
        name: Name in findings, logs and tests.
        severity: ``error`` where the evidence is exact and no sound loop does it; ``warning`` where usual practice
            does it now and then; ``info``.
        headline: What is wrong, in one sentence.
        check: Reads one update.
        mend: The line of code that mends it.
        needs: What must have been seen for the rule to be checkable.
        confirm: Updates in a row, of those that can tell, that must show it.
        lasting: Whether it holds in a burst too, which begins in the middle of a run.
        course: Whether it reads the course of the run, look by look, instead of single updates.
    """

    name: str
    severity: Severity
    headline: str
    check: Check
    mend: str
    needs: str
    confirm: int = 1
    lasting: bool = False
    course: bool = False
