"""Samples as files: a PNG of what is shown, and a ZIP of as many new samples as one likes."""

from __future__ import annotations

import io
import zipfile
from typing import Final

import numpy as np
import torch
from PIL import Image

from gan_core.data import Images, Signals
from gan_core.export.common import Cancelled, GeneratorCopy, Progress, watched, within
from gan_core.export.draw import SIGNALS, drawn
from gan_core.figures.palette import Theme
from gan_core.record.frame import decode
from gan_core.record.snapshot import Snapshot

MAX_SAMPLES: Final = 10_000
MAX_SIDE: Final = 2048
MIN_SIDE: Final = 64
SMALL_SIDE: Final = 128
N_SMALL: Final = 9
"""Images in a small picture."""
_BATCH: Final = 250


def sample_png(snapshot: Snapshot, *, side: int = 768, theme: Theme = "light") -> bytes:
    """Draw the shown samples as a PNG: a grid of images, or points in the plane with the real ones.

    Args:
        snapshot: Of the run.
        side: Wanted width in pixels, `MIN_SIDE` to `MAX_SIDE`.
        theme: Whose colours.

    Raises:
        ConfigError: If ``side`` is out of range.
    """
    within("side", side, MIN_SIDE, MAX_SIDE)
    return _png(drawn(snapshot.header, snapshot.arrays, side, theme))


def thumbnail(content: bytes) -> bytes:
    """Draw a small PNG of the samples in a frame; empty if it has none yet.

    Args:
        content: A frame, see `gan_core.record.frame`.
    """
    header, arrays = decode(content)
    if "fake_images" in arrays:
        arrays["fake_images"] = arrays["fake_images"][:: max(1, len(arrays["fake_images"]) // N_SMALL)][:N_SMALL]
    elif "fake" not in arrays and header.get("kind") not in SIGNALS:
        return b""
    picture = drawn(header, arrays, SMALL_SIDE)
    picture.thumbnail((SMALL_SIDE, SMALL_SIDE))
    return _png(picture)


def samples_zip(
    generator: GeneratorCopy,
    n: int,
    *,
    seed: int = 0,
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
) -> bytes:
    """Pack new samples as a ZIP: a PNG for each image (its class in the name, if any), or one NPY of all points.

    Sounds and words are written as their data set says.

    Args:
        generator: Made by `GeneratorCopy.of`.
        n: How many, 1 to `MAX_SAMPLES`.
        seed: Of this noise, which is no part of the run; equal seeds give equal samples.
        progress: Hears of samples done.
        cancelled: Asked before each batch.

    Returns:
        The archive; points are float32 ``[n, 2]`` in data units.

    Raises:
        ConfigError: If ``n`` is out of range.
        ExportCancelledError: If it was cancelled.
    """
    within("n", n, 1, MAX_SAMPLES)
    inputs = generator.inputs(n, torch.Generator().manual_seed(seed))
    out = io.BytesIO()
    points = []
    # PNGs are packed already.
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        starts = range(0, n, _BATCH)
        tell = None if progress is None else lambda done, _: progress(min(n, done * _BATCH), n)
        for start in watched(starts, tell, cancelled):
            batch = [tensor[start : start + _BATCH] for tensor in inputs]
            made = generator.sample(batch)
            if isinstance(generator.data, Signals):
                for name, content in generator.data.files(made, start):
                    archive.writestr(name, content)
                continue
            if not isinstance(generator.data, Images):
                points.append(generator.data.to_data(made).numpy())
                continue
            for i, pixels in enumerate(generator.data.to_uint8(made)):
                label = f"_class{int(batch[1][i])}" if generator.n_classes else ""
                png = _png(Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels))
                archive.writestr(f"sample{start + i:05}{label}.png", png)
        if points:
            with archive.open("samples.npy", "w") as file:
                np.lib.format.write_array(file, np.concatenate(points).astype(np.float32), allow_pickle=False)
    return out.getvalue()


def _png(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()
