"""Somebody else's training loop, watched by hooks: `watch(G, D)` before the loop and nothing inside it.

>>> import torch
>>> from gan_core import watch
>>> g, d = torch.nn.Linear(2, 2), torch.nn.Linear(2, 1)
>>> with watch(g, d, on="silent") as seen:
...     pass  # the loop
>>> seen.findings
()

`capture` holds the hooks, which decide nothing and read no value; `evidence` reads what they wrote down; `rules` is
the table of rules; `session` is the watch itself; `terminal` and `log` are where it is seen. This room needs PyTorch
and NumPy alone, and `log` not even PyTorch. Names are loaded on first use.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gan_core.watching.lightning import WatchCallback
    from gan_core.watching.log import WatchLog, read_log
    from gan_core.watching.rules import RULES, Rule
    from gan_core.watching.session import Finding, Watch, WatchError, watch

_HOMES = {
    "Finding": "session",
    "RULES": "rules",
    "Rule": "rules",
    "Watch": "session",
    "WatchCallback": "lightning",
    "WatchError": "session",
    "WatchLog": "log",
    "read_log": "log",
    "watch": "session",
}

__all__ = ["RULES", "Finding", "Rule", "Watch", "WatchCallback", "WatchError", "WatchLog", "read_log", "watch"]


def __getattr__(name: str) -> Any:
    """Load a name from its module on first use (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
