"""The report as one HTML file: verdicts, plot, table and pictures, in any browser, without network or script."""

from __future__ import annotations

import base64
import math
from html import escape
from typing import Final

from gan_core.judging.report import DISTANCE, TWINS, Report, Snapshot
from gan_core.metrics import DIVERSITY, METRICS

__all__ = ["judged_page"]

_WIDTH: Final = 720
_HEIGHT: Final = 220
_LEFT: Final = 44
_MOST_SHEETS: Final = 24

_STYLE: Final = """
:root { color-scheme: light dark; --ink: #1c1f26; --muted: #5c6370; --line: #dfe2e9; --page: #f7f8fa; --card: #fff;
  --real: #0f7a4a; --fake: #7b2ff2; }
@media (prefers-color-scheme: dark) { :root { --ink: #e9ebf0; --muted: #a3adbd; --line: #2c323d; --page: #101319;
  --card: #181c24; --real: #41d18f; --fake: #b08cff; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--page); margin: 2rem auto;
  max-width: 60rem; padding: 0 1rem; }
section, figure { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 1rem;
  margin: 0 0 1rem; overflow-x: auto; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin-top: 0; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .6rem; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
small, figcaption, dd { color: var(--muted); } img { image-rendering: pixelated; max-width: 100%; }
.best { font-weight: 650; } svg { max-width: 100%; height: auto; } svg text { fill: var(--muted); font-size: 12px; }
"""


def judged_page(report: Report, title: str = "Samples, judged") -> bytes:
    """Write the page; all text is escaped.

    Args:
        report: From `judge`.
        title: Its heading.

    Returns:
        The file, UTF-8.
    """
    verdicts = "".join(
        f"<p><strong>{escape(verdict.headline)}</strong> <small>{escape(verdict.evidence)}</small></p>"
        for verdict in report.verdicts
    )
    said = [*report.said, *(f"{count:,} left out: {reason}" for reason, count in report.skipped)]
    items = "".join(f"<li>{escape(one)}</li>" for one in said)
    meanings = "".join(f"<dt>{escape(c.label)}</dt><dd>{escape(c.definition)}</dd>" for c in report.columns)
    parts = [
        f"<section><h2>What it says</h2>{verdicts}</section>",
        _plot(report),
        f"<section><h2>Numbers</h2>{_table(report)}</section>",
        *_sheets(report),
        f"<section><h2>What the numbers mean</h2><dl>{meanings}</dl><p>{escape(report.features)}.</p></section>",
        f"<section><h2>How the samples were read</h2><ul>{items}</ul><p>{report.n_real:,} real pictures.</p></section>",
    ]
    body = "\n".join(part for part in parts if part)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:; '
        "style-src 'unsafe-inline'\">"
        f"<style>{_STYLE}</style></head><body><main><h1>{escape(title)}</h1>{body}</main></body></html>\n"
    ).encode()


def _table(report: Report) -> str:
    columns = report.columns
    heads = "".join(f'<th scope="col">{escape(column.label)}</th>' for column in columns)
    rows = []
    for number, shot in enumerate(report.snapshots):
        cells = []
        for column in columns:
            score = shot.scores.get(column.name)
            floor = "" if score is None or score.floor is None else f" <small>({column.write(score.floor)})</small>"
            cells.append(f"<td>{'–' if score is None else column.write(score.value)}{floor}</td>")
        best = ' class="best"' if number == report.best else ""
        rows.append(f"<tr{best}><td>{escape(_name(report, number))}</td><td>{shot.n:,}</td>{''.join(cells)}</tr>")
    note = "<p><small>In brackets: what real pictures reach.</small></p>" if report.n_real else ""
    return (
        f'<table><thead><tr><th scope="col">snapshot</th><th scope="col">n</th>{heads}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table>{note}"
    )


def _name(report: Report, number: int) -> str:
    label = report.snapshots[number].label or "all samples"
    return f"{label}, the best" if number == report.best and len(report.snapshots) > 1 else label


def _plot(report: Report) -> str:
    """Diversity, twins and distance over the snapshots, as SVG."""
    shots = report.snapshots
    if len(shots) < 2:
        return ""
    distances = [shot.value(DISTANCE) for shot in shots]
    top = max((value for value in distances if math.isfinite(value)), default=0.0)
    lines = [
        (METRICS[DIVERSITY].label.lower(), "var(--fake)", "", [shot.value(DIVERSITY) for shot in shots]),
        ("share with a twin", "var(--ink)", "2 4", [shot.value(TWINS) for shot in shots]),
    ]
    if top > 0:
        lines.append((f"distance, 1 is {top:.3g}", "var(--muted)", "8 4", [value / top for value in distances]))
    drawn, keys = [], []
    for number, (name, colour, dash, values) in enumerate(lines):
        points = " ".join(
            f"{_x(i, len(shots)):.1f},{_y(value):.1f}" for i, value in enumerate(values) if value == value
        )
        style = f'fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"'
        drawn.append(f'<polyline points="{points}" {style}/>')
        x = _LEFT + 190 * number
        keys.append(
            f'<path d="M{x} {_HEIGHT + 24}h28" {style}/><text x="{x + 34}" y="{_HEIGHT + 28}">{escape(name)}</text>'
        )
    grid = "".join(
        f'<path d="M{_LEFT} {_y(level):.1f}H{_WIDTH}" stroke="var(--line)"/>'
        f'<text x="{_LEFT - 8}" y="{_y(level) + 4:.1f}" text-anchor="end">{level:g}</text>'
        for level in (0, 0.5, 1)
    )
    names = (
        f'<text x="{_LEFT}" y="{_HEIGHT + 6}">{escape(shots[0].label)}</text>'
        f'<text x="{_WIDTH}" y="{_HEIGHT + 6}" text-anchor="end">{escape(shots[-1].label)}</text>'
    )
    ends = f"Diversity from {_ends(shots, DIVERSITY)}, share with a twin from {_ends(shots, TWINS)}."
    words = f"{verdict_words(report)} {ends}"
    return (
        f'<figure><svg viewBox="0 0 {_WIDTH + 8} {_HEIGHT + 40}" role="img" aria-label="{escape(words)}">'
        f"{grid}{''.join(drawn)}{names}{''.join(keys)}</svg>"
        f"<figcaption>Over the snapshots. Real pictures have a diversity of 1.</figcaption></figure>"
    )


def verdict_words(report: Report) -> str:
    """All headlines, as one text."""
    return " ".join(verdict.headline for verdict in report.verdicts)


def _ends(shots: tuple[Snapshot, ...], name: str) -> str:
    return f"{shots[0].value(name):.2f} to {shots[-1].value(name):.2f}"


def _x(i: int, n: int) -> float:
    return _LEFT + 6 + i * (_WIDTH - _LEFT - 12) / max(n - 1, 1)


def _y(value: float) -> float:
    return 8 + (1.15 - min(max(value, 0), 1.15)) * (_HEIGHT - 24) / 1.15


def _sheets(report: Report) -> list[str]:
    shots, found = report.snapshots, []
    n = min(len(shots), _MOST_SHEETS)
    chosen = {i * (len(shots) - 1) // max(n - 1, 1) for i in range(n)} | ({report.best} - {None})
    for number, shot in enumerate(shots):
        if number not in chosen or not shot.sheet:
            continue
        name = _name(report, number)
        image = base64.b64encode(shot.sheet).decode()
        found.append(
            f'<figure><img alt="{escape(f"{name}: {shot.sheet_words}")}" src="data:image/png;base64,{image}">'
            f"<figcaption>{escape(name)}: {escape(shot.sheet_words)}</figcaption></figure>"
        )
    return found
