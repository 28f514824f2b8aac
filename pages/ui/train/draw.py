"""A drawing area over the plane: mouse or touch, brush size, undo."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import streamlit as st

from pages.ui import web

MIN_POINTS: Final = 10
MAX_POINTS: Final = 2_000

_HERE: Final = web.FOLDER / "train"
_component = st.components.v2.component(
    "gan_draw",
    js=(_HERE / "draw.js").read_text(encoding="utf-8"),
    css=(_HERE / "draw.css").read_text(encoding="utf-8"),
    isolate_styles=False,
)

Points = Sequence[Sequence[float]]


def mount(*, key: str, points: Points, on_points: Callable[[], None]) -> None:
    """Show the area.

    Args:
        key: Of the component.
        points: What was drawn so far, ``[[x, y], ...]``, both from -1.5 to 1.5.
        on_points: Called before the script after a stroke; the new points are then the trigger value ``points``.
    """
    _component(key=key, data={"points": [list(p) for p in points], "max": MAX_POINTS}, on_points_change=on_points)


def parse(raw: Any) -> list[list[float]] | None:
    """Read the points that a browser sent; None if they are none: it may send anything."""
    if not isinstance(raw, list) or len(raw) > MAX_POINTS:
        return None
    points: list[list[float]] = []
    for point in raw:
        if not isinstance(point, list) or len(point) != 2:
            return None
        x, y = point
        if not all(isinstance(v, int | float) and not isinstance(v, bool) and -2 <= v <= 2 for v in (x, y)):
            return None
        points.append([float(x), float(y)])
    return points
