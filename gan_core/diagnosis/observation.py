"""Observation: one look at a run's players, in some milliseconds and without changing anything.

A few hundred samples of the generator are laid beside as many real ones, D is asked about both and about held-out
ones, and the last steps' numbers are added: numbers that need neither known modes nor labels.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from gan_core.config import RunConfig
from gan_core.data import Images, Points, Signals
from gan_core.diagnosis.features import Signs
from gan_core.diagnosis.grain import checker
from gan_core.diagnosis.pace import pace
from gan_core.diagnosis.scene import RARE, SEED, N, Scene, apart, places_of, scene_of, shares_of
from gan_core.game.sampling import sample_prior
from gan_core.metrics.neighbours import Cloud, closer_to_train, compare, distances
from gan_core.training.observe import beside_the_next

__all__ = ["FAIR", "look"]

FAIR: Final = 0.2
"""A region counts as reached when it is nearest to at least this fraction of its share of the samples."""
_ENOUGH: Final = 8.0
"""Samples that a region should get, and real ones that it has, for its being empty not to be chance: one or none then
come in 1 look of 330."""
_SOME: Final = 100
"""Samples whose places are followed and whose distances are measured."""


def look(
    step: int,
    config: RunConfig,
    data: Points | Images | Signals,
    generator: nn.Module,
    ema: nn.Module | None,
    discriminator: nn.Module,
    numbers: Mapping[str, float],
) -> Signs | None:
    """Look at a run.

    Args:
        step: Finished steps.
        config: For the prior, the number of classes and packing.
        data: What the generators imitate.
        generator: The raw one, in eval mode.
        ema: The averaged one, or None.
        discriminator: In eval mode.
        numbers: From `recent`.

    Returns:
        The signs, or None if the data are too few to say anything, or the samples are no numbers.
    """
    if config.conditioned:
        return None
    scene = scene_of(data)
    if scene is None:
        return None
    device = next(generator.parameters()).device
    n = scene.n_drawn
    z = sample_prior(n, config, torch.Generator().manual_seed(SEED)).to(device)
    labels = (torch.arange(n, device=device) % config.n_classes,) if config.conditional else ()
    first = tuple(classes[:N] for classes in labels)
    with torch.no_grad():
        raw = generator(z, *labels)
        shown = raw if ema is None else ema(z, *labels)
        fake_logits = _answers(discriminator, config, raw[:N], first)
        real_logits = _answers(discriminator, config, *_on(device, config, scene.real, scene.labels))
        held_logits = real_logits
        if scene.held_out is not None:
            held_logits = _answers(discriminator, config, *_on(device, config, scene.held_out, scene.held_out_labels))
    grain = checker(shown[:N].cpu()) - scene.checker
    if not bool(torch.isfinite(raw).all() and torch.isfinite(shown).all()):
        return None
    some = scene.real[:_SOME].flatten(1), raw[:_SOME].flatten(1).cpu()
    raw, shown = (places_of(samples.cpu(), data) for samples in (raw, shown))
    raw_shares = shares_of(raw, scene, data)
    shares = raw_shares if ema is None else shares_of(shown, scene, data)
    lost = shares[:-1] < FAIR * scene.shares
    seen = Cloud.of(shown[: len(scene.real)], scene.cloud.k)
    near = compare(scene.cloud, seen)
    size = float(torch.cat((held_logits, fake_logits)).abs().mean())
    return Signs(
        step=step,
        n_train=data.n_train or 0,
        reached=int((~lost).sum()),
        regions=len(lost),
        missing=float(scene.shares[lost].sum()),
        raw_shares=tuple(raw_shares.round(4).tolist()),
        precision=near.precision,
        recall=near.recall,
        coverage=near.coverage,
        two_sample=near.two_sample,
        diversity=near.diversity,
        spread=float(shown.var(0).mean().sqrt()) / scene.spread,
        auc=_auc(held_logits, fake_logits),
        overfit=_overfit(real_logits, held_logits, fake_logits) if scene.held_out is not None else math.nan,
        closer=_closer(shown[:N], scene),
        copies=_copies(shown[:N], scene) if isinstance(data, Images) else math.nan,
        logit=size,
        distance=apart(scene.cloud, seen),
        distance_floor=scene.floors.distance,
        precision_floor=scene.floors.precision,
        recall_floor=scene.floors.recall,
        coverage_floor=scene.floors.coverage,
        two_sample_floor=scene.floors.two_sample,
        slope=_slope(held_logits, fake_logits, *some),
        checker=grain,
        pace=pace(config),
        placed=(raw[:_SOME] / scene.spread).double().numpy(),
        **_by_region(shares[:-1], scene),
        **dict[str, Any](numbers),
    )


def _by_region(shares: NDArray[np.float64], scene: Scene) -> dict[str, Any]:
    """Find regions that are empty although so many samples would show them, and how far the shares are off."""
    n, fair = scene.n_drawn, scene.shares
    absent = (fair >= RARE) & (min(n, scene.counted) * fair >= _ENOUGH) & (shares < FAIR * fair)
    lone = absent & scene.lone
    chance = np.sqrt(2 / math.pi * fair * (1 - fair) * (1 / n + 1 / scene.counted)).sum() / 2
    return {
        "n_drawn": n,
        "absent": float(fair[absent].sum()),
        "absent_got": float(shares[absent].sum()),
        "lone": float(fair[lone].sum()),
        "lone_got": float(shares[lone].sum()),
        "skew": float(np.abs(shares / max(shares.sum(), 1e-9) - fair).sum() / 2),
        "skew_floor": float(chance),
    }


def _slope(real: Tensor, fake: Tensor, x: Tensor, y: Tensor) -> float:
    """Return a lower bound of D's steepness: nothing that is K-Lipschitz differs by more than K times the distance."""
    away = float(distances(x, y).mean())
    return abs(float(real.mean() - fake.mean())) / away if away > 0 else math.nan


def _on(
    device: torch.device, config: RunConfig, samples: Tensor, labels: Tensor | None
) -> tuple[Tensor, tuple[Tensor, ...]]:
    wanted = (labels.to(device),) if config.conditional and labels is not None else ()
    return samples.to(device), wanted


def _answers(discriminator: nn.Module, config: RunConfig, samples: Tensor, labels: tuple[Tensor, ...]) -> Tensor:
    answers: Tensor = discriminator(beside_the_next(samples, config.packing), *labels)
    return answers.float().cpu()


def _auc(real: Tensor, fake: Tensor) -> float:
    """Chance that a real sample's answer is higher than a generated one's; ties count ½."""
    ordered = fake.sort().values.contiguous()
    below = torch.searchsorted(ordered, real.contiguous())
    upto = torch.searchsorted(ordered, real.contiguous(), right=True)
    return float((below + upto).double().mean() / (2 * len(fake)))


def _overfit(train: Tensor, held_out: Tensor, fake: Tensor) -> float:
    reach = float(train.mean() - fake.mean())
    return float(train.mean() - held_out.mean()) / reach if reach > 1e-6 else math.nan


def _closer(shown: Tensor, scene: Scene) -> float:
    return math.nan if scene.pair is None else closer_to_train(shown, *scene.pair)


def _copies(shown: Tensor, scene: Scene) -> float:
    usual = float(scene.cloud.nearest.median())
    return float(torch.cdist(shown, scene.cloud.points).min(1).values.median()) / usual if usual else math.nan
