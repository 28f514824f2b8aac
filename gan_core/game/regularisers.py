r"""Regularisers: the penalties on D, each with all that is known of it, in one entry.

The entries are plain values: PyTorch is imported when a penalty is first called. The penalties and their conventions
stand in `gan_core.game.penalties`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gan_core.config.late import late
from gan_core.config.names import PENALTY_RULES, PenaltyRules

if TYPE_CHECKING:
    from gan_core.game.penalties import Penalty

_PENALTIES: Final = "gan_core.game.penalties"


@dataclass(frozen=True)
class Regulariser:
    """A penalty and what is known about it.

    Attributes:
        label: Name on the page.
        rules: What a config knows of it: what it costs.
        penalty: ``(critic, real, fake, rng) -> [batch]``.
        formula: The penalty in LaTeX, unweighted.
        weight: A usual weight, as a starting point.
        source: Where it comes from.
    """

    label: str
    rules: PenaltyRules
    penalty: Penalty
    formula: str
    weight: float
    source: str


REGULARISERS: Final[dict[str, Regulariser]] = {
    "gradient_penalty": Regulariser(
        "gradient penalty",
        PENALTY_RULES["gradient_penalty"],
        late(_PENALTIES, "gradient_penalty"),
        r"E[(\lVert \nabla D(\hat{x}) \rVert - 1)^2]",
        10.0,
        "arXiv:1704.00028",
    ),
    "lipschitz_penalty": Regulariser(
        "Lipschitz penalty (WGAN-LP)",
        PENALTY_RULES["lipschitz_penalty"],
        late(_PENALTIES, "lipschitz_penalty"),
        r"E[\max(0, \lVert \nabla D(\hat{x}) \rVert - 1)^2]",
        10.0,
        "arXiv:1709.08894",
    ),
    "dragan": Regulariser(
        "DRAGAN",
        PENALTY_RULES["dragan"],
        late(_PENALTIES, "dragan"),
        r"E[(\lVert \nabla D(x + \delta) \rVert - 1)^2]",
        10.0,
        "arXiv:1705.07215",
    ),
    "r1": Regulariser(
        "R1",
        PENALTY_RULES["r1"],
        late(_PENALTIES, "r1"),
        r"\tfrac{1}{2}E[\lVert \nabla D(x) \rVert^2]",
        0.1,
        "arXiv:1801.04406",
    ),
    "r2": Regulariser(
        "R2",
        PENALTY_RULES["r2"],
        late(_PENALTIES, "r2"),
        r"\tfrac{1}{2}E[\lVert \nabla D(G(z)) \rVert^2]",
        0.1,
        "arXiv:1801.04406",
    ),
    "r1_r2": Regulariser(
        "R1 + R2",
        PENALTY_RULES["r1_r2"],
        late(_PENALTIES, "r1_r2"),
        r"\tfrac{1}{2}E[\lVert \nabla D(x) \rVert^2] + \tfrac{1}{2}E[\lVert \nabla D(G(z)) \rVert^2]",
        0.1,
        "arXiv:2501.05441",
    ),
}
"""Every regulariser by its name in the config."""
