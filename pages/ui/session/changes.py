"""What a visitor does to the settings of the run, and which run is open."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from gan_core import ConfigError, GanExplorerError, RunConfig
from gan_core.config import is_live
from gan_core.config.presets import find, presets
from gan_core.storage.bundled import recorded
from pages.ui.presence import Visit
from pages.ui.session.memory import notify, recall
from pages.ui.session.present import rooms, take, visit

KEEP_LEARNED: Final = "keep-learned"
"""Recalled: true while a setting that needs a new run begins it with what this one has learned."""


def change(changes: Mapping[str, Any]) -> None:
    """Change settings of the run: live ones act at once, others start it anew; what is not allowed is said."""
    runner = visit().runner
    try:
        config = _changed(runner.config, changes)
        if len(config.data_shape) != len(runner.config.data_shape):
            _change_kind(config)
            return
        paths = runner.config.differences(config)
        if not paths:
            return
        if all(is_live(path) for path in paths):
            runner.retune(changes)
            runner.flush()  # the link is to name the step at which it happened
        else:
            kept = _begin(config)
            notify(f"New run: {', '.join(paths)} cannot change while a run goes on.{kept}")
    except GanExplorerError as error:
        notify(str(error))


def _begin(config: RunConfig) -> str:
    """Begin a run of another config; with what this one has learned, if the visitor wants to keep that.

    Returns:
        What was kept, as words to follow a sentence.

    Raises:
        CheckpointError: If the networks are no longer finite; the run stays as it is.
    """
    runner = visit().runner
    state = runner.state_now() if recall(KEEP_LEARNED, False) else None
    if state is None:
        runner.restart(config)
        return ""
    from gan_core.training import learned  # late: it brings PyTorch along

    found = learned(state, config)
    runner.restart(config, begin_with=None if found.nothing else found)
    return f" Kept of step {found.origin.step:,}: {kept_words(found.origin.kept)}."


def kept_words(kept: Mapping[Any, tuple[int, int]]) -> str:
    """How much of each network was kept: "all of G, 4 of 6 tensors of D"."""
    names = {"generator": "G", "discriminator": "D"}  # the average has G's shapes

    def part(n: int, of: int) -> str:
        return "all" if n == of else f"{n} of {of} tensors" if n else "nothing"

    return ", ".join(f"{part(*kept[player])} of {name}" for player, name in names.items())


def _changed(config: RunConfig, changes: Mapping[str, Any]) -> RunConfig:
    """The config with changes; other data may refuse what suited the last ones, and then that goes as well.

    Raises:
        ConfigError: If a value is not allowed.
    """
    try:
        return config.changed(changes)
    except ConfigError:
        if "data.name" not in changes:
            raise
        plain: dict[str, Any] = {"conditional": False, "augment": []}
        plain |= {f"{p}.kind": "mlp" for p in ("generator", "discriminator") if getattr(config, p).kind == "dcgan"}
        return config.changed(plain | dict(changes))


def _change_kind(config: RunConfig) -> None:
    """From the plane to images or back: networks and rates of the one rarely suit the other, so take a preset's."""
    fallback = "moons" if len(config.data_shape) == 1 else "mnist"
    name = config.data.name if config.data.name in presets() else fallback
    data = {f"data.{field}": value for field, value in config.data.model_dump().items()}
    changed = presets()[name].config.changed(data | {"seed": config.seed})
    visit().runner.restart(changed, preset=name)
    notify(f"New run, with the networks and rates of the preset {name}: those of the last one would not suit.")


def open_preset(name: str) -> None:
    """Start the run of a preset, playing."""
    try:
        preset = find(name)
    except ConfigError as error:
        notify(str(error))
        return
    runner = visit().runner
    runner.restart(preset.config, preset=name)
    runner.set_pace(None)
    runner.play()


def open_recorded(name: str) -> None:
    """Stand at the end of a recorded run, in place of this one."""
    try:
        recording = recorded(name)
    except GanExplorerError as error:
        notify(str(error))
        return
    visit().replay(recording)
    notify(f"A recorded run of {recording.step:,} steps: scrub through it with the time machine, or play on.")


def open_config(config: RunConfig, preset_name: str) -> None:
    """Start a run of these settings, playing, in place of the one there is."""
    known: Visit | None = recall("visit")
    if known is None or known.runner.state == "closed":
        take(rooms().open(config, (), preset_name))
    else:
        known.runner.restart(config, preset=preset_name)
        known.runner.set_pace(None)
        known.runner.play()
