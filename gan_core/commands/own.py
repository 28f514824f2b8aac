"""Data of one's own on the command line: the options that name them, and what is said of them before training."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any, get_args

from gan_core.config.names import FitName
from gan_core.errors import ConfigError


def add_arguments(parser: argparse.ArgumentParser, words: str) -> None:
    """Add ``--data`` and the options that say how it is read.

    Args:
        parser: Of the command.
        words: What the command does with the data.
    """
    group = parser.add_argument_group("data of your own")
    group.add_argument(
        "--data",
        metavar="PATH",
        type=Path,
        help=f"{words}: a folder or zip of pictures, an array of them (.npy, .npz), or a table of points (.csv, .npy)",
    )
    group.add_argument(
        "--columns", metavar="X,Y", default="", help="two columns of a table, by their names or their places from 1"
    )
    group.add_argument("--scale-columns", action="store_true", help="divide each column by its standard deviation")
    group.add_argument(
        "--fit", choices=get_args(FitName), default="crop", help="how a picture that is not square becomes one"
    )
    group.add_argument(
        "--first-frames", action="store_true", help="take the first frame of animations, which are left out otherwise"
    )


def read(args: argparse.Namespace) -> dict[str, Any]:
    """Read the data of ``--data``, and say on stderr what was decided, what was left out, and what is wrong with them.

    Args:
        args: With the options of `add_arguments`.

    Returns:
        Settings of a config that names them; nothing without ``--data``.

    Raises:
        GanExplorerError: If they cannot be read or used.
    """
    path: Path | None = args.data
    if path is None:
        return {}
    from gan_core.data import own
    from gan_core.data.checks import check, refuse_unusable
    from gan_core.data.picture import Choices
    from gan_core.data.reading import ReadOptions, read_path

    columns = tuple(part.strip() for part in args.columns.split(",")) if args.columns else ()
    options = ReadOptions(Choices(args.fit, args.first_frames), columns, args.scale_columns)
    try:
        data = read_path(path.expanduser(), options)
    except OSError as error:
        raise ConfigError(f"--data {path} cannot be read: {error.strerror or error}") from None
    refuse_unusable(data)
    for said in data.decisions:
        print(said, file=sys.stderr)
    for reason, count in data.skipped:
        print(f"{count} left out: {reason}", file=sys.stderr)
    for fault in check(data):
        print(f"{fault.headline} {fault.evidence[:1].upper()}{fault.evidence[1:]}. {fault.remedy}", file=sys.stderr)
    own.register(data)
    return data.settings
