"""Names that a config may use, what a config must know of each, and the sizes that it may ask for.

A config is validated before any data or loss function is loaded. So the facts on which its validity, its shapes and
its cost depend stand here, once; the entries in `gan_core.game` and `gan_core.data`, which say everything else of an
objective, a penalty or a data set, read them from here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

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
    "photographs",
    "notes",
    "own-images",
    "own-points",
    "own-sounds",
    "own-words",
    "english-words",
    "expressions",
]
SampleKind = Literal["plane", "images", "sound", "text"]
"""Kinds of samples: points of the plane, images ``[c, h, w]``, sounds ``[1, n]``, or words ``[length, alphabet]``."""
ObjectiveName = Literal[
    "minimax", "non_saturating", "least_squares", "wasserstein", "hinge", "relativistic", "relativistic_average"
]
RegulariserName = Literal["gradient_penalty", "lipschitz_penalty", "dragan", "r1", "r2", "r1_r2"]
OptimizerName = Literal["adam", "sgd", "rmsprop", "optimistic_adam"]
PriorName = Literal["normal", "uniform"]
NetworkKind = Literal["mlp", "article", "dcgan", "wavegan"]
ActivationName = Literal["relu", "leaky_relu", "tanh", "silu", "maxout"]
NormName = Literal["none", "batch"]
GeneratorKind = Literal["mlp", "article", "dcgan", "residual", "wavegan"]
UpsamplingName = Literal["transposed", "resize"]
MinibatchName = Literal["none", "std", "discrimination"]
AugmentName = Literal["colour", "translation", "cutout"]
ConditionName = Literal["none", "half-size", "quarter-size", "noisy", "missing-quarter"]
"""Degradations of a real sample. Both players are told the result, and G is to restore the sample from it."""
LettersName = Literal["softmax", "straight-through"]
"""Output of a generator of words at each place: a share for each letter, or one letter."""
FitName = Literal["crop", "pad", "stretch"]
"""Ways in which a picture that is not square becomes one: its centre, all of it on white, or all of it stretched."""
TextUnit = Literal["auto", "words", "lines"]
"""Parts of a text that a generator is to make: its words, or its lines; "auto" decides by how long the lines are."""
Section = Literal["data", "game", "noise", "generator", "discriminator", "rates", "seed"]


@dataclass(frozen=True)
class ObjectiveRules:
    """Facts of an objective that decide what a config may ask for and what a step costs.

    Attributes:
        labels: True if D learns labels, 1 for real and 0 for fake; they can be smoothed.
        g_needs_real: True if G's loss depends on the real logits, so that G's update runs D on real samples too.
    """

    labels: bool = False
    g_needs_real: bool = False


@dataclass(frozen=True)
class PenaltyRules:
    """Facts of a penalty that decide what a step costs.

    Attributes:
        passes: Passes through D that one evaluation costs, its own gradient and that gradient's included.
    """

    passes: int


@dataclass(frozen=True)
class DataRules:
    """Facts of a data set that decide what a config may ask for and how large its networks are.

    Attributes:
        shape: Shape of one sample: (2,) in the plane, (channels, height, width) of images, (1, n) of sounds,
            (length, alphabet) of words. Of own images and words the default one: a config has its own
            (`DataConfig.shape`).
        classes: Number of classes of data that have labels.
        own: True if a person brings the data, and a config names them by their hash.
        kind: What the samples are.
    """

    shape: tuple[int, ...] = (2,)
    classes: int = 0
    own: bool = False
    kind: SampleKind = "plane"


@dataclass(frozen=True)
class ConditionRules:
    """Facts of a condition that decide what a config may ask for and how large its networks are.

    Attributes:
        block: Side of the blocks that have one value each; 1 if every pixel has its own.
        masked: True if a map more says where something is missing.
        noise: True if it depends on the strength of a noise.
    """

    block: int = 1
    masked: bool = False
    noise: bool = False


OBJECTIVE_RULES: Final[Mapping[ObjectiveName, ObjectiveRules]] = {
    "minimax": ObjectiveRules(labels=True),
    "non_saturating": ObjectiveRules(labels=True),
    "least_squares": ObjectiveRules(),
    "wasserstein": ObjectiveRules(),
    "hinge": ObjectiveRules(),
    "relativistic": ObjectiveRules(g_needs_real=True),
    "relativistic_average": ObjectiveRules(g_needs_real=True),
}
PENALTY_RULES: Final[Mapping[RegulariserName, PenaltyRules]] = {
    "gradient_penalty": PenaltyRules(passes=9),
    "lipschitz_penalty": PenaltyRules(passes=9),
    "dragan": PenaltyRules(passes=9),
    "r1": PenaltyRules(passes=9),
    "r2": PenaltyRules(passes=9),
    "r1_r2": PenaltyRules(passes=18),
}
DATA_RULES: Final[Mapping[DataName, DataRules]] = {
    "gaussians-2": DataRules(),
    "ring": DataRules(),
    "blobs-3": DataRules(),
    "line": DataRules(),
    "ring-8": DataRules(),
    "grid-25": DataRules(),
    "moons": DataRules(),
    "swiss-roll": DataRules(),
    "digits": DataRules((1, 8, 8), classes=10, kind="images"),
    "mnist": DataRules((1, 28, 28), classes=10, kind="images"),
    "fashion-mnist": DataRules((1, 28, 28), classes=10, kind="images"),
    "kmnist": DataRules((1, 28, 28), classes=10, kind="images"),
    "cifar10": DataRules((3, 32, 32), classes=10, kind="images"),
    "photographs": DataRules((3, 32, 32), kind="images"),
    "notes": DataRules((1, 512), kind="sound"),
    "own-images": DataRules((1, 32, 32), own=True, kind="images"),
    "own-points": DataRules(own=True),
    "own-sounds": DataRules((1, 512), own=True, kind="sound"),
    "own-words": DataRules((8, 27), own=True, kind="text"),
    "english-words": DataRules((8, 27), kind="text"),
    "expressions": DataRules((7, 6), kind="text"),
}

CONDITION_RULES: Final[Mapping[ConditionName, ConditionRules]] = {
    "half-size": ConditionRules(block=2),
    "quarter-size": ConditionRules(block=4),
    "noisy": ConditionRules(noise=True),
    "missing-quarter": ConditionRules(masked=True),
}
"""Every condition by its name; "none" has no entry."""

CROSS_ENTROPY: Final = tuple(name for name, rules in OBJECTIVE_RULES.items() if rules.labels)
"""Objectives in which D learns labels, 1 for real and 0 for fake."""
DATA_SHAPES: Final[Mapping[str, tuple[int, ...]]] = {name: rules.shape for name, rules in DATA_RULES.items()}
"""Shape of one sample, known without loading anything; a test holds it equal to the data."""
DATA_CLASSES: Final[Mapping[str, int]] = {name: rules.classes for name, rules in DATA_RULES.items() if rules.classes}
"""Number of classes of the data that have labels."""

KIND_WORDS: Final[Mapping[SampleKind, str]] = {
    "plane": "points",
    "images": "images",
    "sound": "sounds",
    "text": "words",
}
"""Nouns for samples in a sentence."""

NETWORK_WORDS: Final = {"mlp": "MLP", "dcgan": "DCGAN", "article": "the article's", "wavegan": "WaveGAN"}
UPSAMPLING_WORDS: Final = {"transposed": "transposed convolution", "resize": "resize, then convolution"}
ACTIVATION_WORDS: Final = {"relu": "ReLU", "leaky_relu": "LeakyReLU", "silu": "SiLU"}
OPTIMIZER_WORDS: Final = {"sgd": "SGD", "rmsprop": "RMSprop", "adam": "Adam", "optimistic_adam": "optimistic Adam"}
"""Choices that a page does not call by their plain names."""
SIZED_UPDATES: Final[frozenset[str]] = frozenset(("rmsprop", "adam", "optimistic_adam"))
"""Optimisers that move each weight by about the learning rate, whatever the loss."""

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
