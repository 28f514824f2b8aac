"""Pairs of an objective and a penalty that are known to converge: what a diagnosis proposes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gan_core.config.names import ObjectiveName, RegulariserName
from gan_core.game.regularisers import REGULARISERS


@dataclass(frozen=True)
class Pairing:
    """An objective and the penalty that goes with it.

    Attributes:
        objective: A key of `gan_core.game.objectives.OBJECTIVES`.
        penalty: A key of `REGULARISERS`.
        loss: The loss in words.
        source: Where it is shown that they converge.
    """

    objective: ObjectiveName
    penalty: RegulariserName
    loss: str
    source: str

    def title(self, strength: str = "") -> str:
        """Name both in a few words.

        Args:
            strength: An adjective of the penalty, or "".
        """
        return f"{self.loss} with {f'{strength} ' if strength else ''}{REGULARISERS[self.penalty].label}"


STEADY: Final = Pairing("relativistic", "r1_r2", "relativistic loss", "arXiv:2501.05441")
"""R3GAN's game, which converges from far away."""
CLASSIC: Final = Pairing("non_saturating", "r1", "non-saturating loss", "arXiv:1801.04406")
"""The plain game with the penalty that makes it converge near its equilibrium."""
BOUNDED: Final = Pairing("wasserstein", "gradient_penalty", "Wasserstein loss", "arXiv:1704.00028")
"""A distance, and the penalty that keeps D's slope at the 1 that it asks for."""
