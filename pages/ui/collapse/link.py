"""The link of the lab: which sides a comparison has, as its parameters say it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from gan_core import ConfigError, RunConfig
from gan_core.experiments.gallery import Failure, failures, find
from gan_core.experiments.published import PROTOCOLS
from gan_core.experiments.zoo import Variant, variants
from pages.ui.collapse.bench import LETTERS, Entry

MAX_LINK_CHANGES: Final = 2_000
OWN: Final = "own"
NAMES: Final = ("failure", "protocol", "zoo", "sides", "seed", *(f"change{letter}" for letter in LETTERS))
"""Parameters of a link to the lab."""


def failing(failure: Failure, seed: int) -> Entry:
    """Make the side that fails."""
    return Entry("as it fails", "", failure.config(seed))


def cured(failure: Failure, name: str, seed: int) -> Entry:
    """Make the side with a cure."""
    cure = failure.cure(name)
    return Entry(cure.title, name, failure.cured(cure, seed))


def published(name: str, seed: int) -> list[Entry]:
    """GAN and PacGAN2 in the settings of a published protocol."""
    protocol = PROTOCOLS[name]
    titles = {1: "GAN", 2: "PacGAN2"}
    return [Entry(f"{title}, {protocol.title}", OWN, protocol.config(m, seed)) for m, title in titles.items()]


def variant_named(name: str) -> Variant | None:
    """Find the variant of the zoo with this name, if it can be trained here."""
    return next((variant for variant in variants() if variant.name == name and variant.runs), None)


def beside_plain(variant: Variant, seed: int) -> list[Entry]:
    """Put a variant of the zoo beside the plain GAN."""
    pairs = (variant.beside, (variant.name, variant.config))
    return [Entry(title.removeprefix("the "), OWN, config.changed({"seed": seed})) for title, config in pairs]


def sides_to_link(failure: Failure, entries: Sequence[Entry], seed: int) -> dict[str, str]:
    """Write the parameters that repeat a failure with these sides, but for the seed."""
    query = {"failure": failure.name, "sides": ",".join(entry.cure or "none" for entry in entries)}
    from_ = failure.config(seed)
    for letter, entry in zip(LETTERS, entries, strict=False):
        if entry.cure == OWN:
            query[f"change{letter}"] = json.dumps(from_.differences(entry.config), separators=(",", ":"))
    return query


def parse_link(query: Mapping[str, str]) -> tuple[Failure, list[Entry]]:
    """Read a link; its parameters come from strangers.

    Raises:
        ConfigError: In one line: what is wrong and what is allowed.
    """
    unknown = [name for name in query if name not in NAMES]
    if unknown:
        raise ConfigError(f"no parameter {unknown[0][:80]!r}; there are: {', '.join(NAMES)}")
    failure = find(query.get("failure", next(iter(failures()))))
    text = query.get("seed", "0")
    if not (text.isascii() and text.isdigit() and len(text) <= 10):
        raise ConfigError(f"seed={text[:20]!r} is no seed: 0 to 2147483647 is")
    seed = int(text)
    if (protocol := query.get("protocol", "")) in PROTOCOLS:
        return failure, published(protocol, seed)
    if protocol:
        raise ConfigError(f"no protocol {protocol[:80]!r}; there are: {', '.join(PROTOCOLS)}")
    if variant := variant_named(query.get("zoo", "")):
        return failure, beside_plain(variant, seed)
    if "zoo" in query:
        raise ConfigError(f"no variant {query['zoo'][:80]!r} of the zoo runs here; Learn lists those that do")
    names = query.get("sides", f"none,{failure.cures[0].name}").split(",")
    if not 1 <= len(names) <= len(LETTERS):
        raise ConfigError(f"sides= names {len(names)} sides; 1 to {len(LETTERS)} are possible")
    entries = []
    for letter, name in zip(LETTERS, names, strict=False):
        if name == OWN:
            entries.append(Entry("settings of your own", OWN, _changed(failure.config(seed), query, letter)))
        else:
            entries.append(failing(failure, seed) if name == "none" else cured(failure, name, seed))
    return failure, entries


def _changed(base: RunConfig, query: Mapping[str, str], letter: str) -> RunConfig:
    text = query.get(f"change{letter}", "{}")
    try:
        changes: Any = json.loads(text) if len(text) <= MAX_LINK_CHANGES else None
    except (ValueError, RecursionError):
        changes = None
    if not isinstance(changes, dict) or any(path == "seed" or path.startswith("data.") for path in changes):
        raise ConfigError(
            f"change{letter}= must be settings and their values as JSON, of at most {MAX_LINK_CHANGES:,} characters, "
            "without data and seed"
        )
    return base.changed(changes)
