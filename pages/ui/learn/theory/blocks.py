"""Blocks of an exhibit's column: figures, words and tables, as the page's script takes them.

Words are plain text, in which ``**bold**``, ``_emphasis_`` and `` `code` `` are marked; nothing in them is HTML.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gan_core.figures.template import Plain
from pages.ui.figure import spoken

Block = dict[str, Any]


def picture(name: str, figure: Plain, alt: str) -> Block:
    """Make a block of a figure; one of the same name is changed in its place."""
    return {"name": name, **spoken(figure, alt)}


def words(*paragraphs: str) -> Block:
    """Paragraphs."""
    return {"words": list(paragraphs)}


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Block:
    """Make a block of a table with a head; the first cell of each row names it."""
    return {"head": list(head), "rows": [list(row) for row in rows]}
