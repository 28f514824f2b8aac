"""Signs: one look at a run, in numbers that need neither known modes nor labels.

A few hundred samples of the generator are laid beside as many real ones, D is asked about both and about held-out
ones, and the last steps' numbers are added. It takes some milliseconds, changes nothing, and a series of such looks
is all that a diagnosis reads.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn

from gan_core.config import RunConfig
from gan_core.data import Images, Points
from gan_core.diagnosis.lost import Where
from gan_core.diagnosis.scene import SEED, N, Scene, scene_of, shares_of
from gan_core.game.sampling import sample_prior
from gan_core.metrics.neighbours import Cloud, closer_to_train, compare
from gan_core.record.history import History
from gan_core.training.observe import beside_the_next

RECENT: Final = 100
"""Steps over which the numbers of single steps are averaged."""
FAIR: Final = 0.2
"""A region counts as reached when it is nearest to at least this fraction of its share of the samples."""


@dataclass(frozen=True)
class Signs:
    """One look; a number that cannot be had is NaN.

    Scores are of the shown generator (the averaged one where there is one) unless they are called raw; D's answers
    are on the raw generator's samples, which are what it is trained on.

    Attributes:
        step: Finished steps.
        n_train: Training images; 0 where there is no end of samples.
        reached: Regions of the data that get at least a fifth of their share of the samples: known modes, or cells.
        regions: How many there are.
        missing: Share of the data that lies in regions which are not reached.
        raw_shares: Where the raw generator's samples lie, a share for each region, and last for none of them.
        precision: See `gan_core.metrics.neighbours.NeighbourScores`.
        recall: Likewise.
        coverage: Likewise.
        two_sample: Likewise.
        diversity: Likewise.
        spread: Standard deviation of the samples over that of the data.
        auc: Chance that D answers higher on a real sample (held out where there are such) than on a generated one.
        overfit: How far D's answers on held-out images have gone from those on training images towards those on
            generated ones: 0 not at all, 1 all the way (arXiv:2006.06676, equation 1).
        closer: Share of samples nearer to a training image than to a held-out one.
        copies: Median distance of samples to the nearest training image, over that between training images.
        logit: Mean size of D's answers.
        d_loss: Mean over the last steps.
        accuracy: D's, mean over the last steps.
        g_grad: Norm of G's gradient, mean over the last steps.
        g_grad_peak: Its largest since the run began.
        where: Where the shown generator's samples lie, of data with known modes; a watch takes it out.
    """

    step: int
    n_train: int
    reached: int
    regions: int
    missing: float
    raw_shares: tuple[float, ...]
    precision: float
    recall: float
    coverage: float
    two_sample: float
    diversity: float
    spread: float
    auc: float
    overfit: float
    closer: float
    copies: float
    logit: float
    d_loss: float
    accuracy: float
    g_grad: float
    g_grad_peak: float
    where: Where | None = field(default=None, repr=False, compare=False)


def look(
    step: int,
    config: RunConfig,
    data: Points | Images,
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
    scene = scene_of(data)
    if scene is None:
        return None
    device = next(generator.parameters()).device
    z = sample_prior(N, config, torch.Generator().manual_seed(SEED)).to(device)
    labels = (torch.arange(N, device=device) % config.n_classes,) if config.conditional else ()
    with torch.no_grad():
        raw = generator(z, *labels)
        shown = raw if ema is None else ema(z, *labels)
        fake_logits = _answers(discriminator, config, raw, labels)
        real_logits = _answers(discriminator, config, *_on(device, config, scene.real, scene.labels))
        held_logits = real_logits
        if scene.held_out is not None:
            held_logits = _answers(discriminator, config, *_on(device, config, scene.held_out, scene.held_out_labels))
    raw, shown = raw.flatten(1).cpu(), shown.flatten(1).cpu()
    if not bool(torch.isfinite(raw).all() and torch.isfinite(shown).all()):
        return None
    raw_shares = shares_of(raw, scene, data)
    shares = raw_shares if ema is None else shares_of(shown, scene, data)
    lost = shares[:-1] < FAIR * scene.shares
    near = compare(scene.cloud, Cloud.of(shown[: len(scene.real)], scene.cloud.k))
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
        closer=_closer(shown, scene),
        copies=_copies(shown, scene) if isinstance(data, Images) else math.nan,
        logit=size,
        where=_where(shown, data),
        **numbers,
    )


def _where(shown: Tensor, data: Points | Images) -> Where | None:
    if not isinstance(data, Points) or data.modes is None:
        return None
    return Where.of(data.to_data(shown).double().numpy(), data.modes)


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


def recent(history: History) -> dict[str, float]:
    """What a look needs of the steps before it: means over the last ones, as far as the history tells them apart."""
    curves = history.curves(bands=())
    steps = curves["curve_step"]
    late = steps > (steps[-1] if len(steps) else 0) - RECENT

    def mean(*names: str) -> float:
        return float(np.mean([curves[name][late].mean() for name in names])) if late.any() else math.nan

    return {
        "d_loss": mean("d_loss"),
        "accuracy": mean("real_accuracy", "fake_accuracy"),
        "g_grad": mean("g_grad_norm"),
        "g_grad_peak": history.peak("g_grad_norm"),
    }
