"""Answers to questions about the latent space, as binary frames (`gan_core.record.frame`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

import numpy as np

from gan_core.errors import ConfigError
from gan_core.latent import analyses
from gan_core.latent.desk import Answer, Desk
from gan_core.latent.inversion import MAX_STARTS, N_STEPS
from gan_core.latent.request import Request
from gan_core.latent.shelf import desk
from gan_core.record import frame as frames

if TYPE_CHECKING:
    from gan_core.live.handle import OpenRun

_Question = Callable[[Desk, Request], Answer]


def _about(at: Desk, request: Request) -> Answer:
    return at.about(), {}


def _make(at: Desk, request: Request) -> Answer:
    return at.make(request.points(), request.edit())


def _hear(at: Desk, request: Request) -> Answer:
    return at.heard(request.points(), request.edit())


def _paths(at: Desk, request: Request) -> Answer:
    return at.paths(request.points(), request.whole("n", 12, 1, 60))


def _walk(at: Desk, request: Request) -> Answer:
    n, way = request.whole("n", 24, 1, 60), request.word("way", "slerp")
    return at.walk(request.points(), n, way, loop=request.has("loop"))


def _plane(at: Desk, request: Request) -> Answer:
    spanning = request.vectors("u")
    if spanning and len(spanning) != 2:
        raise ConfigError(f"a plane is spanned by two directions, not by {len(spanning)}")
    return at.plane(request.points(), (spanning[0], spanning[1]) if spanning else None)


def _field(at: Desk, request: Request) -> Answer:
    return at.field()


def _influence(at: Desk, request: Request) -> Answer:
    return analyses.influence(at)


def _directions(at: Desk, request: Request) -> Answer:
    return analyses.directions(at, request.word("kind"))


def _effects(at: Desk, request: Request) -> Answer:
    return analyses.effects(at, request.vectors("u"))


def _arithmetic(at: Desk, request: Request) -> Answer:
    return analyses.arithmetic(
        at, request.points("a"), request.points("b"), request.point(), to_shell=request.has("shell")
    )


def _invert(at: Desk, request: Request) -> Answer:
    target = request.target(at.players.data.shape)
    if target is None:
        target = at.real(request.whole("real", 0, 0, 10**6))
    only = request.whole("only", 0, 0, 1000) if request.has("only") else None
    header, arrays = at.invert(
        target, request.whole("starts", 4, 1, MAX_STARTS), request.whole("to", 0, 0, N_STEPS), only
    )
    return header, arrays | {"target": target[None] if target.dtype == np.uint8 else target}


def _neighbours(at: Desk, request: Request) -> Answer:
    return analyses.neighbours(at, request.point(), request.edit())


def _copies(at: Desk, request: Request) -> Answer:
    return analyses.copy_test(at), {}


def _units(at: Desk, request: Request) -> Answer:
    return analyses.units(at, request.point(), request.whole("layer", 0, 0, 20), request.whole("first", 0, 0, 10**5))


QUESTIONS: Final[Mapping[str, _Question]] = {
    "about": _about,
    "make": _make,
    "hear": _hear,
    "paths": _paths,
    "walk": _walk,
    "plane": _plane,
    "field": _field,
    "influence": _influence,
    "directions": _directions,
    "effects": _effects,
    "arithmetic": _arithmetic,
    "invert": _invert,
    "neighbours": _neighbours,
    "copies": _copies,
    "units": _units,
}


def answer(run: OpenRun, query: Mapping[str, str]) -> bytes:
    """Answer with a frame; its header also says which moment it is of, and which moments there are.

    Raises:
        GanExplorerError: In one sentence: what is not allowed, or not there yet.
    """
    name = query.get("do", "")
    if name not in QUESTIONS:
        raise ConfigError(f"do={name[:20]!r} is not known: {', '.join(QUESTIONS)} are")
    at = desk(run, step_of(query))
    with at.lock:
        header, arrays = QUESTIONS[name](at, Request(query, at.players.config))
    now = run.status()
    moment = {"do": name, "step": at.players.step, "run": now.run, "state": now.state, "now": now.step}
    if name == "about":
        moment["states"] = run.contents()["states"]
    return frames.encode({**header, **moment}, arrays)


def step_of(query: Mapping[str, str]) -> int | None:
    """Read the step that a query asks about; None for the newest."""
    text = query.get("at", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None
