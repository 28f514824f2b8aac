"""Knobs: the declaration of a config field, read by validator, form, command line and links."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field

from gan_core.config.names import Section


@dataclass(frozen=True)
class Knob:
    """Declaration of a config field, for widgets, the command line and links.

    Attributes:
        path: Dotted path, as in ``--set generator.width=64``.
        label: Short name on the page.
        help: One sentence.
        section: Part of the form (and of the flow picture) that the knob belongs to.
        live: True if it acts without a restart.
        advanced: True if it is rare.
        log: True if its scale is logarithmic.
        choices: Allowed words, for a field that has them.
        words: What a page calls those choices that it does not call by their plain names.
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
    words: Mapping[str, str]
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
    words: Mapping[str, str] | None = None,
    **bounds: Any,
) -> Any:
    """Declare a field: its default, range, words, and whether it may change live.

    Args:
        default: The default value.
        label: Short name on the page.
        help: One sentence.
        section: Part of the form.
        live: True if it acts without a restart.
        advanced: True if it is rare.
        log: True if its scale is logarithmic.
        words: What a page calls some of the choices.
        bounds: As for pydantic's ``Field``: ``ge``, ``le``, ``max_length``.
    """
    extra: dict[str, Any] = {"label": label, "section": section, "live": live, "advanced": advanced, "log": log}
    extra["words"] = dict(words or {})
    return Field(default, description=help, json_schema_extra=extra, **bounds)


class Frozen(BaseModel):
    """Base of all parts of a config: immutable, and strict about unknown fields and numbers that are not finite."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def collect(model: type[BaseModel], prefix: str = "") -> Iterable[Knob]:
    """Yield every knob of a model, those of nested models by their dotted paths."""
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
        allowed = get_args(get_args(inner)[0] if many else inner)
        yield Knob(
            path=prefix + name,
            help=field.description or "",
            choices=allowed if all(isinstance(name, str) for name in allowed) else (),
            many=many,
            low=bounds.get("ge"),
            high=bounds.get("le"),
            integer=inner is int,
            default=field.default,
            **extra,  # type: ignore[arg-type]
        )
