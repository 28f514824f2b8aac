"""The step of training at which samples were written, from the names of their files and folders.

``fakes_000100.png``, ``epoch_12/0003.png``, ``step-500/grid.png``, ``epoch_3_batch_200.png``. A number without a word
before it is a step only where it can be nothing else: in the name of a grid or an array, or of folders that are no
classes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

__all__ = ["Moment", "is_of_real", "moment", "numbered_folders"]

_WORDS: Final = "epochs?|ep|steps?|iterations?|iters?|it|kimg|nimg|batch|batches|ticks?|snapshot|checkpoint|ckpt"
_NAMED: Final = re.compile(rf"(?<![a-z])({_WORDS})[\s_.=-]*(\d{{1,12}})", re.IGNORECASE)
_NUMBER: Final = re.compile(r"(\d{1,12})(?!.*\d)")
_REAL: Final = re.compile(r"(?<![a-z])(reals?|ground[_-]?truth|originals?)(?![a-z])", re.IGNORECASE)
_FEW_CLASSES: Final = 20


@dataclass(frozen=True, order=True)
class Moment:
    """A time of training.

    Attributes:
        numbers: What orders it: of the words in the name, from left to right.
        label: It in words, "" for samples of no known time.
    """

    numbers: tuple[int, ...] = ()
    label: str = ""


def is_of_real(path: str) -> bool:
    """Tell whether a name says that its pictures are the real ones, as ``reals.png`` does."""
    return any(_REAL.search(part) for part in PurePosixPath(path.replace("\\", "/")).parts)


def numbered_folders(paths: Sequence[str]) -> bool:
    """Tell whether all pictures lie in folders called by a number alone, which are steps and not classes.

    Folders called 0, 1, 2, … in a row, twenty at most, may be classes and are not taken for steps.
    """
    folders = {PurePosixPath(path).parts[-2] for path in paths if len(PurePosixPath(path).parts) > 1}
    if len(folders) < 2 or any(len(PurePosixPath(path).parts) < 2 for path in paths):
        return False
    if not all(folder.isdecimal() and len(folder) <= 12 for folder in folders):
        return False
    numbers = sorted(map(int, folders))
    in_a_row = numbers == list(range(numbers[0], numbers[0] + len(numbers))) and numbers[0] in (0, 1)
    return not (in_a_row and len(numbers) <= _FEW_CLASSES)


def moment(path: str, *, whole: bool, folders: bool) -> Moment:
    """Read the time of a file's samples.

    Args:
        path: With forward slashes, within the folder or zip.
        whole: True if the file holds many samples, as a grid or an array does.
        folders: From `numbered_folders`.
    """
    parts = PurePosixPath(path.replace("\\", "/")).parts
    stem = PurePosixPath(parts[-1]).stem
    for text in (*parts[:-1], stem):
        named = _NAMED.findall(text)
        if named:
            return Moment(tuple(int(n) for _, n in named), ", ".join(f"{word.lower()} {int(n)}" for word, n in named))
    if folders:
        return Moment((int(parts[-2]),), f"step {int(parts[-2])}")
    number = _NUMBER.search(stem) if whole else None
    if number is None:
        return Moment()
    return Moment((int(number[1]),), f"step {int(number[1])}")
