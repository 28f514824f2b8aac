"""Settings that exclude each other, each with its reason and the remedy."""

from __future__ import annotations

import math

from gan_core.config.fields import RunFields
from gan_core.config.names import (
    CONDITION_RULES,
    CROSS_ENTROPY,
    DATA_CLASSES,
    KIND_WORDS,
    MAX_FLOPS_PER_STEP,
    MAX_PARAMETERS,
    MAX_REPLAY_BYTES,
)
from gan_core.config.sizes import DCGAN_MAPS, flops_of, wave_start, weights_of


def refuse_incompatible(config: RunFields) -> None:
    """Refuse settings that exclude each other; single values are known to be within their bounds.

    Raises:
        ValueError: The first reason against it, in one line.
    """
    _refuse_repetitions(config)
    _refuse_what_the_data_lack(config)
    _refuse_methods(config)
    _refuse_cost(config)


def _refuse_repetitions(config: RunFields) -> None:
    names = [r.name for r in config.regularisers]
    if len(set(names)) != len(names):
        raise ValueError(f"each penalty may be given once, but regularisers are {names}")
    if len(set(config.augment)) != len(config.augment):
        raise ValueError(f"each augmentation may be given once, but augment is {list(config.augment)}")


def _refuse_what_the_data_lack(config: RunFields) -> None:
    shape, name = config.data_shape, config.data.name
    images = config.data.kind == "images"
    what = f"{name} has {KIND_WORDS[config.data.kind]}" + (f" of {shape[2]} x {shape[1]} px" if images else "")
    for player in ("generator", "discriminator"):
        if getattr(config, player).kind == "dcgan" and not (images and shape[1] == shape[2] in DCGAN_MAPS):
            *sides, last = map(str, DCGAN_MAPS)
            raise ValueError(
                f"dcgan needs square images of {', '.join(sides)} or {last} px, and {what}: set {player}.kind=mlp"
            )
        if getattr(config, player).kind == "wavegan" and not (config.data.kind == "sound" and wave_start(shape[1])):
            raise ValueError(f"wavegan needs sounds, and {what}: set {player}.kind=mlp")
    if config.conditional and not config.data.n_classes:
        raise ValueError(
            f"conditional needs data with labels ({', '.join(DATA_CLASSES)}, or own-images in a folder for each class "
            f"with data.classes), and {name} has none: set conditional=false"
        )
    _refuse_condition(config)
    if config.data.balanced and not config.data.n_classes:
        raise ValueError(
            f"data.balanced needs data with labels ({', '.join(DATA_CLASSES)}, or own-images with data.classes), and "
            f"{name} has none: set data.balanced=false"
        )
    if config.augment and not images:
        raise ValueError(f"augment needs images, and {what}: set augment=[]")


def _refuse_condition(config: RunFields) -> None:
    rules, shape, name = CONDITION_RULES.get(config.data.condition), config.data_shape, config.data.name
    residual = config.generator.kind == "residual"
    if rules is None:
        if residual:
            raise ValueError("residual corrects what a condition leaves of an image: set data.condition, or kind=mlp")
        return
    if config.data.kind != "images":
        has = KIND_WORDS[config.data.kind]
        raise ValueError(f"a condition needs images, and {name} has {has}: set data.condition=none")
    if shape[1] % rules.block or shape[2] % rules.block:
        raise ValueError(
            f"{config.data.condition} needs sides that can be divided by {rules.block}, and {name} has images of "
            f"{shape[2]} x {shape[1]} px: set another data.condition"
        )
    if config.generator.kind == "dcgan":
        raise ValueError(
            "a dcgan generator starts from z alone and cannot look at a condition: set generator.kind=residual or mlp"
        )
    for present, why, remedy in (
        (config.conditional, "both players are told one thing, a class or a condition", "conditional=false"),
        (config.packing > 1, "a conditioned D judges each sample beside its own condition", "packing=1"),
        (config.replay, "replayed samples have conditions of their own", "replay=0"),
        (config.augment, "an augmented sample no longer goes with its condition", "augment=[]"),
    ):
        if present:
            raise ValueError(f"{why}; set {remedy} or data.condition=none")
    if not config.adversarial and not config.reconstruction:
        raise ValueError(
            "adversarial=0 and reconstruction=0 leave G nothing to learn from: set reconstruction=100, for instance"
        )


def _refuse_methods(config: RunFields) -> None:
    d = config.discriminator
    built = d.kind != "article"  # which has neither of these, whatever the config says
    normed = built and d.kind != "wavegan" and d.norm == "batch"
    for path, layer, present in (
        ("discriminator.norm", "batch norm", normed),
        ("discriminator.minibatch", "a minibatch layer", built and d.minibatch != "none"),
    ):
        if present and config.regularisers:
            raise ValueError(
                f"{layer} in D lets one sample change another's logit, so the per-sample penalty "
                f"{config.regularisers[0].name} has no meaning; set {path}=none or regularisers=[]"
            )
    if normed and config.feature_matching:
        raise ValueError(
            "batch norm gives D's features the same mean on every batch, so feature matching has nothing to match; "
            "set discriminator.norm=none or feature_matching=false"
        )
    if config.label_smoothing and config.objective not in CROSS_ENTROPY:
        raise ValueError(
            f"label_smoothing needs an objective with labels ({', '.join(CROSS_ENTROPY)}), and {config.objective} has "
            "none: set label_smoothing=0"
        )
    _refuse_unrolling(config)
    _refuse_labels(config)


def _refuse_unrolling(config: RunFields) -> None:
    if not config.unroll:
        return
    for present, why, remedy in (
        (
            config.regularisers,
            "a penalty is itself a derivative, and would be differentiated twice more",
            "regularisers=[]",
        ),
        (config.clip, "clipped weights no longer depend on G", "clip=0"),
        (config.feature_matching, "G then no longer asks for D's answer", "feature_matching=false"),
    ):
        if present:
            raise ValueError(f"unroll differentiates through D's updates, and {why}; set {remedy} or unroll=0")


def _refuse_labels(config: RunFields) -> None:
    if config.packing > 1 and config.conditional:
        raise ValueError(
            "a conditional D is told the class of one sample, and a pack has several of different classes; "
            "set packing=1 or conditional=false"
        )
    if config.replay and config.conditional:
        raise ValueError(
            "a conditional D judges real and generated images of the same classes in pairs, and replayed images have "
            "classes of their own; set replay=0 or conditional=false"
        )


def _refuse_cost(config: RunFields) -> None:
    batch_bytes = 4 * config.batch_size * math.prod(config.judged_shape)
    if config.replay * batch_bytes > MAX_REPLAY_BYTES:
        raise ValueError(
            f"{config.replay} batches take {config.replay * batch_bytes / 1e6:.0f} MB to remember, and at most "
            f"{MAX_REPLAY_BYTES / 1e6:.0f} are allowed: lower replay to {MAX_REPLAY_BYTES // batch_bytes}"
        )
    n_weights, flops = weights_of(config), flops_of(config)
    if n_weights > MAX_PARAMETERS:
        raise ValueError(
            f"these networks have {n_weights:,} weights; at most {MAX_PARAMETERS:,} are allowed: "
            "lower a width or a depth"
        )
    if flops > MAX_FLOPS_PER_STEP:
        raise ValueError(
            f"one step would cost about {flops / 1e9:.0f} GFLOP; at most "
            f"{MAX_FLOPS_PER_STEP / 1e9:.0f} are allowed: lower batch_size, a width, d_steps or g_steps"
        )
