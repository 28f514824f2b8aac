"""A question about the theory, answered where PyTorch is; plain values, importable without it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from gan_core import theory

COMPUTED: Final = ("eigenvalues", "factor", "field", "learn", "play", "play_all", "pull", "reading", "reading_of_steps")
"""Functions of `gan_core.theory` that differentiate the app's own losses."""


@dataclass(frozen=True)
class Computed:
    """Question for the value of a function of the theory, to `gan_core.live.host.Place.ask`.

    Attributes:
        function: One of `COMPUTED`.
        args: Its arguments.
        named: Those that have names.
    """

    function: str
    args: tuple[Any, ...] = ()
    named: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.function not in COMPUTED:
            raise ValueError(f"function={self.function!r} is not allowed: {', '.join(COMPUTED)} are")

    def answer(self) -> Any:
        """Compute it: numbers, arrays, or a frozen value of these."""
        return getattr(theory, self.function)(*self.args, **self.named)
