"""Questions about the latent space of a run, as plain values; importable without torch.

They are answered where the run is, see `gan_core.live.handle.RunHandle.ask`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gan_core.live.handle import OpenRun


@dataclass(frozen=True)
class LatentQuestion:
    """Samples, paths, planes, directions and so on: ``do`` names which.

    Attributes:
        query: Parameters as text, see `gan_core.latent.request`.
    """

    query: Mapping[str, str]

    def answer(self, run: OpenRun) -> bytes:
        """Answer with a frame (`gan_core.record.frame`); its header says which moment it is of.

        Raises:
            GanExplorerError: In one sentence: what is not allowed, or not there yet.
        """
        from gan_core.latent.answers import answer

        return answer(run, self.query)
