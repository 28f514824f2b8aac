"""Plan of a sweep: the jobs of a grid of settings times seeds."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from gan_core.config import RunConfig
from gan_core.config.paths import split
from gan_core.errors import ConfigError
from gan_core.experiments.recipes import RECIPES

MAX_JOBS: Final = 10_000
RECIPE: Final = "recipe"
"""Stands for a setting whose values are the names of `RECIPES`."""


@dataclass(frozen=True)
class Job:
    """One run of a sweep.

    Attributes:
        values: What was varied, by path, as it is to stand in the row.
        config: All of the run's settings, its seed included.
        steps: How long it trains.
    """

    values: Mapping[str, str]
    config: RunConfig
    steps: int

    @property
    def key(self) -> str:
        """The same for the same run, and for no other: a digest of its steps and of what is not as by default."""
        said = json.dumps([RunConfig().differences(self.config), self.steps], sort_keys=True)
        return hashlib.sha256(said.encode()).hexdigest()[:16]

    def plain(self) -> dict[str, Any]:
        """Return the job as plain values for another process, with the own data that it needs."""
        from gan_core.data.own import packed

        return {
            "run": self.key,
            "values": dict(self.values),
            "config": self.config.model_dump(mode="json"),
            "steps": self.steps,
            "own": packed(self.config.data.hash) if self.config.data.hash else None,
        }


def parse_vary(texts: Iterable[str]) -> dict[str, list[str]]:
    """``path=a,b`` as typed, to path and values; commas within brackets or quotes separate nothing.

    Raises:
        ConfigError: If a text is of another form, or a path comes twice.
    """
    found: dict[str, list[str]] = {}
    for text in texts:
        path, equals, values = text.partition("=")
        if not equals or not path or path in found:
            raise ConfigError(f"--vary {text[:80]!r} is not allowed: each is PATH=VALUE,VALUE,… with a path of its own")
        found[path] = split(values)
    return found


def plan(config: RunConfig, vary: Mapping[str, Sequence[str]], *, seeds: Iterable[int], steps: int) -> list[Job]:
    """Every combination of the values, with every seed.

    Args:
        config: What all runs have in common.
        vary: Path to values as typed (JSON or a word). Beside the paths of a config ``recipe`` takes names of
            `RECIPES`, and ``regularisers`` takes ``none``, a penalty's name, or name and weight, ``r1:0.3``.
        seeds: Seeds of the runs.
        steps: Of each run.

    Returns:
        Jobs, those of one combination beside each other, the seeds in order.

    Raises:
        ConfigError: If a value is not allowed, or one combination cannot go together; before anything is trained.
    """
    seeds = list(seeds)
    n = len(seeds)
    for choices in vary.values():
        n *= len(choices)
    if not 0 < n <= MAX_JOBS:
        raise ConfigError(f"this sweep has {n:,} runs; from 1 to {MAX_JOBS:,} are allowed")
    jobs = []
    for combination in itertools.product(*vary.values()):
        values = dict(zip(vary, combination, strict=True))
        try:
            changed = _changed(config, values)
        except ConfigError as error:
            words = ", ".join(f"{path}={value}" for path, value in values.items())
            raise ConfigError(f"{words[:200]}: {error}") from None
        jobs += [Job(values, changed.changed({"seed": seed}), steps) for seed in seeds]
    return jobs


def _changed(config: RunConfig, values: Mapping[str, str]) -> RunConfig:
    """Apply one combination to the config: first the recipe, which sets much at once, then the rest together."""
    rest: dict[str, Any] = dict(values)
    name = rest.pop(RECIPE, None)
    if name is not None:
        if name not in RECIPES:
            raise ConfigError(f"no recipe {name[:80]!r}; there are: {', '.join(RECIPES)}")
        config = RECIPES[name].apply(config)
    return config.changed(rest)
