"""A saved run's card: a small file beside the run with what a list of runs shows, so that nobody must open the run.

It holds nothing that training depends on: the name that a visitor gave, whom the run belongs to, a picture, the newest
scores, and when which step was reached. A card that is missing or damaged is an empty one.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

SUFFIX: Final = ".card.json"
MAX_NAME: Final = 60
MAX_BYTES: Final = 500_000
_MAX_SIDE: Final = 1024


Clock = Sequence[tuple[int, float]]
"""Steps, and the seconds of playing after which each was reached; ascending."""


@dataclass(frozen=True)
class RunCard:
    """Summary of a saved run.

    Attributes:
        name: What its owner calls it, or "".
        owner: `fingerprint` of the owner's token, or "".
        scores: Its newest metrics by name.
        scores_step: The step that they are of; 0 where that was not written down.
        clock: When which step was reached.
        picture: A small PNG of its samples, or nothing.
    """

    name: str = ""
    owner: str = ""
    scores: Mapping[str, float] = field(default_factory=dict)
    clock: Clock = ()
    picture: bytes = b""
    scores_step: int = 0

    def encode(self) -> bytes:
        """Write the card as the content of its file."""
        words = {
            "name": self.name,
            "owner": self.owner,
            "scores": {name: value for name, value in self.scores.items() if math.isfinite(value)},
            "scores_step": self.scores_step,
            "clock": [[step, round(seconds, 3)] for step, seconds in self.clock],
            "picture": base64.b64encode(self.picture).decode(),
        }
        return json.dumps(words, separators=(",", ":")).encode()


def read(path: Path) -> RunCard:
    """Read the card in a file; an empty one if there is none that can be read."""
    try:
        if path.stat().st_size > MAX_BYTES:
            return RunCard()
        words: Any = json.loads(path.read_bytes())
        return RunCard(
            tidy(str(words["name"])),
            str(words["owner"])[:64],
            {str(name): float(value) for name, value in words["scores"].items()},
            tuple((int(step), float(seconds)) for step, seconds in words["clock"]),
            _small_png(base64.b64decode(words["picture"], validate=True)),
            max(0, int(words.get("scores_step", 0))),
        )
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError, OverflowError, binascii.Error):
        return RunCard()


def _small_png(content: bytes) -> bytes:
    """Return a PNG as it is; nothing for what is none, or has more pixels than a thumbnail."""
    if len(content) < 24 or not content.startswith(b"\x89PNG\r\n\x1a\n"):
        return b""
    width, height = struct.unpack(">II", content[16:24])
    return content if 0 < width <= _MAX_SIDE and 0 < height <= _MAX_SIDE else b""


def seconds_at(steps: NDArray[np.floating[Any]], clock: Clock) -> NDArray[np.float64]:
    """Return when steps were reached: straight lines between the ticks of a clock that has at least one.

    Args:
        steps: ``[n]``.
        clock: Of the run.

    Returns:
        Seconds of playing, ``[n]``.
    """
    at, seconds = zip(*clock, strict=True)
    found: NDArray[np.float64] = np.interp(steps, at, seconds)
    return found


def tidy(name: str) -> str:
    """Make a name one line of printable text of at most `MAX_NAME` characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in name).split())[:MAX_NAME]


def fingerprint(token: str) -> str:
    """Hash a browser's token: enough to know it again, and no way back to it."""
    return hashlib.sha256(token.encode()).hexdigest() if token else ""
