"""What a visit's run can be taken home as: files made from its kept past, while it trains on.

Knows nothing of Streamlit: a download is made on a thread of its own, where there is no session.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from gan_core import Trainer, __version__, checkpoint
from gan_core.errors import CheckpointError, ConfigError
from gan_core.export.common import GeneratorCopy
from gan_core.export.film import FilmFormat, film, has_mp4
from gan_core.export.frames import to_film
from gan_core.export.html import run_page
from gan_core.export.onnx import generator_onnx, has_onnx
from gan_core.export.pictures import sample_png, samples_zip
from gan_core.export.script import write_script
from gan_core.export.tables import history_csv, run_json
from gan_core.export.tensorboard import event_file
from gan_core.export.weights import generator_safetensors
from pages.ui.visits import Visit

N_SAMPLES: Final = 1_000


@dataclass(frozen=True)
class Parcel:
    """One thing to take home.

    Attributes:
        name: Short and unique.
        label: On its button.
        ending: Of its file's name.
        mime: Its media type.
        help: What it is good for.
        make: Makes it.
    """

    name: str
    label: str
    ending: str
    mime: str
    help: str
    make: Callable[[], bytes]


def parcels(here: Visit) -> list[Parcel]:
    """All that this run can be taken home as now."""
    out = [
        Parcel(
            "run",
            "Whole run",
            ".safetensors",
            "application/octet-stream",
            "All of it in one file, from which training goes on bit for bit; plain PyTorch reads its weights.",
            lambda: _run(here),
        ),
        Parcel("picture", "Picture", ".png", "image/png", "The samples as they are shown now.", lambda: _picture(here)),
        Parcel(
            "samples",
            f"{N_SAMPLES:,} samples",
            "-samples.zip",
            "application/zip",
            "Fresh samples: a PNG each, or points as one NPY file.",
            lambda: samples_zip(_generator(here), N_SAMPLES),
        ),
        Parcel(
            "film", "Film (GIF)", ".gif", "image/gif", "Training from fixed noise, six seconds.", _film(here, "gif")
        ),
        Parcel("webp", "Film (WebP)", ".webp", "image/webp", "The same film, smaller.", _film(here, "webp")),
        Parcel(
            "csv", "Numbers (CSV)", ".csv", "text/csv", "Losses, logits, gradients of every step.", lambda: _csv(here)
        ),
        Parcel("json", "Numbers (JSON)", ".json", "application/json", "The same with the config.", lambda: _json(here)),
        Parcel(
            "tensorboard",
            "TensorBoard",
            ".tfevents",
            "application/octet-stream",
            "The numbers for TensorBoard: put the file into its log folder.",
            lambda: event_file(_kept(here).history),
        ),
        Parcel(
            "page",
            "Page (HTML)",
            ".html",
            "text/html",
            "One file to scrub through samples, losses and verdicts in any browser, without network.",
            lambda: _page(here),
        ),
        Parcel(
            "generator",
            "Generator",
            "-generator.safetensors",
            "application/octet-stream",
            "The shown generator's weights alone.",
            lambda: generator_safetensors(_generator(here)),
        ),
    ]
    if has_mp4():
        out.insert(
            5, Parcel("mp4", "Film (MP4)", ".mp4", "video/mp4", "The same film, for slides.", _film(here, "mp4"))
        )
    if has_onnx():
        help_ = "The shown generator for other runtimes, checked against onnxruntime."
        make = lambda: generator_onnx(_generator(here))  # noqa: E731
        out.append(Parcel("onnx", "Generator (ONNX)", ".onnx", "application/octet-stream", help_, make))
    runner = here.runner
    with contextlib.suppress(ConfigError):  # a setting that no script knows
        text = write_script(runner.initial_config, runner.interventions, title=runner.preset or "a run")
        help_ = "One plain PyTorch file that makes the same calls and prints the same losses, without this app."
        out.append(Parcel("script", "Script (Python)", ".py", "text/x-python", help_, text.encode))
    return out


def file_name(here: Visit) -> str:
    """The beginning of a file's name for this run."""
    runner = here.runner
    return f"{runner.preset or runner.config.data.name}-seed{runner.config.seed}"


def _kept(here: Visit) -> Trainer:
    """A trainer of its own that stands where the newest kept state does."""
    found = here.recorder.state(here.runner.step_count)
    if found is None:
        raise CheckpointError("nothing is kept of this run yet")
    trainer = Trainer(here.runner.initial_config)
    trainer.load_state_dict(found[1])
    return trainer


def _run(here: Visit) -> bytes:
    found = here.recorder.state(here.runner.step_count)
    if found is None:
        raise CheckpointError("nothing is kept of this run yet")
    return checkpoint.encode(found[1], preset=here.runner.preset, app=__version__)


def _generator(here: Visit) -> GeneratorCopy:
    return GeneratorCopy.of(_kept(here))


def _picture(here: Visit) -> bytes:
    snapshot = here.runner.snapshot
    if snapshot is None:
        raise CheckpointError("there is no picture of this run yet")
    return sample_png(snapshot)


def _film(here: Visit, kind: FilmFormat) -> Callable[[], bytes]:
    def make() -> bytes:
        shown = to_film(here.recorder.frames())
        return film(shown.moments, kind, frame=shown.frame, real=shown.real)

    return make


def _csv(here: Visit) -> bytes:
    return history_csv(_kept(here).history)


def _json(here: Visit) -> bytes:
    trainer = _kept(here)
    return run_json(trainer.config, trainer.step_count, trainer.history, here.runner.scores[1])


def _page(here: Visit) -> bytes:
    return run_page(here.recorder.frames(), here.runner.initial_config, title=file_name(here))
