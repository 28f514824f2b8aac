"""Published protocols of mode-collapse experiments: their settings as far as ours can say them, and their tables.

PacGAN (Lin et al., NeurIPS 2018, arXiv:1712.04086), section 4.1 and Table 1, with the networks of its published code:
a generator of four hidden layers of 400 units with batch norm, and a discriminator of three maxout layers of 200 units,
each the largest of five sums.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from gan_core.config import RunConfig
from gan_core.config.presets import preset

STEPS: Final = 400_000
"""Steps of every run behind the table."""
FIRST_STEPS: Final = 5_000
"""About what two minutes of a core allow."""


@dataclass(frozen=True)
class Row:
    """One line of a published table: means of ten trials, and their standard errors.

    Attributes:
        method: As the paper calls it.
        packing: Samples that D judges at once; 0 if it is a method that we have not.
        modes: Modes captured, and its error.
        high_quality: High-quality samples in per cent, and its error.
        reverse_kl: Reverse KL divergence in nats, and its error.
    """

    method: str
    packing: int
    modes: tuple[float, float]
    high_quality: tuple[float, float]
    reverse_kl: tuple[float, float]


@dataclass(frozen=True)
class Early:
    """Scores of the first steps of one method: one run, seed 0, as `benchmarks.protocols` prints it.

    Attributes:
        method: As the paper calls it.
        modes: Modes captured.
        reached: Modes reached: the nearest of at least a fifth of their share of all samples.
        high_quality: High-quality samples in per cent.
        reverse_kl: Reverse KL divergence in nats.
    """

    method: str
    modes: int
    reached: int
    high_quality: float
    reverse_kl: float


@dataclass(frozen=True)
class Protocol:
    """An experiment that others published.

    Attributes:
        name: Its name in links and keys.
        title: A few words.
        preset: Whose data it uses.
        n_modes: Modes of the data.
        rows: Its table.
        early: What `FIRST_STEPS` of it reach here.
    """

    name: str
    title: str
    preset: str
    n_modes: int
    rows: tuple[Row, ...]
    early: tuple[Early, ...]

    def config(self, packing: int = 1, seed: int = 0) -> RunConfig:
        """Its settings, but for the first weights, which are PyTorch's and not N(0, 0.02²) in D."""
        return preset(self.preset).changed({**_PACGAN, "packing": packing, "seed": seed})


_PACGAN: Final[dict[str, Any]] = {
    "objective": "non_saturating",
    "regularisers": [],
    "batch_size": 100,
    "latent_dim": 2,
    "generator.width": 400,
    "generator.depth": 4,
    "generator.activation": "relu",
    "generator.norm": "batch",
    "discriminator.width": 200,
    "discriminator.depth": 3,
    "discriminator.activation": "maxout",
    "lr_g": 1e-4,
    "lr_d": 1e-4,
    "betas_g": [0.8, 0.999],
    "betas_d": [0.8, 0.999],
    "ema": 0.0,
}

PROTOCOLS: Final[dict[str, Protocol]] = {
    protocol.name: protocol
    for protocol in (
        Protocol(
            "pacgan-ring",
            "PacGAN's ring",
            "ring-8",
            8,
            (
                Row("GAN", 1, (6.3, 0.5), (98.2, 0.2), (0.45, 0.09)),
                Row("ALI", 0, (6.6, 0.3), (97.6, 0.4), (0.36, 0.04)),
                Row("PacGAN2", 2, (7.9, 0.1), (95.6, 2.0), (0.07, 0.03)),
                Row("PacGAN3", 3, (7.8, 0.1), (97.7, 0.3), (0.10, 0.02)),
                Row("PacGAN4", 4, (7.8, 0.1), (95.9, 1.4), (0.07, 0.02)),
            ),
            (Early("GAN", 8, 8, 73.2, 0.12), Early("PacGAN2", 8, 8, 63.2, 0.14)),
        ),
        Protocol(
            "pacgan-grid",
            "PacGAN's grid",
            "grid-25",
            25,
            (
                Row("GAN", 1, (17.3, 0.8), (94.8, 0.7), (0.70, 0.07)),
                Row("ALI", 0, (24.1, 0.4), (95.7, 0.6), (0.14, 0.03)),
                Row("PacGAN2", 2, (23.8, 0.7), (91.3, 0.8), (0.13, 0.04)),
                Row("PacGAN3", 3, (24.6, 0.4), (94.2, 0.4), (0.06, 0.02)),
                Row("PacGAN4", 4, (24.8, 0.2), (93.6, 0.6), (0.04, 0.01)),
            ),
            (Early("GAN", 5, 12, 2.0, 2.11), Early("PacGAN2", 11, 22, 1.4, 1.16)),
        ),
    )
}
"""All of them by name."""
