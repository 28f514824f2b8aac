"""Collapse lab: a GAN that fails and its cure, side by side from the same seed."""

from __future__ import annotations

from pages.ui.collapse import panels, protocols, state, sweeps

state.update_link()
panels.gallery()
panels.sides()
panels.one_setting()
panels.how_sure()
sweeps.panel()
protocols.panel()
