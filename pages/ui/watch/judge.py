"""Samples that lie somewhere, handed in and judged: verdicts, plot, table, pictures, and the page to take home."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from gan_core import GanExplorerError, figures
from gan_core.data.limits import MAX_UPLOAD_BYTES
from gan_core.judging.questions import Judged, Part
from pages.ui import figure, prose, session
from pages.ui.theme import theme

if TYPE_CHECKING:
    from gan_core.judging.report import Report

_TYPES: Final = ("png", "jpg", "jpeg", "webp", "bmp", "gif", "tif", "tiff", "avif", "ppm", "zip", "npy", "npz")
_ONE_AT_A_TIME: Final = threading.Lock()
"""Judging takes up to a minute of a core: one visitor's samples after another's."""
_PATIENCE: Final = 120.0
_PARTS: Final[dict[Part, tuple[float, str]]] = {
    "samples": (0.0, "Reading samples"),
    "real": (0.33, "Reading real pictures"),
    "measures": (0.66, "Measuring"),
}
_MOST_SHEETS: Final = 12
_ICONS: Final = {"bad": ":material/error:", "warn": ":material/warning:", "ok": ":material/check_circle:"}


def panel() -> None:
    """Take samples in, judge them, show the report."""
    st.markdown(
        "What are samples worth that lie in a folder, and which snapshot of a training is the best? Hand in pictures, "
        "grids as training scripts save them, arrays, or a zip of a folder whose names tell the step "
        "(`fakes_000100.png`, `epoch_12/…`). Nothing is trained, and nothing leaves this server."
    )
    left, right = st.columns(2)
    samples = _files(left, "Samples", "judge:samples")
    real = _files(right, "Real pictures, to compare with (optional)", "judge:real")
    with st.expander("Grids that are not told apart by themselves", key="judge:more"):
        tile = st.number_input("Side of a tile, px; 0: find it", 0, 4096, 0, key="judge:tile")
    if st.button("Judge", type="primary", key="judge:go", disabled=not samples):
        _judge(samples, real, int(tile) or None)
    report: Report | None = session.recall("judged")
    if report is not None:
        _show(report)


def _files(place: Any, label: str, key: str) -> list[tuple[str, bytes]]:
    given = place.file_uploader(
        label, type=list(_TYPES), accept_multiple_files=True, max_upload_size=MAX_UPLOAD_BYTES // 1_000_000, key=key
    )
    return [(file.name, file.getvalue()) for file in given or []]


def _judge(samples: Sequence[tuple[str, bytes]], real: Sequence[tuple[str, bytes]], tile: int | None) -> None:
    if not _ONE_AT_A_TIME.acquire(timeout=_PATIENCE):
        st.warning("Other samples are being judged just now: try again in a minute.")
        return
    session.remember("judged", None)
    bar = st.progress(0.0, "Reading")

    def progress(part: Part, done: int, of: int) -> None:
        begin, words = _PARTS[part]
        bar.progress(begin + 0.33 * done / of, words)

    try:
        session.remember("judged", session.rooms().host.ask(Judged(samples, real, tile, progress)))
    except GanExplorerError as error:
        st.error(prose.plain(str(error)))
    finally:
        bar.empty()
        _ONE_AT_A_TIME.release()


def _show(report: Report) -> None:
    for verdict in report.verdicts:
        evidence = f"{verdict.evidence[:1].upper()}{verdict.evidence[1:]}." if verdict.evidence else ""
        text = f"**{prose.plain(verdict.headline)}** {prose.plain(evidence)}"
        st.markdown(f"{_ICONS.get(verdict.level, ':material/info:')} {text}")
    if len(report.snapshots) > 1:
        words = " ".join(verdict.headline for verdict in report.verdicts)
        figure.show(figures.judged(report, theme=theme()), key="judge:plot", alt=f"Over the snapshots. {words}")
    st.dataframe(_rows(report), hide_index=True, key="judge:table")
    with st.expander("What the numbers mean", key="judge:meaning"):
        for column in report.columns:
            st.markdown(f"**{column.label}.** {prose.plain(column.definition)}")
        st.markdown(prose.plain(f"Distances are of {report.features}."))
    _sheets(report)
    said = [*report.said, *(f"{n:,} left out: {reason}" for reason, n in report.skipped)]
    if said:
        with st.expander("How they were read", key="judge:read"):
            st.text("\n".join(said))
    st.download_button(
        "Download this report (HTML)",
        lambda: _page(report),
        file_name="judged.html",
        mime="text/html",
        on_click="ignore",
        key="judge:html",
    )


def _page(report: Report) -> bytes:
    from gan_core.judging import judged_page

    return judged_page(report)


def _rows(report: Report) -> list[dict[str, str]]:
    """One row a snapshot, and last what real pictures reach."""
    rows = []
    for place, shot in enumerate(report.snapshots):
        best = " (best)" if place == report.best and len(report.snapshots) > 1 else ""
        row = {"snapshot": f"{shot.label or 'all samples'}{best}", "n": f"{shot.n:,}"}
        rows.append(row | {column.label: column.write(shot.value(column.name)) for column in report.columns})
    if report.n_real:
        last = report.snapshots[-1]
        floors = {column.label: _floor(last, column) for column in report.columns}
        rows.append({"snapshot": "real pictures", "n": f"{last.n:,}"} | floors)
    return rows


def _floor(shot: Any, column: Any) -> str:
    score = shot.scores.get(column.name)
    return "–" if score is None or score.floor is None else str(column.write(score.floor))


def _sheets(report: Report) -> None:
    """Show pictures of some snapshots, the best and the last among them."""
    n = min(len(report.snapshots), _MOST_SHEETS)
    chosen = {i * (len(report.snapshots) - 1) // max(n - 1, 1) for i in range(n)} | ({report.best} - {None})
    with st.container(horizontal=True, key="judge:sheets"):
        for place, shot in enumerate(report.snapshots):
            if place not in chosen or not shot.sheet:
                continue
            name = prose.plain(shot.label or "all samples") + (", the best" if place == report.best and n > 1 else "")
            words = f"{name}: {shot.sheet_words}"
            st.image(shot.sheet, caption=words, output_format="PNG", alt=words, width="content")
