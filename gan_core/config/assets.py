"""The folder of assets: presets, prose, weights of judges and recorded runs."""

from __future__ import annotations

import functools
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]


@functools.cache
def asset(*parts: str) -> Path:
    """Find a file or folder among the assets.

    Args:
        parts: Its folders and its name, such as ``"runs", "digits.zip"``.

    Returns:
        The path in a checkout, or in an installed package, which carries the assets in a private folder.
    """
    installed = _PACKAGE / "_app" / "assets"
    folder = installed if installed.is_dir() else _PACKAGE.parent / "assets"
    return folder.joinpath(*parts)
