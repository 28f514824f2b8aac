"""Types of arguments that say what is allowed."""

from __future__ import annotations

import argparse
from collections.abc import Callable


def number(kind: Callable[[str], float], low: float, high: float, words: str) -> Callable[[str], float]:
    """Make a converter that accepts the numbers of a range.

    Args:
        kind: ``int`` or ``float``.
        low: The least.
        high: The largest.
        words: What it is called in a refusal: "a whole number".

    Returns:
        For ``type=`` of an argument.
    """

    def convert(text: str) -> float:
        try:
            value = kind(text)
        except ValueError:
            value = low - 1
        if not low <= value <= high:  # also NaN
            raise argparse.ArgumentTypeError(f"{text!r} is not allowed: {words} from {low:g} to {high:g} is")
        return value

    return convert
