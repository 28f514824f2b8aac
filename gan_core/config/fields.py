"""The fields of a run's config: each declares its default, range and words, and is valid by itself.

`gan_core.config.run.RunConfig` adds that the fields go together. Sizes, inactive settings and compatibility are
functions of the fields, so that the whole config can be built on them.
"""

from __future__ import annotations

import math
from typing import Annotated

from pydantic import Field

from gan_core.config.knobs import Frozen, knob
from gan_core.config.names import OPTIMIZER_WORDS, AugmentName, ObjectiveName, OptimizerName, PriorName
from gan_core.config.parts import DataConfig, DiscriminatorConfig, GeneratorConfig, Regularisation

Beta = Annotated[float, Field(ge=0, lt=1)]


class RunFields(Frozen):
    """The settings of a run, each checked by itself alone."""

    data: DataConfig = DataConfig()
    conditional: bool = knob(
        False,
        "conditional",
        "Both players are told each image's class, so that G makes the class that it is asked for; "
        "needs data with labels.",
        "data",
    )
    objective: ObjectiveName = knob("non_saturating", "objective", "The game: what D and what G minimise.", "game")
    regularisers: tuple[Regularisation, ...] = knob(
        (), "penalties", "Penalties on D that steady the game.", "game", max_length=3
    )
    d_steps: int = knob(1, "D updates per step", "D updates in each step, before G's.", "game", live=True, ge=1, le=10)
    g_steps: int = knob(1, "G updates per step", "G updates in each step, after D's.", "game", live=True, ge=1, le=10)
    clip: float = knob(
        0.0,
        "weight clipping",
        "Clip D's weights to ±this after each update (Wasserstein's first recipe); 0 is off.",
        "game",
        live=True,
        advanced=True,
        log=True,
        ge=0,
        le=10,
    )
    batch_size: int = knob(64, "batch size", "Samples of each kind in one update.", "data", log=True, ge=2, le=1024)
    label_smoothing: float = knob(
        0.0,
        "label smoothing",
        "One-sided: D's target for real samples is 1 minus this (0.1 is usual), so that it never becomes too sure; "
        "it helps when D wins.",
        "game",
        advanced=True,
        ge=0,
        le=0.5,
    )
    feature_matching: bool = knob(
        False,
        "feature matching",
        "G gives its samples the mean of D's last hidden features over the real ones, instead of fooling D; it "
        "steadies a G that chases D in circles.",
        "game",
        advanced=True,
    )
    unroll: int = knob(
        0,
        "unrolled steps",
        "G looks so many updates of D ahead (5 is usual) and differentiates through them; it helps when G jumps from "
        "mode to mode. 0 is off.",
        "game",
        advanced=True,
        ge=0,
        le=10,
    )
    replay: int = knob(
        0,
        "experience replay",
        "Half of the fakes that D learns from are drawn from so many past batches (50 is usual), so that it does not "
        "forget where G has been; it helps against going in circles. 0 is off.",
        "game",
        advanced=True,
        ge=0,
        le=64,
    )
    instance_noise: float = knob(
        0.0,
        "instance noise",
        "Standard deviation of the noise added to all that D sees, real and generated (data have about 1; 0.1 is "
        "usual). It helps early, while the two hardly overlap. 0 is off.",
        "game",
        live=True,
        advanced=True,
        ge=0,
        le=2,
    )
    instance_noise_steps: int = knob(
        5000,
        "instance noise fades over",
        "Steps in which the noise shrinks evenly to nothing; 0 keeps it as it is.",
        "game",
        live=True,
        advanced=True,
        ge=0,
        le=1_000_000,
    )
    adversarial: float = knob(
        1.0,
        "adversarial weight",
        "With a condition: weight of the game in G's loss, beside that of the reconstruction; 0 leaves the "
        "reconstruction alone.",
        "game",
        live=True,
        advanced=True,
        ge=0,
        le=100,
    )
    reconstruction: float = knob(
        0.0,
        "reconstruction (L1)",
        "With a condition: weight of the mean distance, pixel by pixel, between G's image and the real one that the "
        "condition was made of (100 is usual). 0 is off.",
        "game",
        live=True,
        ge=0,
        le=1000,
    )
    reconstruction_z: int = knob(
        1,
        "reconstruct the mean of",
        "So many images of one condition, each of its own z, are averaged before they are compared with the real one: "
        "from 2 on they may differ, where a single one had better ignore z.",
        "game",
        advanced=True,
        ge=1,
        le=8,
    )
    z_reward: float = knob(
        0.0,
        "reward for using z",
        "Rewards that images of one condition differ; 1 is the reward at which they differ as much as the real ones "
        "would, if pixels were independent. It needs a mean of at least 2. 0 is off.",
        "game",
        live=True,
        advanced=True,
        ge=0,
        le=2,
    )
    packing: int = knob(
        1,
        "packing (PacGAN)",
        "D judges so many independent samples at once, so that samples too much alike give G away: it helps when "
        "modes are missing. 1 is off.",
        "game",
        advanced=True,
        ge=1,
        le=8,
    )
    augment: tuple[AugmentName, ...] = knob(
        (),
        "augmentation",
        "DiffAugment: D sees real and generated images changed at random in the same way, which helps when the "
        "data are few.",
        "data",
        max_length=3,
    )
    generator: GeneratorConfig = GeneratorConfig()
    discriminator: DiscriminatorConfig = DiscriminatorConfig()
    latent_dim: int = knob(
        2, "size of z", "How many random numbers the generator starts from.", "noise", log=True, ge=1, le=512
    )
    prior: PriorName = knob(
        "normal",
        "noise",
        "normal: bell-shaped; uniform: even in [-√3, √3]. Both have variance 1.",
        "noise",
        advanced=True,
    )
    ema: float = knob(
        0.999,
        "averaging of G (EMA)",
        "The shown generator is a running average of G's weights with this memory; 0 is off.",
        "generator",
        live=True,
        advanced=True,
        ge=0,
        le=0.9999,
    )
    lr_g: float = knob(1e-3, "G learning rate", "Size of G's updates.", "rates", live=True, log=True, ge=1e-7, le=1)
    lr_d: float = knob(1e-3, "D learning rate", "Size of D's updates.", "rates", live=True, log=True, ge=1e-7, le=1)
    optimizer_g: OptimizerName = knob(
        "adam", "G optimiser", "How G's gradient becomes a step.", "rates", words=OPTIMIZER_WORDS
    )
    optimizer_d: OptimizerName = knob(
        "adam", "D optimiser", "How D's gradient becomes a step.", "rates", words=OPTIMIZER_WORDS
    )
    lookahead: int = knob(
        0,
        "lookahead every",
        "After so many of G's updates both players go half of the way back to where they were (5 is a start); it "
        "damps rotation. 0 is off.",
        "rates",
        advanced=True,
        ge=0,
        le=5000,
    )
    betas_g: tuple[Beta, Beta] = knob(
        (0.5, 0.999),
        "G betas",
        "Memories of the optimiser: the first of the gradient (SGD, RMSprop: momentum), "
        "the second of its size (SGD: unused).",
        "rates",
        live=True,
        advanced=True,
    )
    betas_d: tuple[Beta, Beta] = knob(
        (0.5, 0.999),
        "D betas",
        "Memories of the optimiser: the first of the gradient (SGD, RMSprop: momentum), "
        "the second of its size (SGD: unused).",
        "rates",
        live=True,
        advanced=True,
    )
    seed: int = knob(0, "seed", "Equal seeds give equal runs.", "seed", ge=0, le=2**31 - 1)

    @property
    def data_shape(self) -> tuple[int, ...]:
        """Shape of one sample of the data."""
        return self.data.shape

    @property
    def judged_shape(self) -> tuple[int, ...]:
        """Shape of what D gives one logit for: one sample, or a pack of them joined along its first dimension."""
        first, *rest = self.data.shape
        return (self.packing * first, *rest)

    @property
    def conditioned(self) -> bool:
        """True if both players are told what is left of a real sample."""
        return self.data.condition != "none"

    @property
    def n_told(self) -> int:
        """Numbers that stand beside z, or beside a flattened sample: a class or a condition; 0 without either."""
        return self.n_classes + (math.prod(self.data.condition_shape) if self.conditioned else 0)

    @property
    def n_classes(self) -> int:
        """Number of classes that the players are told of: 0 unless conditional."""
        return self.data.n_classes if self.conditional else 0
