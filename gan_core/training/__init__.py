"""The trainer: the only mutable thing in the maths.

`Game` holds the two players and improves each while the other is held fixed; `Trainer` counts its steps, repeats what
was done to the run, and can be looked at; `state` is what a run can go on from, and `learned` what a run of another
config can begin with.
"""

from __future__ import annotations

from gan_core.record.snapshot import Which
from gan_core.training.trainer import Trainer
from gan_core.training.transfer import Learned, learned

__all__ = ["Learned", "Trainer", "Which", "learned"]
