"""Values of the theory, computed where runs are: the server's own process needs no PyTorch for them."""

from __future__ import annotations

from typing import Any

from gan_core.theory.questions import Computed
from pages.ui import session


def computed(function: str, *args: Any, **named: Any) -> Any:
    """Compute a function of `gan_core.theory`; it must be known there, and its arguments plain values.

    Args:
        function: Its name.
        args: Its arguments.
        named: Those that have names.
    """
    return session.rooms().host.ask(Computed(function, args, named))
