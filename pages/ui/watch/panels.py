"""Panels of the Watch page: which log, what it shows, and samples to judge."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import streamlit as st

from gan_core.errors import DataError
from gan_core.watching.page import watched_page
from gan_core.watching.record import Listed
from pages.ui import session, watch
from pages.ui.watch import judge
from pages.ui.watch.logs import LOGS, watched_folder
from pages.ui.watch.route import FRAME, PAST

_PARTS: Final = {"loops": "Your loops", "judge": "Judge samples"}
_STATES: Final = {"writing": "running", "ended": "ended", "silent": "silent", "refused": "cannot be read"}
_LOOK_AGAIN: Final = 5.0
"""Seconds between two looks into the folder."""


def page() -> None:
    """Show the part that was chosen."""
    st.segmented_control(
        "Part",
        list(_PARTS),
        default=session.fed("watch:part", session.recall("watch.part", "loops")),
        format_func=_PARTS.__getitem__,
        key="watch:part",
        label_visibility="collapsed",
        on_change=lambda: session.remember("watch.part", session.value_of("watch:part") or "loops"),
    )
    if session.recall("watch.part", "loops") == "judge":
        judge.panel()
    else:
        _loops()


def _loops() -> None:
    folder = watched_folder(for_one=session.is_for_one())
    if folder is None:
        st.subheader("This server shows no watch logs", anchor=False)
        st.text("The person who runs it can name a folder of them: GAN_EXPLORER_WATCH=FOLDER.")
        return
    _list(folder)


@st.fragment(run_every=_LOOK_AGAIN)
def _list(folder: Path) -> None:
    logs = LOGS.listed(folder)
    if not logs:
        _how(folder)
        return
    by_name = {log.name: log for log in logs}
    wanted = session.recall("watch.log")  # the newest, until the visitor chooses one
    shown = session.fed("watch:log", wanted if wanted in by_name else logs[0].name)
    chosen = by_name[
        st.selectbox(
            "Watched loop",
            list(by_name),
            list(by_name).index(shown),
            format_func=lambda name: _title(by_name[name]) if name in by_name else name,
            key="watch:log",
            on_change=lambda: session.remember("watch.log", session.value_of("watch:log")),
        )
    ]
    _show(folder, chosen, logs)


def _title(log: Listed) -> str:
    when = time.strftime("%d %b, %H:%M", time.localtime(log.when)) if log.when else "empty"
    return f"{log.name.removesuffix('.watch')} · {_STATES[log.state]} · {when} · {_size(log.size)}"


def _size(n: int) -> str:
    return f"{n / 1e6:.1f} MB" if n >= 100_000 else f"{n / 1e3:.0f} kB"


def _show(folder: Path, log: Listed, logs: Sequence[Listed]) -> None:
    if log.state == "refused":
        st.warning(f"This log cannot be read: {log.reason}.")
        return
    token = LOGS.token(folder / log.name)
    try:
        run = LOGS.find(token)
    except DataError as error:
        st.warning(f"This log cannot be read: {error}.")
        return
    if run is not None:
        watch.mount(key="watched", data={"url": f"{FRAME}?t={token}", "past": f"{PAST}?t={token}"})
        st.download_button(
            "Download this loop (HTML)",
            lambda: watched_page(run, log.name.removesuffix(".watch")),
            file_name=f"{log.name}.html",
            mime="text/html",
            on_click="ignore",
            key="watch:html",
        )
        st.caption(
            "Read-only, from a watch log. The training stays where it is: nothing here starts, changes or stops it. "
            f"{len(logs)} {'log is' if len(logs) == 1 else 'logs are'} in the watched folder."
        )


def _how(folder: Path) -> None:
    st.markdown("**No watched loop is here yet.** Two lines in your script write a log, and this page follows it:")
    code = f'from gan_core import watch\n\nwatch(generator, discriminator, out="{folder}")  # before the loop'
    st.code(code if session.is_for_one() else code.replace(str(folder), "FOLDER"), language="python")
    st.markdown("Or without a change of the script:")
    st.code("gan-explorer watch --out FOLDER train.py\ngan-explorer view FOLDER", language="console")
