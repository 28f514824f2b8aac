"""``judge``: what samples that lie somewhere are worth, and which snapshot of a series is best."""

from __future__ import annotations

import argparse
import io
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gan_core.commands.arguments import number
from gan_core.commands.printing import print_json
from gan_core.errors import ConfigError

if TYPE_CHECKING:
    from gan_core.judging.report import Report

MADE: Final = 1_000
"""Samples that are made of a generator."""
HELP = (
    "Judge samples that lie in a folder or zip: pictures, grids of them, or arrays, with the step of training in their "
    "names. Says which snapshot is best, since when they collapsed, and whether pictures were copied. Trains nothing."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the samples, the real pictures and where the page goes."""
    what = "a folder, zip, picture or array of samples; or a generator as .onnx, of which 1,000 are made"
    parser.add_argument("samples", metavar="SAMPLES", type=Path, help=what)
    parser.add_argument("--real", metavar="FOLDER", type=Path, help="real pictures: a folder, a zip or an array")
    parser.add_argument("--html", metavar="PAGE", type=Path, help="write the report as one HTML file")
    parser.add_argument(
        "--tile", metavar="SIDE", type=number(int, 8, 4096, "a whole number"), help="side of the tiles of grids"
    )
    parser.add_argument("--seed", type=number(int, 0, 2**31 - 1, "a whole number"), default=0, help="of all choices")


def run(args: argparse.Namespace) -> None:
    """Print the report of ``args.samples``."""
    samples = args.samples.expanduser()
    if not samples.exists():
        raise ConfigError(f"{args.samples} is neither a folder nor a file; give the samples' folder, zip or picture")
    if args.real is not None and not args.real.expanduser().exists():
        raise ConfigError(f"--real {args.real} is neither a folder nor a file; give the real pictures' folder or zip")
    from gan_core.judging import judge, read_real, read_series
    from gan_core.judging.page import judged_page

    real, said = None, tuple[str, ...]()
    if args.real is not None:
        real, said, _ = read_real(args.real.expanduser())
    series = read_series(made_by(samples, args.seed) if samples.suffix == ".onnx" else samples, tile=args.tile)
    report = judge(series, real, seed=args.seed, said=said)
    if args.html is not None:
        try:
            args.html.write_bytes(judged_page(report))
        except OSError as error:
            raise ConfigError(f"--html {args.html} cannot be written: {error.strerror or error}") from None
    if args.json:
        print_json(report.as_dict())
        return
    for words in report.said:
        print(words, file=sys.stderr)
    for reason, count in report.skipped:
        print(f"{count:,} left out: {reason}", file=sys.stderr)
    print("\n".join(table(report)))
    for verdict in report.verdicts:
        print(
            f"{verdict.headline}{f' {verdict.evidence[:1].upper()}{verdict.evidence[1:]}.' if verdict.evidence else ''}"
        )
    print(f"Distances are of {report.features}.")


def made_by(file: Path, seed: int) -> list[tuple[str, bytes]]:
    """Make `MADE` samples with a generator from elsewhere, as an array file.

    Args:
        file: ONNX, with z drawn from N(0, 1).
        seed: Of z.
    """
    import numpy as np
    import torch

    from gan_core.game.sampling import sample_prior
    from gan_core.latent.foreign import MAX_BYTES, open_onnx

    if file.stat().st_size > MAX_BYTES:
        raise ConfigError(f"{file.name} is too large: {MAX_BYTES / 1e6:.0f} MB at most are opened")
    guest = open_onnx(file.read_bytes(), file.name)
    try:
        z = sample_prior(MADE, guest.config, torch.Generator().manual_seed(seed))
        classes = guest.even_classes(MADE)
        parts = zip(z.split(64), classes.split(64), strict=True)
        pixels = [guest.data.to_uint8(guest.sample(*part)) for part in parts]
    finally:
        guest.close()
    array = io.BytesIO()
    np.save(array, np.concatenate(pixels))
    return [(f"{file.stem}.npy", array.getvalue())]


def table(report: Report) -> list[str]:
    """Write the measures as lines of text, one a snapshot; in brackets what real pictures reach."""
    columns = report.columns
    rows = [["snapshot", "n", *(column.label for column in columns)]]
    floors: dict[int, list[str]] = {}
    for place, shot in enumerate(report.snapshots):
        scores = [shot.scores.get(column.name) for column in columns]
        cells = [column.write(math.nan if s is None else s.value) for column, s in zip(columns, scores, strict=True)]
        rows.append([f"{'* ' * (place == report.best)}{shot.label or 'all'}", f"{shot.n:,}", *cells])
        floors[shot.n] = [
            column.write(math.nan if s is None or s.floor is None else s.floor)
            for column, s in zip(columns, scores, strict=True)
        ]
    if report.n_real:
        rows += [["real pictures", f"{n:,}", *cells] for n, cells in sorted(floors.items())]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    pads = [str.ljust, *[str.rjust] * (len(widths) - 1)]
    return ["  ".join(pad(cell, w) for pad, cell, w in zip(pads, row, widths, strict=True)).rstrip() for row in rows]
