"""A question about samples that lie somewhere, answered where PyTorch is; plain values, importable without it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from gan_core.judging.report import Report

Part = Literal["samples", "real", "measures"]


def _quiet(part: Part, done: int, of: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class Judged:
    """Question for the report on samples, to `gan_core.live.host.Place.ask`.

    Attributes:
        samples: Files, as `read_series` takes them.
        real: Files of real pictures, as `read_real` takes them; none for none.
        tile: Side of a tile of a grid, pixels; None to find it.
        progress: Told what is being done, how much of it is done, and of how much.
    """

    samples: Sequence[tuple[str, bytes]]
    real: Sequence[tuple[str, bytes]] = ()
    tile: int | None = None
    progress: Callable[[Part, int, int], None] = _quiet

    def answer(self) -> Report:
        """Read and judge.

        Raises:
            GanExplorerError: If nothing can be read, or judged.
        """
        from gan_core.judging import judge, read_real, read_series  # late: they load PyTorch

        def of(part: Part) -> Callable[[int, int], None]:
            return lambda done, of: self.progress(part, done, of)

        series = read_series(self.samples, tile=self.tile, progress=of("samples"))
        pictures, said = None, tuple[str, ...]()
        if self.real:
            pictures, said, _ = read_real(self.real, progress=of("real"))
        return judge(series, pictures, said=said, progress=of("measures"))
