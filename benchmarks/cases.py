"""Cases that the diagnosis is tried on: ways to fail and healthy runs, those it was tuned with and others.

`FAILING` and `HEALTHY` are the gallery's failures and the named presets. `UNSEEN_FAILING` and `UNSEEN_HEALTHY` have
other data, networks, rates and batch sizes; no threshold and no cure was chosen by them. What a run counts as is the
oracle's word (`benchmarks.oracle`), never the diagnosis'.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from benchmarks.oracle import Look, turning
from gan_core.config import RunConfig
from gan_core.config.presets import preset
from gan_core.experiments.gallery import find

__all__ = ["FAILING", "HEALTHY", "UNSEEN_FAILING", "UNSEEN_HEALTHY", "Case", "Healthy"]

Bad = Callable[[Sequence[Look]], list[bool]]
Make = Callable[[int], RunConfig]


@dataclass(frozen=True)
class Case:
    """A way to fail.

    Attributes:
        config: From a seed.
        bad: For each of the oracle's looks, whether the run is bad.
        expected: Any of these findings names it.
    """

    config: Make
    bad: Bad
    expected: tuple[str, ...]


@dataclass(frozen=True)
class Healthy:
    """A run in which nothing is wrong.

    Attributes:
        config: From a seed.
        steps: How long it is trained.
    """

    config: Make
    steps: int = 5_000


def _gallery(name: str, changes: Mapping[str, Any] | None = None) -> Make:
    return lambda seed: find(name).config(seed).changed(changes or {})


def _preset(name: str, changes: Mapping[str, Any] | None = None) -> Make:
    return lambda seed: preset(name).changed({**(changes or {}), "seed": seed})


def _wide(width: int, depth: int = 2) -> dict[str, int]:
    return {f"{player}.{size}": n for player in ("generator", "discriminator") for size, n in _sizes(width, depth)}


def _sizes(width: int, depth: int) -> tuple[tuple[str, int], ...]:
    return ("width", width), ("depth", depth)


def _betas(beta: float) -> dict[str, Any]:
    return {"betas_g": [beta, 0.999], "betas_d": [beta, 0.999]}


def _rates(lr_g: float, lr_d: float) -> dict[str, float]:
    return {"lr_g": lr_g, "lr_d": lr_d}


def _penalty(name: str, weight: float) -> dict[str, Any]:
    return {"regularisers": [{"name": name, "weight": weight}]}


def _each(test: Callable[[Look], bool]) -> Bad:
    return lambda looks: [test(look) for look in looks]


collapsed: Final = _each(lambda look: look.missing >= 0.5 or look.spread < 0.1)
unsharp: Final = _each(lambda look: look.sharp < 0.3)
won: Final = _each(lambda look: look.right > 0.97)
blind: Final = _each(lambda look: look.right < 0.6 and look.sharp < 0.3)
wild: Final = _each(lambda look: look.wild)
known: Final = _each(lambda look: look.known > 0.75)
narrow: Final = _each(lambda look: look.missing <= 1 / 8 and look.sharp > 0.9 and look.uncovered > 0.4)

_BARE: Final[dict[str, Any]] = {"objective": "non_saturating", "regularisers": [], "ema": 0.0}

FAILING: Final[Mapping[str, Case]] = {
    "collapse, ring-8": Case(_gallery("ring-collapse"), collapsed, ("mode_collapse",)),
    "collapse, digits": Case(_gallery("digits-collapse"), collapsed, ("mode_collapse",)),
    "saturating G, strong D": Case(_gallery("saturated"), won, ("discriminator_overpowers", "vanishing_gradient")),
    "oscillation": Case(_gallery("oscillation"), turning, ("oscillation",)),
    "WGAN, clip 1": Case(_gallery("clip-too-large", {"clip": 1.0}), collapsed, ("mode_collapse", "oscillation")),
    "divergence, rate 1": Case(_gallery("divergence"), wild, ("divergence",)),
    "memorising D, 50 images": Case(_gallery("memorising-d"), known, ("memorisation",)),
    "too small, ring-8": Case(
        _preset("ring-8", {"generator.width": 4, "generator.depth": 1}), unsharp, ("low_capacity",)
    ),
    "too small, digits": Case(
        _preset("digits", {"generator.width": 4, "generator.depth": 1}), unsharp, ("low_capacity",)
    ),
    "flat D, grid-25": Case(_gallery("flat-d"), collapsed, ("mode_collapse",)),
    "one number of noise": Case(_preset("gaussians-2", {"latent_dim": 1}), narrow, ("within_mode_collapse",)),
    "D too slow, ring-8": Case(_preset("ring-8", {"lr_d": 1e-6}), blind, ("rates_too_low", "discriminator_dead")),
}
"""The gallery, and what else the diagnosis names; the steps of their onsets are the oracle's. A clip of 1 fails less
plainly than the gallery's 10, and is harder to name."""

HEALTHY: Final[Mapping[str, Healthy]] = {
    name: Healthy(_preset(name))
    for name in (
        "ring-8",
        "grid-25",
        "digits",
        "digits-conditional",
        "gaussians-2",
        "ring",
        "blobs-3",
        "line",
        "moons",
        "swiss-roll",
    )
}

_FIVE_G: Final[dict[str, Any]] = {**_BARE, "g_steps": 5, "lr_d": 5e-4}
_STRONG_D: Final[dict[str, Any]] = {**_BARE, "objective": "minimax", "d_steps": 5, "lr_d": 2e-3, **_betas(0.5)}

UNSEEN_FAILING: Final[Mapping[str, Case]] = {
    "moons, five G steps": Case(
        _preset("moons", {**_FIVE_G, **_wide(64), "batch_size": 64}), collapsed, ("mode_collapse",)
    ),
    "grid-25, five G steps": Case(_preset("grid-25", {**_FIVE_G, "batch_size": 128}), collapsed, ("mode_collapse",)),
    "swiss-roll, hinge, ten G steps": Case(
        _preset("swiss-roll", {**_FIVE_G, "g_steps": 10, "objective": "hinge", **_wide(64, 3), "batch_size": 64}),
        collapsed,
        ("mode_collapse",),
    ),
    "blobs-3, rates 0.01": Case(
        _preset("blobs-3", {**_BARE, **_rates(0.01, 0.01), **_betas(0.9), **_wide(64)}),
        collapsed,
        ("mode_collapse", "oscillation", "discriminator_overpowers", "divergence"),
    ),
    "digits, three G steps, β1 0.9": Case(
        _preset("digits", {**_BARE, "latent_dim": 4, "g_steps": 3, **_rates(2e-3, 1e-3), **_betas(0.9)}),
        collapsed,
        ("mode_collapse",),
    ),
    "blobs-3, strong D, slow G": Case(
        _preset("blobs-3", {**_STRONG_D, "lr_g": 2e-5, **_wide(64), "batch_size": 64}),
        won,
        ("discriminator_overpowers", "vanishing_gradient"),
    ),
    "digits, strong D": Case(
        _preset("discriminator-wins", {"generator.width": 128, "batch_size": 32}),
        won,
        ("discriminator_overpowers", "vanishing_gradient"),
    ),
    "grid-25, fast G": Case(
        _preset("grid-25", {**_BARE, **_rates(5e-3, 5e-4), **_betas(0.9), "batch_size": 128}),
        turning,
        ("oscillation", "mode_collapse"),
    ),
    "grid-25, WGAN, clip 5": Case(
        _preset("grid-25", {**_BARE, "objective": "wasserstein", "clip": 5.0, **_rates(2e-3, 2e-3), **_wide(64)}),
        collapsed,
        ("mode_collapse", "oscillation"),
    ),
    "moons, hinge, rates 0.5": Case(
        _preset("moons", {**_BARE, "objective": "hinge", **_rates(0.5, 0.5)}),
        collapsed,
        ("mode_collapse", "divergence", "vanishing_gradient", "discriminator_overpowers"),
    ),
    "digits, rate 0.3": Case(_preset("digits", {**_BARE, **_rates(0.3, 0.3)}), wild, ("divergence",)),
    "moons, D hardly learns": Case(_preset("moons", {**_BARE, "lr_d": 3e-7}), blind, ("discriminator_dead",)),
    "blobs-3, WGAN, clip 0.0001": Case(
        _preset("blobs-3", {**_BARE, "objective": "wasserstein", "clip": 1e-4}), unsharp, ("discriminator_dead",)
    ),
    "blobs-3, one number of noise": Case(
        _preset("blobs-3", {"latent_dim": 1, **_wide(64), "batch_size": 128}), narrow, ("within_mode_collapse",)
    ),
    "swiss-roll, three units": Case(
        _preset("swiss-roll", {"generator.width": 3, "generator.depth": 1}),
        _each(lambda look: look.sharp < 0.7),
        ("low_capacity",),
    ),
    "blobs-3, D of two units": Case(
        _preset("blobs-3", {"discriminator.width": 2, "discriminator.depth": 1}), unsharp, ("low_capacity",)
    ),
    "digits, G of two units": Case(
        _preset("digits", {"generator.width": 2, "generator.depth": 2}), unsharp, ("low_capacity",)
    ),
}
"""Failures that nothing was tuned for."""

UNSEEN_HEALTHY: Final[Mapping[str, Healthy]] = {
    "ring-8, R1, width 64": Healthy(
        _preset("ring-8", {"objective": "non_saturating", **_penalty("r1", 0.1), **_wide(64), "batch_size": 128})
    ),
    "moons, relativistic, width 64, batch 64": Healthy(_preset("moons", {**_wide(64), "batch_size": 64})),
    "swiss-roll, rates 5e-4, depth 3": Healthy(
        _preset("swiss-roll", {**_rates(5e-4, 5e-4), **_wide(96, 3), "batch_size": 128})
    ),
    "blobs-3, least squares, R1 + R2": Healthy(
        _preset("blobs-3", {"objective": "least_squares", **_wide(64), "batch_size": 128})
    ),
    "ring, hinge, R1 + R2": Healthy(_preset("ring", {"objective": "hinge", "batch_size": 64})),
    "blobs-3, WGAN-GP, three D steps": Healthy(
        _preset(
            "blobs-3",
            {"objective": "wasserstein", **_penalty("gradient_penalty", 1.0), "d_steps": 3, "batch_size": 64},
        )
    ),
    "gaussians-2, width 32": Healthy(_preset("gaussians-2", {**_wide(32), "batch_size": 64})),
    "digits, R1, β1 0.5": Healthy(
        _preset(
            "digits",
            {"objective": "non_saturating", **_penalty("r1", 0.3), **_betas(0.5), **_wide(128), "batch_size": 32},
        )
    ),
    "digits, latent 16, width 192": Healthy(_preset("digits", {"latent_dim": 16, **_wide(192)})),
    "grid-25, batch 128, latent 16": Healthy(_preset("grid-25", {"batch_size": 128, "latent_dim": 16})),
    "digits-wgan-gp": Healthy(_preset("digits-wgan-gp"), 2_500),
    "pacgan": Healthy(_preset("pacgan"), 1_300),
}
"""Healthy runs of other settings, and named presets that train too long for the table above."""
