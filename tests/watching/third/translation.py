# ruff: noqa: N806, E501  names and habits of the scripts that are watched
"""Loops from picture to picture."""

from __future__ import annotations

import itertools
import random
from typing import Any, Final

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812

from tests.watching.third.data import Start, loader, named, pairs, photos, weights_init
from tests.watching.third.nets import Patches, SuperG, UNet


def pairs_with_l1(start: Start, steps: int) -> list[nn.Module]:
    """pix2pix: U-Net with dropout as its noise, patches of pairs, 100 times L1."""
    criterion_GAN, criterion_pixelwise = nn.MSELoss(), nn.L1Loss()
    lambda_pixel, patch = 100, (1, 4, 4)
    generator, discriminator = UNet(), Patches(4)
    generator.apply(weights_init)
    discriminator.apply(weights_init)
    optimizer_G = torch.optim.Adam(generator.parameters(), lr=0.0002, betas=(0.5, 0.999))
    optimizer_D = torch.optim.Adam(discriminator.parameters(), lr=0.0002, betas=(0.5, 0.999))
    start(generator, discriminator)
    for i, (real_A, real_B) in enumerate(loader(*pairs(128), batch=8)):
        valid, fake = torch.ones(real_A.size(0), *patch), torch.zeros(real_A.size(0), *patch)
        optimizer_G.zero_grad()
        fake_B = generator(real_A)
        pred_fake = discriminator(fake_B, real_A)
        loss_GAN = criterion_GAN(pred_fake, valid)
        loss_pixel = criterion_pixelwise(fake_B, real_B)
        loss_G = loss_GAN + lambda_pixel * loss_pixel
        loss_G.backward()
        optimizer_G.step()
        optimizer_D.zero_grad()
        pred_real = discriminator(real_B, real_A)
        loss_real = criterion_GAN(pred_real, valid)
        pred_fake = discriminator(fake_B.detach(), real_A)
        loss_fake = criterion_GAN(pred_fake, fake)
        loss_D = 0.5 * (loss_real + loss_fake)
        loss_D.backward()
        optimizer_D.step()
        if i % 5 == 4:
            generator.eval()
            with torch.no_grad():
                generator(real_A[:2])
            generator.train()
        if i + 1 == steps:
            break
    return [generator, discriminator]


def cycles(start: Start, steps: int) -> list[nn.Module]:
    """CycleGAN: two of each, buffers of old fakes, identity loss, a rate that falls linearly."""

    class ReplayBuffer:
        def __init__(self, max_size: int = 20) -> None:
            self.max_size, self.data = max_size, []

        def push_and_pop(self, data: torch.Tensor) -> torch.Tensor:
            to_return = []
            for element in data.data:
                element = torch.unsqueeze(element, 0)
                if len(self.data) < self.max_size:
                    self.data.append(element)
                    to_return.append(element)
                elif random.uniform(0, 1) > 0.5:
                    i = random.randint(0, self.max_size - 1)
                    to_return.append(self.data[i].clone())
                    self.data[i] = element
                else:
                    to_return.append(element)
            return torch.cat(to_return)

    random.seed(int(torch.randint(0, 1000, ())))
    G_AB, G_BA, D_A, D_B = UNet(3, 3), UNet(3, 3), Patches(), Patches()
    criterion_GAN, criterion_cycle, criterion_identity = nn.MSELoss(), nn.L1Loss(), nn.L1Loss()
    optimizer_G = torch.optim.Adam(itertools.chain(G_AB.parameters(), G_BA.parameters()), lr=2e-4, betas=(0.5, 0.999))
    optimizer_D_A = torch.optim.Adam(D_A.parameters(), lr=2e-4, betas=(0.5, 0.999))
    optimizer_D_B = torch.optim.Adam(D_B.parameters(), lr=2e-4, betas=(0.5, 0.999))
    opts = (optimizer_G, optimizer_D_A, optimizer_D_B)
    schedulers = [torch.optim.lr_scheduler.LambdaLR(o, lambda e: 1.0 - max(0, e - 50) / 50) for o in opts]
    fake_A_buffer, fake_B_buffer = ReplayBuffer(), ReplayBuffer()
    data, i = loader(photos(40), photos(40).flip(1), batch=8), 0
    start([G_AB, G_BA], [D_A, D_B])
    for _epoch in range(99):
        for real_A, real_B in data:
            valid, fake = torch.ones(8, 1, 4, 4), torch.zeros(8, 1, 4, 4)
            G_AB.train()
            G_BA.train()
            optimizer_G.zero_grad()
            loss_identity = (criterion_identity(G_BA(real_A), real_A) + criterion_identity(G_AB(real_B), real_B)) / 2
            fake_B, fake_A = G_AB(real_A), G_BA(real_B)
            loss_GAN = (criterion_GAN(D_B(fake_B), valid) + criterion_GAN(D_A(fake_A), valid)) / 2
            loss_cycle = (criterion_cycle(G_BA(fake_B), real_A) + criterion_cycle(G_AB(fake_A), real_B)) / 2
            loss_G = loss_GAN + 10.0 * loss_cycle + 5.0 * loss_identity
            loss_G.backward()
            optimizer_G.step()
            optimizer_D_A.zero_grad()
            loss_real = criterion_GAN(D_A(real_A), valid)
            fake_A_ = fake_A_buffer.push_and_pop(fake_A)
            loss_D_A = (loss_real + criterion_GAN(D_A(fake_A_.detach()), fake)) / 2
            loss_D_A.backward()
            optimizer_D_A.step()
            optimizer_D_B.zero_grad()
            loss_real = criterion_GAN(D_B(real_B), valid)
            fake_B_ = fake_B_buffer.push_and_pop(fake_B)
            loss_D_B = (loss_real + criterion_GAN(D_B(fake_B_.detach()), fake)) / 2
            loss_D_B.backward()
            optimizer_D_B.step()
            i += 1
            if i == steps:
                return [G_AB, G_BA, D_A, D_B]
        for s in schedulers:
            s.step()
    return [G_AB, G_BA, D_A, D_B]


def enhanced(start: Start, steps: int) -> list[nn.Module]:
    """ESRGAN: two steps on pixels alone, then relativistic average, features of a fixed network, small weights."""
    generator, discriminator = SuperG(), Patches()
    feature_extractor = nn.Sequential(nn.Conv2d(3, 8, 3, 1, 1), nn.ReLU(), nn.Conv2d(8, 8, 3, 1, 1))
    feature_extractor.eval()
    criterion_GAN, criterion_content, criterion_pixel = nn.BCEWithLogitsLoss(), nn.L1Loss(), nn.L1Loss()
    optimizer_G = torch.optim.Adam(generator.parameters(), lr=2e-4, betas=(0.9, 0.999))
    optimizer_D = torch.optim.Adam(discriminator.parameters(), lr=2e-4, betas=(0.9, 0.999))
    warmup_batches = 2
    start(generator, discriminator)
    for batches_done, (imgs_hr,) in enumerate(loader(photos(256), batch=16)):
        imgs_lr = F.interpolate(imgs_hr, scale_factor=0.5, mode="bicubic")
        valid, fake = torch.ones(16, 1, 4, 4), torch.zeros(16, 1, 4, 4)
        optimizer_G.zero_grad()
        gen_hr = generator(imgs_lr)
        loss_pixel = criterion_pixel(gen_hr, imgs_hr)
        if batches_done < warmup_batches:
            loss_pixel.backward()
            optimizer_G.step()
            continue
        pred_real = discriminator(imgs_hr).detach()
        pred_fake = discriminator(gen_hr)
        loss_GAN = criterion_GAN(pred_fake - pred_real.mean(0, keepdim=True), valid)
        loss_content = criterion_content(feature_extractor(gen_hr), feature_extractor(imgs_hr).detach())
        loss_G = loss_content + 5e-3 * loss_GAN + 1e-2 * loss_pixel
        loss_G.backward()
        optimizer_G.step()
        optimizer_D.zero_grad()
        pred_real = discriminator(imgs_hr)
        pred_fake = discriminator(gen_hr.detach())
        loss_real = criterion_GAN(pred_real - pred_fake.mean(0, keepdim=True), valid)
        loss_fake = criterion_GAN(pred_fake - pred_real.mean(0, keepdim=True), fake)
        loss_D = (loss_real + loss_fake) / 2
        loss_D.backward()
        optimizer_D.step()
        if batches_done + 1 == steps:
            break
    return [generator, discriminator]


def inpainting(start: Start, steps: int) -> list[nn.Module]:
    """Context encoder: the masked middle is made; 0.001 of adversarial loss."""

    class Generator(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = nn.Sequential(
                nn.Conv2d(3, 8, 4, 2, 1),
                nn.LeakyReLU(0.2),
                nn.Conv2d(8, 16, 4, 2, 1),
                nn.BatchNorm2d(16, 0.8),
                nn.LeakyReLU(0.2),
                nn.ConvTranspose2d(16, 8, 4, 2, 1),
                nn.BatchNorm2d(8, 0.8),
                nn.ReLU(),
                nn.Conv2d(8, 3, 3, 1, 1),
                nn.Tanh(),
            )

        def forward(self, x: torch.Tensor) -> Any:
            return self.model(x)

    adversarial_loss, pixelwise_loss = nn.MSELoss(), nn.L1Loss()
    generator, discriminator = Generator(), Patches()
    optimizer_G = torch.optim.Adam(generator.parameters(), lr=0.0002, betas=(0.5, 0.999))
    optimizer_D = torch.optim.Adam(discriminator.parameters(), lr=0.0002, betas=(0.5, 0.999))
    start(generator, discriminator)
    for i, (imgs,) in enumerate(loader(photos(256), batch=16)):
        masked_imgs, masked_parts = imgs.clone(), imgs[:, :, 4:12, 4:12]
        masked_imgs[:, :, 4:12, 4:12] = 1
        valid, fake = torch.ones(16, 1, 2, 2), torch.zeros(16, 1, 2, 2)
        optimizer_G.zero_grad()
        gen_parts = generator(masked_imgs)
        g_adv = adversarial_loss(discriminator(gen_parts), valid)
        g_pixel = pixelwise_loss(gen_parts, masked_parts)
        g_loss = 0.001 * g_adv + 0.999 * g_pixel
        g_loss.backward()
        optimizer_G.step()
        optimizer_D.zero_grad()
        real_loss = adversarial_loss(discriminator(masked_parts), valid)
        fake_loss = adversarial_loss(discriminator(gen_parts.detach()), fake)
        d_loss = 0.5 * (real_loss + fake_loss)
        d_loss.backward()
        optimizer_D.step()
        if i + 1 == steps:
            break
    return [generator, discriminator]


def scales_and_features(start: Start, steps: int) -> list[nn.Module]:
    """pix2pixHD: lists of lists of features from D, least squares, feature matching, losses in a dictionary."""

    class MultiscaleD(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            layers = ((4, 8, 2), (8, 16, 2), (16, 1, 1))
            self.scales = nn.ModuleList(
                nn.ModuleList(
                    nn.Sequential(nn.Conv2d(a, b, 3, s, 1), *([nn.LeakyReLU(0.2)] if b > 1 else []))
                    for a, b, s in layers
                )
                for _ in range(2)
            )

        def forward(self, x: torch.Tensor) -> Any:
            result = []
            for scale in self.scales:
                out = [x]
                for layer in scale:  # type: ignore[attr-defined]
                    out.append(layer(out[-1]))
                result.append(out[1:])
                x = F.avg_pool2d(x, 3, 2, 1, count_include_pad=False)
            return result

    class GANLoss(nn.Module):
        def forward(self, outputs: Any, target_is_real: bool) -> Any:
            loss: Any = 0
            for pred in outputs:
                target = torch.tensor(float(target_is_real)).expand_as(pred[-1])
                loss += F.mse_loss(pred[-1], target)
            return loss

    netG, netD, criterion = UNet(), MultiscaleD(), GANLoss()
    optimizer_G = torch.optim.Adam(netG.parameters(), lr=2e-4, betas=(0.5, 0.999))
    optimizer_D = torch.optim.Adam(netD.parameters(), lr=2e-4, betas=(0.5, 0.999))

    def forward(label: torch.Tensor, real: torch.Tensor) -> dict[str, torch.Tensor]:
        fake = netG(label)
        pred_fake_pool = netD(torch.cat((label, fake.detach()), 1))
        losses = {"D_fake": criterion(pred_fake_pool, False)}
        pred_real = netD(torch.cat((label, real.detach()), 1))
        losses["D_real"] = criterion(pred_real, True)
        pred_fake = netD(torch.cat((label, fake), 1))
        losses["G_GAN"] = criterion(pred_fake, True)
        losses["G_Feat"] = 10 / 2 * sum(
            F.l1_loss(f, r.detach())
            for a, b in zip(pred_fake, pred_real, strict=True)
            for f, r in zip(a[:-1], b[:-1], strict=True)
        )  # fmt: skip
        return losses

    start(netG, netD)
    for i, (label, real) in enumerate(loader(*pairs(256), batch=16)):
        losses = forward(label, real)
        loss_D = (losses["D_fake"] + losses["D_real"]) * 0.5
        loss_G = losses["G_GAN"] + losses["G_Feat"]
        optimizer_G.zero_grad()
        loss_G.backward()
        optimizer_G.step()
        optimizer_D.zero_grad()
        loss_D.backward()
        optimizer_D.step()
        if i + 1 == steps:
            break
    return [netG, netD]


def domains(start: Start, steps: int) -> list[nn.Module]:
    """StarGAN: patches and a class from D, one label map into G, WGAN-GP, G every second batch."""

    class Generator(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = nn.Sequential(nn.Conv2d(3 + 2, 16, 3, 1, 1, bias=False), nn.InstanceNorm2d(16, affine=True), nn.ReLU(), nn.Conv2d(16, 3, 3, 1, 1), nn.Tanh())  # fmt: skip

        def forward(self, x: torch.Tensor, c: torch.Tensor) -> Any:
            return self.model(torch.cat((x, c[..., None, None].expand(-1, -1, 16, 16)), 1))

    class Discriminator(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.main = nn.Sequential(nn.Conv2d(3, 16, 4, 2, 1), nn.LeakyReLU(0.01), nn.Conv2d(16, 16, 4, 2, 1), nn.LeakyReLU(0.01))  # fmt: skip
            self.out1, self.out2 = nn.Conv2d(16, 1, 3, 1, 1, bias=False), nn.Conv2d(16, 2, 4, bias=False)

        def forward(self, img: torch.Tensor) -> Any:
            h = self.main(img)
            return self.out1(h), self.out2(h).flatten(1)

    G, D = Generator(), Discriminator()
    g_optimizer = torch.optim.Adam(G.parameters(), 1e-4, (0.5, 0.999))
    d_optimizer = torch.optim.Adam(D.parameters(), 1e-4, (0.5, 0.999))
    x_all, label_all = photos(640), torch.randint(0, 2, (640,))
    start(G, D)
    for i, (x_real, label) in enumerate(loader(x_all, label_all, batch=16)):
        c_org, c_trg = F.one_hot(label, 2).float(), F.one_hot(label[torch.randperm(16)], 2).float()
        out_src, out_cls = D(x_real)
        d_loss_real = -torch.mean(out_src)
        d_loss_cls = F.binary_cross_entropy_with_logits(out_cls, c_org, reduction="sum") / 16
        x_fake = G(x_real, c_trg)
        out_src, _ = D(x_fake.detach())
        d_loss_fake = torch.mean(out_src)
        alpha = torch.rand(16, 1, 1, 1)
        x_hat = (alpha * x_real.data + (1 - alpha) * x_fake.data).requires_grad_(True)
        out_src, _ = D(x_hat)
        dydx = torch.autograd.grad(out_src, x_hat, torch.ones_like(out_src), retain_graph=True, create_graph=True)[0]
        d_loss_gp = torch.mean((torch.sqrt(torch.sum(dydx.view(16, -1) ** 2, dim=1)) - 1) ** 2)
        d_loss = d_loss_real + d_loss_fake + d_loss_cls + 10 * d_loss_gp
        g_optimizer.zero_grad()
        d_optimizer.zero_grad()
        d_loss.backward()
        d_optimizer.step()
        if (i + 1) % 2 == 0:
            x_fake = G(x_real, c_trg)
            out_src, out_cls = D(x_fake)
            g_loss_fake = -torch.mean(out_src)
            g_loss_cls = F.binary_cross_entropy_with_logits(out_cls, c_trg, reduction="sum") / 16
            g_loss_rec = torch.mean(torch.abs(x_real - G(x_fake, c_org)))
            g_loss = g_loss_fake + 10 * g_loss_rec + g_loss_cls
            g_optimizer.zero_grad()
            d_optimizer.zero_grad()
            g_loss.backward()
            g_optimizer.step()
        if (i + 1) // 2 == steps:
            break
    return [G, D]


LOOPS: Final = named(pairs_with_l1, cycles, enhanced, inpainting, scales_and_features, domains)
