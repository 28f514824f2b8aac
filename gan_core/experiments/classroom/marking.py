"""Marking: a hand-in's run is made again from its config and interventions, and every point has its evidence.

A student's file proves nothing: what counts is what the run gives here. Equal builds give equal numbers bit for bit,
so that curves that were edited, or are of another seed, are found there; on another build numbers differ anyhow, and
the run made here decides.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from gan_core.errors import ConfigError, GanExplorerError
from gan_core.experiments.classroom.handin import HandIn, build, is_of, points_of, read_hand_in
from gan_core.experiments.classroom.tasks import Key

if TYPE_CHECKING:
    from gan_core.training import Trainer

Same = Literal["equal", "another build", "differ", "not made"]
MAX_COST: Final = 3e13
"""Floating point operations that a hand-in's run may take: some minutes of a core."""
SAID: Final = {
    "equal": "the curves are those of the run made again, bit for bit",
    "another build": "the curves differ from those of the run made again, as they may on another processor or PyTorch: "
    "the run made here decides",
    "differ": "the curves are not those that this config and these interventions give on the same build",
    "not made": "the run was not made again",
}
"""Results of a comparison of curves, in words."""


@dataclass(frozen=True)
class Point:
    """Points for one thing, with the evidence.

    Attributes:
        name: A question, or "goal".
        points: Given.
        of: What could be had.
        evidence: Why.
    """

    name: str
    points: float
    of: float
    evidence: str


@dataclass(frozen=True)
class Mark:
    """A marked hand-in.

    Attributes:
        file: Name of the file.
        student: What they call themselves.
        points: What was marked.
        curves: How the curves compare with those of the run made again.
        scores: Metric to value, of the run made again.
        answers: Question to the answer in words, to be read by the teacher.
        problem: Why it could not be marked, or "".
    """

    file: str
    student: str = ""
    points: tuple[Point, ...] = ()
    curves: Same = "not made"
    scores: dict[str, float] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)
    problem: str = ""

    @property
    def total(self) -> float:
        """Points given."""
        return sum(point.points for point in self.points)

    @property
    def of(self) -> float:
        """Points that could be had."""
        return sum(point.of for point in self.points)


def mark_file(path: Path, key: Key) -> Mark:
    """Mark the hand-in in a file; a file that is none is a mark that says so."""
    try:
        return mark(read_hand_in(path), key, file=path.name)
    except GanExplorerError as error:
        return Mark(path.name, problem=str(error))


def mark(given: HandIn, key: Key, *, file: str = "") -> Mark:
    """Mark a hand-in.

    Args:
        given: The hand-in.
        key: The task and its answers.
        file: Name of its file.

    Returns:
        The mark; if it is of another task, or cannot be run, it says so and has no points.
    """
    try:
        if not is_of(given, key):
            raise ConfigError(f"this is a hand-in of the task {given.task!r} ({given.digest}), not of this one")
        curves, goal, scores = _goal(given, key)
    except GanExplorerError as error:
        return Mark(file, given.student, answers=dict(given.answers), problem=str(error))
    points = [*([goal] if key.task.goals else []), *_questions(given, key)]
    return Mark(file, given.student, tuple(points), curves, scores, dict(given.answers))


def mark_folder(folder: Path, key: Key, *, executor: Executor | None = None) -> list[Mark]:
    """Mark all hand-ins of a folder.

    Args:
        folder: With files that end in ``.json``.
        key: The task and its answers.
        executor: Who does the work; None for this thread.

    Returns:
        A mark for each file, in the order of their names.

    Raises:
        ConfigError: If there is no such folder, or no file in it.
    """
    try:
        files = sorted(path for path in folder.iterdir() if path.suffix == ".json" and path.is_file())
    except OSError as error:
        raise ConfigError(f"{folder} cannot be read: {error.strerror or error}") from None
    if not files:
        raise ConfigError(f"{folder} holds no hand-in: files that end in .json are expected")
    work = map if executor is None else executor.map
    return list(work(mark_file, files, [key] * len(files)))


def _questions(given: HandIn, key: Key) -> list[Point]:
    points = []
    for question in key.task.questions:
        of = key.worth(question.name)
        if not question.choices:
            continue
        chosen = given.predictions.get(question.name)
        right = key.answers.get(question.name)
        if chosen is None or chosen >= len(question.choices):
            points.append(Point(question.name, 0.0, of, "not answered"))
        elif right is None:
            points.append(Point(question.name, 0.0, 0.0, f"chose {question.choices[chosen]!r}; the key has no answer"))
        else:
            said = f"chose {question.choices[chosen]!r}"
            evidence = said if chosen == right else f"{said}; right is {question.choices[right]!r}"
            points.append(Point(question.name, of * (chosen == right), of, evidence))
    return points


def _goal(given: HandIn, key: Key) -> tuple[Same, Point, dict[str, float]]:
    """Make the run again, and check what it reaches.

    Raises:
        ConfigError: If it may not be made.
    """
    task, of = key.task, key.worth("goal")
    if not task.goals and not given.curves:
        return "not made", Point("goal", 0.0, 0.0, "no goal"), {}
    last = given.last_config()
    refused = task.departures(last)
    if given.step > task.within:
        refused.append(f"step {given.step:,} is beyond the {task.within:,} that this task allows")
    if any(intervention.update or intervention.origin for intervention in given.interventions):
        refused.append("updates of one player alone, and networks of another run, are not allowed")
    for intervention in given.interventions:
        refused += [
            f"{path} was changed on the way, which this task does not allow"
            for path in intervention.changes
            if not task.may_change(path)
        ]
    if refused:
        return "not made", Point("goal", 0.0, of, "; ".join(dict.fromkeys(refused))), {}
    trainer, diverged = _run_again(given)
    same = compare(given, points_of(trainer.history, given.steps)[1])
    if diverged:
        return same, Point("goal", 0.0, of, f"the run diverged at step {diverged:,}"), {}
    from gan_core.metrics.scoring import LIVE, score_generators

    measured = score_generators(trainer.config, trainer.data, trainer.generator.eval(), trainer.ema, LIVE)
    scores = {name: score.value for name, score in measured.items()}
    reached = [goal.holds(scores.get(goal.metric, math.nan)) for goal in task.goals]
    told = "; ".join(
        f"{goal} ({'reached' if ok else 'missed'}: {scores.get(goal.metric, math.nan):.3g})"
        for goal, ok in zip(task.goals, reached, strict=True)
    )
    fair = same != "differ"
    evidence = f"at step {given.step:,} of the run made again: {told}" + ("" if fair else f"; but {SAID[same]}")
    return same, Point("goal", of * (all(reached) and fair), of, evidence), scores


def _run_again(given: HandIn) -> tuple[Trainer, int]:
    from gan_core.config.sizes import flops_of
    from gan_core.training import Trainer

    cost = max(flops_of(given.run_config()), flops_of(given.last_config())) * given.step
    if cost > MAX_COST:
        raise ConfigError(
            f"this run would take {cost:.1e} floating point operations; {MAX_COST:.0e} are allowed for a hand-in"
        )
    trainer = Trainer(given.run_config(), interventions=given.interventions)
    while trainer.step_count < given.step:
        if not trainer.step().finite:
            return trainer, trainer.step_count
    return trainer, 0


def compare(given: HandIn, again: dict[str, tuple[float | None, ...]]) -> Same:
    """Compare a hand-in's curves with those of its run made again.

    Args:
        given: The hand-in.
        again: The same quantities at the same steps.
    """
    if given.steps and {name: tuple(values) for name, values in given.curves.items()} == again:
        return "equal"
    return "differ" if given.build == build() else "another build"


def table(marks: Sequence[Mark]) -> list[list[str]]:
    """Write marks as rows of text, the head first: for a terminal or a CSV file."""
    names = list(dict.fromkeys(point.name for mark in marks for point in mark.points))
    rows = [["student", "file", "points", "of", *names, "curves", "evidence"]]
    for mark in marks:
        by_name = {point.name: point for point in mark.points}
        told = mark.problem or " | ".join(f"{point.name}: {point.evidence}" for point in mark.points)
        given = [f"{by_name[name].points:g}" if name in by_name else "" for name in names]
        curves = "" if mark.problem else SAID[mark.curves]
        rows.append([mark.student, mark.file, f"{mark.total:g}", f"{mark.of:g}", *given, curves, told])
    return rows
