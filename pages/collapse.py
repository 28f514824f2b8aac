"""Collapse lab: a GAN that fails and its cure, side by side from the same seed."""

from __future__ import annotations

import streamlit as st

from pages.ui import session, theme
from pages.ui.collapse import panels, protocols, state, sweeps

state.update_link()
notice = session.take_notice()
if notice:
    st.toast(notice, duration="long")
panels.gallery()
panels.sides()
panels.one_setting()
panels.how_sure()
sweeps.panel()
protocols.panel()
theme.follow()
