"""Layers whose every random number comes from a given stream.

PyTorch's own layers draw initial weights and dropout masks from the global random state; these take theirs from
a generator, so that a run's numbers depend on its seed alone, whatever other threads do.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional

from gan_core.config import MAXOUT_PIECES

LEAKY_SLOPE: Final = 0.2
# In place where the backward pass needs only the result: half the memory to write.
ACTIVATIONS: Final[dict[str, Callable[[], nn.Module]]] = {
    "relu": lambda: nn.ReLU(inplace=True),
    "leaky_relu": lambda: nn.LeakyReLU(LEAKY_SLOPE, inplace=True),
    "tanh": nn.Tanh,
    "silu": nn.SiLU,
    "maxout": lambda: Maxout(MAXOUT_PIECES),
}
NARROW: Final = 16
"""Fewer inputs than this make a `NarrowLinear`."""


def activation(name: str) -> nn.Module:
    """Make an activation by its name in the config; the leaky one has slope 0.2, as in the article."""
    return ACTIVATIONS[name]()


def pieces_of(name: str) -> int:
    """Count the sums that an activation takes for each unit."""
    made = activation(name)
    return made.pieces if isinstance(made, Maxout) else 1


class BlankLinear(nn.Linear):
    """A linear layer whose weights its maker fills; PyTorch's would draw from the global state.

    (`torch.nn.utils.skip_init` serves as well, but imports a computer algebra system: a second at the start.)
    """

    def reset_parameters(self) -> None:
        """Draw nothing."""


class NarrowLinear(BlankLinear):
    """A linear layer for few inputs, such as points in the plane: same weights, same result as any other.

    BLAS is up to seven times slower on the gradients of a tall ``[n_out, 2]`` weight than on those of a wide
    ``[2, n_out]`` one, so the weight is first transposed in memory, which costs next to nothing.
    """

    def forward(self, x: Tensor) -> Tensor:
        """``[batch, n_in]`` to ``[batch, n_out]``."""
        return torch.addmm(self.bias, x, self.weight.t().contiguous())


def one_hot(labels: Tensor, n_classes: int) -> Tensor:
    """Classes ``[batch]``, int64, to ``[batch, n_classes]``, float32: 1 at each sample's class, else 0."""
    return (labels[:, None] == torch.arange(n_classes, device=labels.device)).float()


def beside(x: Tensor, told: Tensor | None, n_classes: int) -> Tensor:
    """``[batch, n]`` with the one-hot labels beside it, ``[batch, n + n_classes]`` (arXiv:1411.1784, section 3.2).

    Args:
        x: Noise or flattened images.
        told: Classes, ``[batch]``, int64; or conditions, ``[batch, ...]``, which are flattened; None for an
            unconditional network, whose ``x`` stays as it is.
        n_classes: Number of classes.
    """
    if told is None:
        return x
    return torch.cat((x, one_hot(told, n_classes) if told.ndim == 1 else told.flatten(1)), 1)


def filled(condition: Tensor, made: Tensor) -> Tensor:
    """Keep what a condition says, and take only what is missing from what was made, ``[batch, c, ...]``.

    Args:
        condition: ``[batch, c + 1, ...]``; the last map is 1 where something is missing, and what is missing is 0.
        made: ``[batch, c, ...]``.
    """
    return condition[:, :-1] + condition[:, -1:] * made


def linear(n_in: int, n_out: int, rng: Generator) -> nn.Linear:
    """Make a linear layer with PyTorch's default distribution, U(-1/√n_in, 1/√n_in), drawn from ``rng``.

    Args:
        n_in: Inputs.
        n_out: Outputs.
        rng: Source of the initial weights and biases.
    """
    layer = NarrowLinear(n_in, n_out) if n_in < NARROW else BlankLinear(n_in, n_out)
    bound = 1 / math.sqrt(n_in)
    with torch.no_grad():
        layer.weight.uniform_(-bound, bound, generator=rng)
        layer.bias.uniform_(-bound, bound, generator=rng)
    return layer


class Letters(nn.Module):
    r"""Numbers ``[batch, length · alphabet]`` to words ``[batch, length, alphabet]``: at each place a softmax.

    Straight through, the likeliest letter is given, one-hot, and the gradient is that of the softmax: the
    straight-through Gumbel-softmax of arXiv:1611.01144 and 1611.04051, with no noise but z.

    Args:
        length: Places of a word.
        alphabet: Letters that each may have.
        temperature: What the numbers are divided by.
        hard: True for one letter at each place.
    """

    def __init__(self, length: int, alphabet: int, temperature: float = 1.0, hard: bool = False) -> None:
        super().__init__()
        self.length, self.alphabet, self.temperature, self.hard = length, alphabet, temperature, hard

    def forward(self, x: Tensor) -> Tensor:
        """Give a share for each letter, or one letter."""
        shares = (x.view(-1, self.length, self.alphabet) / self.temperature).softmax(-1)
        if not self.hard:
            return shares
        likeliest = shares.argmax(-1, keepdim=True)
        # Exactly 0 and 1 forwards: the shares less themselves are 0.
        return torch.zeros_like(shares).scatter_(-1, likeliest, 1.0) + (shares - shares.detach())

    def extra_repr(self) -> str:
        """Show the arguments."""
        return f"{self.length}, {self.alphabet}, {self.temperature}, {self.hard}"


class Dropout(nn.Module):
    """Dropout with its own stream: ``[batch, ...]`` to the same; the identity in eval mode.

    Args:
        p: Share of units switched off, in [0, 1).
        rng: Source of the masks, on the CPU.
    """

    def __init__(self, p: float, rng: Generator) -> None:
        super().__init__()
        self.p = p
        self._rng = rng

    def forward(self, x: Tensor) -> Tensor:
        """Zero a random share ``p`` of ``x`` and scale the rest by 1 / (1 - p), in training mode."""
        if not self.training or self.p == 0:
            return x
        # Four 16-bit lots from each 64-bit draw: `bernoulli_` makes a draw for each unit and takes eight times
        # as long. The share is thereby rounded to a multiple of 2^-16, the scale with it.
        n, dropped = x.numel(), round(self.p * 2**16)
        draws = torch.empty(-(-n // 4), dtype=torch.int64).random_(-(2**63), None, generator=self._rng)
        lots = draws.view(torch.int16)[:n].view(x.shape)
        keep = lots.float().ge_(dropped - 2**15).mul_(2**16 / (2**16 - dropped))
        return x * keep.to(x.device)

    def __deepcopy__(self, memo: dict[int, object]) -> Dropout:
        """Copy for looking: the copy shares the stream, which eval mode never touches."""
        return Dropout(self.p, self._rng).train(self.training)

    def extra_repr(self) -> str:
        """Show the rate."""
        return f"p={self.p}"


class Gain(nn.Module):
    """Times a number: ``[batch, ...]`` to the same.

    Args:
        gain: The number.
    """

    def __init__(self, gain: float) -> None:
        super().__init__()
        self.gain = gain

    def forward(self, x: Tensor) -> Tensor:
        """Multiply."""
        return x * self.gain

    def extra_repr(self) -> str:
        """Show the number."""
        return str(self.gain)


class Maxout(nn.Module):
    """The largest of each k sums beside each other: ``[batch, k·n]`` to ``[batch, n]`` (arXiv:1302.4389, section 3).

    Args:
        pieces: k.
    """

    def __init__(self, pieces: int) -> None:
        super().__init__()
        self.pieces = pieces

    def forward(self, x: Tensor) -> Tensor:
        """Take the largest; where several are, the gradient goes to one of them."""
        largest: Tensor = x.unflatten(1, (-1, self.pieces)).max(2).values
        return largest

    def extra_repr(self) -> str:
        """Show the number of sums."""
        return str(self.pieces)


class BlankConv2d(nn.Conv2d):
    """A convolution whose weights its maker fills.

    What it gives lies in memory with channels last, from which CPUs compute the next convolution more quickly.
    """

    def reset_parameters(self) -> None:
        """Draw nothing."""

    def forward(self, x: Tensor) -> Tensor:
        """``[batch, c_in, h, w]`` to ``[batch, c_out, h', w']``."""
        return super().forward(x).contiguous(memory_format=torch.channels_last)


class BlankConvTranspose2d(nn.ConvTranspose2d):
    """A transposed convolution whose weights its maker fills; same result as PyTorch's, but quicker.

    CPUs compute it more quickly with channels last in memory, and one to a single channel as a matrix product.
    """

    def reset_parameters(self) -> None:
        """Draw nothing."""

    def forward(self, x: Tensor, output_size: list[int] | None = None) -> Tensor:
        """``[batch, c_in, h, w]`` to ``[batch, c_out, h', w']``; ``output_size`` is PyTorch's and not looked at."""
        if self.out_channels > 1 or self.bias is None:
            if x.requires_grad and x.is_contiguous():
                # Its gradient comes with channels last: what made x would be slow on two orders at once.
                x.register_hook(torch.Tensor.contiguous)
            return super().forward(x.contiguous(memory_format=torch.channels_last))
        kernel, stride, padding = self.kernel_size[0], self.stride[0], int(self.padding[0])
        height, width = ((side - 1) * stride - 2 * padding + kernel for side in x.shape[2:])
        columns = self.weight.flatten(1).t() @ x.flatten(2)
        return functional.fold(columns, (height, width), kernel, padding=padding, stride=stride) + self.bias


class Spectral(nn.Module):
    r"""A layer whose weight is divided by its largest singular value, $W/\hat\sigma(W)$ (arXiv:1802.05957).

    A convolution's weight counts as a matrix with one row for each output channel, as in the paper. The forward pass
    is pure: the estimate of the singular vectors moves only in `refresh`, which the trainer calls once per D update,
    so neither G's update nor a look at D changes it.
    """

    weight: Tensor
    left: Tensor
    right: Tensor

    def begin(self, rng: Generator) -> None:
        """Make a first estimate, for the weight as it is now.

        Args:
            rng: Source of the vector that the estimate starts from.
        """
        rows, columns = self.weight.flatten(1).shape
        start = torch.randn(rows, generator=rng)
        self.register_buffer("left", functional.normalize(start, dim=0))
        self.register_buffer("right", torch.zeros(columns))
        for _ in range(15):  # as PyTorch's own: the first estimate is then a good one
            self.refresh()

    @torch.no_grad()
    def refresh(self) -> None:
        """Do one power iteration."""
        matrix = self.weight.flatten(1)
        torch.mv(matrix.t(), self.left, out=self.right)
        self.right.copy_(functional.normalize(self.right, dim=0, eps=1e-12))
        torch.mv(matrix, self.right, out=self.left)
        self.left.copy_(functional.normalize(self.left, dim=0, eps=1e-12))

    def normalised(self) -> Tensor:
        """Divide the weight by the estimate of its largest singular value."""
        return self.weight / torch.dot(self.left, torch.mv(self.weight.flatten(1), self.right))


class SpectralLinear(Spectral, BlankLinear):
    """A linear layer with PyTorch's default distribution and a normalised weight.

    Args:
        n_in: Inputs.
        n_out: Outputs.
        rng: Source of the initial weights and vectors.
    """

    def __init__(self, n_in: int, n_out: int, rng: Generator) -> None:
        super().__init__(n_in, n_out)
        plain = linear(n_in, n_out, rng)
        self.weight, self.bias = plain.weight, plain.bias
        self.begin(rng)

    def forward(self, x: Tensor) -> Tensor:
        """``[batch, n_in]`` to ``[batch, n_out]`` with the normalised weight."""
        return functional.linear(x, self.normalised(), self.bias)


class SpectralConv2d(Spectral, BlankConv2d):
    """A convolution with a normalised weight; call `begin` once the weight is filled."""

    def forward(self, x: Tensor) -> Tensor:
        """``[batch, c_in, h, w]`` to ``[batch, c_out, h', w']`` with the normalised weight."""
        out: Tensor = self._conv_forward(x, self.normalised(), self.bias)
        return out.contiguous(memory_format=torch.channels_last)


def refresh_spectral(network: nn.Module) -> None:
    """Do one power iteration in every spectrally normalised layer of ``network``."""
    for module in network.modules():
        if isinstance(module, Spectral):
            module.refresh()
