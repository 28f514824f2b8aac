"""The buttons with which a run is taken home; a file is made when it is asked for."""

from __future__ import annotations

import streamlit as st

from pages.ui import packing, session


def panel() -> None:
    """Download buttons for the run that is open."""
    here = session.visit()
    name = packing.file_name(here)
    with st.container(horizontal=True, key="take-home"):
        for parcel in packing.parcels(here):
            st.download_button(
                parcel.label,
                parcel.make,
                file_name=name + parcel.ending,
                mime=parcel.mime,
                on_click="ignore",
                key=f"home:{parcel.name}",
                help=parcel.help,
            )
