"""Data sets of images: one tensor in memory, `[n, channels, height, width]`.

It holds float32 in [-1, 1], or for sets of many pixels uint8, a quarter of the memory; samples are float32 always.
"""

from __future__ import annotations

import base64
import gzip
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor

from gan_core.errors import DataError

__all__ = ["Images", "digits", "even_weights", "network_units"]


def network_units(images: Tensor) -> Tensor:
    """Convert images to what networks see: uint8 in 0..255 to float32 in [-1, 1]; float32 stays what it is."""
    return images.float().div_(127.5).sub_(1.0) if images.dtype == torch.uint8 else images


def even_weights(labels: Tensor) -> Tensor:
    """Weigh samples, `[n]`, float64, so that all classes that there are weigh the same.

    Args:
        labels: Class of each, `[n]`, int64.
    """
    return 1.0 / labels.bincount()[labels].double()


@dataclass(frozen=True, eq=False)
class Images:
    """A fixed set of images, part of it held out where there is enough.

    Attributes:
        name: Its key in `gan_core.data.DATASETS`.
        train: What a GAN sees, `[n_train, c, h, w]`, float32 in [-1, 1] or uint8 (see `network_units`).
        held_out: Images that no GAN sees, for honest scores, or None; in the form of `train`.
        labels: Class of each training image, `[n_train]`, int64, or None.
        held_out_labels: Likewise for `held_out`.
        classes: Names of the classes, in the order of the labels.
        flip: True if samples are mirrored left to right with probability 1/2.
        balanced: True if all classes are drawn equally often, however many images each has.
        kind: Always "images".
    """

    name: str
    train: Tensor
    held_out: Tensor | None
    labels: Tensor | None
    held_out_labels: Tensor | None
    classes: tuple[str, ...]
    flip: bool = False
    balanced: bool = False
    kind: Literal["images"] = field(default="images", init=False)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one image: (channels, height, width)."""
        return tuple(self.train.shape[1:])

    @property
    def n_train(self) -> int:
        """Number of training images."""
        return len(self.train)

    def sample(self, n: int, rng: Generator) -> Tensor:
        """Draw training images with replacement, `[n, c, h, w]`, float32 in [-1, 1]: uniformly, or each class so.

        Args:
            n: How many, >= 1.
            rng: A CPU generator; the same state gives the same images. Mirroring draws from it only if `flip`.

        Raises:
            DataError: Classes are to be drawn equally often, and the images have no labels.
        """
        return self._draw(n, rng)[0]

    def sample_labelled(self, n: int, rng: Generator) -> tuple[Tensor, Tensor]:
        """Draw the images that `sample` would draw, with their classes, `[n]`, int64.

        Args:
            n: How many, >= 1.
            rng: A CPU generator, as for `sample`.

        Raises:
            DataError: The images have no labels.
        """
        images, index = self._draw(n, rng)
        return images, self._labels().index_select(0, index)

    def _draw(self, n: int, rng: Generator) -> tuple[Tensor, Tensor]:
        """Draw images, with their places in `train`."""
        if self.balanced:
            index = torch.multinomial(even_weights(self._labels()), n, replacement=True, generator=rng)
        else:
            index = torch.randint(len(self.train), (n,), generator=rng)
        images = network_units(self.train.index_select(0, index))
        if self.flip:
            mirrored = torch.rand(n, 1, 1, 1, generator=rng) < 0.5
            images = torch.where(mirrored, images.flip(-1), images)
        return images, index

    def _labels(self) -> Tensor:
        if self.labels is None:
            raise DataError(f"{self.name} lies on this machine without labels; add its label files, or train without")
        return self.labels

    def to_uint8(self, x: Tensor) -> NDArray[np.uint8]:
        """Convert to pictures to show: `[n, c, h, w]` in [-1, 1] (cut off beyond) to `[n, h, w, c]` in 0..255."""
        # Half a unit more before the cut to an integer, which rounds down.
        levels = x.detach().mul(127.5).add_(128.0).clamp_(0.0, 255.0).to(torch.uint8)
        pixels: NDArray[np.uint8] = levels.permute(0, 2, 3, 1).contiguous().cpu().numpy()
        return pixels


# Which of the 1,797 digits are training images, one bit each: scikit-learn's
# train_test_split(train_size=900, stratify=labels, random_state=0). Kept here because
# importing that function takes a second, which is a large part of the app's start.
_DIGITS_TRAIN_BITS = (
    "Fce7NUoZhy5mqZDeKI2y4QXX8ezVS78Q2NOh987maGD+L8bNWcoBXG08YQu117AgQ7no0TadMB01zg9Fn+EnWoYUXs+2p3I6em29"
    "4A9v7qq1E74O4d6JETP2egXIaXM8QHjBWFkhgbzb7dAkKxf6WUYC7O0Njhq/TtOPkWPIEFgt4LKhN7+3nVZbY1WLtgGgapwRdCxU"
    "IG0SdTpd2tlgndwyDf0+DgJxJDe2BmqyaTHe9XMnVwqNyFHG3jayMzeRNJ7JLNVNbPYJUY/SWThaNxCLficXW0uteEmlzSrDQ+KY"
)


def digits() -> Images:
    """Load the 1,797 real 8 x 8 handwritten digits of scikit-learn: 900 to train on, 897 held out.

    Read from the installed package's own file, without importing the package: no network and no wait.

    Raises:
        DataError: scikit-learn is not installed, or without its data file.
    """
    spec = find_spec("sklearn")
    places = (spec.submodule_search_locations if spec else None) or []
    path = next((p for place in places if (p := Path(place, "datasets/data/digits.csv.gz")).is_file()), None)
    if path is None:
        raise DataError("digits come with scikit-learn, which is not installed: pip install scikit-learn")
    try:
        with gzip.open(path, "rt", encoding="ascii") as file:
            table = np.loadtxt(file, delimiter=",", dtype=np.float32)
        pixels, labels = table[:, :64].reshape(1797, 1, 8, 8), table[:, 64].astype(np.int64)
    except (OSError, EOFError, ValueError, IndexError) as error:
        raise DataError(f"{path} is damaged ({error}); install scikit-learn again") from error
    bits = np.frombuffer(base64.b64decode(_DIGITS_TRAIN_BITS), dtype=np.uint8)
    is_train = np.unpackbits(bits, count=len(pixels)).astype(bool)
    images = pixels / 8.0 - 1.0
    return Images(
        name="digits",
        train=torch.from_numpy(images[is_train]),
        held_out=torch.from_numpy(images[~is_train]),
        labels=torch.from_numpy(labels[is_train]),
        held_out_labels=torch.from_numpy(labels[~is_train]),
        classes=tuple("0123456789"),
    )
