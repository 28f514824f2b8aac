"""Widgets of single settings, made from their declarations: a knob says its range, its words and if it is live."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import streamlit as st

from gan_core import OBJECTIVES, REGULARISERS, Objective, Regulariser, RunConfig
from gan_core.config import KNOBS, PENALTY_KNOBS, Knob
from pages.ui import session

_ENTRIES: Final[Mapping[str, Mapping[str, Objective | Regulariser]]] = {
    "objective": OBJECTIVES,
    PENALTY_KNOBS["name"].path: REGULARISERS,
}
"""Settings whose choices are entries, by path: an entry says what it is called."""


def widgets(config: RunConfig, *paths: str) -> None:
    """Widgets for these settings of a config."""
    for path in paths:
        value: Any = config
        for part in path.split("."):
            value = getattr(value, part)
        knob = KNOBS[path]
        if isinstance(value, tuple) and not knob.many:
            for i, beta in enumerate(value):
                _number(knob, f"{path}.{i}", float(beta), f"{knob.label[0]} β{'₁₂'[i]}", 0.0, 1.0)
        else:
            widget(knob, path, value)


def widget(knob: Knob, path: str, value: Any) -> None:
    """One widget for one setting, of the kind that its declaration asks for."""
    key = f"w:{path}"
    label = _label(knob, knob.label)
    given: dict[str, Any] = {"key": key, "on_change": _changer(path, key), "help": help_of(knob)}
    if knob.many:
        st.multiselect(label, knob.choices, session.fed(key, list(value)), format_func=words(knob), **given)
    elif knob.choices:
        at = knob.choices.index(session.fed(key, value))
        st.selectbox(label, knob.choices, at, format_func=words(knob), **given)
    elif isinstance(value, bool):
        st.toggle(label, session.fed(key, value), **given)
    elif knob.log:
        low, high = knob.low or 0.0, knob.high or 1.0
        options = sorted({*_series(low, high, integer=knob.integer), value})
        st.select_slider(label, options, session.fed(key, value), format_func=_short, **given)
    elif knob.integer and knob.high is not None and knob.high <= 64:
        st.slider(label, int(knob.low or 0), int(knob.high), session.fed(key, value), **given)
    else:
        _number(knob, path, value, knob.label, knob.low or 0, knob.high or 1)


def _number(knob: Knob, path: str, value: Any, label: str, low: float, high: float) -> None:
    key = f"w:{path}"
    whole = knob.integer
    st.number_input(
        _label(knob, label),
        int(low) if whole else float(low),
        int(high) if whole else float(high),
        session.fed(key, value),
        step=1 if whole else 0.01,
        format=None if whole else "%.4g",
        key=key,
        on_change=_changer(path, key),
        help=help_of(knob),
    )


def _changer(path: str, key: str) -> Callable[[], None]:
    def act() -> None:
        if session.is_echo(key):
            return
        changes = {path: session.value_of(key)}
        if path == "objective":
            config = session.visit().run.status().config
            if not (config.clip or config.regularisers):
                # Without any bound a critic's loss has no minimum.
                changes |= {"clip": clip} if (clip := OBJECTIVES[changes[path]].usual_clip) else {}
        session.change(changes)

    return act


def _label(knob: Knob, label: str) -> str:
    return f"{label} :gray-badge[live]" if knob.live else label


def help_of(knob: Knob) -> str:
    """Write a setting's help; one that is not live says what a change does."""
    return knob.help if knob.live else f"{knob.help} A change begins a new run."


def words(knob: Knob) -> Callable[[str], str]:
    """Return what the choices of a setting are called, as a function of their names."""
    entries = _ENTRIES.get(knob.path, {})
    return lambda name: entries[name].label if name in entries else knob.words.get(name, name)


def _short(value: float) -> str:
    return f"{value:g}"


def _series(low: float, high: float, *, integer: bool) -> list[float]:
    """1-2-5 values of a range (powers of two for whole numbers), with 0 where it is allowed."""
    if integer:
        return [n for n in (2**k for k in range(12)) if low <= n <= high]
    values = [float(f"{m}e{e}") for e in range(-6, 4) for m in (1, 2, 5)]
    return [0.0] * (low == 0) + [v for v in values if max(low, 1e-6) <= v <= high]
