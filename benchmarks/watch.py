# ruff: noqa: N806, TID251  names and habits of the scripts that are watched
"""What a watch costs, and what it finds: ``python -m benchmarks.watch``.

Cost: a loop runs in short blocks, watched and not, in turns; the ratio is the mean of the pairs' ratios of processor
time, with its 95 % interval. Beside it stands the time inside hooks per step, which no noise of the machine blurs. The
dense first steps are run before the clock starts. The bar: at most 1 % of a step or 0.1 ms, whichever is more.

Finding: all correct loops and all bugs of the tests over several seeds, in four parts: of the first set, which is
older than the rules, those they were tuned on and the third that was held out; of the second, written afterwards, both
halves. By now rules were mended after each of them: what they were at first contact stands in docs/watch.md. Then
rules that other tools use, on the traces of healthy loops.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812

from benchmarks.rows import Row, report
from gan_core.watching.schedule import DENSE
from gan_core.watching.session import Watch, watch
from tests.watching.bugs import BUGS, Bug
from tests.watching.loops import LOOPS, Loop, UpG, mlp
from tests.watching.more_bugs import MORE_BUGS
from tests.watching.more_loops import MORE
from tests.watching.running import run
from tests.watching.split import held_out, untouched
from tests.watching.third import THIRD
from tests.watching.third.bugs import THIRD_BUGS

BAR: Final = 0.01
BAR_MS: Final = 0.1


def _dcgan() -> tuple[nn.Module, nn.Module, Any, Any]:
    def up(a: int, b: int, stride: int, pad: int) -> list[nn.Module]:
        return [nn.ConvTranspose2d(a, b, 4, stride, pad, bias=False), nn.BatchNorm2d(b), nn.ReLU(True)]

    def down(a: int, b: int) -> list[nn.Module]:
        return [nn.Conv2d(a, b, 4, 2, 1, bias=False), nn.BatchNorm2d(b), nn.LeakyReLU(0.2, True)]

    G = nn.Sequential(
        *up(100, 256, 1, 0), *up(256, 128, 2, 1), *up(128, 64, 2, 1), *up(64, 32, 2, 1),
        nn.ConvTranspose2d(32, 3, 4, 2, 1, bias=False), nn.Tanh(),
    )  # fmt: skip
    D = nn.Sequential(
        nn.Conv2d(3, 32, 4, 2, 1, bias=False), nn.LeakyReLU(0.2, True), *down(32, 64), *down(64, 128), *down(128, 256),
        nn.Conv2d(256, 1, 4, 1, 0, bias=False), nn.Flatten(0),
    )  # fmt: skip
    return G, D, torch.Size((64, 100, 1, 1)), torch.rand(64, 3, 64, 64) * 2 - 1


def _tiny() -> tuple[nn.Module, nn.Module, Any, Any]:
    return mlp(2, 64, 64, 2), mlp(2, 64, 64, 1), torch.Size((256, 2)), torch.randn(256, 2)


def _article() -> tuple[nn.Module, nn.Module, Any, Any]:
    G = mlp(100, 256, 512, 1024, 784, end=nn.Tanh())
    return G, mlp(784, 1024, 512, 256, 1), torch.Size((64, 100)), torch.rand(64, 784) * 2 - 1


CASES: Final[Mapping[str, tuple[Callable[[], tuple[nn.Module, nn.Module, Any, Any]], int]]] = {
    "MLP 2-64-64, batch 256": (_tiny, 400),
    "the article's pair, batch 64": (_article, 40),
    "DCGAN 64×64, 32 features, batch 64": (_dcgan, 2),
}
"""How to make the players and how many steps a block has."""


def steps_of(make: Callable[[], tuple[nn.Module, nn.Module, Any, Any]]) -> tuple[nn.Module, nn.Module, Any]:
    """Build a usual loop as a function that makes one step."""
    G, D, shape, real = make()
    opt_g = torch.optim.Adam(G.parameters(), 2e-4, betas=(0.5, 0.999))
    opt_d = torch.optim.Adam(D.parameters(), 2e-4, betas=(0.5, 0.999))

    def step() -> None:
        fake = G(torch.randn(shape))
        opt_d.zero_grad()
        mixed = real + 0.01 * torch.randn_like(real)
        (F.softplus(-D(mixed)).mean() + F.softplus(D(fake.detach())).mean()).backward()
        opt_d.step()
        opt_g.zero_grad()
        F.softplus(-D(fake)).mean().backward()
        opt_g.step()

    return G, D, step


def cost(name: str, pairs: int) -> list[Row]:
    """Paired blocks of two equal loops, one of them watched."""
    make, n = CASES[name]
    _, _, plain = steps_of(make)
    G, D, watched = steps_of(make)
    w = Watch([G], [D], on="silent", out=None, clock=time.thread_time)
    for _ in range(DENSE + 2):
        plain()
        watched()
    dense = w.spent / DENSE
    inside, ratios, alone = 0.0, [], []
    for _ in range(pairs):
        times = []
        for step in (plain, watched):
            begun, before = time.thread_time(), w.spent
            for _ in range(n):
                step()
            times.append(time.thread_time() - begun)
        inside += w.spent - before  # in its own block: hooks on optimizers see those of the other loop as well
        ratios.append(times[1] / times[0])
        alone.append(times[0] / n)
    inside /= pairs * n
    w.close()
    mean, half = statistics.fmean(ratios), 1.96 * statistics.stdev(ratios) / len(ratios) ** 0.5
    own = statistics.median(alone)
    return [
        Row(name, "a step alone, ms", [1e3 * value for value in alone]),
        Row(name, "inside hooks, ms a step", [1e3 * inside], 4, "<=", max(BAR * 1e3 * own, BAR_MS)),
        Row(name, "inside hooks, % of a step", [100 * inside / own]),
        Row(name, "watched over alone", ratios, 3),
        Row(name, "lower and upper end of the mean ratio", [mean - half, mean + half], 3),
        Row(name, "a dense first step, inside hooks, ms", [1e3 * dense], 1),
    ]


def parts() -> Iterator[tuple[str, list[Loop], list[Bug]]]:
    """Loops and bugs by how blind the rules were to them when they were made."""
    first, second = held_out, untouched
    for loops, bugs, aside, names in (
        (LOOPS, BUGS, first, ("first set, tuned on", "first set, held out")),
        (MORE, MORE_BUGS, second, ("second set, one half", "second set, other half")),
    ):
        loops_out, bugs_out = aside(loops), aside(bug.name for bug in bugs)
        for name, out in zip(names, (False, True), strict=True):
            mine = [loop for key, loop in loops.items() if (key in loops_out) == out]
            yield name, mine, [bug for bug in bugs if (bug.name in bugs_out) == out]
    yield "third set", list(THIRD.values()), list(THIRD_BUGS)


def found(seeds: int, bug_seeds: int, only: str = "") -> list[Row]:
    """Count false alarms and named bugs, apart by how blind the rules were to them.

    Args:
        seeds: A correct loop.
        bug_seeds: A bug.
        only: Part of the name of the sets that are run.
    """
    rows: list[Row] = []
    for part, loops, bugs in parts():
        if only not in part:
            continue
        errors = warnings = 0
        for loop, seed in itertools.product(loops, range(seeds)):
            findings = run(loop, 10, seed).summary.findings
            severities = {finding.severity for finding in findings}
            for finding in findings:
                if finding.severity != "info":
                    print(f"alarm: {loop.__name__}, seed {seed}: {finding.rule} at {finding.step}", flush=True)
            errors += "error" in severities
            warnings += "warning" in severities
        named = 0
        for bug, seed in itertools.product(bugs, range(bug_seeds)):
            summary = run(bug.build(), bug.acts + 11, seed, bug.named).summary
            steps = [finding.step for finding in summary.findings if finding.rule in bug.named]
            right = bool(steps) and min(steps) <= bug.acts + 10
            named += right
            if not right:
                others = ", ".join(f"{finding.rule} at {finding.step}" for finding in summary.findings)
                print(f"missed: {bug.name}, seed {seed}; said: {others or 'nothing'}", flush=True)
        n_loops, n_bugs = len(loops) * seeds, len(bugs) * bug_seeds
        rows += [
            Row(part, f"errors in {n_loops} runs of {len(loops)} correct loops", [errors], 0, "<=", 0),
            Row(part, f"warnings in {n_loops} runs", [warnings], 0, "<=", 0),
            Row(
                part,
                f"bugs named within 10 steps, % of {n_bugs} in {len(bugs)} places",
                [100 * named / n_bugs],
                1,
                ">=",
                95,
            ),
        ]
    kinds = {bug.kind for bug in (*BUGS, *MORE_BUGS, *THIRD_BUGS)}
    rows.append(Row("all", "kinds of bug", [len(kinds)], 0, ">=", 35))
    return rows


def peers(steps: int = 1000) -> list[Row]:
    """Rules of general tools, recomputed on the losses of healthy loops."""
    rows: list[Row] = []
    for name, make in (("MLP on points", _tiny), ("DCGAN on blobs", None)):
        torch.manual_seed(0)
        losses, norms, alarms = _healthy(make, steps if make else steps // 2)
        smooth = [statistics.fmean(losses[k - 10 : k]) for k in range(10, len(losses), 10)]
        stuck = sum(b > 0.999 * a for a, b in itertools.pairwise(smooth)) / (len(smooth) - 1)
        fifties = [statistics.fmean(losses[k : k + 50]) for k in range(0, len(losses) - 49, 50)]
        flat = next((50 * k for k in range(1, len(fifties)) if fifties[k] > 0.99 * fifties[k - 1]), -1)
        spikes = sum(norms[k] > 3 * statistics.median(norms[k - 50 : k]) for k in range(50, len(norms)))
        rows += [
            Row(name, "loss not decreasing, % of looks", [100 * stuck], 0),
            Row(name, "plateau of G's loss first said at step", [flat], 0),
            Row(name, "gradient spikes of G", [spikes], 0),
            Row(name, "alarms of the watch", [alarms], 0, "<=", 0),
        ]
    return rows


def _healthy(make: Any, steps: int) -> tuple[list[float], list[float], int]:
    if make is None:
        G, D = UpG(), nn.Sequential(nn.Conv2d(1, 16, 4, 2, 1), nn.LeakyReLU(0.2), nn.Flatten(), nn.Linear(256, 1))
        shape = torch.Size((32, 8, 1, 1))
    else:
        G, D, shape, _ = make()
    from tests.watching.loops import images, points

    opt_g, opt_d = torch.optim.Adam(G.parameters(), 2e-4), torch.optim.Adam(D.parameters(), 2e-4)
    losses, norms = [], []
    with watch(G, D, on="silent") as w:
        for _ in range(steps):
            real = images(32) if make is None else points(256)[:, :2]
            fake = G(torch.randn(shape))
            opt_d.zero_grad()
            (F.softplus(-D(real)).mean() + F.softplus(D(fake.detach())).mean()).backward()
            opt_d.step()
            opt_g.zero_grad()
            loss = F.softplus(-D(fake)).mean()
            loss.backward()
            norms.append(float(torch.stack([p.grad.norm() for p in G.parameters() if p.grad is not None]).norm()))
            opt_g.step()
            losses.append(float(loss.detach()))
    return losses, norms, sum(finding.severity != "info" for finding in w.findings)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.watch", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--pairs", type=int, default=8, help="pairs of blocks a loop")
    parser.add_argument("--seeds", type=int, default=8, help="seeds a correct loop")
    parser.add_argument("--bug-seeds", type=int, default=3, help="seeds a bug")
    parser.add_argument("--loop", default="", help="part of a loop's name, for the cost of that loop alone")
    parser.add_argument("--part", default="", help="part of the name of the sets to run, as third")
    parser.add_argument("--only", choices=("cost", "found", "peers"), help="one table")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows there as well")
    given = parser.parse_args()
    torch.set_num_threads(1)
    rows: list[Row] = []
    if given.only in (None, "cost"):
        rows += [row for name in CASES if given.loop in name for row in cost(name, given.pairs)]
    if given.only in (None, "found"):
        rows += found(given.seeds, given.bug_seeds, given.part)
    if given.only in (None, "peers"):
        rows += peers()
    report("watch", rows, ["processor time of the thread, blocks in turns; the dense start is not in it"], given.json)


if __name__ == "__main__":
    main()
