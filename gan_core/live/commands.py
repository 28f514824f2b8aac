"""Commands to a run, as frozen plain values; torch-free.

`gan_core.live.handle.RunHandle.send` takes them. A command's type parameter is what `send` returns: most return None, a
few a plain value. What is not allowed raises a `GanExplorerError` at once, and the run stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar

from gan_core.config import Change, Intervention, Origin, RunConfig
from gan_core.record.run_card import Clock

R_co = TypeVar("R_co", covariant=True)


@dataclass(frozen=True)
class RunCommand(Generic[R_co]):
    """Base of all commands; `R_co` is what sending one returns."""


@dataclass(frozen=True)
class Play(RunCommand[None]):
    """Train on, when a slot is free."""


@dataclass(frozen=True)
class Pause(RunCommand[None]):
    """Stop after the step in hand."""


@dataclass(frozen=True)
class Step(RunCommand[None]):
    """Pause, and make one step or one lone update.

    Attributes:
        what: "step" for a whole step, "d" or "g" for one update of that player.
    """

    what: Literal["step", "d", "g"] = "step"


@dataclass(frozen=True)
class Suspend(RunCommand[None]):
    """Stop playing because the visitor is away; `Resume` goes on."""


@dataclass(frozen=True)
class Resume(RunCommand[None]):
    """Go on after `Suspend`."""


@dataclass(frozen=True)
class Close(RunCommand[None]):
    """End the run and free its memory."""


@dataclass(frozen=True)
class SetPace(RunCommand[None]):
    """Limit the speed.

    Attributes:
        steps_per_second: 0.1 to 1000, or None for full speed.
    """

    steps_per_second: float | None


@dataclass(frozen=True)
class SetStopAt(RunCommand[None]):
    """Pause when a step is done.

    Attributes:
        step: From 1, or None for never.
    """

    step: int | None


@dataclass(frozen=True)
class Retune(RunCommand[None]):
    """Change live settings.

    Attributes:
        changes: Path to value, as for `RunConfig.change`, or a change that is validated already.
    """

    changes: Mapping[str, Any] | Change


@dataclass(frozen=True)
class Restart(RunCommand[Origin | None]):
    """Start a new run in place of this one; it plays if this one was playing.

    Sending it returns where the new run's first weights are from, or None for fresh ones.

    Attributes:
        config: What to train.
        interventions: What was done to the run that the new one is to repeat.
        preset: Where the config came from; None for that of this run.
        keep_learned: True to begin with this run's weights, as far as they fit.
    """

    config: RunConfig
    interventions: Sequence[Intervention] = ()
    preset: str | None = None
    keep_learned: bool = False


@dataclass(frozen=True)
class Reset(RunCommand[None]):
    """Begin again with the settings as they are now.

    Attributes:
        seed: Another seed, or None for the same numbers.
    """

    seed: int | None = None


@dataclass(frozen=True)
class GoOn(RunCommand[int | None]):
    """Replace the run by one that goes on from a kept state.

    Sending it returns that state's step, or None if nothing is kept yet.

    Attributes:
        step: The last kept state of this step or before is taken.
    """

    step: int


@dataclass(frozen=True)
class OpenRecorded(RunCommand[int]):
    """Replace the run by one at the end of a recorded run; sending it returns that run's steps.

    Attributes:
        name: One of `gan_core.storage.bundled.RECORDED`.
    """

    name: str


@dataclass(frozen=True)
class OpenFile(RunCommand[int]):
    """Replace the run by the one in a file, which goes on; sending it returns the file's step.

    Attributes:
        content: Of a checkpoint file.
        clock: When which step was reached, if that is known.
    """

    content: bytes = field(repr=False)
    clock: Clock = ()


@dataclass(frozen=True)
class NameDirection(RunCommand[None]):
    """Keep a named direction of the latent space with the run.

    Attributes:
        name: 1 to 40 characters.
        vector: Its numbers as text, or "" to forget it.
    """

    name: str
    vector: str


@dataclass(frozen=True)
class PauseAtFailure(RunCommand[None]):
    """Pause the run by itself when a failure is found in it that was not there before, or no longer.

    Attributes:
        on: Whether to.
    """

    on: bool


@dataclass(frozen=True)
class SetOwner(RunCommand[None]):
    """Say whom the saved run belongs to.

    Attributes:
        owner: As `gan_core.record.run_card.fingerprint` gives it, or "".
    """

    owner: str


# -- of several runs in lockstep -----------------------------------------------------------------------------


@dataclass(frozen=True)
class RestartSides(RunCommand[None]):
    """Start these runs in place of those in lockstep.

    Attributes:
        configs: One to four, of one seed and alike data.
        preset: Where they came from; None for that of the present ones.
    """

    configs: Sequence[RunConfig]
    preset: str | None = None


@dataclass(frozen=True)
class ChangeSide(RunCommand[bool]):
    """Change settings of one side; sending it returns True if all sides begin again.

    Attributes:
        side: From 0.
        changes: Path to value; data and seed are changed on all sides.
    """

    side: int
    changes: Mapping[str, Any]


@dataclass(frozen=True)
class AddSide(RunCommand[None]):
    """Add a side; all begin again.

    Attributes:
        config: What it trains.
    """

    config: RunConfig


@dataclass(frozen=True)
class RemoveSide(RunCommand[None]):
    """Take a side away; the others go on.

    Attributes:
        side: From 0.
    """

    side: int
