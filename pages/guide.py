"""Guide: what the pages show, in words."""

from __future__ import annotations

from pages.ui import prose

prose.page("guide.md")
