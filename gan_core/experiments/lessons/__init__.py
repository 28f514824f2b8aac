"""Lessons: six short runs that are predicted, watched and explained from their own numbers.

A lesson's words are Markdown in ``assets/learn/lessons``; what they say of a run in braces is filled in from that
run's `Log`, which a `Watched` trainer writes at every step. Nothing in an answer is known beforehand.
"""

from __future__ import annotations

from gan_core.experiments.lessons.catalogue import LESSONS, Lesson, lessons
from gan_core.experiments.lessons.facts import Facts, facts
from gan_core.experiments.lessons.watch import Log, Watched

__all__ = ["LESSONS", "Facts", "Lesson", "Log", "Watched", "facts", "lessons"]
