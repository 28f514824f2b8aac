"""The conditions by name, each with all that is known of it, in one entry: what is done to a sample, and in words.

A condition is a pure function of a real sample. Both players are told it: G makes a sample of it and of z, D judges a
sample beside it. The entries are plain values: PyTorch is imported when one is first applied. What decides the shapes
of networks they read from `gan_core.config.names`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gan_core.config import DataConfig
from gan_core.config.late import late
from gan_core.config.names import CONDITION_RULES, ConditionRules

if TYPE_CHECKING:
    from torch import Generator, Tensor

_DEGRADE: Final = "gan_core.data.degradations"
_FILTERS: Final = "gan_core.data.filters"


@dataclass(frozen=True)
class Filter:
    """Baseline without a GAN.

    Attributes:
        label: Its name.
        restore: ``(condition, train, **settings) -> images``, see `gan_core.data.filters`.
        of_training: True if it needs images of the size of the training images.
    """

    label: str
    restore: Callable[..., Tensor]
    of_training: bool = False


@dataclass(frozen=True)
class Condition:
    """Facts of a condition.

    Attributes:
        label: What is done with it, in a word or two.
        rules: What a config knows of it.
        degrade: ``(real, rng, **settings) -> condition``, see `gan_core.data.degradations`.
        shown: What a picture of it is called.
        made_up: What a generator invents, in a sentence.
        filters: What one would do without a GAN, the usual first.
    """

    label: str
    rules: ConditionRules
    degrade: Callable[..., Tensor]
    shown: str
    made_up: str
    filters: tuple[Filter, ...]


_ENLARGED: Final = (Filter("bicubic", late(_FILTERS, "bicubic")), Filter("blocks", late(_FILTERS, "blocks")))

CONDITIONS: Final[dict[str, Condition]] = {
    "half-size": Condition(
        "super-resolution ×2",
        CONDITION_RULES["half-size"],
        late(_DEGRADE, "small"),
        "half the size",
        "Three of four numbers: how the mean of each 2 × 2 block is spread over its four pixels.",
        _ENLARGED,
    ),
    "quarter-size": Condition(
        "super-resolution ×4",
        CONDITION_RULES["quarter-size"],
        late(_DEGRADE, "small"),
        "a quarter of the size",
        "Fifteen of sixteen numbers: how the mean of each 4 × 4 block is spread over its pixels.",
        _ENLARGED,
    ),
    "noisy": Condition(
        "denoising",
        CONDITION_RULES["noisy"],
        late(_DEGRADE, "noisy"),
        "with noise",
        "All that the noise has drowned: faint lines, and the exact grey of every pixel.",
        (
            Filter("Wiener filter", late(_FILTERS, "wiener")),
            Filter("median filter", late(_FILTERS, "median")),
            Filter("linear filter of the training images", late(_FILTERS, "linear"), of_training=True),
        ),
    ),
    "missing-quarter": Condition(
        "inpainting",
        CONDITION_RULES["missing-quarter"],
        late(_DEGRADE, "missing_quarter"),
        "a quarter missing",
        "Everything in the hole; what stands around it stays as it is.",
        (
            Filter("mean of the rest", late(_FILTERS, "mean_of_the_rest")),
            Filter("mean training image", late(_FILTERS, "mean_image"), of_training=True),
        ),
    ),
}
"""Every condition by its name in the config; "none" has no entry."""


def degrade(real: Tensor, config: DataConfig, rng: Generator) -> Tensor:
    """Make the condition of each real sample.

    Args:
        real: ``[n, c, h, w]`` in [-1, 1].
        config: Which condition, and how strong; not "none".
        rng: A stream of the condition's own, on the CPU.

    Returns:
        ``[n, *config.condition_shape]``.
    """
    return CONDITIONS[config.condition].degrade(real, rng, **_settings(config))


def restored(condition: Tensor, config: DataConfig, train: Tensor) -> dict[str, Tensor]:
    """Apply the filters to conditions; those that need images of the training images' size only to such.

    Args:
        condition: ``[n, *condition_shape]``, of another height and width perhaps.
        config: Which condition.
        train: Training images ``[n_train, c, h, w]`` in [-1, 1].

    Returns:
        Images by the filter's label, the usual filter first.
    """
    fits = condition.shape[2:] == train.shape[2:]
    filters = [one for one in CONDITIONS[config.condition].filters if fits or not one.of_training]
    return {one.label: one.restore(condition, train, **_settings(config)) for one in filters}


def _settings(config: DataConfig) -> dict[str, Any]:
    rules = CONDITION_RULES[config.condition]
    return ({"block": rules.block} if rules.block > 1 else {}) | ({"noise": config.noise} if rules.noise else {})
