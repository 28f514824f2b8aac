"""The scores of a run at its end, as ``train`` prints them and a sweep writes them down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from torch import nn

    from gan_core.metrics import Score
    from gan_core.training import Trainer

N_SAMPLES: Final = 20_000
"""Generated points that are scored: the share of sharp ones is then known to a tenth of a percent."""
N_IMAGES: Final = 2_500
N_NEIGHBOURS: Final = 1_000
"""Points whose neighbours are looked at: a tenth of a second."""
NOISE_SEED: Final = 2333
"""Seed of the scored noise, which no run trains on."""


def evaluate(trainer: Trainer) -> dict[str, Score]:
    """Scores of the averaged generator (or the raw one if it is alone), and of the raw one as ``raw_...``."""
    raw = _scores(trainer, trainer.generator.eval())
    best = raw if trainer.ema is None else _scores(trainer, trainer.ema)
    return best | {f"raw_{name}": score for name, score in raw.items()}


def _scores(trainer: Trainer, generator: nn.Module) -> dict[str, Score]:
    import numpy as np
    import torch

    from gan_core.data import Images
    from gan_core.game.sampling import even_labels, sample_prior
    from gan_core.metrics import Score, score_images, score_modes, score_plane, score_plane_neighbours

    data = trainer.data
    images = isinstance(data, Images)
    rng = torch.Generator().manual_seed(NOISE_SEED)
    z = sample_prior(N_IMAGES if images else N_SAMPLES, trainer.config, rng).to(trainer.device)
    with torch.no_grad():
        labels = (y.to(trainer.device) for y in even_labels(len(z), trainer.config))
        fake = generator(z, *labels).cpu()
    if isinstance(data, Images):
        # Made class by class where classes are told: a part of them must have all.
        return score_images(data, fake[torch.randperm(len(fake), generator=rng)].numpy())
    points = data.to_data(fake).numpy()
    scores = score_plane(data, points) | score_plane_neighbours(data, points, n=N_NEIGHBOURS)
    if data.modes is not None and np.isfinite(points).all():
        value = score_modes(points, data.modes).high_quality
        scores["high_quality"] = Score(value, scores["high_quality"].floor, len(points))
    return scores
