"""This visitor's session: the only module that touches ``st.session_state``.

A session holds one `Visit`, and through it one run. Widgets are fed from the run's config before they are made, so a
look at another page, which drops widget state, loses nothing.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, Final

import streamlit as st

from gan_core import (
    ConfigError,
    DataError,
    GanExplorerError,
    RunConfig,
)
from gan_core.config import DataConfig, is_live
from gan_core.data.own import find as find_own
from gan_core.data.own import register
from gan_core.data.own_data import OwnPoints
from gan_core.data.payload import from_text, to_text
from gan_core.presets import find, from_query, link_repeats_until, presets, to_query
from pages.ui.live import Command
from pages.ui.visits import Rooms, Visit, default_slots

_VISIT, _NOTICE, _LINK, _REDRAW, _KEYS = "gan.visit", "gan.notice", "gan.link", "gan.redraw", "gan.keys"

POINTS: Final = "points"
"""In a link: a small drawing."""
HEARTBEAT: Final = 60.0
"""Seconds between two greetings: rare, because a tick beside a click may be one click too many."""


@functools.cache
def rooms() -> Rooms:
    """What all sessions of this process share."""
    return Rooms(default_slots(), release_after=float(st.get_option("server.disconnectedSessionTTL")) + 5)


@st.cache_resource(scope="session", on_release=Visit.leave, show_spinner=False)
def _presence(_visit: Visit, token: str) -> Visit:
    """Released when the browser goes, made again by the first script run when it is back."""
    _visit.arrive()
    return _visit


def visit() -> Visit:
    """This visitor's run; made from the link at the first call, and again after it was released."""
    state = st.session_state
    known: Visit | None = state.get(_VISIT)
    if known is None or known.runner.state == "closed":
        if known is None:
            config, preset, interventions = _from_link()
        else:  # released meanwhile: the same run from its beginning, with all that was done to it
            last = known.runner
            config, preset, interventions = last.initial_config, last.preset, last.interventions
        known = state[_VISIT] = rooms().open(config, interventions, preset)
        state.setdefault(_KEYS, set()).add(known.key)
    return _presence(known, known.token)


def has_run() -> bool:
    """True if this visitor has a run; asking makes none."""
    known: Visit | None = st.session_state.get(_VISIT)
    return known is not None and known.runner.state != "closed"


@st.fragment(run_every=HEARTBEAT)
def greet() -> None:
    """Tell a run that its browser is here, whatever page it looks at; makes no run.

    A timed fragment, and only for this: after a broken connection Streamlit's front end runs the script again if
    there is one on the page. Without that nobody would hear that the browser is back.
    """
    known: Visit | None = st.session_state.get(_VISIT)
    if known is not None:
        _presence(known, known.token)


def _from_link() -> tuple[RunConfig, str, Any]:
    query = st.query_params.to_dict()
    try:
        if text := query.pop(POINTS, ""):
            register(from_text(text))
        return from_query(query)
    except GanExplorerError as error:
        notify(f"The link could not be followed: {error}. This is the default run instead.")
        return from_query({})


def update_link() -> int | None:
    """Put what defines the run into the address.

    Returns:
        The step up to which the link repeats the run, or None if it repeats all of it.
    """
    runner = visit().runner
    done = runner.interventions
    query = to_query(runner.initial_config, runner.preset, done) | _small_points(runner.initial_config.data)
    if st.session_state.get(_LINK) != query or st.query_params.to_dict() != query:
        st.session_state[_LINK] = query
        st.query_params.from_dict(query)
    return link_repeats_until(done)


def _small_points(config: DataConfig) -> dict[str, str]:
    """A drawing that is small enough for a link."""
    try:
        data = find_own(config.name, config.hash) if config.name == "own-points" else None
    except DataError:
        return {}
    text = to_text(data) if isinstance(data, OwnPoints) else None
    return {POINTS: text} if text else {}


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
            runner.restart(config)
            notify(f"New run: {', '.join(paths)} cannot change while a run goes on.")
    except GanExplorerError as error:
        notify(str(error))


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


def go_on_from(step: int) -> None:
    """Replace the run by one that goes on from its last kept state of that step or before."""
    here = visit()
    found = here.recorder.state(step)
    if found is None:
        notify("Nothing is kept of this run yet.")
        return
    here.runner.go_on(found[1])
    notify(f"This run goes on from step {found[0]:,}; what came later is gone.")


def obey(command: Command) -> bool:
    """Do what the visitor asked for in the live view.

    Returns:
        True if the run's config may have changed, so that the whole page must be drawn again.
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
            runner.set_stop_at(None if command.value is None else int(command.value))
        elif command.name == "new_seed":
            change({"seed": (runner.config.seed + 1) % 2**31})
        elif command.name == "branch":
            go_on_from(int(command.value or 0))
        elif command.name == "open":
            open_preset(str(command.value))
    except GanExplorerError as error:
        notify(str(error))
    if command.name in ("step_d", "step_g"):
        runner.flush()
    return command.name in ("new_seed", "open", "reset", "branch", "step_d", "step_g")


def remember(name: str, value: Any) -> None:
    """Keep something for this session, over all pages."""
    st.session_state[f"gan.{name}"] = value


def recall(name: str, default: Any = None) -> Any:
    """What `remember` kept."""
    return st.session_state.get(f"gan.{name}", default)


def keys_of_runs() -> frozenset[str]:
    """The names under which the runs of this session are saved, without their numbers."""
    return frozenset(st.session_state.get(_KEYS, ()))


def key_of_run() -> str:
    """The name under which the open run is saved, without its number; "" if there is none."""
    return visit().key if has_run() else ""


def notify(text: str) -> None:
    """Say something once, at the next drawing of the page."""
    st.session_state[_NOTICE] = text


def take_notice() -> str:
    """What is to be said, or ""."""
    text: str = st.session_state.pop(_NOTICE, "")
    return text


def ask_redraw() -> None:
    """Have the whole page drawn again after this fragment."""
    st.session_state[_REDRAW] = True


def take_redraw() -> bool:
    """True once after `ask_redraw`."""
    return bool(st.session_state.pop(_REDRAW, False))


def feed(key: str, value: Any) -> None:
    """Set a widget's value before it is made, so that it shows what the run has."""
    if key not in st.session_state or st.session_state[key] != value:
        st.session_state[key] = value


def value_of(key: str) -> Any:
    """A widget's value."""
    return st.session_state[key]
