"""The report of a watched loop as HTML: a fragment for a notebook, one file for the whole log.

All text is escaped; there is no script, and nothing is fetched. Colours stand on light and dark grounds alike.
"""

from __future__ import annotations

import base64
import math
import struct
import zlib
from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from gan_core.record.frame import decode

if TYPE_CHECKING:
    from gan_core.watching.record import WatchedRun

__all__ = ["fragment", "page_of", "watched_page"]

Curve = Mapping[str, Sequence[float] | NDArray[Any]]

_REAL: Final = "#16a34a"
_FAKE: Final = "#8b5cf6"
_D: Final = "#3b82f6"
_MARKS: Final = {"error": "#c2410c", "warning": "#b45309", "info": "#6b7280"}
_PLOTS: Final[tuple[tuple[str, tuple[tuple[str, str, str, str], ...]], ...]] = (
    ("Losses", (("d_loss", "discriminator", _D, "6 3"), ("g_loss", "generator", _FAKE, ""))),
    ("What D says", (("real_logit", "on real", _REAL, "2 3"), ("fake_logit", "on generated", _FAKE, ""))),
    ("Gradient norms", (("d_grad_norm", "D", _D, "6 3"), ("g_grad_norm", "G", _FAKE, ""))),
)
_WIDTH: Final = 320
_HEIGHT: Final = 110
_MOST_FINDINGS: Final = 40
_STYLE: Final = (
    ":root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;max-width:64rem;margin:2rem auto;"
    "padding:0 1rem}img{image-rendering:pixelated}"
)


def fragment(
    state: str, findings: Sequence[Mapping[str, Any]], curves: Curve, notes: Sequence[str] = (), images: str = ""
) -> str:
    """Write the report.

    Args:
        state: How the loop stands, in a sentence.
        findings: In order: ``rule``, ``severity``, ``step``, ``headline``, ``evidence``, ``mend``.
        curves: ``curve_step`` and numbers by the live view's names.
        notes: What else is worth saying.
        images: HTML of pictures, made here.
    """
    grave = [finding for finding in findings if finding["severity"] != "info"]
    rank = sorted(grave, key=lambda finding: (finding["severity"] != "error", finding["step"]))
    head = escape(str(rank[0]["headline"])) if rank else "Nothing found."
    items = "".join(_finding(finding) for finding in findings[:_MOST_FINDINGS])
    said = "".join(f"<li>{escape(note)}</li>" for note in notes)
    return (
        f'<div style="font-variant-numeric:tabular-nums"><p><strong>{head}</strong> {escape(state)}</p>'
        f"{f'<ul>{items}</ul>' if items else ''}{images}"
        f'<div style="display:flex;flex-wrap:wrap;gap:16px">{"".join(_plot(*plot, curves) for plot in _PLOTS)}</div>'
        f"{f'<ul>{said}</ul>' if said else ''}</div>"
    )


def page_of(body: str, title: str = "A watched loop") -> bytes:
    """Make one HTML file of a fragment."""
    policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}"><style>{_STYLE}</style></head>'
        f"<body><main><h1>{escape(title)}</h1>{body}</main></body></html>\n"
    ).encode()


def watched_page(run: WatchedRun, title: str = "A watched loop", now: float | None = None) -> bytes:
    """Write a whole log as one HTML file: findings, curves, and samples at the first, the middle and the last step.

    Args:
        run: The log.
        title: The page's heading.
        now: Unix seconds; the clock's if None.
    """
    header, arrays = decode(run.frame(None, now))
    names = {f"{name}_mean": name for name in ("d_loss", "g_loss")}
    curves = {names.get(name, name): array for name, array in arrays.items()}
    kept = run.contents()["frames"]
    steps = sorted({kept[i] for i in (0, len(kept) // 2, len(kept) - 1)}) if kept else []
    figures = []
    for step in steps:
        then, shown = decode(run.frame(step, now))
        if then.get("kind") == "images":
            figures.append(_figure(step, shown))
    last = header["verdict"]["evidence"][-1] if header["verdict"]["evidence"] else header["verdict"]["detail"]
    return page_of(fragment(str(last), run.findings, curves, images="".join(figures)), title)


def _finding(finding: Mapping[str, Any]) -> str:
    severity = str(finding["severity"])
    mend = f"<br><code>{escape(str(finding['mend']))}</code>" if finding["mend"] else ""
    return (
        f'<li><strong style="color:{_MARKS.get(severity, "inherit")}">{escape(severity)}</strong> since step '
        f"{int(finding['step']):,}: {escape(str(finding['evidence']))}. {escape(str(finding['headline']))}{mend}</li>"
    )


def _plot(title: str, lines: Sequence[tuple[str, str, str, str]], curves: Curve) -> str:
    steps = np.asarray(curves.get("curve_step", ()), float)
    there = [(name, *rest) for name, *rest in lines if len(curves.get(name, ())) == len(steps) > 0]
    values = [np.asarray(curves[name], float) for name, *_ in there]
    finite = np.concatenate([value[np.isfinite(value)] for value in values]) if values else np.empty(0)
    if not len(finite):
        return ""
    low, high = float(finite.min()), float(finite.max())
    span, last = max(high - low, 1e-9), max(float(steps[-1]), 1.0)
    drawn, words = [], []
    for (_, label, colour, dash), value in zip(there, values, strict=True):
        points = " ".join(
            f"{40 + (_WIDTH - 48) * step / last:.1f},{8 + (_HEIGHT - 30) * (high - v) / span:.1f}"
            for step, v in zip(steps, value, strict=True)
            if math.isfinite(v)
        )
        drawn.append(
            f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"/>'
        )
        words.append(f'<span style="color:{colour}">{escape(label)}</span>')
    text = 'fill="currentColor" font-size="10"'
    alt = f"{title}: from {low:.3g} to {high:.3g} over {int(last):,} steps"
    return (
        f'<figure style="margin:0"><figcaption><strong>{escape(title)}</strong> {" ".join(words)}</figcaption>'
        f'<svg width="{_WIDTH}" height="{_HEIGHT}" role="img" aria-label="{escape(alt)}">'
        f'{"".join(drawn)}<text x="36" y="16" text-anchor="end" {text}>{high:.3g}</text>'
        f'<text x="36" y="{_HEIGHT - 20}" text-anchor="end" {text}>{low:.3g}</text>'
        f'<text x="{_WIDTH - 8}" y="{_HEIGHT - 4}" text-anchor="end" {text}>step {int(last):,}</text></svg></figure>'
    )


def _figure(step: int, arrays: Mapping[str, NDArray[Any]]) -> str:
    rows = [arrays[name] for name in ("fake_images", "real_images") if name in arrays]
    beneath = ", beneath them real ones" if len(rows) > 1 else ""
    words = f"Samples from the same z at step {step:,}{beneath}"
    source = base64.b64encode(_png(rows)).decode()
    return (
        f'<figure style="margin:0 0 16px"><img alt="{escape(words)}" src="data:image/png;base64,{source}" '
        f'style="height:{96 * len(rows) // 2 + 48}px;max-width:100%;object-fit:contain;object-position:left">'
        f"<figcaption>{escape(words)}</figcaption></figure>"
    )


def _png(rows: Sequence[NDArray[np.uint8]]) -> bytes:
    """Write rows of pictures ``[n, h, w, 1 or 3]`` as one PNG, without a library."""
    n = min(8, *(len(row) for row in rows)) if len(rows) > 1 else min(8, len(rows[0]))
    lines = [np.concatenate([np.broadcast_to(p, (*p.shape[:2], 3)) for p in row[:n]], 1) for row in rows]
    width = min(line.shape[1] for line in lines)
    pixels = np.concatenate([line[:, :width] for line in lines], 0)
    raw = b"".join(b"\0" + line.tobytes() for line in pixels)

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, len(pixels), 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b"")
