"""The view: what a snapshot shows of a GAN, computed from its networks with fixed noise and no randomness.

`Fixed` holds what is looked at throughout a run: the same z, the same real samples, the same grid; so that an eye
can follow one sample through time. `observe` runs the networks in eval mode and gives arrays and words. It changes
neither weights nor buffers nor any random stream.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor, nn

from gan_core.config import RunConfig
from gan_core.data import CONDITIONS, Images, Points, Signals, degrade
from gan_core.data.images import network_units
from gan_core.game.methods import pack
from gan_core.game.objectives import Objective
from gan_core.game.sampling import even_labels, sample_data, sample_prior
from gan_core.record.frame import Meaning, Seen

N_POINTS: Final = 256
N_IMAGES: Final = 36
LARGE: Final = 1024
N_LARGE: Final = 6
"""Of images of more numbers so few are shown beside their conditions: a frame is to stay small."""
HEAT_CELLS: Final = 40
HEAT_PACKS: Final = 4
"""Number of real partners that stand beside a place of the heat map in turn, where D judges packs."""
MANIFOLD_CELLS: Final = 20
WALK_LENGTH: Final = 12
HISTOGRAM_BINS: Final = 40

Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class Fixed:
    """Fixed probes of a run, looked at in every snapshot.

    Attributes:
        z: Noise of the shown samples, ``[n, latent_dim]``.
        real: Shown real samples, ``[n, *shape]``, in network units.
        grid: Plane: centres of the heat map's cells, ``[cells², 2]``, network units, bottom row first.
        grid_z: Plane: a regular grid of noise, ``[k, latent_dim]``.
        grid_kind: "line" (1-D noise), "plane" (2-D) or "slice" (first two of more).
        walk_z: Images: noise from the first shown z to the second, ``[WALK_LENGTH, latent_dim]``.
        labels: Classes of the shown samples, ``[n]``, in order; None unless conditional.
        real_labels: Those of the shown real samples, likewise.
        condition: What is left of the shown real samples, and told to both players; None unless conditioned.
        shown_as: What a picture of the conditions is called, or "".
    """

    z: Tensor
    real: Tensor
    grid: Tensor | None
    grid_z: Tensor | None
    grid_kind: str
    walk_z: Tensor | None
    labels: Tensor | None = None
    real_labels: Tensor | None = None
    condition: Tensor | None = None
    shown_as: str = ""

    def to(self, device: torch.device) -> Fixed:
        """Copy to another device."""
        tensors = {name: value for name, value in vars(self).items() if isinstance(value, Tensor)}
        moved: dict[str, Any] = {name: value.to(device) for name, value in tensors.items()}
        return replace(self, **moved)


def fix(config: RunConfig, data: Points | Images | Signals, rng: Generator) -> Fixed:
    """Choose what is looked at.

    Args:
        config: The run's config.
        data: Its data.
        rng: The stream "shown"; nothing else draws from it.
    """
    if config.conditioned and isinstance(data, Images):
        return _fix_conditioned(config, data, rng)
    n = N_POINTS if isinstance(data, Points) else data.n_shown if isinstance(data, Signals) else N_IMAGES
    z = sample_prior(n, config, rng)
    real, *real_labels = sample_data(n, config, data, rng)
    if not isinstance(data, Points):
        walk_z = slerp(z[0], z[1], WALK_LENGTH)
        if not real_labels:
            return Fixed(z, real, None, None, "", walk_z)
        in_order = real_labels[0].argsort(stable=True)
        labels = (*even_labels(n, config), real_labels[0][in_order])
        return Fixed(z, real[in_order], None, None, "", walk_z, labels=labels[0], real_labels=labels[1])
    x0, x1, y0, y1 = data.frame
    xs = x0 + (torch.arange(HEAT_CELLS) + 0.5) * (x1 - x0) / HEAT_CELLS
    ys = y0 + (torch.arange(HEAT_CELLS) + 0.5) * (y1 - y0) / HEAT_CELLS
    cells = torch.stack((xs.repeat(HEAT_CELLS), ys.repeat_interleave(HEAT_CELLS)), 1)
    # Quantiles, so that equal areas of the mesh hold equal probability.
    even = (torch.arange(MANIFOLD_CELLS + 1) + 0.5) / (MANIFOLD_CELLS + 1)
    normal = config.prior == "normal"
    ticks = math.sqrt(2) * torch.erfinv(2 * even - 1) if normal else (even - 0.5) * 2 * math.sqrt(3)
    if config.latent_dim == 1:
        grid_z, kind = ticks[:, None], "line"
    else:
        grid_z = torch.zeros(len(ticks) ** 2, config.latent_dim)
        grid_z[:, 0] = ticks.repeat(len(ticks))
        grid_z[:, 1] = ticks.repeat_interleave(len(ticks))
        kind = "plane" if config.latent_dim == 2 else "slice"
    return Fixed(z, real, data.to_network(cells), grid_z, kind, None)


def _fix_conditioned(config: RunConfig, data: Images, rng: Generator) -> Fixed:
    """Choose images that no GAN sees, where some are held out, and degrade them."""
    n, n_walk = (N_IMAGES, WALK_LENGTH) if math.prod(data.shape) <= LARGE else (N_LARGE, N_LARGE)
    z = sample_prior(n, config, rng)
    if data.held_out is None:
        real = data.sample(n, rng)
    else:
        real = network_units(data.held_out[torch.randint(len(data.held_out), (n,), generator=rng)])
    condition = degrade(real, config.data, rng)
    walk_z = slerp(z[0], z[1], n_walk)
    shown_as = CONDITIONS[config.data.condition].shown
    return Fixed(z, real, None, None, "", walk_z, condition=condition, shown_as=shown_as)


def slerp(start: Tensor, end: Tensor, n: int) -> Tensor:
    """``n`` points from ``start`` to ``end`` along the arc between them; ends exact (arXiv:1609.04468).

    The direction turns by equal angles, the norm goes evenly from one end's to the other's. (The paper turns the
    vectors themselves, whose norm shoots up between ends that are of different length and nearly opposite.) Between
    opposite ends the arc is not unique: it then turns through the coordinate axis that is most nearly at right
    angles to both, the same one if the ends are exchanged.

    Args:
        start: First z, ``[latent_dim]``.
        end: Last z, ``[latent_dim]``.
        n: Points, at least 2.
    """
    t = torch.linspace(0, 1, n, dtype=torch.float64)[:, None]
    a, b = start.double(), end.double()
    size = (1 - t) * a.norm() + t * b.norm()
    u, v = (x / x.norm().clamp_min(1e-12) for x in (a, b))
    cosine = torch.dot(u, v)
    angle = torch.acos(cosine.clamp(-1, 1))
    if min(a.norm(), b.norm()) < 1e-9 or len(a) == 1 or (cosine > 0 and angle.sin() < 1e-4):
        path = torch.lerp(a, b, t)
    elif angle.sin() >= 1e-4:
        path = size * (torch.sin((1 - t) * angle) * u + torch.sin(t * angle) * v) / torch.sin(angle)
    else:
        aside = torch.zeros_like(u)
        aside[u.abs().argmin()] = 1
        aside -= (aside @ u) * u
        path = size * (torch.cos(torch.pi * t) * u + torch.sin(torch.pi * t) * aside / aside.norm())
    path = path.to(start.dtype)
    path[0], path[-1] = start, end
    return path


@contextmanager
def _eval_mode(*networks: nn.Module) -> Iterator[None]:
    training = [network.training for network in networks]
    for network in networks:
        network.eval()
    try:
        yield
    finally:
        for network, was in zip(networks, training, strict=True):
            network.train(was)


def observe(
    generator: nn.Module,
    discriminator: nn.Module,
    fixed: Fixed,
    data: Points | Images | Signals,
    objective: Objective,
    *,
    packing: int = 1,
) -> tuple[Seen, Arrays]:
    """Look at two networks.

    A D that judges packs is shown each sample beside those that follow it, and each place of the heat map beside
    real samples, so that its answer for a pack stands for its first member.

    Args:
        generator: The generator to show (raw or averaged).
        discriminator: The discriminator.
        fixed: What to look at, on the networks' device.
        data: The run's data.
        objective: The run's objective, for the meaning of a logit.
        packing: How many samples D judges at once.

    Returns:
        Header entries and arrays of a snapshot.
    """
    meaning: Meaning = objective.meaning
    with _eval_mode(generator, discriminator):
        if isinstance(data, Points):
            header, arrays = _observe_plane(generator, discriminator, fixed, data, packing, meaning)
        elif isinstance(data, Signals):
            header, arrays = _observe_signals(generator, discriminator, fixed, data, packing, meaning)
        else:
            header, arrays = _observe_images(generator, discriminator, fixed, data, packing, meaning)
    arrays |= score_histograms(arrays["real_logits"], arrays["fake_logits"], objective.probability)
    return header, arrays


def observe_raw(generator: nn.Module, fixed: Fixed, data: Points | Images | Signals) -> Arrays:
    """Generate from the same noise with a second generator: the raw one beside the averaged one.

    Args:
        generator: The raw generator.
        fixed: What to look at, on its device.
        data: The run's data.

    Returns:
        ``raw`` (points ``[n, 2]``), ``raw_images`` (uint8), or ``raw_sound`` or ``raw_text``.
    """
    labels = tuple(told for told in (fixed.labels, fixed.condition) if told is not None)
    with _eval_mode(generator), torch.no_grad():
        made = generator(fixed.z, *labels)
    if isinstance(data, Points):
        return {"raw": _numpy(data.to_data(made))}
    return {f"raw_{data.kind}": data.shown(made) if isinstance(data, Signals) else data.to_uint8(made)}


def places(generator: nn.Module, fixed: Fixed, data: Points) -> NDArray[np.float64]:
    """Generate the shown samples of the plane, and nothing else.

    Args:
        generator: The shown generator.
        fixed: What to look at, on its device.
        data: The run's data.

    Returns:
        Points in data units, ``[n, 2]``.
    """
    with _eval_mode(generator), torch.no_grad():
        points: NDArray[np.float64] = data.to_data(generator(fixed.z)).double().cpu().numpy()
    return points


def _observe_plane(
    generator: nn.Module, discriminator: nn.Module, fixed: Fixed, data: Points, packing: int, meaning: Meaning
) -> tuple[Seen, Arrays]:
    assert fixed.grid is not None
    assert fixed.grid_z is not None
    n = len(fixed.z)
    with torch.no_grad():
        made = generator(torch.cat((fixed.z, fixed.grid_z)))
        if packing == 1:
            logits = discriminator(torch.cat((fixed.real, fixed.grid)))
            heat = logits[n:]
        else:
            logits = discriminator(beside_the_next(fixed.real, packing))
            heat = discriminator(beside_real(fixed.grid, fixed.real, packing)).view(HEAT_PACKS, -1).mean(0)
    fake = made[:n].requires_grad_(True)
    with torch.enable_grad():
        fake_logits = discriminator(beside_the_next(fake, packing))
        (arrows,) = torch.autograd.grad(fake_logits.sum(), fake)
    manifold = _numpy(data.to_data(made[n:].detach()))
    side = MANIFOLD_CELLS + 1
    header: Seen = {
        "kind": "plane",
        "heat_scale": step_125(float(heat.abs().max())),
        "meaning": meaning,
        "frame": list(data.frame),
        "manifold": fixed.grid_kind,
    }
    return header, {
        "real": _numpy(data.to_data(fixed.real)),
        "fake": _numpy(data.to_data(fake.detach())),
        "arrows": _numpy(arrows) / np.float32(data.scale),
        "heat": _numpy(heat).reshape(HEAT_CELLS, HEAT_CELLS),
        "manifold": manifold if fixed.grid_kind == "line" else manifold.reshape(side, side, 2),
        "real_logits": _numpy(logits[:n]),
        "fake_logits": _numpy(fake_logits.detach()),
    }


def _observe_images(
    generator: nn.Module, discriminator: nn.Module, fixed: Fixed, data: Images, packing: int, meaning: Meaning
) -> tuple[Seen, Arrays]:
    assert fixed.walk_z is not None
    n = len(fixed.z)
    header: Seen = {"kind": "images", "heat_scale": 1.0, "meaning": meaning}
    made_labels: tuple[Tensor, ...] = ()
    judged_labels: tuple[Tensor, ...] = ()
    if fixed.labels is not None and fixed.real_labels is not None:
        made_labels = (torch.cat((fixed.labels, fixed.labels[0].expand(WALK_LENGTH))),)  # the walk keeps one class
        judged_labels = (torch.cat((fixed.real_labels, fixed.labels)),)
        header |= {
            "classes": list(data.classes),
            "labels": fixed.labels.tolist(),
            "real_labels": fixed.real_labels.tolist(),
        }
    condition = fixed.condition
    if condition is not None:
        same = condition[:1].expand(len(fixed.walk_z), *condition.shape[1:])  # the walk keeps one condition
        made_labels = (torch.cat((condition, same)),)
        judged_labels = (torch.cat((condition, condition)),)
        header |= {"condition": fixed.shown_as}
    with torch.no_grad():
        made = generator(torch.cat((fixed.z, fixed.walk_z)), *made_labels)
        shown = beside_the_next(fixed.real, packing), beside_the_next(made[:n], packing)
        logits = discriminator(torch.cat(shown), *judged_labels)
    arrays: Arrays = {}
    if condition is not None:
        arrays["condition_images"] = data.to_uint8(condition[:, : data.shape[0]])
    return header, arrays | {
        "fake_images": data.to_uint8(made[:n]),
        "real_images": data.to_uint8(fixed.real),
        "walk": data.to_uint8(made[n:]),
        "real_logits": _numpy(logits[:n]),
        "fake_logits": _numpy(logits[n:]),
    }


def _observe_signals(
    generator: nn.Module, discriminator: nn.Module, fixed: Fixed, data: Signals, packing: int, meaning: Meaning
) -> tuple[Seen, Arrays]:
    assert fixed.walk_z is not None
    n, kind = len(fixed.z), data.kind
    with torch.no_grad():
        made = generator(torch.cat((fixed.z, fixed.walk_z)))
        shown = beside_the_next(fixed.real, packing), beside_the_next(made[:n], packing)
        logits = discriminator(torch.cat(shown))
    header: dict[str, Any] = {"kind": kind, "heat_scale": 1.0, "meaning": meaning, **data.told()}
    return cast("Seen", header), {
        f"fake_{kind}": data.shown(made[:n]),
        f"real_{kind}": data.shown(fixed.real),
        f"walk_{kind}": data.shown(made[n:]),
        **data.more(made[:n]),
        "real_logits": _numpy(logits[:n]),
        "fake_logits": _numpy(logits[n:]),
    }


def beside_the_next(x: Tensor, packing: int) -> Tensor:
    """Build D's input for each sample of ``x``: itself, or a pack of it and the samples that follow, in a circle.

    Args:
        x: ``[n, c, ...]``; a gradient passes through a pack's first sample alone.
        packing: Samples in a pack.

    Returns:
        ``[n, packing · c, ...]``.
    """
    return x if packing == 1 else torch.cat((x, *(x.detach().roll(-i, 0) for i in range(1, packing))), 1)


def beside_real(x: Tensor, real: Tensor, packing: int) -> Tensor:
    """Packs of each sample of ``x`` beside real ones, `HEAT_PACKS` times, ``[HEAT_PACKS · n, packing · c, ...]``.

    Args:
        x: ``[n, c, ...]``.
        real: At least ``HEAT_PACKS · (packing - 1)`` real samples, ``[m, c, ...]``.
        packing: Samples in a pack, at least 2.
    """
    partners = real[: HEAT_PACKS * (packing - 1)].view(HEAT_PACKS, 1, packing - 1, *x.shape[1:])
    first = x[:, None].expand(HEAT_PACKS, *x[:, None].shape)
    packs = torch.cat((first, partners.expand(-1, len(x), *partners.shape[2:])), 2)
    return pack(packs.flatten(0, 2), packing)


def _numpy(x: Tensor) -> NDArray[np.float32]:
    return np.ascontiguousarray(x.cpu().numpy(), dtype=np.float32)


def step_125(value: float) -> float:
    """Round up to the next of ... 0.1, 0.2, 0.5, 1, 2, 5, ..., so that scales change in steps."""
    if not 1e-6 < value < 1e12:  # also NaN
        return 1e-6 if value <= 1e-6 else 1e12
    power = 10.0 ** math.floor(math.log10(value))
    return next((m * power for m in (1, 2, 5) if value <= m * power * (1 + 1e-9)), 10 * power)


def score_histograms(real_logits: NDArray[np.float32], fake_logits: NDArray[np.float32], probability: bool) -> Arrays:
    """D's answers on real and fake as shares of `HISTOGRAM_BINS` bins.

    Args:
        real_logits: ``[n]``.
        fake_logits: ``[n]``.
        probability: True to bin sigmoid(logit), around ½ and as close as the values allow (half widths 0.02,
            0.05, 0.1, 0.2, 0.5); False to bin the logits, over a range that changes in steps of 1-2-5.

    Returns:
        ``hist_edges`` ``[bins + 1]``, ``hist_real`` and ``hist_fake`` ``[bins]``; values beyond the ends count
        in the outer bins, values that are not finite nowhere.
    """
    real, fake = (np.asarray(v, dtype=np.float64)[np.isfinite(v)] for v in (real_logits, fake_logits))
    if probability:
        real, fake = (1 / (1 + np.exp(-np.clip(v, -60, 60))) for v in (real, fake))
    both = np.concatenate((real, fake))
    if probability:
        reach = float(np.abs(both - 0.5).max()) if len(both) else 0.5
        half = next((w for w in (0.02, 0.05, 0.1, 0.2) if reach <= w), 0.5)
        low, high = 0.5 - half, 0.5 + half
    else:
        low, high = (float(both.min()), float(both.max())) if len(both) else (-1.0, 1.0)
        # Few distinct ranges: a width and a start that both move in steps.
        width = step_125(max(1.25 * (high - low), 1e-3))
        low = math.floor(low / (width / 4)) * width / 4
        high = low + max(width, math.ceil((high - low) / (width / 4)) * width / 4)
    edges = np.linspace(low, high, HISTOGRAM_BINS + 1)
    out: Arrays = {"hist_edges": edges.astype(np.float32)}
    for name, values in (("hist_real", real), ("hist_fake", fake)):
        counts, _ = np.histogram(np.clip(values, low, high), edges)
        out[name] = (counts / max(1, len(values))).astype(np.float32)
    return out
