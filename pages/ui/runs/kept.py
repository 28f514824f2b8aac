"""Own data that are kept on disk for saved runs, and can be deleted."""

from __future__ import annotations

import time

import streamlit as st

from pages.ui import session


def panel() -> None:
    """List the data on disk, if there are any."""
    kept = session.kept_data()
    sets = [] if kept is None else kept.all()
    if not sets:
        return
    size = sum(one.size for one in sets) / 1e6
    with st.expander(
        f"Your data on this machine: {len(sets)} {'set' if len(sets) == 1 else 'sets'}, {size:,.0f} MB", key="kept"
    ):
        st.caption(
            "Data too large for a run's own file are kept here, so that *Go on* needs no upload. Once deleted, "
            "the same files can be uploaded again."
        )
        for one in sets:
            what, delete = st.columns([8, 2], vertical_alignment="center")
            when = time.strftime("%d %b, %H:%M", time.localtime(one.when))
            what.text(f"{one.words or 'data'}, {one.size / 1e6:,.1f} MB, used {when} ({one.hash[:8]})")
            delete.button("Delete", key=f"kept:{one.hash}", on_click=_delete, args=(one.hash,))


def _delete(data_hash: str) -> None:
    kept = session.kept_data()
    if kept is not None:
        kept.delete(data_hash)
