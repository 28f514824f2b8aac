"""Targets of the command ``export``; read without PyTorch."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

TARGETS: Final = {
    "picture": "PNG of the samples",
    "samples": "ZIP of fresh samples (--n)",
    "csv": "history as CSV",
    "numbers": "config and history as JSON",
    "film": "GIF, WebP or MP4 by the file's ending (--seconds); the run is made again for it",
    "page": "one HTML file to scrub through the run; the run is made again for it",
    "generator": "the averaged generator's weights as safetensors",
    "onnx": "the averaged generator as ONNX",
    "tensorboard": "history as an event file; TensorBoard reads it if its name contains tfevents",
    "script": "the run as one plain PyTorch file; data of one's own are written beside it",
}
"""Options of the command, and what each writes."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument("run_file", metavar="RUN", type=Path, help="a file that --save or the app wrote")
    for name, words in TARGETS.items():
        parser.add_argument(f"--{name}", metavar="FILE", type=Path, help=words)
    parser.add_argument("--n", type=int, default=1_000, help="how many samples")
    parser.add_argument("--seconds", type=float, default=6.0, help="length of the film")
