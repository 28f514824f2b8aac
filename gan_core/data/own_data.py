"""Data of one's own as values: pictures, points, sounds and words that were read, checked and hashed.

All are frozen, know what was skipped and why, and make the data set that a GAN trains on. Equal content has an
equal hash, whatever the files were called. They are importable without torch, which comes with the data set.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gan_core.config import DataConfig
from gan_core.data.held_out import MIN_HELD_OUT, aside, digest, held_out_share
from gan_core.data.limits import (
    FEW_IMAGES,
    FEW_POINTS,
    MAX_CLASSES,
    MAX_COORDINATE,
    MAX_IMAGES,
    MAX_POINTS,
    MAX_SIDE,
    MIN_SIDE,
)
from gan_core.data.own_signals import OwnSounds, OwnWords
from gan_core.errors import DataError

if TYPE_CHECKING:
    from torch import Generator, Tensor

    from gan_core.data.images import Images
    from gan_core.data.points import Points

__all__ = ["OwnData", "OwnImages", "OwnPoints", "OwnSounds", "OwnWords", "held_out_share", "said_of_split", "split"]

_MARGIN = 1.15  # the frame over the range of the points
_LUMA = np.array([299, 587, 114], dtype=np.uint32)  # thousandths: ITU-R 601-2, as Pillow's "L"
_PRECISION = 1e-4  # least spread of points beside their distance from zero, for float32 to tell them apart


@dataclass(frozen=True, eq=False)
class OwnImages:
    """Pictures of one's own, square, at most `MAX_SIDE` wide: one upload serves every ``data.size`` and colour.

    Attributes:
        pixels: `[n, side, side, c]`, uint8, c = 1 (all of them grey) or 3; read only.
        names: Their file names, cut and free of control characters: to be shown as text, never as HTML.
        skipped: Why files were left out, and how many for each reason, the commonest first.
        labels: Class of each picture by its folder, `[n]`, int64, or None.
        classes: Names of the classes.
        decisions: How they were read, one sentence each.
        hash: SHA-256 of shape, pixels, and labels if there are any; hexadecimal.
        name: Always "own-images".

    Raises:
        DataError: No picture, too many, or a shape or type that cannot be.
    """

    pixels: NDArray[np.uint8]
    names: tuple[str, ...] = ()
    skipped: tuple[tuple[str, int], ...] = ()
    labels: NDArray[np.int64] | None = None
    classes: tuple[str, ...] = ()
    decisions: tuple[str, ...] = ()
    hash: str = field(init=False)
    name: Literal["own-images"] = field(default="own-images", init=False)
    noun: ClassVar[str] = "pictures"
    few: ClassVar[int] = FEW_IMAGES
    heeds: ClassVar[tuple[str, ...]] = ("size", "colour", "flip", "held_out", "balanced")
    splits: ClassVar[bool] = True

    def __post_init__(self) -> None:
        shape = self.pixels.shape
        square = len(shape) == 4 and shape[1] == shape[2] and MIN_SIDE <= shape[1] <= MAX_SIDE
        if self.pixels.dtype != np.uint8 or not square or shape[3] not in (1, 3) or not 1 <= shape[0] <= MAX_IMAGES:
            raise DataError(
                f"own images are 1 to {MAX_IMAGES:,} squares of {MIN_SIDE} to {MAX_SIDE} px in bytes, grey or RGB; "
                f"these are {self.pixels.dtype} of shape {list(shape)}"
            )
        parts = [self.pixels.tobytes()]
        if self.labels is not None:
            fits = self.labels.shape == shape[:1] and len(self.classes) <= MAX_CLASSES
            if not fits or self.labels.min() < 0 or self.labels.max() >= len(self.classes):
                raise DataError(f"labels are one class number for each of the {shape[0]} images; these do not fit")
            parts += [self.labels.astype("<i8").tobytes(), json.dumps(self.classes).encode()]
        self.pixels.setflags(write=False)
        object.__setattr__(self, "hash", digest(self.name, shape, parts))

    @property
    def settings(self) -> dict[str, Any]:
        """Settings of a new run on them: in colour if any has colour, some held out, with their classes."""
        named = {"data.name": self.name, "data.hash": self.hash, "data.colour": self.pixels.shape[3] == 3}
        named["data.held_out"] = held_out_share(len(self.pixels))
        return named | ({} if self.labels is None else {"data.classes": len(self.classes)})

    @property
    def rows(self) -> NDArray[np.uint8]:
        """Pictures to be compared and counted."""
        return self.pixels

    @property
    def counts(self) -> tuple[int, ...]:
        """Number of pictures of each class; nothing without classes."""
        return () if self.labels is None else tuple(np.bincount(self.labels, minlength=len(self.classes)).tolist())

    @property
    def nbytes(self) -> int:
        """Memory that the pixels take."""
        return self.pixels.nbytes

    @property
    def warning(self) -> str:
        """A warning in words; "" if there are enough images."""
        n = len(self.pixels)
        if n >= FEW_IMAGES:
            return ""
        return (
            f"Only {n} {'image' if n == 1 else 'images'}: with fewer than {FEW_IMAGES}, D soon knows each by heart "
            "and G learns copies of them, if anything. More images help; so does the flip."
        )

    def refusal(self, config: DataConfig) -> str:
        """Say why a config does not go with these pictures; "" if it does: its classes must be theirs."""
        known = len(self.classes) if self.labels is not None else 0
        if not config.classes or 0 < known <= config.classes:
            return ""
        found = f"{known} classes" if known else "no classes: a zip or folder with a folder for each class gives them"
        return f"data.classes={config.classes}, but these images have {found}; set data.classes={known}"

    def made(self, config: DataConfig) -> Images:
        """Make the data set of a config that names these pictures."""
        return self.dataset(config.size, config.colour, config.flip, held_out=config.held_out, balanced=config.balanced)

    def at(self, size: int, colour: bool, first: int | None = None) -> NDArray[np.uint8]:
        """Scale and colour the pictures as a config asks, `[n, size, size, 3 or 1]`, uint8; the same on every call.

        Args:
            size: Side in pixels, `MIN_SIDE` to `MAX_SIDE`.
            colour: RGB, or grey by luma.
            first: Only so many of them, for a preview.
        """
        channels = 3 if colour else 1
        pictures = self.pixels[:first]
        out = np.empty((len(pictures), size, size, channels), np.uint8)
        for row, picture in zip(out, pictures, strict=True):
            if not colour and picture.shape[2] == 3:
                picture = ((picture @ _LUMA + 500) // 1000).astype(np.uint8)[..., None]
            if size != picture.shape[0]:
                image = Image.fromarray(picture[..., 0] if picture.shape[2] == 1 else picture)
                scaled = image.resize((size, size), Image.Resampling.LANCZOS)
                picture = np.asarray(scaled).reshape(size, size, -1)
            row[:] = picture  # grey is spread over all three channels
        return out

    def dataset(
        self, size: int, colour: bool, flip: bool = False, *, held_out: float = 0.0, balanced: bool = False
    ) -> Images:
        """Make the data set that a GAN trains on, in the pictures' own order.

        Args:
            size: Side in pixels.
            colour: RGB, or grey.
            flip: Mirror half of what is drawn.
            held_out: Share of each class that is kept aside; the same on every call.
            balanced: Draw all classes equally often.
        """
        import torch  # late: the server's own process has none

        from gan_core.data.images import Images

        images = torch.from_numpy(self.at(size, colour)).permute(0, 3, 1, 2).contiguous()
        labels = None if self.labels is None else torch.from_numpy(self.labels.copy())
        unseen = torch.from_numpy(split(self, held_out))
        if not unseen.any():
            return Images(self.name, images, None, labels, None, self.classes, flip=flip, balanced=balanced)
        kinds, others = (None, None) if labels is None else (labels[~unseen], labels[unseen])
        parts = (images[~unseen], images[unseen], kinds, others)
        return Images(self.name, *parts, self.classes, flip=flip, balanced=balanced)


@dataclass(frozen=True, eq=False)
class OwnPoints:
    """Points of one's own in the plane: a table, or a drawing.

    Attributes:
        values: `[n, 2]`, float32, data units; read only.
        decisions: How they were read, one sentence each.
        hash: SHA-256 of shape and values, hexadecimal.
        name: Always "own-points".

    Raises:
        DataError: Fewer than two different points, too many, or coordinates that are not usable numbers;
            with the row and the column.
    """

    values: NDArray[np.float32]
    decisions: tuple[str, ...] = ()
    hash: str = field(init=False)
    name: Literal["own-points"] = field(default="own-points", init=False)
    noun: ClassVar[str] = "points"
    few: ClassVar[int] = FEW_POINTS
    heeds: ClassVar[tuple[str, ...]] = ()
    splits: ClassVar[bool] = False

    def __post_init__(self) -> None:
        values = self.values
        if values.dtype != np.float32 or values.ndim != 2 or values.shape[1] != 2:
            raise DataError(f"points are float32 of shape [n, 2]; these are {values.dtype} of {list(values.shape)}")
        if not 2 <= len(values) <= MAX_POINTS:
            raise DataError(f"2 to {MAX_POINTS:,} points are allowed; these are {len(values):,}")
        good = np.abs(values) <= MAX_COORDINATE  # not so for NaN either
        if not good.all():
            row, column = np.argwhere(~good)[0].tolist()
            raise DataError(
                f"coordinates are finite and at most {MAX_COORDINATE:,.0f} in size; point {row + 1}, "
                f"column {column + 1} is {values[row, column]:g}: remove or rescale it"
            )
        if self._scale < 1e-6 or self._scale < _PRECISION * max(map(abs, self._centre)):
            raise DataError(
                "the points lie too close together, all in one place or far from zero: "
                "subtract their mean, or multiply them"
            )
        self.values.setflags(write=False)
        object.__setattr__(self, "hash", digest(self.name, values.shape, [values.astype("<f4").tobytes()]))

    @property
    def settings(self) -> dict[str, Any]:
        """Settings of a config that trains on them."""
        return {"data.name": self.name, "data.hash": self.hash}

    @property
    def rows(self) -> NDArray[np.float32]:
        """Points to be compared and counted."""
        return self.values

    @property
    def skipped(self) -> tuple[tuple[str, int], ...]:
        """Nothing of a table is left out but columns."""
        return ()

    @property
    def nbytes(self) -> int:
        """Memory that the values take."""
        return self.values.nbytes

    @property
    def warning(self) -> str:
        """A warning in words; "" if there are enough points."""
        n = len(self.values)
        if n >= FEW_POINTS:
            return ""
        return f"Only {n} points: with fewer than {FEW_POINTS}, G learns these very points and not a shape."

    @property
    def _centre(self) -> tuple[float, float]:
        x, y = self.values.mean(0, dtype=np.float64).tolist()
        return x, y

    @property
    def _scale(self) -> float:
        return math.sqrt(self.values.var(0, dtype=np.float64).mean())

    def refusal(self, config: DataConfig) -> str:
        """Say why a config does not go with these points; "", as all do."""
        return ""

    def made(self, config: DataConfig) -> Points:
        """Make the data set of a config that names these points."""
        return self.dataset()

    def dataset(self) -> Points:
        """Make the data set that a GAN trains on: these points, drawn with replacement; no modes are known.

        The frame is a square about their range, with a margin.
        """
        import torch  # late: the server's own process has none

        from gan_core.data.points import Points

        low, high = self.values.min(0).astype(float), self.values.max(0).astype(float)
        (x, y), half = ((low + high) / 2).tolist(), float((high - low).max()) / 2 * _MARGIN
        table = torch.from_numpy(self.values.copy())

        def draw(n: int, rng: Generator) -> Tensor:
            return table.index_select(0, torch.randint(len(table), (n,), generator=rng))

        return Points(self.name, self._centre, self._scale, (x - half, x + half, y - half, y + half), None, draw)


OwnData = OwnImages | OwnPoints | OwnSounds | OwnWords


def said_of_split(data: OwnData, share: float) -> str:
    """Say how many samples a share keeps aside, in one sentence."""
    total = len(data.rows)
    one = data.noun.removesuffix("s")
    if n := int(split(data, share).sum()):
        return f"{n:,} of {total:,} {data.noun} are held out: no player sees them, so that copies can be told from luck"
    if share:
        return f"no {one} is held out: there are too few of them"
    few = f", which takes {3 * MIN_HELD_OUT} {data.noun}" if total < 3 * MIN_HELD_OUT else ""
    return f"no {one} is held out{few}: whether samples are copies cannot be told from luck"


def split(data: OwnData, share: float) -> NDArray[np.bool_]:
    """Choose the samples that no player sees, `[n]`: the same ones whenever the samples and the share are the same.

    Of each class the same share, but never all of it. Copies of one sample stay on one side.

    Args:
        data: The samples.
        share: In [0, 1/2].
    """
    return aside(data.rows, data.labels if isinstance(data, OwnImages) else None, data.hash, share)
