"""The form of a run: its sections, in the order a person thinks."""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

from gan_core import REGULARISERS, RunConfig
from gan_core.config import KNOBS, PENALTY_KNOBS
from gan_core.config.presets import find, presets
from pages.ui import session
from pages.ui.train import own_panel
from pages.ui.train.widgets import help_of, widget, widgets, words

_NO_PENALTY: Final = "none"


def form() -> None:
    """Show the whole form, in the order a person thinks: start from, data, game, networks, rates, seed."""
    now = session.visit().run.status()
    config = now.config
    _start_from(now.preset, config)
    _keep_learned()
    with _section("data", "Data"):
        widgets(config, "data.name")
        own_panel.form()
        told = ("conditional", "data.condition", "data.noise", "augment")
        widgets(config, *(path for path in told if path not in config.idle))
    with _section("game", "Game"):
        widgets(config, "objective")
        _penalty(config)
        widgets(config, *(path for path in ("reconstruction",) if path not in config.idle), "d_steps", "g_steps")
    with _section("noise", "Noise"):
        widgets(config, "latent_dim")
    for player, title in (("generator", "Generator"), ("discriminator", "Discriminator")):
        with _section(player, title):
            part = getattr(config, player)
            sizes = [path for path in (f"{player}.width", f"{player}.depth") if path not in config.idle]
            widgets(config, f"{player}.kind", *sizes)
            if part.kind == "article":
                st.caption("Hidden layers " + "-".join(str(w) for w in part.widths) + ", as in the article.")
    with _section("rates", "Learning rates"):
        widgets(config, "lr_g", "lr_d")
    with _section("seed", "Seed"):
        widgets(config, "seed")
        until = session.update_link()
        st.caption(_said_of_link(until))
    with st.expander("Advanced"):
        _advanced(config)
    session.form_stands()


def _keep_learned() -> None:
    key = "keep:learned"
    st.toggle(
        "keep what was learned",
        session.fed(key, session.recall(session.KEEP_LEARNED, False)),
        key=key,
        on_change=lambda: session.remember(session.KEEP_LEARNED, session.value_of(key)),
        help="Settings that are not live begin a new run. While this is on, that run begins with the networks as they "
        "are now, wherever their shapes fit, in place of fresh weights; its steps, optimisers and curves begin anew. "
        "To begin from an earlier moment, go back to it with the time machine first. "
        "Reset and presets begin with fresh weights.",
    )


def _said_of_link(until: int | None) -> str:
    if not session.link_carries_data():
        return (
            "The link in the address bar has this run's settings, but not your data: it repeats the run while this app "
            "remembers them. The whole run, as a file from the Runs page, carries up to 2 MB of data along."
        )
    if until is None:
        return "The link in the address bar repeats this run exactly."
    if until < 0:
        return (
            "This run began with what another had learned: the link in the address bar has its settings, but begins "
            "with fresh weights, and no script repeats it. Its whole file goes on from where it stands."
        )
    return f"The link in the address bar repeats this run up to step {until:,}."


def _section(name: str, title: str) -> Any:
    container = st.container(key=f"section-{name}", gap="small")
    container.markdown(f"**{title}**")
    return container


def _start_from(name: str, now: RunConfig) -> None:
    key = "from:preset"
    titles = {n: f"{n}: {p.title}" for n, p in presets().items()}
    chosen = session.fed(key, name if name in titles else None)
    st.selectbox(
        "Start from",
        list(titles),
        None if chosen is None else list(titles).index(chosen),
        format_func=titles.__getitem__,
        key=key,
        placeholder="a link's own settings",
        on_change=lambda: None if session.is_echo(key) else session.open_preset(session.value_of(key)),
        help="A preset fills in the whole form and starts its run.",
    )
    if name in titles:
        changed = [path for path in find(name).config.differences(now) if path != "seed"]
        st.caption(f"Changed from it: {', '.join(changed)}." if changed else find(name).look_for)


def _advanced(config: RunConfig) -> None:
    shown = [knob.path for knob in KNOBS.values() if knob.advanced and knob.path not in config.idle]
    for i, entry in enumerate(config.regularisers):
        widget(PENALTY_KNOBS["every"], f"regularisers.{i}.every", entry.every)
    widgets(config, "batch_size", "optimizer_g", "optimizer_d", *shown)


def _penalty(config: RunConfig) -> None:
    key = "w:penalty"
    names = (_NO_PENALTY, *PENALTY_KNOBS["name"].choices)
    current = config.regularisers[0].name if config.regularisers else _NO_PENALTY
    at = names.index(session.fed(key, current))

    def choose() -> None:
        if session.is_echo(key):
            return
        name = session.value_of(key)
        chosen = [] if name == _NO_PENALTY else [{"name": name, "weight": REGULARISERS[name].weight}]
        session.change({"regularisers": chosen})

    knob = PENALTY_KNOBS["name"]
    st.selectbox("penalty", names, at, format_func=words(knob), key=key, on_change=choose, help=help_of(knob))
    for i, entry in enumerate(config.regularisers):
        if i:
            st.caption(f"and {REGULARISERS[entry.name].label}")
        widget(PENALTY_KNOBS["weight"], f"regularisers.{i}.weight", entry.weight)
