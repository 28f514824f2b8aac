# ruff: noqa: N806, E501  names and habits of the scripts that are watched
"""Loops on other data than pictures, and with other players than two."""

from __future__ import annotations

import math
from typing import Any, Final

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812

from tests.watching.third.data import B, Start, digits, loader, named
from tests.watching.third.nets import FlatD, FlatG


def sentences(start: Start, steps: int) -> list[nn.Module]:
    """Text by a GRU and Gumbel-softmax whose temperature falls; D convolves over soft words."""
    VOCAB, LENGTH, HIDDEN = 12, 10, 32

    class Generator(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed, self.rnn = nn.Linear(VOCAB, HIDDEN, bias=False), nn.GRUCell(HIDDEN, HIDDEN)
            self.init, self.out = nn.Linear(16, HIDDEN), nn.Linear(HIDDEN, VOCAB)

        def forward(self, z: torch.Tensor, temperature: float) -> Any:
            h, token = torch.tanh(self.init(z)), torch.zeros(len(z), VOCAB)
            words = []
            for _ in range(LENGTH):
                h = self.rnn(self.embed(token), h)
                token = F.gumbel_softmax(self.out(h), tau=temperature, hard=True)
                words.append(token)
            return torch.stack(words, 1)

    class Discriminator(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed = nn.Linear(VOCAB, 16, bias=False)
            self.convs = nn.ModuleList(nn.Conv1d(16, 16, k) for k in (2, 3))
            self.fc = nn.Linear(32, 1)

        def forward(self, x: torch.Tensor) -> Any:
            e = self.embed(x).transpose(1, 2)
            return self.fc(torch.cat([F.relu(conv(e)).max(2)[0] for conv in self.convs], 1)).squeeze(1)

    corpus = (torch.randint(0, VOCAB, (512, 1)) + torch.arange(LENGTH)) % VOCAB
    gen, dis = Generator(), Discriminator()
    gen_opt, dis_opt = torch.optim.Adam(gen.parameters(), 1e-3), torch.optim.Adam(dis.parameters(), 1e-3)
    temperature, bce = 1.0, nn.BCEWithLogitsLoss()
    start(gen, dis)
    for n, (ids,) in enumerate(loader(corpus)):
        real_samples = F.one_hot(ids, VOCAB).float()
        gen_samples = gen(torch.randn(B, 16), temperature)
        d_out_real, d_out_fake = dis(real_samples), dis(gen_samples.detach())
        d_loss = bce(d_out_real, torch.ones_like(d_out_real)) + bce(d_out_fake, torch.zeros_like(d_out_fake))
        dis_opt.zero_grad()
        d_loss.backward()
        torch.nn.utils.clip_grad_norm_(dis.parameters(), 5.0)
        dis_opt.step()
        gen_samples = gen(torch.randn(B, 16), temperature)
        d_out_fake = dis(gen_samples)
        g_loss = bce(d_out_fake, torch.ones_like(d_out_fake))
        gen_opt.zero_grad()
        g_loss.backward()
        torch.nn.utils.clip_grad_norm_(gen.parameters(), 5.0)
        gen_opt.step()
        temperature = max(0.1, temperature * 0.99)
        if n + 1 == steps:
            break
    return [gen, dis]


def waves(start: Start, steps: int) -> list[nn.Module]:
    """WaveGAN: one-dimensional convolutions, phases shuffled, five critic steps on one iterator."""

    class PhaseShuffle(nn.Module):
        def forward(self, x: torch.Tensor) -> Any:
            k = int(torch.randint(-2, 3, ()))
            return F.pad(x, (max(k, 0), max(-k, 0)), mode="reflect")[..., max(-k, 0) : x.shape[-1] + max(-k, 0)]

    netG = nn.Sequential(nn.Linear(16, 256), nn.Unflatten(1, (16, 16)), nn.ReLU(), nn.ConvTranspose1d(16, 8, 8, 4, 2), nn.ReLU(), nn.ConvTranspose1d(8, 1, 8, 4, 2), nn.Tanh())  # fmt: skip
    netD = nn.Sequential(nn.Conv1d(1, 8, 25, 4, 11), nn.LeakyReLU(0.2), PhaseShuffle(), nn.Conv1d(8, 16, 25, 4, 11), nn.LeakyReLU(0.2), nn.Flatten(), nn.Linear(256, 1))  # fmt: skip
    optimizerG, optimizerD = (torch.optim.Adam(m.parameters(), lr=1e-4, betas=(0.5, 0.9)) for m in (netG, netD))
    time = torch.arange(256) / 256

    def train_iter() -> Any:
        while True:
            pitch, phase = 2 + 6 * torch.rand(16, 1, 1), 6.28 * torch.rand(16, 1, 1)
            yield 0.8 * torch.sin(2 * math.pi * pitch * time + phase)

    def calc_gradient_penalty(real_data: torch.Tensor, fake_data: torch.Tensor) -> Any:
        alpha = torch.rand(16, 1, 1).expand(real_data.size())
        interpolates = alpha * real_data + (1 - alpha) * fake_data
        interpolates = interpolates.detach().requires_grad_(True)
        disc = netD(interpolates)
        gradients = torch.autograd.grad(outputs=disc, inputs=interpolates, grad_outputs=torch.ones(disc.size()), create_graph=True, retain_graph=True, only_inputs=True)[0]  # fmt: skip
        gradients = gradients.view(gradients.size(0), -1)
        return ((gradients.norm(2, dim=1) - 1) ** 2).mean() * 10

    data = train_iter()
    start(netG, netD)
    for _ in range(steps):
        for p in netD.parameters():
            p.requires_grad = True
        for _ in range(5):
            netD.zero_grad()
            real = next(data)
            noise = torch.rand(16, 16) * 2 - 1
            fake = netG(noise).detach()
            D_real, D_fake = netD(real).mean(), netD(fake).mean()
            D_cost = D_fake - D_real + calc_gradient_penalty(real, fake)
            D_cost.backward()
            optimizerD.step()
        for p in netD.parameters():
            p.requires_grad = False
        netG.zero_grad()
        noise = torch.rand(16, 16) * 2 - 1
        G_cost = -netD(netG(noise)).mean()
        G_cost.backward()
        optimizerG.step()
    return [netG, netD]


def tables(start: Start, steps: int) -> list[nn.Module]:
    """CTGAN: a condition drawn a row, packs of rows for D, tanh and Gumbel-softmax by column, dropout, cross-entropy of the condition."""
    PAC, EMBED, DISCRETE = 4, 16, 5

    class Residual(nn.Module):
        def __init__(self, i: int, o: int) -> None:
            super().__init__()
            self.fc, self.bn = nn.Linear(i, o), nn.BatchNorm1d(o)

        def forward(self, x: torch.Tensor) -> Any:
            return torch.cat([torch.relu(self.bn(self.fc(x))), x], dim=1)

    class Discriminator(nn.Module):
        def __init__(self, dim: int) -> None:
            super().__init__()
            self.pacdim = dim * PAC
            self.seq = nn.Sequential(nn.Linear(self.pacdim, 64), nn.LeakyReLU(0.2), nn.Dropout(0.5), nn.Linear(64, 64), nn.LeakyReLU(0.2), nn.Dropout(0.5), nn.Linear(64, 1))  # fmt: skip

        def forward(self, x: torch.Tensor) -> Any:
            return self.seq(x.view(-1, self.pacdim))

        def calc_gradient_penalty(self, real: torch.Tensor, fake: torch.Tensor) -> Any:
            alpha = torch.rand(real.size(0) // PAC, 1, 1).repeat(1, PAC, real.size(1)).view(-1, real.size(1))
            interpolates = alpha * real + ((1 - alpha) * fake)
            disc = self(interpolates)
            gradients = torch.autograd.grad(disc, interpolates, torch.ones(disc.size()), create_graph=True, retain_graph=True, only_inputs=True)[0]  # fmt: skip
            return ((gradients.view(-1, PAC * real.size(1)).norm(2, dim=1) - 1) ** 2).mean() * 10

    def apply_activate(data: torch.Tensor) -> torch.Tensor:
        return torch.cat([torch.tanh(data[:, :2]), F.gumbel_softmax(data[:, 2:], tau=0.2)], dim=1)

    kind = torch.randint(0, DISCRETE, (2000,))
    rows = torch.cat([0.3 * torch.randn(2000, 2).clamp(-2, 2) + (kind[:, None] / DISCRETE - 0.5), F.one_hot(kind, DISCRETE).float()], 1)  # fmt: skip
    rows[:, :2].clamp_(-1, 1)

    def sample_condvec(n: int) -> torch.Tensor:
        return F.one_hot(torch.randint(0, DISCRETE, (n,)), DISCRETE).float()

    def sample_data(c: torch.Tensor) -> torch.Tensor:
        return torch.stack([rows[(kind == k).nonzero().view(-1)[torch.randint(0, int((kind == k).sum()), ())]] for k in c.argmax(1)])  # fmt: skip

    generator = nn.Sequential(Residual(EMBED + DISCRETE, 32), Residual(32 + EMBED + DISCRETE, 32), nn.Linear(64 + EMBED + DISCRETE, 2 + DISCRETE))  # fmt: skip
    discriminator = Discriminator(2 + DISCRETE + DISCRETE)
    optimizerG = torch.optim.Adam(generator.parameters(), lr=2e-4, betas=(0.5, 0.9), weight_decay=1e-6)
    optimizerD = torch.optim.Adam(discriminator.parameters(), lr=2e-4, betas=(0.5, 0.9), weight_decay=1e-6)
    mean, std = torch.zeros(B, EMBED), torch.ones(B, EMBED)
    start(generator, discriminator)
    for _ in range(steps):
        fakez, c1 = torch.normal(mean=mean, std=std), sample_condvec(B)
        fake = generator(torch.cat([fakez, c1], dim=1))
        fakeact = apply_activate(fake)
        perm = torch.randperm(B)
        real, c2 = sample_data(c1[perm]), c1[perm]
        fake_cat, real_cat = torch.cat([fakeact, c1], dim=1), torch.cat([real, c2], dim=1)
        y_fake, y_real = discriminator(fake_cat), discriminator(real_cat)
        pen = discriminator.calc_gradient_penalty(real_cat, fake_cat)
        loss_d = -(torch.mean(y_real) - torch.mean(y_fake))
        optimizerD.zero_grad(set_to_none=False)
        pen.backward(retain_graph=True)
        loss_d.backward()
        optimizerD.step()
        fakez, c1 = torch.normal(mean=mean, std=std), sample_condvec(B)
        fake = generator(torch.cat([fakez, c1], dim=1))
        fakeact = apply_activate(fake)
        y_fake = discriminator(torch.cat([fakeact, c1], dim=1))
        cross_entropy = F.cross_entropy(fake[:, 2:], c1.argmax(1))
        loss_g = -torch.mean(y_fake) + cross_entropy
        optimizerG.zero_grad(set_to_none=False)
        loss_g.backward()
        optimizerG.step()
    return [generator, discriminator]


def encoded(start: Start, steps: int) -> list[nn.Module]:
    """VAE-GAN: an encoder before G, reconstructions and samples both shown to D, three optimizers, graphs kept."""

    class Encoder(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body, self.mu, self.logvar = nn.Sequential(nn.Linear(256, 64), nn.ReLU()), nn.Linear(64, 20), nn.Linear(64, 20)  # fmt: skip

        def forward(self, x: torch.Tensor) -> Any:
            h = self.body(x.flatten(1))
            mu, logvar = self.mu(h), self.logvar(h)
            return mu, logvar, mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)

    enc, dec, dis = Encoder(), FlatG(), FlatD()
    opt_enc, opt_dec, opt_dis = (torch.optim.RMSprop(m.parameters(), lr=1e-4) for m in (enc, dec, dis))
    bce = nn.BCEWithLogitsLoss()
    ones, zeros = torch.ones(B, 1), torch.zeros(B, 1)
    start(dec, dis)
    for i, (x, _) in enumerate(loader(*digits())):
        mu, logvar, z = enc(x)
        x_tilde, x_p = dec(z), dec(torch.randn(B, 20))
        dis_loss = bce(dis(x), ones) + 0.5 * (bce(dis(x_tilde.detach()), zeros) + bce(dis(x_p.detach()), zeros))
        opt_dis.zero_grad()
        dis_loss.backward()
        opt_dis.step()
        gan_loss = 0.5 * (bce(dis(x_tilde), ones) + bce(dis(x_p), ones))
        rec = F.mse_loss(x_tilde, x)
        opt_dec.zero_grad()
        (rec + 0.01 * gan_loss).backward(retain_graph=True, inputs=list(dec.parameters()))
        kl = -0.5 * (1 + logvar - mu**2 - logvar.exp()).sum(1).mean()
        opt_enc.zero_grad()
        (rec + 1e-3 * kl).backward(inputs=list(enc.parameters()))
        opt_dec.step()
        opt_enc.step()
        if i + 1 == steps:
            break
    return [dec, dis, enc]


def balanced(start: Start, steps: int) -> list[nn.Module]:
    """BEGAN: D rebuilds pictures; k follows the balance; a rate that falls when the measure does not."""

    class Rebuilding(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc = nn.Sequential(
                nn.Linear(256, 32), nn.BatchNorm1d(32, 0.8), nn.ReLU(inplace=True), nn.Linear(32, 256)
            )

        def forward(self, img: torch.Tensor) -> Any:
            return self.fc(img.flatten(1)).view(img.shape)

    generator, discriminator = FlatG(), Rebuilding()
    optimizer_G = torch.optim.Adam(generator.parameters(), lr=0.0002, betas=(0.5, 0.999))
    optimizer_D = torch.optim.Adam(discriminator.parameters(), lr=0.0002, betas=(0.5, 0.999))
    plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer_G, patience=4)
    gamma, lambda_k, k = 0.75, 0.001, 0.0
    start(generator, discriminator)
    for i, (real_imgs, _) in enumerate(loader(*digits())):
        optimizer_G.zero_grad()
        gen_imgs = generator(torch.randn(B, 20))
        g_loss = torch.mean(torch.abs(discriminator(gen_imgs) - gen_imgs))
        g_loss.backward()
        optimizer_G.step()
        optimizer_D.zero_grad()
        d_real, d_fake = discriminator(real_imgs), discriminator(gen_imgs.detach())
        d_loss_real = torch.mean(torch.abs(d_real - real_imgs))
        d_loss_fake = torch.mean(torch.abs(d_fake - gen_imgs.detach()))
        d_loss = d_loss_real - k * d_loss_fake
        d_loss.backward()
        optimizer_D.step()
        diff = torch.mean(gamma * d_loss_real - d_loss_fake)
        k = min(max(k + lambda_k * diff.item(), 0), 1)
        M = (d_loss_real + torch.abs(diff)).item()
        plateau.step(M)
        if i + 1 == steps:
            break
    return [generator, discriminator]


LOOPS: Final = named(sentences, waves, tables, encoded, balanced)
