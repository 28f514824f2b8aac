"""``export``: a saved run as pictures, films, tables, weights, a page or a script."""

from __future__ import annotations

import argparse

from gan_core.commands import own
from gan_core.commands.printing import print_json
from gan_core.export import targets
from gan_core.storage.summary import summarise

HELP = "Write a saved run as pictures, films, tables, weights, a page or a script."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the run, and a file for each thing to write."""
    targets.add_arguments(parser)
    own.add_arguments(parser, "what the run was trained on, for films, pages and scripts, if its file does not hold it")


def run(args: argparse.Namespace) -> None:
    """Write the files, and print their names and sizes."""
    import torch

    from gan_core.export.command import export

    torch.set_num_threads(1)
    own.read(args, own.data_of(args.run_file))
    if args.data is not None:
        own.refuse_others(args.run_file, summarise(args.run_file), args.data)
    record = export(args)
    if args.json:
        print_json(record)
    else:
        for path, size in record["files"].items():
            print(f"{path}: {size / 1e3:,.0f} kB")
        for what, reason in record["left_out"].items():
            print(f"{what} is left out: {reason}")
