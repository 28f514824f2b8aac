"""Train: a GAN in training, live."""

from __future__ import annotations

import streamlit as st

from pages.ui import prose, session
from pages.ui.train import controls
from pages.ui.train import panels as train_panels

with st.sidebar:
    st.html(prose.ASSETS / "form.css")
    train_panels.offer()
    controls.form()
notice = session.take_notice()
if notice:
    st.toast(notice, duration="long")
train_panels.live()
