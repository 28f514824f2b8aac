"""Display of a run: its newest snapshot, its newest frame, and whether they are up to date."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gan_core.live.clock import WALL
from gan_core.live.frame_builder import FrameBuilder
from gan_core.live.snapshot_worker import SnapshotWorker
from gan_core.record.frame import Playing
from gan_core.record.snapshot import Snapshot, Which
from gan_core.training import Trainer
from gan_core.training.snapshots import Moment


@dataclass
class Tempo:
    """Values that all runs of one driver share.

    Attributes:
        pace: Steps a second at most, or None.
        stop_at: Step after which it pauses, or None.
        place: Place in the queue for a slot, from 1; 0 if there is nothing to wait for.
        n_runs: Runs that are trained in turn.
    """

    pace: float | None = None
    stop_at: int | None = None
    place: int = 0
    n_runs: int = 1


Sight = tuple[int, ...]
"""Key of a picture: number of the run, step, lone updates."""


class Display:
    """Snapshot and frame of one run; used on its thread, but for what can be read from any.

    Args:
        thread: Name of a thread that makes snapshots while the training goes on; "" to make them at once.
        on_frame: Called with run, step and bytes of every new frame, on any thread.
        clock: The time.

    Attributes:
        builder: Builds the frames.
        wanted: True if somebody waits for a newer frame.
        looked_at: When somebody last asked for a frame.
        which: Whose samples to show.
        stale: True if what stands around the picture has changed: a frame will be built soon.
    """

    def __init__(
        self,
        thread: str = "",
        on_frame: Callable[[int, int, bytes], None] | None = None,
        clock: Callable[[], float] = WALL,
    ) -> None:
        self.builder = FrameBuilder(clock)
        self.wanted = True
        self.looked_at = clock()
        self.which: Which = "ema"
        self.stale = False
        self._worker, self._on_frame = SnapshotWorker(thread), on_frame
        self._seen: tuple[Sight, Which] | None = None

    def clear(self) -> None:
        """Forget the last run; its picture stays until there is a new one."""
        self._worker.settle()
        self.builder.begin_run()
        self._seen, self.stale = None, False

    def aim(self, trainer: Trainer) -> None:
        """Show this trainer from now on."""
        self._worker.aim(trainer)

    @property
    def busy(self) -> bool:
        """True while a snapshot is being made."""
        return self._worker.busy

    def is_of(self, sight: Sight) -> bool:
        """Tell whether the newest snapshot is of this moment."""
        return self.builder.snapshot is not None and self._seen == (sight, self.which)

    def look(self, trainer: Trainer, sight: Sight) -> None:
        """Make a snapshot, and wait for it."""
        self._worker.settle()
        self.wanted = False
        self._seen = sight, self.which
        self.builder.take(trainer.snapshot(self.which))  # if it cannot, the next step says that the run diverged

    def glance(self, header: Playing, sight: Sight) -> None:
        """Make a snapshot and its frame while the training goes on.

        Args:
            header: The run's state, for the frame.
            sight: Of this moment.
        """
        self.wanted = self.stale = False
        self._seen = sight, self.which

        def show(moment: Moment, snapshot: Snapshot) -> None:
            self.builder.take(snapshot)
            self.builder.publish(header, moment)
            self._pass_on(header["run"], moment.step)

        self._worker.shoot(self.which, show)

    def publish(self, header: Playing, trainer: Trainer | None) -> None:
        """Build the frame: the newest snapshot, and the run's state."""
        self._worker.settle()
        self.stale = False
        self.builder.publish(header, None if trainer is None else trainer.moment(self.which))
        if trainer is not None:
            self._pass_on(header["run"], trainer.step_count)

    def close(self) -> None:
        """Free the frame and the snapshot, and end the thread."""
        self._worker.close()
        self.builder.release()

    def _pass_on(self, run: int, step: int) -> None:
        newest = self.builder.frame
        if self._on_frame is not None and newest is not None:
            self._on_frame(run, step, newest[1])
