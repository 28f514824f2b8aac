r"""Directions of the latent space that change samples in one way: found without labels, or with them.

Each is a unit vector of z, so that a strength of 1 is one σ of the prior. PCA (GANSpace, arXiv:2004.02546, section
2.1): principal axes of the first layer's activations over many z, carried back to z by least squares; here they are
also made orthonormal, each to those before it. SeFa (arXiv:2007.06600, eq. 5): eigenvectors of $A^\top A$ for the
first weight $A$, the directions that the first layer stretches the most. Attributes and classes: least squares of
the attribute on z.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import torch
from torch import Generator, Tensor

from gan_core.errors import ConfigError
from gan_core.game.sampling import sample_prior
from gan_core.latent.attributes import ATTRIBUTES, classify
from gan_core.latent.players import Players
from gan_core.latent.space import Maker
from gan_core.latent.units import hidden_layers

N_DRAWN: Final = 4096
MAX_UNITS: Final = 1024
"""Of a first layer that has more, so many z are drawn: eigenvectors of a larger matrix take seconds."""
MAX_SHOWN: Final = 16
_SEED: Final = 0


@dataclass(frozen=True)
class Directions:
    """Some directions of one kind.

    Attributes:
        vectors: Unit vectors ``[k, latent_dim]``.
        values: What orders them, ``[k]``; see ``meaning``.
        names: One each.
        meaning: What ``values`` are, in words.
    """

    vectors: Tensor
    values: Tensor
    names: tuple[str, ...]
    meaning: str


def draw(players: Maker, n: int = N_DRAWN, seed: int = _SEED) -> tuple[Tensor, Tensor]:
    """Noise ``[n, latent_dim]`` and classes in turn ``[n, n_classes]``, always the same."""
    return sample_prior(n, players.config, Generator().manual_seed(seed)), players.even_classes(n)


@torch.no_grad()
def pca(players: Players) -> Directions:
    """Principal axes of the first layer's activations, with the share of their variance that each explains."""
    until = hidden_layers(players)[0] + 1
    z, classes = draw(players, N_DRAWN)
    if players.layers[:until](torch.cat((z[:1], classes[:1]), 1)).numel() > MAX_UNITS:
        z, classes = z[:MAX_UNITS], classes[:MAX_UNITS]
    activations = players.layers[:until](torch.cat((z, classes), 1)).flatten(1)
    centred = activations - activations.mean(0)
    variances, axes = _principal(centred, min(MAX_SHOWN, players.config.latent_dim))
    scores = centred @ axes / variances.sqrt().clamp_min(1e-12)
    carried = torch.linalg.lstsq(scores, z - z.mean(0)).solution
    vectors = _orthonormal(carried)
    share = variances / centred.square().mean(0).sum()
    return Directions(vectors, share, _numbered("PCA", len(vectors)), "share of the variance explained")


def sefa(players: Players) -> Directions:
    """Eigenvectors of the first weight's Gram matrix, with their eigenvalues, the largest first."""
    weight = players.first_weight
    values, vectors = torch.linalg.eigh(weight.T @ weight)
    k = min(MAX_SHOWN, len(values))
    return Directions(vectors.T.flip(0)[:k], values.flip(0)[:k], _numbered("SeFa", k), "eigenvalue")


def attributes(players: Players) -> Directions:
    """Fit the direction of each attribute of images, with the share of its variance that it explains (R²).

    Raises:
        ConfigError: If the data are no images.
    """
    if len(players.data.shape) != 3:
        raise ConfigError("ink, slant and width are measured in images, and these data are none")
    z, classes = draw(players)
    samples = players.sample(z, classes)
    found = [_regress(z, measure(samples)) for measure in ATTRIBUTES.values()]
    return _joined(found, tuple(ATTRIBUTES), "share of the attribute explained (R²)")


def labels(players: Players) -> Directions:
    """Fit the direction towards each class, with R²; a sample's class is that of its nearest training images.

    Raises:
        ConfigError: If the data have no labels, or the generator is told the class anyway.
    """
    data = players.data
    if players.config.conditional:
        raise ConfigError("this generator is told the class: choose one instead of a direction")
    if data.kind != "images" or data.labels is None:
        raise ConfigError("directions towards classes need images with labels, and these data have none")
    z, classes = draw(players, 2048)
    found = classify(players.sample(z, classes), data)
    rows = [_regress(z, (found == c).float()) for c in range(len(data.classes))]
    return _joined(rows, data.classes, "share of belonging to the class explained (R²)")


KINDS: Final = {"pca": pca, "sefa": sefa, "attributes": attributes, "labels": labels}


def random(players: Maker, n: int, seed: int = 1) -> Tensor:
    """Random unit vectors, ``[n, latent_dim]``, evenly over the sphere: what others are compared with."""
    vectors = torch.randn(n, players.config.latent_dim, generator=Generator().manual_seed(seed))
    lengths: Tensor = vectors.norm(dim=1, keepdim=True)
    return vectors / lengths


def _principal(centred: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """Compute the ``k`` largest variances and their axes ``[n_units, k]``, by the smaller of the two Gram matrices."""
    n, units = centred.shape
    if units <= n:
        values, axes = torch.linalg.eigh(centred.T @ centred / n)
        return values.flip(0)[:k].clamp_min(0), axes.flip(1)[:, :k]
    values, rows = torch.linalg.eigh(centred @ centred.T / n)
    values, rows = values.flip(0)[:k].clamp_min(0), rows.flip(1)[:, :k]
    return values, centred.T @ rows / (n * values).sqrt().clamp_min(1e-12)


def _orthonormal(rows: Tensor) -> Tensor:
    """Each row made orthogonal to those before it and of length 1, its sign kept."""
    q, r = torch.linalg.qr(rows.T.double())
    signed: Tensor = q * r.diagonal().sign()
    return signed.T.float()


def _regress(z: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
    """Fit a linear model of the values; return the unit vector along which it rises, and its R²."""
    centred, wanted = z - z.mean(0), values - values.mean()
    slope = torch.linalg.lstsq(centred, wanted[:, None]).solution[:, 0]
    total = wanted.square().sum()
    explained = 1 - (wanted - centred @ slope).square().sum() / total.clamp_min(1e-12)
    size = slope.norm()
    if size < 1e-9:  # a class that is never made
        return torch.eye(1, len(slope))[0], torch.zeros(())
    return slope / size, explained


def _joined(rows: list[tuple[Tensor, Tensor]], names: tuple[str, ...], meaning: str) -> Directions:
    return Directions(torch.stack([r[0] for r in rows]), torch.stack([r[1] for r in rows]), names, meaning)


def _numbered(name: str, n: int) -> tuple[str, ...]:
    return tuple(f"{name} {i + 1}" for i in range(n))
