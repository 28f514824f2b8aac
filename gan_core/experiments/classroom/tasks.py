"""Tasks: the start of a run, the settings that may be changed, the goal, and the prediction asked for.

A task is a plain value, in a link, in a file or among those that come with the app (``assets/tasks.json``). The answers
stand apart, in its `Key`, so that a task's link gives nothing away.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

import pydantic
from pydantic import Field

from gan_core.config import KNOBS, RunConfig
from gan_core.config.assets import asset
from gan_core.config.knobs import Frozen
from gan_core.config.presets import from_query, to_query
from gan_core.errors import ConfigError
from gan_core.metrics import METRICS

MAX_STEPS: Final = 20_000
MAX_TEXT: Final = 2_000
MAX_BYTES: Final = 100_000
ANYTHING: Final = "*"

Model = TypeVar("Model", bound=Frozen)
Text = Annotated[str, Field(min_length=1, max_length=MAX_TEXT)]
Name = Annotated[str, Field(pattern="^[a-z0-9][a-z0-9-]{0,39}$")]


class Goal(Frozen):
    """A bound on one metric of the shown generator.

    Attributes:
        metric: A key of `METRICS`.
        at_least: Smallest value that will do, or None.
        at_most: Largest value that will do, or None.
    """

    metric: str = Field(max_length=40)
    at_least: float | None = None
    at_most: float | None = None

    @pydantic.model_validator(mode="after")
    def _is_one(self) -> Goal:
        if self.metric not in METRICS:
            raise ValueError(f"{self.metric!r} is no metric; there are: {', '.join(METRICS)}")
        if self.at_least is None and self.at_most is None:
            raise ValueError(f"a goal for {self.metric} needs at_least or at_most")
        return self

    def holds(self, value: float) -> bool:
        """Tell whether a value will do; NaN never does."""
        return (self.at_least is None or value >= self.at_least) and (self.at_most is None or value <= self.at_most)

    def __str__(self) -> str:
        """Write the goal in words."""
        parts = [f"at least {self.at_least:g}"] if self.at_least is not None else []
        parts += [f"at most {self.at_most:g}"] if self.at_most is not None else []
        return f"{METRICS[self.metric].label}: {' and '.join(parts)}"


class Question(Frozen):
    """A question that is answered before the run, or in words after it.

    Attributes:
        name: Its key in a hand-in.
        text: What is asked.
        choices: What may be chosen; empty for an answer in one's own words.
    """

    name: Name
    text: Text
    choices: tuple[Text, ...] = Field((), max_length=8)


class Task(Frozen):
    """A task.

    Attributes:
        name: Letters, digits and hyphens.
        title: Says nothing of the answer.
        text: The task in a few sentences.
        start: Parameters of the link that the run begins with, as of `gan_core.config.presets.to_query`.
        allowed: Settings that may be changed; ``("*",)`` for all but the data and the seed.
        max_changes: Settings that may differ from the start, or None for any number.
        goals: What must hold at the last step, all of it; empty where only questions are asked.
        within: Steps that the run may have.
        questions: What is asked.
    """

    name: Name
    title: Text
    text: Text
    start: dict[str, Annotated[str, Field(max_length=4_000)]] = Field(max_length=64)
    allowed: tuple[Annotated[str, Field(max_length=60)], ...] = Field((), max_length=64)
    max_changes: int | None = Field(None, ge=1, le=64)
    goals: tuple[Goal, ...] = Field((), max_length=6)
    within: int = Field(ge=1, le=MAX_STEPS)
    questions: tuple[Question, ...] = Field((), max_length=8)

    @pydantic.model_validator(mode="after")
    def _can_begin(self) -> Task:
        unknown = [path for path in self.allowed if path != ANYTHING and path not in KNOBS]
        if unknown:
            raise ValueError(f"{', '.join(unknown)} are no settings")
        if len({question.name for question in self.questions}) < len(self.questions):
            raise ValueError("two questions have the same name")
        self.config()
        return self

    def config(self) -> RunConfig:
        """Return the config that a run of this task begins with.

        Raises:
            ConfigError: If the start is not allowed here.
        """
        return from_query(self.start)[0]

    @property
    def digest(self) -> str:
        """Fingerprint of all that it says, 16 hexadecimal digits: a hand-in is of this task and of no changed one."""
        content = json.dumps(self.model_dump(mode="json"), sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()[:16]

    def departures(self, config: RunConfig) -> list[str]:
        """Say in which respects a config is not allowed for this task.

        Args:
            config: What a run ended with.

        Returns:
            A sentence for each; empty if all is allowed.
        """
        start = self.config()
        differ = {path: value for path, value in start.differences(config).items() if path != "device"}
        fixed = [path for path in differ if not self.may_change(path)]
        said = [f"{path} was changed to {differ[path]}, which this task does not allow" for path in fixed]
        if self.max_changes is not None and len(differ) > self.max_changes:
            said.append(f"{len(differ)} settings were changed; this task allows {self.max_changes}")
        return said

    def may_change(self, path: str) -> bool:
        """Tell whether a setting may differ from the start."""
        return path in self.allowed or (ANYTHING in self.allowed and path != "seed" and not path.startswith("data."))


class Key(Frozen):
    """A task with its answers, for the teacher.

    Attributes:
        task: What students are given.
        answers: Question to the place of the right choice, from 0.
        points: Question, or "goal", to what it is worth; 1 where it is not said.
    """

    task: Task
    answers: dict[Name, Annotated[int, Field(ge=0, le=7)]] = Field(default_factory=dict)
    points: dict[Name, Annotated[float, Field(ge=0, le=100)]] = Field(default_factory=dict)

    @pydantic.model_validator(mode="after")
    def _is_of_the_task(self) -> Key:
        asked = {question.name: question for question in self.task.questions}
        for name, place in self.answers.items():
            if name not in asked or place >= len(asked[name].choices):
                raise ValueError(f"the answer to {name!r} is none of the task's choices")
        return self

    def worth(self, name: str) -> float:
        """Points for a question or for "goal"."""
        return self.points.get(name, 1.0)


@functools.cache
def tasks() -> Mapping[str, Key]:
    """Return the tasks that come with the app, by their names."""
    entries = json.loads(asset("tasks.json").read_text(encoding="utf-8"))
    return {key.task.name: key for key in map(Key.model_validate, entries)}


def task_of(config: RunConfig, name: str, *, preset: str = "", **rest: Any) -> Task:
    """Make a task that begins with a config.

    Args:
        config: Where it begins.
        name: Of the task.
        preset: The preset that the config came from, or "".
        rest: The task's other attributes.

    Raises:
        ConfigError: If one of them is not allowed.
    """
    return _read(Task, {"name": name, "start": to_query(config, preset), **rest})


def read_key(source: Path | str | bytes) -> Key:
    """Read a key from a file, or find the one of a task that comes with the app.

    Args:
        source: A path, a shipped task's name, or a file's content. A file with a task alone is a key without answers.

    Raises:
        ConfigError: If it is none.
    """
    if isinstance(source, bytes):
        content = source
    else:
        known = tasks().get(str(source))
        if known is not None:
            return known
        try:
            with Path(source).open("rb") as file:
                content = file.read(MAX_BYTES + 1)
        except OSError as error:
            raise ConfigError(
                f"{source} is neither a task ({', '.join(tasks())}) nor a file: {error.strerror or error}"
            ) from None
    words = parse(content, MAX_BYTES)
    return _read(Key, words if "task" in words else {"task": words})


def read_task(content: bytes) -> Task:
    """Read a task that somebody else has made.

    Raises:
        ConfigError: If it is none.
    """
    return _read(Task, parse(content, MAX_BYTES))


def parse(content: bytes, max_bytes: int) -> dict[str, Any]:
    """Read a JSON table of bounded size.

    Raises:
        ConfigError: If it is too large, or no such table.
    """
    if len(content) > max_bytes:
        raise ConfigError(f"this file has more than {max_bytes:,} bytes, which is not allowed")
    try:
        words = json.loads(content)
    except (ValueError, RecursionError):
        raise ConfigError("this file is no JSON, so it is neither a task nor a hand-in") from None
    if not isinstance(words, dict):
        raise ConfigError("this file holds no table, so it is neither a task nor a hand-in")
    return words


def _read(kind: type[Model], words: Mapping[str, Any]) -> Model:
    try:
        return kind.model_validate(words)
    except pydantic.ValidationError as error:
        raise ConfigError(first_fault(error)) from None


def first_fault(error: pydantic.ValidationError) -> str:
    """Write the first thing that is wrong in one sentence."""
    fault = error.errors()[0]
    where = ".".join(str(part) for part in fault["loc"])[:80]
    return f"{where or 'this file'}: {fault['msg'].removeprefix('Value error, ')}"


def goals_reached(goals: Sequence[Goal], values: Mapping[str, float]) -> dict[str, bool]:
    """Check goals against measured values.

    Args:
        goals: What is to hold.
        values: Metric to value; one that is missing does not hold.
    """
    return {str(goal): goal.holds(values.get(goal.metric, float("nan"))) for goal in goals}
