"""The config: a frozen value, and the only truth about a run.

Configs come from strangers (a link, a file, the command line), so each field declares once its default, its
range, its words and whether it may change while a run goes on. The validator, the widget, ``--set``, the link
and the question "retune or restart?" all read that one declaration.

Units: rates are per optimiser update, ``clip`` is in units of weight, a penalty's ``weight`` is the paper's
coefficient. ``every: k`` applies k times the weight at every k-th D update (lazy regularisation).
"""

from __future__ import annotations

from gan_core.config.interventions import Intervention, Origin
from gan_core.config.knobs import Knob
from gan_core.config.names import (
    ARTICLE_WIDTHS_D,
    ARTICLE_WIDTHS_G,
    DATA_CLASSES,
    DATA_SHAPES,
    MAX_FLOPS_PER_STEP,
    MAX_PARAMETERS,
    MAXOUT_PIECES,
    MINIBATCH_KERNEL_DIM,
    MINIBATCH_KERNELS,
    ActivationName,
    AugmentName,
    ConditionName,
    DataName,
    GeneratorKind,
    MinibatchName,
    NetworkKind,
    NormName,
    ObjectiveName,
    OptimizerName,
    PriorName,
    RegulariserName,
    Section,
)
from gan_core.config.parts import DataConfig, DiscriminatorConfig, GeneratorConfig, Regularisation
from gan_core.config.run import KNOBS, PENALTY_KNOBS, Change, RunConfig, is_live, parse_config
from gan_core.config.sizes import (
    DCGAN_KERNEL,
    DCGAN_MAPS,
    RESIDUAL_KERNEL,
    RESIZE_KERNEL,
    WAVE_KERNEL,
    WAVE_STRIDE,
    dcgan_channels,
    residual_stride,
    wave_channels,
    wave_start,
)

__all__ = [
    "ARTICLE_WIDTHS_D",
    "ARTICLE_WIDTHS_G",
    "DATA_CLASSES",
    "DATA_SHAPES",
    "DCGAN_KERNEL",
    "DCGAN_MAPS",
    "KNOBS",
    "MAXOUT_PIECES",
    "MAX_FLOPS_PER_STEP",
    "MAX_PARAMETERS",
    "MINIBATCH_KERNELS",
    "MINIBATCH_KERNEL_DIM",
    "PENALTY_KNOBS",
    "RESIDUAL_KERNEL",
    "RESIZE_KERNEL",
    "WAVE_KERNEL",
    "WAVE_STRIDE",
    "ActivationName",
    "AugmentName",
    "Change",
    "ConditionName",
    "DataConfig",
    "DataName",
    "DiscriminatorConfig",
    "GeneratorConfig",
    "GeneratorKind",
    "Intervention",
    "Knob",
    "MinibatchName",
    "NetworkKind",
    "NormName",
    "ObjectiveName",
    "OptimizerName",
    "Origin",
    "PriorName",
    "Regularisation",
    "RegulariserName",
    "RunConfig",
    "Section",
    "dcgan_channels",
    "is_live",
    "parse_config",
    "residual_stride",
    "wave_channels",
    "wave_start",
]
