"""Saved runs side by side: their curves, and the settings in which they differ."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from gan_core import GanExplorerError, figures
from gan_core.config.paths import leaves
from gan_core.record.history import ABOUT, QUANTITIES, History
from gan_core.record.run_card import Clock
from gan_core.storage.autosave import Saved
from pages.ui import figure, prose
from pages.ui.runs import saved as saved_runs
from pages.ui.theme import theme


def panel(runs: list[Saved]) -> None:
    """Curves of these runs on one axis, and the settings in which they differ."""
    st.subheader("Compared", anchor=False)
    which, axis = st.columns([3, 2], vertical_alignment="bottom")
    quantity = which.selectbox(
        "Quantity", QUANTITIES, format_func=lambda name: ABOUT[name].label, key="compare:quantity"
    )
    over = axis.segmented_control("Over", ("steps", "seconds"), default="steps", key="compare:axis")
    names = {run.key: f"{i}: {saved_runs.name_of(run)}" for i, run in enumerate(runs, 1)}
    clocks = {names[run.key]: run.card.clock for run in runs}
    try:
        histories = {names[run.key]: saved_runs.history_of(run.key) for run in runs}
    except GanExplorerError as error:
        st.warning(prose.plain(str(error)))
        return
    chart = figures.compare(
        histories,
        quantity,
        clocks=clocks if over == "seconds" else None,
        theme=theme(),
    )
    figure.show(chart, key="compare:curves", alt=f"{ABOUT[quantity].label} of the chosen runs over {over}")
    unclocked = [name for name, clock in clocks.items() if not clock]
    if over == "seconds" and unclocked:
        st.text(f"No times are known of {', '.join(unclocked)}.")
    st.dataframe(_differences(runs, names), hide_index=True, key="compare:settings")
    st.download_button(
        "All curves (CSV)",
        lambda: _csv(histories, clocks),
        file_name="runs.csv",
        mime="text/csv",
        on_click="ignore",
        key="compare:csv",
    )


def _differences(runs: list[Saved], names: dict[str, str]) -> list[dict[str, str]]:
    """List the settings in which the runs differ, a row each."""
    tables = {names[run.key]: leaves(run.summary.config.model_dump(mode="json")) for run in runs}
    rows: list[dict[str, str]] = []
    for path in sorted({path for table in tables.values() for path in table}):
        values = {name: _told_value(path, table.get(path, "")) for name, table in tables.items()}
        if len(set(values.values())) > 1:
            rows.append({"setting": path, **values})
    return rows or [{"setting": "no difference"}]


def _told_value(path: str, value: object) -> str:
    """Write a setting in few characters, different ones differently."""
    if path == "data.hash":
        return str(value)[:12]
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _csv(histories: Mapping[str, History], clocks: Mapping[str, Clock]) -> bytes:
    from gan_core.export.tables import histories_csv

    return histories_csv(histories, clocks)
