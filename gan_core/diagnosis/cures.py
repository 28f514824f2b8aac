"""Cures: for each finding, config changes in the order in which to try them.

The first is what helps most often whatever caused the failure: a game known to converge, with everything back in its
usual range that lies outside. Those after it are smaller changes at the likeliest cause. Which of them helped, on
failures of every kind and from several seeds, is measured by `benchmarks.diagnosis` with ``--cures``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from gan_core.config import KNOBS, RunConfig
from gan_core.config.names import SampleKind
from gan_core.diagnosis.rules import bottleneck, lacks_bound
from gan_core.errors import ConfigError
from gan_core.game.objectives import OBJECTIVES
from gan_core.game.pairings import BOUNDED, CLASSIC, STEADY
from gan_core.game.regularisers import REGULARISERS

Changes = dict[str, Any]
"""Path in the config to value, as for `RunConfig.changed`."""
Cures = Callable[[RunConfig], list[Changes]]
"""Changes to try for a finding, the most promising first; some of it may be so already, or not allowed."""

_MAX_CURES: Final = 4
_PLANE_RATE: Final = 1e-3
_IMAGE_RATE: Final = 5e-4
_WAVE_RATE: Final = 2e-3
_WEIGHTS: Final[Mapping[SampleKind, float]] = {"plane": 0.1, "sound": 1.0}
"""Of a penalty, where it is not that of images."""
_HIGHEST: Final = 1.5
"""Of usual rates, over the middle one."""
_WIDTHS: Final = {1: 128, 2: 256, 3: 256}
_GAIN: Final = 30.0
_FEW: Final = 32
_BATCH: Final = 64
_PACKED: Final[Changes] = {"packing": 2}
_ONE_EACH: Final[Changes] = {"d_steps": 1, "g_steps": 1}


def of_nothing(config: RunConfig) -> list[Changes]:
    """Propose nothing: nothing is wrong."""
    return []


def of_divergence(config: RunConfig) -> list[Changes]:
    """Propose smaller steps and a game that converges."""
    slower = [] if _rates(config) else [_lower(config, 0.1)]
    return [_steady(config), _rates(config), _saved(config), *slower, _calm(config)]


def of_a_won_game(config: RunConfig) -> list[Changes]:
    """Propose what keeps D from running away."""
    return [_steady(config), _saved(config), _ONE_EACH | {"lr_d": min(config.lr_d, config.lr_g)}]


def of_missing_variety(config: RunConfig) -> list[Changes]:
    """Propose damping, and a D that sees several samples at once."""
    calm_one_each = _calm(config) | _ONE_EACH
    return [_steady(config), *_gain(config), _ONE_EACH | _PACKED, _PACKED, calm_one_each, _saved(config)]


def of_narrow_modes(config: RunConfig) -> list[Changes]:
    """Propose what asks for variety within a mode."""
    return [_steady(config), _PACKED, _ONE_EACH]


def of_a_blind_critic(config: RunConfig) -> list[Changes]:
    """Propose a steeper, larger or faster D."""
    larger = _wider(config, "discriminator")
    usual = _rate(config)
    faster: Changes = {"lr_d": min(max(config.lr_d, config.lr_g, usual), max(config.lr_d, _HIGHEST * usual))}
    if config.clip:  # clipped weights can hardly be steep; a penalty bounds D's slope where its loss needs it
        faster |= {"clip": 0.0}
        if not config.regularisers and OBJECTIVES[config.objective].usual_clip:
            faster |= {"regularisers": [_bound()], **_takes_a_penalty(config)}
    rate = min(max(config.lr_d, usual), _HIGHEST * usual)
    return [*_gain(config), _steady(config) | larger | {"lr_d": rate, "clip": 0.0}, faster, larger]


def of_low_capacity(config: RunConfig) -> list[Changes]:
    """Propose wider networks."""
    both = _wider(config, "generator") | _wider(config, "discriminator")
    return [both, both | _steady(config)]


def of_memorisation(config: RunConfig) -> list[Changes]:
    """Propose more of the same data, or a D that can remember less of them."""
    strong = [{"name": STEADY.penalty, "weight": 3.0}]
    images = len(config.data_shape) > 1
    augment: Changes = {"augment": ["translation", "cutout"]} if images else {}
    if _convolves(config):
        return [_convolutional(config), augment]
    game: Changes = {"objective": STEADY.objective, "betas_g": [0.0, 0.99], "betas_d": [0.0, 0.99], **_usual(config)}
    smaller: Changes = {}
    if config.discriminator.kind == "mlp":
        smaller = {"discriminator.width": max(32, config.discriminator.width // 4), "discriminator.dropout": 0.3}
    return [augment | game | {"regularisers": strong}, game | {"regularisers": strong}, augment, smaller]


def of_a_missing_bound(config: RunConfig) -> list[Changes]:
    """Propose a bound on D's slope: a gradient penalty first, then a game that needs no other."""
    bound: Changes = {"regularisers": [_bound()], "clip": 0.0, **_takes_a_penalty(config)}
    clip = OBJECTIVES[config.objective].usual_clip
    clipped: list[Changes] = [{"clip": clip}] if clip and not config.clip else []
    return [bound | _rates(config), _steady(config), *clipped]


def of_rates(config: RunConfig) -> list[Changes]:
    """Propose the usual rates, and then a game that converges."""
    return [_rates(config), _steady(config)]


def of_a_rare_region(config: RunConfig) -> list[Changes]:
    """Propose larger batches, and a D that sees several samples at once."""
    larger: Changes = {"batch_size": min(512, 4 * config.batch_size)}
    return [larger, _PACKED, _steady(config) | larger]


def of_a_checkerboard(config: RunConfig) -> list[Changes]:
    """Propose a generator that resizes and then convolves, where there is one."""
    resize: list[Changes] = [{"generator.upsampling": "resize"}] if "generator.upsampling" in KNOBS else []
    without: Changes = {
        "generator.kind": "mlp",
        "generator.width": _WIDTHS[len(config.data_shape)],
        "generator.depth": 3,
    }
    return [*resize, without]


def allowed(wishes: Sequence[Changes], config: RunConfig) -> tuple[Mapping[str, Any], ...]:
    """Keep, of each proposal, what changes this config, and of all proposals those that are allowed for it.

    Args:
        wishes: Proposals, the most promising first.
        config: Of the run.
    """
    found: list[Changes] = []
    for wish in wishes:
        changes = {path: value for path, value in wish.items() if _differs(config, path, value)}
        try:
            changed = config.changed(changes)
        except ConfigError:
            continue
        if changed != config and changes not in found and not lacks_bound(changed):
            found.append(changes)
    return tuple(found[:_MAX_CURES])


def title_of(changes: Mapping[str, Any]) -> str:
    """Name a cure in a few words."""
    if changes.get("objective") == STEADY.objective:
        strong = any(p["weight"] > 1 for p in changes.get("regularisers", []))
        with_images = "augmented images, " if changes.get("augment") else ""
        return f"{with_images}{STEADY.title('strong' if strong else '')}, no momentum"
    if changes.get("objective") == CLASSIC.objective:
        return CLASSIC.title() if changes.get("regularisers") else CLASSIC.loss
    if set(changes) <= {"lr_g", "lr_d"}:
        return "other learning rates"
    if changes.get("regularisers"):
        return " and ".join(REGULARISERS[p["name"]].label for p in changes["regularisers"])
    titles = {
        "packing": "D sees two samples at once",
        "discriminator.logit_gain": "a gain on D's logit",
        "augment": "augmented images",
        "discriminator.dropout": "a D that remembers less",
        "betas_g": "less momentum",
        "generator.upsampling": "resize, then convolve",
        "generator.kind": "a generator without convolutions",
        "generator.width": "wider networks",
        "discriminator.width": "a wider D",
        "d_steps": "one update each",
        "g_steps": "one update each",
        "lr_d": "a faster D",
        "clip": "clipped weights",
        "batch_size": "larger batches",
    }
    return next((title for path, title in titles.items() if path in changes), "other settings")


def describe(changes: Mapping[str, Any]) -> str:
    """All that a cure changes, in words."""
    return ", ".join(f"{_label(path)} = {_words(value)}" for path, value in changes.items())


def _label(path: str) -> str:
    return KNOBS[path].label if path in KNOBS else path


def _words(value: Any) -> str:
    if isinstance(value, list):
        return " and ".join(_words(v) for v in value) or "none"
    if isinstance(value, dict):
        return f"{value['name']} ({value['weight']:g})"
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _steady(config: RunConfig) -> Changes:
    """Change to a game known to converge: relativistic, R1 + R2, no momentum, averaged G (R3GAN, arXiv:2501.05441).

    Convolutions with batch norm keep the recipe that they were made for: without it they are slower by far, and a
    healthy run would be worse for it at equal steps.
    """
    if _of_waves(config):
        return _saved(config)
    if _convolves(config):
        return _convolutional(config)
    return {
        "objective": STEADY.objective,
        "regularisers": _penalty(config, STEADY.penalty),
        "betas_g": [0.0, 0.99],
        "betas_d": [0.0, 0.99],
        "optimizer_g": "adam",
        "optimizer_d": "adam",
        **_usual(config),
    }


def _of_waves(config: RunConfig) -> bool:
    return "wavegan" in (config.generator.kind, config.discriminator.kind)


def _convolves(config: RunConfig) -> bool:
    return config.generator.kind == "dcgan" or config.discriminator.kind == "dcgan"


def _convolutional(config: RunConfig) -> Changes:
    """Change to DCGAN's recipe (arXiv:1511.06434) with augmented images (arXiv:2006.10738)."""
    norm: Changes = {"discriminator.norm": "batch"} if config.discriminator.kind == "dcgan" else {}
    return {
        **_usual(config),
        "objective": CLASSIC.objective,
        "regularisers": [],
        "augment": ["colour", "translation", "cutout"],
        "betas_g": [0.5, 0.999],
        "betas_d": [0.5, 0.999],
        "optimizer_g": "adam",
        "optimizer_d": "adam",
        **norm,
    }


def _calm(config: RunConfig) -> Changes:
    return {"betas_g": [0.5, 0.999], "betas_d": [0.5, 0.999], **_rates(config)}


def _saved(config: RunConfig) -> Changes:
    """Change to the plain game with a little R1, everything in its usual range."""
    if _convolves(config):
        return _convolutional(config)
    normed: Changes = {"generator.norm": "batch"} if config.generator.kind == "wavegan" else {}
    return {
        "objective": CLASSIC.objective,
        "regularisers": _penalty(config, CLASSIC.penalty),
        **_usual(config),
        **normed,
    }


def _usual(config: RunConfig) -> Changes:
    """Bring back all that lies outside its usual range, and take away what refuses a penalty."""
    out: Changes = {"d_steps": 1, "g_steps": 1, "clip": 0.0, **_rates(config)}
    if config.ema < 0.9:
        out["ema"] = 0.998
    if config.latent_dim < 2:
        out["latent_dim"] = 2
    if len(config.data_shape) > 1 and config.latent_dim < 16:
        out["latent_dim"] = 32
    if config.batch_size < _FEW:
        out["batch_size"] = _BATCH
    if bottleneck(config) is not None:
        out |= _wider(config, "generator") | _wider(config, "discriminator")
    out |= {"label_smoothing": 0.0, "unroll": 0, "lookahead": 0, "feature_matching": False}
    out |= _takes_a_penalty(config)
    if config.discriminator.kind != "article":
        out |= {"discriminator.spectral_norm": False}
    return {path: value for path, value in out.items() if _differs(config, path, value)}


def _bound() -> dict[str, Any]:
    return {"name": BOUNDED.penalty, "weight": REGULARISERS[BOUNDED.penalty].weight}


def _takes_a_penalty(config: RunConfig) -> Changes:
    """Take away what refuses a penalty: layers through which an answer depends on the other samples."""
    if config.discriminator.kind == "article":
        return {}
    return {"discriminator.norm": "none", "discriminator.minibatch": "none"}


def _differs(config: RunConfig, path: str, value: Any) -> bool:
    """Return True if the config has another value there."""
    mine = _value(config, path)
    if path == "regularisers":
        mine = [{"name": r.name, "weight": r.weight} for r in mine]
    return bool((list(mine) if isinstance(mine, tuple) else mine) != value)


def _value(config: RunConfig, path: str) -> Any:
    value: Any = config
    for part in path.split("."):
        value = getattr(value, part)
    return value


def _penalty(config: RunConfig, name: str) -> list[dict[str, Any]]:
    return [{"name": name, "weight": _WEIGHTS.get(config.data.kind, 0.3)}]


def _rate(config: RunConfig) -> float:
    if _of_waves(config):
        return _WAVE_RATE
    return _PLANE_RATE if config.data.kind == "plane" else _IMAGE_RATE


def _rates(config: RunConfig) -> Changes:
    """Rates that are far from usual, too high or so low or unequal that one player stands still, made usual."""
    usual = _rate(config)
    low, high = 0.3 * usual, _HIGHEST * usual
    return {f"lr_{p}": usual for p in ("g", "d") if not low <= getattr(config, f"lr_{p}") <= high}


def _lower(config: RunConfig, factor: float) -> Changes:
    return {"lr_g": config.lr_g * factor, "lr_d": config.lr_d * factor}


def _gain(config: RunConfig) -> list[Changes]:
    """Give a normalised D, too flat for modes that lie close together, a gain that makes it steeper."""
    d = config.discriminator
    flat = d.spectral_norm and d.kind != "article" and d.logit_gain < _GAIN
    return [{"discriminator.logit_gain": _GAIN}] if flat else []


def _wider(config: RunConfig, player: str) -> Changes:
    part = getattr(config, player)
    if part.kind != "mlp":
        return {f"{player}.width": min(1024, 2 * part.width)} if part.kind == "dcgan" else {}
    width = _WIDTHS[len(config.data_shape)]
    wishes = {f"{player}.width": max(part.width, width), f"{player}.depth": max(part.depth, 2)}
    return {path: value for path, value in wishes.items() if _differs(config, path, value)}
