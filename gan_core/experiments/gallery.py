"""The failure gallery: ways in which GANs fail, each reproducible, with cures that were tried.

A failure is a preset and changes to it; a cure is a few more changes. What is said of a cure is measured:
``python -m benchmarks.gallery`` trains it from several seeds and writes how many of them reached the failure's goal
into ``assets/gallery.json``, also where the cure does not help.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from gan_core.config import RunConfig
from gan_core.config.assets import asset
from gan_core.config.presets import preset
from gan_core.data.catalogue import DATASETS
from gan_core.errors import ConfigError

if TYPE_CHECKING:
    from gan_core.data.own_data import OwnImages

FILE: Final = asset("gallery.json")
HELPS: Final = 0.9
"""Share of the seeds that a cure has to bring to the goal, to be called one."""
SEEDS: Final = 10
"""Seeds that have to be tried before that is said."""
FIRST_CHECK: Final = 2_000
LAST_CHECK: Final = 3_000
CHECK_EVERY: Final = 50
"""Steps between which, and every how many of them, a run is checked against its goal."""
CHECKS_PASSED: Final = 0.8
"""Share of these checks that have to be passed."""

GoalName = Literal["modes", "classes", "unseen"]
GOALS: Final[Mapping[GoalName, str]] = {
    "modes": "G reaches at least 7 in 8 of the modes",
    "classes": "G makes at least 7 of the 10 digits, each at a fifth of its fair share or more",
    "unseen": "D tells real images that it never saw from generated ones at least half as well as those it learns from",
}
"""Goals of a cure, in words; `gan_core.experiments.trials` measures it."""

FEW_OF: Final = "digits"
"""Data set of which a failure takes the first few images."""
FEW_DIGITS: Final = 50
_FEW = "few-digits"


@dataclass(frozen=True)
class Tried:
    """Count of seeds from which a config reached the goal.

    Attributes:
        good: Seeds from which it did.
        of: Seeds tried.
    """

    good: int
    of: int

    @property
    def settled(self) -> bool:
        """True if enough seeds were tried to say whether it helps, or too many of them failed already."""
        return self.of >= SEEDS or self.of - self.good > round((1 - HELPS) * SEEDS)

    @property
    def helps(self) -> bool:
        """True if enough seeds were tried, and nearly every one reached the goal."""
        return self.settled and self.good >= HELPS * self.of


@dataclass(frozen=True)
class Cure:
    """Something to try.

    Attributes:
        name: Its name in links.
        title: A few words.
        changes: Settings, path to value.
        why: Why it helps, or why one might think so.
        tried: What came of it; None before it was tried.
    """

    name: str
    title: str
    changes: Mapping[str, Any]
    why: str
    tried: Tried | None = None


@dataclass(frozen=True)
class Failure:
    """A way to fail.

    Attributes:
        name: Its name in links.
        title: A few words.
        preset: The preset that it is made from.
        changes: Settings that differ from it, path to value.
        see: What to look for.
        why: Why it happens.
        goal: What counts as cured, a key of `GOALS`.
        cures: In the order in which they are offered: those that help first.
        tried: How often the failing run itself reaches the goal.
        data: "few-digits" if the data are the first 50 training digits, else "".
    """

    name: str
    title: str
    preset: str
    changes: Mapping[str, Any]
    see: str
    why: str
    goal: GoalName
    cures: tuple[Cure, ...]
    tried: Tried | None = None
    data: str = ""

    def config(self, seed: int = 0) -> RunConfig:
        """Return the config to train; register the own data that it needs in this process."""
        changes = {**self.changes, "seed": seed}
        if self.data == _FEW:
            changes |= {"data.name": "own-images", "data.size": 8, "data.hash": _few_digits()}
        return preset(self.preset).changed(changes)

    def cured(self, cure: Cure, seed: int = 0) -> RunConfig:
        """Return that config with a cure applied."""
        return self.config(seed).changed(cure.changes)

    def cure(self, name: str) -> Cure:
        """Return the cure of this name.

        Raises:
            ConfigError: If there is none; the message names them all.
        """
        for cure in self.cures:
            if cure.name == name:
                return cure
        known = ", ".join(cure.name for cure in self.cures)
        raise ConfigError(f"no cure {name[:80]!r} of {self.name}; there are: {known}")


def goal_of(config: RunConfig) -> GoalName | None:
    """Choose the goal that suits a config's data: modes of the plane or classes of images; None for other data."""
    data = DATASETS[config.data.name]
    if data.judged:
        return "classes"
    return "modes" if data.modes else None


@functools.cache
def failures() -> Mapping[str, Failure]:
    """Return the gallery by name, in the order of the file."""
    entries = json.loads(FILE.read_text(encoding="utf-8"))
    return {entry["name"]: _failure(entry) for entry in entries}


def find(name: str) -> Failure:
    """Return the failure of this name.

    Raises:
        ConfigError: If there is none; the message names them all.
    """
    try:
        return failures()[name]
    except KeyError:
        raise ConfigError(f"no failure {name[:80]!r} in the gallery; there are: {', '.join(failures())}") from None


def _failure(entry: Mapping[str, Any]) -> Failure:
    cures = tuple(Cure(**{**cure, "tried": _tried(cure)}) for cure in entry["cures"])
    return Failure(**{**entry, "cures": cures, "tried": _tried(entry)})


def _tried(entry: Mapping[str, Any]) -> Tried | None:
    return Tried(**entry["tried"]) if "tried" in entry else None


def _few_digits() -> str:
    """Make the first training digits known as images of one's own, each time: the sets of others may push them out.

    Returns:
        Their hash.
    """
    from gan_core.data.own import register

    return register(_few_images())


@functools.cache
def _few_images() -> OwnImages:
    from gan_core.data import Images, load
    from gan_core.data.own_data import OwnImages

    digits = load(FEW_OF)
    assert isinstance(digits, Images)
    return OwnImages(digits.to_uint8(digits.train[:FEW_DIGITS]))
