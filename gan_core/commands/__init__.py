"""The commands of ``python -m gan_core``, one module each.

A command is a module with `HELP`, `add_arguments` and `run`; a new one needs a line in `COMMANDS`. All of them are
imported for every command line, so what is heavy, PyTorch first of all, they import inside their functions: a list
of presets or a mistyped name then needs none of it, and answers at once.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Final, Protocol

from gan_core.commands import export, grade, judge, presets, score, sweep, train, view, watch


class Command(Protocol):
    """Interface of a command's module.

    Attributes:
        HELP: What it does, in a sentence or a few.
    """

    HELP: str

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the command's arguments."""

    def run(self, args: argparse.Namespace) -> None:
        """Run the command and print its result.

        Args:
            args: The values of the arguments declared, and ``json``: whether to print one record and nothing else.

        Raises:
            GanExplorerError: If it fails; the user sees this message alone.
        """


COMMANDS: Final[Mapping[str, Command]] = {
    "presets": presets,
    "train": train,
    "export": export,
    "score": score,
    "judge": judge,
    "sweep": sweep,
    "watch": watch,
    "grade": grade,
    "view": view,
}
"""By the word that calls them, in the order of the help."""
