"""What editing reaches: a part of `benchmarks.applications`.

Held-out digits are inverted together, and each z is moved along the direction of an attribute, up and down, by the
smallest strength at which the picture has changed by `CHANGE` standard deviations of the real digits. Beside it stand
random directions of the same strength. An edit counts as kept if the judge gives the picture the class that it gave
before; one that is not reached within `STRENGTHS` counts as lost.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

import torch
from torch import Tensor

from gan_core.config.presets import preset
from gan_core.data import Images, load_data
from gan_core.data.images import network_units
from gan_core.latent import directions
from gan_core.latent.attributes import ATTRIBUTES
from gan_core.latent.inversion import MAX_TARGETS, N_STEPS, Inversion, psnr
from gan_core.latent.players import Players
from gan_core.metrics.judge import find_judge
from gan_core.training import Trainer

PRESETS: Final = ("digits", "digits-conditional")
COLUMNS: Final = ("psnr", "inverted_right", "changed", "kept", "kept_at_random", "told")
CHANGE: Final = 0.5
STRENGTHS: Final = tuple(0.25 * i for i in range(1, 17))
"""In σ of the prior."""


def scores(trainer: Trainer) -> dict[str, float]:
    """Invert 64 held-out digits and edit them.

    Args:
        trainer: On digits.

    Returns:
        `psnr` of the inversions and the share `inverted_right`, of which the judge says what the true digit is; the
        share of edits that are `changed` as asked, and of all edits those that are `kept` as well; `kept_at_random`,
        the same share of random directions as strong; for a conditional generator `told`, the share that the judge
        takes for the class that G is told in place of the digit's own.
    """
    players = Players.of(trainer.state_dict())
    data = players.data
    assert isinstance(data, Images)
    assert data.held_out is not None
    assert data.held_out_labels is not None
    search = Inversion(players, network_units(data.held_out[:MAX_TARGETS]))
    search.advance(N_STEPS)
    z, classes, errors = search.best()
    before = players.sample(z, classes)
    was = _judged(data, before)
    found = {
        "psnr": float(psnr(errors).mean()),
        "inverted_right": float((was == data.held_out_labels[:MAX_TARGETS]).double().mean()),
    }
    changed, kept, at_random = [], [], []
    real = network_units(data.held_out)
    rng = torch.Generator().manual_seed(7)
    for measure, vector in zip(ATTRIBUTES.values(), directions.attributes(players).vectors, strict=True):
        wanted = CHANGE * float(measure(real).std())
        for sign in (1, -1):
            strength, reached = _smallest(players, z, classes, sign * vector, measure, sign * wanted)
            moved = players.sample(z + strength[:, None] * sign * vector, classes)
            astray = torch.nn.functional.normalize(torch.randn(z.shape, generator=rng), dim=1)
            other = players.sample(z + strength[:, None] * astray, classes)
            changed.append(reached)
            kept.append(reached & (_judged(data, moved) == was))
            at_random.append(_judged(data, other) == was)
    for name, shares in (("changed", changed), ("kept", kept), ("kept_at_random", at_random)):
        found[name] = float(torch.stack(shares).double().mean())
    if trainer.config.conditional:
        others = (was + torch.randint(1, len(data.classes), was.shape, generator=rng)) % len(data.classes)
        told = players.sample(z, players.classes(others))
        found["told"] = float((_judged(data, told) == others).double().mean())
    return found


def _smallest(
    players: Players, z: Tensor, classes: Tensor, vector: Tensor, measure: Callable[[Tensor], Tensor], wanted: float
) -> tuple[Tensor, Tensor]:
    """Find the smallest strength that changes what is measured by ``wanted``, ``[n]``, and where there is one."""
    start = measure(players.sample(z, classes))
    strength = torch.full((len(z),), STRENGTHS[-1])
    reached = torch.zeros(len(z), dtype=torch.bool)
    for sigmas in STRENGTHS:
        change = measure(players.sample(z + sigmas * vector, classes)) - start
        now = change * math.copysign(1, wanted) >= abs(wanted)
        strength[now & ~reached] = sigmas
        reached |= now
    return strength, reached


def _judged(data: Images, images: Tensor) -> Tensor:
    judge = find_judge(data)
    assert judge is not None
    with torch.no_grad():
        said: Tensor = judge.network(images.flatten(1).clamp(-1, 1)).argmax(1)
    return said


def real(name: str) -> dict[str, dict[str, float]]:
    """Score the real digits that are edited: the judge's own share.

    Args:
        name: Of a preset.
    """
    data = load_data(preset(name).data)
    assert isinstance(data, Images)
    assert data.held_out is not None
    assert data.held_out_labels is not None
    said = _judged(data, network_units(data.held_out[:MAX_TARGETS]))
    return {"real digits": {"inverted_right": float((said == data.held_out_labels[:MAX_TARGETS]).double().mean())}}
