"""Analyses of a latent space as answers of its desk: arithmetic, influence, directions, copies, units."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor

from gan_core.data import Images, Points
from gan_core.data.images import network_units
from gan_core.errors import ConfigError
from gan_core.latent import directions as found_directions
from gan_core.latent import influence as influences
from gan_core.latent import memory
from gan_core.latent import units as inside
from gan_core.latent.bench import Answer, Array, Bench, Edit, numpy_of
from gan_core.latent.desk import Desk
from gan_core.latent.points import Point
from gan_core.latent.prior import likely_norms

N_COMPARED: Final = 64
N_COPY_TEST: Final = 500
N_SHOWN_UNITS: Final = 64


def arithmetic(desk: Bench, these: Sequence[Point], those: Sequence[Point], start: Point, *, to_shell: bool) -> Answer:
    """``mean(these) - mean(those) + start``: the samples of both means, of the start, and of the result.

    Args:
        desk: Of the moment.
        these: At least one.
        those: Likewise.
        start: Where the difference is added; its class is kept.
        to_shell: True to scale the result to the median norm of the prior.
    """
    with_, without = (desk.tensors(points)[0].mean(0) for points in (these, those))
    z, label = torch.from_numpy(start.z), start.label
    result = with_ - without + z
    if to_shell:
        result = result * (likely_norms(desk.players.config)[1] / result.norm().clamp_min(1e-12))
    rows = zip((with_, without, z, result), (these[0].label, those[0].label, label, label), strict=True)
    return desk.make([Point(row.numpy(), of) for row, of in rows], Edit())


def influence(desk: Bench, made: int = influences.MADE) -> Answer:
    """Measure how much each coordinate of z changes samples, the most influential first; ``made`` samples, about."""
    sizes = desk.once("influence", lambda: influences.coordinates(desk.players, made))
    order = sizes.argsort(descending=True)
    return {}, {"influence": numpy_of(sizes), "order": numpy_of(order.float())}


def directions(desk: Desk, kind: str) -> Answer:
    """Directions of one kind, and how far samples move along them beside random ones.

    Args:
        desk: Of the moment.
        kind: A key of `gan_core.latent.directions.KINDS`.

    Raises:
        ConfigError: If there is no such kind, or the run cannot have it.
    """
    if kind not in found_directions.KINDS:
        raise ConfigError(f"directions {kind[:20]!r} are not known: {', '.join(found_directions.KINDS)} are")
    found = desk.once(f"directions {kind}", lambda: found_directions.KINDS[kind](desk.players))
    header, arrays = effects(desk, [v.numpy() for v in found.vectors])
    header |= {"names": list(found.names), "meaning": found.meaning}
    return header, arrays | {"vectors": numpy_of(found.vectors), "values": numpy_of(found.values)}


def effects(desk: Bench, vectors: Sequence[Array], sigmas: float = 3.0) -> Answer:
    """Measure how far samples move along directions from -sigmas to +sigmas, and along random ones."""
    z, classes = found_directions.draw(desk.players, N_COMPARED, seed=2)

    def moved(vectors: Tensor) -> Tensor:
        return influences.effects(desk.players, vectors, sigmas, z, classes)

    chance = desk.once("chance", lambda: float(moved(found_directions.random(desk.players, 8)).mean()))
    given = torch.from_numpy(np.asarray(vectors, np.float32))
    return {"random": chance, "sigmas": sigmas}, {"effects": numpy_of(moved(given))}


def neighbours(desk: Desk, point: Point, edit: Edit, k: int = 8) -> Answer:
    """Find the training images nearest to a sample, and how near held-out images come to theirs.

    Raises:
        ConfigError: If the data are points.
    """
    data = _images(desk)
    _, arrays = desk.make([point], edit)
    z, classes = torch.from_numpy(arrays["z"]), desk.tensors([point])[1]
    distances, places = memory.nearest(desk.players.sample(z, classes), data.train, k)
    usual = desk.once("usual", lambda: usual_distance(desk))
    images = data.to_uint8(network_units(data.train[places[0]]))
    return {"usual": usual}, arrays | {"nearest": images, "distances": numpy_of(distances[0])}


def copy_test(desk: Desk) -> dict[str, Any]:
    """P(closer to train than to held-out) of many samples.

    Raises:
        ConfigError: If the data are points.
        DataError: If no images are held out.
    """

    def test() -> memory.CopyTest:
        z, classes = found_directions.draw(desk.players, N_COPY_TEST, seed=3)
        return memory.copy_test(desk.players.sample(z, classes), _images(desk), Generator().manual_seed(0))

    return vars(desk.once("copies", test)).copy()


def units(desk: Desk, point: Point, layer: int, first: int = 0) -> Answer:
    """Show the units of a layer as small pictures for one z, the most influential first.

    A channel's picture is its map. A unit of a layer without maps is shown by what it adds to the sample: the
    sample minus that without it; grey is nothing.

    Args:
        desk: Of the moment.
        point: Which z.
        layer: Which hidden layer, from 0.
        first: So many of those that matter most are left out; `N_SHOWN_UNITS` from there on are shown.

    Raises:
        ConfigError: If there is no such layer, or it has fewer units.
    """
    z, classes = desk.tensors([point])
    values = inside.activations(desk.players, z, classes, layer)[0]
    matters = desk.once(f"matters {layer}", lambda: _matters(desk, layer))
    if first >= len(values):
        raise ConfigError(f"layer {layer + 1} has {len(values)} units; there are none after the first {first}")
    order = matters.argsort(descending=True)[first : first + N_SHOWN_UNITS]
    arrays: dict[str, Array] = {"order": numpy_of(order.float()), "importance": numpy_of(matters[order])}
    header: dict[str, Any] = {"n_units": len(values), "first": first, "pictures": "", "most": float(matters.max())}
    if values.dim() == 3:
        maps = values[order]
        header["pictures"] = "maps"
        arrays["pictures"] = _grey(maps / maps.flatten(1).abs().amax(1)[:, None, None].clamp_min(1e-9))
        arrays["activation"] = numpy_of(maps.flatten(1).mean(1))
    else:
        arrays["activation"] = numpy_of(values[order])
        without = inside.without_each(desk.players, z, classes, layer, order.tolist())
        added = desk.players.sample(z, classes) - without
        if added.dim() == 4:
            header["pictures"] = "added"
            strength = added.mean(1) / added.mean(1).abs().max().clamp_min(1e-9)
            arrays["pictures"] = _grey(strength.sign() * strength.abs().sqrt())  # so that faint ones can be seen
        else:
            arrays["moved"] = numpy_of(added * _scale(desk))
    return header, arrays


def _matters(desk: Desk, layer: int) -> Tensor:
    n = max(2, min(16, 8192 // desk.layer_sizes()[layer]))
    return inside.importance(desk.players, *found_directions.draw(desk.players, n, seed=4), layer)


def usual_distance(desk: Desk) -> float | None:
    """Median distance of held-out images from their nearest training image."""
    data = _images(desk)
    if data.held_out is None:
        return None
    some = network_units(data.held_out[:200])
    return float(memory.nearest(some, data.train)[0].median())


def _images(desk: Desk) -> Images:
    data = desk.players.data
    if not isinstance(data, Images):
        raise ConfigError("these data are points, drawn afresh at every step: there are none to be remembered")
    return data


def _scale(desk: Desk) -> float:
    data = desk.players.data
    return data.scale if isinstance(data, Points) else 1.0


def _grey(x: Tensor) -> NDArray[np.uint8]:
    """``[n, h, w]`` in [-1, 1] to ``uint8 [n, h, w, 1]``; 0 becomes middle grey."""
    levels: NDArray[np.uint8] = (x.clamp(-1, 1) * 127 + 128).to(torch.uint8)[..., None].contiguous().numpy()
    return levels
