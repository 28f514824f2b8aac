"""Commands of a visitor, as values, and their effect on the run; knows nothing of Streamlit.

A view sends ``{"name": …, "value": …, "n": …}``, and a browser may send anything: `parse` makes it one of the models of
`Command`, or None. `carry_out` acts on a visit and returns what is left to do on the page.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)

from gan_core import ConfigError, GanExplorerError
from gan_core.config import is_live
from gan_core.live import commands as do
from pages.ui.changes import change, open_preset
from pages.ui.effects import Effects, Notify, Redraw
from pages.ui.presence import Guest, Visit

MAX_STEP: Final = 1_000_000_000
MAX_CURES: Final = 10
MAX_SIDES: Final = 4
MAX_NAME: Final = 40
"""Characters of a direction's name."""
MAX_BEFORE: Final = 16
"""Requests that may come again with the newest one."""


# -- values --------------------------------------------------------------------------------------------------


def _as_whole(value: Any) -> int:
    """Take a whole number as JavaScript writes it, 5 or 5.0."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or (isinstance(value, float) and not value.is_integer()):  # NaN and infinity are none either
        raise ValueError("a whole number is allowed")
    return int(value)


def _as_name(text: str) -> str:
    name = text.strip()
    if not text.isprintable() or not 0 < len(name) <= MAX_NAME:
        raise ValueError(f"1 to {MAX_NAME} characters that can be printed are allowed")
    return name


Whole = Annotated[int, BeforeValidator(_as_whole)]


class _Request(BaseModel):
    """One click.

    Attributes:
        n: Grows with every click, so that one click acts once, however often it arrives.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", allow_inf_nan=False)

    n: Annotated[Whole, Field(ge=0, lt=2**53)]


class Plain(_Request):
    """A command without a value: play, pause, make a step or a lone update, begin again, or from the next seed."""

    name: Literal["play", "pause", "step", "step_d", "step_g", "reset", "new_seed"]
    value: None = None


class Pace(_Request):
    """Steps a second at most; None for full speed."""

    name: Literal["pace"] = "pace"
    value: Annotated[float, Field(gt=0, le=1000)] | None = None


class StopAt(_Request):
    """The step after which the run pauses; None for never."""

    name: Literal["stop_at"] = "stop_at"
    value: Annotated[Whole, Field(ge=1, le=MAX_STEP)] | None = None


class Branch(_Request):
    """Go on from the last kept state of this step or before."""

    name: Literal["branch"] = "branch"
    value: Annotated[Whole, Field(ge=0, le=MAX_STEP)]


class TryCure(_Request):
    """Branch with one of the cures of the gravest finding, by its place among them."""

    name: Literal["cure"] = "cure"
    value: Annotated[Whole, Field(ge=0, lt=MAX_CURES)]


class PauseAtFailure(_Request):
    """Tell whether the run pauses by itself as soon as a failure is found in it."""

    name: Literal["alarm"] = "alarm"
    value: bool


class Follow(_Request):
    """Let others follow the run, or end that."""

    name: Literal["follow"] = "follow"
    value: bool


class Point(_Request):
    """Point at a panel for those who follow; None to point at nothing."""

    name: Literal["point"] = "point"
    value: Annotated[str, StringConstraints(pattern=r"^[a-z-]{1,24}$")] | None = None


class Ended(_Request):
    """Tell that the run has ended with an error: what was saved of it may be on offer."""

    name: Literal["ended"] = "ended"
    value: None = None


class OpenPreset(_Request):
    """Start the run of a preset, by its name."""

    name: Literal["open"] = "open"
    value: Annotated[str, StringConstraints(min_length=1, max_length=64)]


class OneSide(_Request):
    """Open a side of the comparison on the Train page, or take it away; sides count from 0."""

    name: Literal["take", "remove"]
    value: Annotated[Whole, Field(ge=0, lt=MAX_SIDES)]


class SaveDirection(_Request):
    """Save a direction of the latent space with the run, or forget it where the vector is ""."""

    name: Literal["save"] = "save"
    direction: Annotated[str, AfterValidator(_as_name)]
    vector: Annotated[str, StringConstraints(pattern=r"^(z[A-Za-z0-9_-]{4,4096})?$")]


Command = Annotated[
    Plain
    | Pace
    | StopAt
    | Branch
    | TryCure
    | PauseAtFailure
    | Ended
    | Follow
    | Point
    | OpenPreset
    | OneSide
    | SaveDirection,
    Field(discriminator="name"),
]
"""All that a visitor can ask for."""

LESSON: Final = frozenset({"play", "pause", "step", "pace"})
"""Commands of a lesson's live view."""
_BOTH: Final = LESSON | {"reset", "new_seed", "stop_at"}
LIVE: Final = _BOTH | {"step_d", "step_g", "open", "branch", "cure", "alarm", "ended", "follow", "point"}
"""Commands of the live view."""
LAB: Final = _BOTH | {"take", "remove"}
"""Commands of the sides of a comparison."""
AT_ONCE: Final = frozenset({"play", "pause", "step", "pace", "stop_at", "alarm", "point"})
"""Commands that leave the page's form, address and texts as they are: they need no script, and have a route."""
BUSY: Final = 0.25
"""Seconds for which one of these waits for what is being done; then it goes by the script, behind that."""

PLAIN: Final[Mapping[str, do.RunCommand[None]]] = {
    "play": do.Play(),
    "pause": do.Pause(),
    "step": do.Step(),
    "step_d": do.Step("d"),
    "step_g": do.Step("g"),
    "reset": do.Reset(),
}
"""Run commands that need no value."""

_COMMANDS: Final[TypeAdapter[Command]] = TypeAdapter(Command)


# -- parsing -------------------------------------------------------------------------------------------------


def parse(raw: Any, allowed: Collection[str] = LIVE) -> Command | None:
    """Turn what a browser sent into a command.

    Args:
        raw: Trigger value of a component; it may be anything.
        allowed: Names of the commands that this component may send.

    Returns:
        The command, or None if it is none.
    """
    if not isinstance(raw, Mapping) or not isinstance(raw.get("name"), str) or raw["name"] not in allowed:
        return None
    try:
        return _COMMANDS.validate_python(dict(raw))
    except ValidationError:
        return None


def parse_all(raw: Any, allowed: Collection[str] = LIVE) -> list[Command]:
    """Turn a trigger value into commands, oldest first: the newest, and those before it that may not have arrived.

    Args:
        raw: Trigger value of a component; ``before`` holds the earlier requests. Streamlit keeps one value of a
            trigger, so that of two that come while it is busy it drops the first.
        allowed: Names of the commands that this component may send.
    """
    before = raw.get("before") if isinstance(raw, Mapping) else None
    several = [*(before[:MAX_BEFORE] if isinstance(before, list) else []), raw]
    return [command for command in (parse(one, allowed) for one in several) if command is not None]


def parse_save(raw: Any) -> SaveDirection | None:
    """Turn what the Latent page's component sent, ``{name, vector, n}``, into a command, or None if it is none."""
    if not isinstance(raw, Mapping):
        return None
    command = parse(
        {"name": "save", "direction": raw.get("name"), "vector": raw.get("vector"), "n": raw.get("n")}, ("save",)
    )
    return command if isinstance(command, SaveDirection) else None


# -- what each does to a run ---------------------------------------------------------------------------------


def carry_out(visit: Visit, command: Command, *, keep_learned: bool = False) -> Effects:
    """Do what a visitor asked for; a click that has come before does nothing.

    Args:
        visit: Whose run.
        command: What was asked for.
        keep_learned: As for `pages.ui.changes.change`.

    Returns:
        What is left to do on the page; what cannot be done is said.
    """
    with visit.acting:
        if not visit.is_new(command.n):
            return ()
        try:
            return _carry_out(visit, command, keep_learned=keep_learned)
        except GanExplorerError as error:
            return Notify(str(error)), Redraw()


def carry_out_at_once(visit: Visit, command: Command) -> bool:
    """Do one of `AT_ONCE` without the page's script; see `at_once`."""
    return at_once(visit, command, lambda: _carry_out(visit, command))


def at_once(guest: Guest, command: Command, act: Callable[[], object]) -> bool:
    """Do what a visitor asked for without the page's script, unless this or a later click has come before.

    Args:
        guest: Whose run.
        command: What was asked for.
        act: Does it, and leaves nothing to do on the page.

    Returns:
        False if nothing was done: it is not allowed, which the script says in words, or another thing is being done.
    """
    if guest.scripted or not guest.acting.acquire(timeout=BUSY):
        return False
    try:
        if command.n > guest.newest:
            act()
            guest.is_new(command.n)
        return True
    except GanExplorerError:
        return False
    finally:
        guest.acting.release()


def _carry_out(visit: Visit, command: Command, *, keep_learned: bool = False) -> Effects:
    run = visit.run
    match command:
        case Plain(name="new_seed"):
            seed = {"seed": (run.status().config.seed + 1) % 2**31}
            return (*change(visit, seed, keep_learned=keep_learned), Redraw())
        case Plain(name=name):
            run.send(PLAIN[name])
            if name in ("step_d", "step_g"):
                run.flush()  # the link is to name it
            return (Redraw(),) if name in ("reset", "step_d", "step_g") else ()
        case Pace(value=pace):
            run.send(do.SetPace(pace))
        case StopAt(value=step):
            now = run.status().step
            if step is not None and step <= now:
                raise ConfigError(f"The run is at step {now:,} already: stop at a later step, or reset it first")
            run.send(do.SetStopAt(step))
        case Branch(value=step):
            return go_on_from(visit, step)
        case TryCure(value=index):
            return try_cure(visit, index)
        case PauseAtFailure(value=on):
            run.send(do.PauseAtFailure(on))
        case Follow(value=on):
            if on:
                visit.leads.open(visit)
            else:
                visit.leads.end(visit)
        case Point(value=panel):
            visit.point = panel or ""
        case Ended():
            return (Redraw(),) if run.lost else ()
        case OpenPreset(value=name):
            return (*open_preset(visit, name), Redraw())
        case SaveDirection(direction=direction, vector=vector):
            run.send(do.NameDirection(direction, vector))
            run.flush()
    return ()


def go_on_from(visit: Visit, step: int) -> Effects:
    """Replace the run by one that goes on from its last kept state of that step or before."""
    found = visit.run.send(do.GoOn(step))
    if found is None:
        return Notify("Nothing is kept of this run yet."), Redraw()
    return Notify(f"This run goes on from step {found:,}; what came later is gone."), Redraw()


def try_cure(visit: Visit, index: int) -> Effects:
    """Branch the run with one of the changes that its diagnosis suggests.

    A change that may come live goes on from the last state kept before the failure began; any other begins the run
    anew from the same seed. It plays.
    """
    from gan_core.diagnosis import describe

    run, now = visit.run, visit.run.status()
    if not now.findings or index >= len(now.findings[0].cures):
        return Notify("There is nothing to cure any more."), Redraw()
    changes = now.findings[0].cures[index]
    config = now.config.changed(changes)
    live = all(is_live(path) for path in now.config.differences(config))
    found = run.send(do.GoOn(now.findings[0].since_step)) if live else None
    if found is None:
        run.send(do.Restart(config))
        words = "from the beginning, with the same seed"
    else:
        run.flush()
        run.send(do.Retune(changes))
        run.flush()  # the link is to name the step at which it happened
        words = f"from step {found:,}"
    run.send(do.Play())
    return Notify(f"A branch {words}, with {describe(changes)}."), Redraw()


def saved_directions(visit: Visit) -> list[dict[str, str]]:
    """List the directions that were named in a run, oldest first, with their vectors as text."""
    named: dict[str, str] = {}
    for done in visit.run.status().interventions:
        if done.name:
            named[done.name] = done.vector
    return [{"name": name, "vector": vector} for name, vector in named.items() if vector]
