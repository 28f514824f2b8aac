"""Write the browser's types of a frame's header: ``python -m scripts.frame_types``.

They are made of the typed dictionaries in `gan_core.record.frame` and of the numbers of a step; a test holds the
written file equal to what this script makes.
"""

from __future__ import annotations

import ast
import inspect
import re
import types
from pathlib import Path
from typing import Any, Final, Literal, NotRequired, Union, get_args, get_origin, get_type_hints, is_typeddict

from gan_core.record import frame, history

TARGET: Final = Path(__file__).parents[1] / "pages" / "ui" / "web" / "core" / "frame-types.js"
_HEAD: Final = """\
// @ts-check
// Types of a frame's header, made by `python -m scripts.frame_types` of gan_core/record/frame.py: do not edit.
"""
_TAIL: Final = """

/**
 * What the page itself adds to a header: the best state so far, and the step of the past that is looked at.
 * @typedef {object} Added
 * @property {{step: number, metric: string, value: number} | null} [best]
 * @property {number} [moment]
 */

/** @typedef {Header & {arrays: Record<string, ArrayPlace>} & Added} FrameHeader */

export {};
"""
_PLAIN: Final = {int: "number", float: "number", str: "string", bool: "boolean", type(None): "null", Any: "any"}
_WIDTH: Final = 120


def declared() -> dict[str, Any]:
    """List the typed dictionaries of a run's header by name, in the order in which they are declared."""
    return {
        name: kind for name, kind in vars(frame).items() if is_typeddict(kind) and kind.__module__ == frame.__name__
    }


def in_javascript(kind: Any) -> str:
    """Translate a Python type to one of JSDoc."""
    if kind in _PLAIN:
        return _PLAIN[kind]
    if kind == frame.Stats:
        return "Stats"
    if is_typeddict(kind):
        return str(kind.__name__)
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Literal:
        return " | ".join(f"'{value}'" for value in arguments)
    if origin in (Union, types.UnionType):
        return " | ".join(in_javascript(argument) for argument in arguments)
    if origin is NotRequired:
        return in_javascript(arguments[0])
    if origin is list:
        inner = in_javascript(arguments[0])
        return f"({inner})[]" if " " in inner else f"{inner}[]"
    if origin is dict:
        return f"Record<{in_javascript(arguments[0])}, {in_javascript(arguments[1])}>"
    raise TypeError(f"no JavaScript type is known for {kind!r}: add it to scripts/frame_types.py")


def first_line(kind: Any) -> str:
    """Return the first line of a docstring."""
    return (inspect.getdoc(kind) or "").partition("\n")[0]


def notes(kind: Any) -> dict[str, str]:
    """Read what a class's docstring says of each attribute."""
    _, _, listed = (inspect.getdoc(kind) or "").partition("Attributes:\n")
    found = re.findall(r"^    (\w+): ((?:.*\n?)(?:^ {8}.*\n?)*)", listed, re.M)
    return {name: " ".join(words.split()) for name, words in found}


def typedef(name: str, words: str, lines: list[tuple[str, str, str]]) -> str:
    """One type definition.

    Args:
        name: Of the type.
        words: What it is.
        lines: For each property its type, its name (in brackets if it may be absent) and what it is.
    """
    rows = [f" * @property {{{kind}}} {key} {note}".rstrip() for kind, key, note in lines]
    wrapped: list[str] = []
    for row in rows:
        while len(row) > _WIDTH:
            cut = row.rindex(" ", 0, _WIDTH + 1)
            wrapped.append(row[:cut])
            row = f" *   {row[cut + 1 :]}"
        wrapped.append(row)
    return "\n".join(["/**", f" * {words}", f" * @typedef {{object}} {name}", *wrapped, " */"])


def joined(name: str, words: str, bases: list[str], lines: list[tuple[str, str, str]]) -> str:
    """Write a type definition of a class that may be made of others; arguments as for `typedef`."""
    if not bases:
        return typedef(name, words, lines)
    own = [f"{{{', '.join(f'{key}: {kind}' for kind, key, _ in lines)}}}"] if lines else []
    return f"/**\n * {words}\n * @typedef {{{' & '.join(bases + own)}}} {name}\n */"


def bases_of(module: types.ModuleType) -> dict[str, list[str]]:
    """Names of the classes of a module, and of what each is made of; a typed dictionary forgets it in Python 3.11."""
    classes = (node for node in ast.parse(inspect.getsource(module)).body if isinstance(node, ast.ClassDef))
    return {node.name: [ast.unparse(base) for base in node.bases] for node in classes}


def make() -> str:
    """Write the whole file."""
    quantities = [("number | null", name, about.label) for name, about in history.ABOUT.items()]
    step, value = ("number", "step", "Number of the step"), ("number | null", "value", "The game's value")
    parts = [typedef("Stats", "The numbers of one step.", [step, *quantities, value])]
    kinds = declared()
    for name, bases in bases_of(frame).items():
        if name not in kinds:
            continue
        hints, said = get_type_hints(kinds[name], include_extras=True), notes(kinds[name])
        made_of = [base for base in bases if base in kinds]
        lines = [
            (in_javascript(hint), f"[{key}]" if get_origin(hint) is NotRequired else key, said.get(key, ""))
            for key, hint in hints.items()
            if not any(key in get_type_hints(kinds[base]) for base in made_of)
        ]
        parts.append(joined(name, first_line(kinds[name]), made_of, lines))
    return _HEAD + "\n" + "\n\n".join(parts) + _TAIL


def main() -> None:
    """Write the file."""
    TARGET.write_text(make(), encoding="utf-8")


if __name__ == "__main__":
    main()
