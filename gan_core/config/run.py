"""The whole config of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pydantic
from pydantic import model_validator

from gan_core.config.compatibility import refuse_incompatible
from gan_core.config.fields import RunFields
from gan_core.config.inactive import inactive_in
from gan_core.config.knobs import Knob, collect
from gan_core.config.parts import Regularisation
from gan_core.config.paths import explain, leaves, set_path
from gan_core.config.sizes import flops_of, weights_of
from gan_core.errors import ConfigError


class RunConfig(RunFields):
    """All that defines a run: equal configs (and interventions) give equal numbers."""

    @model_validator(mode="after")
    def _fits_together(self) -> RunConfig:
        refuse_incompatible(self)
        return self

    @property
    def idle(self) -> frozenset[str]:
        """Paths of settings without effect in this config, for a form to leave out."""
        return inactive_in(self, KNOBS)

    @property
    def n_parameters(self) -> int:
        """Trained numbers of both networks."""
        return weights_of(self)

    @property
    def flops_per_step(self) -> float:
        """Floating point operations of one step: an estimate from the layer sizes."""
        return flops_of(self)

    def changed(self, changes: Mapping[str, Any]) -> RunConfig:
        """Make a config with other values at dotted paths.

        Args:
            changes: Path to value, such as ``{"generator.width": 64, "regularisers.0.weight": 0.3}``. A value
                may be text as typed on a command line.

        Returns:
            A new, validated config.

        Raises:
            ConfigError: If a path does not exist or a value is not allowed; the message says what is.
        """
        tree: dict[str, Any] = self.model_dump(mode="json")
        for path, value in changes.items():
            set_path(tree, path, value, KNOBS)
        return parse_config(tree)

    def change(self, changes: Mapping[str, Any]) -> Change:
        """As `changed`, with what differs and whether a run can go on with it.

        Raises:
            ConfigError: If a path does not exist or a value is not allowed; the message says what is.
        """
        config = self.changed(changes)
        return Change(self, dict(changes), config, tuple(self.differences(config)))

    def retuned(self, changes: Mapping[str, Any]) -> RunConfig:
        """Make a config with other live settings, for a run that goes on; otherwise as `changed`.

        Raises:
            ConfigError: Also if a setting would need a restart.
        """
        return self.change(changes).while_running().config

    def differences(self, other: RunConfig) -> dict[str, Any]:
        """Find the paths at which ``other`` has another value, with its value there.

        Penalties that differ in weight or ``every`` alone are named one by one; else the whole list is.
        """
        mine, theirs = leaves(self.model_dump(mode="json")), leaves(other.model_dump(mode="json"))
        out = {path: value for path, value in theirs.items() if mine.get(path) != value}
        same = [r.name for r in self.regularisers] == [r.name for r in other.regularisers]
        if same and "regularisers" in out:
            del out["regularisers"]
            for i, (a, b) in enumerate(zip(self.regularisers, other.regularisers, strict=True)):
                out |= {f"regularisers.{i}.{k}": v for k, v in b if getattr(a, k) != v}
        return out


@dataclass(frozen=True)
class Change:
    """A validated change of settings.

    Attributes:
        base: The config before.
        asked: Path to value, as given.
        config: The config after.
        paths: Settings that differ.
    """

    base: RunConfig
    asked: Mapping[str, Any]
    config: RunConfig
    paths: tuple[str, ...]

    @property
    def live(self) -> bool:
        """True if a run can go on with it."""
        return all(is_live(path) for path in self.paths)

    def while_running(self) -> Change:
        """Return this change if a run that goes on can make it.

        Raises:
            ConfigError: If a setting needs a restart.
        """
        if not self.live:
            fixed = ", ".join(path for path in self.paths if not is_live(path))
            raise ConfigError(f"{fixed} cannot change during a run: start a new one")
        return self

    def onto(self, config: RunConfig) -> Change:
        """Apply this change to another config; it is validated anew unless that is its base.

        Raises:
            ConfigError: If it is not allowed there.
        """
        return self if config is self.base or config == self.base else config.change(self.asked)


def parse_config(tree: Any) -> RunConfig:
    """Validate a config from plain data.

    Raises:
        ConfigError: In one line: which setting, what was given, what is allowed.
    """
    try:
        return RunConfig.model_validate(tree)
    except pydantic.ValidationError as error:
        raise ConfigError("; ".join(explain(e, KNOBS) for e in error.errors()[:3])) from None
    except (RecursionError, OverflowError, TypeError) as error:
        raise ConfigError(f"this is not a config: {error}") from None


KNOBS: Final[dict[str, Knob]] = {knob.path: knob for knob in collect(RunConfig)}
"""Every setting by its path."""

PENALTY_KNOBS: Final[dict[str, Knob]] = {knob.path: knob for knob in collect(Regularisation)}
"""The settings of one entry of ``regularisers``."""


def is_live(path: str) -> bool:
    """Tell whether the setting at ``path`` may change without a restart."""
    if path.startswith("regularisers."):
        return PENALTY_KNOBS[path.rpartition(".")[2]].live
    return KNOBS[path.rstrip(".0123456789")].live
