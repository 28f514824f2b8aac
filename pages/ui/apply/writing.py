"""Words on the Apply page: those of G beside those of a model of pairs of letters, and the nearest real ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from gan_core import GanExplorerError
from gan_core.config.presets import find
from gan_core.experiments.applications import Application
from gan_core.latent.questions import Word, WriteQuestion, Written
from gan_core.storage.bundled import RECORDED
from pages.ui import session

if TYPE_CHECKING:
    from gan_core.live.status import RunStatus

_EVERY: Final = 2.0
"""Seconds between two looks at a run that trains."""
_PATIENCE: Final = 3.0
"""Seconds to wait for a recorded run to stand at its end, and for the first kept state."""
_MOST_LETTERS: Final = 8
_ROW: Final = 35
"""Height of a row of a table, in pixels: all rows are to be seen."""


def panel(application: Application) -> None:
    """Offer training, and write with what there is."""
    run = session.visit_or_recorded(_recorded(application)).run
    if session.recall("recorded") == run.status().preset:
        run.wait(lambda now: now.step > 0 or now.playing, _PATIENCE)  # it is being opened
    now = run.status()
    writes = _writes(application, now)
    st.markdown(application.sentence)
    with st.container(horizontal=True, vertical_alignment="center", key="apply-run"):
        for name in application.presets:
            preset = find(name)
            if st.button(f"Train {name}", key=f"apply:train:{name}", icon=":material/play_circle:", help=preset.title):
                session.open_preset(name)
                st.rerun()
        for name in (name for name in application.presets if name in RECORDED and not writes):
            if st.button(f"Open the recorded run {name}", key=f"apply:recorded:{name}", icon=":material/history:"):
                session.open_recorded(name)
                st.rerun()
        if st.button("Watch it on Train", key="apply:watch", icon=":material/visibility:"):
            st.switch_page("pages/train.py")
    if not writes:
        st.info(
            f"Your open run ({now.preset or now.config.data.name}) does something else. Train one of these presets, "
            "or open a recorded run: it takes the place of the open one, which stays among the saved runs."
        )
        return
    with st.container(horizontal=True, vertical_alignment="bottom", key="apply-words"):
        begins = st.text_input(
            "Begin with", key="apply:begins", max_chars=_MOST_LETTERS, placeholder="any letter", width=180
        )
        seed = int(st.number_input("Seed of z", 0, 10_000, 0, key="apply:seed", width=140))
    st.fragment(_answer, run_every=_EVERY if now.playing else None)(WriteQuestion(begins, seed))


def _recorded(application: Application) -> str:
    return next((name for name in application.presets if name in RECORDED), next(iter(RECORDED)))


def _writes(application: Application, now: RunStatus) -> bool:
    return now.config.data.kind in {find(name).config.data.kind for name in application.presets}


def _answer(question: WriteQuestion) -> None:
    run = session.visit().run
    try:
        run.wait(lambda now: any(step > 0 or now.step == 0 for step in run.contents()["states"]), _PATIENCE)
        found = run.ask(question)
    except GanExplorerError as error:
        st.text(str(error))
        return
    _show(found, question.begins.strip())


def _show(found: Written, begins: str) -> None:
    """Show the words of both, each beside the nearest training word."""
    left, right = st.columns(2)
    with left:
        _column("The GAN", found.words, found, "generator")
    with right:
        _column("Pairs of letters, no GAN", found.pairs, found, "pairs")
    # In code: what a grammar's sentences are made of would else be read as Markdown.
    so = f" of {found.n_tried:,} z give a word that begins with `{begins}`; of as many words of the pairs"
    which = f"{found.n_found:,}{so} {found.n_pairs:,} do. Of these" if begins else f"Of {found.n_tried:,} words of each"
    what = "are right" if found.by_rule else "are real"
    by_g, by_pairs = (f"{100 * share:.1f} %" for share in (found.real, found.real_pairs))
    st.caption(
        f"At step {found.step:,}: {which}, {by_g} {what} with the GAN, {by_pairs} with the pairs, "
        "which know how often each letter follows another and nothing else."
    )


def _column(title: str, words: tuple[Word, ...], found: Written, key: str) -> None:
    st.markdown(f"**{title}**")
    if not words:
        st.caption("No word begins so.")
        return
    rows = [
        {
            "word": word.text or "–",
            "what it is": _what(word, by_rule=found.by_rule),
            "nearest training word": word.nearest,
            "edits": word.edits,
        }
        for word in words
    ]
    st.dataframe(rows, hide_index=True, key=f"apply:words:{key}", width="stretch", height=_ROW * (len(rows) + 1) + 3)


def _what(word: Word, *, by_rule: bool) -> str:
    if word.trained:
        return "a training word"
    if by_rule:
        return "right, and new" if word.real else "breaks the grammar"
    return "a real word it never saw" if word.real else "made up"
