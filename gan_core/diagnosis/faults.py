"""Faults of a run's data, found before it trains, as evidence for its report."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from gan_core.config import RunConfig
from gan_core.data import DATASETS
from gan_core.diagnosis.conditions import Evidence
from gan_core.errors import DataError

__all__ = ["faults_of"]

_KEPT: Final = 16
"""Data sets whose faults are remembered."""


def faults_of(config: RunConfig) -> tuple[Evidence, ...]:
    """Find the faults of a person's own data; built-in data, and data that are no longer here, have none.

    Args:
        config: Of the run.
    """
    if not DATASETS[config.data.name].own or not config.data.hash:
        return ()
    return _faults(config.data.name, config.data.hash)


@lru_cache(maxsize=_KEPT)
def _faults(name: str, data_hash: str) -> tuple[Evidence, ...]:
    from gan_core.data.checks import check  # late: these bring PyTorch along
    from gan_core.data.own import find

    try:
        found = check(find(name, data_hash))
    except DataError:
        return ()
    return tuple(Evidence(f.name, 1.0, 1.0, f"{f.headline} {_sentence(f.evidence)} {f.remedy}") for f in found)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."
