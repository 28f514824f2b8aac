"""A third set of loops and bugs, written by somebody who had not read the rules, before it was run."""

from __future__ import annotations

from typing import Final

from tests.watching.loops import Loop
from tests.watching.third import classic, conditional, habits, large, media, translation

THIRD: Final[dict[str, Loop]] = {
    name: loop
    for part in (classic, conditional, translation, large, habits, media)
    for name, loop in part.LOOPS.items()
}
