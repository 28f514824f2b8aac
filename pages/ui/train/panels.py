"""Panels of the Train page."""

from __future__ import annotations

import functools
from typing import Any

import streamlit as st
from latex2mathml.converter import convert

from gan_core import OBJECTIVES, REGULARISERS, RunConfig
from gan_core.config.presets import FIRST
from gan_core.game.objectives import RECONSTRUCTION
from gan_core.record.history import ABOUT
from pages.ui import live as view
from pages.ui import session
from pages.ui.commands import AT_ONCE, LIVE, parse_all
from pages.ui.live.route import COMMAND, FRAME, PAST, plotly_url
from pages.ui.prose import reading
from pages.ui.runs import saved as saved_runs

_KEY = "live"


def offer() -> None:
    """Offer a run that ended with the last server, or with the process that trained it."""
    run = saved_runs.interrupted()
    if run is None:
        return
    with st.container(border=True, key="offer", gap="small"):
        st.text(f"An earlier run was saved: {saved_runs.name_of(run)}, step {run.summary.step:,}.")
        with st.container(horizontal=True):
            for label, key, go_on in (("Go on with it", "offer:yes", True), ("Not now", "offer:no", False)):
                answer = functools.partial(saved_runs.answer, run, go_on=go_on)
                st.button(label, key=key, on_click=answer, type="primary" if go_on else "secondary")


@st.fragment(key="live-fragment")
def live() -> None:
    """Show the live view and obey it; the view itself fetches its frames from the route."""
    here = session.visit()
    config = here.run.status().config
    plane = config.data.kind == "plane"
    view.mount(
        key=_KEY,
        data={
            "url": f"{FRAME}?t={here.token}",
            "command": f"{COMMAND}?t={here.token}",
            "atOnce": " ".join(sorted(AT_ONCE & LIVE)),
            "past": f"{PAST}?t={here.token}",
            "plotly": plotly_url(),
            "ms": 165 if plane else 210,
            "plotMs": 500,
            "formulas": formulas(config),
            "reading": reading(config),
            "first": dict(FIRST),
            "code": "" if here.lead is None else here.lead.code,
            "leads": True,
        },
        on_command=_on_command,
    )
    session.turn_page()


def _on_command() -> None:
    for command in parse_all(session.value_of(_KEY).get("command")):
        session.obey(command)


@functools.lru_cache(maxsize=64)
def formulas(config: RunConfig) -> list[dict[str, Any]]:
    """Describe the numbers of one step: each formula of this run's game, where its value is, its turn."""
    objective = OBJECTIVES[config.objective]
    rows = []
    if objective.probability:
        value = r"V(D, G) = E[\log D(x)] + E[\log(1 - D(G(z)))]"
        rows.append(_formula("value", "the game's value", value, "value", "D wants it large, G small."))
        mean = r"E[D(x)]", "real_prob", r"E[D(G(z))]", "fake_prob"
        what = "Mean probability of “real”"
    else:
        mean = r"E[D(x)]", "real_logit", r"E[D(G(z))]", "fake_logit"
        what = "Mean critic score"
    paper = objective.source
    rows.append(_formula("d_loss", "D's loss", objective.formula_d, "d_loss", "What D's update lowers.", paper))
    for i, penalty in enumerate(config.regularisers):
        formula = r"\gamma \left(" + REGULARISERS[penalty.name].formula + r"\right)"
        label = f"{REGULARISERS[penalty.name].label} penalty"
        if i == 0:
            paper = REGULARISERS[penalty.name].source
            words = "Added to D's loss: steepness costs. γ is the penalty weight."
            rows.append(_formula("penalty", label, formula, "penalty", words, paper))
    rows.append(_formula("real", "D on real", mean[0], mean[1], f"{what} that D gives real samples."))
    rows.append(_formula("fake", "D on generated", mean[2], mean[3], f"{what} that D gives generated samples."))
    formula, words = objective.formula_g, "What G's update lowers, through D."
    if config.conditioned and config.reconstruction:
        formula = rf"{formula} + \lambda {RECONSTRUCTION}"
        words = "What G's update lowers, through D and by its distance from the real image; λ is the weight of this."
    rows.append(_formula("g_loss", "G's loss", formula, "g_loss", words))
    return rows


def _formula(id_: str, title: str, latex: str, key: str, help_: str, source: str = "") -> dict[str, Any]:
    mathml = convert(latex)
    return {
        "id": id_,
        "title": title,
        "mathml": mathml,
        "value_key": key,
        "unit": "",
        "help": help_,
        "turn": ABOUT[key].turn if key in ABOUT else 2,  # the game's value is D's to raise
        "source": source,
    }
