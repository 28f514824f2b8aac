"""Panels of the theory: what can be known exactly, beside what trains."""

from __future__ import annotations

import functools
import math
from typing import Final

import numpy as np
import streamlit as st

from gan_core.dynamics import (
    Lesson,
    Pair,
    bayes_accuracy,
    best_logit,
    jensen_shannon,
    learn,
    pull,
    value_of_best,
    wasserstein,
)
from gan_core.figures import theory
from gan_core.objectives import OBJECTIVES
from pages.ui import figure, prose
from pages.ui.learn import dirac_panel, troubles_panel
from pages.ui.theme import theme

_X: Final = np.linspace(-6, 14, 241)
_MEANS: Final = np.linspace(0, 10, 41)
_UPDATES: Final = (0, 10, 30, 100, 300)
_LOGITS: Final = np.linspace(-8, 8, 81)
_FAR: Final = 10.0
_FROZEN_UPDATES: Final = 200


@st.fragment(key="theory")
def panel() -> None:
    """The theory, of which one section is made at a time: what is not there does not slow down the sliders."""
    sections = {
        "The best discriminator": _best,
        "The vanishing gradient": _vanishing,
        "The smallest GAN": dirac_panel.panel,
        "The two open troubles": troubles_panel.panel,
    }
    tabs = st.tabs(list(sections), key="learn:theory", on_change="rerun")
    for tab, show in zip(tabs, sections.values(), strict=True):
        if tab.open:
            with tab:
                show()


@functools.lru_cache(maxsize=256)
def _trained(pair: Pair, n_updates: int, n_looks: int) -> Lesson:
    return learn(pair, n_updates, x=_X, n_looks=n_looks, objectives=("minimax", "non_saturating"))


@functools.lru_cache(maxsize=64)
def _distances(std: float) -> tuple[np.ndarray, np.ndarray]:
    pairs = [Pair(mean, std) for mean in _MEANS]
    return np.array([jensen_shannon(p) for p in pairs]), np.array([wasserstein(p) for p in pairs])


def _best() -> None:
    prose.section("learn/best_discriminator.md")
    _densities()


@st.fragment(key="theory-best")
def _densities() -> None:
    with st.container(horizontal=True, gap="medium"):
        mean = st.slider(
            "mean of G's density q (p's is 0)", 0.0, 10.0, 2.0, 0.25, key="best:mean", persist_state="session"
        )
        std = st.slider(
            "its standard deviation (p's is 1)", 0.25, 3.0, 1.0, 0.25, key="best:std", persist_state="session"
        )
        updates = st.select_slider(
            "updates of the trained D", _UPDATES, 100, key="best:updates", persist_state="session"
        )
    pair = Pair(mean, std)
    log_p, log_q = pair.log_densities(_X)
    lesson = _trained(pair, updates, 1)
    best, trained = (1 / (1 + np.exp(-np.clip(z, -60, 60))) for z in (best_logit(pair, _X), lesson.logits))
    left, right = st.columns([3, 2])
    jsd, w1 = _distances(std)
    with left:
        densities = theory.best_discriminator(_X, np.exp(log_p), np.exp(log_q), best, trained, theme=theme())
        figure.show(densities, key="best:densities", alt="Both densities, the best D, and D as it was trained")
        divergences = theory.divergences(_MEANS, jsd, w1, mean, theme=theme())
        figure.show(divergences, key="best:divergences", alt="Both divergences over the distance of the means")
    reached = prose.number(lesson.values[-1], ".4f") if updates else "not trained"
    right_share = f"{lesson.accuracies[-1]:.1%}" if updates else "not trained"
    w = wasserstein(pair)
    right.markdown(
        f"""
| | exact | D after {updates} updates |
|---|---|---|
| value V(D\\*) = −log 4 + 2 JSD | {prose.number(value_of_best(pair), ".4f")} | {reached} |
| Jensen–Shannon divergence, nats (at most log 2 = {math.log(2):.4f}) | {jensen_shannon(pair):.4f} | |
| D is right (Bayes accuracy) | {bayes_accuracy(pair):.1%} | {right_share} |
| Wasserstein distance | {w:.4f} | |

At equal densities D\\* = ½ everywhere and V = −log 4 = −{math.log(4):.4f}: **½ is the best answer to a perfect G**.
Move the mean out: the Jensen–Shannon divergence stops growing near log 2, the Wasserstein distance goes on. That is
why a Wasserstein critic still tells a far G where to go.

**Is a Wasserstein loss of {prose.number(-w, ".2f")} bad?** It is what the best critic of slope 1 reaches here: minus
the distance between the two densities. It is not an error to be brought to zero by D; it comes closer to zero as *G*
improves. A number by itself says nothing; its way over the steps does.
"""
    )


def _vanishing() -> None:
    prose.section("learn/vanishing.md")
    left, right = st.columns(2)
    with left:
        _pulls()
    with right:
        _frozen()


@functools.cache
def _all_pulls() -> dict[str, np.ndarray]:
    return {objective.label: pull(name, _LOGITS) for name, objective in OBJECTIVES.items()}


@st.fragment(key="theory-pulls")
def _pulls() -> None:
    st.markdown("**How strongly each loss pulls**, by how sure D is (left: sure that it is generated)")
    picture = st.container()
    logit = st.slider("D's logit", -8.0, 8.0, -5.0, 0.5, key="vanishing:logit", persist_state="session")
    pulls = theory.curves(
        _LOGITS,
        _all_pulls(),
        x_title="D's logit on a generated sample",
        y_title="pull on G",
        y_range=(-1, 2.5),
        at=logit,
        theme=theme(),
    )
    with picture:
        figure.show(pulls, key="vanishing:pull", alt="The pull on G of every loss over D's logit")
    at = np.array([logit])
    minimax, other = pull("minimax", at)[0], pull("non_saturating", at)[0]
    st.markdown(
        f"There D(G(z)) = {1 / (1 + np.exp(-logit)):.4g}; minimax pulls with {minimax:.4g}, non-saturating with "
        f"{other:.4g}: {other / minimax:.4g} times as strongly."
    )


@st.fragment(key="theory-frozen")
def _frozen() -> None:
    far = st.slider("distance of G from the data", 0.0, _FAR, _FAR, 0.5, key="vanishing:mean", persist_state="session")
    lesson = _trained(Pair(far), _FROZEN_UPDATES, 20)
    labels = {OBJECTIVES[name].label: pulls for name, pulls in lesson.pulls.items()}
    sizes = theory.curves(
        lesson.steps,
        labels,
        x_title="updates of D, while G stands still",
        y_title="G's gradient",
        log=True,
        log_x=True,
        theme=theme(),
    )
    st.markdown("**The same frozen G, while D trains on**: size of the gradient that G would get")
    figure.show(sizes, key="vanishing:frozen", alt="Size of G's gradient over D's updates, minimax and non-saturating")
    first, last = lesson.pulls["minimax"][0], lesson.pulls["minimax"][-1]
    alive = lesson.pulls["non_saturating"][-1]
    born = lesson.pulls["non_saturating"][0]
    st.markdown(
        f"After {lesson.steps[-1]} updates D is right on {lesson.accuracies[-1]:.1%}. The minimax gradient went from "
        f"{first:.3g} to {last:.3g}, the non-saturating one from {born:.3g} to {alive:.3g}. The better D gets, the "
        f"{'less' if last < first else 'more'} the one tells G, and the {'less' if alive < born else 'more'} the other."
    )
    formulas = [OBJECTIVES[name].formula_g for name in ("minimax", "non_saturating")]
    st.latex(r" \qquad ".join(formulas))
