"""Bugs in the third set of loops: what people ask for help with, each an edit; see `tests.watching.bugs`.

Some are named by a rule that did not exist when they were written: the name stands there as the writer expected it.
"""

from __future__ import annotations

from typing import Final

from tests.watching.bugs import Bug
from tests.watching.third import bugs_elsewhere, bugs_in_losses, bugs_in_steps

THIRD_BUGS: Final[tuple[Bug, ...]] = (*bugs_in_steps.BUGS, *bugs_in_losses.BUGS, *bugs_elsewhere.BUGS)
