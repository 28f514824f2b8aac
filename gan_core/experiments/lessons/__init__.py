"""Lessons: seven short runs that are predicted, watched and explained from their own numbers.

A lesson's words are Markdown in ``assets/learn/lessons``; what they say of a run in braces is filled in from that
run's `Log`, which a `Watched` trainer writes at every step. Every number in an answer is measured in that run.
Names are loaded on first use, so that reading a lesson's words costs no PyTorch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gan_core.experiments.lessons.catalogue import LESSONS, Lesson, lessons
    from gan_core.experiments.lessons.facts import facts_of
    from gan_core.experiments.lessons.outcome import Facts
    from gan_core.experiments.lessons.watch import Log, Watched

_HOMES = {
    "LESSONS": "catalogue",
    "Facts": "outcome",
    "Lesson": "catalogue",
    "Log": "watch",
    "Watched": "watch",
    "facts_of": "facts",
    "lessons": "catalogue",
}

__all__ = ["LESSONS", "Facts", "Lesson", "Log", "Watched", "facts_of", "lessons"]


def __getattr__(name: str) -> Any:
    """Load a name from its module on first use (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
