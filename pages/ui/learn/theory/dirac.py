"""The Dirac-GAN: a GAN of two numbers, whose whole game can be drawn."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np

from gan_core.errors import ConfigError
from gan_core.figures import theory
from gan_core.figures.palette import Theme
from gan_core.theory import METHODS, DiracGame, reading_of_steps
from pages.ui import prose
from pages.ui.learn.theory.blocks import Block, picture, words
from pages.ui.learn.theory.computed import computed

MAX_METHODS: Final = 4
_REACH: Final = 2.0
_STEPS: Final = 80
_READINGS: Final = {
    "converges": "**converges** in small enough steps: real parts below 0, every small disturbance dies out",
    "circles": "**circles** to first order: real parts are 0, the players chase each other. Whether they come nearer "
    "in the long run is then beyond eigenvalues: the distances below show it",
    "diverges": "**diverges**: a real part above 0, so that small disturbances grow",
    "kink": "**has a kink** at the equilibrium: this penalty wants slope 1, and at slope 0 it pushes to either side",
}
_SMALL: Final = {"converges": "dies out", "circles": "stays as it is", "diverges": "grows"}
"""Fate of a small distance in the long run."""
_SAME: Final = 0.98
"""Ratio of two distances from which on they are called the same."""


@functools.lru_cache(maxsize=1)
def _grid() -> np.ndarray:
    ticks = np.linspace(-_REACH, _REACH, 15)
    return np.stack(np.meshgrid(ticks, ticks), -1).reshape(-1, 2)


@functools.lru_cache(maxsize=256)
def _paths(game: DiracGame, methods: tuple[str, ...], h: float, d_steps: int) -> dict[str, np.ndarray]:
    paths: dict[str, np.ndarray] = computed("play_all", game, methods, n_steps=_STEPS, h=h, d_steps=d_steps)
    return paths


@functools.lru_cache(maxsize=128)
def _velocity(game: DiracGame) -> np.ndarray:
    velocity: np.ndarray = computed("field", game, _grid())
    return velocity


def played(at: Mapping[str, float], chosen: Mapping[str, str], theme: Theme) -> list[list[Block]]:
    """Show the field, paths over it, and what the eigenvalues say.

    Args:
        at: weight, noise, h, d_steps.
        chosen: The objective, the penalty or "", and the methods with commas between them.
        theme: Colours.
    """
    methods = tuple(dict.fromkeys(filter(None, chosen.get("methods", "").split(","))))
    if len(methods) > MAX_METHODS:
        raise ConfigError(f"{len(methods)} methods are not allowed: at most {MAX_METHODS} are")
    h, d_steps = at["h"], int(at["d_steps"])
    game = DiracGame(chosen.get("objective", DiracGame.objective), chosen.get("penalty", ""), at["weight"], at["noise"])
    paths = {METHODS[name].label: path for name, path in _paths(game, methods, h, d_steps).items()}
    values: np.ndarray | None = computed("eigenvalues", game)
    plane = theory.dirac_plane(_grid(), _velocity(game), paths, theme=theme)
    distances = theory.distances(paths, theme=theme)
    left = [
        picture("plane", plane, "The field, and the paths of the ways to play over it"),
        picture("distances", distances, "Distance to the equilibrium over the steps"),
    ]
    right = [words(*_said(game, values, h, d_steps), *_drawn(paths))]
    if values is not None:
        spectrum = theory.eigenvalue_plane(values, theme=theme)
        right.append(picture("eigenvalues", spectrum, "Both eigenvalues in the complex plane"))
    return [left, right]


def _said(game: DiracGame, values: np.ndarray | None, h: float, d_steps: int) -> Iterator[str]:
    yield f"Near the equilibrium the game {_READINGS[computed('reading', game)]}."
    if values is None:
        return
    yield "Eigenvalues: " + prose.eigenvalues(values)
    for name in ("simultaneous", "alternating"):
        growth: float | None = computed("factor", game, name, h, d_steps)
        assert growth is not None
        yield (
            f"A small distance is multiplied by **{growth:.5f}** in each {name} step: it "
            f"**{_SMALL[reading_of_steps(growth)]}**."
        )


def _drawn(paths: Mapping[str, np.ndarray]) -> Iterator[str]:
    """Say of each path that is drawn what it does: it begins far away, where the field may be another."""
    for label, path in paths.items():
        away = np.hypot(*path.T)
        first, last = float(away[: _STEPS // 2].max()), float(away[_STEPS // 2 :].max())
        moved = "comes nearer" if last < _SAME * first else "goes away" if last > first / _SAME else "stays as far"
        yield (
            f"The path drawn for _{label}_, which begins far from it, **{moved}**: at most {first:.3g} away in its "
            f"first {_STEPS // 2} steps, at most {last:.3g} in its last."
        )
