"""Sounds as a picture: the spectrogram of each generated one, side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from PIL import Image

from gan_core.data.pitch import spectrogram
from gan_core.export.draw import Array, grid
from gan_core.figures.palette import PALETTES, Theme

__all__ = ["sounds"]


def sounds(header: Mapping[str, Any], arrays: Mapping[str, Array], side: int, theme: Theme = "light") -> Image.Image:
    """Draw the generated sounds of a frame: times to the right, frequencies up, the louder the deeper the colour.

    Args:
        header: Of the frame.
        arrays: Likewise; ``fake_sound`` is ``uint8 [n, length]``.
        side: Wanted width in pixels.
        theme: Whose colours.
    """
    samples = torch.from_numpy((arrays["fake_sound"].astype(np.float32) - 127.5) / 127.5)
    loud = spectrogram(samples).numpy()[..., None]
    paper, ink = (np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) for colour in _colours(theme))
    return grid((paper + loud * (ink - paper)).round().astype(np.uint8), side, theme)


def _colours(theme: Theme) -> tuple[str, str]:
    return PALETTES[theme].card, PALETTES[theme].fake
