"""Names and sizes that a config may use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, get_args

DataName = Literal[
    "gaussians-2",
    "ring",
    "blobs-3",
    "line",
    "ring-8",
    "grid-25",
    "moons",
    "swiss-roll",
    "digits",
    "mnist",
    "fashion-mnist",
    "kmnist",
    "cifar10",
    "own-images",
    "own-points",
]
ObjectiveName = Literal[
    "minimax", "non_saturating", "least_squares", "wasserstein", "hinge", "relativistic", "relativistic_average"
]
CROSS_ENTROPY: Final[tuple[ObjectiveName, ...]] = ("minimax", "non_saturating")
"""Objectives in which D learns labels, 1 for real and 0 for fake."""
RegulariserName = Literal["gradient_penalty", "lipschitz_penalty", "dragan", "r1", "r2", "r1_r2"]
OptimizerName = Literal["adam", "sgd", "rmsprop", "optimistic_adam"]
PriorName = Literal["normal", "uniform"]
NetworkKind = Literal["mlp", "article", "dcgan"]
ActivationName = Literal["relu", "leaky_relu", "tanh", "silu", "maxout"]
NormName = Literal["none", "batch"]
MinibatchName = Literal["none", "std", "discrimination"]
AugmentName = Literal["colour", "translation", "cutout"]
Section = Literal["data", "game", "noise", "generator", "discriminator", "rates", "seed"]

DATA_SHAPES: Final[Mapping[str, tuple[int, ...]]] = {
    **dict.fromkeys(get_args(DataName)[:8], (2,)),
    "digits": (1, 8, 8),
    "mnist": (1, 28, 28),
    "fashion-mnist": (1, 28, 28),
    "kmnist": (1, 28, 28),
    "cifar10": (3, 32, 32),
    "own-images": (1, 32, 32),
    "own-points": (2,),
}
"""Shape of one sample, known without loading anything; a test holds it equal to the data.

That of ``own-images`` is the default one: a config chooses its own (`DataConfig.shape`).
"""

DATA_CLASSES: Final[Mapping[str, int]] = {"digits": 10, "mnist": 10, "fashion-mnist": 10, "kmnist": 10, "cifar10": 10}
"""Number of classes of the data that have labels."""

ARTICLE_WIDTHS_G: Final = (256, 512, 1024)
ARTICLE_WIDTHS_D: Final = (1024, 512, 256)
MAXOUT_PIECES: Final = 5
"""Sums of each maxout unit, as in PacGAN's discriminator."""
MAX_PARAMETERS: Final = 20_000_000
MINIBATCH_KERNELS: Final = 16
MINIBATCH_KERNEL_DIM: Final = 4
"""Of minibatch discrimination: numbers that each sample is told, and the size of the space that each compares in."""
MAX_REPLAY_BYTES: Final = 2**25
MAX_FLOPS_PER_STEP: Final = 15e9
"""About half a second on one core at 30 GFLOP/s."""
