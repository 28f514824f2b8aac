"""``presets``: what there is to train."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from gan_core.commands.printing import print_json
from gan_core.config.presets import presets

HELP = "List the presets."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare nothing: this command has no options of its own."""


def run(args: argparse.Namespace) -> None:
    """Print every preset's name, title, steps and what to look for."""
    if args.json:
        print_json([asdict(p) | {"config": p.config.model_dump(mode="json")} for p in presets().values()])
        return
    for p in presets().values():
        print(f"{p.name:20}{p.title}, {p.steps:,} steps\n{'':20}{p.look_for}")
