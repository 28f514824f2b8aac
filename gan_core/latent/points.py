"""A point of the latent space as text: for links and requests, which come from strangers.

    s17.3      the fourth of seed 17's points
    z<base64>  the numbers themselves: little endian float32, base64url without padding

With ``@5`` behind it a point is of class 5, for conditional generators; without it of class 0.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from gan_core.errors import ConfigError

if TYPE_CHECKING:
    from gan_core.latent.space import Space

MAX_POINTS: Final = 64
N_SEEDED: Final = 64
"""Points of a seed."""
MAX_SEED: Final = 2**31 - 1
MAX_COORDINATE: Final = 1e3
_SEEDED: Final = re.compile(r"s([0-9]{1,10})\.([0-9]{1,2})")

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Point:
    """A point of the latent space.

    Attributes:
        z: ``[latent_dim]``, float32.
        label: Class for a conditional generator, or None.
    """

    z: Floats
    label: int | None = None


def parse(text: str, config: Space) -> Point:
    """Parse a point from its text.

    Raises:
        ConfigError: If it is none, of another size of z, or too far out.
    """
    body, at, label = text.partition("@")
    return Point(numbers(body, config), _label(at, label, config))


def parse_many(text: str, config: Space) -> list[Point]:
    """Points from texts with commas between them.

    Raises:
        ConfigError: As `parse`, or if there are more than `MAX_POINTS`.
    """
    parts = text.split(",") if text else []
    if len(parts) > MAX_POINTS:
        raise ConfigError(f"{len(parts)} points are too many: at most {MAX_POINTS} are allowed")
    return [parse(part, config) for part in parts]


def n_points(text: str, config: Space) -> int:
    """Count the points of a text without drawing those of seeds, which needs PyTorch.

    Raises:
        ConfigError: As `parse_many`.
    """
    parts = text.split(",") if text else []
    for part in parts:
        body, at, label = part.partition("@")
        _label(at, label, config)
        if _seeded(body) is None:
            numbers(body, config)
    return len(parts)


def encode(z: Floats) -> str:
    """Numbers as text, from which `parse` gets them exactly."""
    return "z" + base64.urlsafe_b64encode(np.asarray(z, "<f4").tobytes()).decode().rstrip("=")


def _label(at: str, label: str, config: Space) -> int | None:
    """Read the class of a point; None for a generator that is told none."""
    n_classes = config.n_classes
    if not at and not n_classes:
        return None
    if at and not (label.isascii() and label.isdigit() and len(label) < 4 and int(label) < n_classes):
        raise ConfigError(f"class {label[:10]!r} is not allowed: this generator is told {n_classes} classes")
    return int(label) if at else 0


def _seeded(text: str) -> tuple[int, int] | None:
    """Read seed and place of a point that a seed gives; None if the text is no such point."""
    found = _SEEDED.fullmatch(text)
    if not found:
        return None
    seed, i = int(found[1]), int(found[2])
    if seed > MAX_SEED or i >= N_SEEDED:
        raise ConfigError(f"point {text!r} is not allowed: seeds go to {MAX_SEED}, each has {N_SEEDED} points")
    return seed, i


def numbers(text: str, config: Space) -> Floats:
    """Read the numbers of a point, without a class.

    Raises:
        ConfigError: As `parse`.
    """
    found = _seeded(text)
    if found:
        from gan_core.latent.prior import seeded  # late: it loads PyTorch

        row: Floats = seeded(found[0], config)[found[1]].numpy()
        return row
    if not text.startswith("z") or len(text) > 8 + 6 * config.latent_dim:
        raise ConfigError(f"{text[:20]!r} is no point of this latent space: write s17.3, or z and its numbers")
    try:
        read = np.frombuffer(base64.urlsafe_b64decode(text[1:] + "=" * (-len(text[1:]) % 4)), "<f4")
    except (ValueError, binascii.Error):
        read = np.zeros(0, "<f4")
    if len(read) != config.latent_dim:
        raise ConfigError(f"this point does not belong to this run: z has {config.latent_dim} numbers here")
    if not (np.abs(read) <= MAX_COORDINATE).all():  # also NaN
        raise ConfigError(f"this point lies too far out: coordinates go to {MAX_COORDINATE:g}")
    return read.astype(np.float32)
