"""Edits of one picture by one generator: inversion, named directions, another class, a hole to fill."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import torch
from torch import Generator, Tensor

from gan_core.data import Images, own
from gan_core.data.images import network_units
from gan_core.errors import ConfigError
from gan_core.game.sampling import sample_prior
from gan_core.latent import directions
from gan_core.latent.analyses import usual_distance
from gan_core.latent.attributes import ATTRIBUTES, classify
from gan_core.latent.desk import Desk
from gan_core.latent.edit_question import HOLES, MAX_SIGMAS, Edited, EditQuestion, Made, MakeQuestion, Measured
from gan_core.latent.inversion import MAX_STARTS, N_STEPS, Inversion, psnr
from gan_core.latent.memory import nearest
from gan_core.latent.players import Players
from gan_core.latent.points import parse

N_FILLINGS: Final = 4
N_DRAWN: Final = 2048
"""Samples among which the nearest of a class is looked for."""
N_WAY: Final = 32
"""Steps of the straight way to it."""
MAX_MADE: Final = 64
_SOUGHT: Final = "edit sought"


def edit(desk: Desk, question: EditQuestion) -> Edited:
    """Edit a picture.

    Args:
        desk: Of the moment; the last search stays with it, so that another move is quick.
        question: Which picture, and what is to become of it.

    Raises:
        ConfigError: The run makes no pictures from z alone, or has no such direction, class or hole.
        DataError: The picture is not here any more.
    """
    players = desk.players
    data = _pictures(players)
    picture, seen = _given(data, question), known(data.shape, question.hole)
    z, classes, error = _sought(desk, picture, seen, question)
    found = players.sample(z[:1], classes[:1])
    moved, told, cost = _moved(desk, z[:1], classes[:1], question)
    made = players.sample(moved, told)
    lost = seen * (picture - found) if question.keep else torch.zeros_like(picture)
    after = (made + lost).clamp(-1, 1)
    filled = [seen * picture + (1 - seen) * players.sample(z, classes)] if question.hole else []
    labelled = data.labels is not None
    was, now = classify(torch.cat((picture, after)), data).tolist() if labelled else (0, 0)
    return Edited(
        players.step,
        _shown(data, picture)[0],
        _shown(data, seen * picture)[0],
        _shown(data, found)[0],
        float(psnr(error)),
        _shown(data, after)[0],
        tuple(picture for batch in filled for picture in _shown(data, batch)),
        _measured(desk, data, picture, after),
        tuple(data.classes) if labelled else (),
        data.classes[was] if labelled else "",
        data.classes[now] if labelled else "",
        cost,
    )


def make(desk: Desk, question: MakeQuestion) -> Made:
    """Make pictures, each beside the training picture nearest to it.

    Args:
        desk: Of the moment.
        question: How many, from which seed, of which class.

    Raises:
        ConfigError: The run makes no pictures from z alone, or has no such class.
    """
    players = desk.players
    data = _pictures(players)
    n = max(1, min(question.n, MAX_MADE))
    z = sample_prior(n, players.config, Generator().manual_seed(question.seed))
    classes = players.even_classes(n)
    if question.of_class:
        classes = players.classes(torch.full((n,), _place(data, question.of_class)))
    made = players.sample(z, classes)
    distances, places = nearest(made, data.train)
    return Made(
        players.step,
        _shown(data, made),
        _shown(data, network_units(data.train[places[:, 0]])),
        tuple(distances[:, 0].tolist()),
        desk.once("usual", lambda: usual_distance(desk)),
        tuple(data.classes) if players.config.conditional else (),
    )


def _pictures(players: Players) -> Images:
    if players.config.conditioned or not isinstance(players.data, Images):
        raise ConfigError("this run makes no pictures from z alone: open one that does, such as the preset digits")
    return players.data


def _given(data: Images, question: EditQuestion) -> Tensor:
    if not question.own:
        source = data.train if data.held_out is None else data.held_out
        return network_units(source[question.index % len(source)][None])
    pixels = own.find_images(question.own).at(data.shape[-1], data.shape[0] == 3, first=1)
    return network_units(torch.from_numpy(np.ascontiguousarray(pixels.transpose(0, 3, 1, 2))))


def known(shape: Sequence[int], hole: str) -> Tensor:
    """Make a mask ``[1, h, w]``, 0 in the hole: half of each side, as in the condition with a missing quarter.

    Args:
        shape: Of the picture, ``(c, h, w)``.
        hole: One of `HOLES`.

    Raises:
        ConfigError: If it is none of them.
    """
    if hole not in HOLES:
        raise ConfigError(f"hole {hole[:20]!r} is not known: {', '.join(HOLES[1:])} are")
    _, height, width = shape
    mask = torch.ones(1, height, width)
    if hole:
        row = {"top": 0, "bottom": height - height // 2}.get(hole.split()[0], height // 4)
        column = {"left": 0, "right": width - width // 2}.get(hole.split()[-1], width // 4)
        mask[:, row : row + height // 2, column : column + width // 2] = 0
    return mask


def _sought(desk: Desk, picture: Tensor, seen: Tensor, question: EditQuestion) -> tuple[Tensor, Tensor, Tensor]:
    """Search for z, or take the last search: some z and their classes, the best first, and its error."""
    key = (picture.numpy().tobytes(), question.hole)
    kept: dict[str, Any] = desk.once(_SOUGHT, dict)
    if kept.get("key") != key:
        search = Inversion(desk.players, picture, n_starts=MAX_STARTS if question.hole else 4, known=seen)
        search.advance(N_STEPS)
        errors = search.curve[-1][0]
        order = errors.argsort()[:N_FILLINGS]
        kept |= {"key": key, "found": (search.z[0, order], search.classes[0, order], errors[order[0]])}
    found: tuple[Tensor, Tensor, Tensor] = kept["found"]
    return found


def _moved(desk: Desk, z: Tensor, classes: Tensor, question: EditQuestion) -> tuple[Tensor, Tensor, float | None]:
    """Move z as asked; also the classes that G is told, and what another class cost in σ."""
    players = desk.players
    config = players.config
    named: dict[str, Tensor] = {}
    if question.moves:
        named = dict(zip(ATTRIBUTES, desk.once("named", lambda: directions.attributes(players).vectors), strict=True))
    for name, sigmas in question.moves:
        if name not in named:
            raise ConfigError(f"direction {name[:20]!r} is not known: {', '.join(ATTRIBUTES)} are")
        z = z + _bounded(sigmas) * named[name]
    plain = config.model_copy(update={"conditional": False})
    for text, sigmas in question.saved:
        z = z + _bounded(sigmas) * torch.from_numpy(parse(text, plain).z)
    if not question.to_class:
        return z, classes, None
    data = _pictures(players)
    place = _place(data, question.to_class)
    if config.conditional:
        return z, players.classes(torch.tensor([place])), 0.0
    towards = _nearest_of_class(desk, players.sample(z, classes), place)
    if towards is None:
        return z, classes, None
    tried = torch.lerp(z, towards, torch.linspace(0, 1, N_WAY + 1)[:, None])
    right = (classify(players.sample(tried, classes.expand(len(tried), -1)), data) == place).nonzero().flatten()
    moved = tried[right[:1]]
    return moved, classes, float((moved - z).norm())


def _nearest_of_class(desk: Desk, picture: Tensor, place: int) -> Tensor | None:
    """Find the z of a class whose sample is nearest to a picture, ``[1, latent_dim]``; None if G makes none of it."""
    players = desk.players
    data = _pictures(players)
    z, classes = desk.once("drawn", lambda: directions.draw(players, N_DRAWN, seed=6))
    made = players.sample(z, classes)
    of_class = (desk.once("drawn classes", lambda: classify(made, data)) == place).nonzero().flatten()
    if not len(of_class):
        return None
    return z[of_class[(made[of_class] - picture).flatten(1).square().sum(1).argmin()]][None]


def _bounded(sigmas: float) -> float:
    if not -MAX_SIGMAS <= sigmas <= MAX_SIGMAS:  # also NaN
        raise ConfigError(f"{sigmas:g} σ are not allowed: from -{MAX_SIGMAS:g} to {MAX_SIGMAS:g} are")
    return sigmas


def _place(data: Images, name: str) -> int:
    if data.labels is None or name not in data.classes:
        raise ConfigError(f"class {name[:20]!r} is not known here: {', '.join(data.classes) or 'none'} are")
    return data.classes.index(name)


def _measured(desk: Desk, data: Images, before: Tensor, after: Tensor) -> tuple[Measured, ...]:
    def usual() -> dict[str, float]:
        real = network_units(data.train[:1000])
        return {name: float(measure(real).std()) for name, measure in ATTRIBUTES.items()}

    usually = desk.once("usual attributes", usual)
    return tuple(
        Measured(name, float(measure(before)[0]), float(measure(after)[0]), usually[name])
        for name, measure in ATTRIBUTES.items()
    )


def _shown(data: Images, images: Tensor) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return data.to_uint8(images)
