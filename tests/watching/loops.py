# ruff: noqa: N802, N803, N806  names and habits of the scripts that are watched
"""Correct training loops in the styles that people write them; each is a function of its own, read like a script.

A loop builds its players, calls `start(G, D)` once before training, trains for `steps` steps of the generator and
returns its modules. `LOOPS` holds them by name. `bugs.py` edits their source, line by line. All read the global
random stream, as scripts do: the caller seeds it.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable
from typing import Any, Final

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812
from torch.nn.utils import spectral_norm

Start = Callable[[Any, Any], Any]
Loop = Callable[[Start, int], list[nn.Module]]

DIM: Final = 8
BATCH: Final = 16


def points(n: int = BATCH) -> torch.Tensor:
    """Real points on a ring in 8 dimensions, between −1 and 1."""
    angle = torch.rand(n, 1) * 6.2832
    wave = torch.cat([torch.sin(angle + k) for k in range(DIM)], 1)
    return 0.8 * wave + 0.05 * torch.randn(n, DIM)


def images(n: int = BATCH) -> torch.Tensor:
    """Real pictures of one smooth blob, ``[n, 1, 8, 8]``, in [-1, 1]."""
    x = torch.linspace(-1, 1, 8)
    centre = torch.rand(n, 2) * 1.2 - 0.6
    far = (x[None, None, :] - centre[:, 0, None, None]) ** 2 + (x[None, :, None] - centre[:, 1, None, None]) ** 2
    return (2 * torch.exp(-4 * far) - 1)[:, None]


def mlp(*sizes: int, end: nn.Module | None = None) -> nn.Sequential:
    """Linear layers with LeakyReLU between."""
    layers: list[nn.Module] = []
    for a, b in itertools.pairwise(sizes):
        layers += [nn.Linear(a, b), nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers[:-1], *([end] if end is not None else []))


class UpG(nn.Module):
    """DCGAN generator from 1×1 to 8×8."""

    def __init__(self) -> None:
        super().__init__()
        self.main = nn.Sequential(
            nn.ConvTranspose2d(8, 16, 4, 1, 0, bias=False),
            nn.BatchNorm2d(16),
            nn.ReLU(True),
            nn.ConvTranspose2d(16, 1, 4, 2, 1, bias=False),
            nn.Tanh(),
        )

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.main(z)
        return out


class DownD(nn.Module):
    """DCGAN discriminator that ends in a sigmoid."""

    def __init__(self) -> None:
        super().__init__()
        self.main = nn.Sequential(
            nn.Conv2d(1, 16, 4, 2, 1, bias=False),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(16, 16, 3, 1, 1, bias=False),
            nn.BatchNorm2d(16),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(16, 1, 4, 1, 0, bias=False),
            nn.Sigmoid(),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.main(x).view(-1)
        return out


def weights_init(m: nn.Module) -> None:
    """As in the DCGAN tutorial."""
    name = m.__class__.__name__
    if name.find("Conv") != -1:
        nn.init.normal_(m.weight, 0.0, 0.02)  # type: ignore[arg-type]
    elif name.find("BatchNorm") != -1:
        nn.init.normal_(m.weight, 1.0, 0.02)  # type: ignore[arg-type]
        nn.init.constant_(m.bias, 0)  # type: ignore[arg-type]


class CondG(nn.Module):
    """Generator with a class."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(4, 4)
        self.net = mlp(8 + 4, 32, DIM, end=nn.Tanh())

    def forward(self, z: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.net(torch.cat((self.embed(y), z), -1))
        return out


class CondD(nn.Module):
    """Discriminator with a class."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(4, 4)
        self.net = mlp(DIM + 4, 32, 1)

    def forward(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.net(torch.cat((x, self.embed(y)), -1))
        return out


def dcgan(start: Start, steps: int) -> list[nn.Module]:
    """PyTorch's DCGAN tutorial."""
    netG, netD = UpG(), DownD()
    netG.apply(weights_init)
    netD.apply(weights_init)
    criterion = nn.BCELoss()
    fixed_noise = torch.randn(16, 8, 1, 1)
    real_label, fake_label = 1.0, 0.0
    optimizerD = torch.optim.Adam(netD.parameters(), lr=2e-4, betas=(0.5, 0.999))
    optimizerG = torch.optim.Adam(netG.parameters(), lr=2e-4, betas=(0.5, 0.999))
    start(netG, netD)
    for i in range(steps):
        netD.zero_grad()
        real = images()
        b_size = real.size(0)
        label = torch.full((b_size,), real_label)
        output = netD(real)
        errD_real = criterion(output, label)
        errD_real.backward()
        noise = torch.randn(b_size, 8, 1, 1)
        fake = netG(noise)
        label.fill_(fake_label)
        output = netD(fake.detach())
        errD_fake = criterion(output, label)
        errD_fake.backward()
        optimizerD.step()
        netG.zero_grad()
        label.fill_(real_label)
        output = netD(fake)
        errG = criterion(output, label)
        errG.backward()
        optimizerG.step()
        if i % 5 == 4:
            with torch.no_grad():
                netG(fixed_noise).detach()
    return [netG, netD]


def gan_mlp(start: Start, steps: int) -> list[nn.Module]:
    """PyTorch-GAN's gan.py: the generator first, the mean of both halves."""
    generator = mlp(8, 32, DIM, end=nn.Tanh())
    discriminator = mlp(DIM, 32, 1, end=nn.Sigmoid())
    adversarial_loss = nn.BCELoss()
    optimizer_G = torch.optim.Adam(generator.parameters(), lr=2e-4, betas=(0.5, 0.999))
    optimizer_D = torch.optim.Adam(discriminator.parameters(), lr=2e-4, betas=(0.5, 0.999))
    start(generator, discriminator)
    for i in range(steps):
        real_imgs = points()
        valid = torch.ones(BATCH, 1)
        fake = torch.zeros(BATCH, 1)
        optimizer_G.zero_grad()
        z = torch.randn(BATCH, 8)
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
        if i % 4 == 3:
            with torch.no_grad():
                generator(torch.randn(25, 8))
    return [generator, discriminator]


def lsgan(start: Start, steps: int) -> list[nn.Module]:
    """Least squares, data made by a numpy loader, SGD with momentum for D."""
    G, D = mlp(8, 32, DIM), mlp(DIM, 32, 1)
    opt_d = torch.optim.SGD(D.parameters(), lr=1e-2, momentum=0.5)
    opt_g = torch.optim.Adam(G.parameters(), lr=1e-3)
    start(G, D)
    for _ in range(steps):
        x = torch.from_numpy(points(32).numpy())
        fake = G(torch.randn(32, 8))
        loss_d = 0.5 * ((D(x) - 1) ** 2).mean() + 0.5 * (D(fake.detach()) ** 2).mean()
        opt_d.zero_grad()
        loss_d.backward()
        opt_d.step()
        loss_g = 0.5 * ((D(fake) - 1) ** 2).mean()
        opt_g.zero_grad()
        loss_g.backward()
        opt_g.step()
    return [G, D]


def wgan(start: Start, steps: int) -> list[nn.Module]:
    """Wasserstein with clipping, five critic steps for one of G."""
    G, D = mlp(8, 32, DIM, end=nn.Tanh()), mlp(DIM, 32, 1)
    opt_G = torch.optim.RMSprop(G.parameters(), lr=5e-4)
    opt_D = torch.optim.RMSprop(D.parameters(), lr=5e-4)
    start(G, D)
    for i in range(steps * 5):
        real = points(32)
        opt_D.zero_grad()
        fake = G(torch.randn(32, 8)).detach()
        loss_D = -torch.mean(D(real)) + torch.mean(D(fake))
        loss_D.backward()
        opt_D.step()
        for p in D.parameters():
            p.data.clamp_(-0.01, 0.01)
        if i % 5 == 4:
            opt_G.zero_grad()
            loss_G = -torch.mean(D(G(torch.randn(32, 8))))
            loss_G.backward()
            opt_G.step()
    return [G, D]


def gradient_penalty(critic: nn.Module, real: torch.Tensor, fake: torch.Tensor) -> torch.Tensor:
    """As in most scripts of WGAN-GP."""
    alpha = torch.rand(real.size(0), 1, 1, 1)
    between = (alpha * real + (1 - alpha) * fake).requires_grad_(True)
    out = critic(between)
    (grad,) = torch.autograd.grad(out, between, torch.ones_like(out), create_graph=True, retain_graph=True)
    grad = grad.view(grad.size(0), -1)
    penalty: torch.Tensor = ((grad.norm(2, dim=1) - 1) ** 2).mean()
    return penalty


def wgan_gp(start: Start, steps: int) -> list[nn.Module]:
    """WGAN-GP on pictures, three critic steps for one of G."""
    G = UpG()
    critic = nn.Sequential(
        nn.Conv2d(1, 16, 4, 2, 1), nn.LeakyReLU(0.2), nn.Conv2d(16, 16, 3, 1, 1), nn.LeakyReLU(0.2), nn.Flatten(),
        nn.Linear(256, 1),
    )  # fmt: skip
    opt_g = torch.optim.Adam(G.parameters(), lr=1e-4, betas=(0.0, 0.9))
    opt_d = torch.optim.Adam(critic.parameters(), lr=1e-4, betas=(0.0, 0.9))
    start(G, critic)
    for _ in range(steps):
        for _ in range(3):
            real = images()
            fake = G(torch.randn(BATCH, 8, 1, 1)).detach()
            penalty = gradient_penalty(critic, real, fake)
            loss_d = critic(fake).mean() - critic(real).mean() + 10 * penalty
            opt_d.zero_grad()
            loss_d.backward()
            opt_d.step()
        fake = G(torch.randn(BATCH, 8, 1, 1))
        loss_g = -critic(fake).mean()
        opt_g.zero_grad()
        loss_g.backward()
        opt_g.step()
    return [G, critic]


def backward_mone(start: Start, steps: int) -> list[nn.Module]:
    """The oldest WGAN code: backward with one and minus one, parameters of D frozen for G."""
    netG, netD = mlp(8, 32, DIM), mlp(DIM, 32, 1)
    one, mone = torch.tensor(1.0), torch.tensor(-1.0)
    optD = torch.optim.RMSprop(netD.parameters(), lr=5e-4)
    optG = torch.optim.RMSprop(netG.parameters(), lr=5e-4)
    start(netG, netD)
    for _ in range(steps):
        for p in netD.parameters():
            p.requires_grad = True
        for _ in range(2):
            for p in netD.parameters():
                p.data.clamp_(-0.02, 0.02)
            netD.zero_grad()
            netD(points()).mean(0).view(()).backward(mone)
            with torch.no_grad():
                fake = netG(torch.randn(BATCH, 8))
            netD(fake).mean(0).view(()).backward(one)
            optD.step()
        for p in netD.parameters():
            p.requires_grad = False
        netG.zero_grad()
        netD(netG(torch.randn(BATCH, 8))).mean(0).view(()).backward(mone)
        optG.step()
    return [netG, netD]


def hinge_sn(start: Start, steps: int) -> list[nn.Module]:
    """One pass of D over real and fake, spectral norm, hinge, scheduler, clipped gradients."""
    G = mlp(8, 32, DIM, end=nn.Tanh())
    D = nn.Sequential(spectral_norm(nn.Linear(DIM, 32)), nn.LeakyReLU(0.1), spectral_norm(nn.Linear(32, 1)))
    opt_g = torch.optim.Adam(G.parameters(), 2e-4, betas=(0.0, 0.9))
    opt_d = torch.optim.Adam(D.parameters(), 4e-4, betas=(0.0, 0.9))
    plan = torch.optim.lr_scheduler.LinearLR(opt_d, 0.1, 1.0, 5)
    start(G, D)
    for _ in range(steps):
        real = points()
        with torch.no_grad():
            fake = G(torch.randn(BATCH, 8))
        real_out, fake_out = D(torch.cat([real, fake])).chunk(2)
        loss_d = F.relu(1 - real_out).mean() + F.relu(1 + fake_out).mean()
        opt_d.zero_grad(set_to_none=False)
        loss_d.backward()
        torch.nn.utils.clip_grad_norm_(D.parameters(), 5.0)
        opt_d.step()
        plan.step()
        loss_g = -D(G(torch.randn(BATCH, 8))).mean()
        opt_g.zero_grad(set_to_none=False)
        loss_g.backward()
        opt_g.step()
    return [G, D]


def lightweight(start: Start, steps: int) -> list[nn.Module]:
    """Gradient accumulation, augmentation of real and fake, lazy penalty, an averaged copy of G."""

    def augment(x: torch.Tensor) -> torch.Tensor:
        return x * (0.8 + 0.4 * torch.rand(x.size(0), 1)) + 0.1 * torch.randn(x.size(0), 1)

    G, D = mlp(8, 32, DIM), mlp(DIM, 32, 1)
    ema = copy.deepcopy(G).requires_grad_(False)
    opt_g = torch.optim.Adam(G.parameters(), 2e-4, betas=(0.5, 0.9))
    opt_d = torch.optim.Adam(D.parameters(), 2e-4, betas=(0.5, 0.9))
    start(G, D)
    for step in range(steps):
        opt_d.zero_grad()
        for _ in range(2):
            generated = G(torch.randn(BATCH, 8)).clone().detach()
            real = points().requires_grad_()
            fake_output = D(augment(generated))
            real_output = D(augment(real))
            loss = (F.relu(1 + real_output) + F.relu(1 - fake_output)).mean()
            if step % 4 == 0:
                (grad,) = torch.autograd.grad(real_output.sum(), real, create_graph=True)
                loss = loss + 10 * ((grad.norm(2, dim=1) - 1) ** 2).mean()
            (loss / 2).backward()
        opt_d.step()
        opt_g.zero_grad()
        for _ in range(2):
            generated = G(torch.randn(BATCH, 8))
            loss = D(augment(generated)).mean()
            (loss / 2).backward()
        opt_g.step()
        for old, new in zip(ema.parameters(), G.parameters(), strict=True):
            old.data.mul_(0.9).add_(new.data, alpha=0.1)
        if step % 5 == 4:
            ema(torch.randn(4, 8))
    return [G, D, ema]


def d2l(start: Start, steps: int) -> list[nn.Module]:
    """Dive into Deep Learning: functions that update, sums instead of means, 1-D noise."""
    net_D = mlp(2, 8, 5, 1)
    net_G = nn.Sequential(nn.Linear(2, 2))
    loss = nn.BCEWithLogitsLoss(reduction="sum")
    for w in net_D.parameters():
        nn.init.normal_(w, 0, 0.1)
    trainer_D = torch.optim.Adam(net_D.parameters(), lr=0.05)
    trainer_G = torch.optim.Adam(net_G.parameters(), lr=0.005)

    def update_D(X: torch.Tensor, Z: torch.Tensor) -> None:
        ones, zeros = torch.ones((X.shape[0],)), torch.zeros((X.shape[0],))
        trainer_D.zero_grad()
        real_Y = net_D(X)
        fake_X = net_G(Z)
        fake_Y = net_D(fake_X.detach())
        loss_D = (loss(real_Y, ones.reshape(real_Y.shape)) + loss(fake_Y, zeros.reshape(fake_Y.shape))) / 2
        loss_D.backward()
        trainer_D.step()

    def update_G(Z: torch.Tensor) -> None:
        ones = torch.ones((Z.shape[0],))
        trainer_G.zero_grad()
        fake_X = net_G(Z)
        fake_Y = net_D(fake_X)
        loss_G = loss(fake_Y, ones.reshape(fake_Y.shape))
        loss_G.backward()
        trainer_G.step()

    start(net_G, net_D)
    for _ in range(steps):
        X = torch.randn(8, 2) @ torch.tensor([[1.0, 2.0], [-0.1, 0.5]]) + torch.tensor([1.0, 2.0])
        Z = torch.normal(0, 1, size=(8, 2))
        update_D(X, Z)
        update_G(Z)
    return [net_G, net_D]


def amp(start: Start, steps: int) -> list[nn.Module]:
    """Mixed precision with one scaler for both."""
    G, D = mlp(8, 32, DIM, end=nn.Tanh()), mlp(DIM, 32, 1)
    opt_g = torch.optim.Adam(G.parameters(), 2e-4)
    opt_d = torch.optim.Adam(D.parameters(), 2e-4)
    scaler = torch.amp.GradScaler("cpu")
    bce = nn.BCEWithLogitsLoss()
    start(G, D)
    for _ in range(steps):
        real = points(32)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            fake = G(torch.randn(32, 8))
            real_out = D(real)
            fake_out = D(fake.detach())
            loss_d = bce(real_out, torch.ones_like(real_out)) + bce(fake_out, torch.zeros_like(fake_out))
        opt_d.zero_grad()
        scaler.scale(loss_d).backward()
        scaler.step(opt_d)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            out = D(fake)
            loss_g = bce(out, torch.ones_like(out))
        opt_g.zero_grad()
        scaler.scale(loss_g).backward()
        scaler.step(opt_g)
        scaler.update()
    return [G, D]


def cgan(start: Start, steps: int) -> list[nn.Module]:
    """With classes, given to both players as a second argument."""
    G, D = CondG(), CondD()
    opt_g = torch.optim.Adam(G.parameters(), 2e-4, betas=(0.5, 0.999))
    opt_d = torch.optim.Adam(D.parameters(), 2e-4, betas=(0.5, 0.999))
    loss = nn.MSELoss()
    start(G, D)
    for step in range(steps):
        real = points(32)
        labels = torch.randint(0, 4, (32,))
        z = torch.randn(32, 8)
        gen_labels = torch.randint(0, 4, (32,))
        opt_g.zero_grad()
        gen = G(z, gen_labels)
        g_loss = loss(D(gen, gen_labels), torch.ones(32, 1))
        g_loss.backward()
        opt_g.step()
        opt_d.zero_grad()
        d_real = loss(D(real, labels), torch.ones(32, 1))
        d_fake = loss(D(gen.detach(), gen_labels), torch.zeros(32, 1))
        d_loss = (d_real + d_fake) / 2
        d_loss.backward()
        opt_d.step()
        if step % 3 == 2:
            with torch.no_grad():
                G(torch.randn(8, 8), torch.arange(8) % 4)
    return [G, D]


class TwoHeads(nn.Module):
    """Discriminator that answers with a logit and classes."""

    def __init__(self) -> None:
        super().__init__()
        self.body = mlp(DIM, 32, 16, end=nn.LeakyReLU(0.2))
        self.adv = nn.Linear(16, 1)
        self.aux = nn.Linear(16, 4)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        h = self.body(x)
        return self.adv(h), self.aux(h)


def acgan(start: Start, steps: int) -> list[nn.Module]:
    """Two answers of D; dropout in its body."""
    G, D = CondG(), TwoHeads()
    opt_g = torch.optim.Adam(G.parameters(), 2e-4)
    opt_d = torch.optim.Adam(D.parameters(), 2e-4)
    adv, aux = nn.BCEWithLogitsLoss(), nn.CrossEntropyLoss()
    start(G, D)
    for _ in range(steps):
        real, y = points(), torch.randint(0, 4, (BATCH,))
        z, fy = torch.randn(BATCH, 8), torch.randint(0, 4, (BATCH,))
        fake = G(z, fy)
        opt_g.zero_grad()
        validity, pred = D(fake)
        g_loss = 0.5 * (adv(validity, torch.ones_like(validity)) + aux(pred, fy))
        g_loss.backward()
        opt_g.step()
        opt_d.zero_grad()
        validity, pred = D(real)
        real_loss = (adv(validity, torch.ones_like(validity)) + aux(pred, y)) / 2
        validity, pred = D(fake.detach())
        fake_loss = (adv(validity, torch.zeros_like(validity)) + aux(pred, fy)) / 2
        ((real_loss + fake_loss) / 2).backward()
        opt_d.step()
    return [G, D]


def pix2pix(start: Start, steps: int) -> list[nn.Module]:
    """From picture to picture: a patch D over pairs, L1 beside the adversarial loss, one pass of G for both."""
    G = nn.Sequential(nn.Conv2d(1, 8, 3, 1, 1), nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, 1, 3, 1, 1), nn.Tanh())
    D = nn.Sequential(nn.Conv2d(2, 8, 4, 2, 1), nn.LeakyReLU(0.2), nn.Conv2d(8, 1, 3, 1, 1))
    opt_G = torch.optim.Adam(G.parameters(), 2e-4, betas=(0.5, 0.999))
    opt_D = torch.optim.Adam(D.parameters(), 2e-4, betas=(0.5, 0.999))
    gan = nn.BCEWithLogitsLoss()

    def set_requires_grad(net: nn.Module, value: bool) -> None:
        for param in net.parameters():
            param.requires_grad = value

    start(G, D)
    for _ in range(steps):
        real_B = images(4)
        real_A = torch.where(real_B > 0, 1.0, -1.0)
        fake_B = G(real_A)
        set_requires_grad(D, True)
        opt_D.zero_grad()
        pred_fake = D(torch.cat((real_A, fake_B), 1).detach())
        loss_fake = gan(pred_fake, torch.zeros_like(pred_fake))
        pred_real = D(torch.cat((real_A, real_B), 1))
        loss_real = gan(pred_real, torch.ones_like(pred_real))
        ((loss_fake + loss_real) * 0.5).backward()
        opt_D.step()
        set_requires_grad(D, False)
        opt_G.zero_grad()
        pred_fake = D(torch.cat((real_A, fake_B), 1))
        loss_G = gan(pred_fake, torch.ones_like(pred_fake)) + 100 * F.l1_loss(fake_B, real_B)
        loss_G.backward()
        opt_G.step()
    return [G, D]


def cyclegan(start: Start, steps: int) -> list[nn.Module]:
    """Two of each, a pool of older fakes, one optimiser for both generators."""
    G_A, G_B = mlp(DIM, 32, DIM, end=nn.Tanh()), mlp(DIM, 32, DIM, end=nn.Tanh())
    D_A, D_B = mlp(DIM, 32, 1), mlp(DIM, 32, 1)
    opt_G = torch.optim.Adam(itertools.chain(G_A.parameters(), G_B.parameters()), 2e-4)
    opt_DA = torch.optim.Adam(D_A.parameters(), 2e-4)
    opt_DB = torch.optim.Adam(D_B.parameters(), 2e-4)
    pool: list[torch.Tensor] = []

    def query(batch: torch.Tensor) -> torch.Tensor:
        out = []
        for row in batch.detach():
            if len(pool) < 32:
                pool.append(row.clone())
                out.append(row)
            elif torch.rand(()) > 0.5:
                k = int(torch.randint(0, 32, ()))
                out.append(pool[k])
                pool[k] = row.clone()
            else:
                out.append(row)
        return torch.stack(out)

    start([G_A, G_B], [D_A, D_B])
    for _ in range(steps):
        real_A, real_B = points(8), points(8).flip(1)
        fake_B, fake_A = G_A(real_A), G_B(real_B)
        for p in itertools.chain(D_A.parameters(), D_B.parameters()):
            p.requires_grad = False
        opt_G.zero_grad()
        loss_G = ((D_A(fake_B) - 1) ** 2).mean() + ((D_B(fake_A) - 1) ** 2).mean()
        loss_cycle = F.l1_loss(G_B(fake_B), real_A) + F.l1_loss(G_A(fake_A), real_B)
        loss_same = F.l1_loss(G_A(real_B), real_B) + F.l1_loss(G_B(real_A), real_A)
        (loss_G + 10 * loss_cycle + 5 * loss_same).backward()
        opt_G.step()
        for p in itertools.chain(D_A.parameters(), D_B.parameters()):
            p.requires_grad = True
        for D, opt, real, fake in ((D_A, opt_DA, real_B, query(fake_B)), (D_B, opt_DB, real_A, query(fake_A))):
            opt.zero_grad()
            loss_D = 0.5 * (((D(real) - 1) ** 2).mean() + (D(fake.detach()) ** 2).mean())
            loss_D.backward()
            opt.step()
    return [G_A, G_B, D_A, D_B]


def one_module(start: Start, steps: int) -> list[nn.Module]:
    """A module that holds both and one optimiser with two groups; gradients taken for one player at a time."""

    class Gan(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.generator = mlp(8, 32, DIM)
            self.discriminator = mlp(DIM, 32, 1)

        def losses(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            fake = self.generator(torch.randn(x.size(0), 8))
            d_loss = F.softplus(-self.discriminator(x)).mean() + F.softplus(self.discriminator(fake.detach())).mean()
            g_loss = F.softplus(-self.discriminator(fake)).mean()
            return d_loss, g_loss

    gan = Gan()
    groups = [
        {"params": list(gan.generator.parameters()), "lr": 1e-3},
        {"params": list(gan.discriminator.parameters()), "lr": 1e-3},
    ]
    opt = torch.optim.Adam(groups)
    start(gan.generator, gan.discriminator)
    for _ in range(steps):
        d_loss, g_loss = gan.losses(points())
        opt.zero_grad()
        d_loss.backward(inputs=list(gan.discriminator.parameters()), retain_graph=True)
        g_loss.backward(inputs=list(gan.generator.parameters()))
        opt.step()
    return [gan]


def simult(start: Start, steps: int) -> list[nn.Module]:
    """Both losses before both steps, D frozen while G's loss is made."""
    G, D = mlp(8, 32, DIM), mlp(DIM, 32, 1)
    opt_g = torch.optim.Adam(G.parameters(), 1e-3)
    opt_d = torch.optim.Adam(D.parameters(), 1e-3)
    start(G, D)
    for _ in range(steps):
        opt_d.zero_grad()
        opt_g.zero_grad()
        fake = G(torch.randn(BATCH, 8))
        loss_d = F.softplus(-D(points())).mean() + F.softplus(D(fake.detach())).mean()
        loss_d.backward()
        D.requires_grad_(False)
        loss_g = F.softplus(-D(fake)).mean()
        loss_g.backward()
        D.requires_grad_(True)
        opt_d.step()
        opt_g.step()
    return [G, D]


def r3gan(start: Start, steps: int) -> list[nn.Module]:
    """Relativistic pairing with R1 and R2, players frozen in turn."""

    def zero_centred(samples: torch.Tensor, critics: torch.Tensor) -> torch.Tensor:
        (gradient,) = torch.autograd.grad(outputs=critics.sum(), inputs=samples, create_graph=True)
        return gradient.square().sum([1, 2, 3])

    G = UpG()
    D = nn.Sequential(nn.Conv2d(1, 16, 4, 2, 1), nn.LeakyReLU(0.2), nn.Flatten(), nn.Linear(256, 1))
    opt_g = torch.optim.Adam(G.parameters(), 2e-4, betas=(0.0, 0.99))
    opt_d = torch.optim.Adam(D.parameters(), 2e-4, betas=(0.0, 0.99))
    start(G, D)
    for _ in range(steps):
        G.requires_grad_(False)
        D.requires_grad_(True)
        opt_d.zero_grad(set_to_none=True)
        real = images().detach().requires_grad_(True)
        fake = G(torch.randn(BATCH, 8, 1, 1)).detach().requires_grad_(True)
        real_logits, fake_logits = D(real), D(fake)
        r1, r2 = zero_centred(real, real_logits), zero_centred(fake, fake_logits)
        loss = F.softplus(-(real_logits - fake_logits)).view(-1) + 0.5 * (r1 + r2)
        loss.mean().backward()
        opt_d.step()
        D.requires_grad_(False)
        G.requires_grad_(True)
        opt_g.zero_grad(set_to_none=True)
        fake = G(torch.randn(BATCH, 8, 1, 1))
        loss = F.softplus(-(D(fake) - D(images())))
        loss.mean().backward()
        opt_g.step()
    return [G, D]


class StyleG(nn.Module):
    """Mapping, synthesis with noise of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.mapping = mlp(8, 16, 16)
        self.const = nn.Parameter(torch.randn(1, 16))
        self.style = nn.Linear(16, 16)
        self.out = nn.Linear(16, 64)
        self.strength = nn.Parameter(torch.zeros(()))

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        w = self.mapping(z / z.norm(dim=1, keepdim=True))
        h = self.const * (1 + self.style(w)) + self.strength * torch.randn(z.size(0), 16)
        out: torch.Tensor = self.out(F.leaky_relu(h, 0.2)).view(-1, 1, 8, 8)
        return out


class StdD(nn.Module):
    """Discriminator with the minibatch's deviation as a feature."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(1, 8, 4, 2, 1), nn.LeakyReLU(0.2), nn.Flatten())
        self.end = nn.Linear(129, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = self.body(x)
        spread = (h.var(0) + 1e-8).sqrt().mean().expand(h.size(0), 1)
        out: torch.Tensor = self.end(torch.cat([h, spread], 1))
        return out


def stylegan2(start: Start, steps: int) -> list[nn.Module]:
    """Logistic loss, lazy R1 in a step of its own, an averaged copy loaded by state_dict."""
    G, D = StyleG(), StdD()
    ema = copy.deepcopy(G).eval()
    g_optim = torch.optim.Adam(G.parameters(), 1e-3, betas=(0.0, 0.99))
    d_optim = torch.optim.Adam(D.parameters(), 1e-3, betas=(0.0, 0.99))
    sample_z = torch.randn(4, 8)
    start(G, D)
    for i in range(steps):
        for p in G.parameters():
            p.requires_grad = False
        for p in D.parameters():
            p.requires_grad = True
        real_img = images()
        fake_img = G(torch.randn(BATCH, 8))
        d_loss = F.softplus(-D(real_img)).mean() + F.softplus(D(fake_img)).mean()
        D.zero_grad()
        d_loss.backward()
        d_optim.step()
        if i % 4 == 0:
            real_img.requires_grad = True
            real_pred = D(real_img)
            (grad_real,) = torch.autograd.grad(outputs=real_pred.sum(), inputs=real_img, create_graph=True)
            r1_loss = grad_real.pow(2).reshape(grad_real.shape[0], -1).sum(1).mean()
            D.zero_grad()
            (5 * r1_loss * 4 + 0 * real_pred[0]).backward()
            d_optim.step()
        for p in G.parameters():
            p.requires_grad = True
        for p in D.parameters():
            p.requires_grad = False
        fake_img = G(torch.randn(BATCH, 8))
        g_loss = F.softplus(-D(fake_img)).mean()
        G.zero_grad()
        g_loss.backward()
        g_optim.step()
        with torch.no_grad():
            for key, value in G.state_dict().items():
                ema.state_dict()[key].lerp_(value, 0.05)
            ema(sample_z)
    return [G, D, ema]


def ragan(start: Start, steps: int) -> list[nn.Module]:
    """Relativistic average, both sides."""
    G, D = mlp(8, 32, DIM), mlp(DIM, 32, 1)
    opt_g = torch.optim.Adam(G.parameters(), 1e-3)
    opt_d = torch.optim.Adam(D.parameters(), 1e-3)
    bce = nn.BCEWithLogitsLoss()
    one, zero = torch.ones(BATCH, 1), torch.zeros(BATCH, 1)
    start(G, D)
    for _ in range(steps):
        fake = G(torch.randn(BATCH, 8))
        real = points()
        opt_d.zero_grad()
        r, f = D(real), D(fake.detach())
        ((bce(r - f.mean(), one) + bce(f - r.mean(), zero)) / 2).backward()
        opt_d.step()
        opt_g.zero_grad()
        r, f = D(real), D(fake)
        ((bce(f - r.mean(), one) + bce(r - f.mean(), zero)) / 2).backward()
        opt_g.step()
    return [G, D]


def compiled(start: Start, steps: int) -> list[nn.Module]:
    """Both players through torch.compile."""
    G0, D0 = mlp(8, 16, DIM), mlp(DIM, 16, 1)
    G: Any = torch.compile(G0, backend="eager")
    D: Any = torch.compile(D0, backend="eager")
    opt_g = torch.optim.Adam(G.parameters(), 1e-3)
    opt_d = torch.optim.Adam(D.parameters(), 1e-3)
    start(G, D)
    for _ in range(steps):
        fake = G(torch.randn(BATCH, 8))
        opt_d.zero_grad()
        (F.softplus(-D(points())).mean() + F.softplus(D(fake.detach())).mean()).backward()
        opt_d.step()
        opt_g.zero_grad()
        F.softplus(-D(fake)).mean().backward()
        opt_g.step()
    return [G0, D0]


def data_parallel(start: Start, steps: int) -> list[nn.Module]:
    """Wrapped after the watch began; noisy soft labels, saturating loss of G as in the first paper."""
    G, D = mlp(8, 32, DIM), mlp(DIM, 32, 1)
    start(G, D)
    netG, netD = nn.DataParallel(G), nn.DataParallel(D)
    opt_g = torch.optim.SGD(netG.parameters(), 1e-2)
    opt_d = torch.optim.SGD(netD.parameters(), 1e-2)
    bce = nn.BCEWithLogitsLoss()
    for _ in range(steps):
        opt_d.zero_grad()
        fake = netG(torch.randn(BATCH, 8))
        soft = 0.8 + 0.2 * torch.rand(BATCH, 1)
        (bce(netD(points()), soft) + bce(netD(fake.detach()), torch.zeros(BATCH, 1))).backward()
        opt_d.step()
        opt_g.zero_grad()
        (-bce(netD(netG(torch.randn(BATCH, 8))), torch.zeros(BATCH, 1))).backward()
        opt_g.step()
    return [G, D]


def closures(start: Start, steps: int) -> list[nn.Module]:
    """Steps with a closure, as automatic optimisation in Lightning has them."""
    G, D = mlp(8, 32, DIM), mlp(DIM, 32, 1)
    opt_g = torch.optim.Adam(G.parameters(), 1e-3)
    opt_d = torch.optim.Adam(D.parameters(), 1e-3)
    start(G, D)
    for _ in range(steps):
        real = points()

        def d_closure(real: torch.Tensor = real) -> torch.Tensor:
            fake = G(torch.randn(BATCH, 8)).detach()
            loss = F.softplus(-D(real)).mean() + F.softplus(D(fake)).mean()
            opt_d.zero_grad()
            loss.backward()
            return loss

        def g_closure() -> torch.Tensor:
            loss = F.softplus(-D(G(torch.randn(BATCH, 8)))).mean()
            opt_g.zero_grad()
            loss.backward()
            return loss

        opt_d.step(d_closure)
        opt_g.step(g_closure)
    return [G, D]


class InfoD(nn.Module):
    """Discriminator with a code."""

    def __init__(self) -> None:
        super().__init__()
        self.body = mlp(DIM, 32, 16, end=nn.LeakyReLU(0.2))
        self.adv, self.code = nn.Linear(16, 1), nn.Linear(16, 2)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        h = self.body(x)
        return self.adv(h), self.code(h)


def infogan(start: Start, steps: int) -> list[nn.Module]:
    """A third optimiser over both players."""
    G, D = mlp(10, 32, DIM), InfoD()
    opt_G = torch.optim.Adam(G.parameters(), 2e-4)
    opt_D = torch.optim.Adam(D.parameters(), 2e-4)
    opt_info = torch.optim.Adam(itertools.chain(G.parameters(), D.parameters()), 2e-4)
    mse = nn.MSELoss()
    valid, fake = torch.ones(BATCH, 1), torch.zeros(BATCH, 1)
    start(G, D)
    for _ in range(steps):
        opt_G.zero_grad()
        gen = G(torch.cat([torch.randn(BATCH, 8), torch.rand(BATCH, 2) * 2 - 1], 1))
        mse(D(gen)[0], valid).backward()
        opt_G.step()
        opt_D.zero_grad()
        ((mse(D(points())[0], valid) + mse(D(gen.detach())[0], fake)) / 2).backward()
        opt_D.step()
        opt_info.zero_grad()
        code = torch.rand(BATCH, 2) * 2 - 1
        gen = G(torch.cat([torch.randn(BATCH, 8), code], 1))
        mse(D(gen)[1], code).backward()
        opt_info.step()
    return [G, D]


def ebgan(start: Start, steps: int) -> list[nn.Module]:
    """An autoencoder for D, a margin."""
    G, D = mlp(8, 32, DIM), mlp(DIM, 16, 4, 16, DIM)
    opt_g = torch.optim.Adam(G.parameters(), 2e-4)
    opt_d = torch.optim.Adam(D.parameters(), 2e-4)
    start(G, D)
    for _ in range(steps):
        real = points()
        opt_g.zero_grad()
        fake = G(torch.randn(BATCH, 8))
        F.mse_loss(D(fake), fake.detach()).backward()
        opt_g.step()
        opt_d.zero_grad()
        real_loss = F.mse_loss(D(real), real)
        fake_loss = F.mse_loss(D(fake.detach()), fake.detach())
        (real_loss + torch.clamp(1 - fake_loss, min=0)).backward()
        opt_d.step()
    return [G, D]


def aae(start: Start, steps: int) -> list[nn.Module]:
    """Adversarial autoencoder: D judges codes, the encoder plays the generator."""
    encoder, decoder = mlp(DIM, 32, 4), mlp(4, 32, DIM)
    D = mlp(4, 32, 1, end=nn.Sigmoid())
    opt_g = torch.optim.Adam(itertools.chain(encoder.parameters(), decoder.parameters()), 1e-3)
    opt_d = torch.optim.Adam(D.parameters(), 1e-3)
    bce = nn.BCELoss()
    valid, fake = torch.ones(BATCH, 1), torch.zeros(BATCH, 1)
    start(encoder, D)
    for _ in range(steps):
        x = points()
        opt_g.zero_grad()
        code = encoder(x)
        (0.1 * bce(D(code), valid) + 0.9 * F.l1_loss(decoder(code), x)).backward()
        opt_g.step()
        opt_d.zero_grad()
        (0.5 * (bce(D(torch.randn(BATCH, 4)), valid) + bce(D(code.detach()), fake))).backward()
        opt_d.step()
    return [encoder, decoder, D]


class OwnNoise(nn.Module):
    """Generator that draws its own noise."""

    def __init__(self) -> None:
        super().__init__()
        self.net = mlp(8, 32, DIM, end=nn.Tanh())

    def forward(self, n: int) -> torch.Tensor:
        out: torch.Tensor = self.net(torch.randn(n, 8))
        return out


def own_noise(start: Start, steps: int) -> list[nn.Module]:
    """G takes a number of samples; two steps of G for one of D; one-sided smoothing; instance noise; eval to sample."""
    G, D = OwnNoise(), nn.Sequential(nn.Linear(DIM, 32), nn.BatchNorm1d(32), nn.LeakyReLU(0.2), nn.Linear(32, 1))
    opt_g = torch.optim.AdamW(G.parameters(), 2e-4)
    opt_d = torch.optim.AdamW(D.parameters(), 2e-4)
    bce = F.binary_cross_entropy_with_logits
    start(G, D)
    for step in range(0, steps, 2):
        D.train()
        G.train()
        fake = G(BATCH).detach()
        real = points()
        r = D(real + 0.1 * torch.randn_like(real))
        f = D(fake + 0.1 * torch.randn_like(fake))
        loss = bce(r, torch.full_like(r, 0.9)) + bce(f, torch.zeros_like(f))
        opt_d.zero_grad()
        loss.backward()
        opt_d.step()
        for _ in range(2):
            f = D(G(BATCH))
            loss = bce(f, torch.ones_like(f))
            opt_g.zero_grad()
            loss.backward()
            opt_g.step()
        if step % 4 == 0:
            G.eval()
            with torch.no_grad():
                G(9)
    return [G, D]


def functional(start: Start, steps: int) -> list[nn.Module]:
    """Calls through functional_call, gradients by autograd.grad, written into .grad by hand."""
    G, D = mlp(8, 32, DIM), mlp(DIM, 32, 1)
    opt_g = torch.optim.Adam(G.parameters(), 1e-3)
    opt_d = torch.optim.Adam(D.parameters(), 1e-3)
    start(G, D)
    for _ in range(steps):
        g_params, d_params = dict(G.named_parameters()), dict(D.named_parameters())
        fake = torch.func.functional_call(G, g_params, (torch.randn(BATCH, 8),))
        r = torch.func.functional_call(D, d_params, (points(),))
        f = torch.func.functional_call(D, d_params, (fake.detach(),))
        d_loss = F.softplus(-r).mean() + F.softplus(f).mean()
        for p, g in zip(D.parameters(), torch.autograd.grad(d_loss, list(D.parameters())), strict=True):
            p.grad = g
        opt_d.step()
        g_loss = F.softplus(-torch.func.functional_call(D, d_params, (fake,))).mean()
        for p, g in zip(G.parameters(), torch.autograd.grad(g_loss, list(G.parameters())), strict=True):
            p.grad = g
        opt_g.step()
    return [G, D]


def hinge_biggan(start: Start, steps: int) -> list[nn.Module]:
    """Conditional hinge with orthogonal start, two D steps, truncated samples, G's weights swapped in to sample."""
    G, D = CondG(), CondD()
    for m in (*G.modules(), *D.modules()):
        if isinstance(m, nn.Linear):
            nn.init.orthogonal_(m.weight)
    opt_g = torch.optim.Adam(G.parameters(), 1e-4, betas=(0.0, 0.999))
    opt_d = torch.optim.Adam(D.parameters(), 4e-4, betas=(0.0, 0.999))
    start(G, D)
    for step in range(steps):
        D.requires_grad_(True)
        for _ in range(2):
            y = torch.randint(0, 4, (BATCH,))
            with torch.no_grad():
                fake = G(torch.randn(BATCH, 8), y)
            real, ry = points(), torch.randint(0, 4, (BATCH,))
            opt_d.zero_grad()
            out = D(torch.cat([fake, real]), torch.cat([y, ry]))
            f, r = torch.split(out, [BATCH, BATCH])
            (F.relu(1 - r).mean() + F.relu(1 + f).mean()).backward()
            opt_d.step()
        D.requires_grad_(False)
        y = torch.randint(0, 4, (BATCH,))
        opt_g.zero_grad()
        (-D(G(torch.randn(BATCH, 8), y), y).mean()).backward()
        opt_g.step()
        if step % 3 == 0:
            with torch.no_grad():
                G.eval()
                G(torch.randn(BATCH, 8).clamp(-0.5, 0.5), torch.zeros(BATCH, dtype=torch.long))
                G.train()
    return [G, D]


def vector_labels(start: Start, steps: int) -> list[nn.Module]:
    """Cross entropy over two classes instead of one logit; D with dropout; G's step on doubled batch."""
    G = mlp(8, 32, DIM, end=nn.Tanh())
    D = nn.Sequential(nn.Linear(DIM, 32), nn.LeakyReLU(0.2), nn.Dropout(0.3), nn.Linear(32, 2))
    opt_g = torch.optim.Adam(G.parameters(), 2e-4)
    opt_d = torch.optim.Adam(D.parameters(), 2e-4)
    loss = nn.CrossEntropyLoss()
    start(G, D)
    for _ in range(steps):
        opt_d.zero_grad()
        loss(D(points()), torch.ones(BATCH, dtype=torch.long)).backward()
        loss(D(G(torch.randn(BATCH, 8)).detach()), torch.zeros(BATCH, dtype=torch.long)).backward()
        opt_d.step()
        opt_g.zero_grad()
        loss(D(G(torch.randn(2 * BATCH, 8))), torch.ones(2 * BATCH, dtype=torch.long)).backward()
        opt_g.step()
    return [G, D]


LOOPS: Final[dict[str, Loop]] = {
    loop.__name__: loop
    for loop in (
        dcgan, gan_mlp, lsgan, wgan, wgan_gp, backward_mone, hinge_sn, lightweight, d2l, amp, cgan, acgan, pix2pix,
        cyclegan, one_module, simult, r3gan, stylegan2, ragan, compiled, data_parallel, closures, infogan, ebgan, aae,
        own_noise, functional, hinge_biggan, vector_labels,
    )
}  # fmt: skip
