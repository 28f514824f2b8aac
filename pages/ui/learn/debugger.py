"""Panel of the step in slow motion: the lines on the left, what they did on the right."""

from __future__ import annotations

import math
import secrets
from dataclasses import replace
from typing import Final

import streamlit as st

from gan_core.experiments.slow_motion import Shown, SlowMotion, further
from gan_core.figures import learning
from pages.ui import figure, prose, session
from pages.ui.theme import theme

_KEY: Final = "learn.slow"
_ASKED: Final = "learn.slow_done"
_SHOWN: Final = "learn.slow_shown"


def panel() -> None:
    """Show the debugger."""
    prose.section("learn/step.md")
    _debugger()


def _left_out() -> frozenset[str]:
    return frozenset(session.recall("learn.switches", frozenset()))


def _shown() -> Shown:
    """Ask for the present state of the step; the last answer is remembered."""
    key: str = session.recall(_KEY) or secrets.token_urlsafe(16)
    session.remember(_KEY, key)
    question = SlowMotion(key, session.recall(_ASKED, ()), _left_out())
    known: tuple[SlowMotion, Shown] | None = session.recall(_SHOWN)
    if known is None or known[0] != question:
        found = session.rooms().host.ask(question)
        if found.anew:
            session.remember(_ASKED, ())
            question = replace(question, done=())
            session.notify("That was too long ago to be made again: the step begins anew.")
        known = question, found
        session.remember(_SHOWN, known)
    return known[1]


def _advance(n: int) -> None:
    session.remember(_ASKED, further(session.recall(_ASKED, ()), n, _left_out()))


def _anew() -> None:
    session.remember(_KEY, None)
    session.remember(_ASKED, ())


@st.fragment(key="learn-stepper")
def _debugger() -> None:
    shown = _shown()
    n = len(shown.lines)
    left, right = st.columns([5, 6], gap="medium")
    with left:
        with st.container(horizontal=True):
            st.button("Next line", key="step:next", on_click=_advance, args=(1,))
            st.button("To the end of the step", key="step:end", on_click=_advance, args=(n - shown.at,))
            st.button("Ten steps", key="step:ten", on_click=_advance, args=(10 * n,))
            st.button("Anew", key="step:anew", on_click=_anew)
        _code(shown)
        _switches(shown)
    with right:
        _state(shown)


def _code(shown: Shown) -> None:
    """Show the lines of the step; an arrow stands before the one that is next."""
    text = []
    for i, (source, _) in enumerate(shown.lines):
        if i in (0, 10):
            text.append(f"    # {'D' if i == 0 else 'G'}'s half")
        text.append(f"{'->' if i == shown.at else '  '}  {source or '# left out'}")
    st.code("\n".join(text), language="python", wrap_lines=True)
    if shown.last is not None:
        source, note = shown.last
        st.markdown(f"**Just executed:** `{source or 'nothing: left out'}`. {note}")
    st.markdown(f"**Next:** {shown.lines[shown.at][1]}")
    st.caption(f"{shown.n_steps:,} step{'' if shown.n_steps == 1 else 's'} done.")


def _switches(shown: Shown) -> None:
    def switch() -> None:
        session.remember("learn.switches", frozenset(session.value_of("step:switches")))

    session.feed_once("step:switches", sorted(session.recall("learn.switches", frozenset())))
    st.pills(
        "What happens …",
        list(shown.switches),
        format_func=shown.switches.__getitem__,
        selection_mode="multi",
        key="step:switches",
        on_change=switch,
        wrap=True,
    )
    for name in sorted(session.recall("learn.switches", frozenset())):
        prose.section(f"learn/{name}.md")


def _state(view: Shown) -> None:
    st.markdown("**Gradients that the weights hold now**, by layer; no bar: none")
    gradients = learning.layers(view.gradients["D"], view.gradients["G"], theme=theme())
    figure.show(gradients, key="step:gradients", alt="Size of the gradient in each layer of D and of G")
    moved = [name for name, sizes in view.changes.items() if max(sizes.values()) > 0]
    if moved:
        words = f"**The last line moved the weights of {' and '.join(moved)}**, by layer"
        words += f"; the generated points by {view.moved:.3g} on average" if view.moved else "; no generated point"
        st.markdown(words)
        changed = {name: {k: v or math.nan for k, v in sizes.items()} for name, sizes in view.changes.items()}
        changes = learning.layers(changed["D"], changed["G"], theme=theme())
        figure.show(changes, key="step:changes", alt="Size of the change in each layer of D and of G")
    else:
        st.markdown("**The last line moved no weights.**")
    cloud = learning.cloud(view.real, view.fake, theme=theme())
    figure.show(cloud, key="step:cloud", alt="Real and generated points of this batch")
    if view.tensors:
        st.dataframe([dict(row) for row in view.tensors], hide_index=True, key="step:tensors")
