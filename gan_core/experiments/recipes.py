"""Recipes: every method as the change of a config that switches it on, with when it helps and where it comes from.

Values are the sources' own where these are for any data, and otherwise what suits small networks and data of unit
variance. A recipe is a starting point; benchmarks compare them, and no one of them wins everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from gan_core.config import RunConfig


@dataclass(frozen=True)
class Recipe:
    r"""A method.

    Attributes:
        label: Name on a page.
        changes: Path to value, as for `RunConfig.changed`.
        formula: What it does, in LaTeX; $o_r = D(x)$ and $o_f = D(G(z))$ are logits.
        helps: When it helps, in a sentence.
        source: Where it comes from.
    """

    label: str
    changes: Mapping[str, Any]
    formula: str
    helps: str
    source: str

    def apply(self, config: RunConfig) -> RunConfig:
        """Return the config with this method in place of its objective, penalties or rates.

        Raises:
            ConfigError: If it cannot go together with what else the config says.
        """
        return config.changed(self.changes)


_PLAIN: Final[dict[str, Any]] = {"objective": "non_saturating", "regularisers": []}


def _penalised(name: str, weight: float, objective: str = "non_saturating", **more: Any) -> Mapping[str, Any]:
    return MappingProxyType({"objective": objective, "regularisers": [{"name": name, "weight": weight}], **more})


def _with(**changes: Any) -> Mapping[str, Any]:
    return MappingProxyType(changes)


RECIPES: Final[Mapping[str, Recipe]] = MappingProxyType(
    {
        "minimax": Recipe(
            "minimax",
            _with(objective="minimax", regularisers=[]),
            r"L_G = E[\log(1 - D(G(z)))]",
            "For teaching: where D is sure, G's gradient vanishes.",
            "arXiv:1406.2661",
        ),
        "non_saturating": Recipe(
            "non-saturating",
            MappingProxyType(_PLAIN),
            r"L_G = -E[\log D(G(z))]",
            "The usual choice: G learns most where D is sure.",
            "arXiv:1406.2661",
        ),
        "relativistic_average": Recipe(
            "relativistic average",
            _with(objective="relativistic_average", regularisers=[]),
            r"L_D = E\,\mathrm{sp}(\bar o_f - o_r) + E\,\mathrm{sp}(o_f - \bar o_r)",
            "When D is sure of everything: it can only say which of two is the more real.",
            "arXiv:1807.00734",
        ),
        "wgan_gp": Recipe(
            "WGAN-GP",
            _penalised("gradient_penalty", 0.1, "wasserstein", d_steps=5, betas_g=[0.5, 0.9], betas_d=[0.5, 0.9]),
            r"L_D = E[o_f - o_r] + \lambda E[(\lVert \nabla D(\hat{x}) \rVert - 1)^2]",
            "When D's loss is to fall with the quality of the samples; slow, because D takes five updates for each of "
            "G's.",
            "arXiv:1704.00028",
        ),
        "wgan_lp": Recipe(
            "WGAN-LP",
            _penalised("lipschitz_penalty", 0.1, "wasserstein", d_steps=5, betas_g=[0.5, 0.9], betas_d=[0.5, 0.9]),
            r"L_D = E[o_f - o_r] + \lambda E[\max(0, \lVert \nabla D(\hat{x}) \rVert - 1)^2]",
            "As WGAN-GP, where that oscillates: D may be flat where that suits it, and heavy weights do less harm.",
            "arXiv:1709.08894",
        ),
        "r1": Recipe(
            "R1",
            _penalised("r1", 0.1, betas_g=[0.0, 0.99], betas_d=[0.0, 0.99]),
            r"\tfrac{\gamma}{2} E[\lVert \nabla D(x) \rVert^2]",
            "When the game does not settle: D becomes flat at the data, and the equilibrium attracts.",
            "arXiv:1801.04406",
        ),
        "r3gan": Recipe(
            "R3GAN",
            _penalised("r1_r2", 0.1, "relativistic", betas_g=[0.0, 0.99], betas_d=[0.0, 0.99]),
            r"L_D = E\,\mathrm{sp}(o_f - o_r) + \tfrac{\gamma}{2} E[\lVert \nabla D(x) \rVert^2]"
            r" + \tfrac{\gamma}{2} E[\lVert \nabla D(G(z)) \rVert^2]",
            "When modes must have their fair shares: the relativistic loss with R1 and R2 and no momentum; look at the "
            "averaged G.",
            "arXiv:2501.05441",
        ),
        "dragan": Recipe(
            "DRAGAN",
            _penalised("dragan", 10.0),
            r"\lambda E[(\lVert \nabla D(x + \delta) \rVert - 1)^2]",
            "When D has cliffs around the data that throw G about.",
            "arXiv:1705.07215",
        ),
        "label_smoothing": Recipe(
            "one-sided label smoothing",
            _with(**_PLAIN, label_smoothing=0.1),
            r"L_D = -0.9\,E[\log D(x)] - 0.1\,E[\log(1 - D(x))] - E[\log(1 - D(G(z)))]",
            "When D becomes too sure of the real samples.",
            "arXiv:1606.03498",
        ),
        "instance_noise": Recipe(
            "instance noise",
            _with(instance_noise=0.1, instance_noise_steps=5000),
            r"x + \sigma_t \varepsilon,\; G(z) + \sigma_t \varepsilon',\; \sigma_t = \sigma_0 \max(0, 1 - t/T)",
            "At the start, while real and generated samples hardly overlap and D can tell them apart without error.",
            "arXiv:1610.04490",
        ),
        "ttur": Recipe(
            "two time scales (TTUR)",
            _with(lr_d=2e-3, lr_g=5e-4),
            r"\eta_D = 4\,\eta_G",
            "When D lags behind: it learns four times as fast as G, with one update each.",
            "arXiv:1706.08500",
        ),
        "minibatch_std": Recipe(
            "minibatch standard deviation",
            MappingProxyType({"regularisers": [], "discriminator.minibatch": "std"}),
            r"f(x_i) \oplus \mathrm{mean}_k\,\mathrm{std}_{j \in \mathrm{group}(i)} f_k(x_j)",
            "When samples within a batch are too much alike; it costs next to nothing.",
            "arXiv:1710.10196",
        ),
        "minibatch_discrimination": Recipe(
            "minibatch discrimination",
            MappingProxyType({"regularisers": [], "discriminator.minibatch": "discrimination"}),
            r"f(x_i) \oplus E_{j \neq i} \exp(-\lVert M_i - M_j \rVert_1)",
            "When samples within a batch are too much alike, and their spread alone does not tell.",
            "arXiv:1606.03498",
        ),
        "pacgan": Recipe(
            "PacGAN, two in a pack",
            _with(packing=2),
            r"D(x_1, \ldots, x_m) \text{ against } D(G(z_1), \ldots, G(z_m))",
            "When modes are missing: a pack of too similar samples gives G away.",
            "arXiv:1712.04086",
        ),
        "unrolled": Recipe(
            "unrolled, five steps",
            _with(**_PLAIN, unroll=5),
            r"L_G(\theta_G, \theta_D^{(k)}(\theta_G))",
            "When G jumps from mode to mode: it sees D follow. A step costs several times as much.",
            "arXiv:1611.02163",
        ),
        "feature_matching": Recipe(
            "feature matching",
            _with(feature_matching=True),
            r"L_G = \lVert E[f(x)] - E[f(G(z))] \rVert^2",
            "When G chases D in circles; samples come out tamer than sharp.",
            "arXiv:1606.03498",
        ),
        "replay": Recipe(
            "experience replay",
            _with(replay=50),
            r"x_f \in \{G_t(z)\} \cup \{G_s(z): s < t\}",
            "When G comes back to where it was and D has forgotten it.",
            "arXiv:1612.07828",
        ),
        "optimistic_adam": Recipe(
            "optimistic Adam",
            _with(optimizer_g="optimistic_adam", optimizer_d="optimistic_adam"),
            r"w \leftarrow w - 2\eta u_t + \eta u_{t-1}",
            "When the players turn about each other: each step foresees the next.",
            "arXiv:1711.00141",
        ),
        "lookahead": Recipe(
            "lookahead",
            _with(lookahead=5),
            r"\tilde{w} \leftarrow \tilde{w} + \tfrac{1}{2}(w - \tilde{w}),\; w \leftarrow \tilde{w}",
            "When the players turn about each other: every few steps both go half of the way back.",
            "arXiv:2006.14567",
        ),
    }
)
"""Every method by its name."""
