"""Answers: from a request to a binary frame (`gan_core.record.frame`) or a file. Knows nothing of Streamlit."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from gan_core.errors import ConfigError
from gan_core.latent import analyses
from gan_core.latent.desk import Answer, Desk
from gan_core.latent.inversion import MAX_STARTS, N_STEPS
from gan_core.record import frame as frames
from pages.ui.latent.asked import Asked
from pages.ui.latent.desks import desk
from pages.ui.presence import Visit

_Question = Callable[[Desk, Asked], Answer]


def _about(at: Desk, asked: Asked) -> Answer:
    return at.about(), {}


def _make(at: Desk, asked: Asked) -> Answer:
    return at.make(asked.points(), asked.edit())


def _paths(at: Desk, asked: Asked) -> Answer:
    return at.paths(asked.points(), asked.whole("n", 12, 1, 60))


def _walk(at: Desk, asked: Asked) -> Answer:
    n, way = asked.whole("n", 24, 1, 60), asked.word("way", "slerp")
    return at.walk(asked.points(), n, way, loop=asked.has("loop"))


def _plane(at: Desk, asked: Asked) -> Answer:
    spanning = asked.vectors("u")
    if spanning and len(spanning) != 2:
        raise ConfigError(f"a plane is spanned by two directions, not by {len(spanning)}")
    return at.plane(asked.points(), (spanning[0], spanning[1]) if spanning else None)


def _field(at: Desk, asked: Asked) -> Answer:
    return at.field()


def _influence(at: Desk, asked: Asked) -> Answer:
    return analyses.influence(at)


def _directions(at: Desk, asked: Asked) -> Answer:
    return analyses.directions(at, asked.word("kind"))


def _effects(at: Desk, asked: Asked) -> Answer:
    return analyses.effects(at, asked.vectors("u"))


def _arithmetic(at: Desk, asked: Asked) -> Answer:
    return analyses.arithmetic(at, asked.points("a"), asked.points("b"), asked.point(), to_shell=asked.has("shell"))


def _invert(at: Desk, asked: Asked) -> Answer:
    target = asked.target(at.players.data.shape)
    if target is None:
        target = at.real(asked.whole("real", 0, 0, 10**6))
    only = asked.whole("only", 0, 0, 1000) if asked.has("only") else None
    header, arrays = at.invert(target, asked.whole("starts", 4, 1, MAX_STARTS), asked.whole("to", 0, 0, N_STEPS), only)
    return header, arrays | {"target": target[None] if target.dtype == np.uint8 else target}


def _neighbours(at: Desk, asked: Asked) -> Answer:
    return analyses.neighbours(at, asked.point(), asked.edit())


def _copies(at: Desk, asked: Asked) -> Answer:
    return analyses.copy_test(at), {}


def _units(at: Desk, asked: Asked) -> Answer:
    return analyses.units(at, asked.point(), asked.whole("layer", 0, 0, 20), asked.whole("first", 0, 0, 10**5))


QUESTIONS: Final[Mapping[str, _Question]] = {
    "about": _about,
    "make": _make,
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


def answer(visit: Visit, query: Mapping[str, str]) -> bytes:
    """A frame with the answer; its header also says which moment it is of, and which moments there are.

    Raises:
        GanExplorerError: In one sentence: what is not allowed, or not there yet.
    """
    name = query.get("do", "")
    if name not in QUESTIONS:
        raise ConfigError(f"do={name[:20]!r} is not known: {', '.join(QUESTIONS)} are")
    at = desk(visit, _step(query))
    with at.lock:
        header, arrays = QUESTIONS[name](at, Asked(query, at.players.config))
    runner = visit.runner
    moment = {"do": name, "step": at.players.step, "run": runner.run, "state": runner.state, "now": runner.step_count}
    if name == "about":
        moment["states"] = visit.recorder.contents()["states"]
    return frames.encode({**header, **moment}, arrays)


@dataclass(frozen=True)
class File:
    """Something to take home.

    Attributes:
        content: Its bytes.
        mime: Its media type.
        ending: Of its name.
    """

    content: bytes
    mime: str
    ending: str


def file(visit: Visit, query: Mapping[str, str]) -> File:
    """A file of what was found: ``what`` is png, strip, gif, webp, csv, path or json.

    Raises:
        GanExplorerError: In one sentence: what is not allowed, or not there yet.
    """
    from gan_core.export import latent as export  # films need more than the first page does

    at = desk(visit, _step(query))
    asked, what, data = Asked(query, at.players.config), query.get("what", ""), at.players.data
    frame = data.frame if data.kind == "plane" else None
    n, way, loop = asked.whole("n", 12, 1, 60), asked.word("way", "slerp"), asked.has("loop")
    with at.lock:
        if what == "png":
            made = at.make(asked.points(), asked.edit())[1]["samples"]
            return File(export.samples_png(made, frame), "image/png", ".png")
        if what == "strip":
            walked = at.walk(asked.points(), n, way)[1]["samples"]
            picture = export.strip_png(walked) if walked.ndim == 4 else export.samples_png(walked, frame)
            return File(picture, "image/png", "-strip.png")
        if what == "gif" or what == "webp":
            kind: Literal["gif", "webp"] = "gif" if what == "gif" else "webp"
            seconds = asked.number("seconds", 4.0, 0.5, 60.0)
            made = at.walk(asked.points(), n, way, loop=loop)[1]["samples"]
            content = export.walk_film(made, kind, seconds=seconds, loop=loop, frame=frame)
            return File(content, f"image/{what}", f".{what}")
        if what == "csv":
            z = at.make(asked.points(), asked.edit())[1]["z"]
            return File(export.points_csv(z).encode(), "text/csv", ".csv")
        if what == "path":
            walked = at.walk(asked.points(), n, way, loop=loop)[1]["z"]
            return File(export.points_csv(walked).encode(), "text/csv", f"-{way}.csv")
        if what == "json":
            named = dict(zip(_names(asked), (v.tolist() for v in asked.vectors("u")), strict=False))
            text = export.directions_json(named, data=at.players.config.data.name, step=at.players.step)
            return File(text.encode(), "application/json", "-directions.json")
    raise ConfigError(f"what={what[:20]!r} is not known: png, strip, gif, webp, csv, path and json are")


def _names(asked: Asked) -> list[str]:
    try:
        names = json.loads(asked.word("names", "[]"))
    except (ValueError, RecursionError):
        names = None
    if not isinstance(names, list) or not all(isinstance(name, str) and len(name) < 100 for name in names):
        raise ConfigError("names= is not allowed: a JSON list of short names is")
    return names


def _step(query: Mapping[str, str]) -> int | None:
    text = query.get("at", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None
