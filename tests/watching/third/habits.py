# ruff: noqa: N806, E501  names and habits of the scripts that are watched
"""Loops with habits of their own: classes, closures, functional calls, tricks of old papers."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable
from typing import Any, Final

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812

from tests.watching.third.data import B, Start, digits, loader, named, photos
from tests.watching.third.nets import FlatD, FlatG, TutorialD, TutorialG, UpsampleG


def trainer_class(start: Start, steps: int) -> list[nn.Module]:
    """A class with a method a player, clipped gradients, falling rates, a history; 0 means real."""

    class GANTrainer:
        def __init__(self, generator: nn.Module, discriminator: nn.Module, lr: float = 2e-4) -> None:
            self.gen, self.disc = generator, discriminator
            self.loss_fn = nn.BCEWithLogitsLoss()
            self.opt_gen = torch.optim.AdamW(self.gen.parameters(), lr=lr, betas=(0.5, 0.999), weight_decay=1e-4)
            self.opt_disc = torch.optim.AdamW(self.disc.parameters(), lr=lr, betas=(0.5, 0.999), weight_decay=1e-4)
            self.sched_gen = torch.optim.lr_scheduler.ExponentialLR(self.opt_gen, 0.99)
            self.sched_disc = torch.optim.lr_scheduler.ExponentialLR(self.opt_disc, 0.99)
            self.history: dict[str, list[float]] = {"d": [], "g": []}

        def train_disc(self, real: torch.Tensor) -> float:
            self.opt_disc.zero_grad()
            noise = torch.randn(real.size(0), 20)
            with torch.no_grad():
                fake = self.gen(noise)
            inputs = torch.cat([real, fake])
            labels = torch.cat([torch.zeros(real.size(0), 1), torch.ones(fake.size(0), 1)])
            loss = self.loss_fn(self.disc(inputs), labels)
            loss.backward()
            nn.utils.clip_grad_norm_(self.disc.parameters(), 1.0)
            self.opt_disc.step()
            return float(loss.item())

        def train_gen(self, n: int) -> float:
            self.opt_gen.zero_grad()
            loss = self.loss_fn(self.disc(self.gen(torch.randn(n, 20))), torch.zeros(n, 1))
            loss.backward()
            nn.utils.clip_grad_norm_(self.gen.parameters(), 1.0)
            self.opt_gen.step()
            return float(loss.item())

        def fit(self, data: Any, max_steps: int) -> None:
            done = 0
            for _epoch in range(99):
                for real, _ in data:
                    self.history["d"].append(self.train_disc(real))
                    self.history["g"].append(self.train_gen(real.size(0)))
                    done += 1
                    if done == max_steps:
                        return
                self.sched_gen.step()
                self.sched_disc.step()

    trainer = GANTrainer(FlatG(), FlatD())
    start(trainer.gen, trainer.disc)
    trainer.fit(loader(*digits(128)), steps)
    return [trainer.gen, trainer.disc]


def automatic(start: Start, steps: int) -> list[nn.Module]:
    """What a framework does: losses by index of optimizer, closures in `step`, parameters toggled, rates that warm up."""
    generator, discriminator = UpsampleG(), FlatD()

    def training_step(batch: torch.Tensor, optimizer_idx: int) -> torch.Tensor:
        z = torch.randn(batch.shape[0], 20).type_as(batch)
        if optimizer_idx == 0:
            valid = torch.ones(batch.size(0), 1).type_as(batch)
            return F.binary_cross_entropy_with_logits(discriminator(generator(z)), valid)
        valid, fake = torch.ones(batch.size(0), 1), torch.zeros(batch.size(0), 1)
        real_loss = F.binary_cross_entropy_with_logits(discriminator(batch), valid)
        fake_loss = F.binary_cross_entropy_with_logits(discriminator(generator(z).detach()), fake)
        return (real_loss + fake_loss) / 2

    players = (generator, discriminator)
    optimizers = [torch.optim.Adam(m.parameters(), lr=2e-4, betas=(0.5, 0.999)) for m in players]
    schedulers = [torch.optim.lr_scheduler.LinearLR(o, 0.1, total_iters=5) for o in optimizers]
    start(generator, discriminator)
    for k, (batch, _) in enumerate(loader(*digits())):
        for idx, optimizer in enumerate(optimizers):
            for p in players[1 - idx].parameters():
                p.requires_grad = False

            def closure(idx: int = idx, optimizer: Any = optimizer, batch: torch.Tensor = batch) -> torch.Tensor:
                loss = training_step(batch, idx)
                optimizer.zero_grad()
                loss.backward()
                return loss

            optimizer.step(closure)
            for p in players[1 - idx].parameters():
                p.requires_grad = True
        for s in schedulers:
            s.step()
        if k + 1 == steps:
            break
    return [generator, discriminator]


def counted(start: Start, steps: int) -> list[nn.Module]:
    """Gradients of four batches are added before a step, losses divided, the rest of the loop as ever."""
    G, D = FlatG(), FlatD()
    opt_G, opt_D = torch.optim.SGD(G.parameters(), 0.05, momentum=0.5), torch.optim.SGD(D.parameters(), 0.05)
    criterion, accumulation_steps, g_steps = nn.BCEWithLogitsLoss(), 4, 0
    start(G, D)
    opt_G.zero_grad()
    opt_D.zero_grad()
    for step, (x, _) in enumerate(itertools.chain.from_iterable(itertools.repeat(loader(*digits())))):
        ones, zeros = torch.ones(len(x), 1), torch.zeros(len(x), 1)
        fake = G(torch.randn(len(x), 20))
        loss_D = criterion(D(x), ones) + criterion(D(fake.detach()), zeros)
        loss_D = loss_D / accumulation_steps
        loss_D.backward()
        for p in D.parameters():
            p.requires_grad_(False)
        loss_G = criterion(D(fake), ones) / accumulation_steps
        loss_G.backward()
        for p in D.parameters():
            p.requires_grad_(True)
        if (step + 1) % accumulation_steps == 0:
            opt_D.step()
            opt_G.step()
            opt_D.zero_grad()
            opt_G.zero_grad()
            g_steps += 1
        if g_steps == steps:
            break
    return [G, D]


def looking_ahead(start: Start, steps: int) -> list[nn.Module]:
    """Unrolled GAN: D takes three more steps for G's sake and is put back."""
    G, D = FlatG(), FlatD()
    criterion = nn.BCEWithLogitsLoss()
    d_optimizer = torch.optim.Adam(D.parameters(), lr=1e-4, betas=(0.5, 0.999))
    g_optimizer = torch.optim.Adam(G.parameters(), lr=1e-3, betas=(0.5, 0.999))
    data = loader(digits(4096)[0])

    def d_loop(d_input: torch.Tensor) -> None:
        d_optimizer.zero_grad()
        d_real_decision = D(d_input)
        d_real_error = criterion(d_real_decision, torch.ones_like(d_real_decision))
        with torch.no_grad():
            d_fake_data = G(torch.randn(B, 20))
        d_fake_decision = D(d_fake_data)
        d_fake_error = criterion(d_fake_decision, torch.zeros_like(d_fake_decision))
        d_loss = d_real_error + d_fake_error
        d_loss.backward()
        d_optimizer.step()

    def g_loop(batches: Any) -> None:
        g_optimizer.zero_grad()
        backup = copy.deepcopy(D.state_dict())
        for _ in range(3):
            d_loop(next(batches)[0])
        g_fake_data = G(torch.randn(B, 20))
        dg_fake_decision = D(g_fake_data)
        g_error = criterion(dg_fake_decision, torch.ones_like(dg_fake_decision))
        g_error.backward()
        g_optimizer.step()
        D.load_state_dict(backup)

    batches = iter(data)
    start(G, D)
    for _ in range(steps):
        d_loop(next(batches)[0])
        g_loop(batches)
    return [G, D]


def improved(start: Start, steps: int) -> list[nn.Module]:
    """Tricks of one paper: G matches features alone, weights drawn to their history, noise on D's input that decays, smoothing of reals."""

    class FeatureD(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.features = nn.Sequential(nn.Linear(256, 64), nn.LeakyReLU(0.2), nn.Linear(64, 32), nn.LeakyReLU(0.2))
            self.out = nn.Linear(32, 1)

        def forward(self, x: torch.Tensor) -> Any:
            h = self.features(x.flatten(1))
            return self.out(h), h

    netG, netD = FlatG(), FeatureD()
    optG, optD = (torch.optim.Adam(m.parameters(), 3e-4, betas=(0.5, 0.999)) for m in (netG, netD))
    bce, history = nn.BCEWithLogitsLoss(), [p.detach().clone() for p in netG.parameters()]
    start(netG, netD)
    for t, (x, _) in enumerate(loader(*digits())):
        sigma = 0.1 * (1 - t / 100)

        def noisy(a: torch.Tensor, sigma: float = sigma) -> torch.Tensor:
            return a + sigma * torch.randn_like(a)

        fake = netG(torch.rand(B, 20) * 2 - 1)
        optD.zero_grad()
        real_out, _ = netD(noisy(x))
        fake_out, _ = netD(noisy(fake.detach()))
        d_loss = bce(real_out, torch.full((B, 1), 0.9)) + bce(fake_out, torch.zeros(B, 1))
        d_loss.backward()
        optD.step()
        optG.zero_grad()
        with torch.no_grad():
            _, real_feature = netD(noisy(x))
        _, fake_feature = netD(noisy(fake))
        g_loss = F.mse_loss(fake_feature.mean(0), real_feature.mean(0))
        drift = sum(((p - h) ** 2).sum() for p, h in zip(netG.parameters(), history, strict=True))
        (g_loss + 1e-3 * drift).backward()
        optG.step()
        for p, h in zip(netG.parameters(), history, strict=True):
            h.mul_(t / (t + 1)).add_(p.detach(), alpha=1 / (t + 1))
        if t + 1 == steps:
            break
    return [netG, netD]


def per_sample(start: Start, steps: int) -> list[nn.Module]:
    """WGAN-GP whose penalty is a gradient by `torch.func` for each sample."""
    from torch.func import functional_call, grad, vmap

    G, D = FlatG(), FlatD()
    D.apply(lambda m: setattr(m, "inplace", False) if isinstance(m, nn.LeakyReLU) else None)
    opt_g, opt_d = (
        torch.optim.Adam(G.parameters(), 1e-4, (0.0, 0.9)),
        torch.optim.Adam(D.parameters(), 1e-4, (0.0, 0.9)),
    )

    def critic(params: dict[str, torch.Tensor], x: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = functional_call(D, params, (x[None],))
        return out.squeeze()

    start(G, D)
    for i, (real, _) in enumerate(loader(*digits(4096))):
        opt_d.zero_grad()
        fake = G(torch.randn(B, 20)).detach()
        mixed = torch.lerp(real, fake, torch.rand(B, 1, 1, 1))
        slopes = vmap(grad(critic, argnums=1), (None, 0))(dict(D.named_parameters()), mixed)
        penalty = (slopes.flatten(1).norm(dim=1) - 1).square().mean()
        loss_d = D(fake).mean() - D(real).mean() + 10 * penalty
        loss_d.backward()
        opt_d.step()
        if i % 2 == 0:
            opt_g.zero_grad()
            loss_g = -D(G(torch.randn(B, 20))).mean()
            loss_g.backward()
            opt_g.step()
        if i == 2 * steps:
            break
    return [G, D]


def growing(start: Start, steps: int) -> list[nn.Module]:
    """Progressive growing: low resolution first, a block faded in, optimizers made anew for a new stage."""

    class GrowG(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.base = nn.Sequential(nn.Linear(16, 256), nn.LeakyReLU(0.2), nn.Unflatten(1, (16, 4, 4)), nn.Upsample(scale_factor=2))  # fmt: skip
            self.block = nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv2d(16, 16, 3, 1, 1), nn.LeakyReLU(0.2))
            self.rgb0, self.rgb1 = nn.Conv2d(16, 3, 1), nn.Conv2d(16, 3, 1)

        def forward(self, z: torch.Tensor, stage: int, alpha: float) -> Any:
            h = self.base(z)
            if stage == 0:
                return self.rgb0(h)
            low = F.interpolate(self.rgb0(h), scale_factor=2)
            return (1 - alpha) * low + alpha * self.rgb1(self.block(h))

    class GrowD(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.rgb0, self.rgb1 = nn.Conv2d(3, 16, 1), nn.Conv2d(3, 16, 1)
            self.block = nn.Sequential(nn.LeakyReLU(0.2), nn.Conv2d(16, 16, 3, 1, 1), nn.AvgPool2d(2))
            self.end = nn.Sequential(nn.LeakyReLU(0.2), nn.Conv2d(16, 16, 3, 2, 1), nn.LeakyReLU(0.2), nn.Flatten(), nn.Linear(256, 1))  # fmt: skip

        def forward(self, x: torch.Tensor, stage: int, alpha: float) -> Any:
            if stage == 0:
                return self.end(self.rgb0(x))
            low = self.rgb0(F.avg_pool2d(x, 2))
            return self.end((1 - alpha) * low + alpha * self.block(self.rgb1(x)))

    def optimizers() -> tuple[torch.optim.Optimizer, torch.optim.Optimizer]:
        return tuple(torch.optim.Adam(m.parameters(), 1e-3, betas=(0.0, 0.99)) for m in (G, D))  # type: ignore[return-value]

    G, D = GrowG(), GrowD()
    start(G, D)
    opt_G, opt_D = optimizers()
    for step, (x,) in enumerate(loader(photos(1024))):
        stage, alpha = (0, 0.0) if step < 4 else (1, min(1.0, (step - 4) / 4))
        if step == 4:
            opt_G, opt_D = optimizers()
        real = F.avg_pool2d(x, 2) if stage == 0 else x
        fake = G(torch.randn(B, 16), stage, alpha)
        r, f = D(real, stage, alpha), D(fake.detach(), stage, alpha)
        eps = torch.rand(B, 1, 1, 1)
        x_hat = (eps * real + (1 - eps) * fake.detach()).requires_grad_(True)
        (g,) = torch.autograd.grad(D(x_hat, stage, alpha).sum(), x_hat, create_graph=True)
        loss_D = f.mean() - r.mean() + 10 * ((g.flatten(1).norm(2, 1) - 1) ** 2).mean() + 0.001 * (r**2).mean()
        opt_D.zero_grad()
        loss_D.backward()
        opt_D.step()
        loss_G = -D(fake, stage, alpha).mean()
        opt_G.zero_grad()
        loss_G.backward()
        opt_G.step()
        if step + 1 == steps:
            break
    return [G, D]


def twice_g(start: Start, steps: int) -> list[nn.Module]:
    """G is updated twice a D step so that D does not win; flips of labels now and then; scaled losses."""
    netG, netD = TutorialG(), TutorialD(end=nn.Flatten())
    criterion: Callable[..., torch.Tensor] = F.binary_cross_entropy_with_logits
    optimizerG = torch.optim.Adam(netG.parameters(), lr=2e-4, betas=(0.5, 0.999))
    optimizerD = torch.optim.Adam(netD.parameters(), lr=1e-4, betas=(0.5, 0.999))
    lambda_adv, g_iters = 0.1, 0
    start(netG, netD)
    for (imgs,) in loader(photos()):
        real_label = 0.7 + 0.5 * torch.rand(B, 1)
        fake_label = torch.zeros(B, 1)
        netD.zero_grad(set_to_none=True)
        noise = torch.randn(B, 16, 1, 1)
        fake = netG(noise)
        lossD = lambda_adv * criterion(netD(imgs), real_label) + lambda_adv * criterion(netD(fake.detach()), fake_label)
        lossD.backward()
        optimizerD.step()
        for _ in range(2):
            netG.zero_grad(set_to_none=True)
            noise = torch.randn(B, 16, 1, 1)
            lossG = lambda_adv * criterion(netD(netG(noise)), torch.ones(B, 1))
            lossG.backward()
            optimizerG.step()
            g_iters += 1
        if g_iters >= steps:
            break
    return [netG, netD]


LOOPS: Final = named(trainer_class, automatic, counted, looking_ahead, improved, per_sample, growing, twice_g)
