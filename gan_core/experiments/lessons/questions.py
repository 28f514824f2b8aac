"""A lesson's run as a visitor opens it and asks it; plain values, importable without torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gan_core.experiments.lessons.catalogue import lessons

if TYPE_CHECKING:
    from gan_core.experiments.lessons.outcome import Facts
    from gan_core.experiments.lessons.watch import Watched
    from gan_core.live.handle import OpenRun


@dataclass(frozen=True)
class LessonSource:
    """Makes the trainer of a lesson, which writes a log.

    Attributes:
        lesson: Its name.
        seed: In place of the preset's own, or None.
    """

    lesson: str
    seed: int | None = None

    def trainer(self, device: str) -> Watched:
        """Make the trainer."""
        from gan_core.experiments.lessons.watch import Watched

        return Watched(lessons()[self.lesson].config(self.seed))


@dataclass(frozen=True)
class LessonFacts:
    """Question for the facts of a lesson's run that is done.

    Attributes:
        lesson: Its name.
    """

    lesson: str

    def answer(self, run: OpenRun) -> Facts:
        """Gather the facts from where the run stands."""
        from gan_core.experiments.lessons.facts import facts_of
        from gan_core.experiments.lessons.watch import Watched

        trainer = run.trainer()
        assert isinstance(trainer, Watched)
        return facts_of(self.lesson, trainer)


@dataclass(frozen=True)
class FactsBeside:
    """Question for the facts of a run that is trained only to be compared with, to `gan_core.live.host.Place.ask`.

    Attributes:
        lesson: Its name.
        seed: Its seed.
    """

    lesson: str
    seed: int

    def answer(self) -> Facts:
        """Train the lesson's run to its end, and gather its facts."""
        from gan_core.experiments.lessons.facts import facts_of

        trainer = LessonSource(self.lesson, self.seed).trainer("cpu")
        for _ in range(lessons()[self.lesson].stop_at):
            trainer.step()
        return facts_of(self.lesson, trainer)
