"""Hand-ins: a file with what makes a student's run again, predictions and answers, and the curves that were seen."""

from __future__ import annotations

import functools
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final

import pydantic
from pydantic import Field

from gan_core.config import Intervention, RunConfig, parse_config
from gan_core.config.knobs import Frozen
from gan_core.errors import ConfigError
from gan_core.experiments.classroom.tasks import MAX_STEPS, MAX_TEXT, Key, Name, Task, first_fault, parse
from gan_core.record.history import History

FORMAT: Final = 1
MAX_BYTES: Final = 1_000_000
MAX_INTERVENTIONS: Final = 500
N_POINTS: Final = 48
"""Points of each curve."""
CURVES: Final = ("d_loss", "g_loss", "d_grad_norm")
"""Quantities of a run that are compared: the losses, and a norm in which all weights of D take part."""
SUFFIX: Final = ".handin.json"

Number = Annotated[float, Field(allow_inf_nan=False)]


class HandIn(Frozen):
    """Hand-in of a student.

    Attributes:
        format: Of this file.
        app: Version of GAN Explorer that wrote it.
        build: PyTorch's version and the processor: equal builds give equal numbers, bit for bit.
        task: The task's name.
        digest: The task's fingerprint.
        student: What they call themselves.
        config: What the run began with.
        interventions: What was done to it.
        step: Where it stood.
        predictions: Question to the place of what was chosen before the run.
        answers: Question to an answer in words.
        steps: Steps of the curves' points.
        curves: Quantity to its values at these steps.
    """

    format: int = Field(FORMAT, ge=1, le=FORMAT)
    app: str = Field("", max_length=40)
    build: str = Field("", max_length=200)
    task: Name
    digest: str = Field(pattern="^[0-9a-f]{16}$")
    student: str = Field("", max_length=60)
    config: dict[str, Any]
    interventions: tuple[Intervention, ...] = Field((), max_length=MAX_INTERVENTIONS)
    step: int = Field(ge=0, le=MAX_STEPS)
    predictions: dict[Name, Annotated[int, Field(ge=0, le=7)]] = Field(default_factory=dict, max_length=8)
    answers: dict[Name, Annotated[str, Field(max_length=MAX_TEXT)]] = Field(default_factory=dict, max_length=8)
    steps: tuple[int, ...] = Field((), max_length=N_POINTS)
    curves: dict[str, tuple[Number | None, ...]] = Field(default_factory=dict, max_length=8)

    def run_config(self) -> RunConfig:
        """Return what the run began with.

        Raises:
            ConfigError: If it is not allowed here.
        """
        return parse_config(self.config)

    def last_config(self) -> RunConfig:
        """Return what the run ended with.

        Raises:
            ConfigError: If it, or a change on the way, is not allowed here.
        """
        config = self.run_config()
        for intervention in self.interventions:
            if intervention.changes:
                config = config.changed(intervention.changes)
        return config


@functools.cache
def build() -> str:
    """Describe this build: PyTorch's version, the machine's architecture and its processor."""
    import torch

    return f"torch {torch.__version__}, {platform.machine()}, {_processor()}, {torch.get_num_threads()} thread"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    named = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    return (named or platform.processor() or "unknown")[:80]


def points_of(history: History, steps: tuple[int, ...] | None = None) -> tuple[tuple[int, ...], dict[str, Any]]:
    """Read a run's curves at a few steps.

    Args:
        history: Of the run.
        steps: Where to read; None for `N_POINTS` steps from the first to the last that are kept.

    Returns:
        Steps, and quantity to its values there; None where a number is not finite or not kept.
    """
    import numpy as np

    kept = history.curves(bands=())
    at = kept["curve_step"]
    if steps is None:
        places = np.linspace(0, max(0, len(at) - 1), min(N_POINTS, len(at))).round().astype(int)
        steps = tuple(int(at[i]) for i in np.unique(places))
    where = {int(step): i for i, step in enumerate(at)}
    found: dict[str, Any] = {}
    for name in CURVES:
        values = [float(kept[name][where[step]]) if step in where else float("nan") for step in steps]
        found[name] = tuple(value if np.isfinite(value) else None for value in values)
    return steps, found


def hand_in(
    task: Task,
    *,
    student: str,
    config: RunConfig,
    interventions: tuple[Intervention, ...],
    step: int,
    history: History,
    predictions: Mapping[str, int],
    answers: Mapping[str, str],
    app: str = "",
) -> HandIn:
    """Gather what is handed in.

    Args:
        task: What was to be done.
        student: What they call themselves.
        config: What the run began with.
        interventions: What was done to it.
        step: Where it stands.
        history: Its numbers.
        predictions: Question to the place of what was chosen.
        answers: Question to an answer in words.
        app: Version of the app.

    Raises:
        ConfigError: If something has no place in a hand-in, such as too many interventions.
    """
    steps, curves = points_of(history)
    try:
        return HandIn(
            app=app, build=build(), task=task.name, digest=task.digest, student=" ".join(student.split())[:60],
            config=config.model_dump(mode="json"), interventions=interventions, step=step,
            predictions=dict(predictions), answers={name: text[:MAX_TEXT] for name, text in answers.items()},
            steps=steps, curves=curves,
        )  # fmt: skip
    except pydantic.ValidationError as error:
        raise ConfigError(f"this run cannot be handed in: {first_fault(error)}") from None


def read_hand_in(source: Path | bytes) -> HandIn:
    """Read a hand-in; it comes from a stranger.

    Raises:
        ConfigError: If it is none; the message says what is wrong.
    """
    if isinstance(source, bytes):
        content = source
    else:
        try:
            with source.open("rb") as file:
                content = file.read(MAX_BYTES + 1)
        except OSError as error:
            raise ConfigError(f"{source} cannot be read: {error.strerror or error}") from None
    try:
        return HandIn.model_validate(parse(content, MAX_BYTES))
    except pydantic.ValidationError as error:
        raise ConfigError(f"this is no hand-in: {first_fault(error)}") from None


def is_of(given: HandIn, key: Key) -> bool:
    """Tell whether a hand-in is of this very task."""
    return given.task == key.task.name and given.digest == key.task.digest
