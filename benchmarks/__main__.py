"""Runs the benchmarks one after the other, each in a process of its own: ``python -m benchmarks [NAME ...]``."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path
from typing import Final

from benchmarks.bare import ROOT, environment

USUAL: Final = (
    "step",
    "live",
    "lockstep",
    "visitors",
    "classroom",
    "startup",
    "keep",
    "latent",
    "theory",
    "sweeps",
    "soak",
)
"""Benchmarks that run if no name is given."""
LONG: Final = ("quality", "gallery", "lessons", "fuzz", "modes")
"""Benchmarks that must be asked for, because it trains for long or reads thousands of bad files."""


def main() -> int:
    """Run them; the exit status is 1 if one of them could not be run to its end."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=(__doc__ or "").partition("\n")[0])
    names = (*USUAL, *LONG)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(names)}")
    parser.add_argument("--json", type=Path, metavar="FOLDER", help="write each record to FOLDER/NAME.json")
    given = parser.parse_args()
    if unknown := sorted(set(given.names) - set(names)):
        parser.error(f"no benchmark {', '.join(unknown)}; there are: {', '.join(names)}")
    if given.json is not None:
        given.json.mkdir(parents=True, exist_ok=True)
    failed = []
    for name in given.names or USUAL:
        print(f"\n{name}\n", flush=True)
        record = [] if given.json is None else ["--json", str(given.json.resolve() / f"{name}.json")]
        command = [sys.executable, "-m", f"benchmarks.{name}", *record]
        if subprocess.run(command, cwd=ROOT, env=environment(), check=False).returncode:
            failed.append(name)
    if failed:
        print(f"\nnot run to their end: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
