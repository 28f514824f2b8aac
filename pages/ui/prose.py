"""Prose of the app: Markdown files in ``assets/``."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import streamlit as st

ASSETS: Final = Path(__file__).parents[2] / "assets"


def page(name: str) -> None:
    """Show a Markdown file of ``assets/`` in a column that is comfortable to read."""
    with st.container(width=760, key="prose"):
        st.markdown((ASSETS / name).read_text(encoding="utf-8"))


def section(name: str) -> None:
    """Show a Markdown file of ``assets/`` where it is called for, in lines of comfortable length."""
    with st.container(width=900):
        st.markdown((ASSETS / name).read_text(encoding="utf-8"))
