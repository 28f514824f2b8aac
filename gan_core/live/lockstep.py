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

from gan_core.config import RunConfig, is_live
from gan_core.diagnosis.report import Report
from gan_core.errors import ConfigError
from gan_core.live.queue import Slots
from gan_core.live.runner import Engine, Readable, State, Transport
from gan_core.record import frame as frames
from gan_core.training import Trainer, Which

MAX_SIDES: Final = 4


class Side(Readable):
    """One of the runs, as it can be read from any thread; observers are given it in place of a `Runner`."""

    def __init__(
        self, engine: Engine, tell: Callable[[Callable[[Engine], None]], None], together: Callable[[], int]
    ) -> None:
        self._engine = engine
        self._tell = tell
        self._together = together

    @property
    def state(self) -> State:
        """What the run is doing."""
        return self._engine.state

    @property
    def n_together(self) -> int:
        """Runs that its thread trains in turn: all sides."""
        return self._together()

    def report(self, found: Report) -> None:
        """Take in metrics and findings made elsewhere; those of an earlier run are dropped."""
        self._tell(lambda engine: engine.report(found))


Observer = Callable[[Side, Trainer], None]


class Lockstep(Transport):
    """Runs that are played, paused, stepped and restarted together; they hold one slot.

    Args:
        configs: What to train: one to `MAX_SIDES` configs of one seed, and of the same data or of images of one size.
        preset: Name of the preset that they came from, or "".
        slots: Where to ask before playing, or None to play at will.
        visitor: Whom they belong to, for `Slots`.
        device: Where to train.
        observers: Called on the training thread whenever snapshots are taken, once for each side; must be quick.

    Raises:
        ConfigError: If there are none or too many, or they are of different data or seeds.
    """

    def __init__(
        self,
        configs: Sequence[RunConfig],
        *,
        preset: str = "",
        slots: Slots | None = None,
        visitor: Hashable = None,
        device: str = "cpu",
        observers: Sequence[Observer] = (),
    ) -> None:
        _check(configs)
        super().__init__(slots=slots, visitor=visitor, observed=bool(observers))
        self._preset, self._device, self._observers = preset, device, tuple(observers)
        self._which: Which = "ema"
        self._lock = threading.Lock()
        self._newest: dict[Engine, tuple[int, bytes]] = {}
        self._set: tuple[int, bytes] | None = None
        self._pairs: tuple[tuple[Side, Engine], ...] = tuple(self._make(config) for config in configs)
        self._engines = [engine for _, engine in self._pairs]
        self._thread.start()

    # -- what can be read, from any thread -------------------------------------------------------------------

    @property
    def sides(self) -> tuple[Side, ...]:
        """The runs, in order."""
        return tuple(side for side, _ in self._pairs)

    @property
    def step_count(self) -> int:
        """Finished steps of the sides that can go on, or of the last one that could."""
        return max(side.step_count for side in self.sides)

    def frame(self, since: int = -1, which: Which = "ema") -> bytes | None:
        """The newest frames of all sides, of one step, and the wish for newer ones.

        A side that ended stays in the set with its last frame.

        Args:
            since: Serial of the set that the caller has.
            which: Whose samples to show in the next ones.

        Returns:
            A frame (`gan_core.record.frame`) whose uint8 arrays ``side_0``, ``side_1``, ... are the sides' frames, with
            the common ``serial``, ``state``, ``step``, ``pace`` and ``position`` in its header; None if the caller has
            the newest or there is none yet.
        """
        if which != self._which:
            self._which = which
            self._tell(lambda engine: engine.show(which), urgent=False)
        for _, engine in self._pairs:
            engine.want = True
        newest = self._set
        return None if newest is None or newest[0] == since else newest[1]

    # -- commands, from any thread ---------------------------------------------------------------------------

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
        kept = self._pairs[: len(configs)]
        plans = [
            (engine, engine.promise(config, preset=self._preset))
            for (_, engine), config in zip(kept, configs, strict=False)
        ]
        self._replace((*kept, *(self._make(config) for config in configs[len(kept) :])))
        self._restart(plans)

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
        common = {path: v for path, v in changes.items() if path == "seed" or path.startswith("data.")}
        configs = [s.config.changed(changes if k == i else common) for k, s in enumerate(self.sides)]
        side, engine = self._pairs[i]
        if all(is_live(path) for path in side.config.differences(configs[i])):
            engine.config = configs[i]
            self._command(lambda: self._each([engine], lambda e: e.retune(changes)))
            return False
        self.restart(configs)
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
        pairs = (*self._pairs[:i], *self._pairs[i + 1 :])
        _check([side.config for side, _ in pairs])
        self._replace(pairs)

    # -- making and unmaking sides ---------------------------------------------------------------------------

    def _make(self, config: RunConfig) -> tuple[Side, Engine]:
        def collect(run: int, step: int, frame: bytes) -> None:
            self._collect(engine, step, frame)

        def observe(trainer: Trainer) -> None:
            for observer in self._observers:
                observer(side, trainer)

        engine = Engine(
            config,
            interventions=(),
            preset=self._preset,
            tempo=self._tempo,
            device=self._device,
            name=f"view-{self._key}",
            observe=observe,
            on_frame=collect,
        )
        engine.which = self._which
        side = Side(
            engine,
            lambda action: self._command(lambda: self._each([engine], action), urgent=False),
            lambda: len(self._pairs),
        )
        return side, engine

    def _replace(self, pairs: tuple[tuple[Side, Engine], ...]) -> None:
        self._pairs = pairs
        engines = [engine for _, engine in pairs]

        def replace() -> None:
            gone = [engine for engine in self._engines if engine not in engines]
            self._engines = engines
            for engine in gone:
                engine.close()
            with self._lock:
                self._newest = {engine: frame for engine, frame in self._newest.items() if engine in engines}
            for engine in engines:
                engine.touch()

        self._command(replace)

    def _collect(self, engine: Engine, step: int, frame: bytes) -> None:
        """Take in one side's frame; when the last one of a step is there, the set goes out."""
        with self._lock:
            self._newest[engine] = step, frame
            engines = self._engines
            if any(e not in self._newest for e in engines):
                return
            live = [e for e in engines if not e.ended]
            steps = {self._newest[e][0] for e in live}
            if len(steps) > 1:
                return
            # While all come to a stand, a frame may still arrive that was taken a step before.
            late = any(e.step_count not in steps for e in live)
            serial = 1 if self._set is None else self._set[0] + 1
            header: frames.SetHeader = {
                "serial": serial,
                "state": "playing" if late else self._state,
                "step": steps.pop() if steps else max(s for s, _ in self._newest.values()),
                "pace": self._tempo.pace,
                "stop_at": self._tempo.stop_at,
                "position": self._tempo.place,
            }
            parts = [np.frombuffer(self._newest[e][1], np.uint8) for e in engines]
            self._set = serial, frames.encode(header, {f"side_{i}": part for i, part in enumerate(parts)})


def _check(configs: Sequence[RunConfig]) -> None:
    if not 1 <= len(configs) <= MAX_SIDES:
        raise ConfigError(f"{len(configs)} sides are not possible: 1 to {MAX_SIDES} run in lockstep")
    first = configs[0]
    for config in configs[1:]:
        alike = config.data == first.data or (len(config.data_shape) > 1 and config.data_shape == first.data_shape)
        if not alike or config.seed != first.seed:
            raise ConfigError(
                f"sides in lockstep have the same data and seed; these are {first.data.name} with seed {first.seed} "
                f"and {config.data.name} with seed {config.seed}: change it on all sides"
            )
