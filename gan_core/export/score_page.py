"""A report of scores as one HTML page: warnings, the table with what real data reach, and some of both sets.

Every word that comes from files or data is escaped; the page loads nothing and has no script.
"""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from gan_core.export.draw import Array, grid, scatter
from gan_core.figures.palette import DARK, LIGHT, Palette
from gan_core.metrics import METRICS

__all__ = ["score_page"]

_N_PICTURES: Final = 100
_SIDE: Final = 480
_STYLE: Final = """* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 20px 16px 40px; display: grid; gap: 14px; }
h1 { font-size: 1.35rem; line-height: 1.25; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 0.95rem; margin: 0 0 8px; }
section { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 14px;
  overflow-x: auto; }
.warning { border-left: 5px solid var(--warn); }
p, ul { margin: 0; }
.muted, th, small { color: var(--muted); }
.two { display: grid; grid-template-columns: repeat(auto-fit, minmax(280px, 1fr)); gap: 14px; }
figure { margin: 0; } img { width: 100%; image-rendering: pixelated; border-radius: 6px; }
table { border-collapse: collapse; width: 100%; font-size: 0.9rem; font-variant-numeric: tabular-nums; }
th { text-align: left; font-weight: 400; } td, th { padding: 4px 12px 4px 0; vertical-align: top; }
td.number, th.number { text-align: right; white-space: nowrap; }"""


def score_page(record: Mapping[str, Any], pictures: Sequence[Array]) -> bytes:
    """Write the page.

    Args:
        record: Of the command ``score``.
        pictures: Real and generated samples, pictures ``uint8 [n, h, w, c]`` or points ``[n, 2]``; or nothing.

    Returns:
        The file, UTF-8.
    """
    title = f"{record['file']} against {record['data']}"
    parts = [f"<h1>{_text(title)}</h1>"]
    if record["warnings"]:
        parts.append(f'<section class="warning"><h2>Read this first</h2>{_list(record["warnings"])}</section>')
    if len(pictures) == 2:
        parts.append(_pictures(*pictures))
    parts.append(f"<section><h2>Scores</h2>{_table(record['metrics'])}</section>")
    if record["classes"]:
        cells = ", ".join(f"{_text(name)}: {share:.1%}" for name, share in record["classes"].items())
        parts.append(f"<section><h2>Classes that a classifier sees</h2><p>{cells}</p></section>")
    for one in record["per_class"]:
        counts = f"{one['n_real']:,} real, {one['n_fake']:,} generated"
        why = "Too few to be scored alone." if one["n_fake"] else "None of the generated samples is in this class."
        body = _table(one["metrics"]) if one["metrics"] else f"<p>{why}</p>"
        parts.append(f"<section><h2>Class {_text(one['name'])}: {counts}</h2>{body}</section>")
    if record["decisions"]:
        parts.append(f"<section><h2>How they were read</h2>{_list(record['decisions'])}</section>")
    dark = f"@media (prefers-color-scheme: dark) {{ :root {{ {_colours(DARK)} }} }}"
    head = f"<style>:root {{ color-scheme: light dark; {_colours(LIGHT)} }}\n{dark}\n{_STYLE}</style>"
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{_text(title)}</title>{head}</head>\n<body><main>\n" + "\n".join(parts) + "\n</main></body></html>\n"
    ).encode()


def _table(scores: Mapping[str, Mapping[str, Any]]) -> str:
    rows = []
    for name, score in scores.items():
        metric = METRICS[name.removeprefix("raw_")]
        label = metric.label if name in METRICS else f"{metric.label}, raw generator"
        better = "higher is better" if metric.higher_is_better else "lower is better"
        about = f"<br><small>{_text(metric.definition)} {better.capitalize()}. {_text(metric.source)}.</small>"
        floor = "" if score["floor"] is None else f"{score['floor']:.4g}"
        rows.append(
            f'<tr><td>{_text(label)}{about if name in METRICS else ""}</td><td class="number">{score["value"]:.4g}</td>'
            f'<td class="number">{floor}</td><td class="number">{score["n"]:,}</td></tr>'
        )
    head = "<tr><th>metric</th>" + "".join(f'<th class="number">{word}</th>' for word in ("value", "real data", "n"))
    below = "Real data: what as many real samples reach in place of the generated ones."
    return f"<table>{head}</tr>{''.join(rows)}</table><p class='muted'>{below}</p>"


def _pictures(real: Array, fake: Array) -> str:
    if real.ndim == 2:
        low, high = real.min(0), real.max(0)
        pad = 0.15 * np.maximum(high - low, 1e-9)
        frame = (float(low[0] - pad[0]), float(high[0] + pad[0]), float(low[1] - pad[1]), float(high[1] + pad[1]))
        picture = scatter(real, fake, frame, 2 * _SIDE)
        body = _figure(picture, "Real points hollow, generated ones filled, in the frame of the real ones")
        return f"<section>{body}</section>"
    sheets = [
        _figure(grid(images[:_N_PICTURES], _SIDE), words) for images, words in ((real, "Real"), (fake, "Generated"))
    ]
    return f'<section class="two">{"".join(sheets)}</section>'


def _figure(picture: Any, words: str) -> str:
    out = io.BytesIO()
    picture.save(out, "PNG")
    data = base64.b64encode(out.getvalue()).decode()
    return f'<figure><h2>{words}</h2><img alt="{words}" src="data:image/png;base64,{data}"></figure>'


def _list(texts: Sequence[str]) -> str:
    return "<ul>" + "".join(f"<li>{_text(text[:1].upper() + text[1:])}.</li>" for text in texts) + "</ul>"


def _text(words: str) -> str:
    return html.escape("".join(c if c.isprintable() else "?" for c in words))


def _colours(palette: Palette) -> str:
    names = ("page", "card", "ink", "muted", "line", "warn")
    return " ".join(f"--{name}: {getattr(palette, name)};" for name in names)
