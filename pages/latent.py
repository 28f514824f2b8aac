"""Latent: a walk through the space of z."""

from __future__ import annotations

from pages.ui.latent import panel

panel.page()
