"""Runs that a driver of this process plays: one with its recorder, or several in lockstep."""

from __future__ import annotations

import weakref
from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from gan_core.diagnosis import Finding
from gan_core.errors import ConfigError
from gan_core.live import commands as do
from gan_core.live.clock import wait
from gan_core.live.commands import RunCommand
from gan_core.live.display import Tempo
from gan_core.live.driver import Driver
from gan_core.live.handle import LockstepSpec, OpenRun, Question, RunHandle, RunSpec, nothing_kept
from gan_core.live.lockstep import Lockstep
from gan_core.live.plan import Plan
from gan_core.live.recorder import Recorder
from gan_core.live.run import Run
from gan_core.live.status import RunStatus
from gan_core.record import frame as frame_format
from gan_core.record.frame import Verdict
from gan_core.record.snapshot import Snapshot, Which
from gan_core.record.timeline import Timeline
from gan_core.storage import checkpoint
from gan_core.storage.bundled import recorded
from gan_core.training import Trainer, learned

if TYPE_CHECKING:
    from gan_core.config import Origin
    from gan_core.live.host import Host
    from gan_core.live.monitor import Monitor

R = TypeVar("R")


def open_run(spec: RunSpec, host: Host) -> OpenedRun:
    """Start a run with a recorder."""
    opened = OpenedRun(spec, host)
    if spec.recorded:
        opened.send(do.OpenRecorded(spec.recorded))
    return opened


def open_lockstep(spec: LockstepSpec, host: Host) -> OpenedLockstep:
    """Start runs in lockstep."""
    opened = OpenedLockstep(spec, host)
    if spec.play:
        opened.send(do.Play())
    return opened


def _said(kept: tuple[int, bytes] | None, step: int) -> Verdict | None:
    """Read what a kept frame says of a run, if it is of this very step."""
    if kept is None or kept[0] != step:
        return None
    said: Verdict | None = frame_format.decode(kept[1])[0].get("verdict")
    return said


class Opened(RunHandle, OpenRun):
    """Common part of one run and of several in lockstep, as their page and as a question sees them (`OpenRun`).

    Args:
        driver: Plays them.

    Attributes:
        driver: As given.
    """

    def __init__(self, driver: Driver) -> None:
        self.driver = driver
        self.memo: dict[Any, Any] = {}

    @abstractmethod
    def _obey(self, command: RunCommand[Any]) -> Any:
        """Obey; returns what the command's class says."""

    def send(self, command: RunCommand[R], *, patience: float = 0.0) -> R:
        """Obey."""
        result = self._obey(command)
        if patience:
            self.driver.flush(patience)
        return cast(R, result)

    def ask(self, question: Question[R]) -> R:
        """Have a question answered."""
        return question.answer(self)

    def shown(self, since: int = -1, which: Which = "ema", timeout: float = 0.5) -> bytes | None:
        """Wait until the newest frame shows what was done, and return it."""
        self.driver.settle(timeout)
        return self.frame(since, which)

    def flush(self, timeout: float = 1.0) -> bool:
        """Wait until every command given so far is taken."""
        return self.driver.flush(timeout)

    def wait(self, ready: Callable[[RunStatus], bool], timeout: float = 30.0) -> bool:
        """Wait until ``ready`` holds of the first run's status."""
        return wait(lambda: ready(self.status()), timeout)

    def close(self) -> None:
        """End the thread."""
        self.driver.close()
        self.memo.clear()

    def join(self, timeout: float) -> None:
        """Wait for the thread's end."""
        self.driver.join(timeout)


class OpenedRun(Opened):
    """A run with its driver, its recorder and its monitor.

    Args:
        spec: What to run.
        host: What it shares with other runs.
    """

    def __init__(self, spec: RunSpec, host: Host) -> None:
        driver = Driver(Tempo(), slots=host.slots, memory=host.memory, visitor=spec.visitor, observed=True)
        super().__init__(driver)
        self._device = host.device
        self._recorder = Recorder(host.autosave if spec.key else None, spec.key, host.thumbnail)
        self._recorder.owner = spec.owner
        self._monitor: Monitor = host.monitor
        self._run = Run(
            spec.config,
            interventions=spec.interventions,
            preset=spec.preset,
            device=host.device,
            tempo=driver.tempo,
            thread=f"view-{driver.key}",
            observe=self._observe,
            on_frame=self._recorder.show,
        )
        self._run.run = spec.n_before
        driver.add(self._run)
        driver.playing = spec.play  # before the thread: what is to play is built when it has a slot
        driver.start()
        if spec.source is not None:
            self._adopt(spec.source.trainer(host.device), spec.preset)

    def _observe(self, trainer: Trainer) -> None:
        self._monitor(self._run, trainer)
        self._recorder(self._run, trainer)

    @property
    def sides(self) -> tuple[RunStatus, ...]:
        """The run, alone."""
        return (self.status(),)

    def status(self, side: int = 0) -> RunStatus:
        """Return the run's status now."""
        return self._run.status(playing=self.driver.playing)

    def frame(self, since: int = -1, which: Which = "ema") -> bytes | None:
        """Return the newest frame."""
        return self._run.frame(since, which)

    def kept(self, at: int) -> bytes | None:
        """Return the frame shown at a step."""
        found = self._recorder.frame(at)
        return None if found is None else found[1]

    def contents(self) -> Mapping[str, Any]:
        """Tell the steps of what is kept."""
        return self._recorder.contents()

    def state(self, step: int | None = None, *, fresh: bool = False) -> tuple[int, Mapping[str, Any]]:
        """Find the last kept state of a step or before."""
        if fresh:
            self._recorder.look()
        found = self._recorder.state(self._run.step_count if step is None else step)
        if found is None:
            raise nothing_kept()
        return found

    def timeline(self) -> Timeline:
        """All that is kept."""
        return self._recorder.past()

    def snapshot(self) -> Snapshot | None:
        """Return the newest snapshot."""
        return self._run.snapshot

    def trainer(self) -> Trainer | None:
        """Return the trainer itself."""
        return self._run.trainer

    def _obey(self, command: RunCommand[Any]) -> Any:
        match command:
            case do.Restart():
                return self._restart(command)
            case do.GoOn():
                return self._go_on(command.step)
            case do.OpenRecorded():
                return self._open_recorded(command.name)
            case do.OpenFile():
                return self._open_file(command)
            case do.PauseAtFailure():
                self._pause_at_failure(command.on)
            case do.SetOwner():
                self._recorder.owner = command.owner
            case do.RestartSides() | do.ChangeSide() | do.AddSide() | do.RemoveSide():
                raise ConfigError(f"{type(command).__name__} is for runs in lockstep; this is a single one")
            case _:
                if not self.driver.send(command):
                    self._run.handle(command)
        return None

    def _restart(self, command: do.Restart) -> Origin | None:
        state = self.driver.ask(self._run, Run.state_now, timeout=5.0) if command.keep_learned else None
        found = None if state is None else learned(state, command.config)
        begin_with = None if found is None or found.nothing else found
        self._run.begin(Plan.new(command.config, command.interventions, begin_with), command.preset)
        return None if found is None else found.origin

    def _go_on(self, step: int) -> int | None:
        found = self._recorder.state(step)
        if found is None:
            return None
        kept = self._recorder.frame(found[0])
        self._recorder.inherit(self._recorder.past(), self._run.initial_config, found[0])
        self._run.begin(Plan.of_state(found[1], said=_said(kept, found[0])))
        return found[0]

    def _open_recorded(self, name: str) -> int:
        recording = recorded(name)
        self.driver.send(do.Pause())
        self._recorder.inherit(recording.past, recording.config, recording.step)
        said = _said(recording.past.frames[-1] if recording.past.frames else None, recording.step)
        self._run.begin(Plan.of_state(recording.state, said=said), recording.name)
        return recording.step

    def _open_file(self, command: do.OpenFile) -> int:
        trainer = checkpoint.load(command.content, device=self._device)
        step = trainer.step_count
        self._recorder.inherit(Timeline(clock=command.clock), trainer.initial_config, step)
        self._adopt(trainer, checkpoint.summarise(command.content).preset)
        return step

    def _adopt(self, trainer: Trainer, preset: str) -> None:
        self._run.begin(Plan.of_state(trainer.state_dict(), trainer), preset)

    def _pause_at_failure(self, on: bool) -> None:
        driver = weakref.ref(self.driver)

        def pause(_: Finding) -> None:
            if (there := driver()) is not None:
                there.send(do.Pause())

        self._monitor.on_failure(self._run, pause if on else None)


class OpenedLockstep(Opened):
    """Runs in lockstep and their monitor; nothing of them is recorded.

    Args:
        spec: What to run.
        host: What they share with other runs.
    """

    def __init__(self, spec: LockstepSpec, host: Host) -> None:
        self._group = Lockstep(
            spec.configs,
            preset=spec.preset,
            slots=host.slots,
            memory=host.memory,
            visitor=spec.visitor,
            device=host.device,
            observers=(host.monitor,),
        )
        super().__init__(self._group.driver)

    @property
    def sides(self) -> tuple[RunStatus, ...]:
        """All runs in lockstep."""
        return tuple(self.status(i) for i in range(len(self._group.sides)))

    def status(self, side: int = 0) -> RunStatus:
        """Return one run's status now; its state is "closed" when all have ended for good."""
        return self._group.sides[side].status(playing=self._group.playing)

    def frame(self, since: int = -1, which: Which = "ema") -> bytes | None:
        """Return the newest set of frames."""
        return self._group.frame(since, which)

    def kept(self, at: int) -> bytes | None:
        """Nothing: runs in lockstep are not recorded."""
        return None

    def contents(self) -> Mapping[str, Any]:
        """Nothing."""
        return {"run": self._group.sides[0].run, "frames": [], "states": [], "best": None}

    def state(self, step: int | None = None, *, fresh: bool = False) -> tuple[int, Mapping[str, Any]]:
        """Refuse: nothing is kept."""
        raise nothing_kept()

    def timeline(self) -> Timeline:
        """Nothing."""
        return Timeline()

    def snapshot(self) -> Snapshot | None:
        """None: there are several."""
        return None

    def trainer(self) -> Trainer | None:
        """None: there are several."""
        return None

    def _obey(self, command: RunCommand[Any]) -> Any:
        group = self._group
        match command:
            case do.Step(what="d" | "g"):
                raise ConfigError("a lone update is for a single run; these are in lockstep")
            case do.Reset():
                group.reset(seed=command.seed)
            case do.RestartSides():
                group.restart(command.configs, preset=command.preset)
            case do.ChangeSide():
                return group.change(command.side, command.changes)
            case do.AddSide():
                group.add(command.config)
            case do.RemoveSide():
                group.remove(command.side)
            case _:
                group.send(command)
        return None
