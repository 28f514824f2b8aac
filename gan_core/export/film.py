"""The film of a training: the same noise through time, as GIF, WebP or MP4."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gan_core.errors import ConfigError
from gan_core.export.draw import Frame, captioned, grid, scatter
from gan_core.export.progress import Cancelled, Progress, watched, within
from gan_core.figures.palette import Theme

Array = NDArray[Any]
Moment = tuple[int, Array]
"""A step, and what its generator made of the fixed noise: ``uint8 [n, h, w, c]`` or points ``[n, 2]``."""
FilmFormat = Literal["gif", "webp", "mp4"]

MIN_SECONDS: Final = 0.5
MAX_SECONDS: Final = 120.0
MIN_SIDE: Final = 64
MAX_SIDE: Final = 1024
MAX_FRAMES: Final = 1000
FRAME_MS: Final = 20
"""Shortest time that browsers show a picture of a GIF for."""


def film(
    moments: Sequence[Moment],
    kind: FilmFormat = "gif",
    *,
    seconds: float = 6.0,
    side: int = 384,
    loop: bool = True,
    frame: Frame | None = None,
    real: Array | None = None,
    caption: str = "step {:,}",
    theme: Theme = "light",
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
) -> bytes:
    """Make a film, each picture with its step below it.

    Args:
        moments: In order; where there are more than can be seen in the time, some are left out, but never the last.
        kind: "gif", "webp", or "mp4", which needs imageio-ffmpeg.
        seconds: Length, `MIN_SECONDS` to `MAX_SECONDS`.
        side: Wanted width in pixels, `MIN_SIDE` to `MAX_SIDE`.
        loop: True to begin again at the end (players decide for themselves with MP4).
        frame: Points: x0, x1, y0, y1 of the picture, data units.
        real: Points: real ones to show in every picture, data units, or None.
        caption: Of each picture, to be formatted with its step.
        theme: Whose colours.
        progress: Hears of pictures drawn.
        cancelled: Asked before each picture.

    Raises:
        ConfigError: If a value is out of range, there are no moments, or MP4 cannot be made here.
        ExportCancelledError: If it was cancelled.
    """
    within("seconds", seconds, MIN_SECONDS, MAX_SECONDS)
    within("side", side, MIN_SIDE, MAX_SIDE)
    if kind not in get_args(FilmFormat):
        raise ConfigError(f"format {kind!r} is not allowed: {', '.join(get_args(FilmFormat))} are")
    if not moments:
        raise ConfigError("there is nothing to show yet: let the run make some steps first")
    chosen = _thinned(moments, min(MAX_FRAMES, int(seconds * 1000 / FRAME_MS)))
    if chosen[0][1].ndim == 2 and frame is None:
        raise ConfigError("a film of points needs the frame of its axes: x0, x1, y0, y1")

    def pictures() -> Iterator[Image.Image]:
        for step, made in watched(chosen, progress, cancelled):
            if made.ndim == 4:
                picture = grid(made, side, theme)
            else:
                assert frame is not None
                picture = scatter(real, made, frame, side, theme)
            yield captioned(picture, caption.format(step), theme)

    if kind == "mp4":
        return _mp4(pictures(), len(chosen) / seconds)
    return _animation(pictures(), kind, _durations(len(chosen), seconds), loop)


def has_mp4() -> bool:
    """Return whether MP4 can be made here."""
    return find_spec("imageio_ffmpeg") is not None


def _thinned(moments: Sequence[Moment], n: int) -> list[Moment]:
    if len(moments) <= n:
        return list(moments)
    return [moments[i] for i in np.linspace(0, len(moments) - 1, n).round().astype(int)]


def _durations(n: int, seconds: float) -> list[int]:
    """Milliseconds of each picture, in the hundredths of a second that a GIF knows; together they are the length."""
    ends = (np.arange(1, n + 1) * seconds * 100 / n).round().astype(int) * 10
    lengths: list[int] = np.diff(ends, prepend=0).tolist()
    return lengths


def _animation(pictures: Iterator[Image.Image], kind: str, durations: list[int], loop: bool) -> bytes:
    out = io.BytesIO()
    first = next(pictures)
    if kind == "gif":
        again = {"loop": 0} if loop else {}
        # Grey pictures are their own palette. Without `optimize` no second pass looks for unused colours.
        first.save(out, "GIF", save_all=True, append_images=pictures, duration=durations, optimize=False, **again)
    else:
        first.save(
            out,
            "WEBP",
            save_all=True,
            append_images=pictures,
            duration=durations,
            loop=0 if loop else 1,
            quality=80,
            method=0,
        )
    return out.getvalue()


def _mp4(pictures: Iterator[Image.Image], rate: float) -> bytes:
    """H.264, which every browser plays."""
    if not has_mp4():
        raise ConfigError("MP4 needs imageio-ffmpeg (pip install imageio-ffmpeg); GIF and WebP need nothing")
    import imageio_ffmpeg

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "film.mp4")
        writer = None
        for picture in pictures:
            if writer is None:
                writer = imageio_ffmpeg.write_frames(path, picture.size, fps=rate, macro_block_size=2)
                writer.send(None)
            writer.send(picture.convert("RGB").tobytes())
        assert writer is not None
        writer.close()
        return path.read_bytes()
