"""Data of one's own on the command line: the options that name them, and what is said of them before training."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from gan_core.config import DataConfig, RunConfig
from gan_core.config.names import DATA_RULES, FitName, SampleKind, TextUnit
from gan_core.errors import ConfigError

if TYPE_CHECKING:
    from gan_core.data.own_data import OwnData
    from gan_core.storage.summary import Summary


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
        help=f"{words}: a folder or zip of pictures, WAV files or texts, an array of pictures (.npy, .npz), a table of "
        "points (.csv, .npy), or a text (.txt)",
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
    group.add_argument(
        "--rate", metavar="N", type=int, default=0, help="samples a second of sounds: 2048, 4096 or 8192; else chosen"
    )
    group.add_argument(
        "--text", choices=get_args(TextUnit), default="auto", help="what is made of a text; else told by its lines"
    )


def data_of(file: Path) -> DataConfig:
    """Return the data that a saved run names.

    Raises:
        GanExplorerError: If the file cannot be read.
    """
    from gan_core.storage.summary import summarise

    return summarise(file).config.data


def read(args: argparse.Namespace, wanted: DataConfig | None = None) -> dict[str, Any]:
    """Read the data of ``--data``, and say on stderr what was decided, what was left out, and what is wrong with them.

    Args:
        args: With the options of `add_arguments`.
        wanted: Data of the preset or the saved run: their kind decides what a file is taken for if it could be several.

    Returns:
        Settings of a new run on them; nothing without ``--data``.

    Raises:
        GanExplorerError: If they cannot be read or used.
    """
    if args.data is None:
        return {}
    from gan_core.data import own
    from gan_core.data.checks import check, refuse_unusable

    kind = wanted.kind if wanted is not None and DATA_RULES[wanted.name].own else None
    data = read_from(args.data, args, wanted=kind)
    refuse_unusable(data)
    say(data)
    for fault in check(data):
        print(f"{fault.headline} {fault.evidence[:1].upper()}{fault.evidence[1:]}. {fault.remedy}", file=sys.stderr)
    own.register(data)
    return data.settings


def read_from(path: Path, args: argparse.Namespace, *, scale: bool = True, wanted: SampleKind | None = None) -> OwnData:
    """Read data of one's own.

    Args:
        path: A folder or a file.
        args: With the options of `add_arguments`: how to read it.
        scale: False to leave the columns of a table as they are, whatever the options say.
        wanted: Kind of samples that is wanted, where a file could be several.

    Raises:
        GanExplorerError: If they cannot be read.
    """
    from gan_core.data.picture import Choices
    from gan_core.data.reading import ReadOptions, read_path

    columns = tuple(part.strip() for part in args.columns.split(",")) if args.columns else ()
    scaled = scale and args.scale_columns
    options = ReadOptions(Choices(args.fit, args.first_frames), columns, scaled, args.rate, args.text, wanted)
    try:
        return read_path(path.expanduser(), options)
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror or error}") from None


def say(data: OwnData, before: str = "") -> None:
    """Say on stderr what was decided about data, and what of them was left out.

    Args:
        data: As they were read.
        before: Begins each line.
    """
    for said in data.decisions:
        print(f"{before}{said}", file=sys.stderr)
    for reason, count in data.skipped:
        print(f"{before}{count} left out: {reason}", file=sys.stderr)


def say_split(config: RunConfig) -> None:
    """Say on stderr how many samples of one's own a new run keeps aside."""
    from gan_core.data import own
    from gan_core.data.own_data import said_of_split

    if own.known(config.data.hash):
        data = own.find(config.data.name, config.data.hash)
        if data.splits:
            print(said_of_split(data, config.data.held_out), file=sys.stderr)


def refuse_others(file: Path, summary: Summary, path: Path | None) -> None:
    """Refuse a saved run whose own data are neither in its file nor those of ``--data``.

    Args:
        file: Of the run.
        summary: What the file says of itself.
        path: Of ``--data``, which has been read, or None.

    Raises:
        ConfigError: Says how to name them.
    """
    from gan_core.data import own

    wanted = summary.config.data.hash
    if not wanted or own.known(wanted) or "data" in summary.tensors:
        return
    if path is None:
        raise ConfigError(f"{file} was trained on data of your own that are not in it: name them with --data PATH")
    raise ConfigError(
        f"{path} does not hold the data that {file} was trained on: other files, or read in another way (--fit, "
        "--first-frames, --columns, --scale-columns, --rate, --text)"
    )
