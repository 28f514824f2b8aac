"""Data sets: endless samplers in the plane, and real images that lie in memory as one tensor.

`DATASETS` holds what is known of each, without PyTorch. `load(name)` gives a data set by name, once per process: all
runs of all visitors share its tensors. `load_data` gives the one that a config describes, which may be somebody's own
(`gan_core.data.own`). Samples are in network units (about unit size, images in [-1, 1]); each data set knows its way
back. Names are loaded on first use.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gan_core.data.catalogue import DATASETS, DatasetInfo
    from gan_core.data.conditions import CONDITIONS, Condition, Filter, degrade, restored
    from gan_core.data.download import Progress, data_folder
    from gan_core.data.images import Images
    from gan_core.data.loading import Dataset, load, load_data
    from gan_core.data.modes import Modes
    from gan_core.data.points import Points
    from gan_core.data.signals import Signals
    from gan_core.data.sounds import Sounds

_HOMES = {
    "CONDITIONS": "conditions",
    "Condition": "conditions",
    "DATASETS": "catalogue",
    "Dataset": "loading",
    "DatasetInfo": "catalogue",
    "Filter": "conditions",
    "Images": "images",
    "Modes": "modes",
    "Points": "points",
    "Progress": "download",
    "Signals": "signals",
    "Sounds": "sounds",
    "data_folder": "download",
    "degrade": "conditions",
    "load": "loading",
    "load_data": "loading",
    "restored": "conditions",
}

__all__ = [
    "CONDITIONS",
    "DATASETS",
    "Condition",
    "Dataset",
    "DatasetInfo",
    "Filter",
    "Images",
    "Modes",
    "Points",
    "Progress",
    "Signals",
    "Sounds",
    "data_folder",
    "degrade",
    "load",
    "load_data",
    "restored",
]


def __getattr__(name: str) -> Any:
    """Load a name from its module on first use (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
