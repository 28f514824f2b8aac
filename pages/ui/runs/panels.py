"""Panels of the Runs page."""

from __future__ import annotations

import time
from typing import Any, Final

import streamlit as st

from gan_core import GanExplorerError, RunConfig, figures
from gan_core.data import DATASETS
from gan_core.metrics import METRICS
from gan_core.record.run_card import MAX_NAME
from gan_core.storage.autosave import Saved
from gan_core.storage.bundled import RECORDED
from pages.ui import prose, session
from pages.ui.prose import number
from pages.ui.runs import comparison as compare_panel
from pages.ui.runs import saved as saved_runs
from pages.ui.runs import take_home

_MAX_UPLOAD_MB: Final = 500
_OWN_ALONE: Final = (
    "Only this browser's runs are listed, since others may reach this server. Started with gan-explorer, or with "
    "--server.address localhost, the app is for one person and lists all that are saved."
)
_METRIC_WORDS: Final = {metric.name: metric.listed for metric in METRICS.values() if metric.listed}


def this_run() -> None:
    """Show the open run: what it is, and what it can be taken home as."""
    st.subheader("This run", anchor=False)
    if not session.has_run():
        st.caption("None is open: the Train page opens one, and so does a saved run below.")
        return
    now = session.visit().run.status()
    st.markdown(f"{_title(now.preset, now.config)}, step {now.step:,}, {now.state}")
    take_home.panel()


def saved() -> None:
    """Show saved runs: go on, download, delete, compare."""
    st.subheader("Saved runs", anchor=False)
    runs = saved_runs.saved_runs()
    if session.rooms().host.autosave is None:
        st.caption("Saving is switched off (GAN_EXPLORER_RUNS=off).")
        return
    if not session.is_for_one():
        st.caption(_OWN_ALONE)
    if saved_runs.deleted():
        with st.container(horizontal=True, vertical_alignment="center", key="deleted"):
            st.text(f"Deleted: {saved_runs.deleted()}.")
            st.button("Undo", key="undelete", icon=":material/undo:", on_click=saved_runs.undelete)
    if not runs:
        st.caption("None yet: a run saves itself every 15 seconds while it plays, and when it stops.")
        return
    st.caption(
        "A run saves itself every 15 seconds while it plays, and when it stops. Tick two or more to compare them."
    )
    here = session.key_of_run()
    ticked = [run for run in runs if _row_or_reason(run, is_open=run.key == here)]
    if len(ticked) >= 2:
        compare_panel.panel(ticked[: figures.MAX_RUNS])


def _row_or_reason(run: Saved, *, is_open: bool) -> bool:
    """Show a run, or why it cannot be shown: it may have gone or changed since it was listed, and others are listed."""
    try:
        return _row(run, is_open=is_open)
    except (GanExplorerError, OSError, ValueError) as error:
        st.text(f"{_said(run)}, cannot be shown: {error}")
        return False


def _row(run: Saved, *, is_open: bool) -> bool:
    card = run.card
    with st.container(border=True, key=f"run-{run.key}"):
        picture, what, go_on, download, more = st.columns([1.2, 8, 2, 2.4, 1.6], vertical_alignment="center")
        if card.picture:
            picture.image(card.picture, width=72, output_format="PNG", alt=f"Samples of {_said(run)}")
        when = time.strftime("%d %b, %H:%M:%S", time.localtime(run.when))
        note = " · open now" if is_open else ""
        ticked = what.checkbox(_label(run), key=f"tick:{run.key}")
        told = _told(run)
        what.caption(f"{told + ' · ' if told else ''}saved {when} · {run.size / 1e6:.1f} MB{note}")
        if go_on.button("Go on", key=f"go:{run.key}", disabled=is_open) and saved_runs.open_saved(run.key):
            st.switch_page("pages/train.py")
        download.download_button(
            "Download",
            saved_runs.path_of(run.key).read_bytes,
            file_name=f"{run.key}.safetensors",
            mime="application/octet-stream",
            on_click="ignore",
            key=f"load:{run.key}",
        )
        with more.popover("More", key=f"more:{run.key}"):
            _more(run)
    return bool(ticked)


def _more(run: Saved) -> None:
    """Show the rarer actions on a saved run."""
    key = f"name:{run.key}"
    session.feed_once(key, run.card.name)
    st.text_input(
        "Name",
        key=key,
        max_chars=MAX_NAME,
        placeholder=run.summary.preset or run.summary.config.data.name,
        on_change=lambda: saved_runs.rename_saved(run.key, session.value_of(key)),
    )
    st.button("Duplicate", key=f"copy:{run.key}", on_click=saved_runs.duplicate_saved, args=(run.key,), width="stretch")
    st.button("Delete", key=f"delete:{run.key}", on_click=saved_runs.delete_saved, args=(run.key,), width="stretch")


def _told(run: Saved) -> str:
    """Write the scores that a list has room for, with their scale and the step that they are of."""
    scores, total = run.card.scores, DATASETS[run.summary.config.data.name].modes
    words = []
    for name in [name for name in _METRIC_WORDS if name in scores][:2]:
        value, metric = scores[name], METRICS[name]
        if metric.format == "percent":
            said = f"{value:.0%}"
        else:
            said = f"{value:.0f} of {total}" if metric.format == "count" and total else number(value)
        words.append(f"{_METRIC_WORDS[name]} {said}")
    of = f" at step {run.card.scores_step:,}" if words and run.card.scores_step else ""
    return " · ".join(words) + of


def _said(run: Saved) -> str:
    """Write a run's name, seed and step."""
    return f"{saved_runs.name_of(run)}, seed {run.summary.config.seed}, step {run.summary.step:,}"


def _label(run: Saved) -> str:
    """Write a run's name, seed and step, as Markdown in which the name is plain text."""
    return f"**{prose.plain(saved_runs.name_of(run))}**, seed {run.summary.config.seed}, step {run.summary.step:,}"


def open_file() -> None:
    """Open a file from this visitor's disk."""
    st.subheader("Open a run from a file", anchor=False)
    given: Any = st.file_uploader(
        "A .safetensors file that was downloaded here or written by --save",
        type="safetensors",
        max_upload_size=_MAX_UPLOAD_MB,
        key="open:file",
    )
    pressed = given is not None and st.button("Go on with it", key="open:go", type="primary")
    if pressed and saved_runs.open_file(given.getvalue()):
        st.switch_page("pages/train.py")


def recordings() -> None:
    """Show the runs that come with the app, trained already."""
    st.subheader("Recorded runs", anchor=False)
    st.caption(
        "Trained already, with smaller networks than the presets, and here without network: scrub through one with the "
        "time machine, or go on from any of its kept states. It takes the place of the open run."
    )
    with st.container(horizontal=True, key="recordings"):
        for name, title in RECORDED.items():
            if st.button(title, key=f"recorded:{name}", icon=":material/history:"):
                session.open_recorded(name)
                st.switch_page("pages/train.py")


def _title(preset: str, config: RunConfig) -> str:
    return f"**{prose.plain(preset or config.data.name)}**, seed {config.seed}"
