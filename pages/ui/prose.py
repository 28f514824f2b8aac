"""Prose of the app: Markdown files in ``assets/``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

import streamlit as st

from gan_core import OBJECTIVES, RunConfig
from gan_core.config.assets import asset

ASSETS: Final = asset()
# A colon makes an icon or a colour only before a word, an underline emphasis only at a word's edge.
_MARKUP: Final = re.compile(r"([\\`*{}\[\]()$<>|~^&!]|:(?=[\w+-])|(?<!\w)_|_(?!\w)|^[-+#=]|(?<=^\d)\.|(?<=^\d\d)\.)")
_ADDRESS: Final = re.compile(r"(?<=:)(?=//)|(?<=www)(?=\.)|(?=@)", re.IGNORECASE)


def page(name: str) -> None:
    """Show a Markdown file of ``assets/`` in a column that is comfortable to read."""
    with st.container(width=760, key="prose"):
        st.markdown((ASSETS / name).read_text(encoding="utf-8"))


def section(name: str) -> None:
    """Show a Markdown file of ``assets/`` where it is called for, in lines of comfortable length."""
    with st.container(width=900):
        st.markdown((ASSETS / name).read_text(encoding="utf-8"))


def plain(text: str) -> str:
    """Write any text as Markdown that shows it as it is: no link, picture, emphasis, formula or icon comes of it."""
    # An address becomes a link even if its signs are escaped; a word joiner, which nobody sees, makes it none.
    return _MARKUP.sub(r"\\\1", _ADDRESS.sub("\u2060", " ".join(text.split())))


def number(value: float, spec: str = ".3g") -> str:
    """Write a number for people, with a minus sign in place of a hyphen; what rounds to zero has none.

    Args:
        value: What to show.
        spec: As for `format`.
    """
    return format(value, f"z{spec}" if spec[-1:] in "efgEFG%" and "+" not in spec else spec).replace("-", "−")


def eigenvalues(values: Iterable[complex]) -> str:
    """Eigenvalues in a row, as Markdown."""
    return ", ".join(f"`{number(v.real, '+.4f')}\u00a0{number(v.imag, '+.4f')}\u00a0i`" for v in values)


def reading(config: RunConfig) -> str:
    """Say how to read the losses, where D's answers are no probabilities: then no log says it."""
    objective = OBJECTIVES[config.objective]
    return "" if objective.probability else objective.reading
