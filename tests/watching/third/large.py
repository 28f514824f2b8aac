# ruff: noqa: N802, N806, E501  names and habits of the scripts that are watched
"""Loops after large models: style-based, class-conditional at scale, modern baselines."""

from __future__ import annotations

import copy
import math
from typing import Any, Final

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812
from torch.nn.utils import spectral_norm

from tests.watching.third.data import N_CLASSES, B, Start, digits, loader, named, photos
from tests.watching.third.large_nets import GD, BigD, BigG, StddevD, StyledG


def requires_grad(model: nn.Module, flag: bool = True) -> None:
    """Set the flag of all parameters."""
    for p in model.parameters():
        p.requires_grad = flag


def accumulate(model1: nn.Module, model2: nn.Module, decay: float = 0.999) -> None:
    """Average the second model into the first."""
    par1, par2 = dict(model1.named_parameters()), dict(model2.named_parameters())
    for k in par1:
        par1[k].data.mul_(decay).add_(par2[k].data, alpha=1 - decay)


def styles(start: Start, steps: int) -> list[nn.Module]:
    """Mixed styles, lazy R1 and path length in steps of their own, rates scaled for them, averaged G."""
    generator, discriminator = StyledG(), StddevD()
    g_ema = copy.deepcopy(generator).eval()
    accumulate(g_ema, generator, 0)
    d_reg_every, g_reg_every, mean_path_length, it = 4, 2, torch.tensor(0.0), iter(loader(photos()))
    g_reg_ratio, d_reg_ratio = g_reg_every / (g_reg_every + 1), d_reg_every / (d_reg_every + 1)
    g_optim = torch.optim.Adam(generator.parameters(), lr=0.002 * g_reg_ratio, betas=(0**g_reg_ratio, 0.99**g_reg_ratio))  # fmt: skip
    d_optim = torch.optim.Adam(discriminator.parameters(), lr=0.002 * d_reg_ratio, betas=(0**d_reg_ratio, 0.99**d_reg_ratio))  # fmt: skip
    sample_z = torch.randn(8, 16)

    def mixing_noise(batch: int) -> list[torch.Tensor]:
        return list(torch.randn(2, batch, 16).unbind(0)) if torch.rand(()) < 0.9 else [torch.randn(batch, 16)]

    start(generator, discriminator)
    for i in range(steps):
        real_img = next(it)[0]
        requires_grad(generator, False)
        requires_grad(discriminator, True)
        fake_img, _ = generator(mixing_noise(B))
        fake_pred = discriminator(fake_img)
        real_pred = discriminator(real_img)
        d_loss = F.softplus(-real_pred).mean() + F.softplus(fake_pred).mean()
        discriminator.zero_grad()
        d_loss.backward()
        d_optim.step()
        if i % d_reg_every == 0:
            real_img.requires_grad = True
            real_pred = discriminator(real_img)
            (grad_real,) = torch.autograd.grad(outputs=real_pred.sum(), inputs=real_img, create_graph=True)
            r1_loss = grad_real.pow(2).reshape(grad_real.shape[0], -1).sum(1).mean()
            discriminator.zero_grad()
            (10 / 2 * r1_loss * d_reg_every + 0 * real_pred[0]).backward()
            d_optim.step()
        requires_grad(generator, True)
        requires_grad(discriminator, False)
        fake_img, _ = generator(mixing_noise(B))
        fake_pred = discriminator(fake_img)
        g_loss = F.softplus(-fake_pred).mean()
        generator.zero_grad()
        g_loss.backward()
        g_optim.step()
        if i % g_reg_every == 0:
            fake_img, latents = generator(mixing_noise(B // 2), return_latents=True)
            noise = torch.randn_like(fake_img) / math.sqrt(fake_img.shape[2] * fake_img.shape[3])
            (grad,) = torch.autograd.grad(outputs=(fake_img * noise).sum(), inputs=latents, create_graph=True)
            path_lengths = torch.sqrt(grad.pow(2).sum(2).mean(1))
            path_mean = mean_path_length + 0.01 * (path_lengths.mean() - mean_path_length)
            path_loss = (path_lengths - path_mean).pow(2).mean()
            mean_path_length = path_mean.detach()
            generator.zero_grad()
            weighted_path_loss = 2 * g_reg_every * path_loss + 0 * fake_img[0, 0, 0, 0]
            weighted_path_loss.backward()
            g_optim.step()
        accumulate(g_ema, generator, 0.5 ** (32 / (10 * 1000)))
        if i % 4 == 0:
            with torch.no_grad():
                g_ema.eval()
                g_ema([sample_z])
    return [generator, discriminator, g_ema]


def phases(start: Start, steps: int) -> list[nn.Module]:
    """Phases as values, pictures changed before D with a chance that D's own sign sets, bfloat16 in G and D, rounds of micro-batches, NaN in gradients wiped out, a rate of averaging that warms up."""
    G, D = StyledG(), StddevD()
    G_ema = copy.deepcopy(G).eval().requires_grad_(False)
    phases_: list[dict[str, Any]] = [
        {"name": "Gmain", "module": G, "opt": torch.optim.Adam(G.parameters(), lr=2e-3, betas=(0.0, 0.99), eps=1e-8)},
        {"name": "Dmain", "module": D, "opt": torch.optim.Adam(D.parameters(), lr=2e-3, betas=(0.0, 0.99), eps=1e-8)},
    ]
    augment_p, signs, batch_gpu, cur_nimg, batches = torch.zeros(()), [], 8, 0, iter(loader(photos(512), batch=16))
    for module in (G, D):
        module.requires_grad_(False)

    def augment(x: torch.Tensor) -> torch.Tensor:
        flip = torch.rand(len(x), 1, 1, 1) < augment_p * 0.5
        shift = torch.randn(len(x), 1, 1, 1) * 0.1 * (torch.rand(len(x), 1, 1, 1) < augment_p)
        return torch.where(flip, x.flip(3), x) + shift

    def run_D(img: torch.Tensor) -> Any:
        with torch.autocast("cpu", torch.bfloat16):
            logits = D(augment(img))
        return logits.float()

    def run_G(z: torch.Tensor) -> Any:
        with torch.autocast("cpu", torch.bfloat16):
            return G([z])[0].float()

    def accumulate_gradients(phase: str, real_img: torch.Tensor, gen_z: torch.Tensor, gain: float) -> None:
        if phase == "Gmain":
            gen_img = run_G(gen_z)
            gen_logits = run_D(gen_img)
            loss_Gmain = F.softplus(-gen_logits)
            loss_Gmain.mean().mul(gain).backward()
        else:
            gen_img = run_G(gen_z)
            gen_logits = run_D(gen_img)
            loss_Dgen = F.softplus(gen_logits)
            loss_Dgen.mean().mul(gain).backward()
            real_img_tmp = real_img.detach().requires_grad_(False)
            real_logits = run_D(real_img_tmp)
            signs.append(real_logits.detach().sign().mean())
            loss_Dreal = F.softplus(-real_logits)
            loss_Dreal.mean().mul(gain).backward()

    start(G, D)
    for batch_idx in range(steps):
        phase_real_img = next(batches)[0].split(batch_gpu)
        all_gen_z = [torch.randn(16, 16).split(batch_gpu) for _ in phases_]
        for phase, phase_gen_z in zip(phases_, all_gen_z, strict=True):
            phase["opt"].zero_grad(set_to_none=True)
            phase["module"].requires_grad_(True)
            for real_img, gen_z in zip(phase_real_img, phase_gen_z, strict=True):
                accumulate_gradients(phase["name"], real_img, gen_z, gain=0.5)
            phase["module"].requires_grad_(False)
            params = [param for param in phase["module"].parameters() if param.grad is not None]
            flat = torch.cat([param.grad.flatten() for param in params])
            torch.nan_to_num(flat, nan=0, posinf=1e5, neginf=-1e5, out=flat)
            for param, grad in zip(params, flat.split([param.numel() for param in params]), strict=True):
                param.grad = grad.reshape(param.shape)
            phase["opt"].step()
        with torch.no_grad():
            ema_beta = 0.5 ** (16 / max(min(500, cur_nimg * 0.05), 1e-8))
            for p_ema, p in zip(G_ema.parameters(), G.parameters(), strict=True):
                p_ema.copy_(p.lerp(p_ema, ema_beta))
            for b_ema, b in zip(G_ema.buffers(), G.buffers(), strict=True):
                b_ema.copy_(b)
        cur_nimg += 16
        if batch_idx % 4 == 3:
            adjust = torch.stack(signs[-8:]).mean().sub(0.6).sign() * (16 * 4) / 2000
            augment_p.copy_((augment_p + adjust).clamp(0, 1))
    return [G, D, G_ema]


def at_scale(start: Start, steps: int) -> list[nn.Module]:
    """Both players in one module, two D steps of two micro-batches, toggled, orthogonal regularisation on gradients."""

    def toggle_grad(model: nn.Module, on_or_off: bool) -> None:
        for param in model.parameters():
            param.requires_grad = on_or_off

    def ortho(model: nn.Module, strength: float = 1e-4) -> None:
        with torch.no_grad():
            for param in model.parameters():
                if len(param.shape) < 2 or param is G.shared.weight:
                    continue
                w = param.view(param.shape[0], -1)
                grad = 2 * torch.mm(torch.mm(w, w.t()) * (1.0 - torch.eye(w.shape[0])), w)
                param.grad.data += strength * grad.view(param.shape)  # type: ignore[union-attr]

    G, D = BigG(), BigD()
    G_ema = copy.deepcopy(G)
    model = GD(G, D)
    optim_G = torch.optim.Adam(G.parameters(), lr=5e-5, betas=(0.0, 0.999), eps=1e-6)
    optim_D = torch.optim.Adam(D.parameters(), lr=2e-4, betas=(0.0, 0.999), eps=1e-6)
    num_D_steps, num_accumulations = 2, 2
    z_, y_ = torch.empty(B, 16), torch.empty(B, dtype=torch.long)
    data = loader(*digits(4096), batch=B * num_D_steps * num_accumulations)
    start(G, D)
    for i, (x, y) in enumerate(data):
        G.train()
        D.train()
        optim_G.zero_grad()
        optim_D.zero_grad()
        xs, ys = torch.split(x, B), torch.split(y, B)
        counter = 0
        toggle_grad(D, True)
        toggle_grad(G, False)
        for _ in range(num_D_steps):
            optim_D.zero_grad()
            for _ in range(num_accumulations):
                z_.normal_()
                y_.random_(0, N_CLASSES)
                D_fake, D_real = model(z_[:B], y_[:B], xs[counter], ys[counter])
                D_loss_real, D_loss_fake = torch.mean(F.relu(1.0 - D_real)), torch.mean(F.relu(1.0 + D_fake))
                D_loss = (D_loss_real + D_loss_fake) / float(num_accumulations)
                D_loss.backward()
                counter += 1
            optim_D.step()
        toggle_grad(D, False)
        toggle_grad(G, True)
        optim_G.zero_grad()
        for _ in range(num_accumulations):
            z_.normal_()
            y_.random_(0, N_CLASSES)
            D_fake = model(z_, y_, train_G=True)
            G_loss = -torch.mean(D_fake) / float(num_accumulations)
            G_loss.backward()
        ortho(G)
        optim_G.step()
        with torch.no_grad():
            source, target = G.state_dict(), G_ema.state_dict()
            for key in source:
                target[key].data.copy_(target[key].data * 0.9999 + source[key].data * (1 - 0.9999))
        if i + 1 == steps:
            break
    return [G, D, G_ema]


def modern_baseline(start: Start, steps: int) -> list[nn.Module]:
    """R3GAN: relativistic pairs with R1 and R2 in every step, players toggled, the loss in a class of its own."""

    class AdversarialTraining:
        def __init__(self, generator: nn.Module, discriminator: nn.Module) -> None:
            self.Generator, self.Discriminator = generator, discriminator

        @staticmethod
        def ZeroCenteredGradientPenalty(samples: torch.Tensor, critics: torch.Tensor) -> torch.Tensor:
            (gradient,) = torch.autograd.grad(outputs=critics.sum(), inputs=samples, create_graph=True)
            return gradient.square().sum([1, 2, 3])

        def AccumulateGeneratorGradients(self, noise: torch.Tensor, real: torch.Tensor, scale: float = 1) -> None:
            fake = self.Generator(noise)
            real = real.detach()
            fake_logits, real_logits = self.Discriminator(fake), self.Discriminator(real)
            loss = F.softplus(-(fake_logits - real_logits))
            (scale * loss.mean()).backward()

        def AccumulateDiscriminatorGradients(self, noise: torch.Tensor, real: torch.Tensor, gamma: float, scale: float = 1) -> None:  # fmt: skip
            real = real.detach().requires_grad_(True)
            fake = self.Generator(noise).detach().requires_grad_(True)
            real_logits, fake_logits = self.Discriminator(real), self.Discriminator(fake)
            r1 = self.ZeroCenteredGradientPenalty(real, real_logits)
            r2 = self.ZeroCenteredGradientPenalty(fake, fake_logits)
            loss = F.softplus(-(real_logits - fake_logits))
            discriminator_loss = loss[:, 0] + (gamma / 2) * (r1 + r2)
            (scale * discriminator_loss.mean()).backward()

    G = nn.Sequential(nn.Linear(16, 256), nn.LeakyReLU(0.2), nn.Unflatten(1, (16, 4, 4)), nn.Upsample(scale_factor=2), nn.Conv2d(16, 16, 3, 1, 1), nn.LeakyReLU(0.2), nn.Upsample(scale_factor=2), nn.Conv2d(16, 3, 3, 1, 1))  # fmt: skip
    D = nn.Sequential(nn.Conv2d(3, 16, 3, 2, 1), nn.LeakyReLU(0.2), nn.Conv2d(16, 16, 3, 2, 1), nn.LeakyReLU(0.2), nn.Flatten(), nn.Linear(256, 1))  # fmt: skip
    g_opt = torch.optim.Adam(G.parameters(), lr=2e-4, betas=(0.0, 0.9))
    d_opt = torch.optim.Adam(D.parameters(), lr=2e-4, betas=(0.0, 0.9))
    trainer, batches = AdversarialTraining(G, D), iter(loader(photos(1024)))
    start(G, D)
    for _ in range(steps):
        real = next(batches)[0]
        D.requires_grad_(True)
        G.requires_grad_(False)
        d_opt.zero_grad()
        trainer.AccumulateDiscriminatorGradients(torch.randn(B, 16), real, gamma=1.0)
        d_opt.step()
        D.requires_grad_(False)
        G.requires_grad_(True)
        g_opt.zero_grad()
        trainer.AccumulateGeneratorGradients(torch.randn(B, 16), real)
        g_opt.step()
    return [G, D]


def attention(start: Start, steps: int) -> list[nn.Module]:
    """SAGAN: self-attention with gamma at zero, spectral norm, hinge, two time scales, one batch for D and G."""

    class SelfAttn(nn.Module):
        def __init__(self, n: int) -> None:
            super().__init__()
            self.query, self.key, self.value = nn.Conv2d(n, n // 4, 1), nn.Conv2d(n, n // 4, 1), nn.Conv2d(n, n, 1)
            self.gamma = nn.Parameter(torch.zeros(1))

        def forward(self, x: torch.Tensor) -> Any:
            q, k, v = (f(x).flatten(2) for f in (self.query, self.key, self.value))
            attention_ = torch.softmax(torch.bmm(q.transpose(1, 2), k), -1)
            return self.gamma * torch.bmm(v, attention_.transpose(1, 2)).view(x.shape) + x

    sn = spectral_norm
    G = nn.Sequential(sn(nn.ConvTranspose2d(16, 16, 4)), nn.BatchNorm2d(16), nn.ReLU(), sn(nn.ConvTranspose2d(16, 16, 4, 2, 1)), nn.BatchNorm2d(16), nn.ReLU(), SelfAttn(16), nn.ConvTranspose2d(16, 3, 4, 2, 1), nn.Tanh())  # fmt: skip
    D = nn.Sequential(sn(nn.Conv2d(3, 16, 4, 2, 1)), nn.LeakyReLU(0.1), sn(nn.Conv2d(16, 16, 4, 2, 1)), nn.LeakyReLU(0.1), SelfAttn(16), nn.Conv2d(16, 1, 4), nn.Flatten(0))  # fmt: skip
    g_optimizer = torch.optim.Adam(filter(lambda p: p.requires_grad, G.parameters()), 1e-4, betas=(0.0, 0.9))
    d_optimizer = torch.optim.Adam(filter(lambda p: p.requires_grad, D.parameters()), 4e-4, betas=(0.0, 0.9))

    def reset_grad() -> None:
        d_optimizer.zero_grad()
        g_optimizer.zero_grad()

    fixed_z = torch.randn(B, 16, 1, 1)
    start(G, D)
    for step, (real_images,) in enumerate(loader(photos())):
        D.train()
        G.train()
        d_out_real = D(real_images)
        d_loss_real = torch.nn.ReLU()(1.0 - d_out_real).mean()
        z = torch.randn(real_images.size(0), 16, 1, 1)
        fake_images = G(z)
        d_out_fake = D(fake_images)
        d_loss_fake = torch.nn.ReLU()(1.0 + d_out_fake).mean()
        d_loss = d_loss_real + d_loss_fake
        reset_grad()
        d_loss.backward()
        d_optimizer.step()
        z = torch.randn(real_images.size(0), 16, 1, 1)
        fake_images = G(z)
        g_out_fake = D(fake_images)
        g_loss_fake = -g_out_fake.mean()
        reset_grad()
        g_loss_fake.backward()
        g_optimizer.step()
        if (step + 1) % 5 == 0:
            G(fixed_z).detach()
        if step + 1 == steps:
            break
    return [G, D]


LOOPS: Final = named(styles, phases, at_scale, modern_baseline, attention)
