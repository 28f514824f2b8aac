"""Small configs and how to wait for a runner's frames: what the tests of the runner share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from numpy.typing import NDArray

from gan_core.config import RunConfig
from gan_core.live.clock import WallClock
from gan_core.live.runner import Runner
from gan_core.record.frame import decode
from gan_core.training import Trainer

SMALL = RunConfig().changed(
    {"data.name": "ring-8", "batch_size": 8, "ema": 0.9}
    | {"generator.width": 8, "generator.depth": 1, "discriminator.width": 8, "discriminator.depth": 1}
)
EXPLOSIVE = SMALL.changed({"optimizer_d": "sgd", "lr_d": 1, "regularisers": [{"name": "r1", "weight": 1000}]})
Make = Callable[..., Runner]


class HandClock(WallClock):
    """A clock that stands until somebody waits or turns it."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def worked(self) -> float:
        return self.now

    def wait(self, condition: object, ready: Callable[[], bool], seconds: float) -> bool:
        if not ready():
            self.now += seconds
        return ready()


def by_hand(config: RunConfig = SMALL, clock: HandClock | None = None, **options: Any) -> tuple[Runner, HandClock]:
    """A runner without a thread, and its clock; it is built and stands."""
    clock = clock or HandClock()
    runner = Runner(config, clock=clock, threaded=False, **options)
    runner.driver.turn()
    return runner, clock


def turn(runner: Runner, clock: HandClock, seconds: float, step: float = 0.01) -> None:
    """Let time pass: a step takes ``step`` seconds where no pace says otherwise."""
    end = clock.now + seconds
    while clock.now < end:
        before = clock.now
        runner.driver.turn()
        if clock.now == before:
            clock.now += step


def look(runner: Runner) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    frame = runner.frame()
    assert frame is not None
    return decode(frame)


def until(runner: Runner, seconds: float = 60, **expected: Any) -> dict[str, Any]:
    """The header of the first frame in which all these keys have these values."""

    def fits(r: Runner) -> bool:
        frame = r.frame()
        return frame is not None and expected.items() <= decode(frame)[0].items()

    assert runner.wait(fits, seconds), f"no frame with {expected}; the last one: {look(runner)[0]}"
    return look(runner)[0]


def trained(n: int, config: RunConfig = SMALL) -> dict[str, Any]:
    trainer = Trainer(config)
    for _ in range(n):
        stats = trainer.step()
    return asdict(stats)


def played(runner: Runner, n: int) -> dict[str, Any]:
    """Play to step ``n``; its numbers."""
    runner.set_stop_at(n)
    runner.play()
    stats: dict[str, Any] = until(runner, state="paused", step=n)["stats"]
    stats.pop("value")
    return stats
