"""Presets: named configs, each with a sentence on what to look for; and links that carry a run.

A link is ``?preset=NAME`` plus the settings that differ, as ``path=value``; when that grows too long it is
``?config=``, the whole config as compressed JSON in base64url, at most 6 kB. ``changes=`` carries the run's
interventions in the same way, while they are few.
"""

from __future__ import annotations

import base64
import functools
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pydantic

from gan_core.config import Intervention, RunConfig, parse_config
from gan_core.config.assets import asset
from gan_core.config.names import DATA_RULES, DataName, SampleKind
from gan_core.errors import ConfigError

DEFAULT: Final = "digits"
"""Preset of a link that names none; in every edition the same."""
FIRST_VISIT: Final = "digits-plain"
"""Preset of a visit without a link: the article's own game."""
FIRST: Final = {"plane": "ring-8", "images": FIRST_VISIT, "recipe": DEFAULT}
"""Presets that a first visitor is shown: by the kind of their data, and the first one's data by a recipe of today."""
OF_POINTS: Final = "moons"
OF_IMAGES: Final = "mnist"
OF_SOUNDS: Final = "notes"
OF_WORDS: Final = "words"
"""Presets whose networks and rates suit samples of a kind that have no preset of their own."""
USUAL: Final[Mapping[SampleKind, str]] = {
    "plane": OF_POINTS,
    "images": OF_IMAGES,
    "sound": OF_SOUNDS,
    "text": OF_WORDS,
}
"""The same, by what the samples are."""
MAX_LINK_BYTES: Final = 6_000
MAX_LINK_INTERVENTIONS: Final = 40
_MAX_JSON_BYTES: Final = 100_000
_FILE: Final = asset("presets.json")


@dataclass(frozen=True)
class Preset:
    """A named config.

    Attributes:
        name: Its name, as on the command line and in links.
        title: A few words.
        look_for: What to look for, in a sentence or two.
        steps: How many steps show what it is for.
        config: The config.
    """

    name: str
    title: str
    look_for: str
    steps: int
    config: RunConfig


@functools.cache
def presets() -> Mapping[str, Preset]:
    """Read all presets by name, in the order of the file."""
    entries = json.loads(_FILE.read_text(encoding="utf-8"))
    return {e["name"]: Preset(**{**e, "config": parse_config(e["config"])}) for e in entries}


def find(name: str) -> Preset:
    """Find the preset of a name.

    Raises:
        ConfigError: If there is none; the message names them all.
    """
    try:
        return presets()[name]
    except KeyError:
        raise ConfigError(f"no preset {name[:80]!r}; there are: {', '.join(presets())}") from None


def preset(name: str) -> RunConfig:
    """Find the config of a preset.

    Raises:
        ConfigError: If there is none of this name.
    """
    return find(name).config


def usual_preset(data: DataName) -> str:
    """Name a preset whose networks and rates suit a data set: its own if it has one."""
    if data in presets():
        return data
    return USUAL.get(DATA_RULES[data].kind, OF_IMAGES)


def to_query(config: RunConfig, preset_name: str = "", interventions: Sequence[Intervention] = ()) -> dict[str, str]:
    """Write the parameters of a link that repeats a run.

    Args:
        config: The config that the run began with.
        preset_name: The preset that it came from, or "".
        interventions: What was done to it; left out when there are too many (then the link repeats the run up
            to the first of them, see `link_repeats_until`), or if the run began with the networks of another.

    Returns:
        Parameters, all text.
    """
    query: dict[str, str] = {}
    if preset_name in presets():
        differences = preset(preset_name).differences(config)
        query = {"preset": preset_name} | {path: json.dumps(v) for path, v in differences.items()}
        query = {k: v.strip('"') for k, v in query.items()}
    if not query or sum(len(k) + len(v) for k, v in query.items()) > 600:
        query = {"config": _pack(config.model_dump(mode="json"))}
    if interventions and link_repeats_until(interventions) is None:
        query["changes"] = _pack_changes(interventions)
    return query


def link_repeats_until(interventions: Sequence[Intervention]) -> int | None:
    """Find the step up to which a link repeats a run with these interventions; None if it repeats all of it.

    A run that began with the networks of another (`gan_core.config.Origin`) is not repeated at all: -1.
    """
    if any(i.origin for i in interventions):
        return -1
    if len(interventions) <= MAX_LINK_INTERVENTIONS and len(_pack_changes(interventions)) <= MAX_LINK_BYTES:
        return None
    return interventions[0].step


def from_query(query: Mapping[str, str]) -> tuple[RunConfig, str, tuple[Intervention, ...]]:
    """Read a link; its parameters come from strangers.

    Returns:
        The config, the preset's name (or ""), and the interventions.

    Raises:
        ConfigError: In one line: what is wrong and what is allowed.
    """
    rest = dict(query)
    interventions = _interventions(_unpack(rest.pop("changes"))) if "changes" in rest else ()
    if "config" in rest:
        config = parse_config(_unpack(rest.pop("config")))
        name = ""
    else:
        name = rest.pop("preset", DEFAULT)
        config = preset(name)
    config = config.changed(rest)
    later = config
    for intervention in interventions:
        later = later.retuned(intervention.changes)
    return config, name, interventions


def _interventions(entries: Any) -> tuple[Intervention, ...]:
    if not isinstance(entries, list) or len(entries) > MAX_LINK_INTERVENTIONS:
        raise ConfigError(f"changes= must be a list of at most {MAX_LINK_INTERVENTIONS} interventions")
    try:
        found = tuple(Intervention.model_validate(entry) for entry in entries)
    except pydantic.ValidationError as error:
        raise ConfigError(f"changes= is not a list of interventions: {error.errors()[0]['msg']}") from None
    if any(i.origin for i in found):
        raise ConfigError("changes= names an origin, but no link can carry the networks that a run began with")
    return found


def _pack_changes(interventions: Sequence[Intervention]) -> str:
    return _pack([i.model_dump(mode="json", exclude_defaults=True) for i in interventions])


def _pack(value: Any) -> str:
    data = zlib.compress(json.dumps(value, separators=(",", ":")).encode(), 9)
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _unpack(text: str) -> Any:
    if len(text) > MAX_LINK_BYTES:
        raise ConfigError(
            f"the link carries {len(text):,} characters of settings; at most {MAX_LINK_BYTES:,} are allowed"
        )
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        opener = zlib.decompressobj()
        raw = opener.decompress(data, _MAX_JSON_BYTES)
        if opener.eof:
            return json.loads(raw)
        if not opener.unconsumed_tail:
            raise EOFError("cut off")
    except (ValueError, EOFError, zlib.error, RecursionError):
        raise ConfigError(
            "the link's settings are damaged; copy the whole link, or begin with ?preset=digits"
        ) from None
    raise ConfigError(f"the link's settings unpack to more than {_MAX_JSON_BYTES:,} bytes, which is not allowed")
