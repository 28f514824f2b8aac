"""Plans for a lesson of 45 and of 90 minutes: what comes when, and where it is in the app."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gan_core.config.presets import FIRST_VISIT


@dataclass(frozen=True)
class Part:
    """A part of a lesson.

    Attributes:
        begin: Minutes after the lesson has begun.
        end: Likewise.
        what: What happens.
        path: Where it is in the app, without a leading slash; "" where nothing is opened.
        task: Name of the task that is worked on, or "".
    """

    begin: int
    end: int
    what: str
    path: str = ""
    task: str = ""


_TOGETHER: Final = "All follow the teacher (Train: Let others follow, Present). Single steps first, then full speed."
_PREDICT: Final = "Predict, watch, explain: a lesson in which only the prediction can be pressed."
_LESSON: Final = "learn?lesson=collapse&lock=1"


def _work(begin: int, end: int, task: str, what: str) -> Part:
    return Part(begin, end, what, f"classroom?task={task}", task)


PLANS: Final[dict[int, tuple[Part, ...]]] = {
    45: (
        Part(0, 7, _TOGETHER, f"?preset={FIRST_VISIT}"),
        Part(7, 17, _PREDICT, _LESSON),
        _work(17, 37, "all-eight", "In pairs: a prediction first, then changes, one at a time. Hand in at the end."),
        Part(37, 45, "Who reached what, and by which single change? Try what the class suggests.", "?preset=collapse"),
    ),
    90: (
        Part(0, 10, _TOGETHER, f"?preset={FIRST_VISIT}"),
        Part(10, 20, _PREDICT, _LESSON),
        _work(20, 40, "all-eight", "In pairs: a prediction first, then changes, one at a time. Hand in."),
        Part(40, 45, "Who reached what, and which single change did it?"),
        _work(45, 57, "rates-first", "A game that fails in another way; only two settings may be changed."),
        _work(57, 67, "wake-up", "One that looks much like it, and is not."),
        _work(67, 80, "a-critic", "Another objective, and what it needs."),
        _work(80, 90, "name-it", "Alone: say what went wrong, and hand in."),
    ),
}  # fmt: skip
"""Minutes to parts."""


def tasks_of(minutes: int) -> tuple[str, ...]:
    """Return the names of the tasks of a plan, in order."""
    return tuple(part.task for part in PLANS[minutes] if part.task)
