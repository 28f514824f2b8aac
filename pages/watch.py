"""Watch: loops of one's own, live from their logs, and samples that lie somewhere, judged."""

from __future__ import annotations

import streamlit as st

from pages.ui.watch import panels

with st.container(key="watch"):
    panels.page()
