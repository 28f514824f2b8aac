"""Effects on the page of a visitor's request, as plain values; `pages.ui.session.apply` does it."""

from __future__ import annotations

from dataclasses import dataclass

from gan_core import RunConfig


@dataclass(frozen=True)
class Notify:
    """Show a text once, at the next drawing of the page."""

    text: str


@dataclass(frozen=True)
class Redraw:
    """Draw the whole page again: the run's config or its link may have changed."""


@dataclass(frozen=True)
class OpenOnTrain:
    """Play a run of this config on the Train page, and turn to that page.

    Attributes:
        config: Of the run.
        preset: The preset's name that it came from, or "".
    """

    config: RunConfig
    preset: str


Effect = Notify | Redraw | OpenOnTrain
Effects = tuple[Effect, ...]
