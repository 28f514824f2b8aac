"""Links of the latent space: a seed, key points and a section. Links come from strangers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from gan_core.config import RunConfig
from gan_core.errors import ConfigError
from pages.ui.latent.sections import SECTIONS

NAMES: Final = ("z_seed", "z_points", "z_section")
MAX_KEYS: Final = 10
FIRST_SEED: Final = 1


@dataclass(frozen=True)
class Link:
    """Beginning of a walk.

    Attributes:
        seed: Whose samples are shown.
        points: Key points as text, or "".
        section: A key of `SECTIONS`, or "".
    """

    seed: int = FIRST_SEED
    points: str = ""
    section: str = ""


def parse(query: Mapping[str, str], config: RunConfig) -> Link:
    """Read a link.

    Args:
        query: All its parameters; others than `NAMES` are left alone.
        config: Of the run that it is about.

    Raises:
        ConfigError: In one line: what is not allowed, and what is.
    """
    from gan_core.latent.points import MAX_SEED, n_points

    seed, points, section = (query.get(name, "") for name in NAMES)
    if seed and not (seed.isascii() and seed.isdigit() and len(seed) < 11 and int(seed) <= MAX_SEED):
        raise ConfigError(f"z_seed={seed[:20]!r} is not allowed: a whole number from 0 to {MAX_SEED} is")
    if n_points(points, config) > MAX_KEYS:
        raise ConfigError(f"z_points= has too many points: at most {MAX_KEYS} are allowed")
    if section and section not in SECTIONS:
        raise ConfigError(f"z_section={section[:20]!r} is not allowed: {', '.join(SECTIONS)} are")
    return Link(int(seed) if seed else FIRST_SEED, points, section)
