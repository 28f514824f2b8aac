"""One colour per role, for light and dark pages; every picture, word and mark takes its colour from here.

Roles differ in shape and line as well (real hollow, generated filled and solid, D dashed, gradient a thin arrow), so
that a washed-out projector or a colour-blind eye loses nothing. A role's colour is used for nothing else: the marks of
a verdict have colours of their own, and no role is red, since a fake is not an error.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Final, Literal

Theme = Literal["light", "dark"]


@dataclass(frozen=True)
class Palette:
    """Colours as ``#rrggbb``; each that is used for text has a contrast of at least 4.5:1 on `card` and `page`.

    Attributes:
        real: Real samples, and what D says of them.
        fake: Generated samples, the generator and its loss.
        discriminator: The discriminator and its loss.
        gradient: Where D sends a generated sample.
        ink: Text.
        muted: Secondary text.
        line: Borders and grid lines.
        page: Background of the page.
        card: Background of a panel.
        ok: Mark of a good verdict.
        warn: Mark of a doubtful verdict.
        bad: Mark of a bad verdict.
    """

    real: str
    fake: str
    discriminator: str
    gradient: str
    ink: str
    muted: str
    line: str
    page: str
    card: str
    ok: str
    warn: str
    bad: str

    def as_dict(self) -> dict[str, str]:
        """All colours by name, as the live view takes them."""
        return asdict(self)


LIGHT: Final = Palette(
    real="#0f7a4a",
    fake="#7b2ff2",
    discriminator="#0a4b9c",
    gradient="#c2255c",
    ink="#1c1f26",
    muted="#5c6370",
    line="#dfe2e9",
    page="#f7f8fa",
    card="#ffffff",
    ok="#0b6b72",
    warn="#8a5300",
    bad="#a8321a",
)
"""For light pages."""

DARK: Final = Palette(
    real="#41d18f",
    fake="#b08cff",
    discriminator="#a6d2ff",
    gradient="#ff86b0",
    ink="#e9ebf0",
    muted="#a3adbd",
    line="#2c323d",
    page="#101319",
    card="#181c24",
    ok="#5cc9cf",
    warn="#e8b458",
    bad="#ff9273",
)
"""For dark pages."""

PALETTES: Final[Mapping[Theme, Palette]] = MappingProxyType({"light": LIGHT, "dark": DARK})
"""Both, by the name of the theme."""


def rgba(colour: str, alpha: float) -> str:
    """Write a colour with transparency in CSS words.

    Args:
        colour: ``#rrggbb``.
        alpha: Opacity, 0 to 1.

    Returns:
        ``rgba(r,g,b,a)``.

    Raises:
        ValueError: If the colour is written in another way or the opacity lies outside its range.
    """
    if len(colour) != 7 or colour[0] != "#":
        raise ValueError(f"colour {colour!r} is not allowed: write it as #rrggbb")
    if not 0.0 <= alpha <= 1.0:
        raise ValueError(f"opacity {alpha} is not allowed: it lies between 0 and 1")
    r, g, b = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({r},{g},{b},{alpha:g})"
