"""Runs: what this run can be taken home as, runs that were saved, and how they compare."""

from __future__ import annotations

import streamlit as st

from pages.ui.runs import kept
from pages.ui.runs import panels as runs_panels

with st.container(width=1100, key="runs"):
    runs_panels.this_run()
    runs_panels.saved()
    kept.panel()
    runs_panels.recordings()
    runs_panels.open_file()
