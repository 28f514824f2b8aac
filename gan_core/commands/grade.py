"""``grade``: mark a folder of hand-ins by making their runs again."""

from __future__ import annotations

import argparse
import csv
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from gan_core.commands.printing import print_json
from gan_core.errors import ConfigError

HELP = (
    "Mark a folder of hand-ins: each run is made again from its settings, and checked against the task's goal; "
    "predictions are checked against the key; answers in words are listed to be read."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the folder and the key."""
    parser.add_argument("folder", metavar="FOLDER", type=Path, help="files that end in .json, one a student")
    parser.add_argument("--key", metavar="FILE", required=True, help="the task with its answers, or a task's name")
    parser.add_argument("--csv", metavar="FILE", type=Path, help="write the table to a file too")
    parser.add_argument(
        "--jobs", metavar="N", type=int, default=os.cpu_count() or 1, help="processes; as many as there are cores"
    )


def run(args: argparse.Namespace) -> None:
    """Mark all hand-ins of ``args.folder`` and print the table."""
    import torch

    from gan_core.experiments.classroom import read_key
    from gan_core.experiments.classroom.marking import mark_folder, table
    from gan_core.live.workers import SPAWN

    if not 1 <= args.jobs <= 64:
        raise ConfigError(f"--jobs {args.jobs} is not possible: 1 to 64 is")
    key = read_key(args.key)
    if args.jobs == 1:
        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            marks = mark_folder(args.folder, key)
        finally:
            torch.set_num_threads(threads)
    else:
        with ProcessPoolExecutor(args.jobs, SPAWN, _one_thread) as pool:
            marks = mark_folder(args.folder, key, executor=pool)
    rows = table(marks)
    if args.csv is not None:
        try:
            with args.csv.open("w", encoding="utf-8", newline="") as file:
                csv.writer(file).writerows([[_harmless(cell) for cell in row] for row in rows])
        except OSError as error:
            raise ConfigError(f"{args.csv} cannot be written: {error.strerror or error}") from None
    if args.json:
        print_json(
            {
                "task": key.task.name,
                "marks": [
                    {
                        "file": mark.file, "student": mark.student, "points": mark.total, "of": mark.of,
                        "curves": mark.curves, "problem": mark.problem, "scores": mark.scores, "answers": mark.answers,
                        "evidence": {point.name: point.evidence for point in mark.points},
                    }
                    for mark in marks
                ],
            }
        )  # fmt: skip
        return
    print(f"{key.task.title}: {len(marks)} hand-ins")
    for mark in marks:
        print(f"\n{mark.student or mark.file}: {mark.total:g} of {mark.of:g}  ({mark.file})")
        if mark.problem:
            print(f"  not marked: {mark.problem}")
        for point in mark.points:
            print(f"  {point.name}: {point.points:g} of {point.of:g}. {point.evidence}")
        for name, text in mark.answers.items():
            print(f"  {name}, to be read: {' '.join(text.split())}")
    sys.stdout.flush()


def _one_thread() -> None:
    """Let a process train on one thread, as the app does: more only get in each other's way."""
    import torch

    from gan_core.live.workers import settle

    settle()
    torch.set_num_threads(1)


def _harmless(cell: str) -> str:
    """Keep a spreadsheet from taking a student's text for a formula."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
