"""``score``: how near a file of samples is to a data set."""

from __future__ import annotations

import argparse
from pathlib import Path

from gan_core.commands.printing import as_dicts, print_json, print_metrics
from gan_core.config import DATA_SHAPES

HELP = "Score a file of samples against a data set."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the data set and the file."""
    parser.add_argument("data", metavar="DATASET", choices=tuple(DATA_SHAPES), help=", ".join(DATA_SHAPES))
    parser.add_argument(
        "file",
        metavar="FAKE.npy",
        type=Path,
        help="points [n, 2] in data units, or images [n, c, h, w], [n, h, w] or [n, pixels] in [-1, 1]",
    )


def run(args: argparse.Namespace) -> None:
    """Print the scores of ``args.file``."""
    from gan_core.metrics import sample_classes, score_samples

    record = {
        "data": args.data,
        "file": str(args.file),
        "metrics": as_dicts(score_samples(args.data, args.file)),
        "classes": sample_classes(args.data, args.file),
    }
    if args.json:
        print_json(record)
    else:
        print(f"{args.file} against {args.data}")
        print_metrics(record["metrics"])
        if record["classes"]:
            print("taken for " + ", ".join(f"{name}: {share:.1%}" for name, share in record["classes"].items()))
