"""A run's frames, as the recorder keeps them or the command line makes them, opened for films and pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gan_core.diagnosis import Watch, verdict
from gan_core.export.draw import SIGNALS, Array, Frame, drawn
from gan_core.export.film import Moment
from gan_core.figures.palette import Theme
from gan_core.record import frame as frame_format
from gan_core.training import Trainer, Which

StepFrame = tuple[int, bytes]
"""A step and the frame that was seen then, see `gan_core.record.frame`."""


@dataclass(frozen=True)
class Film:
    """Arguments of `gan_core.export.film.film`.

    Attributes:
        moments: Steps and samples.
        frame: Axes of the picture, or None for images.
        real: Real points, or None for images.
    """

    moments: list[Moment]
    frame: Frame | None
    real: Array | None


def take_frame(trainer: Trainer, which: Which = "ema", watch: Watch | None = None) -> StepFrame:
    """Make a frame of a run that no runner plays, without changing it.

    Args:
        trainer: The run.
        which: Whose samples, as for `Trainer.shown`.
        watch: Who looked at the run while it trained; the frame says what it found.
    """
    snapshot = trainer.snapshot(which)
    header: dict[str, Any] = {**snapshot.header}
    findings = None if watch is None else watch.findings(trainer.config)
    header["verdict"] = verdict(header, trainer.history, trainer.config, findings)
    return snapshot.step, frame_format.encode(header, snapshot.arrays)


def to_film(frames: Sequence[StepFrame], side: int = 384, theme: Theme = "light") -> Film:
    """Frames as a film's moments.

    Args:
        frames: In order, of one run.
        side: Width of the film, for samples that are drawn here: neither points nor images.
        theme: Whose colours, likewise.
    """
    moments: list[Moment] = []
    axes: Frame | None = None
    real: Array | None = None
    for step, content in frames:
        header, arrays = frame_format.read(content)
        if header["kind"] in SIGNALS:
            picture = drawn(header, arrays, side, theme).convert("RGB")
            moments.append((step, np.asarray(picture)[None]))
        elif "fake_images" in arrays:
            moments.append((step, arrays["fake_images"].copy()))
        elif "fake" in arrays:
            moments.append((step, arrays["fake"].copy()))
            x0, x1, y0, y1 = header["frame"]
            axes, real = (x0, x1, y0, y1), arrays["real"]
    return Film(moments, axes, real)
