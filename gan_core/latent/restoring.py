"""One picture restored: its condition, what the usual filters make of it, and what G makes of it with several z."""

from __future__ import annotations

from typing import Final

import numpy as np
import torch
from torch import Generator, Tensor

from gan_core.config import RunConfig
from gan_core.config.names import CONDITION_RULES
from gan_core.data import CONDITIONS, Images, degrade, own, restored
from gan_core.data.degradations import enlarge
from gan_core.data.images import network_units
from gan_core.errors import ConfigError
from gan_core.game.sampling import sample_prior
from gan_core.latent.players import Players
from gan_core.latent.questions import Pixels, Restored, RestoreQuestion
from gan_core.metrics.paired import psnr

N_SPREAD: Final = 16
"""Answers that the spread is measured on."""
_FINE: Final = 16
"""A generator of convolutions takes pictures as they come, unless it was trained on smaller ones than this."""
_LARGEST: Final = 128
"""Side of what a small picture of one's own is enlarged to, at most."""


def restore(players: Players, question: RestoreQuestion) -> Restored:
    """Restore a picture.

    Args:
        players: The networks of a conditioned run.
        question: Which picture, and how it is degraded.

    Raises:
        ConfigError: The run restores nothing, or the picture cannot be what is asked.
        DataError: The picture is not here any more.
    """
    config, data = players.config, players.data
    if not config.conditioned or not isinstance(data, Images) or players.whole is None:
        raise ConfigError("this run restores nothing: open one with a condition, such as the preset digits-sr")
    rng = Generator().manual_seed(question.seed)
    truth, condition = _given(config, data, question, rng)
    z = sample_prior(N_SPREAD, config, rng)
    with torch.no_grad():
        made = players.whole(z, condition.expand(N_SPREAD, *condition.shape[1:])).clamp(-1, 1)
    spread = made.std(0).mean(0)
    widest = float(spread.max())
    filters = restored(condition, config.data, network_units(data.train))

    def near(image: Tensor) -> float | None:
        return None if truth is None else psnr(truth, image)

    def shown(images: Tensor) -> list[Pixels]:
        return list(data.to_uint8(images))

    return Restored(
        players.step,
        CONDITIONS[config.data.condition].shown,
        shown(condition[:, : data.shape[0]])[0],
        tuple((label, shown(image)[0], near(image)) for label, image in filters.items()),
        tuple(zip(shown(made[: question.n_z]), (near(one[None]) for one in made[: question.n_z]), strict=True)),
        (shown(made.mean(0, keepdim=True))[0], near(made.mean(0, keepdim=True))),
        (spread / max(widest, 1e-6) * 255).byte().numpy(),
        widest,
        None if truth is None else shown(truth)[0],
    )


def _given(config: RunConfig, data: Images, question: RestoreQuestion, rng: Generator) -> tuple[Tensor | None, Tensor]:
    """Find the picture and its condition, ``[1, ...]`` each; a picture that is degraded already has no truth."""
    if not question.own:
        source = data.train if data.held_out is None else data.held_out
        truth = network_units(source[question.index % len(source)][None])
        return truth, degrade(truth, config.data, rng)
    rules = CONDITION_RULES[config.data.condition]
    if question.degraded and rules.masked:
        raise ConfigError("nothing says where this picture's hole is: let one be cut into a whole picture")
    found = own.find_images(question.own)
    side = data.shape[-1]
    size = side // rules.block if question.degraded else side
    if config.generator.kind == "residual" and side >= _FINE:
        whole = found.pixels.shape[1] // 4 * 4
        size = max(size, min(whole, _LARGEST // rules.block) if question.degraded else whole)
    pixels = found.at(size, data.shape[0] == 3, first=1)
    picture = network_units(torch.from_numpy(np.ascontiguousarray(pixels.transpose(0, 3, 1, 2))))
    if question.degraded:
        return None, enlarge(picture, rules.block)
    return picture, degrade(picture, config.data, rng)
