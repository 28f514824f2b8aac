"""Questions about saved runs, answered where PyTorch is; plain values, importable without it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gan_core.record.history import History


@dataclass(frozen=True)
class SavedHistory:
    """Question for the numbers of a saved run, to `gan_core.live.host.Place.ask`.

    Attributes:
        path: Its file.
    """

    path: Path

    def answer(self) -> History:
        """Read the history.

        Raises:
            CheckpointError: If the file is gone or damaged.
        """
        from gan_core.storage import checkpoint

        return checkpoint.load_history(self.path)
