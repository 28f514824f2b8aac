r"""Objectives: the games, each a pair of losses and all that is known of it, in one entry.

The entries are plain values: PyTorch is imported when a loss is first called. The losses and their conventions stand
in `gan_core.game.losses`; `OBJECTIVES[name].d_loss(real_logits, fake_logits)` gives ``[batch]``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final, Literal

from gan_core.config.late import late
from gan_core.config.names import OBJECTIVE_RULES, ObjectiveRules

if TYPE_CHECKING:
    from gan_core.game.losses import Loss

Meaning = Literal["probability", "critic"]

_LOSSES: Final = "gan_core.game.losses"


RECONSTRUCTION: Final = r"\tfrac1d E\lVert x - \bar G(z, c) \rVert_1"
"""Reconstruction term of a conditioned G's loss, unweighted: x has d numbers, and c is its degraded form."""


@dataclass(frozen=True)
class Objective:
    r"""A game: two losses and what is known about them.

    Attributes:
        label: Name on the page.
        rules: What a config knows of it: whether D learns labels, whether G's loss depends on the real logits.
        d_loss: D's loss from real and fake logits, both ``[batch]``; returns ``[batch]``.
        g_loss: G's loss from the same; returns ``[batch]``.
        formula_d: $L_D$ in LaTeX.
        formula_g: $L_G$ in LaTeX.
        d_optimum: Mean of D's loss at equilibrium, or None if it has no fixed one.
        g_optimum: The same for G's loss.
        d_label: What D's reference line says, or "".
        g_label: What G's reference line says, or "".
        equilibrium_logit: What D answers everywhere at equilibrium (any constant will do where only
            differences count).
        threshold: The logit above which D says "real"; None where only differences of logits have a meaning,
            and then D is right about a pair if its real logit is the larger.
        probability: True if $\sigma(\text{logit})$ is D's probability of "real".
        source: Where it comes from.
        reading: How to read its losses, in a sentence or two.
        averages: True if a sample is compared with the mean of the batch, so that its loss is not its own alone.
        unbounded: True if neither a sigmoid nor a margin gives D's logits a scale: large ones alone are no failure.
        usual_clip: A usual bound on D's weights, where D's loss has no minimum unless D is bounded; 0 elsewhere.
    """

    label: str
    rules: ObjectiveRules
    d_loss: Loss
    g_loss: Loss
    formula_d: str
    formula_g: str
    d_optimum: float | None
    g_optimum: float | None
    d_label: str
    g_label: str
    equilibrium_logit: float
    threshold: float | None
    probability: bool
    source: str
    reading: str
    averages: bool = False
    unbounded: bool = False
    usual_clip: float = 0.0

    @property
    def labels(self) -> bool:
        """True if D learns labels, 1 for real and 0 for fake."""
        return self.rules.labels

    @property
    def g_needs_real(self) -> bool:
        """True if G's loss depends on the real logits."""
        return self.rules.g_needs_real

    @property
    def meaning(self) -> Meaning:
        """Meaning of D's answers: probabilities of "real" after a sigmoid, or values of a critic."""
        return "probability" if self.probability else "critic"


def smoothed(objective: Objective, smoothing: float) -> Objective:
    r"""Smooth the labels of an objective on one side: its D's loss changes, and with it the equilibrium.

    The best D is then $t\,p/(p+q)$, so that $\sigma = t/2$ where it cannot tell.

    Args:
        objective: One with labels, whose D has the loss `gan_core.game.losses.cross_entropy_d_loss`.
        smoothing: 1 minus the target for real samples.
    """
    import torch

    from gan_core.game.losses import smoothed_d_loss

    prob = (1 - smoothing) / 2
    logit = math.log(prob / (1 - prob))
    even = torch.tensor([logit], dtype=torch.float64)
    g_optimum = objective.g_loss(even, even).item()
    d_optimum = smoothed_d_loss(even, even, smoothing).item()
    return replace(
        objective,
        d_loss=partial(smoothed_d_loss, smoothing=smoothing),
        formula_d=(
            rf"L_D = -{1 - smoothing:g}\,E[\log D(x)] - {smoothing:g}\,E[\log(1 - D(x))] - E[\log(1 - D(G(z)))]"
        ),
        d_optimum=d_optimum,
        g_optimum=g_optimum,
        d_label="D cannot tell",
        g_label="G cannot be told",
        equilibrium_logit=logit,
        threshold=logit,
        reading=f"At {d_optimum:.3f} D cannot tell; its smoothed labels keep it from ever reaching 0.",
    )


_LOG2: Final = math.log(2)

OBJECTIVES: Final[dict[str, Objective]] = {
    "minimax": Objective(
        label="minimax",
        rules=OBJECTIVE_RULES["minimax"],
        d_loss=late(_LOSSES, "cross_entropy_d_loss"),
        g_loss=late(_LOSSES, "minimax_g_loss"),
        formula_d=r"L_D = -E[\log D(x)] - E[\log(1 - D(G(z)))]",
        formula_g=r"L_G = E[\log(1 - D(G(z)))]",
        d_optimum=2 * _LOG2,
        g_optimum=-_LOG2,
        d_label="log 4: D cannot tell",
        g_label="−log 2: G cannot be told",
        equilibrium_logit=0.0,
        threshold=0.0,
        probability=True,
        source="arXiv:1406.2661",
        reading=(
            "At 1.386 (log 4) D cannot tell; near 0 it is sure of every sample, and then G hardly gets a gradient."
        ),
    ),
    "non_saturating": Objective(
        label="non-saturating",
        rules=OBJECTIVE_RULES["non_saturating"],
        d_loss=late(_LOSSES, "cross_entropy_d_loss"),
        g_loss=late(_LOSSES, "non_saturating_g_loss"),
        formula_d=r"L_D = -E[\log D(x)] - E[\log(1 - D(G(z)))]",
        formula_g=r"L_G = -E[\log D(G(z))]",
        d_optimum=2 * _LOG2,
        g_optimum=_LOG2,
        d_label="log 4: D cannot tell",
        g_label="log 2: G cannot be told",
        equilibrium_logit=0.0,
        threshold=0.0,
        probability=True,
        source="arXiv:1406.2661",
        reading="At 1.386 (log 4) D cannot tell, or is always too late to; near 0 it is sure of every sample.",
    ),
    "least_squares": Objective(
        label="least squares",
        rules=OBJECTIVE_RULES["least_squares"],
        d_loss=late(_LOSSES, "least_squares_d_loss"),
        g_loss=late(_LOSSES, "least_squares_g_loss"),
        formula_d=r"L_D = \tfrac{1}{2}E[(D(x) - 1)^2] + \tfrac{1}{2}E[D(G(z))^2]",
        formula_g=r"L_G = \tfrac{1}{2}E[(D(G(z)) - 1)^2]",
        d_optimum=0.25,
        g_optimum=0.125,
        d_label="¼: D cannot tell",
        g_label="⅛: G cannot be told",
        equilibrium_logit=0.5,
        threshold=0.5,
        probability=False,
        source="arXiv:1611.04076",
        reading=(
            "Squared distances to the scores 1 and 0: D's loss is 0.25 where it cannot tell and 0 where it is "
            "right on all."
        ),
        unbounded=True,
    ),
    "wasserstein": Objective(
        label="Wasserstein",
        rules=OBJECTIVE_RULES["wasserstein"],
        d_loss=late(_LOSSES, "wasserstein_d_loss"),
        g_loss=late(_LOSSES, "critic_g_loss"),
        formula_d=r"L_D = E[D(G(z))] - E[D(x)]",
        formula_g=r"L_G = -E[D(G(z))]",
        d_optimum=0.0,
        g_optimum=None,
        d_label="0: D cannot tell",
        g_label="",
        equilibrium_logit=0.0,
        threshold=None,
        probability=False,
        source="arXiv:1701.07875",
        reading=(
            "D's loss is minus the distance that it sees, on this run's own scale: its level is neither good nor "
            "bad, and it nears 0 as G improves. G's loss alone says nothing."
        ),
        unbounded=True,
        usual_clip=0.01,
    ),
    "hinge": Objective(
        label="hinge",
        rules=OBJECTIVE_RULES["hinge"],
        d_loss=late(_LOSSES, "hinge_d_loss"),
        g_loss=late(_LOSSES, "critic_g_loss"),
        formula_d=r"L_D = E[\max(0, 1 - D(x))] + E[\max(0, 1 + D(G(z)))]",
        formula_g=r"L_G = -E[D(G(z))]",
        d_optimum=2.0,
        g_optimum=0.0,
        d_label="2: D cannot tell",
        g_label="0: G cannot be told",
        equilibrium_logit=0.0,
        threshold=0.0,
        probability=False,
        source="arXiv:1705.02894",
        reading=(
            "D's loss is 2 where it cannot tell and 0 where it is right on all. G's loss is minus D's mean score "
            "of its samples, which has no scale."
        ),
    ),
    "relativistic": Objective(
        label="relativistic (paired)",
        rules=OBJECTIVE_RULES["relativistic"],
        d_loss=late(_LOSSES, "relativistic_d_loss"),
        g_loss=late(_LOSSES, "relativistic_g_loss"),
        formula_d=r"L_D = -E[\log \sigma(D(x) - D(G(z)))]",
        formula_g=r"L_G = -E[\log \sigma(D(G(z)) - D(x))]",
        d_optimum=_LOG2,
        g_optimum=_LOG2,
        d_label="log 2: D cannot tell",
        g_label="log 2: G cannot be told",
        equilibrium_logit=0.0,
        threshold=None,
        probability=False,
        source="arXiv:1807.00734",
        reading=(
            "D compares pairs: its loss is 0.693 (log 2) where it cannot tell which is the more real, 0 where it "
            "always can."
        ),
    ),
    "relativistic_average": Objective(
        label="relativistic (average)",
        rules=OBJECTIVE_RULES["relativistic_average"],
        d_loss=late(_LOSSES, "relativistic_average_d_loss"),
        g_loss=late(_LOSSES, "relativistic_average_g_loss"),
        formula_d=r"L_D = -E[\log \sigma(D(x) - \bar{D}(G(z)))] - E[\log(1 - \sigma(D(G(z)) - \bar{D}(x)))]",
        formula_g=r"L_G = -E[\log \sigma(D(G(z)) - \bar{D}(x))] - E[\log(1 - \sigma(D(x) - \bar{D}(G(z))))]",
        d_optimum=2 * _LOG2,
        g_optimum=2 * _LOG2,
        d_label="log 4: D cannot tell",
        g_label="log 4: G cannot be told",
        equilibrium_logit=0.0,
        threshold=None,
        probability=False,
        source="arXiv:1807.00734",
        reading=(
            "D compares each sample with the mean of the others: its loss is 1.386 (log 4) where it cannot tell, "
            "0 where it always can."
        ),
        averages=True,
    ),
}
"""Every objective by its name in the config."""
