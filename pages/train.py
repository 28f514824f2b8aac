"""Train: a GAN in training, live."""

from __future__ import annotations

import streamlit as st

from pages.ui.train import controls
from pages.ui.train import panels as train_panels

with st.sidebar:
    train_panels.offer()
    controls.form()
train_panels.live()
