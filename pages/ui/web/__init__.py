"""The browser's half of the pages: scripts and styles, by page; `core` is shared."""

from __future__ import annotations

from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent
"""Folder of the scripts and the styles."""
