"""The run of a lesson: with a log, fixed in length, never saved, and apart from the run of the Train page."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from gan_core import GanExplorerError
from gan_core.config import RunConfig
from gan_core.experiments.lessons.catalogue import Lesson
from gan_core.experiments.lessons.questions import FactsBeside, LessonFacts, LessonSource
from gan_core.export.questions import NewestSnapshot
from gan_core.live import commands as do
from gan_core.live.handle import RunSpec
from pages.ui import session
from pages.ui.commands import PLAIN, Command, Pace, Plain
from pages.ui.effects import Effects, Notify, Redraw
from pages.ui.presence import Guest, Rooms, Visit

if TYPE_CHECKING:
    from gan_core.experiments.lessons import Facts

_KEY: Final = "learn.visit"
_BEFORE: Final = "learn.visit_before"
_RESULTS: Final = "learn.results"


@dataclass(frozen=True)
class Result:
    """Outcome of a lesson: what stays when its run is gone.

    Attributes:
        said: The choice that was predicted.
        facts: Of the run.
        config: What was run.
        real: Shown real points, ``[n, 2]``, where the answer draws them; else None.
    """

    said: int
    facts: Facts
    config: RunConfig
    real: Any


class LessonVisit(Visit):
    """One lesson's run.

    Args:
        lesson: What is run.
        seed: In place of the preset's own, or None.
        rooms: What all visits of the process share.
        visitor: Whose turn it is when the run plays.

    Attributes:
        lesson: What is run.
        begun: True once it plays: after the prediction.
    """

    scripted = True  # the page knows whether a teacher's link has locked it

    def __init__(self, lesson: Lesson, seed: int | None, rooms: Rooms, visitor: str) -> None:
        Guest.__init__(self, rooms.clock)  # no autosave: a lesson can always be run again
        self.lesson, self.begun, self.key = lesson, False, ""
        self._done = False
        source = LessonSource(lesson.name, seed)
        spec = RunSpec(lesson.config(seed), preset=lesson.preset, visitor=visitor, source=source)
        self.run = rooms.host.open(spec)

    def begin(self) -> None:
        """Play to the lesson's last step."""
        self.begun = True
        for command in (do.SetPace(self.lesson.pace), do.SetStopAt(self.lesson.stop_at), do.Play()):
            self.run.send(command)

    @property
    def heard(self) -> str:
        """Nothing: a lesson's commands are not numbered, and so never sent again."""
        return ""

    @property
    def done(self) -> bool:
        """True from when the last step is done and the run stands, even if it is played on then."""
        now = self.run.status()
        self._done = self._done or (now.step >= self.lesson.stop_at and now.state == "paused")
        return self._done

    @functools.cached_property
    def facts(self) -> Facts:
        """Facts of the run, once it is done."""
        return self.run.ask(LessonFacts(self.lesson.name))


@st.cache_resource(scope="session", on_release=Guest.leave, show_spinner=False)
def _presence(_visit: LessonVisit, token: str) -> LessonVisit:
    """Released when the browser goes, made again by the first script run when it is back."""
    _visit.arrive()
    return _visit


def open_lesson(lesson: Lesson, seed: int | None = None, *, again: bool = False) -> LessonVisit:
    """Return this visitor's run of a lesson; there is one at a time, and the run of the Train page rests meanwhile.

    Args:
        lesson: Which.
        seed: In place of the preset's own; None also for that of the run that is open.
        again: True to begin anew.
    """
    known: LessonVisit | None = session.recall(_KEY)
    if known is None or known.lesson.name != lesson.name or known.run.closed or again:
        if known is not None:
            _dismiss(known)
        known = LessonVisit(lesson, seed, session.rooms(), session.visitor())
        session.rooms().admit(known)
        session.remember(_KEY, known)
    return _presence(known, known.token)


def _dismiss(visit: LessonVisit) -> None:
    """End the run before this one: this one is still looked at until the browser has been told of the next."""
    visit.run.send(do.Pause())
    before: LessonVisit | None = session.recall(_BEFORE)
    if before is not None:
        before.run.close()
    session.remember(_BEFORE, visit)


def result_of(visit: LessonVisit) -> Result | None:
    """Return the outcome of a lesson: of its open run if that is done, of an earlier one if none has begun."""
    known: dict[str, Result] = session.recall(_RESULTS, {})
    name = visit.lesson.name
    if not visit.begun:
        return known.get(name)
    if not visit.done:
        return None
    config = visit.run.status().initial_config
    if name not in known or known[name].facts is not visit.facts:
        real = visit.run.ask(NewestSnapshot()).arrays["real"] if visit.facts.path is not None else None
        said = session.recall("learn.said", visit.lesson.right)
        session.remember(_RESULTS, {**known, name: Result(said, visit.facts, config, real)})
    found: Result = session.recall(_RESULTS)[name]
    return found


def forget_result(name: str) -> None:
    """Forget the outcome of a lesson before it is run again."""
    known: dict[str, Result] = session.recall(_RESULTS, {})
    session.remember(_RESULTS, {other: result for other, result in known.items() if other != name})


@st.cache_resource(max_entries=32, show_spinner="The same seed without the change, to compare …")
def beside(name: str, seed: str) -> Facts:
    """Gather the facts of a lesson's run that is only compared with; the same for everybody, so it runs once."""
    return session.rooms().host.ask(FactsBeside(name, int(seed)))


def finished() -> str:
    """Return the name of the open lesson if its run is done, else ""."""
    known: LessonVisit | None = session.recall(_KEY)
    return known.lesson.name if known is not None and known.begun and known.done else ""


def begin(visit: LessonVisit) -> None:
    """Play the lesson's run; the run of the Train page rests, for two at once would share one processor."""
    if session.has_run() and session.visit().run.status().playing:
        session.visit().run.send(do.Pause())
        session.notify("The run on the Train page is paused: two at once would share one processor.")
    visit.begin()


def carry_out(visit: LessonVisit, command: Command) -> Effects:
    """Do what a visitor asked for in the live view of a lesson; a click that has come before does nothing.

    Returns:
        What is left to do on the page; what cannot be done is said.
    """
    with visit.acting:
        if not visit.is_new(command.n):
            return ()
        try:
            match command:
                case Plain(name="play" | "pause" | "step" as name):
                    visit.run.send(PLAIN[name])
                case Pace(value=pace):
                    visit.run.send(do.SetPace(pace))
        except GanExplorerError as error:
            return Notify(str(error)), Redraw()
        return ()
