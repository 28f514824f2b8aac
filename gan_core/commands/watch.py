"""``watch``: run a training script unchanged and say what is wrong in it."""

from __future__ import annotations

import argparse
import sys
import traceback
from dataclasses import asdict
from pathlib import Path

from gan_core.commands.printing import print_json
from gan_core.errors import DataError

HELP = (
    "Watch a GAN's training script without a change. "
    "Exit status: 0 nothing found, 1 a finding, 2 wrong use, 3 the script failed, 4 nothing of G or D was seen."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the script, its own words, and when to stop."""
    parser.add_argument("--steps", type=int, metavar="N", help="stop the script after N steps of the generator")
    parser.add_argument(
        "--fail-on", choices=("error", "warning"), default="error", help="least finding that makes the status 1"
    )
    parser.add_argument(
        "--on", choices=("info", "warning", "error"), default="warning", help="least finding that is printed"
    )
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="write a watch log into this folder")
    parser.add_argument("--html", type=Path, metavar="PAGE", help="write the report as one HTML file")
    parser.add_argument("script", type=Path, metavar="SCRIPT.py", help="a script that trains a GAN")
    parser.add_argument("args", nargs=argparse.REMAINDER, metavar="...", help="words for the script")


def run(args: argparse.Namespace) -> None:
    """Run ``args.script`` and print a summary; ends the process with the status."""
    from gan_core.watching.script import run_script
    from gan_core.watching.terminal import summary_lines

    if not args.script.is_file():
        raise DataError(f"{args.script} is no file; give a Python script that trains a GAN")
    if args.steps is not None and args.steps < 1:
        raise DataError(f"--steps {args.steps}; give a number from 1")
    outcome = run_script(
        args.script, args.args, on=args.on, out=args.out, steps=args.steps, fail_on=args.fail_on
    )  # fmt: skip
    if outcome.error is not None:
        traceback.print_exception(outcome.error, file=sys.stderr)
    if args.html is not None and outcome.html:
        from gan_core.watching.page import page_of

        try:
            args.html.write_bytes(page_of(outcome.html, f"{args.script.name}, watched"))
        except OSError as error:
            raise DataError(f"--html {args.html} cannot be written: {error.strerror or error}") from None
    if args.json:
        summary = None if outcome.summary is None else asdict(outcome.summary)
        print_json({"status": outcome.status, "summary": summary})
    elif outcome.summary is not None:
        print("\n".join(summary_lines(outcome.summary)))
    else:
        print(
            "watch  no generator and discriminator were seen: no module's output went into another's input. "
            "In the script, say: from gan_core import watch; watch(G, D)"
        )
    raise SystemExit(outcome.status)
