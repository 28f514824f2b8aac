"""Exhibits of the theory: their sliders, and what is seen and said at each setting, as pure functions."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from gan_core.errors import ConfigError
from gan_core.figures.palette import Theme
from pages.ui.learn.theory import densities, dirac, vanishing
from pages.ui.learn.theory.blocks import Block

Columns = list[list[Block]]


@dataclass(frozen=True)
class Slider:
    """A slider with a name.

    Attributes:
        name: In requests.
        label: On the page.
        values: Where it can stand, in order.
        first: Where it stands first; one of the values.
    """

    name: str
    label: str
    values: tuple[float, ...]
    first: float

    def spoken(self) -> dict[str, Any]:
        """Describe the slider for the page's script: its places as text."""
        places = [f"{value:g}" for value in self.values]
        return {"name": self.name, "label": self.label, "places": places, "first": self.values.index(self.first)}

    def read(self, text: str) -> float:
        """Its value in a request, or the nearest that it has."""
        try:
            asked = float(text)
        except ValueError:
            asked = math.nan
        if not math.isfinite(asked):
            raise ConfigError(f"{self.name}={text[:20]!r} is not allowed: give a number")
        return min(self.values, key=lambda value: abs(value - asked))


@dataclass(frozen=True)
class Exhibit:
    """Something that can be changed, and what follows.

    Attributes:
        sliders: What can be changed here.
        columns: From the sliders' values, all else in the request, and the colours, to what is shown side by side.
        tall: Height of what is shown, in pixels, to be left free before it is there.
    """

    sliders: tuple[Slider, ...]
    columns: Callable[[Mapping[str, float], Mapping[str, str], Theme], Columns]
    tall: int


def _span(low: float, high: float, step: float) -> tuple[float, ...]:
    return tuple(round(low + i * step, 6) for i in range(round((high - low) / step) + 1))


EXHIBITS: Final = {
    "best": Exhibit(
        (
            Slider("mean", "mean of G's density q (p's is 0)", _span(0, 10, 0.25), 2),
            Slider("std", "its standard deviation (p's is 1)", _span(0.25, 3, 0.25), 1),
            Slider("updates", "updates of the trained D", densities.UPDATES, 100),
        ),
        densities.best,
        620,
    ),
    "pulls": Exhibit((Slider("logit", "D's logit", _span(-8, 8, 0.5), -5),), vanishing.pulls, 380),
    "frozen": Exhibit(
        (Slider("mean", "distance of G from the data", _span(0, 10, 0.5), 10),),
        vanishing.frozen,
        380,
    ),
    "dirac": Exhibit(
        (
            Slider("weight", "the penalty's weight γ", _span(0, 3, 0.05), 0.3),
            Slider("noise", "instance noise σ", _span(0, 2, 0.1), 0),
            Slider("h", "step size h", _span(0.02, 1, 0.02), 0.2),
            Slider("d_steps", "D's updates per step", (1, 2, 3, 4, 5), 1),
        ),
        dirac.played,
        780,
    ),
}
"""Every exhibit by its name."""


def answer(query: Mapping[str, str]) -> str:
    """Make what is shown at a setting, as JSON: ``{"columns": [[block, …], …]}``, see `learn.theory.blocks`.

    Args:
        query: ``show`` names the exhibit, ``theme`` the colours; sliders that are not named stand where they begin.

    Raises:
        ConfigError: If it asks for something that there is not.
    """
    name = query.get("show", "")
    if name not in EXHIBITS:
        raise ConfigError(f"show={name[:20]!r} is not allowed: {', '.join(EXHIBITS)} are")
    exhibit = EXHIBITS[name]
    at = {s.name: s.read(query[s.name]) if s.name in query else s.first for s in exhibit.sliders}
    theme: Theme = "dark" if query.get("theme") == "dark" else "light"
    return json.dumps({"columns": exhibit.columns(at, query, theme)})
