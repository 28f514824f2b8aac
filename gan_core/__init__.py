"""GAN Explorer's core: train generative adversarial networks step by step, and look at them.

>>> from gan_core import Trainer, preset
>>> Trainer(preset("ring-8")).step().step
1

Names are loaded on first use, so that reading a config costs no PyTorch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gan_core.config import Intervention, RunConfig
    from gan_core.config.presets import preset
    from gan_core.errors import CheckpointError, ConfigError, DataError, GanExplorerError
    from gan_core.game.objectives import OBJECTIVES, Objective
    from gan_core.game.regularisers import REGULARISERS, Regulariser
    from gan_core.live.runner import Runner
    from gan_core.record.history import History, StepStats
    from gan_core.record.snapshot import Snapshot
    from gan_core.training import Trainer
    from gan_core.watching import watch

_HOMES = {
    "CheckpointError": "errors",
    "ConfigError": "errors",
    "DataError": "errors",
    "GanExplorerError": "errors",
    "History": "record.history",
    "Intervention": "config",
    "OBJECTIVES": "game.objectives",
    "Objective": "game.objectives",
    "REGULARISERS": "game.regularisers",
    "Regulariser": "game.regularisers",
    "RunConfig": "config",
    "Runner": "live.runner",
    "Snapshot": "record.snapshot",
    "StepStats": "record.history",
    "Trainer": "training",
    "preset": "config.presets",
    "watch": "watching",
}

__all__ = [
    "OBJECTIVES",
    "REGULARISERS",
    "CheckpointError",
    "ConfigError",
    "DataError",
    "GanExplorerError",
    "History",
    "Intervention",
    "Objective",
    "Regulariser",
    "RunConfig",
    "Runner",
    "Snapshot",
    "StepStats",
    "Trainer",
    "preset",
    "watch",
]

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Load a public name from its module on first use (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
