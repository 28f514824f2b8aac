"""Panels of the Runs page."""

from __future__ import annotations

import time
from typing import Any, Final

import streamlit as st

from gan_core import GanExplorerError, RunConfig, figures
from gan_core.autosave import Saved
from gan_core.config.paths import leaves
from gan_core.export.tables import histories_csv
from gan_core.history import QUANTITIES
from pages.ui import saved_runs, session, take_home

_MAX_UPLOAD_MB: Final = 512
_QUANTITY_WORDS: Final = {
    "d_loss": "D's loss",
    "g_loss": "G's loss",
    "penalty": "penalty",
    "real_logit": "D's logit on real",
    "fake_logit": "D's logit on generated",
    "real_prob": "D's probability on real",
    "fake_prob": "D's probability on generated",
    "real_accuracy": "D right on real",
    "fake_accuracy": "D right on generated",
    "d_grad_norm": "D's gradient norm",
    "g_grad_norm": "G's gradient norm",
}


def this_run() -> None:
    """The run that is open: what it is, and what it can be taken home as."""
    st.subheader("This run", anchor=False)
    if not session.has_run():
        st.caption("None is open: the Train page opens one, and so does a saved run below.")
        return
    runner = session.visit().runner
    st.markdown(f"{_title(runner.preset, runner.config)}, step {runner.step_count:,}, {runner.state}")
    take_home.panel()


def saved() -> None:
    """Saved runs: go on, download, delete, compare."""
    st.subheader("Saved runs", anchor=False)
    runs = saved_runs.saved_runs()
    if session.rooms().autosave is None:
        st.caption("Saving is switched off (GAN_EXPLORER_RUNS=off).")
        return
    if not runs:
        st.caption("None yet: a run saves itself every 15 seconds while it plays, and when it stops.")
        return
    st.caption(
        "A run saves itself every 15 seconds while it plays, and when it stops. Tick two or more to compare them."
    )
    here = session.key_of_run()
    ticked = [run for run in runs if _row(run, is_open=bool(here) and run.key.startswith(here))]
    if len(ticked) >= 2:
        _compare(ticked[: figures.MAX_RUNS])


def _row(run: Saved, *, is_open: bool) -> bool:
    summary = run.summary
    with st.container(border=True, key=f"run-{run.key}"):
        what, go_on, download, delete = st.columns([9, 2, 3, 2], vertical_alignment="center")
        when = time.strftime("%d %b, %H:%M:%S", time.localtime(run.when))
        note = " · open now" if is_open else ""
        name = f"{_title(summary.preset, summary.config)}, step {summary.step:,}"
        ticked = what.checkbox(name, key=f"tick:{run.key}")
        what.caption(f"saved {when} · {run.size / 1e6:.1f} MB{note}")
        go_on.button("Go on", key=f"go:{run.key}", on_click=saved_runs.open_saved, args=(run.key,), disabled=is_open)
        download.download_button(
            "Download",
            saved_runs.path_of(run.key).read_bytes,
            file_name=f"{run.key}.safetensors",
            mime="application/octet-stream",
            on_click="ignore",
            key=f"load:{run.key}",
        )
        delete.button("Delete", key=f"delete:{run.key}", on_click=saved_runs.delete_saved, args=(run.key,))
    return bool(ticked)


def _compare(runs: list[Saved]) -> None:
    st.subheader("Compared", anchor=False)
    quantity = st.selectbox("Quantity", QUANTITIES, format_func=_QUANTITY_WORDS.__getitem__, key="compare:quantity")
    names = {run.key: f"{i}: {run.summary.preset or run.summary.config.data.name}" for i, run in enumerate(runs, 1)}
    try:
        histories = {names[run.key]: saved_runs.history_of(run.key) for run in runs}
    except GanExplorerError as error:
        st.warning(str(error))
        return
    figure = figures.compare(histories, quantity, theme="dark" if st.context.theme.type == "dark" else "light")
    st.plotly_chart(figure, key="compare:curves", theme=None)
    st.dataframe(_differences(runs, names), hide_index=True, key="compare:settings")
    st.download_button(
        "All curves (CSV)",
        lambda: histories_csv(histories),
        file_name="runs.csv",
        mime="text/csv",
        on_click="ignore",
        key="compare:csv",
    )


def _differences(runs: list[Saved], names: dict[str, str]) -> list[dict[str, str]]:
    """The settings in which the runs differ, a row each."""
    tables = {names[run.key]: leaves(run.summary.config.model_dump(mode="json")) for run in runs}
    rows: list[dict[str, str]] = []
    for path in sorted({path for table in tables.values() for path in table}):
        values = {name: str(table.get(path, "")) for name, table in tables.items()}
        if len(set(values.values())) > 1:
            rows.append({"setting": path, **values})
    return rows or [{"setting": "no difference"}]


def open_file() -> None:
    """A file from this visitor's disk."""
    st.subheader("Open a run from a file", anchor=False)
    given: Any = st.file_uploader(
        "A .safetensors file that was downloaded here or written by --save",
        type="safetensors",
        max_upload_size=_MAX_UPLOAD_MB,
        key="open:file",
    )
    if given is not None:
        st.button(
            "Go on with it", on_click=saved_runs.open_file, args=(given.getvalue(),), key="open:go", type="primary"
        )


def _title(preset: str, config: RunConfig) -> str:
    return f"**{preset or config.data.name}**, seed {config.seed}"
