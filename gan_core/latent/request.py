"""A question about the latent space as text parameters; it comes from a browser and may be anything.

========  ==========================================================================================
do        which question, see `gan_core.latent.answers`
at        a step; left out for the newest moment
p         points, as `gan_core.latent.points` writes them, with commas between; likewise a, b, s
psi       truncation
d         shifts, ``direction:strength`` with semicolons between; a direction is ``e7`` or a point's text
off       units that are switched off, ``layer:unit.unit:value``
n, way,   of a path: steps between two key points, its kind, whether it returns, how long its film is
loop, seconds
========  ==========================================================================================
"""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from gan_core.errors import ConfigError
from gan_core.latent.desk import Edit
from gan_core.latent.points import Point, numbers, parse, parse_many
from gan_core.latent.units import Off

if TYPE_CHECKING:
    from gan_core.latent.space import Space

MAX_SHIFTS: Final = 128
MAX_SIGMAS: Final = 20.0
MAX_OFF: Final = 1024
MAX_PIXELS: Final = 64 * 64 * 3


class Request:
    """One request.

    Args:
        query: Its parameters.
        config: Of the run that it is about.
    """

    def __init__(self, query: Mapping[str, str], config: Space) -> None:
        self._query, self._config = query, config

    def points(self, name: str = "p") -> list[Point]:
        """Read points.

        Raises:
            ConfigError: If one is not allowed.
        """
        return parse_many(self._query.get(name, ""), self._config)

    def point(self, name: str = "p") -> Point:
        """Read a single point.

        Raises:
            ConfigError: If there is none.
        """
        return parse(self._query.get(name, ""), self._config)

    def whole(self, name: str, default: int, low: int, high: int) -> int:
        """Read a whole number.

        Raises:
            ConfigError: If it is none, or out of range.
        """
        text = self._query.get(name, str(default))
        if not (text.isascii() and text.isdigit() and len(text) < 11 and low <= int(text) <= high):
            raise ConfigError(f"{name}={text[:20]!r} is not allowed: a whole number from {low} to {high} is")
        return int(text)

    def number(self, name: str, default: float, low: float, high: float) -> float:
        """Read a number.

        Raises:
            ConfigError: If it is none, or out of range.
        """
        return _number(name, self._query.get(name, str(default)), low, high)

    def word(self, name: str, default: str = "") -> str:
        """Read a word; the caller checks which are allowed."""
        return self._query.get(name, default)

    def has(self, name: str) -> bool:
        """Tell whether there is such a parameter."""
        return bool(self._query.get(name))

    def edit(self) -> Edit:
        """Read what is done to the points.

        Raises:
            ConfigError: If part of it is not allowed.
        """
        return Edit(self.number("psi", 1.0, 0.0, 3.0), tuple(self._shifts()), self._off())

    def vectors(self, name: str) -> list[NDArray[np.float32]]:
        """Read directions, with commas between.

        Raises:
            ConfigError: If one is not allowed.
        """
        texts = self._query.get(name, "").split(",")
        return [self._vector(text) for text in texts if text][:MAX_SHIFTS]

    def target(self, shape: tuple[int, ...]) -> NDArray[Any] | None:
        """Read what is inverted: the pixels ``x`` of an image, or a point ``x,y``; None if neither is given.

        Args:
            shape: Of the run's samples.

        Raises:
            ConfigError: If it has another size.
        """
        text = self._query.get("x", "")
        if not text:
            return None
        if len(shape) == 1:
            parts = text.split(",")
            if len(parts) != shape[0]:
                raise ConfigError(f"a point of the plane has {shape[0]} coordinates, not {len(parts)}")
            return np.array([_number("x", part, -1e6, 1e6) for part in parts], np.float32)
        channels, height, width = shape
        try:
            pixels = np.frombuffer(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), np.uint8)
        except (ValueError, binascii.Error):
            pixels = np.zeros(0, np.uint8)
        if len(pixels) != channels * height * width:
            raise ConfigError(f"this run's images have {channels * height * width} values, and this one {len(pixels)}")
        return pixels.reshape(height, width, channels)

    def _shifts(self) -> list[tuple[NDArray[np.float32], float]]:
        entries = [entry for entry in self._query.get("d", "").split(";") if entry]
        if len(entries) > MAX_SHIFTS:
            raise ConfigError(f"{len(entries)} shifts at once are too many: at most {MAX_SHIFTS} are allowed")
        pairs = [entry.partition(":") for entry in entries]
        return [(self._vector(text), _number("d", much, -MAX_SIGMAS, MAX_SIGMAS)) for text, _, much in pairs]

    def _vector(self, text: str) -> NDArray[np.float32]:
        if text[:1] != "e":
            if "@" in text:
                raise ConfigError("a direction has no class: write it without one")
            return numbers(text, self._config)
        axis, dim = text[1:], self._config.latent_dim
        if not (axis.isascii() and axis.isdigit() and len(axis) < 5 and int(axis) < dim):
            raise ConfigError(f"there is no coordinate {text[:20]!r}: they go from e0 to e{dim - 1}")
        vector = np.zeros(dim, np.float32)
        vector[int(axis)] = 1
        return vector

    def _off(self) -> Off | None:
        text = self._query.get("off", "")
        if not text:
            return None
        layer, _, rest = text.partition(":")
        units, _, value = rest.partition(":")
        numbers = [layer, *(unit for unit in units.split(".") if unit)]
        if not all(part.isascii() and part.isdigit() and len(part) < 6 for part in numbers) or len(numbers) > MAX_OFF:
            raise ConfigError(f"off={text[:20]!r} is not allowed: write layer:unit.unit:value")
        return Off(int(layer), tuple(int(unit) for unit in numbers[1:]), _number("off", value or "0", -100.0, 100.0))


def _number(name: str, text: str, low: float, high: float) -> float:
    try:
        value = float(text) if len(text) < 40 else math.nan
    except ValueError:
        value = math.nan
    if not low <= value <= high:  # also NaN
        raise ConfigError(f"{name}={text[:20]!r} is not allowed: a number from {low:g} to {high:g} is")
    return value
