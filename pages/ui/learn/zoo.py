"""Panel of the zoo: variants by what they change, on a time line, to be searched and run."""

from __future__ import annotations

import streamlit as st

from gan_core.experiments.zoo import GROUPS, Variant, search
from gan_core.figures import learning
from pages.ui import figure, prose, session
from pages.ui.collapse import state as lab
from pages.ui.theme import theme


def panel() -> None:
    """Show the catalogue."""
    prose.section("learn/zoo.md")
    a, b, c = st.columns([3, 5, 2], vertical_alignment="bottom")
    words = a.text_input("Search", key="zoo:words", placeholder="a name, a year, a word of the idea")
    groups = b.pills("What it changes", GROUPS, selection_mode="multi", key="zoo:groups", wrap=True)
    runnable = c.toggle("only what runs here", key="zoo:runnable")
    found = search(words, groups, only_runnable=runnable)
    if not found:
        st.info("No variant has all of these words: take one away, or choose no group.")
        return
    n_run = sum(v.runs for v in found)
    st.caption(
        f"{len(found)} variant{'' if len(found) == 1 else 's'}, {n_run} of them run{'s' if n_run == 1 else ''} here."
    )
    chart = learning.time_line(
        [v.year for v in found],
        [v.name for v in found],
        [v.group for v in found],
        [v.runs for v in found],
        theme=theme(),
    )
    figure.show(chart, key="zoo:time", alt="The variants found, by year and by what they change")
    for group in GROUPS:
        members = [v for v in found if v.group == group]
        if members:
            st.subheader(f"They change the {group}", anchor=False)
        columns = st.columns(2)
        half = -(-len(members) // 2)
        for i, variant in enumerate(members):
            with columns[i // half]:
                _entry(variant)
    prose.section("learn/applications.md")


def _entry(variant: Variant) -> None:
    mark = "" if variant.runs else " · not run here"
    with st.expander(f"**{variant.name}**, {variant.year}{mark}", key=f"zoo:{variant.name}", on_change="rerun") as box:
        if not box.open:
            return
        st.markdown(f"{variant.idea}\n\n**Cured:** {variant.cured} **Cost:** {variant.cost}")
        for formula in variant.formulas:
            st.latex(formula)
        st.markdown(f"[{variant.title}]({variant.url}), arXiv:{variant.arxiv}")
        if not variant.runs:
            st.caption("This program does not train it.")
            return
        with st.container(horizontal=True):
            if st.button("Run it", key=f"zoo:run:{variant.name}", icon=":material/play_circle:"):
                session.open_config(variant.config, variant.base)
                st.switch_page("pages/train.py")
            if st.button(f"Compare with {variant.beside[0]}", key=f"zoo:compare:{variant.name}"):
                lab.show_variant(variant)
                st.switch_page("pages/collapse.py")
