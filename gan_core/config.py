"""The config: a frozen value, and the only truth about a run.

Configs come from strangers (a link, a file, the command line), so each field declares once its default, its
range, its words and whether it may change while a run goes on. The validator, the widget, ``--set``, the link
and the question "retune or restart?" all read that one declaration.

Units: rates are per optimiser update, ``clip`` is in units of weight, a penalty's ``weight`` is the paper's
coefficient. ``every: k`` applies k times the weight at every k-th D update (lazy regularisation).
"""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal, get_args

import pydantic
from pydantic import BaseModel, ConfigDict, Field, model_validator

from gan_core.errors import ConfigError

DataName = Literal[
    "gaussians-2",
    "ring",
    "blobs-3",
    "line",
    "ring-8",
    "grid-25",
    "moons",
    "swiss-roll",
    "digits",
    "mnist",
    "fashion-mnist",
]
ObjectiveName = Literal["minimax", "non_saturating", "least_squares", "wasserstein", "hinge", "relativistic"]
RegulariserName = Literal["gradient_penalty", "r1", "r2", "r1_r2"]
OptimizerName = Literal["adam", "sgd", "rmsprop"]
PriorName = Literal["normal", "uniform"]
NetworkKind = Literal["mlp", "article"]
ActivationName = Literal["relu", "leaky_relu", "tanh", "silu"]
NormName = Literal["none", "batch"]
Section = Literal["data", "game", "noise", "generator", "discriminator", "rates", "seed"]

DATA_SHAPES: Final[Mapping[str, tuple[int, ...]]] = {
    **dict.fromkeys(get_args(DataName)[:8], (2,)),
    "digits": (1, 8, 8),
    "mnist": (1, 28, 28),
    "fashion-mnist": (1, 28, 28),
}
"""Shape of one sample, known without loading anything; a test holds it equal to the data."""

ARTICLE_WIDTHS_G: Final = (256, 512, 1024)
ARTICLE_WIDTHS_D: Final = (1024, 512, 256)
MAX_PARAMETERS: Final = 20_000_000
MAX_FLOPS_PER_STEP: Final = 15e9
"""About half a second on one core at 30 GFLOP/s."""


@dataclass(frozen=True)
class Knob:
    """What a config field says about itself, for widgets, the command line and links.

    Attributes:
        path: Dotted path, as in ``--set generator.width=64``.
        label: Short name on the page.
        help: One sentence.
        section: Part of the form (and of the flow picture) that the knob belongs to.
        live: True if it acts without a restart.
        advanced: True if it is rare.
        log: True if its scale is logarithmic.
        choices: Allowed words, for a field that has them.
        low: Smallest allowed value, or None.
        high: Largest allowed value, or None.
        integer: True for whole numbers.
        default: The default value.
    """

    path: str
    label: str
    help: str
    section: Section
    live: bool
    advanced: bool
    log: bool
    choices: tuple[str, ...]
    low: float | None
    high: float | None
    integer: bool
    default: Any


def _knob(
    default: Any,
    label: str,
    help: str,  # noqa: A002 - the field's own word
    section: Section,
    *,
    live: bool = False,
    advanced: bool = False,
    log: bool = False,
    **bounds: Any,
) -> Any:
    extra: dict[str, Any] = {"label": label, "section": section, "live": live, "advanced": advanced, "log": log}
    return Field(default, description=help, json_schema_extra=extra, **bounds)


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class DataConfig(_Frozen):
    """Which data the GAN is to imitate; data is named, never given by path."""

    name: DataName = _knob("digits", "data set", "What the generator is to imitate.", "data")


class Regularisation(_Frozen):
    """One penalty on D: its name, its weight, and how often it is applied."""

    name: RegulariserName = _knob("r1_r2", "penalty", "A penalty on how steep D may be.", "game")
    weight: float = _knob(
        0.1,
        "penalty weight",
        "How strongly D's steepness is punished: the paper's γ or λ.",
        "game",
        live=True,
        log=True,
        ge=0,
        le=1000,
    )
    every: int = _knob(
        1,
        "penalty every k updates",
        "Apply k times the weight at every k-th D update, which is cheaper.",
        "game",
        live=True,
        advanced=True,
        ge=1,
        le=64,
    )


class GeneratorConfig(_Frozen):
    """The generator: noise in, sample out."""

    kind: NetworkKind = _knob(
        "mlp", "generator", "mlp: as set below; article: 256-512-1024, ReLU, as in the article.", "generator"
    )
    width: int = _knob(128, "G width", "Units in each hidden layer.", "generator", log=True, ge=1, le=1024)
    depth: int = _knob(2, "G hidden layers", "Number of hidden layers.", "generator", ge=0, le=8)
    activation: ActivationName = _knob(
        "relu", "G activation", "What each hidden unit does to its sum.", "generator", advanced=True
    )
    norm: NormName = _knob(
        "none", "G normalisation", "Batch norm in the hidden layers, or none.", "generator", advanced=True
    )

    @property
    def widths(self) -> tuple[int, ...]:
        """Units of the hidden layers, in order."""
        return ARTICLE_WIDTHS_G if self.kind == "article" else (self.width,) * self.depth


class DiscriminatorConfig(_Frozen):
    """The discriminator: sample in, one logit out (high means real)."""

    kind: NetworkKind = _knob(
        "mlp",
        "discriminator",
        "mlp: as set below; article: 1024-512-256, LeakyReLU 0.2, dropout 0.3.",
        "discriminator",
    )
    width: int = _knob(128, "D width", "Units in each hidden layer.", "discriminator", log=True, ge=1, le=1024)
    depth: int = _knob(2, "D hidden layers", "Number of hidden layers.", "discriminator", ge=0, le=8)
    activation: ActivationName = _knob(
        "leaky_relu", "D activation", "What each hidden unit does to its sum.", "discriminator", advanced=True
    )
    norm: NormName = _knob(
        "none",
        "D normalisation",
        "Batch norm in the hidden layers, or none. It couples samples, so no penalty goes with it.",
        "discriminator",
        advanced=True,
    )
    dropout: float = _knob(
        0.0,
        "D dropout",
        "Share of hidden units switched off at random in each update.",
        "discriminator",
        advanced=True,
        ge=0,
        le=0.9,
    )
    spectral_norm: bool = _knob(
        False,
        "spectral norm",
        "Divide each weight by its largest singular value, so that D cannot be steep.",
        "discriminator",
        advanced=True,
    )

    @property
    def widths(self) -> tuple[int, ...]:
        """Units of the hidden layers, in order."""
        return ARTICLE_WIDTHS_D if self.kind == "article" else (self.width,) * self.depth


Beta = Annotated[float, Field(ge=0, lt=1)]


class RunConfig(_Frozen):
    """All that defines a run: equal configs (and interventions) give equal numbers."""

    data: DataConfig = DataConfig()
    objective: ObjectiveName = _knob("non_saturating", "objective", "The game: what D and what G minimise.", "game")
    regularisers: tuple[Regularisation, ...] = _knob(
        (), "penalties", "Penalties on D that steady the game.", "game", max_length=3
    )
    d_steps: int = _knob(1, "D updates per step", "D updates in each step, before G's.", "game", live=True, ge=1, le=10)
    g_steps: int = _knob(1, "G updates per step", "G updates in each step, after D's.", "game", live=True, ge=1, le=10)
    clip: float = _knob(
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
    batch_size: int = _knob(64, "batch size", "Samples of each kind in one update.", "data", log=True, ge=2, le=1024)
    generator: GeneratorConfig = GeneratorConfig()
    discriminator: DiscriminatorConfig = DiscriminatorConfig()
    latent_dim: int = _knob(
        2, "size of z", "How many random numbers the generator starts from.", "noise", log=True, ge=1, le=512
    )
    prior: PriorName = _knob(
        "normal",
        "noise",
        "normal: bell-shaped; uniform: even in [-√3, √3]. Both have variance 1.",
        "noise",
        advanced=True,
    )
    ema: float = _knob(
        0.999,
        "averaging of G (EMA)",
        "The shown generator is a running average of G's weights with this memory; 0 is off.",
        "generator",
        live=True,
        advanced=True,
        ge=0,
        le=0.9999,
    )
    lr_g: float = _knob(1e-3, "G learning rate", "Size of G's updates.", "rates", live=True, log=True, ge=1e-7, le=1)
    lr_d: float = _knob(1e-3, "D learning rate", "Size of D's updates.", "rates", live=True, log=True, ge=1e-7, le=1)
    optimizer_g: OptimizerName = _knob("adam", "G optimiser", "How G's gradient becomes a step.", "rates")
    optimizer_d: OptimizerName = _knob("adam", "D optimiser", "How D's gradient becomes a step.", "rates")
    betas_g: tuple[Beta, Beta] = _knob(
        (0.5, 0.999),
        "G betas",
        "Memories of the optimiser: the first of the gradient (SGD, RMSprop: momentum), "
        "the second of its size (SGD: unused).",
        "rates",
        live=True,
        advanced=True,
    )
    betas_d: tuple[Beta, Beta] = _knob(
        (0.5, 0.999),
        "D betas",
        "Memories of the optimiser: the first of the gradient (SGD, RMSprop: momentum), "
        "the second of its size (SGD: unused).",
        "rates",
        live=True,
        advanced=True,
    )
    seed: int = _knob(0, "seed", "Equal seeds give equal runs.", "seed", ge=0, le=2**31 - 1)

    @model_validator(mode="after")
    def _fits_together(self) -> RunConfig:
        names = [r.name for r in self.regularisers]
        if len(set(names)) != len(names):
            raise ValueError(f"each penalty may be given once, but regularisers are {names}")
        if names and self.discriminator.kind == "mlp" and self.discriminator.norm == "batch":
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

    @property
    def data_shape(self) -> tuple[int, ...]:
        """Shape of one sample of the data."""
        return DATA_SHAPES[self.data.name]

    @property
    def _weights(self) -> tuple[int, int]:
        size = math.prod(self.data_shape)
        return (
            _mlp_weights((self.latent_dim, *self.generator.widths, size)),
            _mlp_weights((size, *self.discriminator.widths, 1)),
        )

    @property
    def n_parameters(self) -> int:
        """Weights and biases of both networks, batch norm left out."""
        return sum(self._weights)

    @property
    def flops_per_step(self) -> float:
        """Floating point operations of one step: an estimate from the layer sizes."""
        g, d = self._weights
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
            _set_path(tree, path, value)
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
        mine, theirs = _leaves(self.model_dump(mode="json")), _leaves(other.model_dump(mode="json"))
        out = {path: value for path, value in theirs.items() if mine.get(path) != value}
        same = [r.name for r in self.regularisers] == [r.name for r in other.regularisers]
        if same and "regularisers" in out:
            del out["regularisers"]
            for i, (a, b) in enumerate(zip(self.regularisers, other.regularisers, strict=True)):
                out |= {f"regularisers.{i}.{k}": v for k, v in b if getattr(a, k) != v}
        return out


def _mlp_weights(sizes: tuple[int, ...]) -> int:
    return sum(a * b + b for a, b in itertools.pairwise(sizes))


def _leaves(tree: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    out: dict[str, Any] = {}
    for key, value in tree.items():
        if isinstance(value, dict):
            out |= _leaves(value, f"{prefix}{key}.")
        else:
            out[prefix + key] = value
    return out


def _set_path(tree: dict[str, Any], path: str, value: Any) -> None:
    node: Any = tree
    keys = path.split(".")
    for depth, key in enumerate(keys):
        last = depth == len(keys) - 1
        slot: Any = key
        if isinstance(node, list):
            if not (key.isascii() and key.isdigit() and len(key) < 4) or int(key) >= len(node):
                raise ConfigError(f"no setting {path[:80]!r}: {'.'.join(keys[:depth])} has {len(node)} entries")
            slot = int(key)
        elif not isinstance(node, dict) or key not in node or (last and isinstance(node[key], dict)):
            raise ConfigError(f"no setting {path[:80]!r}; there are: {', '.join(KNOBS)}")
        if last:
            node[slot] = _from_text(value) if isinstance(value, str) else value
        else:
            node = node[slot]


def _from_text(text: str) -> Any:
    """JSON where the text is JSON (numbers, lists), the text itself where it is a word."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def parse_config(tree: Any) -> RunConfig:
    """A config from plain data.

    Raises:
        ConfigError: In one line: which setting, what was given, what is allowed.
    """
    try:
        return RunConfig.model_validate(tree)
    except pydantic.ValidationError as error:
        raise ConfigError("; ".join(_explain(e) for e in error.errors()[:3])) from None
    except (RecursionError, OverflowError, TypeError) as error:
        raise ConfigError(f"this is not a config: {error}") from None


def _explain(error: Any) -> str:
    path = ".".join(str(part) for part in error["loc"]) or "config"
    message = str(error["msg"]).removeprefix("Value error, ")
    if error["type"] == "value_error":
        return message
    if error["type"] == "extra_forbidden":
        return f"no setting {path[:80]!r}; there are: {', '.join(KNOBS)}"
    try:
        given = repr(error["input"])
    except (RecursionError, ValueError):  # nested too deep, or a number of too many digits
        given = f"a huge {type(error['input']).__name__}"
    given = given if len(given) <= 60 else given[:57] + "..."
    return f"{path}={given} is not allowed: {message[:1].lower()}{message[1:]}"


class Intervention(_Frozen):
    """What a person did to a run after ``step`` steps: a live knob, or one lone update.

    Attributes:
        step: Number of finished steps when it happened.
        changes: Live settings changed, path to value.
        update: ``"d"`` or ``"g"`` for a lone update of that player.
    """

    step: int = Field(ge=0, le=10**12)
    changes: dict[str, Any] = Field(default_factory=dict, max_length=32)
    update: Literal["d", "g"] | None = None


def _collect(model: type[BaseModel], prefix: str = "") -> Iterable[Knob]:
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from _collect(inner, f"{prefix}{name}.")
            continue
        extra = field.json_schema_extra
        if not isinstance(extra, dict):
            raise TypeError(f"{model.__name__}.{name} is not declared as a knob")
        bounds = {k: getattr(m, k) for m in field.metadata for k in ("ge", "le") if hasattr(m, k)}
        words = get_args(inner)
        yield Knob(
            path=prefix + name,
            help=field.description or "",
            choices=words if all(isinstance(w, str) for w in words) else (),
            low=bounds.get("ge"),
            high=bounds.get("le"),
            integer=inner is int,
            default=field.default,
            **extra,  # type: ignore[arg-type]
        )


KNOBS: Final[dict[str, Knob]] = {knob.path: knob for knob in _collect(RunConfig)}
"""Every setting by its path."""

PENALTY_KNOBS: Final[dict[str, Knob]] = {knob.path: knob for knob in _collect(Regularisation)}
"""The settings of one entry of ``regularisers``."""


def is_live(path: str) -> bool:
    """True if the setting at ``path`` may change without a restart."""
    if path.startswith("regularisers."):
        return PENALTY_KNOBS[path.rpartition(".")[2]].live
    return KNOBS[path.rstrip(".0123456789")].live
