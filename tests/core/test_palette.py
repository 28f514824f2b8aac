from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from gan_core.figures.palette import DARK, LIGHT, PALETTES, Palette, rgba

ROLES = ("real", "fake", "discriminator", "gradient")
WORDS = (*ROLES, "ink", "muted", "ok", "warn", "bad")
CONFIG = Path(__file__).resolve().parents[2] / ".streamlit" / "config.toml"


def luminance(colour: str) -> float:
    """Relative luminance of WCAG 2."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_the_measure_of_contrast_is_the_known_one() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.478, abs=1e-3)


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("ground", ["card", "page"])
@pytest.mark.parametrize("word", WORDS)
def test_every_colour_can_be_read_on_its_ground(palette: Palette, ground: str, word: str) -> None:
    assert contrast(getattr(palette, word), getattr(palette, ground)) >= 4.5


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_a_colour_means_one_thing(palette: Palette) -> None:
    colours = list(palette.as_dict().values())
    assert len(set(colours)) == len(colours)


def test_both_themes_have_the_same_names() -> None:
    assert set(PALETTES) == {"light", "dark"}
    assert list(LIGHT.as_dict()) == list(DARK.as_dict()) == [field.name for field in fields(Palette)]


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_the_page_s_theme_has_the_roles_colours(palette: Palette) -> None:
    config = CONFIG.read_text()
    for name in (*ROLES, "ink", "line", "page", "card"):
        assert f'"{getattr(palette, name)}"' in config, name


def test_a_transparent_colour_keeps_its_hue() -> None:
    assert rgba("#7b2ff2", 0.25) == "rgba(123,47,242,0.25)"


@pytest.mark.parametrize(
    ("colour", "alpha", "complaint"), [("red", 0.5, "#rrggbb"), ("#fff", 0.5, "#rrggbb"), ("#ffffff", 1.5, "opacity")]
)
def test_what_is_no_colour_is_refused(colour: str, alpha: float, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        rgba(colour, alpha)
