"""The whole config of a run, and what may be done to a run."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

import pydantic
from pydantic import Field, model_validator

from gan_core.config.knobs import Frozen, Knob, collect, knob
from gan_core.config.names import (
    DATA_CLASSES,
    MAX_FLOPS_PER_STEP,
    MAX_PARAMETERS,
    AugmentName,
    ObjectiveName,
    OptimizerName,
    PriorName,
)
from gan_core.config.parts import DataConfig, DiscriminatorConfig, GeneratorConfig, Regularisation
from gan_core.config.paths import explain, leaves, set_path
from gan_core.config.sizes import DCGAN_MAPS, Size, dcgan_discriminator_size, dcgan_generator_size, mlp_size
from gan_core.errors import ConfigError

Beta = Annotated[float, Field(ge=0, lt=1)]


class RunConfig(Frozen):
    """All that defines a run: equal configs (and interventions) give equal numbers."""

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
    optimizer_g: OptimizerName = knob("adam", "G optimiser", "How G's gradient becomes a step.", "rates")
    optimizer_d: OptimizerName = knob("adam", "D optimiser", "How D's gradient becomes a step.", "rates")
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

    @model_validator(mode="after")
    def _fits_together(self) -> RunConfig:
        names = [r.name for r in self.regularisers]
        if len(set(names)) != len(names):
            raise ValueError(f"each penalty may be given once, but regularisers are {names}")
        self._fit_to_the_data()
        if names and self.discriminator.kind != "article" and self.discriminator.norm == "batch":
            raise ValueError(
                f"batch norm in D lets one sample change another's logit, so the per-sample penalty {names[0]} "
                "has no meaning; set discriminator.norm=none or regularisers=[]"
            )
        if self.n_parameters > MAX_PARAMETERS:
            raise ValueError(
                f"these networks have {self.n_parameters:,} weights; at most {MAX_PARAMETERS:,} are allowed: "
                "lower a width or a depth"
            )
        if self.flops_per_step > MAX_FLOPS_PER_STEP:
            raise ValueError(
                f"one step would cost about {self.flops_per_step / 1e9:.0f} GFLOP; at most "
                f"{MAX_FLOPS_PER_STEP / 1e9:.0f} are allowed: lower batch_size, a width, d_steps or g_steps"
            )
        return self

    def _fit_to_the_data(self) -> None:
        shape, name = self.data_shape, self.data.name
        images = len(shape) == 3
        what = f"{name} has " + (f"images of {shape[2]} x {shape[1]} px" if images else "points")
        for player in ("generator", "discriminator"):
            if getattr(self, player).kind == "dcgan" and not (images and shape[1] == shape[2] in DCGAN_MAPS):
                *sides, last = map(str, DCGAN_MAPS)
                raise ValueError(
                    f"dcgan needs square images of {', '.join(sides)} or {last} px, and {what}: set {player}.kind=mlp"
                )
        if self.conditional and name not in DATA_CLASSES:
            raise ValueError(
                f"conditional needs data with labels ({', '.join(DATA_CLASSES)}), and {name} has none: "
                "set conditional=false"
            )
        if self.augment and not images:
            raise ValueError(f"augment needs images, and {what}: set augment=[]")
        if len(set(self.augment)) != len(self.augment):
            raise ValueError(f"each augmentation may be given once, but augment is {list(self.augment)}")

    @property
    def idle(self) -> frozenset[str]:
        """Paths of settings that do nothing in this config, for a form to leave out."""
        out = {path for path in KNOBS if path.startswith("data.") and path != "data.name"}
        if self.data.name not in DATA_CLASSES:
            out.add("conditional")
        if len(self.data_shape) == 1:
            out.add("augment")
        for player in ("generator", "discriminator"):
            kind = getattr(self, player).kind
            used = {"article": (), "dcgan": ("width", "norm", "spectral_norm"), "mlp": ()}[kind]
            own = {path for path in KNOBS if path.startswith(f"{player}.") and not path.endswith(".kind")}
            if kind != "mlp":
                out |= {path for path in own if path.rpartition(".")[2] not in used}
        if self.generator.kind == "dcgan":
            out.add("generator.norm")
        return frozenset(out)

    @property
    def data_shape(self) -> tuple[int, ...]:
        """Shape of one sample of the data."""
        return self.data.shape

    @property
    def n_classes(self) -> int:
        """Number of classes that the players are told of: 0 unless conditional."""
        return DATA_CLASSES[self.data.name] if self.conditional else 0

    @property
    def _sizes(self) -> tuple[Size, Size]:
        g, d, shape, n_classes = self.generator, self.discriminator, self.data_shape, self.n_classes
        n_in, pixels = self.latent_dim + n_classes, math.prod(shape)
        return (
            dcgan_generator_size(n_in, g.width, shape)
            if g.kind == "dcgan"
            else mlp_size((n_in, *g.widths, pixels), batch_norm=g.kind == "mlp" and g.norm == "batch"),
            dcgan_discriminator_size(d.width, shape, n_classes, batch_norm=d.norm == "batch")
            if d.kind == "dcgan"
            else mlp_size((pixels + n_classes, *d.widths, 1), batch_norm=d.kind == "mlp" and d.norm == "batch"),
        )

    @property
    def n_parameters(self) -> int:
        """Trained numbers of both networks."""
        return sum(size.weights for size in self._sizes)

    @property
    def flops_per_step(self) -> float:
        """Floating point operations of one step: an estimate from the layer sizes."""
        g, d = (size.products for size in self._sizes)
        passes = sum({"gradient_penalty": 9, "r1": 9, "r2": 9, "r1_r2": 18}[r.name] for r in self.regularisers)
        d_update = g + 6 * d + passes * d
        g_update = 3 * g + (2 + (2 if self.objective == "relativistic" else 0)) * d
        return 2.0 * self.batch_size * (self.d_steps * d_update + self.g_steps * g_update)

    def changed(self, changes: Mapping[str, Any]) -> RunConfig:
        """This config with other values at dotted paths.

        Args:
            changes: Path to value, such as ``{"generator.width": 64, "regularisers.0.weight": 0.3}``. A value
                may be text as typed on a command line.

        Returns:
            A new, validated config.

        Raises:
            ConfigError: If a path does not exist or a value is not allowed; the message says what is.
        """
        tree: dict[str, Any] = self.model_dump(mode="json")
        for path, value in changes.items():
            set_path(tree, path, value, KNOBS)
        return parse_config(tree)

    def retuned(self, changes: Mapping[str, Any]) -> RunConfig:
        """As `changed`, for a run that goes on.

        Raises:
            ConfigError: Also if a setting would need a restart.
        """
        config = self.changed(changes)
        fixed = [path for path in self.differences(config) if not is_live(path)]
        if fixed:
            raise ConfigError(f"{', '.join(fixed)} cannot change during a run: start a new one")
        return config

    def differences(self, other: RunConfig) -> dict[str, Any]:
        """Paths at which ``other`` has another value, with its value there.

        Penalties that differ in weight or ``every`` alone are named one by one; else the whole list is.
        """
        mine, theirs = leaves(self.model_dump(mode="json")), leaves(other.model_dump(mode="json"))
        out = {path: value for path, value in theirs.items() if mine.get(path) != value}
        same = [r.name for r in self.regularisers] == [r.name for r in other.regularisers]
        if same and "regularisers" in out:
            del out["regularisers"]
            for i, (a, b) in enumerate(zip(self.regularisers, other.regularisers, strict=True)):
                out |= {f"regularisers.{i}.{k}": v for k, v in b if getattr(a, k) != v}
        return out


def parse_config(tree: Any) -> RunConfig:
    """A config from plain data.

    Raises:
        ConfigError: In one line: which setting, what was given, what is allowed.
    """
    try:
        return RunConfig.model_validate(tree)
    except pydantic.ValidationError as error:
        raise ConfigError("; ".join(explain(e, KNOBS) for e in error.errors()[:3])) from None
    except (RecursionError, OverflowError, TypeError) as error:
        raise ConfigError(f"this is not a config: {error}") from None


class Intervention(Frozen):
    """What a person did to a run after ``step`` steps: a live knob, or one lone update.

    Attributes:
        step: Number of finished steps when it happened.
        changes: Live settings changed, path to value.
        update: ``"d"`` or ``"g"`` for a lone update of that player.
    """

    step: int = Field(ge=0, le=10**12)
    changes: dict[str, Any] = Field(default_factory=dict, max_length=32)
    update: Literal["d", "g"] | None = None


KNOBS: Final[dict[str, Knob]] = {knob.path: knob for knob in collect(RunConfig)}
"""Every setting by its path."""

PENALTY_KNOBS: Final[dict[str, Knob]] = {knob.path: knob for knob in collect(Regularisation)}
"""The settings of one entry of ``regularisers``."""


def is_live(path: str) -> bool:
    """True if the setting at ``path`` may change without a restart."""
    if path.startswith("regularisers."):
        return PENALTY_KNOBS[path.rpartition(".")[2]].live
    return KNOBS[path.rstrip(".0123456789")].live
