"""Memory: how much the runs of a process may take together; a run that has no room is refused with a sentence."""

from __future__ import annotations

import os
import threading
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Final

from gan_core.config import RunConfig
from gan_core.config.memory import memory_of
from gan_core.errors import ConfigError

SHARE: Final = 0.6
"""Of the machine's memory, for runs, where nothing else is said: the rest is for the server, data and kept states."""
SHARE_OF_ONE: Final = 0.5
"""Of the budget, for any single run."""
_CGROUP: Final = Path("/sys/fs/cgroup/memory.max")


class Memory:
    """A budget of bytes.

    Args:
        budget: Bytes of all runs together.
    """

    def __init__(self, budget: int) -> None:
        self.budget = budget
        self._lock = threading.Lock()
        self._taken: dict[Hashable, int] = {}

    def take(self, key: Hashable, config: RunConfig) -> None:
        """Reserve what a run is to need, in place of what this key held.

        Raises:
            ConfigError: If there is no room; the key then holds what it held.
        """
        needed = memory_of(config)
        with self._lock:
            free = self.budget - sum(self._taken.values()) + self._taken.get(key, 0)
            if needed > SHARE_OF_ONE * self.budget:
                raise ConfigError(
                    f"this run would need about {_megabytes(needed)}; one run may take "
                    f"{_megabytes(SHARE_OF_ONE * self.budget)} here: lower a width, a depth or batch_size"
                )
            if needed > free:
                raise ConfigError(
                    f"this run would need about {_megabytes(needed)}, and the other runs on this server leave "
                    f"{_megabytes(free)}: lower a width, a depth or batch_size, or try again when others have gone"
                )
            self._taken[key] = needed

    def free(self, key: Hashable) -> None:
        """Give back what a key held."""
        with self._lock:
            self._taken.pop(key, None)

    @property
    def taken(self) -> int:
        """Bytes that are reserved."""
        with self._lock:
            return sum(self._taken.values())


def default_budget(environment: Mapping[str, str] = os.environ) -> int:
    """Read from ``GAN_EXPLORER_MEMORY`` how many megabytes runs may take; a share of the machine's memory else.

    Args:
        environment: The process's variables.
    """
    text = environment.get("GAN_EXPLORER_MEMORY", "")
    if text.isascii() and text.isdecimal() and 0 < int(text) < 10**9:
        return int(text) * 10**6
    return int(SHARE * machine_bytes())


def machine_bytes() -> int:
    """Return the bytes of memory of this machine, or of the container that it is; 4 GB where nothing tells."""
    try:
        whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        whole = 4 * 10**9
    try:
        bound = _CGROUP.read_text(encoding="ascii").strip()
    except OSError:
        bound = ""
    return min(whole, int(bound)) if bound.isdecimal() else whole


def _megabytes(n: float) -> str:
    return f"{n / 1e6:,.0f} MB"
