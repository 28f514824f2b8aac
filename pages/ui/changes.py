"""Changes of a visitor to the settings of their run, and to which run is open; knows nothing of Streamlit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from gan_core import ConfigError, GanExplorerError, Intervention, RunConfig
from gan_core.config import Change
from gan_core.config.presets import find, presets, usual_preset
from gan_core.live import commands as do
from pages.ui.effects import Effects, Notify
from pages.ui.presence import Visit

TAKEN: Final = 1.0
"""Seconds for which a change that the link is to name is waited for."""


def change(visit: Visit, changes: Mapping[str, Any], *, keep_learned: bool = False) -> Effects:
    """Change settings of a run: live ones act at once, others begin a new run.

    Args:
        visit: Whose run.
        changes: New values by their paths.
        keep_learned: True to begin a new run with what this one has learned.

    Returns:
        What was refused, or why there is a new run.
    """
    run, now = visit.run, visit.run.status().config
    try:
        made = _change(now, changes)
        if made.config.data.kind != now.data.kind:
            return _change_kind(visit, made.config)
        if not made.paths:
            return ()
        if made.live:
            run.send(do.Retune(made), patience=TAKEN)  # the link is to name the step at which it happened
            return ()
        origin = run.send(do.Restart(made.config, keep_learned=keep_learned))
        kept = "" if origin is None else f" Kept of step {origin.step:,}: {kept_words(origin.kept)}."
        return (Notify(f"New run: {', '.join(made.paths)} cannot change while a run goes on.{kept}"),)
    except GanExplorerError as error:
        return (Notify(str(error)),)


def kept_words(kept: Mapping[Any, tuple[int, int]]) -> str:
    """Say how much of each network was kept: "all of G, 4 of 6 tensors of D"."""
    names = {"generator": "G", "discriminator": "D"}  # the average has G's shapes

    def part(n: int, of: int) -> str:
        return "all" if n == of else f"{n} of {of} tensors" if n else "nothing"

    return ", ".join(f"{part(*kept[player])} of {name}" for player, name in names.items())


def _change(config: RunConfig, changes: Mapping[str, Any]) -> Change:
    """Apply changes to a config; other data may refuse what suited the last ones, and then that goes as well.

    Raises:
        ConfigError: If a value is not allowed.
    """
    try:
        return config.change(changes)
    except ConfigError:
        if "data.name" not in changes:
            raise
        plain: dict[str, Any] = {"conditional": False, "augment": [], "data.balanced": False, "data.condition": "none"}
        fitted = ("dcgan", "residual")
        plain |= {f"{p}.kind": "mlp" for p in ("generator", "discriminator") if getattr(config, p).kind in fitted}
        return config.change(plain | dict(changes))


def _change_kind(visit: Visit, config: RunConfig) -> Effects:
    """Go to another kind of samples, with networks and rates of a preset: those of the last run rarely suit."""
    name = usual_preset(config.data.name)
    data = {f"data.{field}": value for field, value in config.data.model_dump().items()}
    changed = presets()[name].config.changed(data | {"seed": config.seed})
    visit.run.send(do.Restart(changed, preset=name))
    return (
        Notify(f"New run, with the networks and rates of the preset {name}: those of the last one would not suit."),
    )


def open_preset(visit: Visit, name: str) -> Effects:
    """Start the run of a preset, playing."""
    try:
        preset = find(name)
    except ConfigError as error:
        return (Notify(str(error)),)
    open_config(visit, preset.config, name)
    return ()


def open_config(visit: Visit, config: RunConfig, preset: str, interventions: Sequence[Intervention] = ()) -> None:
    """Start a run of these settings and changes, playing at full speed, in place of the one there is."""
    with visit.acting:  # a click on Pause comes before all of it, or after
        for command in (do.Restart(config, interventions, preset), do.SetPace(None), do.Play()):
            visit.run.send(command)


def open_recorded(visit: Visit, name: str) -> Effects:
    """Stand at the end of a recorded run, in place of this one."""
    try:
        n_steps = visit.run.send(do.OpenRecorded(name))
    except GanExplorerError as error:
        return (Notify(str(error)),)
    return (Notify(f"A recorded run of {n_steps:,} steps: scrub through it with the time machine, or play on."),)
