"""Data that another process of the app may have, own ones and files: whom to ask for them. Importable without torch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

Look = Callable[[str], bytes | None]
"""Takes the hash of data, or `FILE` and a path below the data folder; returns what `gan_core.data.own.packed` gives
where they are, or the file's content; None if they are not there."""

FILE: Final = "file:"

_looks: list[Look] = []


def look_elsewhere(look: Look) -> None:
    """Have data that are not here looked for there, too."""
    _looks.append(look)


def look_here_alone(look: Look) -> None:
    """Do not look there any more."""
    if look in _looks:
        _looks.remove(look)


def fetch(what: str) -> bytes | None:
    """Look for data that are not here, as `Look` does; None if nobody has them."""
    return next((found for look in list(_looks) if (found := look(what)) is not None), None)
