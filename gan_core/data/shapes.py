"""Shapes that data have before any of them is loaded; importable without torch."""

from __future__ import annotations

from typing import Final

SOUND_LENGTH: Final = 512
"""Samples of a sound."""
BLANK: Final = " "
"""Fills words up to their length."""
