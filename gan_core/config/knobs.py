"""Knobs: what a config field says about itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field

from gan_core.config.names import Section


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
        many: True if it takes several of the choices, each once.
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
    many: bool
    low: float | None
    high: float | None
    integer: bool
    default: Any


def knob(
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
    """A field that declares its default, range, words, and whether it may change live.

    Args:
        default: The default value.
        label: Short name on the page.
        help: One sentence.
        section: Part of the form.
        live: True if it acts without a restart.
        advanced: True if it is rare.
        log: True if its scale is logarithmic.
        bounds: As for pydantic's ``Field``: ``ge``, ``le``, ``max_length``.
    """
    extra: dict[str, Any] = {"label": label, "section": section, "live": live, "advanced": advanced, "log": log}
    return Field(default, description=help, json_schema_extra=extra, **bounds)


class Frozen(BaseModel):
    """What all parts of a config are: values that never change and refuse what they do not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def collect(model: type[BaseModel], prefix: str = "") -> Iterable[Knob]:
    """Every knob of a model, those of nested models by their dotted paths."""
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from collect(inner, f"{prefix}{name}.")
            continue
        extra = field.json_schema_extra
        if not isinstance(extra, dict):
            raise TypeError(f"{model.__name__}.{name} is not declared as a knob")
        bounds = {k: getattr(m, k) for m in field.metadata for k in ("ge", "le") if hasattr(m, k)}
        many = get_origin(inner) is tuple and get_origin(get_args(inner)[0]) is Literal
        words = get_args(get_args(inner)[0] if many else inner)
        yield Knob(
            path=prefix + name,
            help=field.description or "",
            choices=words if all(isinstance(w, str) for w in words) else (),
            many=many,
            low=bounds.get("ge"),
            high=bounds.get("le"),
            integer=inner is int,
            default=field.default,
            **extra,  # type: ignore[arg-type]
        )
