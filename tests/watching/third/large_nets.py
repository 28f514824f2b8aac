# ruff: noqa: N803, N806, E501  names and habits of the scripts that are watched
"""Networks after large models."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812
from torch.nn.utils import spectral_norm

from tests.watching.third.data import N_CLASSES


class EqualLinear(nn.Module):
    """Linear layer whose weights are scaled as it runs."""

    def __init__(self, a: int, b: int, bias_init: float = 0.0, lr_mul: float = 1.0) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.randn(b, a) / lr_mul), nn.Parameter(torch.full((b,), bias_init))
        self.scale, self.lr_mul = lr_mul / math.sqrt(a), lr_mul

    def forward(self, x: torch.Tensor) -> Any:
        return F.linear(x, self.weight * self.scale, self.bias * self.lr_mul)


class StyledG(nn.Module):
    """Mapping, modulated convolutions with noise, and styles handed out for path lengths."""

    def __init__(self, dim: int = 16) -> None:
        super().__init__()
        self.style = nn.Sequential(
            EqualLinear(dim, dim, lr_mul=0.01), nn.LeakyReLU(0.2), EqualLinear(dim, dim, lr_mul=0.01), nn.LeakyReLU(0.2)
        )
        self.input = nn.Parameter(torch.randn(1, 16, 4, 4))
        self.affines = nn.ModuleList(EqualLinear(dim, 16, 1.0) for _ in range(2))
        self.weights = nn.ParameterList(torch.randn(1, 16, 16, 3, 3) for _ in range(2))
        self.noise_weight = nn.Parameter(torch.zeros(2))
        self.to_rgb = nn.Conv2d(16, 3, 1)

    def forward(self, styles: list[torch.Tensor], return_latents: bool = False, input_is_latent: bool = False) -> Any:
        w = styles if input_is_latent else [self.style(F.normalize(s) * s.shape[1] ** 0.5) for s in styles]
        latent = torch.stack([w[0], w[-1]], 1)
        x = self.input.expand(len(latent), -1, -1, -1)
        for k, (affine, base) in enumerate(zip(self.affines, self.weights, strict=True)):
            n, c, h, _ = x.shape
            weight = base / 12 * affine(latent[:, k]).view(n, 1, c, 1, 1)
            weight = weight * (weight.pow(2).sum((2, 3, 4), keepdim=True) + 1e-8).rsqrt()
            x = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False).reshape(1, n * c, 2 * h, 2 * h)
            x = F.conv2d(x, weight.view(n * 16, c, 3, 3), padding=1, groups=n).view(n, 16, 2 * h, 2 * h)
            x = F.leaky_relu(x + self.noise_weight[k] * torch.randn(n, 1, 2 * h, 2 * h), 0.2) * math.sqrt(2)
        image = self.to_rgb(x)
        return (image, latent) if return_latents else (image, None)


class StddevD(nn.Module):
    """Residual block, deviation over the batch as a feature, linear end."""

    def __init__(self, channels: int = 3) -> None:
        super().__init__()
        self.first, self.conv = nn.Conv2d(channels, 16, 1), nn.Conv2d(16, 16, 3, 2, 1)
        self.skip, self.last = nn.Conv2d(16, 16, 1, 2, bias=False), nn.Conv2d(17, 16, 3, 2, 1)
        self.final = nn.Sequential(EqualLinear(256, 32), nn.LeakyReLU(0.2), EqualLinear(32, 1))

    def forward(self, x: torch.Tensor) -> Any:
        x = F.leaky_relu(self.first(x), 0.2)
        x = (F.leaky_relu(self.conv(x), 0.2) + self.skip(x)) / math.sqrt(2)
        deviation = (x.var(0, unbiased=False) + 1e-8).sqrt().mean().expand(len(x), 1, *x.shape[2:])
        return self.final(F.leaky_relu(self.last(torch.cat((x, deviation), 1)), 0.2).flatten(1))


class BigG(nn.Module):
    """Shared embedding, z in chunks, conditional batch norm, orthogonal weights."""

    def __init__(self) -> None:
        super().__init__()
        self.shared = nn.Embedding(N_CLASSES, 8)
        self.linear = spectral_norm(nn.Linear(8, 16 * 16))
        self.bn, self.gain = nn.BatchNorm2d(16, affine=False), spectral_norm(nn.Linear(16, 16, bias=False))
        self.conv = spectral_norm(nn.Conv2d(16, 16, 3, 1, 1))
        self.output_layer = nn.Sequential(nn.BatchNorm2d(16), nn.ReLU(), spectral_norm(nn.Conv2d(16, 1, 3, 1, 1)))
        for m in self.modules():
            if isinstance(m, nn.Linear | nn.Conv2d | nn.Embedding):
                nn.init.orthogonal_(m.weight_orig if hasattr(m, "weight_orig") else m.weight)

    def forward(self, z: torch.Tensor, y: torch.Tensor) -> Any:
        first, second = z.split(8, 1)
        h = F.interpolate(self.linear(first).view(-1, 16, 4, 4), scale_factor=2)
        h = self.bn(h) * (1 + self.gain(torch.cat((second, y), 1)))[..., None, None]
        return torch.tanh(self.output_layer(F.interpolate(self.conv(F.relu(h)), scale_factor=2)))


class BigD(nn.Module):
    """Spectral norm, sum over places, projection."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.Sequential(spectral_norm(nn.Conv2d(1, 16, 3, 2, 1)), nn.ReLU(), spectral_norm(nn.Conv2d(16, 16, 3, 2, 1)))  # fmt: skip
        self.linear, self.embed = spectral_norm(nn.Linear(16, 1)), spectral_norm(nn.Embedding(N_CLASSES, 16))

    def forward(self, x: torch.Tensor, y: torch.Tensor) -> Any:
        h = F.relu(self.blocks(x)).sum([2, 3])
        return self.linear(h) + torch.sum(self.embed(y) * h, 1, keepdim=True)


class GD(nn.Module):
    """Both players in one module, so that D is asked once for fakes and reals together."""

    def __init__(self, G: nn.Module, D: nn.Module) -> None:
        super().__init__()
        self.G, self.D = G, D

    def forward(self, z: torch.Tensor, gy: torch.Tensor, x: Any = None, dy: Any = None, train_G: bool = False) -> Any:
        with torch.set_grad_enabled(train_G):
            G_z = self.G(z, self.G.shared(gy))  # type: ignore[operator]
        if x is None:
            return self.D(G_z, gy)
        D_out = self.D(torch.cat([G_z, x], 0), torch.cat([gy, dy], 0))
        return torch.split(D_out, [G_z.shape[0], x.shape[0]])
