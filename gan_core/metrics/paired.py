"""Scores of restored images: each is compared with the real one that its condition was made of.

Conditions are those of held-out images where there are some, else of training images; each is answered with several
z. Beside every score stands what the best filter reaches on the same conditions, beside that of the spread what an
honest sampler would. All scores are of images cut to [-1, 1].
"""

from __future__ import annotations

import functools
import math
from typing import Final

import torch
from torch import Generator, Tensor, nn

from gan_core.config import RunConfig
from gan_core.config.parts import DataConfig
from gan_core.config.sizes import sizes_of
from gan_core.data import Images, degrade, load_data, restored
from gan_core.data.images import network_units
from gan_core.game.sampling import sample_prior
from gan_core.metrics.judge import find_judge
from gan_core.metrics.table import Score

__all__ = ["N_Z", "psnr", "recognised", "score_restored", "sharpness"]

N_Z: Final = 4
"""Images that are made of each condition."""
_FLOPS: Final = 6e9
"""Of the scores of a playing run: a fraction of a second."""
_AT_LEAST: Final = 64
_SEED: Final = 2334
"""Of the chosen images, their conditions and the noise."""


def score_restored(
    config: RunConfig, data: Images, generator: nn.Module, *, n_images: int, quick: bool = False
) -> dict[str, Score]:
    """Score a conditioned generator.

    Args:
        config: Of the run.
        data: Its data.
        generator: In eval mode, on any device.
        n_images: How many conditions at most.
        quick: True for fewer of them where the generator is large.

    Returns:
        `psnr` of single images, `sharpness`, `z_spread`, and `judged_right` where the data have a judge.
    """
    if quick:
        afforded = int(_FLOPS / (2 * N_Z * sizes_of(config)[0].products))
        n_images = min(n_images, max(_AT_LEAST, afforded))
    real, condition, labels = _chosen(data, config.data, n_images)
    made = answers(config, generator, condition)
    truth = real.expand_as(made)
    mean = made.mean(0)
    error = (mean - real).square().mean().sqrt().item() / math.sqrt(1 + 1 / N_Z)
    filters = _of_filters(config.data, data.name, len(real))
    values = {
        "psnr": psnr(truth, made),
        "sharpness": sharpness(made.flatten(0, 1)) / sharpness(real),
        "z_spread": made.var(0).mean().sqrt().item() / error if error > 0 else math.nan,
    }
    if labels is not None:
        values["judged_right"] = recognised(data, made.flatten(0, 1), labels.repeat(N_Z))
    return {name: Score(value, filters.get(name, 1.0), len(real)) for name, value in values.items()}


def answers(config: RunConfig, generator: nn.Module, condition: Tensor) -> Tensor:
    """Answer each condition with several z, ``[N_Z, n, c, h, w]``, cut to [-1, 1]; the same z at every call."""
    rng = Generator().manual_seed(_SEED)
    device = next(generator.parameters()).device
    made = []
    with torch.no_grad():
        for _ in range(N_Z):
            z = sample_prior(len(condition), config, rng)
            parts = zip(z.split(256), condition.split(256), strict=True)
            made.append(torch.cat([generator(a.to(device), b.to(device)).cpu() for a, b in parts]))
    return torch.stack(made).clamp_(-1, 1)


def _chosen(data: Images, config: DataConfig, n: int) -> tuple[Tensor, Tensor, Tensor | None]:
    """Choose images, held out where some are, degrade them, and find their classes where a judge knows them."""
    rng = Generator().manual_seed(_SEED)
    source, labels = (data.train, data.labels) if data.held_out is None else (data.held_out, data.held_out_labels)
    index = torch.randperm(len(source), generator=rng)[:n]
    real = network_units(source[index])
    judged = labels is not None and find_judge(data) is not None
    return real, degrade(real, config, rng), labels[index] if labels is not None and judged else None


@functools.lru_cache(maxsize=16)
def _of_filters(config: DataConfig, name: str, n: int) -> dict[str, float]:
    """Measure the filters by their scores, the best of each; the same for all runs of these data."""
    data = load_data(config)
    assert isinstance(data, Images)
    real, condition, labels = _chosen(data, config, n)
    found = restored(condition, config, network_units(data.train)).values()
    best = {
        "psnr": max(psnr(real, image) for image in found),
        "sharpness": max(sharpness(image) / sharpness(real) for image in found),
    }
    if labels is not None:
        best["judged_right"] = max(recognised(data, image, labels) for image in found)
    return best


def psnr(real: Tensor, made: Tensor) -> float:
    """Peak signal-to-noise ratio in dB, ``10 log10(4 / mean squared error)``: pixels span 2.

    Args:
        real: ``[..., c, h, w]`` in [-1, 1].
        made: The same shape.
    """
    error = (real - made.clamp(-1, 1)).square().mean().item()
    return 10 * math.log10(4 / error) if error > 0 else math.inf


def sharpness(images: Tensor) -> float:
    """Mean size of the difference between neighbouring pixels, along both sides.

    Args:
        images: ``[n, c, h, w]``.
    """
    x = images.clamp(-1, 1)
    return ((x[..., 1:] - x[..., :-1]).abs().mean() + (x[..., 1:, :] - x[..., :-1, :]).abs().mean()).item() / 2


def recognised(data: Images, images: Tensor, labels: Tensor) -> float:
    """Measure the share of images that the judge takes for what they are.

    Args:
        data: With a judge.
        images: ``[n, c, h, w]``.
        labels: What they are, ``[n]``.
    """
    judge = find_judge(data)
    assert judge is not None
    with torch.no_grad():
        said = judge.network(images.flatten(1).float().clamp(-1, 1)).argmax(1)
    return float((said == labels).double().mean())
