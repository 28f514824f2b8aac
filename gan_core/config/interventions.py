"""Interventions: what a person does to a run while it goes on."""

from __future__ import annotations

from typing import Any, Final, Literal

from pydantic import Field, NonNegativeInt

from gan_core.config.knobs import Frozen

MAX_INTERVENTIONS: Final = 10_000
"""Interventions of one run in a file, and in the app: each is validated when the run is opened."""


class Origin(Frozen):
    """The networks of another run that a run began with, in place of fresh ones from its seed.

    Attributes:
        step: Finished steps of that other run.
        weights: SHA-256 of the tensors that were taken over, their names and shapes, in hexadecimal.
        kept: How many tensors were taken over and how many there are, for ``"generator"``, ``"discriminator"`` and,
            if either run averages, ``"ema"``.
    """

    step: int = Field(ge=0, le=10**12)
    weights: str = Field(pattern="^[0-9a-f]{64}$")
    kept: dict[Literal["generator", "discriminator", "ema"], tuple[NonNegativeInt, NonNegativeInt]]


class Intervention(Frozen):
    """One act of a person on a run: live settings, one lone update, or a named direction of the latent space.

    The first intervention of a run that began with the networks of another has their origin.

    Attributes:
        step: Number of finished steps when it happened.
        changes: Live settings changed, path to value.
        update: ``"d"`` or ``"g"`` for a lone update of that player.
        name: Of a direction of the latent space, or ""; a later one of the same name takes its place.
        vector: Its numbers, as `gan_core.latent.points` writes them; "" to forget it.
        origin: What the run began with; it cannot be repeated without that other run.
    """

    step: int = Field(ge=0, le=10**12)
    changes: dict[str, Any] = Field(default_factory=dict, max_length=32)
    update: Literal["d", "g"] | None = None
    name: str = Field("", max_length=40)
    vector: str = Field("", pattern="^(z[A-Za-z0-9_-]{1,4096})?$")
    origin: Origin | None = None
