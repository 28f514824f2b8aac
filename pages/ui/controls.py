"""The form of a run, made from the config's own declarations: a knob says its range, its words and if it is live."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import streamlit as st

from gan_core import RunConfig
from gan_core.config import KNOBS, PENALTY_KNOBS, Knob
from gan_core.presets import find, presets
from pages.ui import own_panel, session

_NO_PENALTY: Final = "none"
_WORDS: Final = {
    "non_saturating": "non-saturating",
    "least_squares": "least squares",
    "wasserstein": "Wasserstein",
    "relativistic": "relativistic",
    "gradient_penalty": "gradient penalty",
    "r1": "R1",
    "r2": "R2",
    "r1_r2": "R1 + R2",
    "mlp": "MLP",
    "dcgan": "DCGAN",
    "article": "the article's",
    "leaky_relu": "LeakyReLU",
    "relu": "ReLU",
    "silu": "SiLU",
    "sgd": "SGD",
    "rmsprop": "RMSprop",
    "adam": "Adam",
}
_PENALTY_WEIGHTS: Final = {"gradient_penalty": 10.0}
"""A usual weight where the field's default is not one."""


def form() -> None:
    """The whole form, in the order a person thinks: start from, data, game, networks, rates, seed."""
    runner = session.visit().runner
    config = runner.config
    _start_from(runner.preset)
    with _section("data", "Data"):
        _widgets(config, "data.name")
        own_panel.form()
        _widgets(config, *(path for path in ("conditional", "augment") if path not in config.idle))
    with _section("game", "Game"):
        _widgets(config, "objective")
        _penalty(config)
        _widgets(config, "d_steps", "g_steps")
    with _section("noise", "Noise"):
        _widgets(config, "latent_dim")
    for player, title in (("generator", "Generator"), ("discriminator", "Discriminator")):
        with _section(player, title):
            part = getattr(config, player)
            sizes = [path for path in (f"{player}.width", f"{player}.depth") if path not in config.idle]
            _widgets(config, f"{player}.kind", *sizes)
            if part.kind == "article":
                st.caption("Hidden layers " + "-".join(str(w) for w in part.widths) + ", as in the article.")
    with _section("rates", "Learning rates"):
        _widgets(config, "lr_g", "lr_d")
    with _section("seed", "Seed"):
        _widgets(config, "seed")
        until = session.update_link()
        st.caption(
            "The link in the address bar repeats this run exactly."
            if until is None
            else f"The link in the address bar repeats this run up to step {until:,}."
        )
    with st.expander("Advanced"):
        _advanced(config)


def _section(name: str, title: str) -> Any:
    container = st.container(key=f"section-{name}", gap="small")
    container.markdown(f"**{title}**")
    return container


def _start_from(name: str) -> None:
    key = "from:preset"
    titles = {n: f"{n}: {p.title}" for n, p in presets().items()}
    session.feed(key, name if name in titles else None)
    st.selectbox(
        "Start from",
        list(titles),
        format_func=titles.__getitem__,
        key=key,
        placeholder="a link's own settings",
        on_change=lambda: session.open_preset(session.value_of(key)),
        help="A preset fills in the whole form and starts its run.",
    )
    if name in titles:
        st.caption(find(name).look_for)


def _advanced(config: RunConfig) -> None:
    shown = [knob.path for knob in KNOBS.values() if knob.advanced and knob.path not in config.idle]
    for i, entry in enumerate(config.regularisers):
        _widget(PENALTY_KNOBS["every"], f"regularisers.{i}.every", entry.every)
    _widgets(config, "batch_size", "optimizer_g", "optimizer_d", *shown)


def _penalty(config: RunConfig) -> None:
    key = "w:penalty"
    names = (_NO_PENALTY, *PENALTY_KNOBS["name"].choices)
    current = config.regularisers[0].name if config.regularisers else _NO_PENALTY
    session.feed(key, current)

    def choose() -> None:
        name = session.value_of(key)
        entry = {"name": name, "weight": _PENALTY_WEIGHTS.get(name, PENALTY_KNOBS["weight"].default)}
        session.change({"regularisers": [] if name == _NO_PENALTY else [entry]})

    words = PENALTY_KNOBS["name"].help
    st.selectbox("penalty", names, format_func=_word, key=key, on_change=choose, help=words)
    for i, entry in enumerate(config.regularisers):
        if i:
            st.caption(f"and {_word(entry.name)}")
        _widget(PENALTY_KNOBS["weight"], f"regularisers.{i}.weight", entry.weight)


def _widgets(config: RunConfig, *paths: str) -> None:
    for path in paths:
        value: Any = config
        for part in path.split("."):
            value = getattr(value, part)
        knob = KNOBS[path]
        if isinstance(value, tuple) and not knob.many:
            for i, beta in enumerate(value):
                _number(knob, f"{path}.{i}", float(beta), f"{knob.label[0]} β{'₁₂'[i]}", 0.0, 1.0)
        else:
            _widget(knob, path, value)


def _widget(knob: Knob, path: str, value: Any) -> None:
    """One widget for one setting, of the kind that its declaration asks for."""
    key = f"w:{path}"
    label = _label(knob, knob.label)
    if knob.many:
        session.feed(key, list(value))
        st.multiselect(label, knob.choices, format_func=_word, key=key, on_change=_changer(path, key), help=knob.help)
    elif knob.choices:
        session.feed(key, value)
        st.selectbox(label, knob.choices, format_func=_word, key=key, on_change=_changer(path, key), help=knob.help)
    elif isinstance(value, bool):
        session.feed(key, value)
        st.toggle(label, key=key, on_change=_changer(path, key), help=knob.help)
    elif knob.log:
        low, high = knob.low or 0.0, knob.high or 1.0
        options = sorted({*_series(low, high, integer=knob.integer), value})
        session.feed(key, value)
        st.select_slider(label, options, format_func=_short, key=key, on_change=_changer(path, key), help=knob.help)
    elif knob.integer and knob.high is not None and knob.high <= 64:
        session.feed(key, value)
        low, high = int(knob.low or 0), int(knob.high)
        st.slider(label, low, high, key=key, on_change=_changer(path, key), help=knob.help)
    else:
        _number(knob, path, value, knob.label, knob.low or 0, knob.high or 1)


def _number(knob: Knob, path: str, value: Any, label: str, low: float, high: float) -> None:
    key = f"w:{path}"
    session.feed(key, value)
    whole = knob.integer
    st.number_input(
        _label(knob, label),
        int(low) if whole else float(low),
        int(high) if whole else float(high),
        step=1 if whole else 0.01,
        format=None if whole else "%.4g",
        key=key,
        on_change=_changer(path, key),
        help=knob.help,
    )


def _changer(path: str, key: str) -> Callable[[], None]:
    def act() -> None:
        changes = {path: session.value_of(key)}
        config = session.visit().runner.config
        if changes == {"objective": "wasserstein"} and not (config.clip or config.regularisers):
            changes["clip"] = 0.01  # without any bound the critic's loss has no minimum
        session.change(changes)

    return act


def _label(knob: Knob, label: str) -> str:
    return f"{label} :gray-badge[live]" if knob.live else label


def _word(name: str) -> str:
    return _WORDS.get(name, name)


def _short(value: float) -> str:
    return f"{value:g}"


def _series(low: float, high: float, *, integer: bool) -> list[float]:
    """1-2-5 values of a range (powers of two for whole numbers), with 0 where it is allowed."""
    if integer:
        return [n for n in (2**k for k in range(12)) if low <= n <= high]
    values = [float(f"{m}e{e}") for e in range(-6, 4) for m in (1, 2, 5)]
    return [0.0] * (low == 0) + [v for v in values if max(low, 1e-6) <= v <= high]
