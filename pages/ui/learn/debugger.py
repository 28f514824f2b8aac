"""Panel of the step in slow motion: the lines on the left, what they did on the right."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import streamlit as st

from gan_core.figures import learning
from pages.ui import figure, prose, session
from pages.ui.theme import theme

if TYPE_CHECKING:
    from gan_core.training.debugger import Line, Stepper

_KEY: Final = "learn.stepper"
_LAST: Final = "learn.last_line"


def panel() -> None:
    """Show the debugger."""
    prose.section("learn/step.md")
    _debugger()


def _stepper() -> Stepper:
    known: Stepper | None = session.recall(_KEY)
    if known is None:
        from gan_core.training.debugger import Stepper  # late: it loads PyTorch

        known = Stepper()
        session.remember(_KEY, known)
        session.remember(_LAST, None)
    return known


def _advance(n: int) -> None:
    stepper = _stepper()
    for _ in range(n):
        session.remember(_LAST, (stepper.at, stepper.next()))


def _finish_step() -> None:
    from gan_core.training.debugger import lines

    stepper = _stepper()
    _advance(len(lines()) - stepper.at)


def _anew() -> None:
    session.remember(_KEY, None)


@st.fragment(key="learn-stepper")
def _debugger() -> None:
    from gan_core.training.debugger import lines

    stepper = _stepper()
    stepper.switches = frozenset(session.recall("learn.switches", frozenset()))
    left, right = st.columns([5, 6], gap="medium")
    with left:
        with st.container(horizontal=True):
            st.button("Next line", key="step:next", on_click=_advance, args=(1,))
            st.button("To the end of the step", key="step:end", on_click=_finish_step)
            st.button("Ten steps", key="step:ten", on_click=_advance, args=(10 * len(lines()),))
            st.button("Anew", key="step:anew", on_click=_anew)
        _code(stepper)
        _switches()
    with right:
        _state(stepper)


def _code(stepper: Stepper) -> None:
    """Show the lines of the step; an arrow stands before the one that is next."""
    from gan_core.training.debugger import lines

    shown = lines(stepper.switches)
    text = []
    for i, line in enumerate(shown):
        if i in (0, 10):
            text.append(f"    # {'D' if i == 0 else 'G'}'s half")
        text.append(f"{'->' if i == stepper.at else '  '}  {line.source or '# left out'}")
    st.code("\n".join(text), language="python", wrap_lines=True)
    last: tuple[int, Line] | None = session.recall(_LAST)
    if last is not None:
        st.markdown(f"**Just executed:** `{last[1].source or 'nothing: left out'}`. {last[1].note}")
    st.markdown(f"**Next:** {shown[stepper.at].note}")
    st.caption(f"{stepper.n_steps:,} step{'' if stepper.n_steps == 1 else 's'} done.")


def _switches() -> None:
    from gan_core.training.debugger import SWITCHES

    def switch() -> None:
        session.remember("learn.switches", frozenset(session.value_of("step:switches")))

    session.feed_once("step:switches", sorted(session.recall("learn.switches", frozenset())))
    st.pills(
        "What happens …",
        list(SWITCHES),
        format_func=SWITCHES.__getitem__,
        selection_mode="multi",
        key="step:switches",
        on_change=switch,
        wrap=True,
    )
    for name in sorted(session.recall("learn.switches", frozenset())):
        prose.section(f"learn/{name}.md")


def _state(stepper: Stepper) -> None:
    view = stepper.look()
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
