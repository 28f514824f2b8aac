# ruff: noqa: N806, E501  names and habits of the scripts that are watched
"""Loops with classes, codes or two domains at once."""

from __future__ import annotations

import itertools
from typing import Any, Final

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812
from torch.nn.utils import spectral_norm
from torch.utils.data import DataLoader

from tests.watching.third.data import N_CLASSES, B, Dicts, Start, digits, loader, named
from tests.watching.third.nets import ClassNorm, Heads, LabelG


def conditional(start: Start, steps: int) -> list[nn.Module]:
    """CGAN on embedded labels with least squares; fakes of random classes."""

    class Generator(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.label_emb = nn.Embedding(N_CLASSES, N_CLASSES)
            self.model = nn.Sequential(
                nn.Linear(20 + N_CLASSES, 64),
                nn.LeakyReLU(0.2, inplace=True),
                nn.Linear(64, 128),
                nn.BatchNorm1d(128, 0.8),
                nn.LeakyReLU(0.2, inplace=True),
                nn.Linear(128, 256),
                nn.Tanh(),
            )

        def forward(self, noise: torch.Tensor, labels: torch.Tensor) -> Any:
            gen_input = torch.cat((self.label_emb(labels), noise), -1)
            return self.model(gen_input).view(-1, 1, 16, 16)

    class Discriminator(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.label_embedding = nn.Embedding(N_CLASSES, N_CLASSES)
            self.model = nn.Sequential(
                nn.Linear(N_CLASSES + 256, 128),
                nn.LeakyReLU(0.2, inplace=True),
                nn.Linear(128, 128),
                nn.Dropout(0.4),
                nn.LeakyReLU(0.2, inplace=True),
                nn.Linear(128, 1),
            )

        def forward(self, img: torch.Tensor, labels: torch.Tensor) -> Any:
            return self.model(torch.cat((img.view(img.size(0), -1), self.label_embedding(labels)), -1))

    adversarial_loss = nn.MSELoss()
    generator, discriminator = Generator(), Discriminator()
    optimizer_G = torch.optim.Adam(generator.parameters(), lr=0.0002, betas=(0.5, 0.999))
    optimizer_D = torch.optim.Adam(discriminator.parameters(), lr=0.0002, betas=(0.5, 0.999))
    start(generator, discriminator)
    for i, (real_imgs, labels) in enumerate(loader(*digits())):
        batch_size = real_imgs.shape[0]
        valid, fake = torch.ones(batch_size, 1), torch.zeros(batch_size, 1)
        optimizer_G.zero_grad()
        z = torch.randn(batch_size, 20)
        gen_labels = torch.randint(0, N_CLASSES, (batch_size,))
        gen_imgs = generator(z, gen_labels)
        validity = discriminator(gen_imgs, gen_labels)
        g_loss = adversarial_loss(validity, valid)
        g_loss.backward()
        optimizer_G.step()
        optimizer_D.zero_grad()
        validity_real = discriminator(real_imgs, labels)
        d_real_loss = adversarial_loss(validity_real, valid)
        validity_fake = discriminator(gen_imgs.detach(), gen_labels)
        d_fake_loss = adversarial_loss(validity_fake, fake)
        d_loss = (d_real_loss + d_fake_loss) / 2
        d_loss.backward()
        optimizer_D.step()
        if i % 5 == 0:
            with torch.no_grad():
                generator(torch.randn(N_CLASSES**2, 20), torch.arange(N_CLASSES).repeat(N_CLASSES))
        if i + 1 == steps:
            break
    return [generator, discriminator]


def auxiliary(start: Start, steps: int) -> list[nn.Module]:
    """ACGAN: half of the answer's loss, half of the class's."""
    adversarial_loss, auxiliary_loss = nn.BCELoss(), nn.CrossEntropyLoss()
    generator, discriminator = LabelG(), Heads()
    optimizer_G = torch.optim.Adam(generator.parameters(), lr=0.0002, betas=(0.5, 0.999))
    optimizer_D = torch.optim.Adam(discriminator.parameters(), lr=0.0002, betas=(0.5, 0.999))
    accuracies = []
    start(generator, discriminator)
    for i, (real_imgs, labels) in enumerate(loader(*digits())):
        valid, fake = torch.ones(B, 1), torch.zeros(B, 1)
        optimizer_G.zero_grad()
        z, gen_labels = torch.randn(B, 20), torch.randint(0, N_CLASSES, (B,))
        gen_imgs = generator(z, gen_labels)
        validity, pred_label = discriminator(gen_imgs)
        g_loss = 0.5 * (adversarial_loss(validity, valid) + auxiliary_loss(pred_label, gen_labels))
        g_loss.backward()
        optimizer_G.step()
        optimizer_D.zero_grad()
        real_pred, real_aux = discriminator(real_imgs)
        d_real_loss = (adversarial_loss(real_pred, valid) + auxiliary_loss(real_aux, labels)) / 2
        fake_pred, fake_aux = discriminator(gen_imgs.detach())
        d_fake_loss = (adversarial_loss(fake_pred, fake) + auxiliary_loss(fake_aux, gen_labels)) / 2
        d_loss = (d_real_loss + d_fake_loss) / 2
        d_loss.backward()
        optimizer_D.step()
        pred = torch.cat([real_aux.detach(), fake_aux.detach()]).argmax(1)
        accuracies.append((pred == torch.cat([labels, gen_labels])).float().mean().item())
        if i + 1 == steps:
            break
    return [generator, discriminator]


def information(start: Start, steps: int) -> list[nn.Module]:
    """InfoGAN: a third optimizer holds both players and steps on the codes."""

    class Generator(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = nn.Sequential(nn.Linear(16 + N_CLASSES + 2, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Linear(64, 256), nn.Tanh())  # fmt: skip

        def forward(self, noise: torch.Tensor, labels: torch.Tensor, code: torch.Tensor) -> Any:
            return self.net(torch.cat((noise, labels, code), -1)).view(-1, 1, 16, 16)

    adversarial_loss, categorical_loss, continuous_loss = nn.MSELoss(), nn.CrossEntropyLoss(), nn.MSELoss()
    lambda_cat, lambda_con = 1, 0.1
    generator, discriminator = Generator(), Heads(code=2, sigmoid=False)
    optimizer_G = torch.optim.Adam(generator.parameters(), lr=0.0002, betas=(0.5, 0.999))
    optimizer_D = torch.optim.Adam(discriminator.parameters(), lr=0.0002, betas=(0.5, 0.999))
    optimizer_info = torch.optim.Adam(
        itertools.chain(generator.parameters(), discriminator.parameters()), lr=0.0002, betas=(0.5, 0.999)
    )
    static_z, static_label = torch.zeros(16, 16), F.one_hot(torch.arange(16) % N_CLASSES, N_CLASSES).float()
    start(generator, discriminator)
    for i, (real_imgs, _) in enumerate(loader(*digits())):
        valid, fake = torch.ones(B, 1), torch.zeros(B, 1)
        optimizer_G.zero_grad()
        z = torch.randn(B, 16)
        label_input = F.one_hot(torch.randint(0, N_CLASSES, (B,)), N_CLASSES).float()
        code_input = torch.rand(B, 2) * 2 - 1
        gen_imgs = generator(z, label_input, code_input)
        validity, _, _ = discriminator(gen_imgs)
        g_loss = adversarial_loss(validity, valid)
        g_loss.backward()
        optimizer_G.step()
        optimizer_D.zero_grad()
        real_pred, _, _ = discriminator(real_imgs)
        d_real_loss = adversarial_loss(real_pred, valid)
        fake_pred, _, _ = discriminator(gen_imgs.detach())
        d_fake_loss = adversarial_loss(fake_pred, fake)
        d_loss = (d_real_loss + d_fake_loss) / 2
        d_loss.backward()
        optimizer_D.step()
        optimizer_info.zero_grad()
        sampled_labels = torch.randint(0, N_CLASSES, (B,))
        z = torch.randn(B, 16)
        label_input = F.one_hot(sampled_labels, N_CLASSES).float()
        code_input = torch.rand(B, 2) * 2 - 1
        gen_imgs = generator(z, label_input, code_input)
        _, pred_label, pred_code = discriminator(gen_imgs)
        info_loss = lambda_cat * categorical_loss(pred_label, sampled_labels) + lambda_con * continuous_loss(pred_code, code_input)  # fmt: skip
        info_loss.backward()
        optimizer_info.step()
        if i % 4 == 3:
            with torch.no_grad():
                generator(static_z, static_label, torch.zeros(16, 2))
        if i + 1 == steps:
            break
    return [generator, discriminator]


def semi_supervised(start: Start, steps: int) -> list[nn.Module]:
    """SGAN: a class more, for fakes."""
    adversarial_loss, auxiliary_loss = nn.BCELoss(), nn.CrossEntropyLoss()
    generator, discriminator = LabelG(), Heads(N_CLASSES + 1)
    generator.forward = lambda z: generator.conv_blocks(generator.l1(z).view(-1, 16, 4, 4))  # type: ignore[assignment,method-assign,misc]
    del generator.label_emb
    optimizer_G = torch.optim.Adam(generator.parameters(), lr=0.0002, betas=(0.5, 0.999))
    optimizer_D = torch.optim.Adam(discriminator.parameters(), lr=0.0002, betas=(0.5, 0.999))
    start(generator, discriminator)
    for i, (imgs, labels) in enumerate(loader(*digits())):
        valid, fake = torch.ones(B, 1), torch.zeros(B, 1)
        fake_aux_gt = torch.full((B,), N_CLASSES)
        optimizer_G.zero_grad()
        gen_imgs = generator(torch.randn(B, 20))
        validity, _ = discriminator(gen_imgs)
        g_loss = adversarial_loss(validity, valid)
        g_loss.backward()
        optimizer_G.step()
        optimizer_D.zero_grad()
        real_pred, real_aux = discriminator(imgs)
        d_real_loss = (adversarial_loss(real_pred, valid) + auxiliary_loss(real_aux, labels)) / 2
        fake_pred, fake_aux = discriminator(gen_imgs.detach())
        d_fake_loss = (adversarial_loss(fake_pred, fake) + auxiliary_loss(fake_aux, fake_aux_gt)) / 2
        d_loss = (d_real_loss + d_fake_loss) / 2
        d_loss.backward()
        optimizer_D.step()
        if i + 1 == steps:
            break
    return [generator, discriminator]


def coupled(start: Start, steps: int) -> list[nn.Module]:
    """CoGAN: one G makes two pictures, one D answers for both."""

    class CoupledG(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc = nn.Sequential(nn.Linear(20, 64), nn.BatchNorm1d(64), nn.LeakyReLU(0.2))
            self.G1, self.G2 = (nn.Sequential(nn.Linear(64, 256), nn.Tanh()) for _ in range(2))

        def forward(self, noise: torch.Tensor) -> Any:
            emb = self.fc(noise)
            return self.G1(emb).view(-1, 1, 16, 16), self.G2(emb).view(-1, 1, 16, 16)

    class CoupledD(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.shared = nn.Sequential(nn.Linear(256, 32), nn.LeakyReLU(0.2))
            self.D1, self.D2 = nn.Linear(32, 1), nn.Linear(32, 1)

        def forward(self, img1: torch.Tensor, img2: torch.Tensor) -> Any:
            return self.D1(self.shared(img1.flatten(1))), self.D2(self.shared(img2.flatten(1)))

    adversarial_loss = nn.MSELoss()
    coupled_generators, coupled_discriminators = CoupledG(), CoupledD()
    optimizer_G = torch.optim.Adam(coupled_generators.parameters(), lr=0.0002, betas=(0.5, 0.999))
    optimizer_D = torch.optim.Adam(coupled_discriminators.parameters(), lr=0.0002, betas=(0.5, 0.999))
    first, second = loader(digits()[0]), loader(-digits()[0])
    start(coupled_generators, coupled_discriminators)
    for i, ((imgs1,), (imgs2,)) in enumerate(zip(first, second, strict=True)):
        valid, fake = torch.ones(B, 1), torch.zeros(B, 1)
        optimizer_G.zero_grad()
        z = torch.randn(B, 20)
        gen_imgs1, gen_imgs2 = coupled_generators(z)
        validity1, validity2 = coupled_discriminators(gen_imgs1, gen_imgs2)
        g_loss = (adversarial_loss(validity1, valid) + adversarial_loss(validity2, valid)) / 2
        g_loss.backward()
        optimizer_G.step()
        optimizer_D.zero_grad()
        validity1_real, validity2_real = coupled_discriminators(imgs1, imgs2)
        validity1_fake, validity2_fake = coupled_discriminators(gen_imgs1.detach(), gen_imgs2.detach())
        d_loss = (
            adversarial_loss(validity1_real, valid)
            + adversarial_loss(validity1_fake, fake)
            + adversarial_loss(validity2_real, valid)
            + adversarial_loss(validity2_fake, fake)
        ) / 4
        d_loss.backward()
        optimizer_D.step()
        if i + 1 == steps:
            break
    return [coupled_generators, coupled_discriminators]


def projecting(start: Start, steps: int) -> list[nn.Module]:
    """Projection D with spectral norm, conditional batch norm, hinge, batches as dictionaries, two D steps a G step."""

    class G(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc, self.n1 = nn.Linear(20, 256), ClassNorm(16)
            self.c1, self.n2, self.c2 = nn.Conv2d(16, 16, 3, 1, 1), ClassNorm(16), nn.Conv2d(16, 1, 3, 1, 1)

        def forward(self, z: torch.Tensor, y: torch.Tensor) -> Any:
            h = F.relu(self.n1(self.fc(z).view(-1, 16, 4, 4), y))
            h = F.relu(self.n2(self.c1(F.interpolate(h, scale_factor=2)), y))
            return torch.tanh(self.c2(F.interpolate(h, scale_factor=2)))

    class D(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.c1, self.c2 = spectral_norm(nn.Conv2d(1, 16, 4, 2, 1)), spectral_norm(nn.Conv2d(16, 16, 4, 2, 1))
            self.linear, self.embed = spectral_norm(nn.Linear(16, 1)), spectral_norm(nn.Embedding(N_CLASSES, 16))

        def forward(self, x: torch.Tensor, y: torch.Tensor) -> Any:
            h = F.relu(self.c2(F.relu(self.c1(x)))).sum((2, 3))
            return self.linear(h) + (self.embed(y) * h).sum(1, keepdim=True)

    generator, discriminator = G(), D()
    opt_g = torch.optim.Adam(generator.parameters(), 1e-4, betas=(0.0, 0.9))
    opt_d = torch.optim.Adam(discriminator.parameters(), 4e-4, betas=(0.0, 0.9))
    loader_ = DataLoader(Dicts(), batch_size=B, shuffle=True, drop_last=True)

    def forever() -> Any:
        while True:
            yield from loader_

    batches = forever()
    start(generator, discriminator)
    for _ in range(steps):
        for _ in range(2):
            batch = next(batches)
            x, y = batch["pixel_values"], batch["label"]
            with torch.no_grad():
                y_fake = torch.randint(0, N_CLASSES, (B,))
                x_fake = generator(torch.randn(B, 20), y_fake)
            opt_d.zero_grad()
            loss_d = F.relu(1.0 - discriminator(x, y)).mean() + F.relu(1.0 + discriminator(x_fake, y_fake)).mean()
            loss_d.backward()
            opt_d.step()
        opt_g.zero_grad()
        y_fake = torch.randint(0, N_CLASSES, (B,))
        loss_g = -discriminator(generator(torch.randn(B, 20), y_fake), y_fake).mean()
        loss_g.backward()
        opt_g.step()
    return [generator, discriminator]


LOOPS: Final = named(conditional, auxiliary, information, semi_supervised, coupled, projecting)
