"""Bugs in the third set of loops: what people ask for help with, each an edit; see `tests.watching.bugs`.

Some are named by a rule that did not exist when they were written, `BLIND` by none that can be. Two that were no bugs
have been taken out: gradients left in D that nothing added to, and an eval mode in which nothing differed.
"""

from __future__ import annotations

from typing import Final

from tests.watching.bugs import Bug
from tests.watching.third import bugs_elsewhere, bugs_in_losses, bugs_in_steps

THIRD_BUGS: Final[tuple[Bug, ...]] = (*bugs_in_steps.BUGS, *bugs_in_losses.BUGS, *bugs_elsewhere.BUGS)

BLIND: Final = frozenset(
    {
        "gradients clipped before backward-trainer_class",
        "accumulated without dividing-counted",
        "averaged G is never averaged-styles",
        "averaged G into G-styles",
        "pictures changed for reals alone-phases",
        "classes of fakes given with reals-conditional",
        "G ignores the class-auxiliary",
        "smoothing of fakes-improved",
        "penalty at the fakes-per_sample",
    }
)
"""Those that hooks cannot know, or that no rule can tell from a choice: they count as missed."""
