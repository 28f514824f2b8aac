"""Settings by their dotted paths, and messages for those that are wrong."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from gan_core.errors import ConfigError

_SHOWN: Final = 40
"""Characters of a wrong path in a message: the names of all settings follow."""


def leaves(tree: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Flatten nested dicts to dotted path and value; lists are values."""
    out: dict[str, Any] = {}
    for key, value in tree.items():
        if isinstance(value, dict):
            out |= leaves(value, f"{prefix}{key}.")
        else:
            out[prefix + key] = value
    return out


def set_path(tree: dict[str, Any], path: str, value: Any, known: Iterable[str]) -> None:
    """Put a value at a dotted path of nested dicts and lists, in place.

    Args:
        tree: Plain data.
        path: Such as ``generator.width`` or ``regularisers.0.weight``; it must be there already.
        value: The value, or text as typed on a command line.
        known: The paths to name when this one is wrong.

    Raises:
        ConfigError: If the path does not exist.
    """
    node: Any = tree
    keys = path.split(".")
    for depth, key in enumerate(keys):
        last = depth == len(keys) - 1
        slot: Any = key
        if isinstance(node, list):
            if not (key.isascii() and key.isdigit() and len(key) < 4) or int(key) >= len(node):
                raise ConfigError(f"no setting {path[:_SHOWN]!r}: {'.'.join(keys[:depth])} has {len(node)} entries")
            slot = int(key)
        elif not isinstance(node, dict) or key not in node or (last and isinstance(node[key], dict)):
            raise ConfigError(f"no setting {path[:_SHOWN]!r}; there are: {', '.join(known)}")
        if last:
            node[slot] = _from_text(value, isinstance(node[slot], list)) if isinstance(value, str) else value
        else:
            node = node[slot]


def split(text: str) -> list[str]:
    """Split a text at its commas, but not within brackets or quotes."""
    parts, depth, quoted = [""], 0, False
    for c in text:
        quoted ^= c == '"'
        depth += 0 if quoted else (c in "[{") - (c in "]}")
        if c == "," and not depth and not quoted:
            parts.append("")
        else:
            parts[-1] += c
    return parts


def _from_text(text: str, several: bool = False) -> Any:
    """Read a value as typed: JSON where it is JSON (numbers, lists), else the word itself.

    Args:
        text: As typed.
        several: True for a setting that is a list: then ``none`` is an empty one, and commas separate its values.
    """
    if several and not text.lstrip().startswith("["):
        return [] if text.strip() in ("", "none") else [_from_text(part.strip()) for part in split(text)]
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def explain(error: Any, known: Iterable[str]) -> str:
    """Put one of pydantic's errors in one line: which setting, what was given, what is allowed."""
    path = ".".join(str(part) for part in error["loc"]) or "config"
    message = str(error["msg"]).removeprefix("Value error, ")
    if error["type"] == "value_error":
        return message
    if error["type"] == "extra_forbidden":
        return f"no setting {path[:_SHOWN]!r}; there are: {', '.join(known)}"
    try:
        given = repr(error["input"])
    except (RecursionError, ValueError):  # nested too deep, or a number of too many digits
        given = f"a huge {type(error['input']).__name__}"
    given = given if len(given) <= 60 else given[:57] + "..."
    return f"{path}={given} is not allowed: {message[:1].lower()}{message[1:]}"
