"""How a run's files are made from its kept past, while it trains on.

Knows nothing of Streamlit: a file is made on a thread of its own, where there is no session.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gan_core import Trainer, __version__
from gan_core.errors import CheckpointError
from gan_core.export.common import Cancelled, GeneratorCopy, Progress
from gan_core.export.film import FilmFormat, film
from gan_core.export.frames import to_film
from gan_core.export.html import run_page
from gan_core.export.pictures import sample_png
from gan_core.export.tables import history_csv, run_json
from gan_core.storage import checkpoint
from pages.ui.presence import Visit


@dataclass(frozen=True)
class FilmWish:
    """How a film is to be.

    Attributes:
        kind: Its format.
        seconds: Its length.
        side: Its width, pixels.
        loop: True to begin again at the end.
    """

    kind: FilmFormat = "gif"
    seconds: float = 6.0
    side: int = 384
    loop: bool = True


def file_name(here: Visit) -> str:
    """The beginning of a file's name for this run."""
    runner = here.runner
    return f"{runner.preset or runner.config.data.name}-seed{runner.config.seed}"


def kept_trainer(here: Visit) -> Trainer:
    """A trainer of its own that stands where the newest kept state does.

    Raises:
        CheckpointError: If nothing is kept yet.
    """
    trainer = Trainer(here.runner.initial_config)
    trainer.load_state_dict(_newest(here))
    return trainer


def kept_generator(here: Visit) -> GeneratorCopy:
    """The generator of the newest kept state."""
    return GeneratorCopy.of(kept_trainer(here))


def whole_run(here: Visit) -> bytes:
    """The newest kept state as a file."""
    return checkpoint.encode(_newest(here), preset=here.runner.preset, app=__version__)


def picture(here: Visit) -> bytes:
    """The samples as they are shown now, PNG.

    Raises:
        CheckpointError: If none have been shown yet.
    """
    snapshot = here.runner.snapshot
    if snapshot is None:
        raise CheckpointError("there is no picture of this run yet")
    return sample_png(snapshot)


def film_of_past(here: Visit, wish: FilmWish, progress: Progress | None, cancelled: Cancelled | None) -> bytes:
    """The kept pictures as a film."""
    shown = to_film(here.recorder.past().frames)
    return film(
        shown.moments,
        wish.kind,
        seconds=wish.seconds,
        side=wish.side,
        loop=wish.loop,
        frame=shown.frame,
        real=shown.real,
        progress=progress,
        cancelled=cancelled,
    )


def numbers_csv(here: Visit) -> bytes:
    """The history as CSV."""
    return history_csv(kept_trainer(here).history)


def numbers_json(here: Visit) -> bytes:
    """The history, the config and the scores as JSON."""
    trainer = kept_trainer(here)
    return run_json(trainer.config, trainer.step_count, trainer.history, here.runner.scores[1])


def page(here: Visit, progress: Progress | None, cancelled: Cancelled | None) -> bytes:
    """The kept past as one HTML file."""
    frames, config = here.recorder.past().frames, here.runner.initial_config
    return run_page(frames, config, title=file_name(here), progress=progress, cancelled=cancelled)


def _newest(here: Visit) -> Mapping[str, Any]:
    found = here.recorder.state(here.runner.step_count)
    if found is None:
        raise CheckpointError("nothing is kept of this run yet")
    return found[1]
