"""The command line: the same config as everywhere, and no browser.

``python -m gan_core COMMAND`` and ``gan-explorer COMMAND`` are the same; ``gan-explorer`` alone opens the app. What
each command does stands in `gan_core.commands`. A run ends with one record on stdout, whatever ended it; its
``state`` says how. The exit status is 0 with a record and 2 without one: then a single line on stderr says what was
given and what is allowed. Progress goes to stderr.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from typing import NoReturn

from gan_core import __version__
from gan_core.commands import COMMANDS, app
from gan_core.errors import GanExplorerError


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, without the block on usage."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {' '.join(message.split())}\n")


def gan_explorer(argv: Sequence[str] | None = None) -> int:
    """Open the app, or run one command: the installed program.

    Args:
        argv: Words after ``gan-explorer``; those of the process if None. Without a command they are for the app.

    Returns:
        Exit status, as of `main`.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    if words[:1] == ["app"] and not {"-h", "--help"} & set(words):
        return _open(words[1:])
    if not words or (words[0].startswith("-") and words[0] not in ("-h", "--help", "--version")):
        return _open(words)
    return main(words, program="gan-explorer")


def main(argv: Sequence[str] | None = None, *, program: str = "gan_core") -> int:
    """Run one command.

    Args:
        argv: Words after ``python -m gan_core``; those of the process if None.
        program: The name under which it is called.

    Returns:
        Exit status: 0 with a record on stdout, 2 with one line on stderr (also if only the file of ``--save``
        is missing in the end), 130 if interrupted before there is a record.
    """
    parser, commands = _parsers(program)
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


def _open(words: Sequence[str]) -> int:
    try:
        app.open_app(words)
    except GanExplorerError as error:
        _Parser(prog="gan-explorer").error(str(error))
    return 0


def _parsers(program: str) -> tuple[argparse.ArgumentParser, Mapping[str, argparse.ArgumentParser]]:
    parser = _Parser(prog=program, description="Train and score small GANs.", allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"GAN Explorer {__version__}")
    words = f"COMMAND ({', '.join(COMMANDS)})"
    parsers = parser.add_subparsers(dest="command", required=True, metavar=words)
    if program == "gan-explorer":  # named in the help; `gan_explorer` answers it
        parsers.add_parser("app", help=app.HELP, description=app.HELP)
    for name, command in COMMANDS.items():
        added = parsers.add_parser(name, help=command.HELP, description=command.HELP, allow_abbrev=False)
        added.set_defaults(run=command.run)
        added.add_argument("--json", action="store_true", help="print one JSON record and nothing else")
        command.add_arguments(added)
    return parser, parsers.choices


if __name__ == "__main__":
    sys.exit(main())
