# ruff: noqa: N806, TID251  names and habits of the scripts that are watched
"""What a watch says of the course of loops that no limit was chosen on: ``python -m benchmarks.course``.

Plain loops in PyTorch, on data sets other than those on which the rules were made (digits, ring-8), in three settings:
one that usually learns, one with rates far too high, and one whose G is many times faster than D. How a run ended is
judged apart from the watch, by 2,000 new samples of G and 2,000 real ones in full resolution: `alike` if the mean
distance between two samples is below a fifth of that between two real ones, `part` if it lies near less than 40 % of
what other real samples lie near, `off` if less than 5 % of the samples lie near a real one, else `fine`.
"""

from __future__ import annotations

import argparse
import itertools
import time
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from gan_core.data import load
from gan_core.watching.course import Reference
from gan_core.watching.session import Watch, watch

DATA: Final = ("moons", "swiss-roll", "grid-25", "blobs-3", "photographs")
SETTINGS: Final = {
    "usual": {"lr_g": 1e-3, "lr_d": 1e-3, "beta": 0.5, "r1": 0.1},
    "rates too high": {"lr_g": 2e-2, "lr_d": 2e-2, "beta": 0.9, "r1": 0.0},
    "G too fast": {"lr_g": 5e-3, "lr_d": 1e-5, "beta": 0.9, "r1": 0.0},
}
BATCH: Final = 64
Z: Final = 16
N: Final = 2_000


def _mlp(*sizes: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for a, b in itertools.pairwise(sizes):
        layers += [nn.Linear(a, b), nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers[:-1])


def play(data: Tensor, steps: int, seed: int, lr_g: float, lr_d: float, beta: float, r1: float) -> tuple[Watch, Tensor]:
    """Train a watched loop; returns the watch and 2,000 samples of its end."""
    torch.manual_seed(seed)
    G, D = _mlp(Z, 128, 128, data.shape[1]), _mlp(data.shape[1], 128, 128, 1)
    opt_g = torch.optim.Adam(G.parameters(), lr_g, betas=(beta, 0.99))
    opt_d = torch.optim.Adam(D.parameters(), lr_d, betas=(beta, 0.99))
    watching = watch(G, D, on="silent")
    for _ in range(steps):
        real, fake = data[torch.randint(len(data), (BATCH,))], G(torch.randn(BATCH, Z))
        opt_d.zero_grad()
        real.requires_grad_(r1 > 0)
        answers = D(real)
        loss = F.softplus(-answers).mean() + F.softplus(D(fake.detach())).mean()
        if r1:
            (gradient,) = torch.autograd.grad(answers.sum(), real, create_graph=True)
            loss = loss + r1 / 2 * gradient.square().sum(1).mean()
        loss.backward()
        opt_d.step()
        opt_g.zero_grad()
        F.softplus(-D(fake)).mean().backward()
        opt_g.step()
    watching.close()
    with torch.no_grad():
        return watching, G(torch.randn(N, Z))


def ended(fake: NDArray[np.float32], real: NDArray[np.float32]) -> str:
    """Judge how a run ended, by samples that the watch did not see."""
    if not np.isfinite(fake).all():
        return "not finite"
    look = Reference(real[: 2 * N], most=2 * N).compare(0, fake)
    if look.spread < 0.2:
        return "alike"
    if look.precision < 0.05:
        return "off"
    return "part" if look.coverage < 0.4 * look.real_coverage else "fine"


def main() -> None:
    """Print a line a run, then the counts."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.course", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--steps", type=int, default=1_500, help="steps of G a run")
    parser.add_argument("--seeds", type=int, nargs="+", default=[10, 11], help="seeds of each data set and setting")
    parser.add_argument("--data", nargs="+", default=list(DATA), choices=DATA, help="data sets")
    given = parser.parse_args()
    torch.set_num_threads(1)
    said: list[tuple[str, set[str]]] = []
    for name in given.data:
        data = load(name).sample(2 * N, torch.Generator().manual_seed(0)).flatten(1)
        for setting, values in SETTINGS.items():
            for seed in given.seeds:
                begun = time.perf_counter()
                watching, fake = play(data, given.steps, seed, **values)
                end = ended(fake.numpy(), data.numpy())
                said.append((end, {found.rule for found in watching.findings}))
                words = ", ".join(f"{found.rule} (step {found.step})" for found in watching.findings) or "nothing"
                print(f"{name}, {setting}, seed {seed}: ended {end}; said {words}; {time.perf_counter() - begun:.0f} s")
    for end in ("fine", "part", "off", "alike", "not finite"):
        runs = [rules for found, rules in said if found == end]
        rules = sorted(set().union(*runs))
        print(f"{end}: {len(runs)} runs; " + (", ".join(f"{r} in {sum(r in x for x in runs)}" for r in rules) or "-"))


if __name__ == "__main__":
    main()
