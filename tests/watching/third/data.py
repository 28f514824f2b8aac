"""Small data for the third set, handed out as scripts get theirs: by a loader."""

from __future__ import annotations

from typing import Any, Final

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset, TensorDataset

from tests.watching.loops import Loop, Start

__all__ = ["N_CLASSES", "B", "Dicts", "Loop", "Start", "digits", "loader", "named", "pairs", "photos", "weights_init"]

B: Final = 32
N_CLASSES: Final = 4


def digits(n: int = 512) -> tuple[torch.Tensor, torch.Tensor]:
    """Draw grey pictures of four classes, ``[n, 1, 16, 16]`` in [-1, 1]: blob, bar, column, ring."""
    axis = torch.linspace(-1, 1, 16)
    label = torch.randint(0, N_CLASSES, (n,))
    cx, cy = (torch.rand(2, n, 1, 1) - 0.5).unbind(0)
    dx, dy = axis[None, None, :] - cx, axis[None, :, None] - cy
    r = (dx**2 + dy**2).sqrt()
    shapes = torch.stack(
        [
            torch.exp(-8 * r**2),
            torch.exp(-30 * dy**2).expand(n, 16, 16),
            torch.exp(-30 * dx**2).expand(n, 16, 16),
            torch.exp(-30 * (r - 0.5) ** 2),
        ],
        1,
    )
    grey = shapes[torch.arange(n), label] + 0.05 * torch.rand(n, 16, 16)
    return (2 * grey.clamp(0, 1) - 1)[:, None], label


def photos(n: int = 512) -> torch.Tensor:
    """Draw coloured pictures, ``[n, 3, 16, 16]`` in [-1, 1]: a sky, a ground and a sun."""
    grey, _ = digits(n)
    sky, ground = torch.rand(n, 3, 1, 1), torch.rand(n, 3, 1, 1)
    height = torch.linspace(0, 1, 16)[None, None, :, None]
    colour = sky * (1 - height) + ground * height
    return (2 * (0.7 * colour + 0.15 * (grey + 1)) - 1).clamp(-1, 1)


def pairs(n: int = 512) -> tuple[torch.Tensor, torch.Tensor]:
    """Draw pictures and their edges, as for translation."""
    real_b = photos(n)
    edges = (real_b - real_b.roll(1, -1)).abs().mean(1, keepdim=True)
    return (4 * edges - 1).clamp(-1, 1), real_b


def loader(*tensors: torch.Tensor, batch: int = B, shuffle: bool = True) -> DataLoader[Any]:
    """Return a loader that shuffles and leaves the last part of a batch out."""
    return DataLoader(TensorDataset(*tensors), batch_size=batch, shuffle=shuffle, drop_last=True)


class Dicts(Dataset[dict[str, torch.Tensor]]):
    """Items as dictionaries of a picture and its label."""

    def __init__(self, n: int = 512) -> None:
        self.x, self.y = digits(n)

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, i: int) -> dict[str, torch.Tensor]:
        return {"pixel_values": self.x[i], "label": self.y[i]}


def weights_init(m: nn.Module) -> None:
    """Draw weights by class name, as DCGAN scripts do."""
    name: str = type(m).__name__
    if "Conv" in name:
        nn.init.normal_(m.weight.data, 0.0, 0.02)
    elif "BatchNorm" in name:
        nn.init.normal_(m.weight.data, 1.0, 0.02)
        nn.init.constant_(m.bias.data, 0.0)


def named(*loops: Loop) -> dict[str, Loop]:
    """Return the loops by name."""
    return {loop.__name__: loop for loop in loops}
