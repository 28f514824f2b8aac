"""Latent: a walk through the space of z."""

from __future__ import annotations

import streamlit as st

from pages.ui import session
from pages.ui.latent import panel

notice = session.take_notice()
if notice:
    st.toast(notice, duration="long")
panel.page()
