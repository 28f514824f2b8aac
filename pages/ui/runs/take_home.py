"""Downloads on the Runs page: buttons for what is there at once, and jobs for what takes a while."""

from __future__ import annotations

from functools import partial
from typing import Final

import streamlit as st

from pages.ui import session
from pages.ui.runs.downloads import Download, FilmWish, downloads, file_name, film_formats, slow_downloads
from pages.ui.runs.jobs import Job

_JOB: Final = "export"
_EVERY: Final = 0.5
_SIDES: Final = (256, 384, 512, 768)


def panel() -> None:
    """Download buttons for the run that is open."""
    here = session.visit()
    begin = file_name(here)
    with st.container(horizontal=True, key="take-home"):
        for item in downloads(here):
            st.download_button(
                item.label,
                partial(item.make, None, None),
                file_name=begin + item.ending,
                mime=item.mime,
                on_click="ignore",
                key=f"home:{item.name}",
                help=item.help,
            )
    job: Job | None = session.recall(_JOB)
    ticking = job is not None and job.state == "working"
    st.fragment(_long, run_every=_EVERY if ticking else None)(ticking)


def _long(ticking: bool) -> None:
    """Show the downloads that take a while: one at a time."""
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
        for item in slow_downloads(here, FilmWish()):
            if item.name == "film":
                with st.popover("Film …", help=item.help, key="export:film"):
                    _film()
            else:
                _start_button(item, f"{item.label} …")


def _film() -> None:
    formats = film_formats()
    kind = st.segmented_control("Format", formats, default="gif", format_func=str.upper, key="export:kind") or "gif"
    seconds = st.slider("Length, seconds", 1, 30, 6, key="export:seconds")
    side = st.select_slider("Width, pixels", _SIDES, 384, key="export:side")
    loop = st.toggle("begin again at the end", value=True, key="export:loop", disabled=kind == "mp4")
    film, *_ = slow_downloads(session.visit(), FilmWish(kind, float(seconds), side, loop))
    _start_button(film, "Make the film")


def _start_button(item: Download, label: str) -> None:
    st.button(label, on_click=_start, args=(item,), key=f"export:{item.name}:go", help=item.help)


def _start(item: Download) -> None:
    session.remember(_JOB, Job(item, file_name(session.visit()) + item.ending))


def _ended(job: Job) -> None:
    with st.container(horizontal=True, key="take-home-done", vertical_alignment="center"):
        if job.state == "done":
            st.download_button(
                f"Save {job.file_name} ({len(job.content) / 1e6:.1f} MB)",
                job.content,
                file_name=job.file_name,
                mime=job.download.mime,
                on_click="ignore",
                type="primary",
                key="export:save",
            )
        else:
            st.text("Cancelled; nothing was written." if job.state == "cancelled" else f"Not made: {job.message}.")
        st.button("Make something else", on_click=session.remember, args=(_JOB, None), key="export:again")
