# ruff: noqa: N803, N806, E501  names and habits of the scripts that are watched
"""Unconditional loops in the styles of tutorials and collections of GANs."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import torch
from torch import nn
from torch.autograd import Variable, grad
from torch.nn import functional as F  # noqa: N812

from tests.watching.third.data import B, Start, digits, loader, named, photos, weights_init
from tests.watching.third.nets import BlocksD, FlatD, FlatG, TutorialD, TutorialG, UpsampleG

Tensor = torch.FloatTensor


def tutorial(start: Start, steps: int) -> list[nn.Module]:
    """The tutorial on faces: epochs, a loader, labels filled in place, pictures from fixed noise now and then."""
    dataloader = loader(photos(160))
    netG, netD = TutorialG(), TutorialD()
    netG.apply(weights_init)
    netD.apply(weights_init)
    criterion = nn.BCELoss()
    fixed_noise = torch.randn(16, 16, 1, 1)
    real_label, fake_label = 1.0, 0.0
    optimizerD = torch.optim.Adam(netD.parameters(), lr=0.0002, betas=(0.5, 0.999))
    optimizerG = torch.optim.Adam(netG.parameters(), lr=0.0002, betas=(0.5, 0.999))
    img_list, G_losses, D_losses, iters = [], [], [], 0
    start(netG, netD)
    for _epoch in range(99):
        for data in dataloader:
            netD.zero_grad()
            real_cpu = data[0]
            b_size = real_cpu.size(0)
            label = torch.full((b_size,), real_label, dtype=torch.float)
            output = netD(real_cpu).view(-1)
            errD_real = criterion(output, label)
            errD_real.backward()
            D_x = output.mean().item()
            noise = torch.randn(b_size, 16, 1, 1)
            fake = netG(noise)
            label.fill_(fake_label)
            output = netD(fake.detach()).view(-1)
            errD_fake = criterion(output, label)
            errD_fake.backward()
            D_G_z1 = output.mean().item()
            errD = errD_real + errD_fake
            optimizerD.step()
            netG.zero_grad()
            label.fill_(real_label)
            output = netD(fake).view(-1)
            errG = criterion(output, label)
            errG.backward()
            D_G_z2 = output.mean().item()
            optimizerG.step()
            G_losses.append(errG.item())
            D_losses.append((errD.item(), D_x, D_G_z1, D_G_z2))
            if iters % 4 == 0:
                with torch.no_grad():
                    fake = netG(fixed_noise).detach().cpu()
                img_list.append(fake[:4])
            iters += 1
            if iters == steps:
                return [netG, netD]
    return [netG, netD]


def upsampled(start: Start, steps: int) -> list[nn.Module]:
    """G first, the same fakes for D, z from NumPy, BCE on probabilities, dropout and batch norm in D."""
    dataloader = loader(*digits())
    adversarial_loss = torch.nn.BCELoss()
    generator, discriminator = UpsampleG(), BlocksD()
    generator.apply(weights_init)
    discriminator.apply(weights_init)
    optimizer_G = torch.optim.Adam(generator.parameters(), lr=0.0002, betas=(0.5, 0.999))
    optimizer_D = torch.optim.Adam(discriminator.parameters(), lr=0.0002, betas=(0.5, 0.999))
    rng = np.random.default_rng(int(torch.randint(0, 1000, ())))
    start(generator, discriminator)
    for i, (imgs, _) in enumerate(dataloader):
        valid = Variable(Tensor(imgs.shape[0], 1).fill_(1.0), requires_grad=False)
        fake = Variable(Tensor(imgs.shape[0], 1).fill_(0.0), requires_grad=False)
        real_imgs = Variable(imgs.type(Tensor))
        optimizer_G.zero_grad()
        z = Variable(Tensor(rng.normal(0, 1, (imgs.shape[0], 20))))
        gen_imgs = generator(z)
        g_loss = adversarial_loss(discriminator(gen_imgs), valid)
        g_loss.backward()
        optimizer_G.step()
        optimizer_D.zero_grad()
        real_loss = adversarial_loss(discriminator(real_imgs), valid)
        fake_loss = adversarial_loss(discriminator(gen_imgs.detach()), fake)
        d_loss = (real_loss + fake_loss) / 2
        d_loss.backward()
        optimizer_D.step()
        if i + 1 == steps:
            break
    return [generator, discriminator]


def clipped(start: Start, steps: int) -> list[nn.Module]:
    """WGAN with clipped weights; G every fifth batch."""
    generator, discriminator = FlatG(), FlatD()
    optimizer_G = torch.optim.RMSprop(generator.parameters(), lr=0.00005)
    optimizer_D = torch.optim.RMSprop(discriminator.parameters(), lr=0.00005)
    dataloader = loader(digits(256)[0])
    n_critic, clip_value, batches_done, g_steps = 5, 0.01, 0, 0
    start(generator, discriminator)
    while g_steps < steps:
        for (imgs,) in dataloader:
            real_imgs = Variable(imgs.type(Tensor))
            optimizer_D.zero_grad()
            z = torch.randn(imgs.shape[0], 20)
            fake_imgs = generator(z).detach()
            loss_D = -torch.mean(discriminator(real_imgs)) + torch.mean(discriminator(fake_imgs))
            loss_D.backward()
            optimizer_D.step()
            for p in discriminator.parameters():
                p.data.clamp_(-clip_value, clip_value)
            if batches_done % n_critic == 0:
                optimizer_G.zero_grad()
                gen_imgs = generator(z)
                loss_G = -torch.mean(discriminator(gen_imgs))
                loss_G.backward()
                optimizer_G.step()
                g_steps += 1
            batches_done += 1
    return [generator, discriminator]


def gradient_penalty_numpy(start: Start, steps: int) -> list[nn.Module]:
    """WGAN-GP with alpha from NumPy and gradients by `torch.autograd.grad`; G every fifth batch."""
    rng = np.random.default_rng(int(torch.randint(0, 1000, ())))

    def compute_gradient_penalty(D: nn.Module, real_samples: torch.Tensor, fake_samples: torch.Tensor) -> Any:
        alpha = Tensor(rng.random((real_samples.size(0), 1, 1, 1)))
        interpolates = (alpha * real_samples + ((1 - alpha) * fake_samples)).requires_grad_(True)
        d_interpolates = D(interpolates)
        ones = Variable(Tensor(real_samples.shape[0], 1).fill_(1.0), requires_grad=False)
        gradients = grad(d_interpolates, interpolates, grad_outputs=ones, create_graph=True, retain_graph=True, only_inputs=True)[0]  # fmt: skip
        gradients = gradients.view(gradients.size(0), -1)
        return ((gradients.norm(2, dim=1) - 1) ** 2).mean()

    generator, discriminator = FlatG(), FlatD()
    optimizer_G = torch.optim.Adam(generator.parameters(), lr=0.0002, betas=(0.5, 0.999))
    optimizer_D = torch.optim.Adam(discriminator.parameters(), lr=0.0002, betas=(0.5, 0.999))
    dataloader = loader(digits()[0])
    lambda_gp, g_steps = 10, 0
    start(generator, discriminator)
    while g_steps < steps:
        for i, (imgs,) in enumerate(dataloader):
            real_imgs = Variable(imgs.type(Tensor))
            optimizer_D.zero_grad()
            z = Variable(Tensor(rng.normal(0, 1, (imgs.shape[0], 20))))
            fake_imgs = generator(z)
            real_validity = discriminator(real_imgs)
            fake_validity = discriminator(fake_imgs)
            gradient_penalty = compute_gradient_penalty(discriminator, real_imgs.data, fake_imgs.data)
            d_loss = -torch.mean(real_validity) + torch.mean(fake_validity) + lambda_gp * gradient_penalty
            d_loss.backward()
            optimizer_D.step()
            optimizer_G.zero_grad()
            if i % 5 == 0:
                fake_imgs = generator(z)
                fake_validity = discriminator(fake_imgs)
                g_loss = -torch.mean(fake_validity)
                g_loss.backward()
                optimizer_G.step()
                g_steps += 1
    return [generator, discriminator]


def boundary_seeking(start: Start, steps: int) -> list[nn.Module]:
    """BGAN: G brings D's odds to one."""
    generator, discriminator = FlatG(), FlatD(sigmoid=True)
    discriminator_loss = torch.nn.BCELoss()
    optimizer_G = torch.optim.Adam(generator.parameters(), lr=0.0002, betas=(0.5, 0.999))
    optimizer_D = torch.optim.Adam(discriminator.parameters(), lr=0.0002, betas=(0.5, 0.999))

    def boundary_seeking_loss(y_pred: torch.Tensor) -> torch.Tensor:
        return 0.5 * torch.mean((torch.log(y_pred) - torch.log(1 - y_pred)) ** 2)

    start(generator, discriminator)
    for i, (imgs, _) in enumerate(loader(*digits())):
        valid, fake = torch.ones(imgs.size(0), 1), torch.zeros(imgs.size(0), 1)
        optimizer_G.zero_grad()
        z = torch.randn(imgs.shape[0], 20)
        gen_imgs = generator(z)
        g_loss = boundary_seeking_loss(discriminator(gen_imgs))
        g_loss.backward()
        optimizer_G.step()
        optimizer_D.zero_grad()
        real_loss = discriminator_loss(discriminator(imgs), valid)
        fake_loss = discriminator_loss(discriminator(gen_imgs.detach()), fake)
        d_loss = (real_loss + fake_loss) / 2
        d_loss.backward()
        optimizer_D.step()
        if i + 1 == steps:
            break
    return [generator, discriminator]


def divergence(start: Start, steps: int) -> list[nn.Module]:
    """WGAN-div: the sixth power of the gradient's norm at real and at fake samples."""
    generator, discriminator = FlatG(), FlatD()
    optimizer_G = torch.optim.Adam(generator.parameters(), lr=0.0002, betas=(0.5, 0.999))
    optimizer_D = torch.optim.Adam(discriminator.parameters(), lr=0.0002, betas=(0.5, 0.999))
    k, p, n = 2, 6, 0
    start(generator, discriminator)
    while n < steps:
        for i, (imgs,) in enumerate(loader(digits(256)[0])):
            real_imgs = Variable(imgs.type(Tensor), requires_grad=True)
            optimizer_D.zero_grad()
            z = torch.randn(imgs.shape[0], 20)
            fake_imgs = generator(z)
            real_validity, fake_validity = discriminator(real_imgs), discriminator(fake_imgs)
            one = torch.ones(real_imgs.size(0), 1)
            real_grad = grad(real_validity, real_imgs, one, create_graph=True, retain_graph=True, only_inputs=True)[0]
            real_grad_norm = real_grad.view(real_grad.size(0), -1).pow(2).sum(1) ** (p / 2)
            fake_grad = grad(fake_validity, fake_imgs, one, create_graph=True, retain_graph=True, only_inputs=True)[0]
            fake_grad_norm = fake_grad.view(fake_grad.size(0), -1).pow(2).sum(1) ** (p / 2)
            div_gp = torch.mean(real_grad_norm + fake_grad_norm) * k / 2
            d_loss = -torch.mean(real_validity) + torch.mean(fake_validity) + div_gp
            d_loss.backward()
            optimizer_D.step()
            optimizer_G.zero_grad()
            if i % 3 == 0:
                fake_imgs = generator(z)
                g_loss = -torch.mean(discriminator(fake_imgs))
                g_loss.backward()
                optimizer_G.step()
                n += 1
    return [generator, discriminator]


def softmax_gan(start: Start, steps: int) -> list[nn.Module]:
    """One softmax over the real and fake samples of a batch."""
    generator, discriminator = FlatG(), FlatD()
    optimizer_G = torch.optim.Adam(generator.parameters(), lr=0.0002, betas=(0.5, 0.999))
    optimizer_D = torch.optim.Adam(discriminator.parameters(), lr=0.0002, betas=(0.5, 0.999))
    start(generator, discriminator)
    for i, (imgs, _) in enumerate(loader(*digits())):
        batch_size = imgs.shape[0]
        g_target, d_target = 1 / (batch_size * 2), 1 / batch_size
        optimizer_G.zero_grad()
        gen_imgs = generator(torch.randn(batch_size, 20))
        d_real, d_fake = discriminator(imgs), discriminator(gen_imgs)
        Z = torch.sum(torch.exp(-d_real)) + torch.sum(torch.exp(-d_fake))
        g_loss = g_target * (torch.sum(d_real) + torch.sum(d_fake)) + torch.log(Z + 1e-8)
        g_loss.backward(retain_graph=True)
        optimizer_G.step()
        optimizer_D.zero_grad()
        d_real, d_fake = discriminator(imgs), discriminator(gen_imgs.detach())
        Z = torch.sum(torch.exp(-d_real)) + torch.sum(torch.exp(-d_fake))
        d_loss = d_target * torch.sum(d_real) + torch.log(Z + 1e-8)
        d_loss.backward()
        optimizer_D.step()
        if i + 1 == steps:
            break
    return [generator, discriminator]


def simple_mlp(start: Start, steps: int) -> list[nn.Module]:
    """First GAN of a course: loss functions, accuracy printed, inputs flattened in the loop, log of a sigmoid by hand."""
    G = nn.Sequential(nn.Linear(20, 64), nn.ReLU(), nn.Linear(64, 256), nn.Tanh())
    D = nn.Sequential(nn.Linear(256, 64), nn.LeakyReLU(0.2), nn.Dropout(0.3), nn.Linear(64, 1), nn.Sigmoid())
    g_opt, d_opt = torch.optim.Adam(G.parameters(), lr=2e-4), torch.optim.Adam(D.parameters(), lr=2e-4)
    eps, n, accuracy = 1e-8, 0, []
    start(G, D)
    for _epoch in range(99):
        G.train()
        D.train()
        for images, _ in loader(*digits(128)):
            x = images.reshape(images.size(0), -1)
            z = torch.randn(x.size(0), 20)
            p_real, p_fake = D(x), D(G(z).detach())
            d_loss = -(torch.log(p_real + eps) + torch.log(1 - p_fake + eps)).mean()
            d_opt.zero_grad()
            d_loss.backward()
            d_opt.step()
            accuracy.append(((p_real > 0.5).float().mean() + (p_fake < 0.5).float().mean()).item() / 2)
            z = torch.randn(x.size(0), 20)
            g_loss = -torch.log(D(G(z)) + eps).mean()
            g_opt.zero_grad()
            g_loss.backward()
            g_opt.step()
            n += 1
            if n == steps:
                return [G, D]
        G.eval()
        with torch.no_grad():
            G(torch.randn(9, 20)).view(-1, 1, 16, 16)
    return [G, D]


def least_squares_patches(start: Start, steps: int) -> list[nn.Module]:
    """LSGAN with logits, halves, uniform noise and one loss module for both."""
    generator, discriminator = UpsampleG(channels=3), BlocksD(channels=3, sigmoid=False)
    criterion = F.mse_loss
    opt_G = torch.optim.Adam(generator.parameters(), 2e-4, betas=(0.5, 0.999))
    opt_D = torch.optim.Adam(discriminator.parameters(), 2e-4, betas=(0.5, 0.999))
    it = iter(loader(photos()))
    start(generator, discriminator)
    for _ in range(steps):
        (imgs,) = next(it)
        valid, fake = torch.ones(B, 1), torch.zeros(B, 1)
        opt_G.zero_grad()
        gen_imgs = generator(torch.rand(B, 20) * 2 - 1)
        g_loss = criterion(discriminator(gen_imgs), valid)
        g_loss.backward()
        opt_G.step()
        opt_D.zero_grad()
        real_loss = criterion(discriminator(imgs), valid)
        fake_loss = criterion(discriminator(gen_imgs.detach()), fake)
        d_loss = 0.5 * (real_loss + fake_loss)
        d_loss.backward()
        opt_D.step()
    return [generator, discriminator]


LOOPS: Final = named(
    tutorial, upsampled, clipped, gradient_penalty_numpy, boundary_seeking, divergence, softmax_gan, simple_mlp,
    least_squares_patches,
)  # fmt: skip
