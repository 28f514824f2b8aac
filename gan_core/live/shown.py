"""What is to be seen of a run: its state, its snapshots and its frames."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from gan_core.diagnosis.report import Report
from gan_core.live.frame_builder import FrameBuilder
from gan_core.live.snapshot_worker import SnapshotWorker
from gan_core.live.status import State
from gan_core.record.frame import Playing
from gan_core.record.snapshot import Which
from gan_core.training import Trainer
from gan_core.training.snapshots import Moment

_ENDED: Final = ("diverged", "error")


@dataclass
class Tempo:
    """What all engines of one transport share.

    Attributes:
        pace: Steps a second at most, or None.
        stop_at: Step after which it pauses, or None.
        place: Place in the queue for a slot, from 1; 0 if there is nothing to wait for.
    """

    pace: float | None = None
    stop_at: int | None = None
    place: int = 0


class Shown:
    """A run as far as it is seen; `Engine` is the rest of it.

    Args:
        preset: Name of the preset that it came from, or "".
        tempo: Of its transport.
        name: Of the camera's thread.
        observe: Called with the trainer whenever a snapshot is taken; must be quick.
        on_frame: Called with run, step and bytes of every new frame, on any thread.

    Attributes:
        preset: As given, or what was asked for later.
        state: What the run is doing.
        message: What happened and what to try, or "".
        run: Number of this run among the restarts, from 1.
        want: True if somebody waits for a newer frame.
        which: Whose samples to show.
        builder: Its frames and scores.
        trainer: The trainer, or None before the first run is built.
        seconds: Time spent playing this run.
    """

    def __init__(
        self,
        preset: str,
        tempo: Tempo,
        name: str,
        observe: Callable[[Trainer], None],
        on_frame: Callable[[int, int, bytes], None] | None,
    ) -> None:
        self.preset = preset
        self.state: State = "paused"
        self.message = "Preparing the data."
        self.run = 0
        self.want = True
        self.which: Which = "ema"
        self.builder = FrameBuilder()
        self.trainer: Trainer | None = None
        self.seconds = 0.0
        self._tempo, self._observe, self._on_frame = tempo, observe, on_frame
        self._snapshots = SnapshotWorker(name)
        self._begin_showing()

    def _begin_showing(self) -> None:
        """Forget what was seen of the last run."""
        self.builder.begin_run()
        self.seconds = 0.0
        self._phase = ""
        self._lone = 0
        self._looked: tuple[int, int, int, str] | None = None
        self._dirty = False

    @property
    def ended(self) -> bool:
        """True if the run cannot go on: playing on from NaN would stay NaN."""
        return self.state in _ENDED

    def enter(self, state: State) -> None:
        """Change the state; a run that stands shows where."""
        self.state = state
        if state == "playing":
            self.message = ""
            self.builder.begin_playing()
        stands = state == "paused" and self.trainer is not None
        if stands and self.picture_is_old:
            self.look()
        self.publish()
        if stands:  # last: whoever paused waits for the picture
            self.show_observers()

    def say(self, message: str) -> None:
        """Have something said in the next frame."""
        self.message = message
        self._dirty = True

    def show(self, which: Which) -> None:
        """Show the samples of this generator."""
        self.which = which
        self._dirty = True

    def report(self, found: Report) -> None:
        """Take in metrics and findings; those of an earlier run are dropped."""
        if found.run == self.run:
            self.builder.report(found)
            self._dirty = True

    def touch(self) -> None:
        """Have a frame built soon: what stands around the run has changed."""
        self._dirty = True

    def fail(self, message: str) -> None:
        """End the run, saying why."""
        self.message = message
        self.state = "error"
        self.publish()

    @property
    def busy(self) -> bool:
        """True while a picture is in the works."""
        return self._snapshots.busy

    @property
    def picture_is_old(self) -> bool:
        """True if the newest snapshot is not of this moment."""
        trainer = self.trainer
        if trainer is None:
            return False
        return self.builder.snapshot is None or self._looked != self._sight(trainer)

    def rest(self) -> None:
        """Show what has changed while the run stands."""
        stale = self.state == "paused" and self.picture_is_old
        if stale:
            self.look()
        if stale or self._dirty:
            self.publish()
        if stale:
            self.show_observers()

    def look(self) -> None:
        """Take a snapshot, and wait for it."""
        trainer = self.trainer
        assert trainer is not None
        self._snapshots.settle()
        self.want = False
        self._looked = self._sight(trainer)
        self.builder.take(trainer.snapshot(self.which))  # if it cannot, the next step says that the run diverged

    def glance(self) -> None:
        """Have the camera make a snapshot and its frame while the training goes on."""
        trainer = self.trainer
        assert trainer is not None
        self.want = self._dirty = False
        self._looked = self._sight(trainer)
        state = self._header()

        def show(moment: Moment, snapshot: Any) -> None:
            self.builder.take(snapshot)
            self.builder.publish(state, moment)
            self._tell(moment.step)

        self._snapshots.shoot(self.which, show)
        self.show_observers()

    def show_observers(self) -> None:
        """Let the observers see the run."""
        if self.trainer is not None:
            self._observe(self.trainer)

    def publish(self) -> None:
        """Build the frame: the newest snapshot, and the run's state."""
        self._snapshots.settle()
        self._dirty = False
        trainer = self.trainer
        self.builder.publish(self._header(), None if trainer is None else trainer.moment(self.which))
        if trainer is not None:
            self._tell(trainer.step_count)

    def _sight(self, trainer: Trainer) -> tuple[int, int, int, str]:
        """What tells one picture from another."""
        return self.run, trainer.step_count, self._lone, self.which

    def _tell(self, step: int) -> None:
        newest = self.builder.frame
        if self._on_frame is not None and newest is not None:
            self._on_frame(self.run, step, newest[1])

    def _header(self) -> Playing:
        return {
            "run": self.run,
            "state": self.state,
            "message": self.message,
            "position": self._tempo.place,
            "phase": self._phase,
            "pace": self._tempo.pace,
            "stop_at": self._tempo.stop_at,
            "seconds": self.seconds,
            "preset": self.preset,
        }
