"""Cost of a training step: ``python -m benchmarks.step``.

`Trainer.step` against the loop that one would write in plain PyTorch: G's update through D, then D's update with one
pass over real and one over generated samples, default Adam; with the same networks, rates and batch, on data that
lie in memory. Averaging of G is off. `Trainer.step` gives its numbers (losses, logits, accuracies, gradient norms)
and keeps a history; the plain loop reports nothing. It also needs one pass through G less, because it shows D the
samples of G's update, where the trainer makes fresh ones.

Each repeat goes plain, trainer, plain. Where the two plain halves differ by more than a tenth the machine was busy
with something else; then what counts is the ratio without the time that the thread waited for a core.

The last part asks whether a step, or a look at the run, costs more late than early. So as not to wait, the late run
is the early one with the history of 100,000 steps.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import Generator, nn

from benchmarks.bare import Rate, thread_clock
from benchmarks.rows import Row, parser, report
from gan_core.config import RunConfig
from gan_core.config.presets import preset
from gan_core.data import Images
from gan_core.game.networks import Dropout
from gan_core.record.frame import encode
from gan_core.record.history import History
from gan_core.training import Trainer

BUSY: Final = 0.1
"""Plain halves that differ by more than this share of the larger say that the machine was busy."""
N_POINTS: Final = 50_000
"""Samples that the plain loop has in memory in the plane; the trainer draws fresh ones."""
EARLY: Final = 1_000
LATE: Final = 100_000
N_LOOKS: Final = 20
_PLAIN: Final = {"objective": "non_saturating", "regularisers": [], "ema": 0.0}

Step = Callable[[], object]


@dataclass(frozen=True)
class Case:
    """One pair of networks on one data set.

    Attributes:
        name: In the table.
        config: What is trained.
        bar: At least this many times as fast as the plain loop.
    """

    name: str
    config: RunConfig
    bar: float


def cases() -> dict[str, Case]:
    """Return the cases by the names that ``--cases`` takes."""
    return {
        "a": Case("(a) plane, 2x128, batch 256", preset("ring-8").changed(_PLAIN), 1.1),
        "b": Case("(b) digits MLP, batch 64", preset("digits").changed(_PLAIN), 1.1),
        "c": Case("(c) the article's pair, batch 64", preset("article-mnist").changed(_PLAIN), 1.35),
        "d": Case("(d) preset mnist-dcgan", preset("mnist-dcgan").changed(_PLAIN), 1.1),
    }


# -- the plain loop ----------------------------------------------------------------------------------------------


def plain_loop(trainer: Trainer) -> Step:
    """Build the usual loop with a trainer's networks and config; each call of the result does one iteration."""
    config, data = trainer.config, trainer.data
    samples = data.train if isinstance(data, Images) else data.sample(N_POINTS, Generator().manual_seed(0))
    if not any(isinstance(layer, nn.Conv2d) for layer in trainer.discriminator.modules()):
        samples = samples.flatten(1)
    generator, discriminator = plain_network(trainer.generator), plain_network(trainer.discriminator)
    opt_g = torch.optim.Adam(generator.parameters(), lr=config.lr_g, betas=config.betas_g)
    opt_d = torch.optim.Adam(discriminator.parameters(), lr=config.lr_d, betas=config.betas_d)
    cross_entropy = nn.BCEWithLogitsLoss()
    n = config.batch_size
    is_real, is_fake = torch.ones(n, 1), torch.zeros(n, 1)

    def iteration() -> None:
        real = samples[torch.randint(len(samples), (n,))]

        opt_g.zero_grad()
        fake = generator(torch.randn(n, config.latent_dim))
        g_loss = cross_entropy(discriminator(fake), is_real)
        g_loss.backward()
        opt_g.step()

        opt_d.zero_grad()
        real_loss = cross_entropy(discriminator(real), is_real)
        fake_loss = cross_entropy(discriminator(fake.detach()), is_fake)
        d_loss = real_loss + fake_loss
        d_loss.backward()
        opt_d.step()

    return iteration


def plain_network(network: nn.Module) -> nn.Sequential:
    """Rebuild a network from PyTorch's own layers with the same weights; samples are flat without convolution."""
    (layers,) = network.children()
    copy = nn.Sequential(*(_stock(layer) for layer in layers.children()))
    copy.load_state_dict(layers.state_dict())
    if isinstance(copy[-1], nn.Conv2d):  # to logits [n, 1]
        copy.append(nn.Flatten())
    return copy


def _stock(layer: nn.Module) -> nn.Module:
    match layer:
        case nn.Linear():
            return nn.Linear(layer.in_features, layer.out_features, layer.bias is not None)
        case nn.ConvTranspose2d():
            return nn.ConvTranspose2d(*_window(layer), bias=layer.bias is not None)
        case nn.Conv2d():
            return nn.Conv2d(*_window(layer), bias=layer.bias is not None)
        case nn.BatchNorm2d():
            return nn.BatchNorm2d(layer.num_features)
        case nn.Unflatten():
            return nn.Unflatten(layer.dim, layer.unflattened_size)
        case nn.LeakyReLU():
            return nn.LeakyReLU(layer.negative_slope)
        case Dropout():
            return nn.Dropout(layer.p)
        case nn.ReLU() | nn.Tanh():
            return type(layer)()
    raise TypeError(f"no case has a {type(layer).__name__} yet")


def _window(layer: nn.Conv2d | nn.ConvTranspose2d) -> tuple[int, int, int, int, int]:
    """Channels in and out, kernel, stride and padding of a square convolution."""
    return layer.in_channels, layer.out_channels, layer.kernel_size[0], layer.stride[0], int(layer.padding[0])


# -- measuring ---------------------------------------------------------------------------------------------------


def rate(step: Step, seconds: float) -> Rate:
    """Measure how fast it goes when it is called for so long."""
    before, n, began = thread_clock(), 0, time.perf_counter()
    end = began + seconds
    while time.perf_counter() < end:
        step()
        n += 1
    elapsed, after = time.perf_counter() - began, thread_clock()
    waited = (after - before).waiting if before is not None and after is not None else 0.0
    return Rate(n / elapsed, n / max(1e-3, elapsed - waited))


@dataclass
class Found:
    """Results of the repeats, a value each: microseconds a step, and how many times as fast ours is."""

    theirs: list[float] = field(default_factory=list)
    ours: list[float] = field(default_factory=list)
    ratio: list[float] = field(default_factory=list)
    undisturbed: list[float] = field(default_factory=list)
    counts: list[float] = field(default_factory=list)
    n_busy: int = 0

    def repeat(self, theirs: Step, ours: Step, seconds: float) -> None:
        """One repeat: theirs, ours, theirs."""
        before, our, after = rate(theirs, seconds), rate(ours, seconds), rate(theirs, seconds)
        halves = before.steps_per_second, after.steps_per_second
        busy = max(halves) - min(halves) > BUSY * max(halves)
        ratio = our.steps_per_second / statistics.mean(halves)
        undisturbed = our.undisturbed / statistics.mean((before.undisturbed, after.undisturbed))
        self.n_busy += busy
        self.theirs.append(1e6 / statistics.mean(halves))
        self.ours.append(1e6 / our.steps_per_second)
        self.ratio.append(ratio)
        self.undisturbed.append(undisturbed)
        self.counts.append(undisturbed if busy else ratio)


def compare(theirs: Step, ours: Step, repeats: int, seconds: float) -> Found:
    """All repeats, after some steps that do not count."""
    found = Found()
    for step in (theirs, ours):
        rate(step, min(0.5, seconds))
    for _ in range(repeats):
        found.repeat(theirs, ours, seconds)
    return found


def rows_of_case(case: Case, repeats: int, seconds: float) -> Iterator[Row]:
    """Plain loop against trainer."""
    trainer = Trainer(case.config)
    found = compare(plain_loop(trainer), trainer.step, repeats, seconds)
    counted = f"what counts ({found.n_busy} of {repeats} repeats busy)"
    yield Row(case.name, "plain loop, µs a step", found.theirs, 0)
    yield Row(case.name, "Trainer.step(), µs a step", found.ours, 0)
    yield Row(case.name, "times as fast", found.ratio, 3)
    yield Row(case.name, "times as fast, without waiting for a core", found.undisturbed, 3)
    yield Row(case.name, counted, found.counts, 3, ">=", case.bar)


# -- early and late ----------------------------------------------------------------------------------------------


def grown(trainer: Trainer, step: int) -> Trainer:
    """Make a run look as if it were at a later step, by repeating its last numbers in the history."""
    state, history = trainer.state_dict(), History()
    assert trainer.stats is not None
    for i in range(1, step + 1):
        history.add(replace(trainer.stats, step=i))
    late = Trainer(trainer.initial_config)
    late.load_state_dict({**state, "history": history.state_dict(), "counters": {**state["counters"], "step": step}})
    return late


def rows_of_age(repeats: int, seconds: float) -> Iterator[Row]:
    """Measure whether a run becomes slower with its length."""
    early = Trainer(preset("ring-8"))
    while early.step_count < EARLY:
        early.step()
    late = grown(early, LATE)
    name = f"preset ring-8, step {LATE:,} against {EARLY:,}"
    looks = {trainer: [_look(trainer) for _ in range(N_LOOKS)] for trainer in (early, late)}
    found = compare(early.step, late.step, repeats, seconds)
    yield Row(name, "step time early, µs", found.theirs, 0)
    yield Row(name, "step time late, µs", found.ours, 0)
    yield Row(name, "late over early, what counts", [1 / ratio for ratio in found.counts], 3, "<=", 1.05)
    for trainer, when in ((early, "early"), (late, "late")):
        times, sizes = zip(*looks[trainer], strict=True)
        yield Row(name, f"snapshot and frame {when}, ms", times, 2)
        yield Row(name, f"frame {when}, kB", sizes, 1)


def _look(trainer: Trainer) -> tuple[float, float]:
    """Milliseconds to make a snapshot and its frame, and the frame's kilobytes."""
    began = time.perf_counter()
    snapshot = trainer.snapshot()
    frame = encode(snapshot.header, snapshot.arrays)
    return 1e3 * (time.perf_counter() - began), len(frame) / 1e3


def write_images(folder: Path) -> None:
    """Write noise in MNIST's format: a step's time does not depend on the pictures."""
    raw = folder / "MNIST" / "raw"
    raw.mkdir(parents=True)
    images = np.random.default_rng(0).integers(0, 256, (10_000, 28, 28), dtype=np.uint8)
    header = np.array([2051, *images.shape], ">u4")
    (raw / "train-images-idx3-ubyte").write_bytes(header.tobytes() + images.tobytes())


def main() -> None:
    """Measure and print."""
    options = parser(__doc__)
    options.add_argument("--seconds", type=float, default=2, help="length of each part of a repeat")
    options.add_argument("--cases", nargs="*", choices=list(cases()), default=list(cases()), help="which to measure")
    given = options.parse_args()
    torch.set_num_threads(1)
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        write_images(Path(folder))
        os.environ["GAN_EXPLORER_DATA"] = folder
        for name in given.cases:
            rows += rows_of_case(cases()[name], given.repeats, given.seconds)
        rows += rows_of_age(given.repeats, given.seconds)
    notes = ["one thread; (c) and (d) train on images of noise", f"the late run has a history of {LATE:,} steps"]
    report("step", rows, notes, given.json)


if __name__ == "__main__":
    main()
