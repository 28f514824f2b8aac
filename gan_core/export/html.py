"""The run as one HTML file: its samples, losses and verdicts through time, in any browser, without network.

All data lie in one JSON element, which the page's own code shows as text and on canvases; nothing in it is ever read
as HTML. Where the frames are too many for the size wanted, every other one is left out until they fit.
"""

from __future__ import annotations

import base64
import io
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from PIL import Image

from gan_core.config import RunConfig
from gan_core.config.paths import leaves
from gan_core.errors import ConfigError
from gan_core.export.common import Cancelled, Progress, watched
from gan_core.export.draw import SIGNALS, Array, drawn
from gan_core.export.frames import StepFrame
from gan_core.figures.palette import DARK, LIGHT, Palette
from gan_core.game.objectives import OBJECTIVES, smoothed
from gan_core.metrics import label_of
from gan_core.record import frame as frame_format
from gan_core.record.history import ABOUT, LOSSES
from gan_core.training.observe import step_125

MAX_BYTES: Final = 6_000_000
MAX_FRAMES: Final = 400
SIDE: Final = 384
"""Width of a picture that is drawn here, of samples that are neither points nor images."""
_TEMPLATE: Final = Path(__file__).with_name("run_page.html")
_NUMBERS: Final = {name: about.label.replace("'", "’") for name, about in ABOUT.items() if about.kind != "answer"}
_NO_VERDICT: Final = {"level": "info", "headline": "In training.", "detail": ""}


def run_page(
    frames: Sequence[StepFrame],
    config: RunConfig,
    *,
    title: str = "A GAN in training",
    max_bytes: int = MAX_BYTES,
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
) -> bytes:
    """Write the page.

    Args:
        frames: In order, of one run; the last one's curves are the page's.
        config: The config that the run began with.
        title: The page's heading, shown as text.
        max_bytes: Size that the page never exceeds.
        progress: Hears of frames done.
        cancelled: Asked before each frame.

    Returns:
        The file, UTF-8.

    Raises:
        ConfigError: If there are no frames, or a single one is too large.
        ExportCancelledError: If it was cancelled.
    """
    if not frames:
        raise ConfigError("there is nothing to show yet: let the run make some steps first")
    every = -(-len(frames) // MAX_FRAMES)
    chosen = _every(frames, every)
    run, size = _common(frames[-1][1], config, title), 0
    entries: list[dict[str, Any]] = []
    for step, content in watched(chosen, progress, cancelled):
        entries.append(_entry(step, content))
        size += len(_dumped(entries[-1])) + 2
    page = _TEMPLATE.read_text(encoding="utf-8")
    page = page.replace("LIGHT_PALETTE", _css(LIGHT)).replace("DARK_PALETTE", _css(DARK))
    room = max_bytes - len(page.encode()) - len(_dumped({**run, "frames": []}))
    while size > room and len(entries) > 1:
        entries = _every(entries, 2)
        size = sum(len(_dumped(entry)) + 2 for entry in entries)
    if size > room:
        raise ConfigError(f"a page of {max_bytes:,} bytes has no room for this run; it needs {size - room:,} more")
    return page.replace("RUN_JSON", _dumped({**run, "frames": entries})).encode()


def _every(items: Sequence[Any], stride: int) -> list[Any]:
    """Every ``stride``-th item, counted from the last."""
    return list(items[::-1][::stride][::-1])


def _common(content: bytes, config: RunConfig, title: str) -> dict[str, Any]:
    """Collect what all frames of the page share, from the last one."""
    header, arrays = frame_format.read(content)
    curves = {"step": _numbers(arrays["curve_step"])}
    for name in LOSSES:
        curves[name] = _numbers(arrays[f"{name}_mean"])
    settings = [[path, str(value)] for path, value in leaves(config.model_dump(mode="json")).items()]
    objective = OBJECTIVES[config.objective]
    if config.label_smoothing:
        objective = smoothed(objective, config.label_smoothing)
    run: dict[str, Any] = {"title": title, "kind": header["kind"], "curves": curves, "settings": settings}
    run["reading"] = objective.reading
    if header["kind"] == "plane":
        cells = len(arrays["heat"]) if "heat" in arrays else 0
        return run | {"frame": header["frame"], "cells": cells, "real": _points(arrays["real"], header["frame"])}
    if header["kind"] in SIGNALS:
        picture = drawn(header, arrays, SIDE)
        return run | {"grid": [1, 1, [picture.height, picture.width]]}
    n, height, width, _ = arrays["fake_images"].shape
    columns = math.ceil(math.sqrt(n))
    return run | {"grid": [-(-n // columns), columns, [height, width]]}


def _entry(step: int, content: bytes) -> dict[str, Any]:
    header, arrays = frame_format.read(content)
    verdict = {**_NO_VERDICT, **header.get("verdict", {})}
    verdict["detail"] = " ".join(text for text in (str(verdict["detail"]), header.get("lost", "")) if text)
    numbers = [[label, header["stats"][name]] for name, label in _NUMBERS.items()]
    for name, score in header.get("metrics", {}).items():
        numbers.append([f"{label_of(name)}, step {header.get('metrics_step', step):,}", score["value"]])
    entry: dict[str, Any] = {
        "step": step,
        "verdict": {name: verdict[name] for name in _NO_VERDICT},
        "numbers": [[label, None if value is None else float(f"{value:.6g}")] for label, value in numbers],
    }
    if header["kind"] == "plane":
        entry["points"] = _points(arrays["fake"], header["frame"])
        if "heat" in arrays:
            entry["heat"] = _heat(arrays, header)
    elif header["kind"] in SIGNALS:
        entry["image"] = _png(np.asarray(drawn(header, arrays, SIDE).convert("RGB"))[None])
    else:
        entry["image"] = _png(arrays["fake_images"])
    return entry


def _points(points: Array, frame: Sequence[float]) -> str:
    """Points as 16-bit numbers over three times the picture's frame, so that those just outside are kept."""
    x0, x1, y0, y1 = frame
    inside = points[np.isfinite(points).all(1)]
    unit = (inside - (x0, y0)) / (x1 - x0, y1 - y0)
    return _base64(((np.clip(unit, -1, 2) + 1) / 3 * 65535).round().astype("<u2").tobytes())


def _heat(arrays: Mapping[str, Array], header: Mapping[str, Any]) -> str:
    """D's opinion as bytes, scaled as in the app: 0 is the surest "generated", 255 the surest "real"."""
    opinion = np.nan_to_num(arrays["heat"].astype(np.float64))
    if header["meaning"] == "critic":
        middle = OBJECTIVES[header["objective"]].threshold
        if middle is None:  # only differences have a meaning: half way between real and generated
            middle = float(np.nan_to_num(arrays["real_logits"].mean() + arrays["fake_logits"].mean())) / 2
    else:
        opinion, middle = 1 / (1 + np.exp(-np.clip(opinion, -60, 60))), 1 / (1 + math.exp(-(header.get("middle") or 0)))
    away = opinion - middle
    # The outermost twentieth lies beyond the ends, so that corners do not wash out the centre.
    end = max(0.01, step_125(float(np.quantile(np.abs(away), 0.95))))
    return _base64(((np.clip(away / end, -1, 1) + 1) * 127.5).round().astype(np.uint8).tobytes())


def _png(images: Array) -> str:
    """Lay the images side by side, pixel for pixel."""
    n, height, width, channels = images.shape
    columns = math.ceil(math.sqrt(n))
    rows = -(-n // columns)
    cells = np.zeros((rows * columns, height, width, channels), np.uint8)
    cells[:n] = images
    whole = cells.reshape(rows, columns, height, width, channels).swapaxes(1, 2)
    whole = whole.reshape(rows * height, columns * width, channels)
    out = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(whole[..., 0] if channels == 1 else whole)).save(out, "PNG", optimize=True)
    return _base64(out.getvalue())


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _numbers(values: Array) -> list[float]:
    return [float(f"{value:.5g}") for value in values.tolist()]


def _dumped(value: Any) -> str:
    """JSON in ASCII that can stand in a script element, whatever words are in it."""
    return json.dumps(frame_format.finite(value), allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")


def _css(palette: Palette) -> str:
    return " ".join(f"--{name}: {colour};" for name, colour in palette.as_dict().items())
