"""Transport: play, pause and pace as methods, for programs that hold a `Runner` or a `Lockstep`.

Each is a command of `gan_core.live.commands`, given between two steps; pages give the commands themselves.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Self

from gan_core.live import commands as do
from gan_core.live.clock import wait
from gan_core.live.commands import RunCommand
from gan_core.live.driver import Driver


class Transport(ABC):
    """Runs that are played together.

    Attributes:
        driver: The thread that plays them.
    """

    driver: Driver

    @abstractmethod
    def send(self, command: RunCommand[Any]) -> None:
        """Give a command as a value (`gan_core.live.commands`).

        Raises:
            ConfigError: If it is not allowed; all stays as it is.
        """

    @property
    def playing(self) -> bool:
        """True if it is meant to play (it may be queued)."""
        return self.driver.playing

    def play(self) -> None:
        """Train on, when a slot is free."""
        self.send(do.Play())

    def pause(self) -> None:
        """Stop after the step in hand."""
        self.send(do.Pause())

    def step(self) -> None:
        """Pause and make one step."""
        self.send(do.Step())

    def set_pace(self, steps_per_second: float | None) -> None:
        """Bound the steps a second; None for full speed.

        Raises:
            ConfigError: If it is not between 0.1 and 1000.
        """
        self.send(do.SetPace(steps_per_second))

    def set_stop_at(self, step: int | None) -> None:
        """Pause when this step is done; None for never.

        Raises:
            ConfigError: If it is not a positive number of at most 10¹².
        """
        self.send(do.SetStopAt(step))

    def suspend(self) -> None:
        """Stop playing because nobody is there; `resume` goes on."""
        self.send(do.Suspend())

    def resume(self) -> None:
        """Go on after `suspend`."""
        self.send(do.Resume())

    def wait(self, ready: Callable[[Self], bool], timeout: float = 30.0) -> bool:
        """Wait until ``ready(self)`` holds; returns whether it does. For scripts and tests."""
        return wait(lambda: ready(self), timeout)

    def flush(self, timeout: float = 1.0) -> bool:
        """Wait until every command given so far is taken; returns whether it was. Not for the training thread."""
        return self.driver.flush(timeout)

    def close(self) -> None:
        """End the training thread, and free its memory."""
        self.driver.close()

    def join(self, timeout: float) -> None:
        """Wait at most ``timeout`` seconds for the thread to end after `close`."""
        self.driver.join(timeout)
