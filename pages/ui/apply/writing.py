"""Words on the Apply page: those of G beside those of a model of pairs of letters, and the nearest real ones."""

from __future__ import annotations

import csv
import functools
import io
from typing import Final

import streamlit as st

from gan_core.config.presets import find
from gan_core.data.limits import MAX_WORD
from gan_core.experiments.applications import Application
from gan_core.latent.questions import Word, WriteQuestion, Written
from pages.ui.apply import training
from pages.ui.prose import plain

_EVERY: Final = 2.0
"""Seconds between two looks at a run that trains."""
_FORMULA: Final = ("=", "+", "-", "@")
"""Signs that make a cell of a spreadsheet a formula, at its beginning."""


def panel(application: Application) -> None:
    """Offer training, and write with what there is."""
    kinds = {find(name).config.data.kind for name in application.presets}
    now = training.offer(application, lambda now: now.config.data.kind in kinds)
    if now is None:
        return
    with st.container(horizontal=True, vertical_alignment="bottom", key="apply-words"):
        begins = st.text_input(
            "Begin with", key="apply:begins", max_chars=MAX_WORD, placeholder="any letter", width=180
        )
        seed = int(st.number_input("Seed of z", 0, 10_000, 0, key="apply:seed", width=140))
    show = functools.partial(_show, begins=begins.strip())
    training.answer(WriteQuestion(begins, seed), show, now, _EVERY)
    st.caption("To train on words of your own, a text or a list, open *Your own data* on the Train page.")


def _show(found: Written, begins: str) -> None:
    """Show the words of both, each beside the nearest training word."""
    left, right = st.columns(2)
    with left:
        _column("The GAN", found.words, found, "generator")
    with right:
        _column("Pairs of letters, no GAN", found.pairs, found, "pairs")
    st.caption(counted(found, begins))
    st.download_button(
        "Download the words (CSV)",
        lambda: as_table(found),
        file_name="words.csv",
        mime="text/csv",
        on_click="ignore",
        icon=":material/download:",
        key="apply:csv",
    )


def counted(found: Written, begins: str) -> str:
    """Say how many words begin as asked, and how many of these are real ones; as Markdown.

    Args:
        found: The words.
        begins: As they are to begin; "" for all words.
    """
    what = "are right" if found.by_rule else "are real"

    def of(n: int, share: float) -> str:
        return f"{100 * share:.1f} %" if n else "none"

    shares = (
        f"{of(found.n_found, found.real)} {what} with the GAN, {of(found.n_pairs, found.real_pairs)} with the pairs, "
        "which know how often each letter follows another and nothing else."
    )
    if not begins:
        return f"At step {found.step:,}: Of {found.n_tried:,} words of each, {shares}"
    so = (
        f"At step {found.step:,}: {found.n_found:,} of {found.n_tried:,} z give a word that begins with "
        f"“{plain(begins)}”; of as many words of the pairs {found.n_pairs:,} do."
    )
    return f"{so} Of these, {shares}" if found.n_found or found.n_pairs else f"{so} Other letters are likelier."


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
    st.dataframe(rows, hide_index=True, key=f"apply:words:{key}", width="stretch", height="content")


def _what(word: Word, *, by_rule: bool) -> str:
    if word.trained:
        return "a training word"
    if by_rule:
        return "right, and new" if word.real else "breaks the grammar"
    return "a real word it never saw" if word.real else "made up"
