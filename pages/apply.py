"""Apply: what GANs are for, used on a picture of one's own."""

from __future__ import annotations

from pages.ui.apply import panels

panels.page()
