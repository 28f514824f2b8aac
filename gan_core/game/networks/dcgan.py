"""DCGAN (arXiv:1511.06434): convolutions with stride 2 between an image and its smallest maps, none fully connected.

Each doubling of the side halves the channels. Weights start as N(0, 0.02), batch norm's gains as N(1, 0.02), all
biases as 0. Departures from the paper: kernels of 4 x 4 instead of 5 x 5, so that a stride of 2 reaches each pixel
equally often; batch norm in D only if asked for, because it forbids penalties per sample; images of 28 px, whose
smallest maps are 7 x 7 instead of 4 x 4 (see `gan_core.config.DCGAN_MAPS`); on request the generator doubles its maps
by repeating each cell, with a convolution of stride 1 behind it (Odena et al. 2016, doi:10.23915/distill.00003).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Generator, Tensor, nn

from gan_core.config import DCGAN_KERNEL, DCGAN_MAPS, RESIZE_KERNEL, dcgan_channels
from gan_core.game.networks.layers import (
    LEAKY_SLOPE,
    BlankConv2d,
    BlankConvTranspose2d,
    BlankLinear,
    Gain,
    SpectralConv2d,
    beside,
    one_hot,
)
from gan_core.game.networks.minibatch import minibatch_layer, told_by


class DCGANGenerator(nn.Module):
    """Noise ``[batch, latent_dim]`` to images ``[batch, *shape]``; a conditional one also takes labels ``[batch]``.

    A linear layer makes the smallest maps; each transposed convolution doubles their side. Batch norm and ReLU
    follow all layers but the last, which ends in tanh. Labels stand beside z (arXiv:1411.1784).

    Args:
        latent_dim: Size of z.
        width: Channels of the smallest map.
        shape: Of one image: channels, height, width.
        n_classes: Number of classes of a conditional generator; 0 for another.
        resize: True to double the maps by repeating each cell, followed by a convolution of 3 x 3, in place of
            transposed convolutions.
        rng: Source of the initial weights.
    """

    def __init__(
        self,
        latent_dim: int,
        width: int,
        shape: Sequence[int],
        *,
        n_classes: int,
        resize: bool = False,
        rng: Generator,
    ) -> None:
        super().__init__()
        self._n_classes = n_classes
        side, _ = DCGAN_MAPS[shape[-1]]
        channels = dcgan_channels(shape[-1], width)
        first = BlankLinear(latent_dim + n_classes, channels[0] * side**2, bias=False)
        layers: list[nn.Module] = [first, nn.Unflatten(1, (channels[0], side, side))]
        for n_in, n_out in pairwise(channels):
            layers += [nn.BatchNorm2d(n_in), nn.ReLU(inplace=True)]
            layers += _doubling(n_in, n_out, resize=resize, bias=False)
        layers += [nn.BatchNorm2d(channels[-1]), nn.ReLU(inplace=True)]
        layers += [*_doubling(channels[-1], shape[0], resize=resize, bias=True), nn.Tanh()]
        self.layers = nn.Sequential(*layers)
        initialise(self, rng)

    def forward(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """Generate one image for each row of ``z``, of the class asked for if there are labels."""
        out: Tensor = self.layers(beside(z, labels, self._n_classes))
        return out


class DCGANDiscriminator(nn.Module):
    r"""Images ``[batch, *shape]`` to logits ``[batch]``, high means real; what is told to both is taken too.

    Each convolution halves the side; LeakyReLU 0.2 follows. A last convolution over the whole of the smallest maps
    $\phi(x)$ gives the logit. A conditional one projects (arXiv:1802.05637, eq. 3): its logit for class $y$ is
    $\langle w + w_y, \phi(x)\rangle + b + b_y$, with a row of weights for each class besides the common one.

    Args:
        shape: Of one image: channels, height, width.
        width: Channels of the smallest map.
        n_classes: Number of classes of a conditional discriminator; 0 for another.
        condition_maps: Channels of a condition, which are laid on those of its image; 0 without one.
        batch_norm: True for batch norm after each convolution but the first and the last, as in the paper.
        spectral_norm: True to normalise every weight.
        minibatch: Kind of the minibatch layer before the last convolution, or "none".
        gain: What the last convolution's output is multiplied by.
        rng: Source of the initial weights.
    """

    def __init__(
        self,
        shape: Sequence[int],
        width: int,
        *,
        n_classes: int,
        condition_maps: int = 0,
        batch_norm: bool,
        spectral_norm: bool,
        minibatch: str = "none",
        gain: float = 1.0,
        rng: Generator,
    ) -> None:
        super().__init__()
        self._n_classes = n_classes
        make = SpectralConv2d if spectral_norm else BlankConv2d
        side, _ = DCGAN_MAPS[shape[-1]]
        channels = dcgan_channels(shape[-1], width)[::-1]
        layers: list[nn.Module] = []
        for n_in, n_out in pairwise((shape[0] + condition_maps, *channels)):
            normed = batch_norm and bool(layers)
            layers.append(make(n_in, n_out, DCGAN_KERNEL, 2, 1, bias=not normed))
            if normed:
                layers.append(nn.BatchNorm2d(n_out))
            layers.append(nn.LeakyReLU(LEAKY_SLOPE, inplace=True))
        self.n_hidden = len(layers)
        layers += minibatch_layer(minibatch, channels[-1] * side**2, rng)
        layers.append(make(channels[-1] + told_by(minibatch), 1 + n_classes, side))
        if gain != 1:
            layers.append(Gain(gain))
        self.layers = nn.Sequential(*layers)
        initialise(self, rng)

    def forward(self, x: Tensor, told: Tensor | None = None) -> Tensor:
        """Judge each image of ``x``: a logit for being real, and of the class or condition that D is told, if any."""
        if told is not None and not self._n_classes:
            x, told = torch.cat((x, told), 1), None
        logits: Tensor = self.layers(x).flatten(1)
        if told is None:
            return logits.view(-1)
        return logits[:, 0] + (logits[:, 1:] * one_hot(told, self._n_classes)).sum(1)

    def features(self, x: Tensor, told: Tensor | None = None) -> Tensor:
        """Compute the smallest maps of each image, ``[batch, n]``, whatever its label, beside its condition."""
        if told is not None and not self._n_classes:
            x = torch.cat((x, told), 1)
        maps: Tensor = self.layers[: self.n_hidden](x)
        return maps.flatten(1)


def _doubling(n_in: int, n_out: int, *, resize: bool, bias: bool) -> list[nn.Module]:
    """Layers that double the side of maps, without weights yet."""
    if not resize:
        return [BlankConvTranspose2d(n_in, n_out, DCGAN_KERNEL, 2, 1, bias=bias)]
    return [nn.Upsample(scale_factor=2), BlankConv2d(n_in, n_out, RESIZE_KERNEL, 1, 1, bias=bias)]


@torch.no_grad()
def initialise(network: nn.Module, rng: Generator) -> None:
    """Fill all weights: N(0, 0.02), batch norm's gains N(1, 0.02), biases 0 (arXiv:1511.06434, section 4).

    Args:
        network: Its layers' weights may hold anything.
        rng: Source of the weights, layer by layer.
    """
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.weight.normal_(1, 0.02, generator=rng)
        elif isinstance(module, BlankLinear | BlankConv2d | BlankConvTranspose2d):
            module.weight.normal_(0, 0.02, generator=rng)
            if module.bias is not None:
                module.bias.zero_()
            if isinstance(module, SpectralConv2d):
                module.begin(rng)
