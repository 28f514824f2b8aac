"""Lockstep: two to four runs on one thread, all at the same step, from the same data and the same seed.

Images may be other ones of the same size, since more of them are a cure too.

Random streams are seeded by purpose, so the sides begin with the same weights wherever their networks have the same
shapes, and see the same data and the same noise in the same order; what differs between them is what was changed.
Each side's numbers are those of its run alone, bit for bit. What is shown is of one step for all of them: a set of
frames goes out when the last side's frame of that step is there.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, Final

import numpy as np

from gan_core.config import RunConfig
from gan_core.errors import ConfigError
from gan_core.live import commands as do
from gan_core.live.clock import WALL, WallClock
from gan_core.live.commands import RunCommand
from gan_core.live.display import Tempo
from gan_core.live.driver import Driver
from gan_core.live.memory import Memory
from gan_core.live.plan import Plan
from gan_core.live.queue import Slots
from gan_core.live.run import Run
from gan_core.live.status import State
from gan_core.live.transport import Transport
from gan_core.record import frame as frames
from gan_core.record.snapshot import Which
from gan_core.training import Trainer

MAX_SIDES: Final = 4

Observer = Callable[[Run, Trainer], None]


class Lockstep(Transport):
    """Runs that are played, paused, stepped and restarted together; they hold one slot.

    Args:
        configs: What to train: one to `MAX_SIDES` configs of one seed, and of the same data or of images of one size.
        preset: Name of the preset that they came from, or "".
        slots: Where to ask before playing, or None to play at will.
        memory: Where to ask before a run is built, or None to build at will.
        visitor: Whom they belong to, for `Slots`.
        device: Where to train.
        observers: Called on the training thread whenever snapshots are taken, once for each side; must be quick.
        clock: The time.
        threaded: False to turn its `driver` by hand.

    Attributes:
        driver: The thread that plays them.
        sides: The runs, in order; they may be read from any thread.

    Raises:
        ConfigError: If there are none or too many, or they are of different data or seeds.
    """

    def __init__(
        self,
        configs: Sequence[RunConfig],
        *,
        preset: str = "",
        slots: Slots | None = None,
        memory: Memory | None = None,
        visitor: Hashable = None,
        device: str = "cpu",
        observers: Sequence[Observer] = (),
        clock: WallClock = WALL,
        threaded: bool = True,
    ) -> None:
        _check(configs)
        self.driver = Driver(
            Tempo(), slots=slots, memory=memory, visitor=visitor, observed=bool(observers), clock=clock
        )
        self._preset, self._device, self._observers = preset, device, tuple(observers)
        self._clock, self._threaded = clock, threaded
        self._which: Which = "ema"
        self._set = FrameSet(self.driver)
        self.sides: tuple[Run, ...] = tuple(self._make(config) for config in configs)
        for run in self.sides:
            self.driver.add(run)
        if threaded:
            self.driver.start()

    # -- what can be read, from any thread -------------------------------------------------------------------

    @property
    def state(self) -> State:
        """Their common state."""
        return self.driver.state

    @property
    def step_count(self) -> int:
        """Finished steps of the sides that can go on, or of the last one that could."""
        return max(side.step_count for side in self.sides)

    def frame(self, since: int = -1, which: Which = "ema") -> bytes | None:
        """Return the newest frames of all sides, of one step, and ask for newer ones.

        A side that ended stays in the set with its last frame.

        Args:
            since: Serial of the set that the caller has.
            which: Whose samples to show in the next ones.

        Returns:
            A frame (`gan_core.record.frame`) whose uint8 arrays ``side_0``, ``side_1``, ... are the sides' frames, with
            the common ``serial``, ``state``, ``step``, ``pace`` and ``position`` in its header; None if the caller has
            the newest or there is none yet.
        """
        self._which = which
        for run in self.sides:
            run.frame(which=which)
        newest = self._set.newest
        return None if newest is None or newest[0] == since else newest[1]

    # -- commands, from any thread ---------------------------------------------------------------------------

    def send(self, command: RunCommand[Any]) -> None:
        """Give a command that concerns the playing as a value (`gan_core.live.commands`).

        Raises:
            ConfigError: If it is not allowed, or for a single run.
        """
        if not self.driver.send(command):
            raise ConfigError(f"{type(command).__name__} is for a single run; these are in lockstep")

    def reset(self, *, seed: int | None = None) -> None:
        """Begin all sides again, with the settings as they are now.

        Args:
            seed: Another seed for all, or None for the same numbers again.

        Raises:
            ConfigError: If the seed is not allowed.
        """
        changes = {} if seed is None else {"seed": seed}
        self.restart([side.config.changed(changes) for side in self.sides])

    def restart(self, configs: Sequence[RunConfig], *, preset: str | None = None) -> None:
        """Begin these runs in place of the present ones; they play on if those were playing.

        Raises:
            ConfigError: As at the start.
        """
        _check(configs)
        self._preset = self._preset if preset is None else preset
        kept = self.sides[: len(configs)]
        plans = [(run, run.plan(Plan.new(config), self._preset)) for run, config in zip(kept, configs, strict=False)]
        self._replace((*kept, *(self._make(config) for config in configs[len(kept) :])))
        self.driver.restart(plans)

    def change(self, i: int, changes: Mapping[str, Any]) -> bool:
        """Change settings of one side: live ones act at once, for others all sides begin again.

        Data and seed are changed for all sides.

        Args:
            i: Which side, from 0.
            changes: Path to value, as for `RunConfig.changed`.

        Returns:
            True if all began again.

        Raises:
            ConfigError: If a value is not allowed.
        """
        change = self.sides[i].config.change(changes)
        if change.live:
            self.sides[i].handle(do.Retune(change))
            return False
        common = {path: v for path, v in changes.items() if path == "seed" or path.startswith("data.")}
        self.restart([change.config if k == i else s.config.changed(common) for k, s in enumerate(self.sides)])
        return True

    def add(self, config: RunConfig) -> None:
        """Add a side; all begin again.

        Raises:
            ConfigError: If there are `MAX_SIDES` already, or its data or seed differ.
        """
        self.restart([*(side.config for side in self.sides), config])

    def remove(self, i: int) -> None:
        """Take a side away; the others go on.

        Raises:
            ConfigError: If it is the last one.
        """
        left = (*self.sides[:i], *self.sides[i + 1 :])
        _check([side.config for side in left])
        self._replace(left)

    # -- making and unmaking sides ---------------------------------------------------------------------------

    def _make(self, config: RunConfig) -> Run:
        def collect(number: int, step: int, frame: bytes) -> None:
            self._set.collect(run, step, frame)

        def observe(trainer: Trainer) -> None:
            for observer in self._observers:
                observer(run, trainer)

        run = Run(
            config,
            preset=self._preset,
            device=self._device,
            tempo=self.driver.tempo,
            thread=f"view-{self.driver.key}" if self._threaded else "",
            observe=observe,
            on_frame=collect,
            clock=self._clock,
        )
        run.display.which = self._which
        self.driver.adopt(run)
        return run

    def _replace(self, sides: tuple[Run, ...]) -> None:
        self.sides = sides
        self.driver.tempo.n_runs = len(sides)

        def replace() -> None:
            gone = [run for run in self.driver.runs if run not in sides]
            self.driver.runs = list(sides)
            for run in gone:
                self.driver.drop(run)
            self._set.keep(sides)
            for run in sides:
                run.display.stale = True

        self.driver.call(replace)


class FrameSet:
    """Gathers the sides' frames; a set goes out when the last one of a step is there.

    Args:
        driver: Of the sides.

    Attributes:
        newest: Serial and bytes of the newest set, or None.
    """

    def __init__(self, driver: Driver) -> None:
        self.newest: tuple[int, bytes] | None = None
        self._driver = driver
        self._lock = threading.Lock()
        self._frames: dict[Run, tuple[int, bytes]] = {}

    def keep(self, runs: Sequence[Run]) -> None:
        """Forget the frames of all other runs."""
        with self._lock:
            self._frames = {run: frame for run, frame in self._frames.items() if run in runs}

    def collect(self, run: Run, step: int, frame: bytes) -> None:
        """Take in one side's frame; on any thread."""
        with self._lock:
            self._frames[run] = step, frame
            runs, tempo = self._driver.runs, self._driver.tempo
            if any(r not in self._frames for r in runs):
                return
            live = [r for r in runs if not r.ended]
            steps = {self._frames[r][0] for r in live}
            if len(steps) > 1:
                return
            # While all come to a stand, a frame may still arrive that was taken a step before.
            late = any(r.step_count not in steps for r in live)
            serial = 1 if self.newest is None else self.newest[0] + 1
            header: frames.SetHeader = {
                "serial": serial,
                "state": "playing" if late else self._driver.state,
                "step": steps.pop() if steps else max(s for s, _ in self._frames.values()),
                "pace": tempo.pace,
                "stop_at": tempo.stop_at,
                "position": tempo.place,
            }
            parts = [np.frombuffer(self._frames[r][1], np.uint8) for r in runs]
            self.newest = serial, frames.encode(header, {f"side_{i}": part for i, part in enumerate(parts)})


def _check(configs: Sequence[RunConfig]) -> None:
    if not 1 <= len(configs) <= MAX_SIDES:
        raise ConfigError(f"{len(configs)} sides are not possible: 1 to {MAX_SIDES} run in lockstep")
    first = configs[0]
    for config in configs[1:]:
        pictures = config.data.kind == first.data.kind == "images"
        alike = config.data == first.data or (pictures and config.data_shape == first.data_shape)
        if not alike or config.seed != first.seed:
            raise ConfigError(
                f"sides in lockstep have the same data and seed; these are {first.data.name} with seed {first.seed} "
                f"and {config.data.name} with seed {config.seed}: change it on all sides"
            )
