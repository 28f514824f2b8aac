"""What a visitor asks for in the live view."""

from __future__ import annotations

from gan_core import ConfigError, GanExplorerError
from gan_core.config import is_live
from pages.ui.latent import Save
from pages.ui.live import Command
from pages.ui.session.changes import change, open_preset
from pages.ui.session.memory import notify
from pages.ui.session.present import visit


def obey(command: Command) -> bool:
    """Do what the visitor asked for in the live view.

    Returns:
        True if the whole page must be drawn again: the run's config may have changed, or there is something to say.
    """
    here = visit()
    runner = here.runner
    if not here.is_new(command.n):
        return False
    plain = {
        "play": runner.play,
        "pause": runner.pause,
        "step": runner.step,
        "step_d": runner.step_d,
        "step_g": runner.step_g,
        "reset": runner.reset,
    }
    try:
        if command.name in plain:
            plain[command.name]()
        elif command.name == "pace":
            runner.set_pace(None if command.value is None else float(command.value))
        elif command.name == "stop_at":
            _stop_at(None if command.value is None else int(command.value))
        elif command.name == "new_seed":
            change({"seed": (runner.config.seed + 1) % 2**31})
        elif command.name == "branch":
            go_on_from(int(command.value or 0))
        elif command.name == "open":
            open_preset(str(command.value))
        elif command.name == "cure":
            try_cure(int(command.value or 0))
        elif command.name == "alarm":
            here.pause_at_failure(bool(command.value))
    except GanExplorerError as error:
        notify(str(error))
        return True
    if command.name in ("step_d", "step_g"):
        runner.flush()
    return command.name in ("new_seed", "open", "reset", "branch", "cure", "step_d", "step_g")


def _stop_at(step: int | None) -> None:
    runner = visit().runner
    if step is not None and step <= runner.step_count:
        raise ConfigError(f"The run is at step {runner.step_count:,} already: stop at a later step, or reset it first")
    runner.set_stop_at(step)


def go_on_from(step: int) -> None:
    """Replace the run by one that goes on from its last kept state of that step or before."""
    here = visit()
    found = here.recorder.state(step)
    if found is None:
        notify("Nothing is kept of this run yet.")
        return
    here.recorder.inherit(here.recorder.past(), here.runner.initial_config, found[0])
    here.runner.go_on(found[1])
    notify(f"This run goes on from step {found[0]:,}; what came later is gone.")


def try_cure(index: int) -> None:
    """Branch the run with one of the changes that its diagnosis suggests.

    A change that may come live goes on from the last state kept before the failure began; any other begins the run
    anew from the same seed. It plays.
    """
    from gan_core.diagnosis import describe  # late: it brings PyTorch along

    here = visit()
    runner, findings = here.runner, here.runner.findings
    if not findings or index >= len(findings[0].cures):
        notify("There is nothing to cure any more.")
        return
    changes = findings[0].cures[index]
    config = runner.config.changed(changes)
    live = all(is_live(path) for path in runner.config.differences(config))
    found = here.recorder.state(findings[0].since_step) if live else None
    if found is None:
        runner.restart(config)
        words = "from the beginning, with the same seed"
    else:
        here.recorder.inherit(here.recorder.past(), runner.initial_config, found[0])
        runner.go_on(found[1])
        runner.flush()
        runner.retune(changes)
        words = f"from step {found[0]:,}"
    runner.play()
    notify(f"A branch {words}, with {describe(changes)}.")


def saved_directions() -> list[dict[str, str]]:
    """Directions that were named in this run, with their vectors as text, oldest first."""
    named: dict[str, str] = {}
    for done in visit().runner.interventions:
        if done.name:
            named[done.name] = done.vector
    return [{"name": name, "vector": vector} for name, vector in named.items() if vector]


def save_direction(wish: Save) -> None:
    """Name a direction of the latent space, or forget it; it is kept with the run."""
    here = visit()
    if here.is_new(wish.n):
        here.runner.name_direction(wish.name, wish.vector)
        here.runner.flush()
