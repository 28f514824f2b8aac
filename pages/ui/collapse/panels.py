"""Panels of the lab page."""

from __future__ import annotations

import json
from collections.abc import Sequence

import streamlit as st

from gan_core.config import KNOBS, RunConfig
from gan_core.config.paths import leaves
from gan_core.config.presets import preset
from gan_core.experiments.gallery import CHECKS_PASSED, FIRST_CHECK, GOALS, LAST_CHECK, Cure, Failure, Tried, failures
from pages.ui import collapse as lab
from pages.ui import commands, session
from pages.ui.collapse import state, sure
from pages.ui.collapse.bench import LETTERS, carry_out
from pages.ui.collapse.route import COMMAND, FRAMES
from pages.ui.collapse.words import differences
from pages.ui.live.route import plotly_url
from pages.ui.prose import reading

_KEY = "lab"


def gallery() -> None:
    """Show the failures, one click each, and what is shown of one; or what else stands side by side."""
    here = state.bench()
    failure, other = state.chosen(), state.otherwise()
    st.pills(
        "Ways to fail",
        list(failures()),
        default=session.fed("lab:failure", None if other else failure.name),
        format_func=lambda name: failures()[name].title,
        key="lab:failure",
        on_change=_open,
        wrap=True,
    )
    if other:
        st.markdown(other)
        return
    told, cures = st.columns([4, 5], gap="medium")
    with told:
        st.markdown(f"**What you see.** {failure.see}")
        st.markdown(f"**Why.** {failure.why}")
        st.caption(_made_of(failure))
    with cures:
        beside = {entry.cure for entry in here.entries}
        for cure in failure.cures:
            _cure(cure, shown=cure.name in beside)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.toggle(
                "Add sides",
                value=bool(session.recall("lab.more", False)),
                key="lab:more",
                on_change=_keep_more,
                help="A cure that you show then stands beside the others, up to four sides.",
            )
            st.caption(_protocol(failure))


def _made_of(failure: Failure) -> str:
    """Say which GAN fails here, and was tried: a preset, and all that differs from it."""
    apart = differences(failure.config(), preset(failure.preset))
    return f"The failing side, on which all was tried, is preset *{failure.preset}*, changed. {apart}"


def _open() -> None:
    name = session.value_of("lab:failure")
    state.open_failure(name or state.chosen().name)


def _keep_more() -> None:
    session.remember("lab.more", bool(session.value_of("lab:more")))


def _protocol(failure: Failure) -> str:
    failing = f" Without a cure: {_count(failure.tried)}." if failure.tried else ""
    return (
        f"A seed counts as cured if {GOALS[failure.goal]}, at {CHECKS_PASSED:.0%} of the checks of steps "
        f"{FIRST_CHECK:,} to {LAST_CHECK:,}.{failing}"
    )


def _count(tried: Tried) -> str:
    return f"{tried.good} of {tried.of} seeds"


def _cure(cure: Cure, *, shown: bool) -> None:
    if cure.tried is None:
        record = ":gray-badge[not yet tried]"
    elif cure.tried.helps:
        record = f":green-badge[:material/check: helps: {_count(cure.tried)}]"
    elif not cure.tried.settled:
        record = f":gray-badge[so far {_count(cure.tried)}]"
    else:
        record = f":orange-badge[:material/close: not enough: {_count(cure.tried)}]"
    words, button = st.columns([5, 1], vertical_alignment="center")
    words.markdown(f"**{cure.title}** {record}", help=cure.why)
    button.button(
        "Shown" if shown else "Show",
        key=f"lab:cure:{cure.name}",
        on_click=state.show_cure,
        args=(cure.name,),
        disabled=shown,
        width="stretch",
    )


@st.fragment(key="lab-fragment")
def sides() -> None:
    """Show the sides in training; the component fetches their frames itself."""
    here = state.bench()
    lab.mount(
        key=_KEY,
        data={
            "url": f"{FRAMES}?t={here.token}",
            "command": f"{COMMAND}?t={here.token}",
            "atOnce": " ".join(sorted(commands.AT_ONCE & commands.LAB)),
            "plotly": plotly_url(),
            "ms": 220,
            "plotMs": 700,
            "sides": [
                {
                    "title": entry.title,
                    "differs": _differs([s.config for s in here.run.sides], i),
                    "reading": reading(side.config),
                }
                for i, (entry, side) in enumerate(zip(here.entries, here.run.sides, strict=True))
            ],
        },
        on_command=_on_command,
    )
    session.turn_page()


def _differs(configs: Sequence[RunConfig], i: int) -> str:
    """Write the words under a side's name."""
    first = configs[0]
    if i == 0:
        same = "data, noise" if all(config.data == first.data for config in configs) else "noise"
        return f"{first.data.name}, seed {first.seed}: the other sides have the same {same} and seed."
    return differences(configs[i], first) or f"No difference from {LETTERS[0]}."


def _on_command() -> None:
    for command in commands.parse_all(session.value_of(_KEY).get("command"), commands.LAB):
        session.apply(carry_out(state.bench(), command))


def one_setting() -> None:
    """Change one setting of one side."""
    here = state.bench()
    with st.expander("Change one setting of one side"):
        which, what, value, apply = st.columns([2, 4, 3, 2], vertical_alignment="bottom")
        names = [f"{letter}: {entry.title}" for letter, entry in zip(LETTERS, here.entries, strict=False)]
        i = which.selectbox("Side", range(len(names)), format_func=names.__getitem__, index=len(names) - 1)
        config = here.run.sides[i].config
        paths = [path for path in KNOBS if path not in config.idle and path != "seed"]
        path = what.selectbox("Setting", paths, format_func=lambda p: KNOBS[p].label, key="lab:path")
        now = leaves(config.model_dump(mode="json"))[path]
        shown = now if isinstance(now, str) else json.dumps(now)
        text = value.text_input("Value", value=shown, key=f"lab:value:{i}:{path}:{shown}", help=KNOBS[path].help)
        apply.button("Change", on_click=state.change_side, args=(i, path, text), disabled=text == shown)


def how_sure() -> None:
    """Show the same comparison from several seeds."""
    sure.panel()
