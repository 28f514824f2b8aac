"""Questions about a class's run that are answered where the run is; plain values, importable without torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gan_core.errors import CheckpointError
from gan_core.experiments.classroom.tasks import Task

if TYPE_CHECKING:
    from gan_core.live.handle import OpenRun


@dataclass(frozen=True)
class HandInOf:
    """Question for the hand-in of a run that stands.

    Attributes:
        task: What was to be done.
        student: What the student calls themselves.
        predictions: Question to the place of what was chosen.
        answers: Question to an answer in words.
        app: Version of the app.
    """

    task: Task
    student: str
    predictions: Mapping[str, int] = field(default_factory=dict)
    answers: Mapping[str, str] = field(default_factory=dict)
    app: str = ""

    def answer(self, run: OpenRun) -> bytes:
        """Write the hand-in's file.

        Raises:
            CheckpointError: If there is no run yet.
            ConfigError: If the run cannot be handed in.
        """
        from gan_core.experiments.classroom.handin import hand_in

        trainer = run.trainer()
        if trainer is None:
            raise CheckpointError("there is no run to hand in yet: press Play first")
        made = hand_in(
            self.task,
            student=self.student,
            config=trainer.initial_config,
            interventions=tuple(trainer.interventions),
            step=trainer.step_count,
            history=trainer.history,
            predictions=self.predictions,
            answers=self.answers,
            app=self.app,
        )
        return made.model_dump_json().encode()
