"""What a run can be taken home as: buttons for what is there at once, and jobs for what takes a while."""

from __future__ import annotations

from functools import partial
from typing import Final

import streamlit as st

from pages.ui import session
from pages.ui.runs import downloads as packing
from pages.ui.runs import making
from pages.ui.runs.downloads import Parcel
from pages.ui.runs.jobs import Job
from pages.ui.runs.making import FilmWish

_JOB: Final = "export"
_EVERY: Final = 0.5
_SIDES: Final = (256, 384, 512, 768)


def panel() -> None:
    """Download buttons for the run that is open."""
    here = session.visit()
    name = making.file_name(here)
    with st.container(horizontal=True, key="take-home"):
        for parcel in packing.parcels(here):
            st.download_button(
                parcel.label,
                partial(parcel.make, None, None),
                file_name=name + parcel.ending,
                mime=parcel.mime,
                on_click="ignore",
                key=f"home:{parcel.name}",
                help=parcel.help,
            )
    job: Job | None = session.recall(_JOB)
    ticking = job is not None and job.state == "working"
    st.fragment(_long, run_every=_EVERY if ticking else None)(ticking)


def _long(ticking: bool) -> None:
    """What is made while one waits: one thing at a time."""
    job: Job | None = session.recall(_JOB)
    if (job is not None and job.state == "working") != ticking:
        st.rerun(scope="app")  # the clock of this fragment is to start or to stop
    if job is None:
        _choose()
    elif job.state == "working":
        st.progress(job.share, text=f"Making {job.file_name} …")
        st.button("Cancel", on_click=job.cancel, key="export:cancel")
    else:
        _ended(job)


def _choose() -> None:
    here = session.visit()
    with st.container(horizontal=True, key="take-home-long"):
        for parcel in packing.long_parcels(here, FilmWish()):
            if parcel.name == "film":
                with st.popover("Film …", help=parcel.help, key="export:film"):
                    _film()
            else:
                _start_button(parcel, f"{parcel.label} …")


def _film() -> None:
    formats = packing.film_formats()
    kind = st.segmented_control("Format", formats, default="gif", format_func=str.upper, key="export:kind") or "gif"
    seconds = st.slider("Length, seconds", 1, 30, 6, key="export:seconds")
    side = st.select_slider("Width, pixels", _SIDES, 384, key="export:side")
    loop = st.toggle("begin again at the end", value=True, key="export:loop", disabled=kind == "mp4")
    film, *_ = packing.long_parcels(session.visit(), FilmWish(kind, float(seconds), side, loop))
    _start_button(film, "Make the film")


def _start_button(parcel: Parcel, label: str) -> None:
    st.button(label, on_click=_start, args=(parcel,), key=f"export:{parcel.name}:go", help=parcel.help)


def _start(parcel: Parcel) -> None:
    session.remember(_JOB, Job(parcel, making.file_name(session.visit()) + parcel.ending))


def _ended(job: Job) -> None:
    with st.container(horizontal=True, key="take-home-done", vertical_alignment="center"):
        if job.state == "done":
            st.download_button(
                f"Save {job.file_name} ({len(job.content) / 1e6:.1f} MB)",
                job.content,
                file_name=job.file_name,
                mime=job.parcel.mime,
                on_click="ignore",
                type="primary",
                key="export:save",
            )
        else:
            st.text("Cancelled; nothing was written." if job.state == "cancelled" else f"Not made: {job.message}.")
        st.button("Make something else", on_click=session.remember, args=(_JOB, None), key="export:again")
