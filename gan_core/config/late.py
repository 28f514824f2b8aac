"""Functions of modules that are imported when they are first called.

The entries of a table name their functions so: formulas, words and shapes are then read without PyTorch.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable
from typing import Any


def late(module: str, name: str) -> Callable[..., Any]:
    """Stand in for a function of a module that is not imported yet.

    Args:
        module: Full name of the module.
        name: Name of the function in it.

    Returns:
        A function with the name and the module of the other, which imports and calls it.
    """

    @functools.cache
    def found() -> Callable[..., Any]:
        function: Callable[..., Any] = getattr(importlib.import_module(module), name)
        return function

    def call(*args: Any, **kwargs: Any) -> Any:
        return found()(*args, **kwargs)

    call.__name__ = call.__qualname__ = name
    call.__module__ = module
    return call
