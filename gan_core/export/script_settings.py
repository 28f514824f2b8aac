"""Names of settings in a run's script: constants, but for those that were changed while the run went on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from gan_core.config import Intervention, RunConfig
from gan_core.config.paths import leaves

_LIVE: Final = ("d_steps", "g_steps", "lr_d", "lr_g", "betas_d", "betas_g", "clip", "ema")
_RARE: Final = ("packing", "label_smoothing", "replay", "unroll", "lookahead")
_CONDITIONED: Final = ("adversarial", "reconstruction", "z_reward")
_NOISE: Final = ("instance_noise", "instance_noise_steps")


class Settings:
    """The settings of a run that a script's code refers to; ``settings[path]`` is the expression for one.

    Args:
        config: The config that the run began with.
        interventions: What was done to it.

    Attributes:
        config: As given.
        events: What was done, in order: the number of finished steps, and new values by path or a player's letter.
        changing: Paths that an event sets.
        penalties: Place in the config of every penalty that is ever active, by its name.
        averages: True if G is ever averaged.
        noisy: True if there is ever instance noise.

    Raises:
        ConfigError: If an intervention does not fit the run.
    """

    def __init__(self, config: RunConfig, interventions: Sequence[Intervention]) -> None:
        self.config = config
        self.events: list[tuple[int, dict[str, Any] | str]] = []
        now = config
        for intervention in sorted(interventions, key=lambda i: i.step):
            if intervention.changes:
                after = now.retuned(intervention.changes)
                if changes := now.differences(after):
                    self.events.append((intervention.step, changes))
                now = after
            if intervention.update:
                self.events.append((intervention.step, intervention.update))
        self.changing = {path for _, event in self.events if isinstance(event, dict) for path in event}
        self.penalties = {r.name: i for i, r in enumerate(config.regularisers) if self.used(f"regularisers.{i}.weight")}
        self.averages = self.used("ema")
        self.noisy = self.used("instance_noise")

    def changes(self, path: str) -> bool:
        """Return whether an event sets it."""
        return path in self.changing

    def used(self, path: str) -> bool:
        """Return False if the setting is zero and stays so, else True."""
        return self.changes(path) or bool(self._value(path))

    def __getitem__(self, path: str) -> str:
        return f'settings["{path}"]' if self.changes(path) else self._name(path)

    def definitions(self, steps: int) -> str:
        """Write the lines that define every name in the expressions.

        Args:
            steps: How many steps the script makes if it is not told another number.
        """
        paths = [path for path in _LIVE if path not in ("clip", "ema") or self.used(path)]
        paths += _NOISE if self.noisy else ()
        paths += _CONDITIONED if self.config.conditioned else ()
        paths += [f"regularisers.{i}.{key}" for i in self.penalties.values() for key in ("weight", "every")]
        lines = [f"STEPS = int(sys.argv[1]) if len(sys.argv) > 1 else {steps}"]
        config = self.config
        lines += [f"SEED = {config.seed}", f"BATCH_SIZE = {config.batch_size * config.packing}"]
        lines.append(f"LATENT_DIM = {config.latent_dim}")
        fields = RunConfig.model_fields
        lines += [f"{n.upper()} = {getattr(config, n)}" for n in _RARE if getattr(config, n) != fields[n].default]
        lines += [f"{self._name(path)} = {self._value(path)}" for path in paths if not self.changes(path)]
        if self.changing:
            pairs = [f'    "{path}": {self._value(path)},' for path in paths if self.changes(path)]
            lines += [
                "# Those that were changed during the run, as they were at its start.",
                "settings = {",
                *pairs,
                "}",
            ]
        if self.events:
            lines.append("# What was done after so many steps: new settings, or a lone update of one player.")
            lines += ["events = [", *(f"    {event},".replace("'", '"') for event in self.events), "]"]
        return "\n".join(lines)

    def _value(self, path: str) -> Any:
        if not path.startswith("regularisers."):
            return leaves(self.config.model_dump())[path]
        _, i, key = path.split(".")
        return getattr(self.config.regularisers[int(i)], key)

    def _name(self, path: str) -> str:
        if not path.startswith("regularisers."):
            return path.upper()
        _, i, key = path.split(".")
        return f"{self.config.regularisers[int(i)].name}_{key}".upper()
