"""The vanishing gradient: how strongly each loss pulls on G, and what becomes of it while D trains on."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Final

import numpy as np

from gan_core import OBJECTIVES
from gan_core.config.names import CROSS_ENTROPY
from gan_core.figures import theory
from gan_core.figures.palette import Theme
from gan_core.theory import Pair
from pages.ui.learn.theory.blocks import Block, picture, words
from pages.ui.learn.theory.computed import computed
from pages.ui.learn.theory.densities import trained

_LOGITS: Final = np.linspace(-8, 8, 81)
_UPDATES: Final = 150
_LOOKS: Final = 14


@functools.cache
def _all_pulls() -> dict[str, np.ndarray]:
    return {objective.label: computed("pull", name, _LOGITS) for name, objective in OBJECTIVES.items()}


def pulls(at: Mapping[str, float], chosen: Mapping[str, str], theme: Theme) -> list[list[Block]]:
    """Show the pull of every loss over D's logit, and say it in numbers at one logit."""
    logit = at["logit"]
    curves = theory.curves(
        _LOGITS,
        _all_pulls(),
        x_title="D's logit on a generated sample",
        y_title="pull on G",
        y_range=(-1, 2.5),
        at=logit,
        theme=theme,
    )
    here = np.array([logit])
    minimax, other = (computed("pull", name, here)[0] for name in CROSS_ENTROPY)
    return [
        [
            words("**How strongly each loss pulls**, by how sure D is (left: sure that it is generated)"),
            picture("pull", curves, "The pull on G of every loss over D's logit"),
            words(
                f"There D(G(z)) = {1 / (1 + np.exp(-logit)):.4g}; minimax pulls with {minimax:.4g}, non-saturating "
                f"with {other:.4g}: {other / minimax:.4g} times as strongly."
            ),
        ]
    ]


def frozen(at: Mapping[str, float], chosen: Mapping[str, str], theme: Theme) -> list[list[Block]]:
    """Show the size of the gradient of a G that stands still, over D's updates, with both losses."""
    lesson = trained(Pair(at["mean"]), _UPDATES, _LOOKS)
    sizes = theory.curves(
        lesson.steps,
        {OBJECTIVES[name].label: sizes for name, sizes in lesson.pulls.items()},
        x_title="updates of D, while G stands still",
        y_title="G's gradient",
        log=True,
        log_x=True,
        theme=theme,
    )
    ways = {name: (sizes[0], sizes[-1]) for name, sizes in lesson.pulls.items()}
    (first, last), (born, alive) = (ways[name] for name in CROSS_ENTROPY)
    return [
        [
            words("**The same frozen G, while D trains on**: size of the gradient that G would get"),
            picture("frozen", sizes, "Size of G's gradient over D's updates, minimax and non-saturating"),
            words(
                f"After {lesson.steps[-1]} updates D is right on {lesson.accuracies[-1]:.1%}. The minimax gradient "
                f"went from {first:.3g} to {last:.3g}, the non-saturating one from {born:.3g} to {alive:.3g}. The "
                f"better D gets, the {'less' if last < first else 'more'} the one tells G, and the "
                f"{'less' if alive < born else 'more'} the other."
            ),
        ]
    ]
