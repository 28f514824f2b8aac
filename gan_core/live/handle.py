"""The handle of a visitor's run: commands in, frames, answers and plain values out. All that pages know of a run.

Importable without torch, which comes with the first run that is opened (`gan_core.live.opened` plays it in this
process). Nothing on the surface is a live object of the training: a handle may as well stand for a run in another one.

A question that needs the run's networks (an export, an answer about the latent space) is a frozen value whose class
lives in the room that can answer it; `RunHandle.ask` calls its ``answer`` beside the run, with an `OpenRun`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from gan_core.config import Intervention, RunConfig
from gan_core.errors import CheckpointError
from gan_core.live.commands import RunCommand
from gan_core.live.status import RunStatus
from gan_core.record.snapshot import Snapshot, Which
from gan_core.record.timeline import Timeline

if TYPE_CHECKING:
    from gan_core.live.host import Host
    from gan_core.training import Trainer

R = TypeVar("R")
T_co = TypeVar("T_co", covariant=True)


class TrainerSource(Protocol):
    """A frozen value that makes the trainer of a special run, such as a lesson's."""

    def trainer(self, device: str) -> Trainer:
        """Make the trainer."""


@dataclass(frozen=True)
class RunSpec:
    """A run to be opened.

    Attributes:
        config: What to train.
        interventions: Interventions to repeat.
        preset: Name of the preset that it came from, or "".
        visitor: Whom it belongs to, for the queue of slots.
        key: Its name among the saved runs; "" if it is not to be saved.
        owner: Whom the saved run belongs to, see `gan_core.record.run_card.fingerprint`.
        play: True to play at once.
        recorded: Name of a recorded run to stand at the end of, in place of the config's beginning; or "".
        source: Makes the trainer, where a plain one will not do.
        n_before: Runs that had this key before: the new one is counted on from there.
    """

    config: RunConfig
    interventions: Sequence[Intervention] = ()
    preset: str = ""
    visitor: Hashable = None
    key: str = ""
    owner: str = ""
    play: bool = False
    recorded: str = ""
    source: TrainerSource | None = None
    n_before: int = 0


@dataclass(frozen=True)
class LockstepSpec:
    """One to four runs in lockstep, to be opened.

    Attributes:
        configs: What to train.
        preset: Name of the preset that they came from, or "".
        visitor: Whom they belong to, for the queue of slots.
        play: True to play at once.
    """

    configs: Sequence[RunConfig]
    preset: str = ""
    visitor: Hashable = None
    play: bool = False


class OpenRun(Protocol):
    """A run as a question sees it: where it trains, with its kept states.

    Attributes:
        memo: Whatever answers want to keep from one question to the next; it ends with the run.
    """

    memo: dict[Any, Any]

    def status(self, side: int = 0) -> RunStatus:
        """Return the run's status now."""

    def state(self, step: int | None = None, *, fresh: bool = False) -> tuple[int, Mapping[str, Any]]:
        """Find the last kept state (`Trainer.state_dict`) of a step or before, and its step.

        Args:
            step: The step; None for the newest.
            fresh: True to have a newer one taken soon, if the newest is some seconds old.

        Raises:
            CheckpointError: If nothing is kept yet.
        """

    def timeline(self) -> Timeline:
        """All that is kept of the run."""

    def contents(self) -> Mapping[str, Any]:
        """Tell the steps of what is kept, as `RunHandle.contents`."""

    def snapshot(self) -> Snapshot | None:
        """Return the newest snapshot."""

    def trainer(self) -> Trainer | None:
        """Return the trainer itself, to be read between steps alone, of a run that stands."""


class Question(Protocol[T_co]):
    """A frozen value that is answered where the run is."""

    def answer(self, run: OpenRun) -> T_co:
        """Answer with bytes or plain values.

        Raises:
            GanExplorerError: In one sentence: what is not allowed, or not there yet.
        """


class Errand(Protocol[T_co]):
    """A frozen value that is answered where runs are, and needs none of them."""

    def answer(self) -> T_co:
        """Answer with bytes or plain values.

        Raises:
            GanExplorerError: In one sentence: what is not allowed.
        """


class RunHandle(ABC):
    """One visitor's run, or one to four of them in lockstep."""

    @staticmethod
    def open(spec: RunSpec | LockstepSpec, host: Host) -> RunHandle:
        """Start a run.

        Args:
            spec: What to start.
            host: Where.

        Raises:
            GanExplorerError: In one sentence: what is not allowed, or not there.
        """
        from gan_core.live.opened import open_lockstep, open_run  # torch comes with it

        return open_run(spec, host) if isinstance(spec, RunSpec) else open_lockstep(spec, host)

    # -- what can be read ------------------------------------------------------------------------------------

    @property
    @abstractmethod
    def sides(self) -> tuple[RunStatus, ...]:
        """All runs now, in order; one, unless they are in lockstep."""

    @abstractmethod
    def status(self, side: int = 0) -> RunStatus:
        """Return the run's status now.

        Args:
            side: Which one of those in lockstep.
        """

    @property
    def closed(self) -> bool:
        """True when the run has ended for good."""
        return self.status().state == "closed"

    @property
    def lost(self) -> bool:
        """True if the process in which the run was has ended, until the run is begun anew."""
        return False

    @abstractmethod
    def frame(self, since: int = -1, which: Which = "ema") -> bytes | None:
        """Return the newest frame (`gan_core.record.frame`) and ask for a newer one.

        Args:
            since: Serial of the frame that the caller has.
            which: Whose samples to show in the next ones.

        Returns:
            The frame, in lockstep a set of them; None if the caller has the newest or there is none yet.
        """

    @abstractmethod
    def shown(self, since: int = -1, which: Which = "ema", timeout: float = 0.5) -> bytes | None:
        """Wait until the newest frame shows what the commands given so far have done, and return it.

        Args:
            since: As for `frame`.
            which: As for `frame`.
            timeout: Seconds after which whatever frame there is will do.
        """

    @abstractmethod
    def kept(self, at: int) -> bytes | None:
        """Return the kept frame of a step, or the last one before it; None if there is none."""

    @abstractmethod
    def contents(self) -> Mapping[str, Any]:
        """Tell what the time machine can show.

        Returns:
            ``run``, the steps of kept ``frames`` and ``states``, and ``best``: step, metric and value of the best
            scored state, or None.
        """

    # -- what can be done ------------------------------------------------------------------------------------

    @abstractmethod
    def send(self, command: RunCommand[R], *, patience: float = 0.0) -> R:
        """Give a command; it is taken between two steps.

        Args:
            command: What to do.
            patience: Seconds to wait until it is taken, as by `flush`.

        Returns:
            What the command's class says, most often None.

        Raises:
            GanExplorerError: In one sentence: what is not allowed; the run stays as it is.
        """

    @abstractmethod
    def ask(self, question: Question[R]) -> R:
        """Have a question answered where the run is; the run trains on meanwhile.

        Raises:
            GanExplorerError: In one sentence: what is not allowed, or not there yet.
        """

    @abstractmethod
    def flush(self, timeout: float = 1.0) -> bool:
        """Wait until every command given so far is taken; returns whether it was."""

    @abstractmethod
    def wait(self, ready: Callable[[RunStatus], bool], timeout: float = 30.0) -> bool:
        """Wait until ``ready`` holds of the (first) run's status; returns whether it does. For scripts and tests."""

    @abstractmethod
    def close(self) -> None:
        """End the run and free its memory."""

    @abstractmethod
    def join(self, timeout: float) -> None:
        """Wait at most ``timeout`` seconds for its end after `close`."""


def nothing_kept() -> CheckpointError:
    """Make the error of a run that is too young to be asked."""
    return CheckpointError("Nothing is kept of this run yet: let it make some steps")
