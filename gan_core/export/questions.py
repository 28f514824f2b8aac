"""Downloads of a run, as questions to it: plain values, importable without torch.

They are answered where the run is, from its newest kept state, while it trains on; see
`gan_core.live.handle.RunHandle.ask`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final, Literal

from gan_core import __version__
from gan_core.errors import CheckpointError, ConfigError, DataError
from gan_core.export.progress import Cancelled, Progress
from gan_core.record.snapshot import Snapshot

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gan_core.export.film import FilmFormat
    from gan_core.latent.bench import Bench
    from gan_core.latent.request import Request
    from gan_core.live.handle import OpenRun
    from gan_core.training import Trainer

N_SAMPLES: Final = 1_000


def has_onnx() -> bool:
    """Return whether ONNX can be written and checked here."""
    return find_spec("onnx") is not None and find_spec("onnxruntime") is not None


@dataclass(frozen=True)
class WholeRun:
    """All of the run in one file, from which training goes on bit for bit."""

    def answer(self, run: OpenRun) -> bytes:
        """Answer with a checkpoint file."""
        from gan_core.storage import checkpoint

        return checkpoint.encode(run.state()[1], preset=run.status().preset, app=__version__)


@dataclass(frozen=True)
class NewestSnapshot:
    """Question for a picture of the run now."""

    def answer(self, run: OpenRun) -> Snapshot:
        """Answer with the newest snapshot.

        Raises:
            CheckpointError: If there is none yet.
        """
        snapshot = run.snapshot()
        if snapshot is None:
            raise CheckpointError("there is no picture of this run yet")
        return snapshot


@dataclass(frozen=True)
class Picture:
    """The samples as they are shown now."""

    def answer(self, run: OpenRun) -> bytes:
        """Answer with a PNG."""
        from gan_core.export.pictures import sample_png

        return sample_png(NewestSnapshot().answer(run))


@dataclass(frozen=True)
class Film:
    """A film of the kept pictures.

    Attributes:
        kind: Its format.
        seconds: Its length.
        side: Its width, pixels.
        loop: True to begin again at the end.
        progress: Told how many pictures are drawn, and of how many.
        cancelled: Asked whether to stop.
    """

    kind: FilmFormat = "gif"
    seconds: float = 6.0
    side: int = 384
    loop: bool = True
    progress: Progress | None = field(default=None, compare=False)
    cancelled: Cancelled | None = field(default=None, compare=False)

    def answer(self, run: OpenRun) -> bytes:
        """Answer with a file."""
        from gan_core.export.film import film
        from gan_core.export.frames import to_film

        shown = to_film(run.timeline().frames)
        return film(
            shown.moments,
            self.kind,
            seconds=self.seconds,
            side=self.side,
            loop=self.loop,
            frame=shown.frame,
            real=shown.real,
            progress=self.progress,
            cancelled=self.cancelled,
        )


@dataclass(frozen=True)
class HtmlPage:
    """The kept pictures and numbers as one HTML file.

    Attributes:
        title: Its title.
        progress: Told how many pictures are drawn, and of how many.
        cancelled: Asked whether to stop.
    """

    title: str
    progress: Progress | None = field(default=None, compare=False)
    cancelled: Cancelled | None = field(default=None, compare=False)

    def answer(self, run: OpenRun) -> bytes:
        """Answer with a file."""
        from gan_core.export.html import run_page

        frames, config = run.timeline().frames, run.status().initial_config
        return run_page(frames, config, title=self.title, progress=self.progress, cancelled=self.cancelled)


@dataclass(frozen=True)
class Script:
    """A script that repeats the run."""

    def answer(self, run: OpenRun) -> tuple[str, str]:
        """Answer with its text, and with the ending of the name of the data that it reads, or ""; "" for no text.

        There is no script for a setting that it does not know, and for data that are gone.
        """
        from gan_core.export.script import write_script
        from gan_core.export.script_files import own_file_name

        now = run.status()
        own = now.initial_config.data
        try:
            text = write_script(now.initial_config, now.interventions, title=now.preset or "a run")
        except (ConfigError, DataError):
            return "", ""
        return text, f"-{own_file_name(own)}" if own.hash else ""


@dataclass(frozen=True)
class ScriptData:
    """The data that a script reads."""

    def answer(self, run: OpenRun) -> bytes:
        """Answer with a file."""
        from gan_core.export.script_files import own_file

        return own_file(run.status().initial_config.data)


@dataclass(frozen=True)
class KeptFrames:
    """The kept pictures of the run, as frames (`gan_core.record.frame`)."""

    def answer(self, run: OpenRun) -> Sequence[tuple[int, bytes]]:
        """Answer with steps and frames, in order."""
        return run.timeline().frames


@dataclass(frozen=True)
class Numbers:
    """The numbers of every step.

    Attributes:
        kind: "csv"; "json", with the config and the scores; "tensorboard", an event file.
    """

    kind: Literal["csv", "json", "tensorboard"]

    def answer(self, run: OpenRun) -> bytes:
        """Answer with a file."""
        from gan_core.export.tables import history_csv, run_json
        from gan_core.export.tensorboard import event_file

        trainer = _trainer(run)
        if self.kind == "csv":
            return history_csv(trainer.history)
        if self.kind == "tensorboard":
            return event_file(trainer.history)
        now, lost = run.status(), "" if trainer.lost is None else trainer.lost.words
        return run_json(
            trainer.config, trainer.step_count, trainer.history, now.scores, metrics_step=now.scores_step, lost=lost
        )


@dataclass(frozen=True)
class Generator:
    """The shown generator.

    Attributes:
        kind: "safetensors" for its weights alone, "onnx" for other runtimes.
    """

    kind: Literal["safetensors", "onnx"]

    def answer(self, run: OpenRun) -> bytes:
        """Answer with a file."""
        from gan_core.export.common import GeneratorCopy
        from gan_core.export.onnx import generator_onnx
        from gan_core.export.weights import generator_safetensors

        write = generator_onnx if self.kind == "onnx" else generator_safetensors
        return write(GeneratorCopy.of(_trainer(run)))


@dataclass(frozen=True)
class Samples:
    """Fresh samples of the shown generator: a PNG each, or points as one NPY file.

    Attributes:
        n: How many.
        progress: Told how many are made, and of how many.
        cancelled: Asked whether to stop.
    """

    n: int = N_SAMPLES
    progress: Progress | None = field(default=None, compare=False)
    cancelled: Cancelled | None = field(default=None, compare=False)

    def answer(self, run: OpenRun) -> bytes:
        """Answer with a zip."""
        from gan_core.export.common import GeneratorCopy
        from gan_core.export.pictures import samples_zip

        copy = GeneratorCopy.of(_trainer(run))
        return samples_zip(copy, self.n, progress=self.progress, cancelled=self.cancelled)


def _trainer(run: OpenRun) -> Trainer:
    """Make a trainer of its own that stands where the newest kept state does."""
    from gan_core.training import Trainer

    trainer = Trainer(run.status().initial_config)
    trainer.load_state_dict(run.state()[1])
    return trainer


@dataclass(frozen=True)
class File:
    """Something to take home.

    Attributes:
        content: Its bytes.
        mime: Its media type.
        ending: Of its name.
    """

    content: bytes
    mime: str
    ending: str


@dataclass(frozen=True)
class LatentFile:
    """Question for a file of the latent space: ``what`` is png, strip, gif, webp, csv, path or json.

    Attributes:
        query: Parameters as text, see `gan_core.latent.request`.
    """

    query: Mapping[str, str]

    def answer(self, run: OpenRun) -> File:
        """Answer with a file.

        Raises:
            GanExplorerError: In one sentence: what is not allowed, or not there yet.
        """
        from gan_core.latent.answers import step_of
        from gan_core.latent.shelf import desk

        return file_of(desk(run, step_of(self.query)), self.query)


def file_of(at: Bench, query: Mapping[str, str]) -> File:
    """Make a file of the latent space, of a run or of a generator from elsewhere; ``query`` as for `LatentFile`.

    Raises:
        GanExplorerError: In one sentence: what is not allowed.
    """
    from gan_core.latent.request import Request

    with at.lock:
        return _latent_file(at, Request(query, at.players.config), query.get("what", ""))


def _latent_file(at: Bench, request: Request, what: str) -> File:
    from gan_core.export import latent as export
    from gan_core.latent.desk import Desk

    data = at.players.data
    frame = data.frame if data.kind == "plane" else None

    def pictures(samples: NDArray[Any]) -> NDArray[Any]:
        return export.word_pictures(samples, data.told()["alphabet"]) if data.kind == "text" else samples

    n, way, loop = request.whole("n", 12, 1, 60), request.word("way", "slerp"), request.has("loop")
    if what == "png":
        made = pictures(at.make(request.points(), request.edit())[1]["samples"])
        return File(export.samples_png(made, frame), "image/png", ".png")
    if what == "strip":
        walked = pictures(at.walk(request.points(), n, way)[1]["samples"])
        picture = export.strip_png(walked) if walked.ndim == 4 else export.samples_png(walked, frame)
        return File(picture, "image/png", "-strip.png")
    if what == "gif" or what == "webp":
        kind: Literal["gif", "webp"] = "gif" if what == "gif" else "webp"
        seconds = request.number("seconds", 4.0, 0.5, 60.0)
        made = pictures(at.walk(request.points(), n, way, loop=loop)[1]["samples"])
        content = export.walk_film(made, kind, seconds=seconds, loop=loop, frame=frame)
        return File(content, f"image/{what}", f".{what}")
    if what == "csv":
        z = at.make(request.points(), request.edit())[1]["z"]
        return File(export.points_csv(z).encode(), "text/csv", ".csv")
    if what == "path":
        walked = at.walk(request.points(), n, way, loop=loop)[1]["z"]
        return File(export.points_csv(walked).encode(), "text/csv", f"-{way}.csv")
    if what == "json" and isinstance(at, Desk):
        named = dict(zip(_names(request), (v.tolist() for v in request.vectors("u")), strict=False))
        text = export.directions_json(named, data=at.players.config.data.name, step=at.players.step)
        return File(text.encode(), "application/json", "-directions.json")
    raise ConfigError(f"what={what[:20]!r} is not known: png, strip, gif, webp, csv, path and json are")


def _names(request: Request) -> list[str]:
    try:
        names = json.loads(request.word("names", "[]"))
    except (ValueError, RecursionError):
        names = None
    if not isinstance(names, list) or not all(isinstance(name, str) and len(name) < 100 for name in names):
        raise ConfigError("names= is not allowed: a JSON list of short names is")
    return names
