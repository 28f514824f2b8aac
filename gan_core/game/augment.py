r"""DiffAugment: random changes of images that D sees, real and generated alike (arXiv:2006.10738).

D then cannot learn few images by heart, and because each change is differentiable G's gradient passes through it:
$D(T(x))$ and $D(T(G(z)))$ take the place of $D(x)$ and $D(G(z))$ in both players' losses. Each function is
``(images, rng) -> images`` for ``[batch, channels, height, width]``, with random numbers of its own for each image;
the strengths are those of the paper's code.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import torch
from torch import Generator, Tensor
from torch.nn.functional import pad

Augmentation = Callable[[Tensor, Generator], Tensor]

MAX_SHIFT: Final = 1 / 8
"""Of `translation`, as a share of the side."""
CUT: Final = 1 / 2
"""Side of the square that `cutout` takes away, as a share of the image's."""


def colour(images: Tensor, rng: Generator) -> Tensor:
    """Change brightness, saturation and contrast: on average the image stays what it is.

    Brightness is shifted by up to ±½, distances from each pixel's grey are multiplied by 0 to 2, those from the
    image's mean by ½ to 1½. Grey images have no saturation to change.

    Args:
        images: ``[batch, channels, height, width]``.
        rng: Source of three numbers for each image, on the CPU.
    """
    shift, saturation, contrast = torch.rand(3, len(images), 1, 1, 1, generator=rng).to(images)
    images = images + (shift - 0.5)
    if images.shape[1] > 1:
        grey = images.mean(1, keepdim=True)
        images = torch.lerp(grey, images, 2 * saturation)
    mean = images.mean((1, 2, 3), keepdim=True)
    return torch.lerp(mean, images, contrast + 0.5)


def translation(images: Tensor, rng: Generator) -> Tensor:
    """Move by whole pixels, up to an eighth of the side in each direction, with zeros from beyond the edge.

    Args:
        images: ``[batch, channels, height, width]``.
        rng: Source of two numbers for each image, on the CPU.
    """
    n, channels, height, width = images.shape
    down, right = round(height * MAX_SHIFT), round(width * MAX_SHIFT)
    top = torch.randint(2 * down + 1, (n, 1), generator=rng) + torch.arange(height)
    left = torch.randint(2 * right + 1, (n, 1), generator=rng) + torch.arange(width)
    places = (top[:, :, None] * (width + 2 * right) + left[:, None, :]).view(n, 1, -1).to(images.device)
    padded = pad(images, (right, right, down, down)).flatten(2)
    return padded.gather(2, places.expand(-1, channels, -1)).view_as(images)


def cutout(images: Tensor, rng: Generator) -> Tensor:
    """Set a square of half the side to zero, centred anywhere on the image.

    Args:
        images: ``[batch, channels, height, width]``.
        rng: Source of two numbers for each image, on the CPU.
    """
    n, _, height, width = images.shape

    def inside(side: int) -> Tensor:
        cut = round(side * CUT)
        first = torch.randint(side + 1 - cut % 2, (n, 1), generator=rng) - cut // 2
        place = torch.arange(side)
        return (place >= first) & (place < first + cut)

    hole = inside(height)[:, None, :, None] & inside(width)[:, None, None, :]
    return images.masked_fill(hole.to(images.device), 0.0)


AUGMENTS: Final[dict[str, Augmentation]] = {"colour": colour, "translation": translation, "cutout": cutout}
"""Every augmentation by its name in the config."""


def augment(images: Tensor, names: Sequence[str], rng: Generator) -> Tensor:
    """Apply augmentations one after another.

    Args:
        images: ``[batch, channels, height, width]``.
        names: Keys of `AUGMENTS`, in the order in which they are applied.
        rng: Source of all random numbers, on the CPU.
    """
    for name in names:
        images = AUGMENTS[name](images, rng)
    return images
