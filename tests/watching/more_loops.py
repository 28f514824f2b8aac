# ruff: noqa: N806, E501  names and habits of the scripts that are watched
"""A second set of correct loops, written when the rules were done, in other styles than the first: see `loops`."""

from __future__ import annotations

import copy
import math
from typing import Any, Final

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812
from torch.nn.utils import spectral_norm

from tests.watching.loops import BATCH, DIM, DownD, Loop, Start, UpG, images, mlp, points


class Critic(nn.Module):
    """Convolutional critic of 8×8 pictures that returns one number each."""

    def __init__(self, channels: int = 1, norm: bool = False) -> None:
        super().__init__()
        wrap: Any = spectral_norm if norm else (lambda layer: layer)
        self.conv = nn.Sequential(
            wrap(nn.Conv2d(channels, 16, 4, 2, 1)),
            nn.LeakyReLU(0.2),
            wrap(nn.Conv2d(16, 32, 4, 2, 1)),
            nn.LeakyReLU(0.2),
        )
        self.fc = wrap(nn.Linear(128, 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.fc(self.conv(x).flatten(1))
        return out


def two_scalers(start: Start, steps: int) -> list[nn.Module]:
    """Mixed precision with a scaler a player, gradients unscaled and clipped."""
    gen, disc = UpG(), Critic()
    opt_g = torch.optim.AdamW(gen.parameters(), lr=1e-4, betas=(0.0, 0.99))
    opt_d = torch.optim.AdamW(disc.parameters(), lr=4e-4, betas=(0.0, 0.99))
    scaler_g, scaler_d = torch.amp.GradScaler("cpu"), torch.amp.GradScaler("cpu")
    start(gen, disc)
    for _ in range(steps):
        x = images()
        with torch.autocast("cpu", dtype=torch.bfloat16):
            fake = gen(torch.randn(x.shape[0], 8, 1, 1))
            loss_d = F.relu(1 - disc(x)).mean() + F.relu(1 + disc(fake.detach())).mean()
        opt_d.zero_grad(set_to_none=True)
        scaler_d.scale(loss_d).backward()
        scaler_d.unscale_(opt_d)
        torch.nn.utils.clip_grad_norm_(disc.parameters(), 1.0)
        scaler_d.step(opt_d)
        scaler_d.update()
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss_g = -disc(fake).mean()
        opt_g.zero_grad(set_to_none=True)
        scaler_g.scale(loss_g).backward()
        scaler_g.unscale_(opt_g)
        torch.nn.utils.clip_grad_norm_(gen.parameters(), 1.0)
        scaler_g.step(opt_g)
        scaler_g.update()
    return [gen, disc]


def accumulate_gp(start: Start, steps: int) -> list[nn.Module]:
    """WGAN-GP over four micro-batches a step, losses divided."""
    G, D = mlp(8, 32, DIM), mlp(DIM, 32, 1)
    g_opt, d_opt = (
        torch.optim.Adam(G.parameters(), 1e-4, (0.5, 0.9)),
        torch.optim.Adam(D.parameters(), 1e-4, (0.5, 0.9)),
    )
    n_accum = 4
    start(G, D)
    for _ in range(steps):
        d_opt.zero_grad()
        for _ in range(n_accum):
            real = points().requires_grad_()
            fake = G(torch.randn(BATCH, 8)).detach()
            d_real, d_fake = D(real), D(fake)
            loss = d_fake.mean() - d_real.mean()
            t = torch.rand(BATCH, 1)
            mid = torch.lerp(real.detach(), fake, t).requires_grad_()
            (grad,) = torch.autograd.grad(D(mid), mid, torch.ones(BATCH, 1), create_graph=True, retain_graph=True)
            loss = loss + 10 * ((grad.flatten(1).norm(2, dim=1) - 1) ** 2).mean()
            (loss / n_accum).backward()
        d_opt.step()
        g_opt.zero_grad()
        for _ in range(n_accum):
            loss_g = -D(G(torch.randn(BATCH, 8))).mean()
            (loss_g / n_accum).backward()
        g_opt.step()
    return [G, D]


class MultiScale(nn.Module):
    """Two patch discriminators at two sizes; each gives all of its features, the last of which is the answer."""

    def __init__(self) -> None:
        super().__init__()
        self.nets = nn.ModuleList(
            nn.ModuleList([nn.Conv2d(1, 8, 3, 1, 1), nn.Conv2d(8, 8, 3, 1, 1), nn.Conv2d(8, 1, 3, 1, 1)])
            for _ in range(2)
        )

    def forward(self, x: torch.Tensor) -> list[list[torch.Tensor]]:
        out = []
        for net in self.nets:
            h, features = x, []
            for k, layer in enumerate(net):  # type: ignore[arg-type]
                h = layer(h)
                h = F.leaky_relu(h, 0.2) if k < 2 else h
                features.append(h)
            out.append(features)
            x = F.avg_pool2d(x, 2)
        return out


def multi_scale(start: Start, steps: int) -> list[nn.Module]:
    """Two scales in one discriminator that returns lists, least squares, feature matching."""
    netG, netD = UpG(), MultiScale()
    optimizer_G = torch.optim.Adam(netG.parameters(), lr=2e-4, betas=(0.5, 0.999))
    optimizer_D = torch.optim.Adam(netD.parameters(), lr=2e-4, betas=(0.5, 0.999))

    def gan_loss(pred: list[list[torch.Tensor]], is_real: bool) -> torch.Tensor:
        target = 1.0 if is_real else 0.0
        return sum((F.mse_loss(p[-1], torch.full_like(p[-1], target)) for p in pred), torch.zeros(()))

    start(netG, netD)
    for _ in range(steps):
        real = images()
        fake = netG(torch.randn(BATCH, 8, 1, 1))
        pred_fake_pool = netD(fake.detach())
        pred_real = netD(real)
        loss_D = (gan_loss(pred_fake_pool, False) + gan_loss(pred_real, True)) * 0.5
        pred_fake = netD(fake)
        loss_G = gan_loss(pred_fake, True)
        for a, b in zip(pred_fake, pred_real, strict=True):
            for x, y in zip(a[:-1], b[:-1], strict=True):
                loss_G = loss_G + 10 * F.l1_loss(x, y.detach()) / 4
        optimizer_G.zero_grad()
        loss_G.backward()
        optimizer_G.step()
        optimizer_D.zero_grad()
        loss_D.backward()
        optimizer_D.step()
    return [netG, netD]


def ema_schedule(start: Start, steps: int) -> list[nn.Module]:
    """Average of G with buffers, one-cycle rates, samples of the average."""
    g, d = UpG(), nn.Sequential(Critic(), nn.Flatten(0))
    ema = copy.deepcopy(g).eval().requires_grad_(False)
    opt_g = torch.optim.Adam(g.parameters(), lr=1e-3)
    opt_d = torch.optim.Adam(d.parameters(), lr=1e-3)
    sched = [torch.optim.lr_scheduler.OneCycleLR(o, 1e-3, total_steps=1000) for o in (opt_g, opt_d)]
    start(g, d)
    for it in range(steps):
        x = images()
        for p in d.parameters():
            p.requires_grad = True
        with torch.no_grad():
            fake = g(torch.randn(BATCH, 8, 1, 1))
        logits = d(torch.cat([x, fake]))
        target = torch.cat([torch.ones(BATCH), torch.zeros(BATCH)])
        loss = F.binary_cross_entropy_with_logits(logits, target)
        opt_d.zero_grad()
        loss.backward()
        opt_d.step()
        for p in d.parameters():
            p.requires_grad = False
        loss = F.binary_cross_entropy_with_logits(d(g(torch.randn(BATCH, 8, 1, 1))), torch.ones(BATCH))
        opt_g.zero_grad()
        loss.backward()
        opt_g.step()
        for s in sched:
            s.step()
        with torch.no_grad():
            for a, b in zip(ema.parameters(), g.parameters(), strict=True):
                a.lerp_(b, 0.01)
            for kept, now in zip(ema.buffers(), g.buffers(), strict=True):
                kept.copy_(now)
        if it % 4 == 3:
            with torch.no_grad():
                ema(torch.randn(4, 8, 1, 1))
    return [g, d, ema]


class ProjectionD(nn.Module):
    """Projection discriminator: an inner product with the class's embedding."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            spectral_norm(nn.Linear(DIM, 32)), nn.ReLU(), spectral_norm(nn.Linear(32, 32)), nn.ReLU()
        )
        self.out = spectral_norm(nn.Linear(32, 1))
        self.embed = spectral_norm(nn.Embedding(4, 32))

    def forward(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        h = self.body(x)
        out: torch.Tensor = self.out(h) + (self.embed(y) * h).sum(1, keepdim=True)
        return out


class ClassNormG(nn.Module):
    """Generator with conditional batch norm."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.last = nn.Linear(8, 32), nn.Linear(32, DIM)
        self.norm, self.scale, self.shift = nn.BatchNorm1d(32, affine=False), nn.Embedding(4, 32), nn.Embedding(4, 32)
        nn.init.ones_(self.scale.weight)
        nn.init.zeros_(self.shift.weight)

    def forward(self, z: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        h = self.norm(self.first(z)) * self.scale(labels) + self.shift(labels)
        return torch.tanh(self.last(torch.relu(h)))


def projection(start: Start, steps: int) -> list[nn.Module]:
    """SNGAN with projection, hinge, two steps of D; labels of fakes drawn anew."""
    G, D = ClassNormG(), ProjectionD()
    optG = torch.optim.Adam(G.parameters(), lr=2e-4, betas=(0.0, 0.9))
    optD = torch.optim.Adam(D.parameters(), lr=2e-4, betas=(0.0, 0.9))
    start(G, D)
    for _ in range(steps):
        for _ in range(2):
            x, y = points(), torch.randint(4, (BATCH,))
            z, y_fake = torch.randn(BATCH, 8), torch.randint(4, (BATCH,))
            with torch.no_grad():
                x_fake = G(z, y_fake)
            dis_real = D(x, y)
            dis_fake = D(x_fake, y_fake)
            loss = torch.mean(F.relu(1.0 - dis_real)) + torch.mean(F.relu(1.0 + dis_fake))
            optD.zero_grad()
            loss.backward()
            optD.step()
        z, y_fake = torch.randn(BATCH, 8), torch.randint(4, (BATCH,))
        loss = -torch.mean(D(G(z, y_fake), y_fake))
        optG.zero_grad()
        loss.backward()
        optG.step()
    return [G, D]


class WithHead(nn.Module):
    """Discriminator with a second head that tells rotations."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(1, 16, 4, 2, 1), nn.LeakyReLU(0.2), nn.Flatten())
        self.real, self.turn = nn.Linear(256, 1), nn.Linear(256, 4)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        h = self.body(x)
        return self.real(h).squeeze(1), self.turn(h)


def rotations(start: Start, steps: int) -> list[nn.Module]:
    """Self-supervised: D also tells how pictures were turned."""
    G, D = UpG(), WithHead()
    opt_g, opt_d = torch.optim.Adam(G.parameters(), 2e-4), torch.optim.Adam(D.parameters(), 2e-4)

    def turned(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        k = torch.randint(4, (1,)).item()
        return torch.rot90(x, int(k), (2, 3)), torch.full((len(x),), int(k))

    start(G, D)
    for _ in range(steps):
        x, fake = images(), G(torch.randn(BATCH, 8, 1, 1))
        real_logit, _ = D(x)
        fake_logit, _ = D(fake.detach())
        xr, k = turned(x)
        d_loss = F.softplus(-real_logit).mean() + F.softplus(fake_logit).mean() + F.cross_entropy(D(xr)[1], k)
        opt_d.zero_grad()
        d_loss.backward()
        opt_d.step()
        fr, k = turned(fake)
        g_loss = F.softplus(-D(fake)[0]).mean() + 0.2 * F.cross_entropy(D(fr)[1], k)
        opt_g.zero_grad()
        g_loss.backward()
        opt_g.step()
    return [G, D]


def lazy_r1(start: Start, steps: int) -> list[nn.Module]:
    """Logistic loss with R1 in a step of its own every fourth time."""
    generator, discriminator = UpG(), Critic()
    g_optim = torch.optim.Adam(generator.parameters(), lr=2e-3, betas=(0.0, 0.99))
    d_optim = torch.optim.Adam(discriminator.parameters(), lr=2e-3, betas=(0.0, 0.99))

    def requires_grad(model: nn.Module, flag: bool) -> None:
        for p in model.parameters():
            p.requires_grad = flag

    start(generator, discriminator)
    for i in range(steps):
        real_img = images()
        requires_grad(generator, False)
        requires_grad(discriminator, True)
        fake_img = generator(torch.randn(BATCH, 8, 1, 1))
        fake_pred = discriminator(fake_img)
        real_pred = discriminator(real_img)
        d_loss = F.softplus(-real_pred).mean() + F.softplus(fake_pred).mean()
        discriminator.zero_grad()
        d_loss.backward()
        d_optim.step()
        if i % 4 == 0:
            real_img.requires_grad = True
            real_pred = discriminator(real_img)
            (grad_real,) = torch.autograd.grad(outputs=real_pred.sum(), inputs=real_img, create_graph=True)
            r1_loss = grad_real.pow(2).reshape(grad_real.shape[0], -1).sum(1).mean()
            discriminator.zero_grad()
            (10 / 2 * r1_loss * 4 + 0 * real_pred[0]).backward()
            d_optim.step()
        requires_grad(generator, True)
        requires_grad(discriminator, False)
        fake_img = generator(torch.randn(BATCH, 8, 1, 1))
        g_loss = F.softplus(-discriminator(fake_img)).mean()
        generator.zero_grad()
        g_loss.backward()
        g_optim.step()
    return [generator, discriminator]


def dragan(start: Start, steps: int) -> list[nn.Module]:
    """DRAGAN: a penalty around the data, cross entropy on logits."""
    gen, dis = mlp(8, 32, DIM, end=nn.Tanh()), mlp(DIM, 32, 1)
    go, do = torch.optim.Adam(gen.parameters(), 1e-3, (0.5, 0.9)), torch.optim.Adam(dis.parameters(), 1e-3, (0.5, 0.9))
    bce = nn.BCEWithLogitsLoss()
    start(gen, dis)
    for _ in range(steps):
        x = points()
        do.zero_grad()
        loss_real = bce(dis(x), torch.ones(BATCH, 1))
        loss_fake = bce(dis(gen(torch.randn(BATCH, 8)).detach()), torch.zeros(BATCH, 1))
        alpha = torch.rand(BATCH, 1).expand(x.size())
        x_hat = (alpha * x + (1 - alpha) * (x + 0.5 * x.std() * torch.rand(x.size()))).detach().requires_grad_(True)
        gradients = torch.autograd.grad(
            outputs=dis(x_hat),
            inputs=x_hat,
            grad_outputs=torch.ones(BATCH, 1),
            create_graph=True,
            retain_graph=True,
            only_inputs=True,
        )[0]
        penalty = 10 * ((gradients.norm(2, dim=1) - 1) ** 2).mean()
        (loss_real + loss_fake + penalty).backward()
        do.step()
        go.zero_grad()
        bce(dis(gen(torch.randn(BATCH, 8))), torch.ones(BATCH, 1)).backward()
        go.step()
    return [gen, dis]


class Autoencoder(nn.Module):
    """A small autoencoder of 8×8 pictures."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Flatten(), nn.Linear(64, 16), nn.ReLU())
        self.decoder = nn.Linear(16, 64)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.tanh(self.decoder(self.encoder(x))).view(-1, 1, 8, 8)


def vqgan_like(start: Start, steps: int) -> list[nn.Module]:
    """An autoencoder with a discriminator that begins later, its weight from two gradients."""
    model, disc = Autoencoder(), Critic()
    opt_ae = torch.optim.Adam(model.parameters(), 4.5e-4, (0.5, 0.9))
    opt_disc = torch.optim.Adam(disc.parameters(), 4.5e-4, (0.5, 0.9))
    start(model, disc)
    for i in range(steps):
        x = images()
        rec = model(x)
        nll = (x - rec).abs().mean()
        g_loss = -disc(rec).mean()
        last = model.decoder.weight
        nll_grad = torch.autograd.grad(nll, last, retain_graph=True)[0]
        g_grad = torch.autograd.grad(g_loss, last, retain_graph=True)[0]
        d_weight = torch.clamp(nll_grad.norm() / (g_grad.norm() + 1e-4), 0.0, 1e4).detach()
        factor = 1.0 if i >= 2 else 0.0
        opt_ae.zero_grad()
        (nll + d_weight * factor * g_loss).backward()
        opt_ae.step()
        logits_real, logits_fake = disc(x.detach()), disc(rec.detach())
        d_loss = factor * 0.5 * (F.relu(1.0 - logits_real).mean() + F.relu(1.0 + logits_fake).mean())
        opt_disc.zero_grad()
        d_loss.backward()
        opt_disc.step()
    return [model, disc]


def srgan(start: Start, steps: int) -> list[nn.Module]:
    """Super-resolution: content loss in fixed features, a little adversarial loss on probabilities."""
    netG = nn.Sequential(
        nn.Upsample(scale_factor=2), nn.Conv2d(1, 16, 3, 1, 1), nn.PReLU(), nn.Conv2d(16, 1, 3, 1, 1), nn.Tanh()
    )
    netD = nn.Sequential(Critic(), nn.Sigmoid())
    features = nn.Sequential(nn.Conv2d(1, 8, 3, 1, 1), nn.ReLU()).eval().requires_grad_(False)
    optimizerG, optimizerD = torch.optim.Adam(netG.parameters()), torch.optim.Adam(netD.parameters())
    start(netG, netD)
    for _ in range(steps):
        hr = images()
        lr = F.avg_pool2d(hr, 2)
        sr = netG(lr)
        netD.zero_grad()
        d_loss = F.binary_cross_entropy(netD(hr), torch.ones(BATCH, 1)) + F.binary_cross_entropy(
            netD(sr.detach()), torch.zeros(BATCH, 1)
        )
        d_loss.backward()
        optimizerD.step()
        netG.zero_grad()
        g_loss = (
            F.mse_loss(sr, hr)
            + 0.006 * F.mse_loss(features(sr), features(hr))
            + 1e-3 * F.binary_cross_entropy(netD(sr), torch.ones(BATCH, 1))
        )
        g_loss.backward()
        optimizerG.step()
    return [netG, netD]


def manual_system(start: Start, steps: int) -> list[nn.Module]:
    """Players and optimisers inside an object, toggled; gradients cleared after the step."""

    class System:
        """What a Lightning module with manual optimisation does, without Lightning."""

        def __init__(self) -> None:
            self.generator, self.discriminator = mlp(8, 32, DIM, end=nn.Tanh()), mlp(DIM, 32, 1, end=nn.Sigmoid())
            self.optimizers = [torch.optim.Adam(m.parameters(), lr=2e-4) for m in (self.generator, self.discriminator)]
            self.kept: dict[torch.Tensor, bool] = {}

        def toggle(self, which: int) -> None:
            self.kept = {p: p.requires_grad for o in self.optimizers for g in o.param_groups for p in g["params"]}
            mine = {id(p) for g in self.optimizers[which].param_groups for p in g["params"]}
            for p in self.kept:
                p.requires_grad = id(p) in mine and self.kept[p]

        def untoggle(self) -> None:
            for p, flag in self.kept.items():
                p.requires_grad = flag

        def training_step(self, imgs: torch.Tensor) -> None:
            opt_g, opt_d = self.optimizers
            z = torch.randn(imgs.shape[0], 8)
            self.toggle(0)
            self.generated = self.generator(z)
            valid = torch.ones(imgs.size(0), 1)
            g_loss = F.binary_cross_entropy(self.discriminator(self.generator(z)), valid)
            g_loss.backward()
            opt_g.step()
            opt_g.zero_grad()
            self.untoggle()
            self.toggle(1)
            real_loss = F.binary_cross_entropy(self.discriminator(imgs), valid)
            fake = torch.zeros(imgs.size(0), 1)
            fake_loss = F.binary_cross_entropy(self.discriminator(self.generator(z).detach()), fake)
            d_loss = (real_loss + fake_loss) / 2
            d_loss.backward()
            opt_d.step()
            opt_d.zero_grad()
            self.untoggle()

    system = System()
    start(system.generator, system.discriminator)
    for _ in range(steps):
        system.training_step(points())
    return [system.generator, system.discriminator]


def original_wgan(start: Start, steps: int) -> list[nn.Module]:
    """The first WGAN script: clamped data, buffers refilled, five steps of D, `one` and `mone`."""
    netG, netD = mlp(8, 32, DIM, end=nn.Tanh()), mlp(DIM, 32, 1)
    noise, one = torch.empty(BATCH, 8), torch.tensor(1.0)
    mone = one * -1
    optimizerD, optimizerG = (
        torch.optim.RMSprop(netD.parameters(), lr=5e-5),
        torch.optim.RMSprop(netG.parameters(), lr=5e-5),
    )
    data = points(BATCH * 40)
    start(netG, netD)
    gen_iterations = i = 0
    while gen_iterations < steps:
        for p in netD.parameters():
            p.requires_grad = True
        j = 0
        while j < 5:
            j += 1
            for p in netD.parameters():
                p.data.clamp_(-0.01, 0.01)
            inputv = data[(i % 40) * BATCH : (i % 40 + 1) * BATCH]
            i += 1
            netD.zero_grad()
            errD_real = netD(inputv).mean(0).view(())
            errD_real.backward(mone)
            noise.resize_(BATCH, 8).normal_(0, 1)
            with torch.no_grad():
                fake = netG(noise)
            errD_fake = netD(fake).mean(0).view(())
            errD_fake.backward(one)
            optimizerD.step()
        for p in netD.parameters():
            p.requires_grad = False
        netG.zero_grad()
        noise.resize_(BATCH, 8).normal_(0, 1)
        errG = netD(netG(noise)).mean(0).view(())
        errG.backward(mone)
        optimizerG.step()
        gen_iterations += 1
    return [netG, netD]


def began(start: Start, steps: int) -> list[nn.Module]:
    """BEGAN: D is an autoencoder, and k keeps the balance."""
    G, D = UpG(), Autoencoder()
    optG, optD = torch.optim.Adam(G.parameters(), 1e-4), torch.optim.Adam(D.parameters(), 1e-4)
    k, gamma = 0.0, 0.5
    start(G, D)
    for _ in range(steps):
        x = images()
        gen = G(torch.randn(BATCH, 8, 1, 1))
        optG.zero_grad()
        g_loss = (D(gen) - gen).abs().mean()
        g_loss.backward()
        optG.step()
        optD.zero_grad()
        d_real, d_fake = (D(x) - x).abs().mean(), (D(gen.detach()) - gen.detach()).abs().mean()
        (d_real - k * d_fake).backward()
        optD.step()
        k = min(max(k + 1e-3 * float((gamma * d_real - d_fake).detach()), 0), 1)
    return [G, D]


def rals(start: Start, steps: int) -> list[nn.Module]:
    """Relativistic average least squares."""
    G, D = mlp(8, 32, DIM, end=nn.Tanh()), mlp(DIM, 32, 1)
    opt_G, opt_D = (
        torch.optim.Adam(G.parameters(), 2e-4, (0.5, 0.999)),
        torch.optim.Adam(D.parameters(), 2e-4, (0.5, 0.999)),
    )
    start(G, D)
    for _ in range(steps):
        x, fake = points(), G(torch.randn(BATCH, 8))
        r, f = D(x), D(fake.detach())
        opt_D.zero_grad()
        (((r - f.mean() - 1) ** 2).mean() + ((f - r.mean() + 1) ** 2).mean()).div(2).backward()
        opt_D.step()
        r, f = D(x), D(fake)
        opt_G.zero_grad()
        (((r - f.mean() + 1) ** 2).mean() + ((f - r.mean() - 1) ** 2).mean()).div(2).backward()
        opt_G.step()
    return [G, D]


def paired(start: Start, steps: int) -> list[nn.Module]:
    """Relativistic pairing: each fake against one real sample."""
    G, D = UpG(), Critic()
    opt_G, opt_D = (
        torch.optim.Adam(G.parameters(), 2e-4, (0.0, 0.99)),
        torch.optim.Adam(D.parameters(), 2e-4, (0.0, 0.99)),
    )
    start(G, D)
    for _ in range(steps):
        x = images()
        fake = G(torch.randn(BATCH, 8, 1, 1))
        d_loss = F.softplus(-(D(x) - D(fake.detach()))).mean()
        opt_D.zero_grad()
        d_loss.backward()
        opt_D.step()
        D.requires_grad_(False)
        g_loss = F.softplus(-(D(fake) - D(x))).mean()
        opt_G.zero_grad()
        g_loss.backward()
        opt_G.step()
        D.requires_grad_(True)
    return [G, D]


def noisy_labels(start: Start, steps: int) -> list[nn.Module]:
    """Tricks of the trade: soft real labels drawn at random, instance noise that fades, SGD for D, two steps of D."""
    G, D = UpG(), DownD()
    opt_g, opt_d = (
        torch.optim.Adam(G.parameters(), 2e-4, (0.5, 0.999)),
        torch.optim.SGD(D.parameters(), 1e-2, momentum=0.5),
    )
    loss = nn.BCELoss()
    start(G, D)
    for i in range(steps):
        sigma = 0.1 * (1 - i / 1000)
        for _ in range(2):
            real, fake = images(), G(torch.randn(BATCH, 8, 1, 1)).detach()
            opt_d.zero_grad()
            real_labels = 0.7 + 0.3 * torch.rand(BATCH)
            out_real = D(real + sigma * torch.randn_like(real))
            out_fake = D(fake + sigma * torch.randn_like(fake))
            (loss(out_real, real_labels) + loss(out_fake, torch.zeros(BATCH))).backward()
            opt_d.step()
        opt_g.zero_grad()
        fake = G(torch.randn(BATCH, 8, 1, 1))
        loss(D(fake + sigma * torch.randn_like(fake)), torch.ones(BATCH)).backward()
        opt_g.step()
    return [G, D]


class Writer(nn.Module):
    """Recurrent generator of sequences of symbols by the Gumbel trick."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.cell, self.out = nn.Linear(8, 16), nn.GRUCell(5, 16), nn.Linear(16, 5)

    def forward(self, z: torch.Tensor, temperature: float = 1.0) -> torch.Tensor:
        h, x, seq = torch.tanh(self.first(z)), torch.zeros(len(z), 5), []
        for _ in range(6):
            h = self.cell(x, h)
            x = F.gumbel_softmax(self.out(h), temperature, hard=False)
            seq.append(x)
        return torch.stack(seq, 1)


def sequences(start: Start, steps: int) -> list[nn.Module]:
    """Words of symbols: one-hot real ones against Gumbel softmax."""
    G, D = Writer(), nn.Sequential(nn.Flatten(), mlp(30, 32, 1))
    g_opt, d_opt = torch.optim.Adam(G.parameters(), 1e-3), torch.optim.Adam(D.parameters(), 1e-3)
    start(G, D)
    for _ in range(steps):
        first = torch.randint(5, (BATCH, 1))
        x = F.one_hot((first + torch.arange(6)) % 5, 5).float()
        fake = G(torch.randn(BATCH, 8), 0.8)
        d_opt.zero_grad()
        (F.softplus(-D(x)) + F.softplus(D(fake.detach()))).mean().backward()
        d_opt.step()
        g_opt.zero_grad()
        F.softplus(-D(fake)).mean().backward()
        g_opt.step()
    return [G, D]


def packed_tables(start: Start, steps: int) -> list[nn.Module]:
    """CTGAN-like: rows in packs of four, dropout in D, penalty on packs, mixed activations."""
    pac = 4
    G = nn.Sequential(nn.Linear(8, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, DIM))
    D = nn.Sequential(nn.Linear(DIM * pac, 32), nn.LeakyReLU(0.2), nn.Dropout(0.5), nn.Linear(32, 1))

    def activated(x: torch.Tensor) -> torch.Tensor:
        return torch.cat([torch.tanh(x[:, :4]), F.gumbel_softmax(x[:, 4:], tau=0.2)], 1)

    def rows() -> torch.Tensor:
        return torch.cat([points()[:, :4], F.one_hot(torch.randint(4, (BATCH,)), 4).float()], 1)

    optimizerG = torch.optim.Adam(G.parameters(), lr=2e-4, betas=(0.5, 0.9), weight_decay=1e-6)
    optimizerD = torch.optim.Adam(D.parameters(), lr=2e-4, betas=(0.5, 0.9))
    start(G, D)
    for _ in range(steps):
        fakeact = activated(G(torch.normal(torch.zeros(BATCH, 8), torch.ones(BATCH, 8))))
        real = rows()
        y_fake, y_real = D(fakeact.view(-1, DIM * pac)), D(real.view(-1, DIM * pac))
        alpha = torch.rand(BATCH // pac, 1, 1).repeat(1, pac, DIM).view(-1, DIM)
        mid = (alpha * real + (1 - alpha) * fakeact).detach().requires_grad_(True)
        gradients = torch.autograd.grad(
            D(mid.view(-1, DIM * pac)), mid, torch.ones(BATCH // pac, 1), create_graph=True, retain_graph=True
        )[0]
        pen = ((gradients.view(-1, pac * DIM).norm(2, dim=1) - 1) ** 2).mean() * 10
        loss_d = -(torch.mean(y_real) - torch.mean(y_fake))
        optimizerD.zero_grad(set_to_none=False)
        pen.backward(retain_graph=True)
        loss_d.backward()
        optimizerD.step()
        fakeact = activated(G(torch.normal(torch.zeros(BATCH, 8), torch.ones(BATCH, 8))))
        loss_g = -torch.mean(D(fakeact.view(-1, DIM * pac)))
        optimizerG.zero_grad(set_to_none=False)
        loss_g.backward()
        optimizerG.step()
    return [G, D]


class PixelD(nn.Module):
    """Discriminator that answers for the picture and for each pixel, by name."""

    def __init__(self) -> None:
        super().__init__()
        self.down, self.up = nn.Conv2d(1, 16, 4, 2, 1), nn.ConvTranspose2d(16, 1, 4, 2, 1)
        self.out = nn.Linear(16, 1)

    def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        h = F.leaky_relu(self.down(x), 0.2)
        return {"pixels": self.up(h), "whole": self.out(h.mean((2, 3)))}


def unet_d(start: Start, steps: int) -> list[nn.Module]:
    """D returns a dictionary of two answers, both in the loss."""
    G, D = UpG(), PixelD()
    opt_g, opt_d = (
        torch.optim.Adam(G.parameters(), 1e-4, (0.0, 0.99)),
        torch.optim.Adam(D.parameters(), 5e-4, (0.0, 0.99)),
    )
    start(G, D)
    for _ in range(steps):
        with torch.no_grad():
            fake = G(torch.randn(BATCH, 8, 1, 1))
        r, f = D(images()), D(fake)
        loss_d = sum((F.softplus(-r[k]).mean() + F.softplus(f[k]).mean() for k in r), torch.zeros(()))
        opt_d.zero_grad()
        loss_d.backward()
        opt_d.step()
        f = D(G(torch.randn(BATCH, 8, 1, 1)))
        loss_g = sum((F.softplus(-f[k]).mean() for k in f), torch.zeros(()))
        opt_g.zero_grad()
        loss_g.backward()
        opt_g.step()
    return [G, D]


def from_numpy(start: Start, steps: int) -> list[nn.Module]:
    """Data in NumPy, shuffled by hand, an epoch of eight batches; least squares with −1, 1, 0."""
    rng = np.random.RandomState(int(torch.randint(1000, (1,))))
    X = (points(8 * BATCH).numpy() * 0.9).astype("float32")
    G, D = mlp(8, 32, DIM, end=nn.Tanh()), mlp(DIM, 32, 1)
    trainer_g, trainer_d = torch.optim.Adam(G.parameters(), 2e-4), torch.optim.Adam(D.parameters(), 2e-4)
    start(G, D)
    done = 0
    while done < steps:
        rng.shuffle(X)
        for b in range(8):
            if done == steps:
                break
            xb = torch.from_numpy(X[b * BATCH : (b + 1) * BATCH].copy())
            z = torch.from_numpy(rng.uniform(-1, 1, (BATCH, 8)).astype("float32"))
            D.zero_grad()
            loss = 0.5 * ((D(xb) - 1) ** 2).mean() + 0.5 * ((D(G(z).detach()) + 1) ** 2).mean()
            loss.backward()
            trainer_d.step()
            z = torch.from_numpy(rng.uniform(-1, 1, (BATCH, 8)).astype("float32"))
            G.zero_grad()
            (0.5 * (D(G(z)) ** 2).mean()).backward()
            trainer_g.step()
            done += 1
    return [G, D]


def lecam(start: Start, steps: int) -> list[nn.Module]:
    """Hinge with LeCam's regulariser and DiffAugment on all that D sees."""
    G, D = UpG(), Critic(norm=True)
    opt_g, opt_d = (
        torch.optim.Adam(G.parameters(), 2e-4, (0.0, 0.99)),
        torch.optim.Adam(D.parameters(), 2e-4, (0.0, 0.99)),
    )
    ema_real = ema_fake = 0.0

    def augment(x: torch.Tensor) -> torch.Tensor:
        x = x + (torch.rand(x.size(0), 1, 1, 1) - 0.5) * 0.5
        shift = int(torch.randint(-1, 2, (1,)))
        return torch.roll(x, shift, 3)

    start(G, D)
    for _ in range(steps):
        x, fake = images(), G(torch.randn(BATCH, 8, 1, 1))
        r, f = D(augment(x)), D(augment(fake.detach()))
        ema_real = 0.9 * ema_real + 0.1 * float(r.detach().mean())
        ema_fake = 0.9 * ema_fake + 0.1 * float(f.detach().mean())
        reg = F.relu(r - ema_fake).pow(2).mean() + F.relu(ema_real - f).pow(2).mean()
        loss = F.relu(1 - r).mean() + F.relu(1 + f).mean() + 0.01 * reg
        opt_d.zero_grad()
        loss.backward()
        opt_d.step()
        loss = -D(augment(fake)).mean()
        opt_g.zero_grad()
        loss.backward()
        opt_g.step()
    return [G, D]


def unrolled(start: Start, steps: int) -> list[nn.Module]:
    """G's step through a D that is some steps ahead, which is then put back."""
    G, D = mlp(8, 32, DIM, end=nn.Tanh()), mlp(DIM, 32, 1)
    g_opt, d_opt = torch.optim.Adam(G.parameters(), 1e-3), torch.optim.Adam(D.parameters(), 1e-3)

    def d_loop() -> None:
        d_opt.zero_grad()
        with torch.no_grad():
            fake = G(torch.randn(BATCH, 8))
        (F.softplus(-D(points())) + F.softplus(D(fake))).mean().backward()
        d_opt.step()

    start(G, D)
    for _ in range(steps):
        d_loop()
        g_opt.zero_grad()
        backup = copy.deepcopy(D.state_dict())
        for _ in range(3):
            d_loop()
        F.softplus(-D(G(torch.randn(BATCH, 8)))).mean().backward()
        g_opt.step()
        D.load_state_dict(backup)
    return [G, D]


def warm_up(start: Start, steps: int) -> list[nn.Module]:
    """Rates that begin at 0, a minimax G loss, a validation look in eval mode now and then."""
    G, D = UpG(), DownD()
    opts = [torch.optim.Adam(m.parameters(), 1e-3) for m in (G, D)]
    schedulers = [torch.optim.lr_scheduler.LambdaLR(o, lambda s: min(1.0, s / 5)) for o in opts]
    start(G, D)
    for i in range(steps):
        fake = G(torch.randn(BATCH, 8, 1, 1))
        d_loss = -(torch.log(D(images()) + 1e-8) + torch.log(1 - D(fake.detach()) + 1e-8)).mean()
        opts[1].zero_grad()
        d_loss.backward()
        opts[1].step()
        g_loss = torch.log(1 - D(fake) + 1e-8).mean()
        opts[0].zero_grad()
        g_loss.backward()
        opts[0].step()
        for s in schedulers:
            s.step()
        if i % 3 == 2:
            G.eval()
            D.eval()
            with torch.no_grad():
                D(G(torch.randn(4, 8, 1, 1)))
                D(images(4))
            G.train()
            D.train()
    return [G, D]


class Wrapped(nn.Module):
    """As distributed wrappers do: everything goes through `module`."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        return self.module(*args, **kwargs)


def wrapped(start: Start, steps: int) -> list[nn.Module]:
    """Wrappers are called, their modules are optimised and watched; several optimisers' groups, AdamW."""
    inner_g, inner_d = UpG(), Critic()
    G, D = Wrapped(inner_g), Wrapped(inner_d)
    opt_g = torch.optim.AdamW(
        [{"params": inner_g.main[0].parameters(), "lr": 1e-4}, {"params": inner_g.main[1:].parameters()}], lr=2e-4
    )
    opt_d = torch.optim.AdamW(D.parameters(), lr=2e-4, weight_decay=0.01)
    start(inner_g, inner_d)
    for _ in range(steps):
        x, fake = images(), G(torch.randn(BATCH, 8, 1, 1))
        opt_d.zero_grad()
        F.softplus(-D(x)).mean().backward()
        F.softplus(D(fake.detach())).mean().backward()
        opt_d.step()
        opt_g.zero_grad()
        F.softplus(-D(fake)).mean().backward()
        opt_g.step()
    return [inner_g, inner_d]


def three_and_three(start: Start, steps: int) -> list[nn.Module]:
    """Three steps of D, then three of G, on the answers of a D that stands."""
    G, D = mlp(8, 32, DIM), mlp(DIM, 32, 1)
    go, do = torch.optim.Adam(G.parameters(), 5e-4), torch.optim.Adam(D.parameters(), 5e-4)
    start(G, D)
    for i in range(math.ceil(steps / 3)):
        for _ in range(3):
            do.zero_grad(set_to_none=True)
            logits = torch.cat([D(points()), D(G(torch.randn(BATCH, 8)).detach())]).squeeze(1)
            F.binary_cross_entropy_with_logits(logits, (torch.arange(2 * BATCH) < BATCH).float()).backward()
            do.step()
        for _ in range(min(3, steps - 3 * i)):
            go.zero_grad(set_to_none=True)
            F.binary_cross_entropy_with_logits(D(G(torch.randn(BATCH, 8))), torch.ones(BATCH, 1)).backward()
            go.step()
    return [G, D]


def bigan(start: Start, steps: int) -> list[nn.Module]:
    """BiGAN: D sees pairs of picture and code; G and the encoder share an optimiser."""
    G, E = mlp(8, 32, DIM, end=nn.Tanh()), mlp(DIM, 32, 8)

    class Pairs(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = mlp(DIM + 8, 32, 1)

        def forward(self, x: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
            out: torch.Tensor = self.net(torch.cat([x, z], 1))
            return out

    D = Pairs()
    opt_ge = torch.optim.Adam([*G.parameters(), *E.parameters()], 2e-4, (0.5, 0.999))
    opt_d = torch.optim.Adam(D.parameters(), 2e-4, (0.5, 0.999))
    start(G, D)
    for _ in range(steps):
        x, z = points(), torch.randn(BATCH, 8)
        gz, ex = G(z), E(x)
        loss_d = F.softplus(-D(x, ex.detach())).mean() + F.softplus(D(gz.detach(), z)).mean()
        opt_d.zero_grad()
        loss_d.backward()
        opt_d.step()
        loss_ge = F.softplus(D(x, ex)).mean() + F.softplus(-D(gz, z)).mean()
        opt_ge.zero_grad()
        loss_ge.backward()
        opt_ge.step()
    return [G, D, E]


MORE: Final[dict[str, Loop]] = {
    loop.__name__: loop
    for loop in (
        two_scalers, accumulate_gp, multi_scale, ema_schedule, projection, rotations, lazy_r1, dragan, vqgan_like, srgan,
        manual_system, original_wgan, began, rals, paired, noisy_labels, sequences, packed_tables, unet_d, from_numpy,
        lecam, unrolled, warm_up, wrapped, three_and_three, bigan,
    )
}  # fmt: skip
