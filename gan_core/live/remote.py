"""The handle of a run in a host process: every call goes there, but for what is known here.

If the host has ended (out of memory, a crash in a library), the run is in state "error" with a sentence, and keeps its
last picture; what begins a run (play, reset, restart, a file) begins it anew in another host. Importable without torch.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

import numpy as np

from gan_core.config import Intervention
from gan_core.errors import CheckpointError, ConfigError
from gan_core.live import commands as do
from gan_core.live.clock import wait
from gan_core.live.commands import RunCommand
from gan_core.live.handle import LockstepSpec, Question, RunHandle, RunSpec
from gan_core.live.line import LineLostError
from gan_core.live.status import RunStatus
from gan_core.record import frame as frames
from gan_core.record.snapshot import Which

if TYPE_CHECKING:
    from gan_core.live.hosts import HostProcess, Hosts

R = TypeVar("R")

LOST: Final = (
    "The process that trained this run has ended, as it does when memory runs out. Reset starts it afresh; what was "
    "saved last is offered on the Train page and under Runs."
)

_BEGINS: Final = (do.Play, do.Step, do.Reset, do.Restart, do.OpenRecorded, do.OpenFile)
_BEGINS_SIDES: Final = (do.Play, do.Step, do.Reset, do.RestartSides, do.ChangeSide, do.AddSide, do.RemoveSide)
_LASTING: Final = (do.SetPace, do.PauseAtFailure)
"""Commands whose newest one holds for whatever the handle plays."""


class RemoteRun(RunHandle):
    """A run, or several in lockstep, in another process.

    Args:
        spec: What was opened.
        hosts: Finds another host if this one ends.
        host: Where it is.
        number: Its number there.
        sides: What was said of it when it was opened.

    Attributes:
        host: As given, or the host that has it now.
    """

    def __init__(
        self,
        spec: RunSpec | LockstepSpec,
        hosts: Hosts,
        host: HostProcess,
        number: int,
        sides: tuple[RunStatus, ...],
    ) -> None:
        self._spec, self._hosts = spec, hosts
        self._lock = threading.RLock()
        self._lasting: dict[type, RunCommand[Any]] = {}
        self._closing = self._dead = False
        self._drawn: bytes | None = None
        self._settle(host, number, sides)

    def _settle(self, host: HostProcess, number: int, sides: tuple[RunStatus, ...]) -> None:
        """Be the handle of this run from now on."""
        self.host, self._number, self._known = host, number, sides
        self._dead = False
        self._end = weakref.finalize(self, host.drop, number)  # at any moment, on any thread: it waits for nothing

    # -- what can be read ------------------------------------------------------------------------------------

    @property
    def sides(self) -> tuple[RunStatus, ...]:
        """All runs now."""
        return self._asked("sides", else_=None) or self._known

    def status(self, side: int = 0) -> RunStatus:
        """Return the run's status now."""
        return self.sides[side]

    @property
    def closed(self) -> bool:
        """True when the run has ended for good; it costs nothing."""
        return self._closing and (self._dead or self.host.has_ended(self._number))

    @property
    def lost(self) -> bool:
        """True if its host has ended, until the run is begun anew."""
        return self._dead or self.host.lost

    def frame(self, since: int = -1, which: Which = "ema") -> bytes | None:
        """Return the newest frame."""
        return self._drawing(self._asked("frame", since, which, else_=None), since)

    def shown(self, since: int = -1, which: Which = "ema", timeout: float = 0.5) -> bytes | None:
        """Wait until the newest frame shows what was done, and return it."""
        return self._drawing(self._asked("shown", since, which, timeout, else_=None), since)

    def _drawing(self, found: bytes | None, since: int) -> bytes | None:
        """Keep a frame that came; in place of one that did not come from a host that has ended, return its last."""
        if found is not None:
            self._drawn = found
        elif self._dead and not self._closing:
            last = self._drawn
            return last if last is not None and frames.decode(last)[0]["serial"] != since else None
        return found

    def kept(self, at: int) -> bytes | None:
        """Return the kept frame of a step."""
        found: bytes | None = self._asked("kept", at, else_=None)
        return found

    def contents(self) -> Mapping[str, Any]:
        """Tell what the time machine can show."""
        none = {"run": self._known[0].run, "frames": [], "states": [], "best": None}
        found: Mapping[str, Any] = self._asked("contents", else_=none)
        return found

    # -- what can be done ------------------------------------------------------------------------------------

    def send(self, command: RunCommand[R], *, patience: float = 0.0) -> R:
        """Give a command."""
        if isinstance(command, do.Close):
            self.close()
            return cast(R, None)
        if isinstance(command, _LASTING):
            self._lasting[type(command)] = command
        if self._closing:
            return cast(R, None)
        if not self._dead:
            try:
                result, self._known = self.host.line.call("send", self._number, command, patience)
                return cast(R, result)
            except LineLostError:
                self._die()
        return cast(R, self._begin_anew(command))

    def ask(self, question: Question[R]) -> R:
        """Have a question answered where the run is."""
        if self._closing:
            raise CheckpointError("this run has ended")
        if not self._dead:
            try:
                return cast(R, self.host.line.call("ask", self._number, question))
            except LineLostError:
                self._die()
        raise CheckpointError(LOST)

    def flush(self, timeout: float = 1.0) -> bool:
        """Wait until every command given so far is taken."""
        return bool(self._asked("taken", timeout, else_=False))

    def wait(self, ready: Callable[[RunStatus], bool], timeout: float = 30.0) -> bool:
        """Wait until ``ready`` holds of the first run's status."""
        return wait(lambda: ready(self.status()), timeout)

    def close(self) -> None:
        """End the run."""
        self._closing = True
        self._end()

    def join(self, timeout: float) -> None:
        """Wait for its end."""
        self.host.wait_for(self._number, timeout)

    # -- inside ----------------------------------------------------------------------------------------------

    def _asked(self, verb: str, *args: Any, else_: Any) -> Any:
        """Ask for something of a run that is there."""
        if self._closing:
            ended = self._dead or self.host.has_ended(self._number)
            self._known = (
                tuple(replace(s, state="closed", playing=False) for s in self._known) if ended else self._known
            )
            return else_
        if not self._dead:
            try:
                found = self.host.line.call(verb, self._number, *args)
            except LineLostError:
                self._die()
            else:
                if verb == "sides":
                    self._known = found
                return found
        return else_

    def _die(self) -> None:
        """Note that the host has ended."""
        with self._lock:
            if self._dead:
                return
            self._dead = True
            self._end.detach()
            known = tuple(replace(s, state="error", playing=False, message=LOST) for s in self._known)
            self._known = known
            self._drawn = last_words(self._drawn or bare(self._spec, known), known)
        self.host.lose()

    def _begin_anew(self, command: RunCommand[Any]) -> Any:
        """Obey without a host: what begins a run has it opened in another one."""
        spec = self._spec
        if isinstance(command, do.GoOn):
            return None
        if isinstance(command, do.SetOwner) and isinstance(spec, RunSpec):
            self._spec = replace(spec, owner=command.owner)
        if not isinstance(command, _BEGINS if isinstance(spec, RunSpec) else _BEGINS_SIDES):
            if isinstance(command, do.Retune | do.NameDirection):
                raise ConfigError(LOST)
            return None
        with self._lock:
            if self._dead:
                self._spec = self._next(command)
                self._settle(*self._hosts.enter(self._spec))
        for lasting in self._lasting.values():
            self.send(lasting)
        done = isinstance(command, do.Reset | do.Restart | do.RestartSides)  # by having opened it
        return None if done else self.send(command)

    def _next(self, command: RunCommand[Any]) -> RunSpec | LockstepSpec:
        """Describe the run to open in place of the lost one."""
        seed = {"seed": command.seed} if isinstance(command, do.Reset) and command.seed is not None else {}
        configs = [side.config.changed(seed) for side in self._known]
        preset: str | None = self._known[0].preset
        interventions: Sequence[Intervention] = ()
        if isinstance(command, do.Restart):
            configs, interventions = [command.config], command.interventions
        if isinstance(command, do.RestartSides):
            configs = list(command.configs)
        if isinstance(command, do.Restart | do.RestartSides) and command.preset is not None:
            preset = command.preset
        if isinstance(self._spec, LockstepSpec):
            return replace(self._spec, configs=configs, preset=preset or "", play=False)
        return replace(
            self._spec,
            config=configs[0],
            interventions=interventions,
            preset=preset or "",
            play=False,
            recorded="",
            source=self._spec.source if isinstance(command, do.Play | do.Step | do.Reset) else None,
            n_before=self._known[0].run,
        )


def bare(spec: RunSpec | LockstepSpec, known: tuple[RunStatus, ...]) -> bytes:
    """Make the frame of a run, or the set of frames of several, that nobody has looked at yet."""
    found = []
    for side in known:
        header: frames.BareHeader = {
            "run": side.run,
            "state": side.state,
            "message": side.message,
            "position": 0,
            "phase": "",
            "pace": None,
            "stop_at": None,
            "seconds": side.seconds,
            "preset": side.preset,
            "serial": 0,
            "steps_per_second": 0.0,
            "metrics": {},
            "metrics_step": 0,
            "found_step": 0,
            "lost": "",
            "step": side.step,
        }
        found.append(frames.encode(header, {}))
    if isinstance(spec, RunSpec):
        return found[0]
    first = known[0]
    common: frames.SetHeader = {
        "serial": 0,
        "state": first.state,
        "step": first.step,
        "pace": None,
        "stop_at": None,
        "position": 0,
    }
    return frames.encode(common, {f"side_{i}": np.frombuffer(one, np.uint8) for i, one in enumerate(found)})


def last_words(frame: bytes, known: tuple[RunStatus, ...]) -> bytes:
    """Make the last frame of a run whose host has ended: the picture that there was, and the sentence.

    Args:
        frame: The last one that came, or a set of them.
        known: What is said of its runs now.
    """
    header, arrays = frames.decode(frame)
    header |= {"serial": header["serial"] + 1, "state": known[0].state}
    if "side_0" not in arrays:
        header |= {"message": known[0].message, "position": 0, "steps_per_second": 0.0}
        return frames.encode(header, arrays)
    parts = [
        np.frombuffer(last_words(arrays[f"side_{i}"].tobytes(), (side,)), np.uint8) for i, side in enumerate(known)
    ]
    return frames.encode(header, {f"side_{i}": part for i, part in enumerate(parts)})
