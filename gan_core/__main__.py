"""The command line: the same config as everywhere, and no browser.

What each command does stands in `gan_core.commands`. A run ends with one record on stdout, whatever ended it; its
``state`` says how. The exit status is 0 with a record and 2 without one: then a single line on stderr says what was
given and what is allowed. Progress goes to stderr.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from typing import NoReturn

from gan_core.commands import COMMANDS
from gan_core.errors import GanExplorerError


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, without the block on usage."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {' '.join(message.split())}\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: Words after ``python -m gan_core``; those of the process if None.

    Returns:
        Exit status: 0 with a record on stdout, 2 with one line on stderr (also if only the file of ``--save``
        is missing in the end), 130 if interrupted before there is a record.
    """
    parser, commands = _parsers()
    args, unknown = parser.parse_known_args(argv)
    command = commands[args.command]
    if unknown:
        known = ", ".join(option for option in command._option_string_actions if option.startswith("--"))
        command.error(f"unknown: {' '.join(unknown)}; there are: {known}")
    try:
        args.run(args)
    except GanExplorerError as error:
        command.error(str(error))
    except KeyboardInterrupt:
        return 130
    return 0


def _parsers() -> tuple[argparse.ArgumentParser, Mapping[str, argparse.ArgumentParser]]:
    parser = _Parser(prog="gan_core", description="Train and score small GANs.", allow_abbrev=False)
    words = f"COMMAND ({', '.join(COMMANDS)})"
    parsers = parser.add_subparsers(dest="command", required=True, metavar=words)
    for name, command in COMMANDS.items():
        added = parsers.add_parser(name, help=command.HELP, description=command.HELP, allow_abbrev=False)
        added.set_defaults(run=command.run)
        added.add_argument("--json", action="store_true", help="print one JSON record and nothing else")
        command.add_arguments(added)
    return parser, parsers.choices


if __name__ == "__main__":
    sys.exit(main())
