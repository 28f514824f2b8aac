"""Random streams: one generator per purpose, so that one use of chance cannot shift another.

A penalty that draws mixing weights must not change the noise of a compared run, and looking must not change
anything; so each purpose has its own stream, seeded from the run's seed and the purpose's name. The global
random state is neither read nor written.
"""

from __future__ import annotations

import hashlib
from typing import Final

import torch

PURPOSES: Final = ("init_g", "init_d", "data", "z", "penalty", "dropout", "augment", "shown")
"""Those that every run has."""
RARE_PURPOSES: Final = ("instance_noise", "replay", "condition")
"""Those that a run has while it uses the method of this name, or a condition."""


def stream(seed: int, purpose: str) -> torch.Generator:
    """Make the stream of one purpose, on the CPU.

    Args:
        seed: The run's seed.
        purpose: One of `PURPOSES` or `RARE_PURPOSES`.

    Returns:
        A generator that starts at a state fixed by both.

    Raises:
        KeyError: If the purpose is unknown.
    """
    known = PURPOSES + RARE_PURPOSES
    if purpose not in known:
        raise KeyError(f"no stream {purpose!r}; there are: {', '.join(known)}")
    digest = hashlib.sha256(f"{seed}/{purpose}".encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:8], "little") >> 1)


def streams(seed: int) -> dict[str, torch.Generator]:
    """Make the streams that every run has."""
    return {purpose: stream(seed, purpose) for purpose in PURPOSES}
