"""Networks of the third set, as they stand in such scripts."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from tests.watching.third.data import N_CLASSES


class TutorialG(nn.Module):
    def __init__(self, nz: int = 16, ngf: int = 8, nc: int = 3) -> None:
        super().__init__()
        self.main = nn.Sequential(
            nn.ConvTranspose2d(nz, ngf * 2, 4, 1, 0, bias=False),
            nn.BatchNorm2d(ngf * 2),
            nn.ReLU(True),
            nn.ConvTranspose2d(ngf * 2, ngf, 4, 2, 1, bias=False),
            nn.BatchNorm2d(ngf),
            nn.ReLU(True),
            nn.ConvTranspose2d(ngf, nc, 4, 2, 1, bias=False),
            nn.Tanh(),
        )

    def forward(self, x: torch.Tensor) -> Any:
        return self.main(x)


class TutorialD(nn.Module):
    def __init__(self, nc: int = 3, ndf: int = 8, end: nn.Module | None = None) -> None:
        super().__init__()
        self.main = nn.Sequential(
            nn.Conv2d(nc, ndf, 4, 2, 1, bias=False),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(ndf, ndf * 2, 4, 2, 1, bias=False),
            nn.BatchNorm2d(ndf * 2),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(ndf * 2, 1, 4, 1, 0, bias=False),
            end or nn.Sigmoid(),
        )

    def forward(self, x: torch.Tensor) -> Any:
        return self.main(x)


class UpsampleG(nn.Module):
    """Linear layer, then upsampling, with the momentum of batch norm that everybody copies."""

    def __init__(self, latent_dim: int = 20, channels: int = 1) -> None:
        super().__init__()
        self.l1 = nn.Sequential(nn.Linear(latent_dim, 16 * 4**2))
        self.conv_blocks = nn.Sequential(
            nn.BatchNorm2d(16),
            nn.Upsample(scale_factor=2),
            nn.Conv2d(16, 16, 3, stride=1, padding=1),
            nn.BatchNorm2d(16, 0.8),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Upsample(scale_factor=2),
            nn.Conv2d(16, 8, 3, stride=1, padding=1),
            nn.BatchNorm2d(8, 0.8),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(8, channels, 3, stride=1, padding=1),
            nn.Tanh(),
        )

    def forward(self, z: torch.Tensor) -> Any:
        out = self.l1(z)
        return self.conv_blocks(out.view(out.shape[0], 16, 4, 4))


class BlocksD(nn.Module):
    """Strided blocks with dropout, then a linear layer."""

    def __init__(self, channels: int = 1, sigmoid: bool = True, bn: bool = True) -> None:
        super().__init__()

        def block(a: int, b: int, norm: bool) -> list[nn.Module]:
            layers: list[nn.Module] = [nn.Conv2d(a, b, 3, 2, 1), nn.LeakyReLU(0.2, inplace=True), nn.Dropout2d(0.25)]
            return [*layers, nn.BatchNorm2d(b, 0.8)] if norm else layers

        self.model = nn.Sequential(*block(channels, 8, False), *block(8, 16, bn))
        self.adv_layer = nn.Sequential(nn.Linear(16 * 4**2, 1), *([nn.Sigmoid()] if sigmoid else []))

    def forward(self, img: torch.Tensor) -> Any:
        out = self.model(img)
        return self.adv_layer(out.view(out.shape[0], -1))


class FlatG(nn.Module):
    def __init__(self, latent_dim: int = 20) -> None:
        super().__init__()

        def block(a: int, b: int, normalize: bool = True) -> list[nn.Module]:
            norm = [nn.BatchNorm1d(b, 0.8)] if normalize else []
            return [nn.Linear(a, b), *norm, nn.LeakyReLU(0.2, inplace=True)]

        self.model = nn.Sequential(*block(latent_dim, 32, False), *block(32, 64), nn.Linear(64, 256), nn.Tanh())

    def forward(self, z: torch.Tensor) -> Any:
        return self.model(z).view(z.shape[0], 1, 16, 16)


class FlatD(nn.Module):
    def __init__(self, sigmoid: bool = False) -> None:
        super().__init__()
        self.model = nn.Sequential(
            nn.Linear(256, 64),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Linear(64, 32),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Linear(32, 1),
            *([nn.Sigmoid()] if sigmoid else []),
        )

    def forward(self, img: torch.Tensor) -> Any:
        return self.model(img.view(img.shape[0], -1))


class Heads(nn.Module):
    """Discriminator with an answer and further heads."""

    def __init__(self, n_classes: int = N_CLASSES, code: int = 0, sigmoid: bool = True) -> None:
        super().__init__()
        self.conv_blocks = nn.Sequential(
            nn.Conv2d(1, 8, 3, 2, 1),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Dropout2d(0.25),
            nn.Conv2d(8, 16, 3, 2, 1),
            nn.LeakyReLU(0.2, inplace=True),
            nn.BatchNorm2d(16, 0.8),
        )
        self.adv_layer = nn.Sequential(nn.Linear(256, 1), *([nn.Sigmoid()] if sigmoid else []))
        self.aux_layer = nn.Linear(256, n_classes)
        self.latent_layer = nn.Linear(256, code) if code else None

    def forward(self, img: torch.Tensor) -> Any:
        out = self.conv_blocks(img).flatten(1)
        answers = (self.adv_layer(out), self.aux_layer(out))
        return answers if self.latent_layer is None else (*answers, self.latent_layer(out))


class LabelG(nn.Module):
    """Generator that multiplies z by the embedding of a label."""

    def __init__(self) -> None:
        super().__init__()
        self.label_emb = nn.Embedding(N_CLASSES, 20)
        self.l1 = nn.Linear(20, 256)
        self.conv_blocks = nn.Sequential(
            nn.BatchNorm2d(16),
            nn.Upsample(scale_factor=2),
            nn.Conv2d(16, 16, 3, 1, 1),
            nn.BatchNorm2d(16, 0.8),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Upsample(scale_factor=2),
            nn.Conv2d(16, 1, 3, 1, 1),
            nn.Tanh(),
        )

    def forward(self, noise: torch.Tensor, labels: torch.Tensor) -> Any:
        return self.conv_blocks(self.l1(self.label_emb(labels) * noise).view(-1, 16, 4, 4))


class ClassNorm(nn.Module):
    """Batch norm whose scale and shift come from the class."""

    def __init__(self, n: int) -> None:
        super().__init__()
        self.bn, self.embed = nn.BatchNorm2d(n, affine=False), nn.Embedding(N_CLASSES, 2 * n)
        self.embed.weight.data[:, :n].normal_(1, 0.02)
        self.embed.weight.data[:, n:].zero_()

    def forward(self, x: torch.Tensor, y: torch.Tensor) -> Any:
        gamma, beta = self.embed(y).chunk(2, 1)
        return gamma[..., None, None] * self.bn(x) + beta[..., None, None]


class UNet(nn.Module):
    """Two levels down and up with a skip."""

    def __init__(self, a: int = 1, b: int = 3) -> None:
        super().__init__()
        self.d1, self.d2 = nn.Conv2d(a, 8, 4, 2, 1), nn.Sequential(nn.LeakyReLU(0.2), nn.Conv2d(8, 16, 4, 2, 1))
        self.u1 = nn.Sequential(nn.ReLU(), nn.ConvTranspose2d(16, 8, 4, 2, 1), nn.InstanceNorm2d(8), nn.Dropout(0.5))
        self.u2 = nn.Sequential(nn.ReLU(), nn.ConvTranspose2d(16, b, 4, 2, 1), nn.Tanh())

    def forward(self, x: torch.Tensor) -> Any:
        d1 = self.d1(x)
        return self.u2(torch.cat((self.u1(self.d2(d1)), d1), 1))


class Patches(nn.Module):
    """Answers for patches, of one picture or of a pair."""

    def __init__(self, channels: int = 3) -> None:
        super().__init__()
        self.model = nn.Sequential(
            nn.Conv2d(channels, 8, 4, 2, 1),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(8, 16, 4, 2, 1),
            nn.InstanceNorm2d(16),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(16, 1, 3, padding=1, bias=False),
        )

    def forward(self, *imgs: torch.Tensor) -> Any:
        return self.model(torch.cat(imgs, 1))


class SuperG(nn.Module):
    """Residual features, then twice the size; no end."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.res = nn.Conv2d(3, 16, 3, 1, 1), nn.Sequential(nn.Conv2d(16, 16, 3, 1, 1), nn.LeakyReLU(0.2))
        self.up = nn.Sequential(nn.Conv2d(16, 64, 3, 1, 1), nn.PixelShuffle(2), nn.Conv2d(16, 3, 3, 1, 1))

    def forward(self, x: torch.Tensor) -> Any:
        out1 = self.conv1(x)
        return self.up(out1 + 0.2 * self.res(out1))
