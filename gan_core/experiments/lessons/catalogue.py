"""The lessons: what they run, and their words."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from gan_core.config import RunConfig
from gan_core.config.assets import asset
from gan_core.config.presets import preset

_FOLDER: Final = asset("learn", "lessons")
_CHOICE: Final = re.compile(r"^- \[( |x)\] (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Lesson:
    """A lesson.

    Attributes:
        name: As in ``?lesson=``.
        preset: What it runs.
        changes: In what it differs from the preset.
        stop_at: The step at which it has shown what it is for.
        pace: Steps a second, or None for full speed.
        seeds: True if it makes sense to run it again with another seed.
        beside: The lesson whose run it is compared with, at the same seed, or "". Its facts are then in this one's
            answer too, as ``other_`` and their name.
        title: From its file, as are the following.
        question: What to predict.
        choices: Possible answers.
        right: Which of them is right.
        answer: Markdown with names of facts in braces.
    """

    name: str
    preset: str
    stop_at: int
    changes: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    pace: float | None = None
    seeds: bool = False
    beside: str = ""
    title: str = ""
    question: str = ""
    choices: tuple[str, ...] = ()
    right: int = 0
    answer: str = ""

    def config(self, seed: int | None = None) -> RunConfig:
        """Return the lesson's config, with the preset's seed or another one."""
        return preset(self.preset).changed({**self.changes, **({} if seed is None else {"seed": seed})})


_QUICK: Final = MappingProxyType({"ema": 0.0})

LESSONS: Final[tuple[Lesson, ...]] = (
    Lesson("what-goes-in", "gaussians-2", 400, _QUICK),
    Lesson("two-turns", "gaussians-2", 5, MappingProxyType({"ema": 0.0, "lr_g": 5e-3, "lr_d": 5e-3}), pace=1.0),
    Lesson("discriminator-wins", "discriminator-wins", 400),
    Lesson("collapse", "collapse", 500, seeds=True),
    Lesson("cure", "collapse", 500, MappingProxyType({"packing": 2}), seeds=True, beside="collapse"),
    Lesson("digits", "digits", 1_500),
    Lesson("made-up", "digits-inpaint", 300),
)
"""Without their words; `lessons` adds them."""

SETTLING: Final[Mapping[str, tuple[str, str, float]]] = MappingProxyType(
    {"Without a penalty": ("wasserstein", "", 0.0), "With R1": ("wasserstein", "r1", 0.3)}
)
"""Games whose endings are shown beside each other: objective, penalty, weight, as `gan_core.theory.Game` takes them."""


@functools.cache
def lessons() -> Mapping[str, Lesson]:
    """All lessons by name, in order, with their words.

    Raises:
        ValueError: If a file does not have a title, a question with one right choice, and an answer.
    """
    return {lesson.name: _with_words(lesson) for lesson in LESSONS}


def _with_words(lesson: Lesson) -> Lesson:
    text = (_FOLDER / f"{lesson.name}.md").read_text(encoding="utf-8")
    head, _, answer = text.partition("\n## Answer\n")
    title, _, rest = head.partition("\n")
    choices = _CHOICE.findall(rest)
    question = _CHOICE.sub("", rest).strip()
    right = [i for i, (mark, _) in enumerate(choices) if mark == "x"]
    if not title.startswith("# ") or not question or len(right) != 1 or not answer.strip():
        raise ValueError(f"{lesson.name}.md must have a title, a question, choices of which one is right, an answer")
    words = {"title": title[2:], "question": question, "choices": tuple(c for _, c in choices), "right": right[0]}
    return Lesson(**{**vars(lesson), **words, "answer": answer.strip()})
