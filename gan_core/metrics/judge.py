"""Judges: small classifiers of real images; the scores of images use their features and classes.

A judge is trained by ``scripts/train_judges.py`` on the training half alone, which is all that a GAN sees too, and
lies in ``assets/judges`` as plain numbers with the data set's name, the command that made it and its held-out
accuracy. Distances in its features are called after the classifier, never after Inception.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from gan_core.config.assets import asset
from gan_core.data import Images
from gan_core.metrics.modes import kl_divergence

__all__ = ["JUDGES", "SURE", "Judge", "JudgeScores", "find_judge", "judge_network"]

JUDGES: Final = asset("judges")
SURE: Final = 0.9
"""A sample counts as confident when the judge gives one class more than this."""
WIDTHS: Final = (128, 64)

Floats = NDArray[np.floating]


def judge_network(pixels: int, classes: int) -> nn.Sequential:
    """Pixels in [-1, 1] to logits: pixels-128-64-classes, ReLU. The features are the 64 before the last layer.

    Its weights are still to be filled ("meta"): PyTorch would draw them from the global random state.
    """
    with torch.device("meta"):
        return nn.Sequential(
            nn.Linear(pixels, WIDTHS[0]), nn.ReLU(), nn.Linear(*WIDTHS), nn.ReLU(), nn.Linear(WIDTHS[1], classes)
        )


@dataclass(frozen=True)
class JudgeScores:
    """A judge's answers for one set of images.

    Attributes:
        classes: Share of the images that it takes for each class, `[k]`.
        class_kl: KL divergence (nats) of these shares from even ones.
        confident: Share of the images of which it is more than `SURE`.
    """

    classes: tuple[float, ...]
    class_kl: float
    confident: float


@dataclass(frozen=True, eq=False)
class Judge:
    """A trained classifier.

    Attributes:
        data: Name of the data set.
        accuracy: On the held-out images, when it was made.
        network: `judge_network`, in eval mode.
        scale: Standard deviation of all its features over the training images.
        command: What made it.
    """

    data: str
    accuracy: float
    network: nn.Sequential
    scale: float
    command: str

    def look(self, images: Tensor) -> tuple[NDArray[np.float64], JudgeScores]:
        """Features in units of their spread over real images, `[n, 64]`, and what is seen.

        Args:
            images: `[n, c, h, w]`, cut to [-1, 1].
        """
        with torch.no_grad():
            features = self.network[:-1](images.flatten(1).float().clamp(-1, 1))
            sure, which = self.network[-1](features).softmax(1).max(1)
        k = self.network[-1].out_features
        assert isinstance(k, int)
        shares = np.bincount(which.numpy(), minlength=k) / len(which)
        scores = JudgeScores(
            tuple(shares.tolist()), kl_divergence(shares, np.full(k, 1 / k)), float((sure > SURE).double().mean())
        )
        return (features / self.scale).double().numpy(), scores


def find_judge(data: Images) -> Judge | None:
    """Find the judge of a data set, or None if there is none; own images have none."""
    judge = _load(data.name)
    if judge is None or judge.network[0].in_features != data.train[0].numel():
        return None
    return judge


@functools.cache
def _load(name: str) -> Judge | None:
    from safetensors import safe_open

    path = JUDGES / f"{name}.safetensors"
    if not path.is_file():
        return None
    with safe_open(path, framework="pt") as file:
        about = file.metadata()
        weights = {key: file.get_tensor(key) for key in list(file.keys())}
    scale = float(weights.pop("scale"))
    network = judge_network(weights["0.weight"].shape[1], weights["4.weight"].shape[0])
    network.load_state_dict(weights, assign=True)
    return Judge(name, float(about["accuracy"]), network.eval().requires_grad_(False), scale, about["command"])
