"""Pieces of this package's own source for a run's script: each with all that it refers to, and no more."""

from __future__ import annotations

import ast
import functools
import importlib
import inspect
from collections.abc import Iterable
from typing import Any, Final

_OWN: Final = "gan_core"


class Pieces:
    """Definitions taken over so far, in an order in which they can be run.

    Attributes:
        sources: Source of each definition, by its name.
        imports: Import lines that they need.
    """

    def __init__(self) -> None:
        self.sources: dict[str, str] = {}
        self.imports: set[str] = set()

    def add(self, *objects: Any) -> str:
        """Take over functions or classes of this package, with the definitions and imports that they need.

        Args:
            objects: Defined at the top of a module.

        Returns:
            The source of all that was not there before.
        """
        before = len(self.sources)
        for thing in objects:
            self._visit(thing.__name__, thing.__module__)
        return "\n\n\n".join(list(self.sources.values())[before:])

    def _visit(self, name: str, module: str) -> None:
        node = _definitions(module)[name]
        if isinstance(node, ast.Import):
            self.imports.add(ast.unparse(node))
        elif isinstance(node, ast.ImportFrom):
            assert node.module is not None
            if node.module.split(".")[0] == _OWN:
                self._visit(name, node.module)
            else:
                self.imports.add(f"from {node.module} import {name}")
        elif name not in self.sources:
            self.sources[name] = ""  # a definition may name itself
            for inner in _names(node):
                if inner in _definitions(module):
                    self._visit(inner, module)
            del self.sources[name]
            self.sources[name] = _source(node, module)


@functools.cache
def _definitions(module: str) -> dict[str, ast.stmt]:
    """Find the statement that defines each name at the top of a module."""
    found: dict[str, ast.stmt] = {}
    for node in ast.parse(inspect.getsource(importlib.import_module(module))).body:
        for name in _defined(node):
            found[name] = node
    return found


def _defined(node: ast.stmt) -> Iterable[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.Import | ast.ImportFrom):
        return [alias.asname or alias.name for alias in node.names]
    if isinstance(node, ast.Assign):
        return [target.id for target in node.targets if isinstance(target, ast.Name)]
    return [node.target.id] if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) else []


def _names(node: ast.stmt) -> list[str]:
    """Names that a definition uses, in the order in which they first appear."""
    return list(dict.fromkeys(n.id for n in ast.walk(node) if isinstance(n, ast.Name)))


def _source(node: ast.stmt, module: str) -> str:
    """Return a definition's lines, decorators included."""
    lines = inspect.getsource(importlib.import_module(module)).splitlines()
    decorators = getattr(node, "decorator_list", [])
    first = min([node.lineno, *(d.lineno for d in decorators)])
    return "\n".join(lines[first - 1 : node.end_lineno])
