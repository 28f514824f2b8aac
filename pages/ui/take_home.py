"""What a run can be taken home as; files are made when they are asked for."""

from __future__ import annotations

import streamlit as st

from pages.ui import session


def panel() -> None:
    """Download buttons for the run that is open."""
    runner = session.visit().runner
    name = f"{runner.preset or runner.config.data.name}-seed{runner.config.seed}"
    with st.container(horizontal=True, key="take-home"):
        st.download_button(
            "Whole run",
            session.checkpoint_now,
            file_name=f"{name}.safetensors",
            mime="application/octet-stream",
            on_click="ignore",
            key="home:run",
            help="All of it in one file, from which training goes on bit for bit; plain PyTorch reads its weights.",
        )
