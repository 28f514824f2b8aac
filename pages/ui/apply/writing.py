"""Words on the Apply page: those of G beside those of a model of pairs of letters, and the nearest real ones."""

from __future__ import annotations

import csv
import functools
import io
from typing import Final

import streamlit as st

from gan_core.config.presets import find
from gan_core.experiments.applications import Application
from gan_core.latent.questions import Word, WriteQuestion, Written
from pages.ui.apply import training

_EVERY: Final = 2.0
"""Seconds between two looks at a run that trains."""
_MOST_LETTERS: Final = 8
_FORMULA: Final = ("=", "+", "-", "@")
"""Signs that make a cell of a spreadsheet a formula, at its beginning."""
_ROW: Final = 35
"""Height of a row of a table, in pixels, so that all rows are shown."""


def panel(application: Application) -> None:
    """Offer training, and write with what there is."""
    kinds = {find(name).config.data.kind for name in application.presets}
    now = training.offer(application, lambda now: now.config.data.kind in kinds)
    if now is None:
        return
    with st.container(horizontal=True, vertical_alignment="bottom", key="apply-words"):
        begins = st.text_input(
            "Begin with", key="apply:begins", max_chars=_MOST_LETTERS, placeholder="any letter", width=180
        )
        seed = int(st.number_input("Seed of z", 0, 10_000, 0, key="apply:seed", width=140))
    show = functools.partial(_show, begins=begins.strip())
    training.answer(WriteQuestion(begins, seed), show, now, _EVERY)


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
    st.download_button(
        "Download the words (CSV)",
        lambda: as_table(found),
        file_name="words.csv",
        mime="text/csv",
        on_click="ignore",
        icon=":material/download:",
        key="apply:csv",
    )


def as_table(found: Written) -> str:
    """Write the words of both as a table. No letter here can make a cell a formula, but a sign of the grammar can."""
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow(("by", "word", "what it is", "nearest training word", "edits"))
    for by, words in (("G", found.words), ("pairs of letters", found.pairs)):
        for word in words:
            cells = (word.text, _what(word, by_rule=found.by_rule), word.nearest, str(word.edits))
            table.writerow((by, *(f"'{cell}" if cell[:1] in _FORMULA else cell for cell in cells)))
    return out.getvalue()


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
