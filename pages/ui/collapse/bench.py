"""The bench: what one visitor compares, two to four runs in lockstep; knows nothing of Streamlit."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from gan_core import GanExplorerError, RunConfig
from gan_core.live import commands as do
from gan_core.live.handle import LockstepSpec
from pages.ui.commands import PLAIN, Command, OneSide, Pace, Plain, StopAt, at_once
from pages.ui.effects import Effects, Notify, OpenOnTrain, Redraw
from pages.ui.presence import Guest, Rooms

LETTERS: Final = "ABCD"


@dataclass(frozen=True)
class Entry:
    """One side as it is put on the bench.

    Attributes:
        title: A few words, such as the cure's.
        cure: The cure's name, "" for the failing run, "own" for settings of the visitor's own.
        config: What to train.
    """

    title: str
    cure: str
    config: RunConfig


class Bench(Guest):
    """One browser's comparison.

    Args:
        entries: The sides.
        preset: The preset that they came from, or "".
        rooms: What all visits of the process share.
        visitor: Whom it belongs to; None if this is all that the visitor has.

    Attributes:
        entries: What the sides are called, in order.
        preset: The preset that they came from, or "".
    """

    def __init__(self, entries: Sequence[Entry], preset: str, rooms: Rooms, visitor: Hashable = None) -> None:
        super().__init__(rooms.clock)
        self.entries, self.preset = tuple(entries), preset
        visitor = self.token if visitor is None else visitor
        self.run = rooms.host.open(LockstepSpec([e.config for e in entries], preset, visitor=visitor, play=True))

    def show(self, entries: Sequence[Entry], preset: str) -> None:
        """Compare other runs, from their beginning, playing."""
        with self.acting:  # a click on Pause comes before all of it, or after
            self.run.send(do.RestartSides([entry.config for entry in entries], preset))
            self.entries, self.preset = tuple(entries), preset
            self.run.send(do.Play())

    def reseed(self, seed: int) -> None:
        """Begin all sides again from another seed."""
        self.run.send(do.Reset(seed))
        self._take_over()

    def rename(self, i: int) -> None:
        """After a change of one side: its settings are the visitor's own now."""
        self._take_over()
        changed = replace(self.entries[i], title="settings of your own", cure="own")
        self.entries = (*self.entries[:i], changed, *self.entries[i + 1 :])

    def _take_over(self) -> None:
        pairs = zip(self.entries, self.run.sides, strict=True)
        self.entries = tuple(replace(entry, config=side.config) for entry, side in pairs)

    def remove(self, i: int) -> None:
        """Take a side away; the others go on."""
        self.run.send(do.RemoveSide(i))
        self.entries = (*self.entries[:i], *self.entries[i + 1 :])


def carry_out(bench: Bench, command: Command) -> Effects:
    """Do what a visitor asked for among the sides; a click that has come before does nothing.

    Returns:
        What is left to do on the page; what cannot be done is said.
    """
    with bench.acting:
        if not bench.is_new(command.n):
            return ()
        try:
            return _carry_out(bench, command)
        except GanExplorerError as error:
            return Notify(str(error)), Redraw()


def carry_out_at_once(bench: Bench, command: Command) -> bool:
    """Do one of `pages.ui.commands.AT_ONCE` without the page's script; see `pages.ui.commands.at_once`."""
    return at_once(bench, command, lambda: _carry_out(bench, command))


def _carry_out(bench: Bench, command: Command) -> Effects:
    run = bench.run
    match command:
        case Plain(name="new_seed"):
            bench.reseed((run.status().config.seed + 1) % 2**31)
            return (Redraw(),)
        case Plain(name="play" | "pause" | "step" | "reset" as name):
            run.send(PLAIN[name])
        case Pace(value=pace):
            run.send(do.SetPace(pace))
        case StopAt(value=step):
            run.send(do.SetStopAt(step))
        case OneSide(name="remove", value=i) if i < len(bench.entries):
            bench.remove(i)
            return (Redraw(),)
        case OneSide(name="take", value=i) if i < len(bench.entries):
            run.send(do.Pause())
            return (OpenOnTrain(run.status(i).config, bench.preset),)
    return ()
