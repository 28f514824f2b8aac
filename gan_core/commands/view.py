"""``view``: the app, opened on the watch logs of a folder."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from gan_core.commands import app
from gan_core.errors import ConfigError

HELP = (
    "Open the app on the watch logs of a folder: losses, answers, samples and findings of loops of your own, live "
    "while they train. Options of 'streamlit run' may follow, such as --server.port 8600."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the folder, and words for Streamlit."""
    parser.add_argument(
        "folder", metavar="FOLDER", type=Path, help="what --out or GAN_EXPLORER_WATCH named; or one log"
    )
    parser.add_argument("words", nargs=argparse.REMAINDER, metavar="...", help="options of 'streamlit run'")


def run(args: argparse.Namespace) -> None:
    """Open the app; ends when it is stopped."""
    folder = args.folder.expanduser()
    if not folder.is_dir():
        raise ConfigError(f"{args.folder} is no folder; give the one in which the watch logs (*.watch) lie")
    if folder.name.endswith(".watch"):
        folder = folder.resolve().parent
    os.environ["GAN_EXPLORER_WATCH"] = str(folder.resolve())
    os.environ["GAN_EXPLORER_FIRST"] = "watch"
    app.open_app(args.words)
