"""Scoring a generator: the one way to sample it and to measure the samples.

`score_generators` serves the scores of a playing run (`LIVE`) and those at a run's end (`FINAL`), which ``train``
prints and a sweep writes down. The noise is that of a fixed seed on which no run trains.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gan_core.config.late import late

if TYPE_CHECKING:
    from torch import Generator, Tensor, nn

    from gan_core.config import RunConfig
    from gan_core.data import Dataset
    from gan_core.metrics import Score
    from gan_core.training import Trainer

NOISE_SEED: Final = 2333
"""Seed of the scored noise."""
N_CLASS_IMAGES: Final = 500
"""Images whose classes are looked at while a run plays."""
SIGNALS: Final[Mapping[str, Callable[..., dict[str, Score]]]] = {
    "sound": late("gan_core.metrics.sounds", "score_sounds"),
    "text": late("gan_core.metrics.text", "score_text"),
}
"""Scores ``(data, fake)`` of sounds and words, ``fake`` in network units ``[n, *shape]``, by what the samples are."""


@dataclass(frozen=True)
class Effort:
    """Amount of samples that is measured.

    Attributes:
        n_points: Samples in the plane.
        n_images: Images.
        n_neighbours: Points whose neighbours are looked at; 0 for none.
        raw_images: Whether the raw generator's images are scored beside those of the averaged one.
        shuffle_images: Whether images are put in random order: for a part of them to have all classes.
    """

    n_points: int
    n_images: int
    n_neighbours: int = 0
    raw_images: bool = False
    shuffle_images: bool = False


LIVE: Final = Effort(12_000, 900)
"""While a run plays: a fraction of a second."""
FINAL: Final = Effort(20_000, 2_500, n_neighbours=1_000, raw_images=True, shuffle_images=True)
"""At a run's end: the share of sharp points is then known to a tenth of a percent."""


def evaluate(trainer: Trainer) -> dict[str, Score]:
    """Scores of the averaged generator (or the raw one if it is alone), and of the raw one as ``raw_...``."""
    return score_generators(trainer.config, trainer.data, trainer.generator.eval(), trainer.ema, FINAL)


def score_generators(
    config: RunConfig, data: Dataset, generator: nn.Module, ema: nn.Module | None, effort: Effort = LIVE
) -> dict[str, Score]:
    """Score a run's generators.

    Args:
        config: For the prior and the number of classes.
        data: What the generators imitate.
        generator: The raw generator, in eval mode.
        ema: The averaged one, or None.
        effort: How much to measure.

    Returns:
        Scores of the averaged generator by their names, and of the raw one as ``raw_...`` (of images if ``effort``
        says so); of the raw one under both names if there is no averaged one.
    """
    from gan_core.data import Points

    if not isinstance(data, Points) and not effort.raw_images:
        return _score(config, data, generator if ema is None else ema, effort)
    raw = _score(config, data, generator, effort)
    shown = raw if ema is None else _score(config, data, ema, effort)
    return shown | {f"raw_{name}": score for name, score in raw.items()}


def score_classes(
    config: RunConfig, data: Dataset, generator: nn.Module, ema: nn.Module | None, n: int = N_CLASS_IMAGES
) -> str:
    """Say which class of images is made least, see `gan_core.metrics.classes`; "" of data without classes.

    Args:
        config: Of the run.
        data: What the generators imitate.
        generator: The raw generator, in eval mode.
        ema: The averaged one, or None.
        n: Images to look at.
    """
    import torch

    from gan_core.data import Images
    from gan_core.game.sampling import even_labels
    from gan_core.metrics.classes import class_words, shares_by_class

    if not isinstance(data, Images) or data.labels is None or config.conditioned:
        return ""
    rng = torch.Generator().manual_seed(NOISE_SEED)
    fake = generate(generator if ema is None else ema, n, config, rng)
    asked = next(iter(even_labels(n, config)), None)
    return class_words(shares_by_class(data, fake, asked), told=config.conditional)


def generate(generator: nn.Module, n: int, config: RunConfig, rng: Generator) -> Tensor:
    """Make samples, of all classes evenly where the generator is told them.

    Args:
        generator: In eval mode, on any device.
        n: How many.
        config: For the prior and the number of classes.
        rng: Of the noise.

    Returns:
        ``[n, ...]`` in network units, on the CPU, class by class.
    """
    import torch

    from gan_core.game.sampling import even_labels, sample_prior

    device = next(generator.parameters()).device
    z = sample_prior(n, config, rng).to(device)
    with torch.no_grad():
        samples: Tensor = generator(z, *(y.to(device) for y in even_labels(n, config))).cpu()
    return samples


def _score(config: RunConfig, data: Dataset, generator: nn.Module, effort: Effort) -> dict[str, Score]:
    import numpy as np
    import torch

    from gan_core.data import Images, Points, Signals
    from gan_core.metrics import Score, score_images, score_modes, score_plane, score_plane_neighbours, score_restored

    rng = torch.Generator().manual_seed(NOISE_SEED)
    if config.conditioned and isinstance(data, Images):
        many, quick = effort.n_images, not effort.raw_images
        paired: dict[str, Score] = score_restored(config, data, generator, n_images=many, quick=quick)
        return paired
    n = effort.n_points if isinstance(data, Points) else effort.n_images
    fake = generate(generator, n, config, rng)
    if isinstance(data, Signals):
        return SIGNALS[data.kind](data, fake) if data.kind in SIGNALS else {}
    if isinstance(data, Images):
        if effort.shuffle_images:
            fake = fake[torch.randperm(n, generator=rng)]
        return score_images(data, fake.numpy())
    points = data.to_data(fake).numpy()
    scores = score_plane(data, points)
    if effort.n_neighbours:
        scores |= score_plane_neighbours(data, points, n=effort.n_neighbours)
        if data.modes is not None and np.isfinite(points).all():
            value = score_modes(points, data.modes).high_quality  # of all points, not of those of a floor
            scores["high_quality"] = Score(value, scores["high_quality"].floor, n)
    return scores
