"""Samples that lie somewhere, judged: folders or zips of pictures, grids and arrays, and series of snapshots.

Nothing is trained and no GPU is needed. The report is plain values and needs no PyTorch; what measures is loaded on
first use.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from gan_core.judging.report import Column, Report, Snapshot, Verdict

if TYPE_CHECKING:
    from gan_core.judging.measures import judge
    from gan_core.judging.page import judged_page
    from gan_core.judging.reading import read_real, read_series

_HOMES = {"judge": "measures", "judged_page": "page", "read_real": "reading", "read_series": "reading"}

__all__ = ["Column", "Report", "Snapshot", "Verdict", "judge", "judged_page", "read_real", "read_series"]


def __getattr__(name: str) -> Any:
    """Load a function from its module on first use (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
