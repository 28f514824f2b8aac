"""What sounds reach: a part of `benchmarks.applications`.

While a run plays it is looked at as in the app; where a failure is found, its first cure is trained from the same seed
as long.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from gan_core.config.presets import preset
from gan_core.diagnosis import FINDINGS, Watch
from gan_core.metrics import Score
from gan_core.metrics.scoring import evaluate
from gan_core.training import Trainer

PRESETS: Final = ("notes", "notes-collapse")
COLUMNS: Final = ("notes_reached", "in_tune", "cents", "purity", "note_kl", "coverage", "precision")
LOOK: Final = 100
"""Steps between two looks."""


class Looks:
    """Looks at a run of sounds, as the app takes them; of another run there are none.

    Args:
        name: Of its preset.
    """

    def __init__(self, name: str) -> None:
        self._watch = Watch() if name in PRESETS else None

    def look_at(self, trainer: Trainer) -> None:
        """Look at every hundredth step."""
        if self._watch is not None and trainer.step_count % LOOK == 0:
            self._watch.look_at(trainer)

    def cure(self, trainer: Trainer) -> Mapping[str, Any]:
        """Find the first cure of the failure that is found; empty if there is none."""
        found = () if self._watch is None else self._watch.findings(trainer.config, trainer.stats)
        return next((dict(f.cures[0]) for f in found if FINDINGS[f.name].failure and f.cures), {})


def scores(trainer: Trainer) -> Mapping[str, Score]:
    """Score a run of sounds."""
    return evaluate(trainer)


def real(name: str) -> dict[str, dict[str, float]]:
    """Score real sounds.

    Args:
        name: Of a preset.
    """
    floors = {key: score.floor for key, score in evaluate(Trainer(preset(name))).items()}
    return {"real sounds": {key: floor for key, floor in floors.items() if floor is not None}}
