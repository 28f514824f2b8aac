"""Plans for a lesson, and sheets to print for it."""

from __future__ import annotations

from typing import Final

import streamlit as st

from gan_core.experiments.classroom import Key, Task, tasks
from gan_core.experiments.classroom.plans import PLANS, tasks_of
from gan_core.experiments.classroom.sheets import answer_key, handout
from pages.ui.classroom import state

_HTML: Final = "text/html"


def plans() -> None:
    """Show a plan with its links, and offer its sheets."""
    with st.expander("For teachers: a plan, a hand-out and an answer key"):
        minutes = st.segmented_control("Minutes", list(PLANS), default=min(PLANS), key="plan:minutes")
        if minutes is None:
            return
        rows = [
            f"| {part.begin} to {part.end} | {part.what} | {f'[open]({_address(part.path)})' if part.path else ''} |"
            for part in PLANS[minutes]
        ]
        st.markdown("\n".join(["| minutes | what | |", "|---|---|---|", *rows]))
        keys = [tasks()[name] for name in tasks_of(minutes)]
        links = [_address(f"classroom?task={key.task.name}") for key in keys]
        plan = [(part, _address(part.path) if part.path else "") for part in PLANS[minutes]]
        with st.container(horizontal=True):
            _sheet("Hand-out", handout(keys, links, "Generative adversarial networks: tasks"), f"handout-{minutes}")
            title = f"Generative adversarial networks: a plan for {minutes} minutes, and the answers"
            _sheet("Plan and answer key", answer_key(keys, links, title, plan), f"answers-{minutes}")
        st.caption("Pages for any browser; print them from there. The answer key is for you alone.")


def sheet_of(task: Task) -> None:
    """Offer a task's hand-out."""
    link = _address(f"classroom?task={state.task_as_text(task)}")
    _sheet("Hand-out to print", handout([Key(task=task)], [link], task.title), f"{task.name}-handout")


def _sheet(label: str, content: str, name: str) -> None:
    st.download_button(
        label, content, file_name=f"{name}.html", mime=_HTML, key=f"sheet:{name}", on_click="ignore"
    )  # fmt: skip


def _address(path: str) -> str:
    """Write the whole address of a place in the app."""
    here = (st.context.url or "").split("?")[0].rstrip("/")
    return f"{here.removesuffix('/classroom')}/{path}"
