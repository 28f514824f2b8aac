"""WaveGAN (arXiv:1802.04208) in small: convolutions with stride 4 between a sound and its shortest maps.

Each quadrupling of the length halves the channels. Departures from the paper: kernels of 16 in place of 25, which
reach each sample equally often; batch norm in G, as in DCGAN; He's initial weights (arXiv:1502.01852); half the places
in the shortest maps. Phase shuffle is the paper's (section 3.3), with one shift for a whole batch, as in the authors'
code.

Maps lie in memory as ``[batch, length, channels]``, and each layer is one matrix product: on a CPU nearly twice as
quick as PyTorch's convolutions in one dimension.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional

from gan_core.config import WAVE_KERNEL, WAVE_STRIDE, wave_channels, wave_start
from gan_core.game.networks.layers import LEAKY_SLOPE, BlankLinear, Gain, Spectral, SpectralLinear, linear
from gan_core.game.networks.minibatch import minibatch_layer, told_by


class WaveDown(BlankLinear):
    """A convolution in one dimension with kernel 16 and stride 4; `initialise_wave` fills its weights.

    Args:
        n_in: Channels.
        n_out: Channels.
    """

    def __init__(self, n_in: int, n_out: int) -> None:
        super().__init__(n_in * WAVE_KERNEL, n_out)
        self.n_in, self.n_out = n_in, n_out

    def forward(self, x: Tensor) -> Tensor:
        """``[batch, length, n_in]`` to ``[batch, length / 4, n_out]``."""
        beyond = (WAVE_KERNEL - WAVE_STRIDE) // 2
        windows = functional.pad(x, (0, 0, beyond, beyond)).unfold(1, WAVE_KERNEL, WAVE_STRIDE)
        return functional.linear(windows.flatten(2), self.used(), self.bias)

    def used(self) -> Tensor:
        """Return the weight that is used, ``[n_out, n_in * kernel]``."""
        return self.weight

    def extra_repr(self) -> str:
        """Show the channels."""
        return f"{self.n_in}, {self.n_out}"


class SpectralWaveDown(Spectral, WaveDown):
    """`WaveDown` with a normalised weight; call `begin` once the weight is filled."""

    def used(self) -> Tensor:
        """Return the normalised weight."""
        return self.normalised()


class WaveUp(BlankLinear):
    """A transposed convolution in one dimension with kernel 16 and stride 4; `initialise_wave` fills its weights.

    Args:
        n_in: Channels.
        n_out: Channels.
        bias: False where batch norm follows.
    """

    def __init__(self, n_in: int, n_out: int, bias: bool) -> None:
        super().__init__(n_in * (WAVE_KERNEL // WAVE_STRIDE), n_out * WAVE_STRIDE, bias=False)
        self.n_in, self.n_out = n_in, n_out
        self.shift = nn.Parameter(torch.empty(n_out)) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        """``[batch, length, n_in]`` to ``[batch, 4 * length, n_out]``."""
        # Each four samples of the result are a product of four neighbouring places of x; both ends are cut off.
        taps, beyond = WAVE_KERNEL // WAVE_STRIDE, (WAVE_KERNEL - WAVE_STRIDE) // 2
        places = x.shape[1] + taps - 1
        padded = functional.pad(x, (0, 0, taps - 1, taps - 1))
        windows = torch.stack([padded[:, i : i + places] for i in range(taps)], 3)  # `unfold`, which ONNX has not
        out = functional.linear(windows.flatten(2), self.weight)
        out = out.reshape(-1, places * WAVE_STRIDE, self.n_out)[:, beyond : beyond + WAVE_STRIDE * x.shape[1]]
        return out if self.shift is None else out + self.shift

    def extra_repr(self) -> str:
        """Show the channels."""
        return f"{self.n_in}, {self.n_out}, bias={self.shift is not None}"


class PhaseShuffle(nn.Module):
    """Shift maps by a random number of places in training, mirrored at the ends: ``[batch, length, c]`` to the same.

    Args:
        most: Largest shift; the same for all maps of a batch.
        rng: Source of the shifts, on the CPU.
    """

    def __init__(self, most: int, rng: Generator) -> None:
        super().__init__()
        self.most = most
        self._rng = rng

    def forward(self, x: Tensor) -> Tensor:
        """Shift, in training mode."""
        if not self.training:
            return x
        by = int(torch.randint(-self.most, self.most + 1, (), generator=self._rng))
        last = x.shape[1] - 1
        places = last - (last - (torch.arange(last + 1) + by).abs()).abs()
        return x.index_select(1, places.to(x.device)) if by else x

    def __deepcopy__(self, memo: dict[int, object]) -> PhaseShuffle:
        """Copy for looking: the copy shares the stream, which eval mode never touches."""
        return PhaseShuffle(self.most, self._rng).train(self.training)

    def extra_repr(self) -> str:
        """Show the largest shift."""
        return str(self.most)


class MapsNorm(nn.BatchNorm1d):
    """Batch norm of maps ``[batch, length, c]``, each channel over the batch and its length."""

    def forward(self, x: Tensor) -> Tensor:
        """Normalise."""
        out: Tensor = super().forward(x.flatten(0, 1)).unflatten(0, (-1, x.shape[1]))
        return out


class Transpose(nn.Module):
    """Exchange channels and length, ``[batch, a, b]`` to ``[batch, b, a]``."""

    def forward(self, x: Tensor) -> Tensor:
        """Exchange."""
        return x.transpose(1, 2)


class WaveGenerator(nn.Module):
    """Noise ``[batch, latent_dim]`` to sounds ``[batch, 1, length]``.

    Args:
        latent_dim: Size of z.
        width: Channels of the shortest maps.
        shape: Of one sound: channels, length.
        batch_norm: True to normalise all hidden maps.
        rng: Source of the initial weights.
    """

    def __init__(self, latent_dim: int, width: int, shape: Sequence[int], *, batch_norm: bool, rng: Generator) -> None:
        super().__init__()
        channels, start = wave_channels(shape[-1], width), wave_start(shape[-1])
        n_first = latent_dim, start * channels[0]
        first = BlankLinear(*n_first, bias=False) if batch_norm else linear(*n_first, rng)
        layers: list[nn.Module] = [first, nn.Unflatten(1, (start, channels[0]))]
        for n_in, n_out in pairwise(channels):
            layers += [*_normed(n_in, batch_norm), nn.ReLU(inplace=True), WaveUp(n_in, n_out, not batch_norm)]
        layers += [*_normed(channels[-1], batch_norm), nn.ReLU(inplace=True), WaveUp(channels[-1], shape[0], True)]
        self.layers = nn.Sequential(*layers, nn.Tanh(), Transpose())
        initialise_wave(self, rng)

    def forward(self, z: Tensor) -> Tensor:
        """Generate one sound for each row of ``z``."""
        out: Tensor = self.layers(z)
        return out


class WaveDiscriminator(nn.Module):
    """Sounds ``[batch, c, length]`` to logits ``[batch]``, high means real.

    Each convolution quarters the length; LeakyReLU 0.2 follows, and phase shuffle but after the last. A linear layer
    makes the logit of the shortest maps.

    Args:
        shape: Of one sound: channels, length.
        width: Channels of the shortest maps.
        spectral_norm: True to normalise every weight.
        minibatch: Kind of the minibatch layer before the last layer, or "none".
        phase_shuffle: Largest shift of the maps between two layers; 0 for none.
        gain: What the last layer's output is multiplied by.
        rng: Source of the initial weights.
        shuffle_rng: Source of the shifts.
    """

    def __init__(
        self,
        shape: Sequence[int],
        width: int,
        *,
        spectral_norm: bool,
        minibatch: str = "none",
        phase_shuffle: int = 0,
        gain: float = 1.0,
        rng: Generator,
        shuffle_rng: Generator,
    ) -> None:
        super().__init__()
        make = SpectralWaveDown if spectral_norm else WaveDown
        channels = wave_channels(shape[-1], width)[::-1]
        layers: list[nn.Module] = [Transpose()]
        for n_in, n_out in pairwise((shape[0], *channels)):
            layers += [make(n_in, n_out), nn.LeakyReLU(LEAKY_SLOPE, inplace=True)]
            if phase_shuffle and n_out != channels[-1]:
                layers.append(PhaseShuffle(phase_shuffle, shuffle_rng))
        layers.append(nn.Flatten())
        self.n_hidden = len(layers)
        n_features = channels[-1] * wave_start(shape[-1])
        layers += minibatch_layer(minibatch, n_features, rng)
        n_last = n_features + told_by(minibatch), 1
        layers.append(SpectralLinear(*n_last, rng) if spectral_norm else linear(*n_last, rng))
        if gain != 1:
            layers.append(Gain(gain))
        self.layers = nn.Sequential(*layers)
        initialise_wave(self, rng)

    def forward(self, x: Tensor) -> Tensor:
        """Judge each sound of ``x``: a logit for being real."""
        logits: Tensor = self.layers(x)
        return logits.view(-1)

    def features(self, x: Tensor) -> Tensor:
        """Compute the shortest maps of each sound, ``[batch, n]``."""
        out: Tensor = self.layers[: self.n_hidden](x)
        return out


def _normed(n: int, batch_norm: bool) -> list[nn.Module]:
    return [MapsNorm(n)] if batch_norm else []


@torch.no_grad()
def initialise_wave(network: nn.Module, rng: Generator) -> None:
    """Fill all weights: N(0, 2/n_in) (arXiv:1502.01852), batch norm's gains 1, biases 0.

    Args:
        network: Its layers' weights may hold anything.
        rng: Source of the weights, layer by layer.
    """
    for module in network.modules():
        if isinstance(module, BlankLinear):
            module.weight.normal_(0, (2 / module.in_features) ** 0.5, generator=rng)
            for shift in (module.bias, getattr(module, "shift", None)):
                if shift is not None:
                    shift.zero_()
            if isinstance(module, Spectral):
                module.begin(rng)
